/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys as minisign keeps them: scrypt over the password, BLAKE2b as check. */
#include <endian.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "control/bundle/lines.h"
#include "control/bundle/sign.h"

/* What the password hides. */
struct hidden {
	uint8_t id[CV_SIGN_KEY_ID_SIZE];
	uint8_t key[CV_SIGN_SECRET_SIZE];
	uint8_t check[32];
};

/* The file's second line. */
struct secret_file {
	char algorithm[2]; /* "Ed" */
	char kdf[2]; /* "Sc", or two zeros: not encrypted */
	char check_algorithm[2]; /* "B2" */
	uint8_t salt[crypto_pwhash_scryptsalsa208sha256_SALTBYTES];
	uint8_t operations[8], memory[8]; /* little-endian */
	struct hidden hidden;
};
_Static_assert(sizeof(struct secret_file) == 158, "minisign's layout");

const struct cv_sign_cost cv_sign_cost_default = {
	.operations = crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE,
	.memory = crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE,
};

/* BLAKE2b-256 over algorithm, id and key. */
static void make_check(const struct secret_file *file, uint8_t check[32])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, (const uint8_t *)file->algorithm, 2);
	crypto_generichash_update(&state, file->hidden.id, sizeof(file->hidden.id));
	crypto_generichash_update(&state, file->hidden.key, sizeof(file->hidden.key));
	crypto_generichash_final(&state, check, 32);
	sodium_memzero(&state, sizeof(state));
}

/* Hide or show: the same both ways. @return 0 or -ENOMEM. */
static int mask(struct secret_file *file, const char *password, const struct cv_sign_cost *cost)
{
	uint8_t stream[sizeof(file->hidden)], *at = (uint8_t *)&file->hidden;
	int r = crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password,
						   strlen(password), file->salt, cost->operations,
						   cost->memory);

	for (size_t i = 0; r == 0 && i < sizeof(stream); i++)
		at[i] ^= stream[i];
	sodium_memzero(stream, sizeof(stream));
	return r == 0 ? 0 : -ENOMEM;
}

static uint64_t read_le64(const uint8_t bytes[8])
{
	uint64_t v;

	memcpy(&v, bytes, sizeof(v));
	return le64toh(v);
}

static void write_le64(uint64_t v, uint8_t bytes[8])
{
	v = htole64(v);
	memcpy(bytes, &v, sizeof(v));
}

static int reveal(struct cv_lines *l, struct secret_file *file, const char *password)
{
	struct cv_sign_cost cost = {read_le64(file->operations), read_le64(file->memory)};

	if (memcmp(file->kdf, "\0\0", 2) == 0)
		return 0;
	if (memcmp(file->kdf, "Sc", 2) != 0)
		return cv_lines_wrong(l, NULL,
				      "encrypted in a way that is not known, expected scrypt");
	/* What an attacker's file may cost us. */
	if (cost.operations > cv_sign_cost_default.operations ||
	    cost.memory > cv_sign_cost_default.memory)
		return cv_lines_wrong(l, NULL, "its password costs more than minisign's default");
	if (!password)
		return -ENOKEY;
	if (mask(file, password, &cost) == 0)
		return 0;
	cv_lines_wrong(l, "free some memory", "the password cannot be tried: it takes %llu MiB",
		       (unsigned long long)cost.memory >> 20);
	return -ENOMEM;
}

/* Is it what the writer wrote, and is the public half the one that belongs to it? */
static int accept(struct cv_lines *l, const struct secret_file *file, bool encrypted,
		  struct cv_secret_key *ret)
{
	uint8_t check[32], pub[CV_SIGN_PUBLIC_SIZE], pair[CV_SIGN_SECRET_SIZE];
	int r = 0;

	make_check(file, check);
	crypto_sign_seed_keypair(pub, pair, file->hidden.key);
	/* minisign 0.11 leaves the check of a key without password empty. */
	if (!encrypted && sodium_is_zero(file->hidden.check, sizeof(check)))
		memset(check, 0, sizeof(check));
	if (sodium_memcmp(check, file->hidden.check, sizeof(check)) != 0) {
		cv_lines_wrong(l, NULL,
			       encrypted ? "wrong password" : "damaged: its check does not fit");
		r = encrypted ? -EKEYREJECTED : -EINVAL;
	} else if (sodium_memcmp(pair, file->hidden.key, sizeof(pair)) != 0) {
		r = cv_lines_wrong(l, NULL, "damaged: the halves of the key do not fit");
	} else {
		memcpy(ret->id, file->hidden.id, sizeof(ret->id));
		memcpy(ret->key, file->hidden.key, sizeof(ret->key));
	}
	sodium_memzero(pair, sizeof(pair));
	return r;
}

int cv_secret_key_parse(const char *name, const char *text, size_t len, const char *password,
			struct cv_secret_key *ret, struct cv_diagnostics *diag)
{
	struct secret_file file = {0};
	bool encrypted;
	struct cv_lines l;
	int r = cv_lines_start(name, text, len, diag, &l);

	if (r == 0)
		r = cv_lines_comment(&l, CV_LINES_UNTRUSTED, NULL, NULL);
	if (r == 0)
		r = cv_lines_base64(&l, "a secret key", &file, sizeof(file));
	if (r == 0 && cv_lines_more(&l))
		r = cv_lines_wrong(&l, NULL, "something follows the key");
	if (r == 0 &&
	    (memcmp(file.algorithm, "Ed", 2) != 0 || memcmp(file.check_algorithm, "B2", 2) != 0))
		r = cv_lines_wrong(&l, NULL, "not an Ed25519 key of minisign");
	encrypted = file.kdf[0] != 0;
	if (r == 0)
		r = reveal(&l, &file, password);
	if (r == 0)
		r = accept(&l, &file, encrypted, ret);
	sodium_memzero(&file, sizeof(file));
	return r;
}

void cv_secret_key_generate(struct cv_secret_key *ret)
{
	uint8_t pub[CV_SIGN_PUBLIC_SIZE];

	randombytes_buf(ret->id, sizeof(ret->id));
	crypto_sign_keypair(pub, ret->key);
}

void cv_secret_key_wipe(struct cv_secret_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

static int encrypt(struct secret_file *file, const char *password, const struct cv_sign_cost *want)
{
	struct cv_sign_cost cost = *want;
	int r;

	memcpy(file->kdf, "Sc", 2);
	randombytes_buf(file->salt, sizeof(file->salt));
	while ((r = mask(file, password, &cost)) < 0) {
		cost.operations /= 2;
		cost.memory /= 2;
		if (cost.operations < crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_MIN ||
		    cost.memory < crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_MIN)
			return r;
	}
	write_le64(cost.operations, file->operations);
	write_le64(cost.memory, file->memory);
	return 0;
}

int cv_secret_key_write(const struct cv_secret_key *key, const char *password,
			const struct cv_sign_cost *cost, char **ret)
{
	char encoded[sodium_base64_ENCODED_LEN(sizeof(struct secret_file),
					       sodium_base64_VARIANT_ORIGINAL)];
	struct secret_file file = {.algorithm = {'E', 'd'}, .check_algorithm = {'B', '2'}};
	int r = 0;

	memcpy(file.hidden.id, key->id, sizeof(key->id));
	memcpy(file.hidden.key, key->key, sizeof(key->key));
	make_check(&file, file.hidden.check);
	if (password)
		r = encrypt(&file, password, cost);
	if (r == 0) {
		sodium_bin2base64(encoded, sizeof(encoded), (const uint8_t *)&file, sizeof(file),
				  sodium_base64_VARIANT_ORIGINAL);
		if (asprintf(ret, CV_LINES_UNTRUSTED "culvert %ssecret key\n%s\n",
			     password ? "encrypted " : "", encoded) < 0)
			r = -ENOMEM;
	}
	sodium_memzero(&file, sizeof(file));
	sodium_memzero(encoded, sizeof(encoded));
	return r;
}
