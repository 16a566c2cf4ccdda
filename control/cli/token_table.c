/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert token`. */
#include "control/cli/command.h"

const struct cv_cli_command cv_cli_token_verbs[] = {
	{
		.name = "token create",
		.operands = "NAME",
		.min_operands = 1,
		.max_operands = 1,
		.help = "make a token, which is shown this once",
		.details =
			"NAME says whose it is. The token goes to standard output, once: the node "
			"keeps only its hash. Without options it reads all events and nothing "
			"else, and ends after 90 days. What is out of its scope is as if it were "
			"not there. With --certificate no token is made: who shows a client "
			"certificate with that name is let in.",
		.options = {{"expires", "WHEN", "never 90d",
			     "a duration such as 90d, an RFC 3339 time, or never; 90d"},
			    {"lane", "LANES", "alarm measurement status security",
			     "these lanes only, commas between"},
			    {"type", "TYPES",
			     "measurement state command session alarm error parse-error anomaly",
			     "these types only, commas between"},
			    {"device", "URNS", NULL,
			     "these devices only, commas between; * stands for any characters"},
			    {"area", "CODES", NULL,
			     "these areas of the registry only: codes or how they begin, commas "
			     "between"},
			    {"mask", "PARTS", "device address position text",
			     "take these out of every event, commas between"},
			    {"group", "NAMES", NULL,
			     "it may read as these consumer groups and acknowledge for them; * "
			     "stands for any characters"},
			    {"ack", NULL, NULL, "it may acknowledge the alarms it sees"},
			    {"node", NULL, NULL,
			     "it may also read status, counters and policy documents"},
			    {"certificate", "NAME", NULL,
			     "dns:NAME, uri:URI, email:ADDRESS or cn:NAME in the certificate"},
			    {"connections", "N", NULL, "most connections at a time; 16"},
			    {"requests", "N", NULL, "most requests a second; 50"}},
		.exits = "0 1 2 3 5",
		.run = cv_cli_token_create,
	},
	{
		.name = "token list",
		.help = "list who may read from elsewhere",
		.details = "Scope, end, open connections and refused requests of each. Tokens "
			   "themselves are not kept, so they cannot be shown.",
		.exits = "0 1 3 5",
		.run = cv_cli_token_list,
	},
	{
		.name = "token revoke",
		.operands = "ID",
		.min_operands = 1,
		.max_operands = 1,
		.help = "take a token back at once",
		.details = "Streams it has open are closed before the command ends.",
		.exits = "0 1 2 3",
		.run = cv_cli_token_revoke,
	},
	{0},
};
