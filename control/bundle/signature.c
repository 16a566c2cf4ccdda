/* SPDX-License-Identifier: Apache-2.0 */
/* Signature files: reading, making, and holding them against a trust set. */
#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "control/bundle/lines.h"
#include "control/bundle/sign.h"
#include "control/text/read_file.h"

/* Line two of a signature file. */
struct signature_line {
	char algorithm[2]; /* "ED": over the hash; "Ed": over the file */
	uint8_t key_id[CV_SIGN_KEY_ID_SIZE];
	uint8_t signature[CV_SIGN_SIGNATURE_SIZE];
};
_Static_assert(sizeof(struct signature_line) == 74, "minisign's layout");

#define OUTCOME_NAME(id, name, text) name,
static const char *const outcome_names[] = {CV_SIGN_OUTCOMES(OUTCOME_NAME)};
#define OUTCOME_TEXT(id, name, text) text,
static const char *const outcome_texts[] = {CV_SIGN_OUTCOMES(OUTCOME_TEXT)};

const char *cv_sign_outcome_name(enum cv_sign_outcome outcome)
{
	return outcome_names[outcome];
}

const char *cv_sign_outcome_text(enum cv_sign_outcome outcome)
{
	return outcome_texts[outcome];
}

static void drop_from(struct cv_signatures *sigs, size_t n)
{
	while (sigs->n > n) {
		sigs->n--;
		free(sigs->items[sigs->n].file);
		free(sigs->items[sigs->n].comment);
	}
}

void cv_signatures_free(struct cv_signatures *sigs)
{
	drop_from(sigs, 0);
	free(sigs->items);
	*sigs = (struct cv_signatures){0};
}

static int add(struct cv_signatures *sigs, struct cv_lines *l, const struct cv_signature *sig)
{
	struct cv_signature *items;

	if (sigs->n == CV_SIGN_SIGNATURES_MAX) {
		cv_lines_wrong(l, NULL, "more than %d signatures", CV_SIGN_SIGNATURES_MAX);
		return -E2BIG;
	}
	items = reallocarray(sigs->items, sigs->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	sigs->items = items;
	items[sigs->n++] = *sig;
	return 0;
}

/* One signature: four lines. */
static int read_one(struct cv_lines *l, struct cv_signatures *sigs)
{
	struct signature_line line;
	struct cv_signature sig = {0};
	const char *comment;
	size_t len;
	int r = cv_lines_comment(l, CV_LINES_UNTRUSTED, NULL, NULL);

	if (r == 0)
		r = cv_lines_base64(l, "a signature", &line, sizeof(line));
	if (r == 0 && line.algorithm[0] != 'E')
		r = cv_lines_wrong(l, NULL, "not an Ed25519 signature");
	if (r == 0 && line.algorithm[1] != 'D' && line.algorithm[1] != 'd')
		r = cv_lines_wrong(l, NULL, "not an Ed25519 signature");
	if (r == 0)
		r = cv_lines_comment(l, CV_LINES_TRUSTED, &comment, &len);
	if (r == 0 && len > CV_SIGN_COMMENT_MAX)
		r = cv_lines_wrong(l, NULL, "the comment is longer than %d bytes",
				   CV_SIGN_COMMENT_MAX);
	if (r == 0)
		r = cv_lines_base64(l, "a signature", sig.global, sizeof(sig.global));
	if (r < 0)
		return r;
	sig.prehashed = line.algorithm[1] == 'D';
	memcpy(sig.key_id, line.key_id, sizeof(sig.key_id));
	memcpy(sig.signature, line.signature, sizeof(sig.signature));
	sig.comment = strndup(comment, len);
	sig.file = strdup(l->file);
	r = sig.comment && sig.file ? add(sigs, l, &sig) : -ENOMEM;
	if (r < 0) {
		free(sig.comment);
		free(sig.file);
	}
	return r;
}

int cv_signatures_add_text(const char *file, const char *text, size_t len,
			   struct cv_signatures *sigs, struct cv_diagnostics *diag)
{
	size_t before = sigs->n;
	struct cv_lines l;
	int r = cv_lines_start(file, text, len, diag, &l);

	if (r == 0 && !cv_lines_more(&l))
		r = cv_lines_wrong(&l, NULL, "no signature in it");
	while (r == 0 && cv_lines_more(&l))
		r = read_one(&l, sigs);
	if (r < 0)
		drop_from(sigs, before);
	return r;
}

int cv_signatures_add_file(const char *path, struct cv_signatures *sigs,
			   struct cv_diagnostics *diag)
{
	char *text;
	size_t len;
	int r = cv_read_file(path, CV_SIGN_FILE_MAX, &text, &len);

	if (r < 0) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "cannot read: %s", strerror(-r));
		return r;
	}
	r = cv_signatures_add_text(path, text, len, sigs, diag);
	free(text);
	return r;
}

/* Is it FILE.minisig or FILE.*.minisig? */
static bool belongs(const char *name, const char *file)
{
	static const char suffix[] = ".minisig";
	size_t len = strlen(name), file_len = strlen(file), end = sizeof(suffix) - 1;

	return len >= file_len + end && strncmp(name, file, file_len) == 0 &&
	       name[file_len] == '.' && strcmp(name + len - end, suffix) == 0;
}

/* @param dir ends in a slash, or is empty: here. */
static int find_in(const char *dir, const char *file, struct cv_signatures *sigs,
		   struct cv_diagnostics *diag)
{
	struct dirent **entries;
	int n = scandir(*dir ? dir : ".", &entries, NULL, alphasort), r = n < 0 ? -errno : 0;

	if (r < 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = dir}, NULL,
				   "cannot look for signatures: %s", strerror(-r));
	for (int i = 0; i < n; i++) {
		char *path;

		if (r == 0 && belongs(entries[i]->d_name, file)) {
			r = asprintf(&path, "%s%s", dir, entries[i]->d_name) < 0 ? -ENOMEM : 0;
			if (r == 0) {
				r = cv_signatures_add_file(path, sigs, diag);
				free(path);
			}
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

int cv_signatures_find(const char *path, struct cv_signatures *sigs, struct cv_diagnostics *diag)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	char *dir = strndup(path, (size_t)(file - path));
	size_t before = sigs->n;
	int r = dir ? find_in(dir, file, sigs, diag) : -ENOMEM;

	if (r < 0)
		drop_from(sigs, before);
	free(dir);
	return r;
}

/* The signed text of a global signature: the signature and the trusted comment. */
static uint8_t *global_text(const uint8_t *signature, const char *comment, size_t *ret_size)
{
	size_t len = strlen(comment);
	uint8_t *text = malloc(CV_SIGN_SIGNATURE_SIZE + len);

	if (text) {
		memcpy(text, signature, CV_SIGN_SIGNATURE_SIZE);
		memcpy(text + CV_SIGN_SIGNATURE_SIZE, comment, len);
		*ret_size = CV_SIGN_SIGNATURE_SIZE + len;
	}
	return text;
}

static bool comment_is_good(const struct cv_signature *sig, const struct cv_public_key *key)
{
	size_t size;
	uint8_t *text = global_text(sig->signature, sig->comment, &size);
	bool good = text && crypto_sign_verify_detached(sig->global, text, size, key->key) == 0;

	free(text);
	return good;
}

struct message {
	const uint8_t *data;
	size_t size;
	uint8_t hash[CV_SIGN_HASH_SIZE];
};

static enum cv_sign_outcome judge(const struct cv_signature *sig, const struct cv_public_key *key,
				  const struct message *m)
{
	const uint8_t *text = sig->prehashed ? m->hash : m->data;
	size_t size = sig->prehashed ? sizeof(m->hash) : m->size;

	if (crypto_sign_verify_detached(sig->signature, text, size, key->key) != 0)
		return CV_SIGN_WRONG;
	return comment_is_good(sig, key) ? CV_SIGN_GOOD : CV_SIGN_WRONG_COMMENT;
}

/* Ids are chosen by who makes the key: two keys may have the same one. */
static void verify_one(struct cv_signature *sig, const struct cv_trust *trust,
		       const struct message *m)
{
	sig->outcome = CV_SIGN_UNKNOWN_KEY;
	sig->key = NULL;
	for (size_t k = 0; k < trust->n && !sig->key; k++) {
		const struct cv_public_key *key = &trust->keys[k];

		if (memcmp(key->id, sig->key_id, sizeof(key->id)) != 0)
			continue;
		sig->outcome = judge(sig, key, m);
		if (sig->outcome == CV_SIGN_GOOD)
			sig->key = key;
	}
}

unsigned int cv_signatures_verify(struct cv_signatures *sigs, const struct cv_trust *trust,
				  const void *data, size_t size)
{
	struct message m = {.data = data, .size = size};
	unsigned int signers = 0;

	if (sodium_init() < 0) /* picks the fastest hash this CPU has */
		return 0;
	if (sigs->n)
		crypto_generichash(m.hash, sizeof(m.hash), data, size, NULL, 0);
	for (size_t i = 0; i < sigs->n; i++) {
		struct cv_signature *sig = &sigs->items[i];

		verify_one(sig, trust, &m);
		for (size_t j = 0; j < i && sig->outcome == CV_SIGN_GOOD; j++) {
			if (sigs->items[j].key == sig->key)
				sig->outcome = CV_SIGN_REPEATED;
		}
		signers += sig->outcome == CV_SIGN_GOOD;
	}
	return signers;
}

static int encode(const struct signature_line *line, const char *comment, const uint8_t *global,
		  char **ret)
{
	char first[sodium_base64_ENCODED_LEN(sizeof(*line), sodium_base64_VARIANT_ORIGINAL)];
	char second[sodium_base64_ENCODED_LEN(CV_SIGN_SIGNATURE_SIZE,
					      sodium_base64_VARIANT_ORIGINAL)];

	sodium_bin2base64(first, sizeof(first), (const uint8_t *)line, sizeof(*line),
			  sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(second, sizeof(second), global, CV_SIGN_SIGNATURE_SIZE,
			  sodium_base64_VARIANT_ORIGINAL);
	return asprintf(ret,
			CV_LINES_UNTRUSTED
			"signature from culvert secret key\n%s\n" CV_LINES_TRUSTED "%s\n%s\n",
			first, comment, second) < 0
		       ? -ENOMEM
		       : 0;
}

int cv_sign(const struct cv_secret_key *key, const void *data, size_t size, const char *comment,
	    char **ret)
{
	struct signature_line line = {.algorithm = {'E', 'D'}};
	uint8_t hash[CV_SIGN_HASH_SIZE], global[CV_SIGN_SIGNATURE_SIZE], *text;
	size_t text_size;
	int r;

	if (strlen(comment) > CV_SIGN_COMMENT_MAX || strpbrk(comment, "\r\n"))
		return -EINVAL;
	if (sodium_init() < 0)
		return -EIO;
	memcpy(line.key_id, key->id, sizeof(line.key_id));
	crypto_generichash(hash, sizeof(hash), data, size, NULL, 0);
	crypto_sign_detached(line.signature, NULL, hash, sizeof(hash), key->key);
	text = global_text(line.signature, comment, &text_size);
	if (!text)
		return -ENOMEM;
	crypto_sign_detached(global, NULL, text, text_size, key->key);
	r = encode(&line, comment, global, ret);
	free(text);
	return r;
}
