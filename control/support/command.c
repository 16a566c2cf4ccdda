/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/cli/node_rows.h"
#include "control/config/units.h"
#include "control/policy/command.h"
#include "control/support/support.h"

#define DEFAULT_CONFIG "/etc/culvert/culvert.yaml"
#define SIZE_DEFAULT (UINT64_C(16) << 20)
#define SIZE_MIN (UINT64_C(16) << 10)
#define SIZE_MAX_ (UINT64_C(1) << 30)

static void default_name(const struct cv_config *config, char ret[128])
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32];

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(ret, 128, "culvert-support-%s-%s.tar.zst", config ? config->node : "node", when);
}

/* For its owner alone; an older file of the name is not followed and not overwritten. */
static FILE *open_output(const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return stdout;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? NULL : fdopen(fd, "wb");
}

static int write_bundle(const struct cv_policy_args *args, struct cv_support *s, const char *path,
			uint64_t size)
{
	FILE *out = open_output(path);
	char text[PATH_MAX + 64];
	int res;

	if (!out) {
		snprintf(text, sizeof(text), "%s: %s", path, strerror(errno));
		return cv_policy_say(args, CV_CLI_OUTPUT, text);
	}
	res = cv_support_begin(s, out, size);
	if (res == 0) {
		cv_support_collect(s);
		res = cv_support_finish(s);
	}
	if (out != stdout && fclose(out) != 0)
		res = -EIO;
	if (res < 0) {
		if (out != stdout)
			(void)unlink(path);
		return cv_policy_say(args, CV_CLI_OUTPUT, strerror(-res));
	}
	if (out != stdout)
		printf("%s: %u parts; secrets are left out, look before you send it: tar --zstd "
		       "-tf "
		       "%s\n",
		       path, s->entries, path);
	return CV_CLI_OK;
}

static int run(const struct cv_policy_args *args)
{
	const char *config_path = cv_policy_value(args, "config");
	const char *path = cv_policy_value(args, "output"),
		   *size_text = cv_policy_value(args, "size");
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;
	struct cv_support s = {0};
	uint64_t size = SIZE_DEFAULT;
	char name[128];
	int code;

	if (size_text &&
	    (cv_units_size(size_text, &size) < 0 || size < SIZE_MIN || size > SIZE_MAX_))
		return cv_policy_usage(args, "--size %s: expected a size from 16KiB to 1GiB",
				       size_text);
	s.config_path = config_path ? config_path : DEFAULT_CONFIG;
	/* One that is wrong is a reason to ask for help: what can be had is put together. */
	if (cv_config_load(s.config_path, &config, &diag) < 0)
		cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	s.config = config;
	default_name(config, name);
	code = write_bundle(args, &s, path ? path : name, size);
	cv_redact_release(&s.redact);
	cv_config_free(config);
	return code;
}

int cv_support_command(int argc, char **argv)
{
	static const struct cv_cli_command row = {CV_CLI_SUPPORT_ROW};

	return cv_policy_run_row(&row, run, argc, argv);
}
