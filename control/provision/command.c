/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/cli/node_rows.h"
#include "control/policy/command.h"
#include "control/provision/provision.h"

#define DATA "/data/culvert"
#define FACTORY "/usr/share/culvert/factory/culvert.yaml"

static void tell_unfinished(void)
{
	fputs("culvert provision: what was begun is not finished: some files are in place and some "
	      "are not; they are kept, and the next start or 'culvert provision' goes on with "
	      "them\n",
	      stderr);
}

static int tell(const struct cv_policy_args *args, const struct cv_provision_request *q,
		const struct cv_provision_set *set, enum cv_provision_outcome outcome)
{
	switch (outcome) {
	case CV_PROVISION_DONE:
		printf("provisioned from %s: %zu files\n", q->source, set->n);
		return CV_CLI_OK;
	case CV_PROVISION_ALREADY:
		printf("%s: the node has been provisioned with these files\n", q->source);
		return CV_CLI_OK;
	case CV_PROVISION_BEGUN:
		tell_unfinished();
		return CV_CLI_OUTPUT;
	default:
		fprintf(stderr,
			"culvert provision: %s: the node has a configuration of its own and goes "
			"on "
			"with it; --again replaces it\n",
			q->source);
		(void)args;
		return CV_CLI_OPEN;
	}
}

static int install(const struct cv_policy_args *args, const struct cv_provision_request *q,
		   const char *folder)
{
	struct cv_provision_set *set = calloc(1, sizeof(*set));
	struct cv_diagnostics diag = {0};
	enum cv_provision_outcome outcome;
	bool credentials = cv_policy_value(args, "credentials") != NULL;
	int code = CV_CLI_INPUT;
	int r = set ? cv_provision_read(folder, credentials, set, &diag) : -ENOMEM;

	if (r == 0 && credentials && set->n == 0) {
		free(set);
		return CV_CLI_OK; /* most starts have none */
	}
	if (r == 0)
		r = cv_provision_install(q, set, &outcome, &diag);
	if (r < 0 || outcome == CV_PROVISION_BEGUN)
		cv_diagnostics_print(&diag, stderr);
	if (r == 0) {
		code = tell(args, q, set, outcome);
	} else {
		fprintf(stderr,
			"culvert provision: %s is not right; nothing was changed, the node goes on "
			"with what it has\n",
			q->source);
	}
	if (set)
		cv_provision_release(set);
	free(set);
	cv_diagnostics_free(&diag);
	return code;
}

static const char *value_or(const struct cv_policy_args *args, const char *name,
			    const char *fallback)
{
	const char *value = cv_policy_value(args, name);

	return value ? value : fallback;
}

static int run_row(const struct cv_policy_args *args)
{
	const char *folder = args->n_operands ? args->operands[0] : NULL;
	const struct cv_provision_request q = {
		.data = value_or(args, "data", DATA),
		.factory = value_or(args, "factory", FACTORY),
		.source = value_or(args, "source", folder ? folder : ""),
		.again = cv_policy_value(args, "again") != NULL,
	};
	struct cv_diagnostics diag = {0};
	int r = cv_provision_finish(q.data, &diag);

	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	if (r > 0)
		puts("what was interrupted is finished");
	if (r < 0) { /* nothing else is put among files of which some are in place */
		tell_unfinished();
		return CV_CLI_OUTPUT;
	}
	if (folder)
		return install(args, &q, folder);
	cv_provision_remember(&q);
	return CV_CLI_OK;
}

int cv_provision_command(int argc, char **argv)
{
	static const struct cv_cli_command row = {CV_CLI_PROVISION_ROW};

	return cv_policy_run_row(&row, run_row, argc, argv);
}
