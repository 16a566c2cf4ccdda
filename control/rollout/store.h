/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policies that were ever accepted, on disk: one folder each, named by number, which appears
 * whole or not at all (written beside, synced, renamed).
 *
 *     DIR/17/policy      the file as it came
 *     DIR/17/signatures  and who signed it
 *     DIR/17/about.json  struct cv_about
 *     DIR/state          state.h
 *     DIR/audit.db       audit.h
 */
#ifndef CV_ROLLOUT_STORE_H
#define CV_ROLLOUT_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Policies kept beside those in force, in shadow and to go back to; older ones are removed. */
#define CV_STORE_KEEP 64

/** Where a policy came from. */
enum cv_policy_origin { CV_ORIGIN_APPLY, CV_ORIGIN_CONFIG, CV_ORIGIN_RENUMBERED };

struct cv_about {
	uint64_t number; /* the generation it is compiled to */
	char hash[65]; /* SHA-256 of the file, hex */
	uint64_t size; /* of the file, bytes */
	uint32_t crc32c; /* of the image */
	uint32_t origin; /* enum cv_policy_origin */
	char name[128]; /* of the file as its user called it */
	char who[96];
	int64_t time_ns; /* wall clock */
	uint64_t version; /* of the bundle, 0 = none */
	uint64_t signers; /* trusted keys that signed it */
};

struct cv_store {
	char dir[PATH_MAX - 64];
	const char *file; /* what the stored thing is called in its folder */
};

/**
 * Make the folder where it is missing, remove what a crash left half-written.
 *
 * @param file static: "policy".
 */
int cv_store_open(const char *dir, const char *file, struct cv_store *ret);

/** Path of a file of a policy. @param number 0 = the policy being written. */
void cv_store_path(const struct cv_store *s, uint64_t number, const char *file, char ret[PATH_MAX]);

/**
 * Begin to write a policy: the file is there, and not yet in the store.
 *
 * @param sigs its signatures, @p sigs_len may be 0.
 */
int cv_store_begin(const struct cv_store *s, const void *data, size_t len, const void *sigs,
		   size_t sigs_len);

/** The policy being written becomes one of the store. @return 0 or negative errno. */
int cv_store_keep(const struct cv_store *s, const struct cv_about *about);

/** Throw away what was begun. */
void cv_store_abandon(const struct cv_store *s);

/** Remove a policy. */
void cv_store_remove(const struct cv_store *s, uint64_t number);

/** @return 0, -ENOENT, or -EBADMSG. */
int cv_store_about(const struct cv_store *s, uint64_t number, struct cv_about *ret);

/** Read a policy's file. @param ret malloc'ed, a zero behind it. @return 0 or negative errno. */
int cv_store_read(const struct cv_store *s, uint64_t number, char **ret, size_t *ret_len);

/** Numbers there are, ascending, malloc'ed. @return how many, or negative errno. */
int cv_store_list(const struct cv_store *s, uint64_t **ret);

/** Remove the oldest beyond CV_STORE_KEEP, but none of @p keep (0 = no entry). */
void cv_store_prune(const struct cv_store *s, const uint64_t keep[3]);

const char *cv_origin_name(uint32_t origin);

#endif
