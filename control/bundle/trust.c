/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys and the set of those that may sign. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/bundle/lines.h"
#include "control/bundle/sign.h"
#include "control/text/read_file.h"

/* Line two of a public key file. */
struct public_line {
	char algorithm[2]; /* "Ed" */
	uint8_t id[CV_SIGN_KEY_ID_SIZE];
	uint8_t key[CV_SIGN_PUBLIC_SIZE];
};
_Static_assert(sizeof(struct public_line) == 42, "minisign's layout");

void cv_sign_id_text(const uint8_t id[CV_SIGN_KEY_ID_SIZE], char text[CV_SIGN_KEY_ID_TEXT])
{
	/* The id is a little-endian number. */
	for (int i = 0; i < CV_SIGN_KEY_ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02X", id[CV_SIGN_KEY_ID_SIZE - 1 - i]);
}

int cv_public_key_write(const struct cv_secret_key *key, char **ret)
{
	char encoded[sodium_base64_ENCODED_LEN(sizeof(struct public_line),
					       sodium_base64_VARIANT_ORIGINAL)];
	struct public_line line = {.algorithm = {'E', 'd'}};
	char id[CV_SIGN_KEY_ID_TEXT];

	memcpy(line.id, key->id, sizeof(line.id));
	crypto_sign_ed25519_sk_to_pk(line.key, key->key);
	sodium_bin2base64(encoded, sizeof(encoded), (const uint8_t *)&line, sizeof(line),
			  sodium_base64_VARIANT_ORIGINAL);
	cv_sign_id_text(key->id, id);
	return asprintf(ret, CV_LINES_UNTRUSTED "minisign public key %s\n%s\n", id, encoded) < 0
		       ? -ENOMEM
		       : 0;
}

static void drop_from(struct cv_trust *trust, size_t n)
{
	while (trust->n > n)
		free(trust->keys[--trust->n].file);
}

void cv_trust_free(struct cv_trust *trust)
{
	drop_from(trust, 0);
	free(trust->keys);
	*trust = (struct cv_trust){0};
}

static int add_key(const struct public_line *line, struct cv_lines *l, struct cv_trust *trust)
{
	struct cv_public_key *keys, *key;

	for (size_t i = 0; i < trust->n; i++) {
		if (memcmp(trust->keys[i].key, line->key, sizeof(line->key)) == 0)
			return 0;
	}
	if (trust->n == CV_SIGN_KEYS_MAX)
		return cv_lines_wrong(l, NULL, "more than %d keys", CV_SIGN_KEYS_MAX);
	keys = reallocarray(trust->keys, trust->n + 1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	trust->keys = keys;
	key = &keys[trust->n];
	key->file = strdup(l->file);
	if (!key->file)
		return -ENOMEM;
	memcpy(key->id, line->id, sizeof(key->id));
	memcpy(key->key, line->key, sizeof(key->key));
	trust->n++;
	return 0;
}

int cv_trust_add_text(const char *file, const char *text, size_t len, struct cv_trust *trust,
		      struct cv_diagnostics *diag)
{
	size_t before = trust->n;
	struct public_line line;
	struct cv_lines l;
	int r = cv_lines_start(file, text, len, diag, &l);

	if (r == 0 && !cv_lines_more(&l))
		r = cv_lines_wrong(&l, NULL, "no key in it");
	while (r == 0 && cv_lines_more(&l)) {
		r = cv_lines_comment(&l, CV_LINES_UNTRUSTED, NULL, NULL);
		if (r == 0)
			r = cv_lines_base64(&l, "a public key", &line, sizeof(line));
		if (r == 0 && memcmp(line.algorithm, "Ed", 2) != 0)
			r = cv_lines_wrong(&l, NULL, "not an Ed25519 key");
		if (r == 0)
			r = add_key(&line, &l, trust);
	}
	if (r < 0)
		drop_from(trust, before);
	return r;
}

static int told(const char *path, int r, const char *what, struct cv_diagnostics *diag)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path},
			   r == -ENOENT ? "check the path" : NULL, "%s: %s", what, strerror(-r));
	return r;
}

static int load_file(const char *path, struct cv_trust *trust, struct cv_diagnostics *diag)
{
	char *text;
	size_t len;
	int r = cv_read_file(path, CV_SIGN_FILE_MAX, &text, &len);

	if (r < 0)
		return told(path, r, "cannot read", diag);
	r = cv_trust_add_text(path, text, len, trust, diag);
	free(text);
	return r;
}

/* What anybody may write says nothing about who signs. */
static int check_rights(const char *path, struct stat *st, struct cv_diagnostics *diag)
{
	if (stat(path, st) < 0)
		return told(path, -errno, "cannot read", diag);
	if (!(st->st_mode & S_IWOTH))
		return 0;
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path},
			   "chmod o-w it and look at its keys", "anybody may write to it");
	return -EPERM;
}

static int is_key_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".pub") == 0;
}

static int load_entry(const char *dir, const char *name, struct cv_trust *trust,
		      struct cv_diagnostics *diag)
{
	struct stat st;
	char *path;
	int r;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	r = check_rights(path, &st, diag);
	if (r == 0)
		r = load_file(path, trust, diag);
	free(path);
	return r;
}

static int load_dir(const char *path, struct cv_trust *trust, struct cv_diagnostics *diag)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_key_file, alphasort), r = 0;

	if (n < 0)
		return told(path, -errno, "cannot read", diag);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = load_entry(path, entries[i]->d_name, trust, diag);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int cv_trust_load(const char *path, struct cv_trust *trust, struct cv_diagnostics *diag)
{
	size_t before = trust->n;
	struct stat st;
	int r = check_rights(path, &st, diag);

	if (r == 0)
		r = S_ISDIR(st.st_mode) ? load_dir(path, trust, diag)
					: load_file(path, trust, diag);
	if (r < 0)
		drop_from(trust, before);
	return r;
}

int cv_trust_load_node(const struct cv_config *config, struct cv_trust *trust,
		       struct cv_diagnostics *diag)
{
	char path[PATH_MAX];
	int r = cv_config_resolve(config, config->trust_keys, path);

	if (r < 0)
		return told(config->trust_keys, r, "cannot read", diag);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return cv_trust_load(path, trust, diag);
}
