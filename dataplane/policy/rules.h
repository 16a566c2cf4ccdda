/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * Rules by key as flat memory, for the XDP program; filled before anybody looks.
 *
 * Keys lie in buckets of one cache line, so that a key that is not there, which most look-ups are
 * for, costs one load. What finds its bucket full goes to one more behind it. A key leads to the
 * number of its rule: a rule for many contexts or groups is there once.
 */
#ifndef CV_RULES_H
#define CV_RULES_H

#include "dataplane/policy/policy_abi.h"

#define CV_RULES_WAYS 5u
/** Buckets that a look-up sees at most; by chance no key needs a fourth. */
#define CV_RULES_CHAIN 8u
/** Buckets for the most keys that there may be, by two. */
#define CV_RULES_BITS_MAX 19u

struct cv_rules_bucket {
	__u64 key[CV_RULES_WAYS]; /* struct cv_rule_key, 0 = empty: it is not a valid key */
	__u32 number[CV_RULES_WAYS]; /* of its rule, >= 1; 0 = empty */
	__u32 next; /* number of the bucket behind, 0 = none */
};
_Static_assert(sizeof(struct cv_rules_bucket) == 64, "one cache line");

/** A key as one number. */
static inline __attribute__((always_inline)) __u64 cv_rules_key(const struct cv_rule_key *k)
{
	__u64 key;

	__builtin_memcpy(&key, k, sizeof(key));
	return key;
}

/** Bucket of a key. @param bits of cv_policy_head.rules_bits, >= 1. */
static inline __attribute__((always_inline)) __u32 cv_rules_bucket(__u64 key, __u32 bits)
{
	key = (key ^ key >> 32) * 0x9e3779b97f4a7c15ull;
	key = (key ^ key >> 29) * 0xbf58476d1ce4e5b9ull;
	return (__u32)(key >> 32) >> (32 - bits);
}

/** Number of the rule of a key in one bucket, 0 = not there. */
static inline __attribute__((always_inline)) __u32 cv_rules_find(const struct cv_rules_bucket *b,
								 __u64 key)
{
	__u32 found = 0, i;

	for (i = 0; i < CV_RULES_WAYS; i++) {
		if (b->key[i] == key)
			found = b->number[i];
	}
	return found;
}

#ifndef __bpf__
#include <stdint.h>

struct cv_gen_rule;

/** Both tables, to be copied to where they are wanted. */
struct cv_rules {
	struct cv_rules_bucket *buckets; /* the first 1 << bits are by hash */
	struct cv_rule *rules; /* number 0 is nobody's */
	uint32_t bits, bucket_count, rule_count;
};

/**
 * Build the tables. Slow path.
 *
 * @param r rules of a checked generation.
 * @return 0, -ENOMEM, -E2BIG: more keys share a hash than a look-up may see, which no policy
 *         does that is not made for it.
 */
int cv_rules_build(const struct cv_gen_rule *r, uint32_t count, struct cv_rules *ret);

/** Give the tables back. One that is all zero is fine. */
void cv_rules_free(struct cv_rules *t);
#endif

#endif
