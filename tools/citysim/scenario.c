/* SPDX-License-Identifier: Apache-2.0 */
/* Scenarios: their settings, and what must hold between them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"
#include "tools/citysim/city.h"

#define AT(type, member)                                                                           \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define GROUP(member) AT(sim_group_config, member)
#define ROW_NAME(id, name) name,
#define DAY_NS 86400000000000ull

static const char *const transport_choices[] = {"auto", "udp", "tcp", NULL};
static const char *const segment_choices[] = {SIM_SEGMENTS(ROW_NAME) NULL};

#define PERCENT(setting, text)                                                                     \
	{                                                                                          \
		.name = #setting, .type = CV_FIELD_REAL, GROUP(setting), .fallback = "0",          \
		.help = text                                                                       \
	}

static const struct cv_field group_fields[] = {
	{.name = "name",
	 .type = CV_FIELD_NAME,
	 GROUP(name),
	 .help = "Name of the group; part of every device's identity, so keep it."},
	{.name = "protocol",
	 .type = CV_FIELD_NAME,
	 GROUP(protocol),
	 .help = "What its devices speak; `citysim --list` has the protocols."},
	{.name = "profile",
	 .type = CV_FIELD_NAME,
	 GROUP(profile),
	 .help = "What they are; `citysim --list` has the profiles of each protocol."},
	{.name = "devices",
	 .type = CV_FIELD_UINT,
	 GROUP(devices),
	 .min = 1,
	 .max = 1 << 24,
	 .help = "How many there are; each costs 20 bytes of memory."},
	{.name = "interval",
	 .type = CV_FIELD_DURATION,
	 GROUP(interval_ns),
	 .fallback = "1min",
	 .min = 1000000,
	 .max = 30 * DAY_NS,
	 .help = "Between two messages of a device."},
	{.name = "network",
	 .type = CV_FIELD_PREFIX,
	 GROUP(network),
	 .help = "Addresses of the devices, from the prefix' second one on."},
	{.name = "transport",
	 .type = CV_FIELD_CHOICE,
	 GROUP(transport),
	 .choices = transport_choices,
	 .fallback = "auto",
	 .help = "`auto`: TCP where the protocol has it."},
	{.name = "port",
	 .type = CV_FIELD_UINT,
	 GROUP(port),
	 .fallback = "auto",
	 .word = "auto",
	 .min = 1,
	 .max = 65535,
	 .help = "Of the end that listens; `auto`: the protocol's."},
	{.name = "vlan",
	 .type = CV_FIELD_UINT,
	 GROUP(vlan),
	 .fallback = "0",
	 .max = 4094,
	 .help = "VLAN of the frames; 0 = untagged."},
	PERCENT(alarms, "Per cent of the messages that tell of an alarm."),
	PERCENT(faulty, "Per cent of the readings that the device itself calls no good."),
	PERCENT(damaged, "Per cent of the messages that arrive damaged."),
	PERCENT(repeated, "Per cent of the messages that the device sends a second time."),
	PERCENT(retransmitted, "Per cent of the TCP segments that are sent a second time."),
	{.name = "segments",
	 .type = CV_FIELD_CHOICE,
	 GROUP(segments),
	 .choices = segment_choices,
	 .fallback = "whole",
	 .help = "How messages are laid into TCP segments: one each, cut at random, several "
		 "together, or each of these."},
	{.name = "session",
	 .type = CV_FIELD_UINT,
	 GROUP(session),
	 .fallback = "0",
	 .max = 1000000000,
	 .help = "Messages after which a TCP connection ends and a new one begins; 0 = never."},
	{.name = "burst_at",
	 .type = CV_FIELD_DURATION,
	 GROUP(burst_at_ns),
	 .fallback = "0",
	 .max = 365 * DAY_NS,
	 .help = "When a burst begins, since the start."},
	{.name = "burst_for",
	 .type = CV_FIELD_DURATION,
	 GROUP(burst_for_ns),
	 .fallback = "0",
	 .max = 365 * DAY_NS,
	 .help = "How long it lasts; 0 = there is none."},
	{.name = "burst_times",
	 .type = CV_FIELD_UINT,
	 GROUP(burst_times),
	 .fallback = "10",
	 .min = 1,
	 .max = 1000000,
	 .help = "So many times as many messages are sent while it lasts."},
};

static const struct cv_field scenario_fields[] = {
	{.name = "description",
	 .type = CV_FIELD_TEXT,
	 AT(sim_scenario, description),
	 .fallback = "",
	 .help = "One line for people."},
	{.name = "seed",
	 .type = CV_FIELD_UINT,
	 AT(sim_scenario, seed),
	 .fallback = "1",
	 .max = UINT64_MAX,
	 .help = "The same scenario with the same seed gives the same bytes."},
	{.name = "start",
	 .type = CV_FIELD_UINT,
	 AT(sim_scenario, start_s),
	 .fallback = "1772323200",
	 .min = 946684800,
	 .max = 4102444800,
	 .help = "Time of the first message, seconds since 1970; 1772323200 is 2026-03-01 08:00 in "
		 "Beijing."},
	{.name = "duration",
	 .type = CV_FIELD_DURATION,
	 AT(sim_scenario, duration_ns),
	 .fallback = "10min",
	 .min = 1000000,
	 .max = 365 * DAY_NS,
	 .help = "How much of the city's time there is."},
	{.name = "platform",
	 .type = CV_FIELD_ADDRESS,
	 AT(sim_scenario, platform),
	 .fallback = "10.255.0.1",
	 .help = "Address of the other end for IPv4 networks."},
	{.name = "platform6",
	 .type = CV_FIELD_ADDRESS,
	 AT(sim_scenario, platform6),
	 .fallback = "fd00:ffff::1",
	 .help = "The same for IPv6 networks."},
	{.name = "acknowledge",
	 .type = CV_FIELD_BOOL,
	 AT(sim_scenario, acknowledge),
	 .fallback = "true",
	 .help = "TCP: whether the receiver's acknowledgements are frames of their own."},
	{.name = "groups",
	 .type = CV_FIELD_LIST,
	 .offset = offsetof(struct sim_scenario, groups),
	 .size = sizeof(struct sim_group_config),
	 .count_offset = offsetof(struct sim_scenario, group_count),
	 .max = SIM_GROUPS_MAX,
	 .help = "Groups of like devices.",
	 .fields = group_fields,
	 .n_fields = SIM_COUNT(group_fields)},
};

static const struct cv_field scenario_schema = {.type = CV_FIELD_SECTION,
						.fields = scenario_fields,
						.n_fields = SIM_COUNT(scenario_fields)};

struct check {
	const char *path;
	struct cv_diagnostics *diag;
	const struct sim_group_config *g;
};

__attribute__((format(printf, 2, 3))) static void wrong(const struct check *c, const char *fmt, ...)
{
	const struct cv_place at = {c->path, c->g->line, c->g->column};
	char text[192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cv_diagnostics_add(c->diag, CV_SEVERITY_ERROR, at, NULL, "group \"%s\": %s", c->g->name,
			   text);
}

static void check_speech(const struct check *c)
{
	const struct sim_encoder *e = sim_encoder_by_name(c->g->protocol);
	bool found = false;

	if (e == NULL) {
		wrong(c, "protocol \"%s\" is none that citysim --list has", c->g->protocol);
		return;
	}
	for (unsigned int i = 0; i < e->profile_count; i++)
		found |= strcmp(e->profiles[i].name, c->g->profile) == 0;
	if (!found)
		wrong(c, "profile \"%s\" is none that citysim --list has for %s", c->g->profile,
		      e->name);
	if ((c->g->transport == SIM_TRANSPORT_UDP && !(e->transports & SIM_UDP)) ||
	    (c->g->transport == SIM_TRANSPORT_TCP && !(e->transports & SIM_TCP)))
		wrong(c, "%s is not spoken over %s", e->name, transport_choices[c->g->transport]);
}

static void check_numbers(const struct check *c)
{
	const double percents[] = {c->g->alarms, c->g->faulty, c->g->damaged, c->g->repeated,
				   c->g->retransmitted};
	unsigned int bits = c->g->network.family == 6 ? 128 : 32;

	for (size_t i = 0; i < SIM_COUNT(percents); i++)
		if (!(percents[i] >= 0 && percents[i] <= 100))
			wrong(c, "%g per cent: expected 0 to 100", percents[i]);
	if (c->g->damaged > 50)
		wrong(c,
		      "damaged is %g: expected at most 50, since after a damaged message of a "
		      "connection comes a sound one",
		      c->g->damaged);
	if (c->g->network.family == 0)
		wrong(c, "network is \"any\": the devices need addresses");
	else if (bits - c->g->network.len < 32 &&
		 (1ull << (bits - c->g->network.len)) < (uint64_t)c->g->devices + 2)
		wrong(c, "%u devices are more than the network has addresses for", c->g->devices);
}

/* Two groups on the same addresses would mix their connections up. */
static void check_overlap(const struct check *c, const struct sim_scenario *s)
{
	for (const struct sim_group_config *o = s->groups; o < c->g; o++) {
		unsigned int len =
			o->network.len < c->g->network.len ? o->network.len : c->g->network.len;
		bool same = o->network.family == c->g->network.family;

		for (unsigned int i = 0; i < len && same; i++)
			same = ((o->network.addr[i / 8] ^ c->g->network.addr[i / 8]) >>
					(7 - i % 8) &
				1) == 0;
		if (same)
			wrong(c, "its network is also that of group \"%s\"", o->name);
	}
}

static int check(const char *path, const struct sim_scenario *s, struct cv_diagnostics *diag)
{
	struct check c = {.path = path, .diag = diag};

	if (s->platform.family != 4 || s->platform6.family != 6)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){path, 1, 1}, NULL,
				   "platform must be an IPv4 address, platform6 an IPv6 one");
	if (s->group_count == 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){path, 1, 1}, NULL,
				   "groups: there are none, expected at least one");
	for (size_t i = 0; i < s->group_count; i++) {
		c.g = &s->groups[i];
		check_speech(&c);
		check_numbers(&c);
		check_overlap(&c, s);
	}
	return diag->errors ? -EINVAL : 0;
}

int sim_scenario_read(const char *path, struct sim_scenario *ret, struct cv_diagnostics *diag)
{
	struct sim_scenario s = {0};
	struct cv_yaml *root = NULL;
	char *text;
	size_t len;
	int err = cv_yaml_read_file(path, &text, &len, diag);

	if (err != 0)
		return err;
	cv_schema_defaults(&scenario_schema, &s);
	err = cv_yaml_parse(path, text, len, &root, diag);
	if (err == 0)
		err = cv_schema_read(&scenario_schema, root, &s, "", path, diag);
	if (err == 0)
		err = check(path, &s, diag);
	cv_yaml_free(root);
	free(text);
	if (err == 0)
		*ret = s;
	else
		sim_scenario_free(&s);
	return err;
}

void sim_scenario_free(struct sim_scenario *s)
{
	free(s->groups);
	s->groups = NULL;
}

static const char intro[] =
	"<!-- Written by `citysim --settings` from tools/citysim/scenario.c; do not edit. -->\n"
	"# Scenario of citysim\n"
	"\n"
	"One YAML file is a city: how long it lasts, who is at the other end, and groups of like\n"
	"devices. What citysim is for and how it is used: [citysim](citysim.md). Durations have "
	"one of\n"
	"ns, us, ms, s, min, h, d.\n";

void sim_scenario_write_doc(FILE *out)
{
	fputs(intro, out);
	cv_schema_write_doc(&scenario_schema, "", out);
}
