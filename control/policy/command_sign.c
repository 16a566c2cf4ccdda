/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/policy/key_file.h"
#include "control/policy/report.h"

struct job {
	const struct cv_policy_args *args;
	struct cv_secret_key key;
	char id[CV_SIGN_KEY_ID_TEXT];
	json_t *rows;
	struct cv_diagnostics diag;
};

/* What a person wants to know of a signature; minisign's form. @return malloc'ed or NULL. */
static char *default_comment(const struct cv_bundle *b)
{
	const char *slash = strrchr(b->path, '/');
	char *text;

	if (asprintf(&text, "timestamp:%lld\tfile:%s\tpolicy:%s\tversion:%" PRIu64 "\thashed",
		     (long long)time(NULL), slash ? slash + 1 : b->path, b->name, b->version) < 0)
		return NULL;
	return text;
}

/* Is the file absent, or a signature by this key, or not a signature at all? */
static bool may_replace(const struct job *j, const char *path)
{
	struct cv_diagnostics diag = {0};
	struct cv_signatures sigs = {0};
	bool replace = true;

	if (cv_signatures_add_file(path, &sigs, &diag) == 0) {
		for (size_t i = 0; i < sigs.n; i++)
			replace &= memcmp(sigs.items[i].key_id, j->key.id, sizeof(j->key.id)) == 0;
	}
	cv_signatures_free(&sigs);
	cv_diagnostics_free(&diag);
	return replace;
}

/* BUNDLE.minisig, which minisign -V looks for; of several signers, the first has it. */
static char *signature_path(const struct job *j, const char *bundle)
{
	const char *given = cv_policy_value(j->args, "signature");
	char *path;

	if (given)
		return strdup(given);
	if (asprintf(&path, "%s.minisig", bundle) < 0)
		return NULL;
	if (may_replace(j, path))
		return path;
	free(path);
	return asprintf(&path, "%s.%s.minisig", bundle, j->id) < 0 ? NULL : path;
}

static int write_signature(struct job *j, const struct cv_bundle *b, const char *comment,
			   const char *path)
{
	char *text = NULL;
	int r = cv_sign(&j->key, b->bytes, b->size, comment, &text);

	if (r < 0)
		return cv_policy_file_wrong(&j->diag, path, r, NULL,
					    r == -EINVAL ? "the comment is not one line of at most "
							   "8192 bytes"
							 : "cannot be made");
	r = cv_policy_write_file(path, O_TRUNC, 0644, text, strlen(text), &j->diag);
	free(text);
	if (r < 0)
		return r;
	json_array_append_new(j->rows,
			      json_pack("{s:s, s:s}", "bundle", b->path, "signature", path));
	if (!j->args->json)
		printf("%s: signed by key %s: %s\n", b->path, j->id, path);
	return 0;
}

static int sign_one(struct job *j, const char *file)
{
	const char *given = cv_policy_value(j->args, "comment");
	char *comment = NULL, *path = NULL;
	struct cv_bundle *b = NULL;
	int r = cv_bundle_open(file, &b, &j->diag);

	if (r < 0)
		return r;
	comment = given ? strdup(given) : default_comment(b);
	path = signature_path(j, file);
	r = comment && path ? write_signature(j, b, comment, path) : -ENOMEM;
	free(comment);
	free(path);
	cv_bundle_free(b);
	return r;
}

static int read_key(struct job *j)
{
	const char *path = cv_policy_value(j->args, "key");
	char standard[PATH_MAX];
	int r;

	if (!path && cv_key_file_default(false, standard) < 0)
		return cv_policy_file_wrong(&j->diag, "~/.minisign", -ENOENT, "give --key FILE",
					    "there is no secret key");
	r = cv_key_file_read(path ? path : standard, cv_policy_value(j->args, "password-file"),
			     &j->key, &j->diag);
	if (r == 0)
		cv_sign_id_text(j->key.id, j->id);
	return r;
}

int cv_policy_sign_command(const struct cv_policy_args *args)
{
	struct job j = {.args = args, .rows = json_array()};
	int r, one;

	if (cv_policy_value(args, "signature") && args->n_operands > 1)
		return cv_policy_usage(args, "--signature is for one BUNDLE");
	r = read_key(&j);
	for (int i = 0; j.id[0] && i < args->n_operands; i++) {
		one = sign_one(&j, args->operands[i]);
		r = r ? r : one;
	}
	cv_policy_report(args, json_pack("{s:s, s:o}", "key_id", j.id, "signed", j.rows), &j.diag,
			 r);
	cv_secret_key_wipe(&j.key);
	cv_diagnostics_free(&j.diag);
	return r == 0 ? CV_CLI_OK : CV_CLI_INPUT;
}
