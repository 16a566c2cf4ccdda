/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of `culvert registry`. They read and write the file; a control that runs takes over what
 * changes. Who does them is named in control/registry/command.c.
 */
#include "control/cli/command.h"

#define OPTION_CONFIG                                                                              \
	{                                                                                          \
		"config", "FILE", "file",                                                          \
			"the registry in log.dir of this configuration; else "                     \
			"/etc/culvert/culvert.yaml"                                                \
	}
#define OPTION_REGISTRY                                                                            \
	{                                                                                          \
		"registry", "FILE", "file", "this registry, whatever the configuration says"       \
	}
#define OPTION_FORMAT                                                                              \
	{                                                                                          \
		"format", "FORMAT", "csv ndjson",                                                  \
			"csv or ndjson; else what the file's name ends in, else csv"               \
	}
#define OPTIONS_WHERE                                                                              \
	{"area", "CODE", NULL, "with an area code that begins so"},                                \
		{"kind", "KIND", NULL, "of this kind only"},                                       \
		{"owner", "OWNER", NULL, "of this owner only"},                                    \
	{                                                                                          \
		"zone", "ZONE", NULL, "of this zone only"                                          \
	}
#define COLUMNS                                                                                    \
	"Columns are id, kind, owner, lat, lon, alt, city, district, street, community, zone, "    \
	"interval and tags; only id must be there."

const struct cv_cli_command cv_cli_registry_offline[] = {
	{
		.name = "registry import",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "take devices from a CSV or NDJSON file",
		.details =
			"Adds the devices of FILE, - is standard input, and changes those that are "
			"there. " COLUMNS " What FILE has no column for stays as it is; an empty "
			"value clears. The four codes of an area go together. All rows are taken, "
			"or, where one is wrong, none: each fault is told with line and column. "
			"Ctrl-C gives up, and nothing has changed.",
		.options = {OPTION_CONFIG,
			    OPTION_REGISTRY,
			    OPTION_FORMAT,
			    {"check", NULL, NULL, "look for faults only, change nothing"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "registry export",
		.help = "print the devices as CSV or NDJSON",
		.details = "What culvert registry import reads. Rows are in the order in which the "
			   "devices first came.",
		.options = {OPTION_CONFIG,
			    OPTION_REGISTRY,
			    OPTION_FORMAT,
			    OPTIONS_WHERE,
			    {"output", "FILE", "file", "write there, not to standard output"}},
		.letters = "       o",
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "registry show",
		.operands = "ID...",
		.min_operands = 1,
		.max_operands = 1000,
		.help = "print what is known of devices",
		.details = "ID is the device's URN, as events have it in subject.",
		.options = {OPTION_CONFIG, OPTION_REGISTRY, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 4",
		.offline = true,
	},
	{
		.name = "registry list",
		.help = "list devices",
		.details = "A line per device. With --json an object with the devices and how many "
			   "there are in all.",
		.options = {OPTION_CONFIG,
			    OPTION_REGISTRY,
			    OPTIONS_WHERE,
			    {"limit", "N", NULL, "so many at most; 1000, 0 = all"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "registry set",
		.operands = "ID COLUMN=VALUE...",
		.min_operands = 2,
		.max_operands = 20,
		.help = "add a device, or change what is known of it",
		.details = COLUMNS " An empty value clears; what is not named stays as it is.",
		.options = {OPTION_CONFIG, OPTION_REGISTRY, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "registry remove",
		.operands = "ID...",
		.min_operands = 1,
		.max_operands = 1000,
		.help = "forget devices",
		.details = "All of them, or, where one is not in the registry, none.",
		.options = {OPTION_CONFIG, OPTION_REGISTRY, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 4",
		.offline = true,
	},
	{
		.name = "registry history",
		.help = "print who changed the registry",
		.details = "A line per change, the newest first: when, who, how many devices were "
			   "added (+), changed (~) and removed (-), and by which command.",
		.options = {OPTION_CONFIG,
			    OPTION_REGISTRY,
			    {"limit", "N", NULL, "so many at most; 100, 0 = all"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{0},
};
