/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * IPv4 addresses to classes, for the XDP program and for the worker: one layout, built once.
 *
 * Single addresses lie in hosts, a hash of buckets of one cache line; a list of a million devices
 * is one load. Shorter prefixes lie in a tree of 8-8-8-8 bits whose first two levels are flat:
 * one load for what most policies have, three at worst. What finds its bucket full goes to the
 * tree, which is asked second.
 */
#ifndef CV_PREFIX4_H
#define CV_PREFIX4_H

#include "dataplane/policy/policy_abi.h"

#define CV_BLOCK4_ENTRIES 256u
/** Blocks that hold the first two levels: entry by the first 16 bits of the address. */
#define CV_BLOCK4_TOP 256u
/** Set in an entry: the rest is the number of the block that says more, not a class. */
#define CV_BLOCK4_MORE 0x80000000u
/** In the kernel's first levels: single addresses with these 16 bits are in hosts. */
#define CV_BLOCK4_HOSTS 0x40000000u
#define CV_BLOCK4_NUMBER 0x3fffffffu

/** One piece of the tree: class by eight bits of the address, 0 = none. */
struct cv_block4 {
	__u32 entry[CV_BLOCK4_ENTRIES];
};
_Static_assert(sizeof(struct cv_block4) == 1024, "element of a BPF array");

#define CV_HOSTS4_WAYS 10u

/** Single addresses that share a hash. */
struct cv_hosts4 {
	__u32 addr[CV_HOSTS4_WAYS]; /* network order */
	__u16 class_id[CV_HOSTS4_WAYS]; /* 0 = empty, and so are all behind it */
	__u32 pad;
};
_Static_assert(sizeof(struct cv_hosts4) == 64, "one cache line");

/** Largest hosts: 2^22 buckets for as many devices and some. */
#define CV_HOSTS4_BITS_MAX 22u

/** Bucket of an address. @param bits of cv_policy_head.hosts4_bits, >= 1. */
static inline __u32 cv_hosts4_bucket(__u32 addr, __u32 bits)
{
	return (__u32)(addr * 0x9e3779b1u) >> (32 - bits);
}

/** Class of an address in its bucket, 0 = not there. */
static inline __attribute__((always_inline)) __u32 cv_hosts4_find(const struct cv_hosts4 *b,
								  __u32 addr)
{
	__u32 found = 0, i;

	/* No branch that depends on where it is: none to guess wrong while the line comes. */
	for (i = 0; i < CV_HOSTS4_WAYS; i++) {
		__u64 same = (__u64)(b->addr[i] ^ addr) - 1;

		same >>= 32; /* all ones where they are equal */
		CV_HIDE(same);
		found |= b->class_id[i] & (__u32)same;
	}
	return found;
}

#ifndef __bpf__
#include <stdint.h>

struct cv_gen_prefix;

/** Bits of the buckets for @p hosts single addresses; 0: none. */
uint32_t cv_hosts4_bits(uint32_t hosts);

/** Single IPv4 addresses among the prefixes. */
uint32_t cv_hosts4_count(const struct cv_gen_prefix *p, uint32_t count);

/**
 * How many blocks cv_prefix4_fill() will need. Slow path.
 *
 * @param p sorted as in a generation.
 * @return 0 or -ENOMEM.
 */
int cv_prefix4_blocks(const struct cv_gen_prefix *p, uint32_t count, uint32_t bits, uint32_t *ret);

/** Fill zeroed memory: blocks as counted, and 1 << bits buckets (none when bits is 0). */
void cv_prefix4_fill(const struct cv_gen_prefix *p, uint32_t count, uint32_t bits,
		     struct cv_block4 *blocks, struct cv_hosts4 *hosts);

/** Set CV_BLOCK4_HOSTS in the first CV_BLOCK4_TOP blocks. */
void cv_prefix4_mark_hosts(const struct cv_gen_prefix *p, uint32_t count, struct cv_block4 *tops);
#endif

#endif
