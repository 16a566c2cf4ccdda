/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert alarm sign`: only a file that is right is signed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/alarm/command.h"
#include "control/alarm/rules.h"
#include "control/config/yaml.h"
#include "control/policy/key_file.h"
#include "control/policy/report.h"

static int read_key(const struct cv_policy_args *args, struct cv_secret_key *ret,
		    struct cv_diagnostics *diag)
{
	const char *path = cv_policy_value(args, "key");
	char standard[PATH_MAX];

	if (!path && cv_key_file_default(false, standard) < 0)
		return cv_policy_file_wrong(diag, "~/.minisign", -ENOENT, "give --key FILE",
					    "there is no secret key");
	return cv_key_file_read(path ? path : standard, cv_policy_value(args, "password-file"), ret,
				diag);
}

static int sign(const struct cv_policy_args *args, const char *text, size_t len, uint64_t version,
		struct cv_diagnostics *diag)
{
	const char *file = args->operands[0], *slash = strrchr(file, '/');
	struct cv_secret_key key = {0};
	char *comment = NULL, *path = NULL, *signature = NULL;
	int r = read_key(args, &key, diag);

	if (r == 0 && (asprintf(&path, "%s.minisig", file) < 0 ||
		       asprintf(&comment, "timestamp:%lld\tfile:%s\talarm rules\tversion:%" PRIu64,
				(long long)time(NULL), slash ? slash + 1 : file, version) < 0))
		r = -ENOMEM;
	if (r == 0)
		r = cv_sign(&key, text, len, comment, &signature);
	if (r == 0)
		r = cv_policy_write_file(path, O_TRUNC, 0644, signature, strlen(signature), diag);
	if (r == 0)
		printf("%s: signed: %s\n", file, path);
	if (r < 0 && diag->errors == 0)
		r = cv_policy_file_wrong(diag, file, r, NULL, "cannot be signed");
	cv_secret_key_wipe(&key);
	free(signature);
	free(comment);
	free(path);
	return r;
}

int cv_alarm_command_sign(const struct cv_policy_args *args)
{
	struct cv_alarm_rules *rules = NULL;
	struct cv_diagnostics diag = {0};
	char *text = NULL;
	size_t len = 0;
	int r = cv_yaml_read_file(args->operands[0], &text, &len, &diag);

	if (r == 0)
		r = cv_alarm_rules_parse(args->operands[0], text, len, &rules, &diag);
	if (r == 0)
		r = sign(args, text, len, rules->version, &diag);
	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	cv_alarm_rules_free(rules);
	free(text);
	return r < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}
