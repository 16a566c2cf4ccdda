/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The policy's maps, shared by all ports; part of ingress.bpf.c. */
#ifndef CV_POLICY_MAPS_BPF_H
#define CV_POLICY_MAPS_BPF_H

/* Inner maps say sizes, not types: clang leaves only a forward declaration of such types. */
#define INNER(name, kind, flags, key, value)                                                       \
	struct name {                                                                              \
		__uint(type, kind);                                                                \
		__uint(max_entries, 1);                                                            \
		__uint(map_flags, flags);                                                          \
		__uint(key_size, key);                                                             \
		__uint(value_size, value);                                                         \
	}

/* All of one size, so that the kernel makes a look-up an address. */
struct tops4_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CV_BLOCK4_TOP);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct cv_block4));
};
INNER(blocks4_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP | BPF_F_MMAPABLE, 4,
      sizeof(struct cv_block4));
INNER(hosts4_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP | BPF_F_MMAPABLE, 4,
      sizeof(struct cv_hosts4));
INNER(prefix6_map, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, sizeof(struct cv_prefix6_key), 4);
INNER(macs_map, BPF_MAP_TYPE_HASH, 0, 8, 4);
INNER(bindings_map, BPF_MAP_TYPE_HASH, 0, sizeof(struct cv_binding_key), sizeof(struct cv_binding));
INNER(rules_flat_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP | BPF_F_MMAPABLE, 4,
      sizeof(struct cv_rules_bucket));
INNER(meters_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, sizeof(struct cv_meter));
INNER(hits_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, sizeof(struct cv_rule_hits));

/* A map for each slot. */
#define SLOTS(name, inner)                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                          \
		__uint(max_entries, CV_POLICY_SLOTS);                                              \
		__type(key, __u32);                                                                \
		__array(values, struct inner);                                                     \
	} name SEC(".maps")

SLOTS(policy_tops4, tops4_map);
SLOTS(policy_blocks4, blocks4_map);
SLOTS(policy_hosts4, hosts4_map);
SLOTS(policy_prefix6, prefix6_map);
SLOTS(policy_macs, macs_map);
SLOTS(policy_bindings, bindings_map);
SLOTS(policy_rules_flat, rules_flat_map);
SLOTS(policy_meters, meters_map);
SLOTS(policy_hits, hits_map); /* CPU * (n_rules + 1) + rule index */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__type(value, struct cv_policy_head);
} policy_head SEC(".maps");

/* Context by VLAN, for each port of each slot: slot * CV_PORTS_MAX + port. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CV_POLICY_SLOTS *CV_PORTS_MAX);
	__type(key, __u32);
	__type(value, __u8[CV_VLANS]);
} policy_places SEC(".maps");

/* Who is in quarantine: beside the policies, and replaced as a whole. No element: nobody is. */
INNER(quarantine_map, BPF_MAP_TYPE_HASH, 0, sizeof(struct cv_binding_key), 4);
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct quarantine_map);
} quarantine SEC(".maps");

/* cv_epoch_word(); mapped by the loader, whose one store switches the policy. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} policy_epoch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CV_SHADOW_DIFFS);
	__type(key, struct cv_shadow_key);
	__type(value, struct cv_shadow_diff);
} shadow_diffs SEC(".maps");

#endif
