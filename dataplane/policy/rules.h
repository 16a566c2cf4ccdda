/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * Rules by key as flat memory, for the XDP program; filled before anybody looks.
 *
 * Keys lie in buckets whose first cache line has them all, so that a key that is not there, which
 * most look-ups are for, costs one load. Rules lie beside them: a look-up is one call of the kernel
 * for each bucket, and where it may do with one, it does. What finds its bucket full goes to one
 * more behind it.
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
	__u32 next; /* number of the bucket behind, 0 = none */
	__u32 pad;
	struct cv_rule rule[CV_RULES_WAYS]; /* beside key */
	__u64 pad2;
};
_Static_assert(sizeof(struct cv_rules_bucket) == 256, "whole cache lines");

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

/** Way of a key in one bucket, CV_RULES_WAYS = not there. */
static inline __attribute__((always_inline)) __u32 cv_rules_way(const struct cv_rules_bucket *b,
								__u64 key)
{
	__u32 way = CV_RULES_WAYS, i;

	for (i = 0; i < CV_RULES_WAYS; i++) {
		if (b->key[i] == key)
			way = i;
	}
	return way;
}

#ifndef __bpf__
#include <stdint.h>

struct cv_gen_rule;

/** How large the table is. */
struct cv_rules_size {
	uint32_t bits; /* the first 1 << bits buckets are by hash */
	uint32_t buckets; /* in all */
};

/**
 * How many buckets cv_rules_fill() will need. Slow path.
 *
 * @param r rules of a checked generation.
 * @return 0, -ENOMEM, -E2BIG: more keys share a hash than a look-up may see, which no policy
 *         does that is not made for it.
 */
int cv_rules_size(const struct cv_gen_rule *r, uint32_t count, struct cv_rules_size *ret);

/** Fill zeroed memory of as many buckets as counted. */
void cv_rules_fill(const struct cv_gen_rule *r, uint32_t count, uint32_t bits,
		   struct cv_rules_bucket *buckets);
#endif

#endif
