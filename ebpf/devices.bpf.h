/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* State of senders: the table of device_abi.h in two maps; part of ingress.bpf.c. */
#ifndef CV_DEVICES_BPF_H
#define CV_DEVICES_BPF_H

#include "dataplane/policy/device_abi.h"

/* Arrays, so that a look-up is an address; mapped by who lists devices. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3); /* the loader makes room for the generation's device_capacity */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cv_device_bucket);
} devices SEC(".maps");

/* The shadow policy's meters: what it would have let pass. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3); /* likewise */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cv_device_bucket);
} devices_shadow SEC(".maps");

struct cv_device_map {
	__u32 shadow;
};

static __always_inline struct cv_device_bucket *cv_device_bucket(const struct cv_device_map *map,
								 __u32 n)
{
	struct cv_device_bucket *b;

	/* Two calls, or the kernel does not know the map and cannot make an address of it. */
	if (map->shadow) {
		b = bpf_map_lookup_elem(&devices_shadow, &n);
		asm volatile("" : "+r"(b));
	} else {
		b = bpf_map_lookup_elem(&devices, &n);
		asm volatile("" : "+r"(b) : : "memory");
	}
	return b;
}

/* Where a packet's sender is looked for. @return 0: there is no table. */
static __always_inline int aim_at(const struct cv_device_map *map, const struct cv_packet *p,
				  __u64 hash, struct cv_device_aim *aim)
{
	struct cv_device_bucket *b = cv_device_bucket(map, 0);
	struct cv_device_key key;

	if (!b)
		return 0;
	cv_device_key(p, &key);
	cv_device_aim_by(&b->head, &key, hash, aim);
	return 1;
}

/* Look for the state of a packet's sender. @return its place, 0 = none. */
__noinline int find_device(const struct cv_packet *p, __u64 hash, __u32 shadow)
{
	const struct cv_device_map map = {shadow};
	struct cv_device_aim aim;

	return p && aim_at(&map, p, hash, &aim) ? cv_device_find(&map, &aim) : 0;
}

/* The steps of cv_device_add(), each verified by itself: bucket, cell, contents. */
__noinline int room_for_device(const struct cv_packet *p, __u64 hash, __u32 shadow)
{
	const struct cv_device_map map = {shadow};
	struct cv_device_aim aim;

	return p && aim_at(&map, p, hash, &aim) ? cv_device_emptiest(&map, &aim) : 0;
}

__noinline int claim_cell(const struct cv_packet *p, __u64 hash, __u32 shadow, __u32 bucket)
{
	const struct cv_device_map map = {shadow};
	struct cv_device_bucket *b = cv_device_bucket(&map, bucket);
	struct cv_device_aim aim;

	return p && b && aim_at(&map, p, hash, &aim) ? cv_device_claim(b, &aim) : 0;
}

__noinline int evict_cell(const struct cv_packet *p, __u64 hash, __u32 shadow, __u32 bucket,
			  __u64 now)
{
	const struct cv_device_map map = {shadow};
	struct cv_device_bucket *b = cv_device_bucket(&map, bucket);
	struct cv_device_aim aim;

	return p && b && aim_at(&map, p, hash, &aim) ? cv_device_evict(b, &aim, now) : 0;
}

__noinline int publish_cell(const struct cv_packet *p, __u64 hash, __u32 which, __u32 place,
			    __u64 now)
{
	const struct cv_device_map map = {which & 1};
	struct cv_device_bucket *b = cv_device_bucket(&map, CV_PLACE_BUCKET(place));
	struct cv_device_aim aim;

	if (!p || !b || !aim_at(&map, p, hash, &aim))
		return 0;
	cv_device_publish(b, CV_PLACE_CELL(place), &aim, which & CV_DEVICE_LEARNED, now);
	return place;
}

static __always_inline __u32 add_device(const struct cv_packet *p, __u64 hash, __u32 shadow,
					__u32 flags, __u64 now)
{
	__u32 bucket = room_for_device(p, hash, shadow);
	__u32 cell = bucket ? claim_cell(p, hash, shadow, bucket) : 0;

	if (bucket && !cell)
		cell = evict_cell(p, hash, shadow, bucket, now);
	return cell ? publish_cell(p, hash, shadow | flags, CV_DEVICE_PLACE(bucket, cell), now) : 0;
}

/* Ask for the lines where the sender's state probably is, long before they are used: BPF has no
 * prefetch, but what is loaded and not needed yet is not waited for. @return its hash. */
static __always_inline __u64 touch_device(const struct cv_packet *p, __u32 shadow)
{
	const struct cv_device_map map = {shadow};
	struct cv_device_bucket *b = cv_device_bucket(&map, 0);
	struct cv_device_aim aim;
	struct cv_device_key key;

	if (!b)
		return 0;
	cv_device_key(p, &key);
	cv_device_aim(&b->head, &key, &aim);
	b = cv_device_bucket(&map, cv_device_choice(&aim, 0));
	if (b) {
		(void)*(volatile __u64 *)&b->tags[0];
		(void)*(volatile __u64 *)&b->cell[aim.home & (CV_DEVICE_CELLS - 1)].device.who;
	}
	return aim.hash;
}

static __always_inline struct cv_device *device_of(const struct cv_packet *p, __u64 hash,
						   __u32 shadow, int add, __u32 flags, __u64 now)
{
	const struct cv_device_map map = {shadow};
	__u32 place = find_device(p, hash, shadow);

	if (!place && add)
		place = add_device(p, hash, shadow, flags, now);
	return cv_device_at(&map, place);
}

#endif
