/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/policy/key_file.h"
#include "control/policy/report.h"

struct job {
	const struct cv_policy_args *args;
	const char *public_path, *secret_path;
	struct cv_secret_key key;
	struct cv_diagnostics diag;
};

/* Told before anybody is asked for a password. */
static int check_absent(struct job *j, const char *path)
{
	if (access(path, F_OK) < 0)
		return 0;
	return cv_policy_file_wrong(&j->diag, path, -EEXIST,
				    "choose another name, or remove it yourself",
				    "there is a file already");
}

static int write_secret(struct job *j)
{
	char password[CV_PASSWORD_MAX] = "", *text = NULL;
	bool none = cv_policy_value(j->args, "no-password");
	int r = 0;

	if (!none)
		r = cv_key_file_password(cv_policy_value(j->args, "password-file"),
					 "Password for the new key", true, password, &j->diag);
	if (r == 0) {
		r = cv_secret_key_write(&j->key, none ? NULL : password, &cv_sign_cost_default,
					&text);
		if (r < 0)
			cv_policy_file_wrong(&j->diag, j->secret_path, r, NULL,
					     "no memory to encrypt the key");
	}
	if (r == 0)
		r = cv_policy_write_file(j->secret_path, O_EXCL, 0600, text, strlen(text),
					 &j->diag);
	if (text)
		explicit_bzero(text, strlen(text));
	explicit_bzero(password, sizeof(password));
	free(text);
	return r;
}

static int write_public(struct job *j)
{
	char *text = NULL;
	int r = cv_public_key_write(&j->key, &text);

	if (r == 0)
		r = cv_policy_write_file(j->public_path, O_EXCL, 0644, text, strlen(text),
					 &j->diag);
	/* A secret key whose public key nobody has is of no use. */
	if (r < 0)
		unlink(j->secret_path);
	free(text);
	return r;
}

static int make(struct job *j)
{
	int r = check_absent(j, j->public_path);

	if (r == 0)
		r = check_absent(j, j->secret_path);
	if (r < 0)
		return r;
	cv_secret_key_generate(&j->key);
	r = write_secret(j);
	return r == 0 ? write_public(j) : r;
}

static void tell(struct job *j, int r)
{
	char id[CV_SIGN_KEY_ID_TEXT];
	json_t *result = NULL;

	cv_sign_id_text(j->key.id, id);
	if (r == 0)
		result = json_pack("{s:s, s:s, s:s}", "key_id", id, "public", j->public_path,
				   "secret", j->secret_path);
	cv_policy_report(j->args, result, &j->diag, r);
	if (r == 0 && !j->args->json)
		printf("key %s\npublic key: %s (into the trust directory of the nodes)\n"
		       "secret key: %s (stays with you)\n",
		       id, j->public_path, j->secret_path);
}

int cv_policy_keygen_command(const struct cv_policy_args *args)
{
	struct job j = {.args = args};
	char path[PATH_MAX];
	int r = 0;

	if (cv_policy_value(args, "no-password") && cv_policy_value(args, "password-file"))
		return cv_policy_usage(args, "--no-password or --password-file, not both");
	j.public_path = cv_policy_value(args, "public");
	if (!j.public_path)
		j.public_path = "minisign.pub";
	j.secret_path = cv_policy_value(args, "secret");
	if (!j.secret_path) {
		r = cv_key_file_default(true, path);
		j.secret_path = path;
	}
	if (r < 0)
		cv_policy_file_wrong(&j.diag, "~/.minisign", r, "give --secret FILE",
				     "there is no place for the secret key");
	else
		r = make(&j);
	tell(&j, r);
	cv_secret_key_wipe(&j.key);
	cv_diagnostics_free(&j.diag);
	return r == 0 ? CV_CLI_OK : CV_CLI_INPUT;
}
