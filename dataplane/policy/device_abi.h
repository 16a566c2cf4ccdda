/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * State of devices: one table, one layout, one set of steps for the XDP program and for the worker
 * (ADR 0034). A table is a flat array of buckets of 1024 bytes that never straddle a page. The
 * first holds the head; each of the others has 32 cells of 32 bytes, of which the first holds the
 * tags of the others. An IPv4 device is one cell. An IPv6 device is a pair of cells (even, odd) in
 * one cache line, of which the second holds its address.
 *
 * Several CPUs may use a table at a time. A cell is claimed by swapping its tag for TAG_BUSY,
 * written, and published by its own tag; nothing is ever locked. Who loses a race for a place looks
 * for another one. Two CPUs that meet the same new device at the same instant may both make state
 * for it: all that follow find the same one of the two, and the other idles out. A frame that is
 * being judged while its device is evicted may be counted for the successor.
 *
 * Before including it, the includer says where buckets are and how words are updated:
 *   struct cv_device_map; cv_device_bucket(map, n) gives bucket n or null
 *   CV_CAS64, CV_ADD64 as for verdict.h
 */
#ifndef CV_DEVICE_ABI_H
#define CV_DEVICE_ABI_H

#include "dataplane/policy/policy_abi.h"

#if defined(__SSE2__) && !defined(__bpf__)
#include <emmintrin.h>
#endif

#ifndef CV_NULL
#define CV_NULL ((void *)0)
#endif

/** Goes up with every change of what lies where or means what. */
#define CV_DEVICE_LAYOUT 1u
#define CV_DEVICE_CELLS 32u /* of a bucket; cell 0 is the tags */
#define CV_DEVICE_BUCKET_SIZE 1024u

/* Tags, 8 bits each: all that is above is of a device. */
#define CV_TAG_FREE 0u
#define CV_TAG_BUSY 1u /* being written */
#define CV_TAG_MORE 2u /* the address of the IPv6 device before it */
#define CV_TAG_FIRST 3u

#define CV_DEVICE_TRIES 4 /* to change tags that others change too */
#define CV_DEVICE_SAME_TAGS                                                                        \
	8 /* cells compared; by chance more have one tag in 10^12 buckets once */
#define CV_DEVICE_SAMPLES 8u /* cells looked at for the one to give up */

/** What makes a table's hash its own: secret, so that nobody can aim at a bucket. */
struct cv_device_head {
	__u64 factor[5], offset;
	__u32 buckets; /* behind the head; 0: not yet made */
	__u32 layout; /* CV_DEVICE_LAYOUT */
};

union cv_device_cell {
	struct cv_device device;
	struct {
		__u64 who; /* CV_DEVICE_MORE, so that it is taken for no device */
		__u64 addr[2];
	} more; /* second cell of an IPv6 device */
};
_Static_assert(sizeof(union cv_device_cell) == 32, "two in a cache line");

struct cv_device_bucket {
	union {
		struct cv_device_head head; /* of the table, in bucket 0 */
		__u64 tags[CV_DEVICE_CELLS / 8]; /* byte i of word w: cell w * 8 + i */
		union cv_device_cell cell[CV_DEVICE_CELLS];
	};
};
_Static_assert(sizeof(struct cv_device_bucket) == CV_DEVICE_BUCKET_SIZE, "four in a page");

struct cv_device_map;
static inline struct cv_device_bucket *cv_device_bucket(const struct cv_device_map *map, __u32 n);

/* ---- where to look ------------------------------------------------------------------------- */

/*
 * Of four buckets the first is the place until CV_DEVICE_CROWDED(0) of its cells are used, then the
 * emptier of two until both are crowded, and so on. A bucket that was so full stays so full: what
 * is evicted makes room for one that comes. So a look-up may stop where an insertion would have.
 */
#define CV_DEVICE_CHOICES 4u
#define CV_DEVICE_CROWDED(choice) (24 + 2 * (choice)) /* cells */

/** A device that is looked for. */
struct cv_device_aim {
	__u64 who; /* as in struct cv_device, no flags but CV_DEVICE_IP6 */
	__u64 addr[2]; /* IPv6 only */
	__u64 hash;
	__u32 buckets;
	__u32 home; /* the cell tried first, 1 to 31 */
};

/* Multiply-shift over 32-bit parts (Dietzfelbinger 1996), then mixed, since all bits are used. */
CV_INLINE __u64 cv_device_hash(const struct cv_device_head *h, const struct cv_device_key *k)
{
	__u64 x = h->offset;

	x += h->factor[0] * (__u32)k->addr[0] + h->factor[1] * (k->addr[0] >> 32);
	x += h->factor[2] * (__u32)k->addr[1] + h->factor[3] * (k->addr[1] >> 32);
	x += h->factor[4] * ((__u32)k->vlan << 4 | k->family);
	x = (x ^ x >> 32) * 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

/** Its name alone, for who knows where it was. */
CV_INLINE void cv_device_name(const struct cv_device_key *k, struct cv_device_aim *ret)
{
	__u64 fold = k->family == 6 ? k->addr[0] ^ k->addr[1] : k->addr[0];

	ret->who = CV_DEVICE_WHO((__u32)(fold ^ fold >> 32),
				 k->vlan | (k->family == 6 ? CV_DEVICE_IP6 : 0));
	ret->addr[0] = k->addr[0];
	ret->addr[1] = k->addr[1];
}

/** @param hash from cv_device_hash(). */
CV_INLINE void cv_device_aim_by(const struct cv_device_head *h, const struct cv_device_key *k,
				__u64 hash, struct cv_device_aim *ret)
{
	cv_device_name(k, ret);
	ret->hash = hash;
	ret->buckets = h->buckets;
	ret->home = 1 + ((__u32)(hash & 0xff) * (CV_DEVICE_CELLS - 1) >> 8);
}

CV_INLINE void cv_device_aim(const struct cv_device_head *h, const struct cv_device_key *k,
			     struct cv_device_aim *ret)
{
	cv_device_aim_by(h, k, cv_device_hash(h, k), ret);
}

/** Number of the bucket of a choice, 1 to buckets. */
CV_INLINE __u32 cv_device_choice(const struct cv_device_aim *a, __u32 choice)
{
	__u64 more = choice < 2 ? a->hash : a->hash * 0xbf58476d1ce4e5b9ull;
	__u32 bits = (__u32)(choice & 1 ? more : more >> 32);

	return 1 + (__u32)((__u64)bits * a->buckets >> 32);
}

CV_INLINE __u64 cv_device_tag(const struct cv_device_aim *a)
{
	__u32 tag = a->hash >> 32 & 0xff;

	return tag < CV_TAG_FIRST ? tag + CV_TAG_FIRST : tag;
}

/* ---- tags ---------------------------------------------------------------------------------- */

#define CV_TAG_SHIFT(cell) (((cell)&7) * 8)

CV_INLINE __u64 cv_device_tags(const struct cv_device_bucket *b, __u32 cell)
{
	return *(const volatile __u64 *)&b->tags[cell / 8 & 3];
}

CV_INLINE __u32 cv_device_tag_of(const struct cv_device_bucket *b, __u32 cell)
{
	return cv_device_tags(b, cell) >> CV_TAG_SHIFT(cell) & 0xff;
}

/** The lowest of some cells, of which there is one. */
CV_INLINE __u32 cv_device_lowest(__u32 cells)
{
#ifdef __bpf__
	__u32 below = cells - 1, cell;

	/* What finds out that this counts trailing zeros stops the compiler: BPF has no such thing. */
	asm volatile("" : "+r"(below));
	cell = (__u32)__builtin_popcount(below & ~cells);
	/* clang 19 knows that this is below 32, and leaves out a bound that the verifier must see. */
	asm volatile("" : "+r"(cell));
	return cell;
#else
	return (__u32)__builtin_ctz(cells);
#endif
}

/* A bit for each byte of a word that equals @p tag. */
CV_INLINE __u32 cv_tag_word(__u64 word, __u64 tag)
{
	const __u64 low = 0x7f7f7f7f7f7f7f7full;
	__u64 x = word ^ tag * 0x0101010101010101ull;

	x = ~(((x & low) + low) | x | low); /* 0x80 where a byte is zero */
	return (__u32)((x >> 7) * 0x0102040810204080ull >> 56);
}

/** Which cells have this tag, one bit each. */
CV_INLINE __u32 cv_device_match(const struct cv_device_bucket *b, __u64 tag)
{
#if defined(__SSE2__) && !defined(__bpf__)
	const __m128i *tags = (const __m128i *)(const void *)b->tags;
	__m128i want = _mm_set1_epi8((char)tag);
	__u32 low = (__u32)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(&tags[0]), want));
	__u32 high = (__u32)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(&tags[1]), want));

	return (low | high << 16) & ~1u;
#else
	return (cv_tag_word(cv_device_tags(b, 0), tag) |
		cv_tag_word(cv_device_tags(b, 8), tag) << 8 |
		cv_tag_word(cv_device_tags(b, 16), tag) << 16 |
		cv_tag_word(cv_device_tags(b, 24), tag) << 24) &
	       ~1u;
#endif
}

CV_INLINE __u32 cv_device_used(const struct cv_device_bucket *b)
{
	return CV_DEVICE_CELLS - 1 - (__u32)__builtin_popcount(cv_device_match(b, CV_TAG_FREE));
}

/* The tags of a cell, or of a pair from an even cell on, as bits of their word. */
CV_INLINE __u64 cv_tag_mask(__u32 cell, int pair)
{
	return (pair ? 0xffffull : 0xffull) << CV_TAG_SHIFT(cell);
}

/* @return 0: they are not as expected, or others were quicker too often. */
CV_INLINE int cv_device_retag(struct cv_device_bucket *b, __u32 cell, __u64 mask, __u64 expected,
			      __u64 to)
{
	int i;

	for (i = 0; i < CV_DEVICE_TRIES; i++) {
		__u64 was = cv_device_tags(b, cell);

		if ((was ^ expected) & mask)
			return 0;
		if (CV_CAS64(&b->tags[cell / 8 & 3], was, (was & ~mask) | to) == was)
			return 1;
	}
	return 0;
}

/* ---- look-up ------------------------------------------------------------------------------- */

/** Is it this device's cell? */
CV_INLINE int cv_device_is(const struct cv_device_bucket *b, __u32 cell,
			   const struct cv_device_aim *a)
{
	const union cv_device_cell *c = &b->cell[cell & (CV_DEVICE_CELLS - 1)];
	const union cv_device_cell *more = &b->cell[(cell | 1) & (CV_DEVICE_CELLS - 1)];

	if ((*(const volatile __u64 *)&c->device.who & CV_DEVICE_WHO_MASK) != a->who)
		return 0;
	return !(a->who & CV_DEVICE_WHO(0, CV_DEVICE_IP6)) ||
	       !((more->more.addr[0] ^ a->addr[0]) | (more->more.addr[1] ^ a->addr[1]));
}

/** @return cell of the device in this bucket, 0 = none. */
CV_INLINE __u32 cv_device_in(const struct cv_device_bucket *b, const struct cv_device_aim *a)
{
	__u64 tag = cv_device_tag(a);
	__u32 mask, i;

	/* Half of all devices are here, and the load of the line need not wait for the tags. */
	if (cv_device_is(b, a->home, a) && cv_device_tag_of(b, a->home) == tag)
		return a->home;
	mask = cv_device_match(b, tag);
	for (i = 0; i < CV_DEVICE_SAME_TAGS && mask; i++, mask &= mask - 1) {
		__u32 cell = cv_device_lowest(mask);

		if (cv_device_is(b, cell, a))
			return cell;
	}
	return 0;
}

/** A cell of a table, in one word: 0 = none. */
#define CV_DEVICE_PLACE(bucket, cell) ((bucket)*CV_DEVICE_CELLS + (cell))
#define CV_PLACE_BUCKET(place) ((place) / CV_DEVICE_CELLS)
#define CV_PLACE_CELL(place) ((place) % CV_DEVICE_CELLS)

/** State at a place, null where there is none. */
CV_INLINE struct cv_device *cv_device_at(const struct cv_device_map *map, __u32 place)
{
	struct cv_device_bucket *b =
		place ? cv_device_bucket(map, CV_PLACE_BUCKET(place)) : CV_NULL;

	return b ? &b->cell[CV_PLACE_CELL(place)].device : CV_NULL;
}

/** @return place of the device, 0: it is not there, or there is no table yet. */
CV_INLINE __u32 cv_device_find(const struct cv_device_map *map, const struct cv_device_aim *a)
{
	__u32 choice, least = CV_DEVICE_CELLS;

	for (choice = 0; choice < CV_DEVICE_CHOICES; choice++) {
		__u32 number = cv_device_choice(a, choice), cell, used;
		const struct cv_device_bucket *b = cv_device_bucket(map, number);

		if (!b)
			return 0;
		cell = cv_device_in(b, a);
		if (cell)
			return CV_DEVICE_PLACE(number, cell);
		used = cv_device_used(b);
		least = used < least ? used : least;
		if (least < CV_DEVICE_CROWDED(choice))
			return 0;
	}
	return 0;
}

/* ---- a new device -------------------------------------------------------------------------- */

/* Which bucket a new device goes to. @return its number, 0: there is no table yet. */
CV_INLINE __u32 cv_device_emptiest(const struct cv_device_map *map, const struct cv_device_aim *a)
{
	__u32 choice, least = CV_DEVICE_CELLS, best = 0;

	for (choice = 0; choice < CV_DEVICE_CHOICES; choice++) {
		__u32 number = cv_device_choice(a, choice), used;
		const struct cv_device_bucket *b = cv_device_bucket(map, number);

		if (!b)
			return 0;
		used = cv_device_used(b);
		if (used < least) {
			least = used;
			best = number;
		}
		if (least < CV_DEVICE_CROWDED(choice))
			break;
	}
	return best;
}

CV_INLINE int cv_device_pair(const struct cv_device_aim *a)
{
	return (a->who & CV_DEVICE_WHO(0, CV_DEVICE_IP6)) != 0;
}

/* Tags of a device that is being written. */
CV_INLINE __u64 cv_tag_claimed(__u32 cell, int pair)
{
	return (CV_TAG_BUSY | (pair ? CV_TAG_MORE << 8 : 0ull)) << CV_TAG_SHIFT(cell);
}

/* Claim free cells. @return the first, 0: there are none. */
CV_INLINE __u32 cv_device_claim(struct cv_device_bucket *b, const struct cv_device_aim *a)
{
	int pair = cv_device_pair(a), i;

	for (i = 0; i < CV_DEVICE_TRIES; i++) {
		__u32 free = cv_device_match(b, CV_TAG_FREE), cell = a->home;
		__u32 pairs = free & free >> 1 & 0x55555555u;

		if (pair)
			free = pairs;
		else if (free & ~(pairs * 3) && cv_device_match(b, CV_TAG_MORE))
			free &= ~(pairs * 3); /* where IPv6 is about, pairs are for it */
		if (!free)
			return 0;
		if (!(free >> cell & 1))
			cell = free >> (cell ^ 1) & 1 ? cell ^ 1 : cv_device_lowest(free);
		if (cv_device_retag(b, cell, cv_tag_mask(cell, pair), 0,
				    cv_tag_claimed(cell, pair)))
			return cell;
	}
	return 0;
}

/* How good a victim what is in a cell would be: by the time since it was seen, which counts
 * fourfold for who came only once, as those do who make senders up; 0 = none. */
CV_INLINE __u32 cv_device_staleness(const struct cv_device_bucket *b, __u32 cell, __u16 now)
{
	const struct cv_device *d = &b->cell[cell & (CV_DEVICE_CELLS - 1)].device;
	__u32 tag = cv_device_tag_of(b, cell);

	if (tag == CV_TAG_FREE || tag == CV_TAG_MORE)
		return ~0u;
	if (tag == CV_TAG_BUSY)
		return 0;
	return (1 + (__u32)(__u16)(now - d->last_seen)) << (CV_DEVICE_PACKETS(d) <= 1 ? 2 : 0);
}

/* Take the place of a device: of eight, by the hash and the time, who was silent longest.
 * @return the first cell, 0: others were quicker. */
CV_INLINE __u32 cv_device_evict(struct cv_device_bucket *b, const struct cv_device_aim *a,
				__u64 now_ns)
{
	__u32 i, at = (__u32)(a->hash >> 48) + (__u32)(now_ns >> 10), best = 0, most = 0;
	__u16 now = (__u16)(now_ns >> CV_DEVICE_SEEN_SHIFT);
	int pair = cv_device_pair(a), wide = 0;
	__u64 expected = 0;

	for (i = 0; i < CV_DEVICE_SAMPLES; i++, at += 10 + !pair) {
		__u32 cell = at & (CV_DEVICE_CELLS - 1), stale, other;
		int two = pair || cv_device_tag_of(b, cell) == CV_TAG_MORE ||
			  cv_device_tag_of(b, cell | 1) == CV_TAG_MORE;
		__u64 tags = cv_device_tags(b, cell);

		cell &= two ? ~1u : ~0u;
		if (!cell)
			continue;
		stale = cv_device_staleness(b, cell, now);
		other = two ? cv_device_staleness(b, cell | 1, now) : stale;
		stale = other < stale ? other : stale;
		if (stale > most) {
			most = stale;
			best = cell;
			wide = two;
			expected = tags;
		}
	}
	return best && cv_device_retag(b, best, cv_tag_mask(best, wide), expected,
				       cv_tag_claimed(best, pair))
		       ? best
		       : 0;
}

/* Write a cell that was claimed, and let the others see it. */
CV_INLINE void cv_device_publish(struct cv_device_bucket *b, __u32 cell,
				 const struct cv_device_aim *a, __u32 flags, __u64 now_ns)
{
	struct cv_device *d = &b->cell[cell & (CV_DEVICE_CELLS - 1)].device;
	union cv_device_cell *more = &b->cell[(cell | 1) & (CV_DEVICE_CELLS - 1)];
	__u64 busy = (__u64)CV_TAG_BUSY << CV_TAG_SHIFT(cell);
	__u64 tag = cv_device_tag(a) << CV_TAG_SHIFT(cell);

	if (cv_device_pair(a)) {
		more->more.who = CV_DEVICE_WHO(0, CV_DEVICE_MORE);
		more->more.addr[0] = a->addr[0];
		more->more.addr[1] = a->addr[1];
	}
	d->tat = d->counts = d->bytes = 0;
	*(volatile __u64 *)&d->who = a->who | CV_DEVICE_WHO(0, flags) |
				     CV_DEVICE_SEEN((__u16)(now_ns >> CV_DEVICE_SEEN_SHIFT));
	/* The swap orders what was written; where others are too quick, adding never fails. */
	if (!cv_device_retag(b, cell, cv_tag_mask(cell, 0), busy, tag))
		CV_ADD64(&b->tags[cell / 8 & 3], tag - busy);
}

/** Make state for a device that was not found. @return its place, 0: there is no room. */
CV_INLINE __u32 cv_device_add(const struct cv_device_map *map, const struct cv_device_aim *a,
			      __u32 flags, __u64 now_ns)
{
	__u32 number = cv_device_emptiest(map, a), cell;
	struct cv_device_bucket *b = number ? cv_device_bucket(map, number) : CV_NULL;

	if (!b)
		return 0;
	cell = cv_device_claim(b, a);
	if (!cell)
		cell = cv_device_evict(b, a, now_ns);
	if (!cell)
		return 0;
	cv_device_publish(b, cell, a, flags, now_ns);
	return CV_DEVICE_PLACE(number, cell);
}

#endif
