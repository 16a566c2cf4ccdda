/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/host/host.h"
#include "control/policy/command.h"
#include "control/text/read_file.h"

#define CONFIG_MAX ((size_t)16 << 20)

int cv_host_load(const char *file, const char *in_force, struct cv_config **ret,
		 struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int r;

	if (access(in_force, F_OK) < 0)
		return cv_config_load(file, ret, diag);
	r = cv_read_file(in_force, CONFIG_MAX, &text, &len);
	if (r == 0)
		r = cv_config_parse(file, text, len, ret, diag);
	else
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = in_force},
				   NULL, "cannot be read: %s", strerror(-r));
	free(text);
	return r;
}

static int apply(const struct cv_policy_args *args, const struct cv_config *config)
{
	const char *root = cv_policy_value(args, "root");
	struct cv_host_files files;
	struct cv_host_result result;
	char path[PATH_MAX], why[PATH_MAX + 100];
	int r = cv_host_files(config, &files);
	unsigned int failed = 0;

	if (r < 0) {
		cv_host_release(&files);
		return cv_policy_say(args, CV_CLI_UNREACHABLE, "out of memory");
	}
	r = cv_host_sync(root ? root : "", &files, &result, path);
	cv_host_release(&files);
	/* Also after a failure: what was written is in force for whoever starts anew. */
	failed = cv_host_tell(&result, root != NULL);
	printf("%u written, %u removed, %u as they were\n", result.written, result.removed,
	       result.same);
	if (r < 0) {
		snprintf(why, sizeof(why), "%s: %s", path, strerror(-r));
		return cv_policy_say(args, CV_CLI_OUTPUT, why);
	}
	return failed ? CV_CLI_UNREACHABLE : CV_CLI_OK;
}

static int run_row(const struct cv_policy_args *args)
{
	const char *file = args->n_operands ? args->operands[0] : CV_HOST_FILE;
	const char *in_force = cv_policy_value(args, "in-force");
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;
	int code = CV_CLI_INPUT;

	if (!in_force)
		in_force = args->n_operands ? "" : CV_HOST_IN_FORCE;
	if (cv_host_load(file, in_force, &config, &diag) == 0)
		code = apply(args, config);
	else
		cv_diagnostics_tell(&diag, false);
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return code;
}

int cv_host_command(int argc, char **argv)
{
	return cv_policy_run_row(cv_cli_host_offline, run_row, argc, argv);
}
