/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of the worker's tables, for policy_table.c (per packet) and policy_table_setup.c (build).
 * Everything but meters, hits and flows is written once. No table can make a look-up run long: each
 * has a bound that is fixed at build time.
 */
#ifndef CV_POLICY_TABLE_INTERNAL_H
#define CV_POLICY_TABLE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/device_table_internal.h"
#include "dataplane/policy/generation.h"
#include "dataplane/policy/policy_table.h"
#include "dataplane/policy/prefix4.h"

/* With CV_CAS64 and CV_ADD64 of device_table_internal.h: there is one writer. */
#include "dataplane/policy/verdict.h"

/* See prefix4.h. */
struct prefix4 {
	struct cv_block4 *blocks;
	struct cv_hosts4 *hosts;
	uint32_t bits; /* of hosts, 0 = none */
};

struct prefix6_entry {
	uint64_t q[2]; /* network order, host bits zero */
	uint32_t len;
	uint32_t class_id; /* 0 = empty */
};

/* One hash for all lengths, asked once per length that occurs, longest first. */
struct prefix6 {
	struct prefix6_entry *entries;
	uint32_t mask;
	uint32_t reach; /* furthest entry from its home, slots */
	uint32_t lengths;
	uint8_t len[129]; /* descending */
};

struct rule_table {
	uint64_t *keys; /* struct cv_rule_key, 0 = empty: it is not a valid key */
	struct cv_rule *rules; /* beside keys */
	uint32_t mask;
	uint32_t reach;
};

/* Of MAC addresses to classes, and of identities to places: open addressing as above. */
#define MAC_USED (1ull << 63) /* so that no key is 0, which is an empty slot */

struct mac_table {
	uint64_t *keys; /* MAC | MAC_USED, 0 = empty */
	uint16_t *classes; /* beside keys */
	uint32_t mask;
	uint32_t reach;
};

struct binding_table {
	struct cv_gen_binding *entries; /* key.kind 0 = empty */
	uint32_t mask;
	uint32_t reach;
};

/* What the verdict depends on besides the policy and the device's state. */
struct flow_key {
	uint64_t src[2], dst[2];
	uint64_t rest; /* L4 ports, VLAN, protocol, family, later fragment, port; never 0 */
};

struct flow_entry {
	struct flow_key key;
	const struct cv_rule *rule; /* NULL = default */
	uint32_t device; /* place of the sender's state, 0 = none; a hint, its name is compared */
	uint16_t src_class; /* where somebody asked */
	uint16_t spoofed; /* a binding does not hold */
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct flow_entry) == 64, "one cache line per flow");

#define FLOW_WAYS 2u
#define FLOW_SETS 4096u

struct cv_policy_table {
	struct cv_policy_head head;
	const struct cv_quarantine_set *quarantine; /* beside the policy; NULL = nobody */
	uint8_t *places; /* CV_PORTS_MAX rows of CV_VLANS: context */
	struct prefix4 prefix4;
	struct prefix6 prefix6;
	struct mac_table macs;
	struct binding_table bindings;
	struct rule_table rules;
	struct cv_meter *meters; /* head.n_meters */
	struct cv_rule_hits *hits; /* head.n_rules + 1; here or the caller's */
	struct flow_entry (*flows)[FLOW_WAYS]; /* FLOW_SETS */
	int flow_worth; /* see policy_flow.h */
	uint32_t flow_bursts; /* while they are not worth it */
	void *memory; /* one mapping holds all of the above */
	size_t size;
};

static inline uint32_t hash_rule(uint64_t key)
{
	return (uint32_t)(hash_fold(key, 0x9e3779b97f4a7c15ull) >> 16);
}

static inline uint32_t hash_mac(uint64_t key)
{
	return (uint32_t)(hash_fold(key, 0xbf58476d1ce4e5b9ull) >> 16);
}

static inline uint32_t hash_binding(const struct cv_binding_key *k)
{
	return (uint32_t)(hash_fold(k->id[0] ^ 0x9e3779b97f4a7c15ull,
				    k->id[1] ^ 0xbf58476d1ce4e5b9ull ^ k->kind) >>
			  8);
}

static inline uint32_t hash_prefix6(const uint64_t q[2], uint32_t len)
{
	return (uint32_t)hash_fold(q[0] ^ 0x9e3779b97f4a7c15ull ^ len,
				   q[1] ^ 0xbf58476d1ce4e5b9ull);
}

/* Network-order mask of the first @p bits of eight bytes. */
static inline uint64_t mask64(uint32_t bits)
{
	if (bits == 0)
		return 0;
	if (bits >= 64)
		return UINT64_MAX;
	return __builtin_bswap64(~(UINT64_MAX >> bits));
}

#endif
