/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detached Ed25519 signatures in the files of minisign: public keys, secret keys, signatures.
 * Both forms of signature are verified: "ED" over the BLAKE2b-512 hash of the file, and the legacy
 * "Ed" over the file itself. New ones are "ED". Any thread; nothing is kept between calls.
 */
#ifndef CV_SIGN_H
#define CV_SIGN_H

#include <stdint.h>

#include "control/config/config.h"

#define CV_SIGN_KEY_ID_SIZE 8
/** Key id as minisign prints it: 16 digits and a zero. */
#define CV_SIGN_KEY_ID_TEXT 17
#define CV_SIGN_PUBLIC_SIZE 32
#define CV_SIGN_SECRET_SIZE 64
#define CV_SIGN_SIGNATURE_SIZE 64
#define CV_SIGN_HASH_SIZE 64
/** Longest trusted comment, bytes; minisign's own bound. */
#define CV_SIGN_COMMENT_MAX 8192
/** Largest key or signature file, bytes. */
#define CV_SIGN_FILE_MAX 65536
/** Most keys of a trust set, most signatures looked at for one bundle. */
#define CV_SIGN_KEYS_MAX 64
#define CV_SIGN_SIGNATURES_MAX 64

struct cv_public_key {
	char *file; /* where it was read */
	uint8_t id[CV_SIGN_KEY_ID_SIZE];
	uint8_t key[CV_SIGN_PUBLIC_SIZE];
};

/** Keys that may sign, each once. Starts as all zeros. */
struct cv_trust {
	struct cv_public_key *keys;
	size_t n;
};

/**
 * Add the keys of a file, or of every *.pub in a directory. A file may hold several keys, one
 * behind the other. One wrong file fails it all: a set with a key missing is not what was meant.
 * A directory or file that anybody may write to is refused.
 *
 * @param path of the directory or file; relative paths as open(2) takes them.
 * @param trust a key that is there already is not added again; left unchanged on failure.
 * @return 0, also for a directory without keys; negative errno with a finding.
 */
int cv_trust_load(const char *path, struct cv_trust *trust, struct cv_diagnostics *diag);

/**
 * The keys that a node's configuration trusts, policy_trust.keys. A directory that does not exist
 * is an empty one: nobody is trusted.
 *
 * @return as cv_trust_load().
 */
int cv_trust_load_node(const struct cv_config *config, struct cv_trust *trust,
		       struct cv_diagnostics *diag);

/** As cv_trust_load() from memory. @param file what findings call it. */
int cv_trust_add_text(const char *file, const char *text, size_t len, struct cv_trust *trust,
		      struct cv_diagnostics *diag);

void cv_trust_free(struct cv_trust *trust);

/* What became of a signature. id, name, what it says */
#define CV_SIGN_OUTCOMES(X)                                                                        \
	X(UNSEEN, "unseen", "not looked at")                                                       \
	X(GOOD, "good", "good")                                                                    \
	X(REPEATED, "repeated", "good, but its key has signed before and counts once")             \
	X(UNKNOWN_KEY, "unknown-key", "its key is not trusted")                                    \
	X(WRONG, "wrong", "not a signature of this file by that key: one of the two was changed")  \
	X(WRONG_COMMENT, "wrong-comment", "its trusted comment was changed")
#define CV_SIGN_OUTCOME_ID(id, name, text) CV_SIGN_##id,
enum cv_sign_outcome { CV_SIGN_OUTCOMES(CV_SIGN_OUTCOME_ID) CV_SIGN_OUTCOME_COUNT };

const char *cv_sign_outcome_name(enum cv_sign_outcome outcome);
const char *cv_sign_outcome_text(enum cv_sign_outcome outcome);

struct cv_signature {
	char *file; /* where it was read */
	char *comment; /* the trusted comment; believe it only when the outcome is GOOD */
	bool prehashed;
	uint8_t key_id[CV_SIGN_KEY_ID_SIZE];
	uint8_t signature[CV_SIGN_SIGNATURE_SIZE];
	uint8_t global[CV_SIGN_SIGNATURE_SIZE]; /* over signature and trusted comment */
	enum cv_sign_outcome outcome; /* set by cv_signatures_verify() */
	const struct cv_public_key *key; /* GOOD and REPEATED: whose it is; the trust set owns it */
};

/** Starts as all zeros. */
struct cv_signatures {
	struct cv_signature *items;
	size_t n;
};

/**
 * Add the signatures of a text: one, or several one behind the other (cat *.minisig).
 *
 * @param file what findings call it.
 * @param sigs left unchanged on failure.
 * @return 0; -EINVAL, -E2BIG with a finding; -ENOMEM.
 */
int cv_signatures_add_text(const char *file, const char *text, size_t len,
			   struct cv_signatures *sigs, struct cv_diagnostics *diag);

/** As cv_signatures_add_text() from a file. */
int cv_signatures_add_file(const char *path, struct cv_signatures *sigs,
			   struct cv_diagnostics *diag);

/**
 * Add the signature files that lie beside a file: FILE.minisig and FILE.*.minisig.
 *
 * @return 0, also when there are none; negative errno with a finding.
 */
int cv_signatures_find(const char *path, struct cv_signatures *sigs, struct cv_diagnostics *diag);

void cv_signatures_free(struct cv_signatures *sigs);

/**
 * Hold every signature against a trust set and set its outcome.
 *
 * @return how many different keys of the set have signed these bytes.
 */
unsigned int cv_signatures_verify(struct cv_signatures *sigs, const struct cv_trust *trust,
				  const void *data, size_t size);

/** Write a key id as minisign prints it. */
void cv_sign_id_text(const uint8_t id[CV_SIGN_KEY_ID_SIZE], char text[CV_SIGN_KEY_ID_TEXT]);

/** Wipe with cv_secret_key_wipe() as soon as it is not needed. */
struct cv_secret_key {
	uint8_t id[CV_SIGN_KEY_ID_SIZE];
	uint8_t key[CV_SIGN_SECRET_SIZE]; /* the public key is its second half (RFC 8032) */
};

/** Make a new key pair. */
void cv_secret_key_generate(struct cv_secret_key *ret);
void cv_secret_key_wipe(struct cv_secret_key *key);

/**
 * Read a secret key file.
 *
 * @param password NULL = none is known.
 * @return 0; -ENOKEY the key is encrypted and there is no password (no finding); -EKEYREJECTED the
 *         password is wrong; -ENOMEM, -EINVAL; all but the first with a finding.
 */
int cv_secret_key_parse(const char *file, const char *text, size_t len, const char *password,
			struct cv_secret_key *ret, struct cv_diagnostics *diag);

/** What guessing one password costs (scrypt); minisign's default is the largest. */
struct cv_sign_cost {
	uint64_t operations;
	uint64_t memory; /* bytes */
};
/** 2^25 operations in 1 GiB, as minisign: some seconds per try. */
extern const struct cv_sign_cost cv_sign_cost_default;

/**
 * Write a secret key file.
 *
 * @param password NULL = not encrypted.
 * @param cost with a password; where memory lacks, half as much is tried, and so on.
 * @param ret malloc'ed text; wipe it with explicit_bzero().
 * @return 0 or -ENOMEM.
 */
int cv_secret_key_write(const struct cv_secret_key *key, const char *password,
			const struct cv_sign_cost *cost, char **ret);

/** Write the public key file of a secret key. @param ret malloc'ed. @return 0 or -ENOMEM. */
int cv_public_key_write(const struct cv_secret_key *key, char **ret);

/**
 * Sign.
 *
 * @param comment trusted comment: one line, at most CV_SIGN_COMMENT_MAX bytes.
 * @param ret malloc'ed text of the signature file.
 * @return 0; -EINVAL the comment is not one line of text or too long; -EIO libsodium does not
 *         work here; -ENOMEM.
 */
int cv_sign(const struct cv_secret_key *key, const void *data, size_t size, const char *comment,
	    char **ret);

#endif
