/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/command.h"

#include "control/alarm/rules.h"

static int check(const struct cv_policy_args *args)
{
	struct cv_alarm_rules *rules = NULL;
	struct cv_diagnostics diag = {0};
	int r = cv_alarm_rules_load(args->operands[0], &rules, &diag);

	cv_diagnostics_tell(&diag, args->json);
	if (r == 0 && !args->json)
		printf("%s: ok, %zu rules\n", args->operands[0], rules->n_rules);
	cv_alarm_rules_free(rules);
	cv_diagnostics_free(&diag);
	return r < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}

static int doc(const struct cv_policy_args *args)
{
	cv_alarm_rules_write_doc(stdout);
	return fflush(stdout) == 0 ? CV_CLI_OK : CV_CLI_OUTPUT;
}

const struct cv_policy_handler cv_alarm_handlers[] = {
	{"check", check},
	{"test", cv_alarm_command_test},
	{"sign", cv_alarm_command_sign},
	{"doc", doc},
	{0},
};

int cv_alarm_command(int argc, char **argv)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_alarm_offline, NULL};
	static const struct cv_policy_verbs verbs = {"alarm", tables, cv_alarm_handlers};

	return cv_policy_run_verb(&verbs, argc, argv);
}
