/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Classes of addresses by the maps of a slot; part of ingress.bpf.c. */
#ifndef CV_CLASSES_BPF_H
#define CV_CLASSES_BPF_H

#include "ebpf/policy_maps.bpf.h"

static __always_inline __u32 host4(__u32 slot, __u32 bits, __u32 addr)
{
	__u32 at = cv_hosts4_bucket(addr, bits & 31);
	void *map = bpf_map_lookup_elem(&policy_hosts4, &slot);
	const struct cv_hosts4 *hosts = map ? bpf_map_lookup_elem(map, &at) : NULL;

	return hosts ? cv_hosts4_find(hosts, addr) : 0;
}

/* The first two levels: these maps are all of one size, which makes a look-up an address. */
static __always_inline __u32 top4(__u32 slot, __u32 a)
{
	void *map = bpf_map_lookup_elem(&policy_tops4, &slot);
	__u32 block = a >> 24;
	const struct cv_block4 *b = map ? bpf_map_lookup_elem(map, &block) : NULL;

	return b ? b->entry[a >> 16 & 0xff] : 0;
}

static __always_inline __u32 block4(void *map, __u32 entry, __u32 byte)
{
	__u32 block = (entry & CV_BLOCK4_NUMBER) - CV_BLOCK4_TOP;
	const struct cv_block4 *b = bpf_map_lookup_elem(map, &block);

	return b ? b->entry[byte & 0xff] : 0;
}

/* The levels behind, where the entry says that there are some. */
static __always_inline __u16 behind4(__u32 slot, __u32 entry, __u32 a)
{
	void *map;

	if (!(entry & CV_BLOCK4_MORE))
		return entry;
	map = bpf_map_lookup_elem(&policy_blocks4, &slot);
	if (!map)
		return 0;
	entry = block4(map, entry, a >> 8);
	return entry & CV_BLOCK4_MORE ? block4(map, entry, a) : entry;
}

/* Who sends is mostly a device that is listed by itself. */
static __always_inline __u16 source_class4(__u32 slot, __u32 bits, __u32 addr)
{
	__u32 a = __builtin_bswap32(addr), entry = bits ? host4(slot, bits, addr) : 0;

	return entry ? entry : behind4(slot, top4(slot, a), a);
}

/* Who is sent to is mostly not, and the first level says where there are none. */
static __always_inline __u16 target_class4(__u32 slot, __u32 bits, __u32 addr)
{
	__u32 a = __builtin_bswap32(addr), entry = top4(slot, a);
	__u32 host = entry & CV_BLOCK4_HOSTS ? host4(slot, bits, addr) : 0;

	return host ? host : behind4(slot, entry, a);
}

static __always_inline __u16 class_of6(__u32 slot, const __u8 *addr)
{
	struct cv_prefix6_key key = {.len = 128};
	void *map = bpf_map_lookup_elem(&policy_prefix6, &slot);
	__u32 *class_id;

	__builtin_memcpy(key.addr, addr, sizeof(key.addr));
	class_id = map ? bpf_map_lookup_elem(map, &key) : NULL;
	return class_id ? *class_id : 0;
}

static __always_inline __u16 class_of_mac(__u32 slot, __u64 mac)
{
	void *map = bpf_map_lookup_elem(&policy_macs, &slot);
	__u32 *class_id = map ? bpf_map_lookup_elem(map, &mac) : NULL;

	return class_id ? *class_id : 0;
}

#endif
