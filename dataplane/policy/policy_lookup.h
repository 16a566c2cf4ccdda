/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the worker's tables; each has a bound that is fixed when the table is built. */
#ifndef CV_POLICY_LOOKUP_H
#define CV_POLICY_LOOKUP_H

#include <string.h>

#include "dataplane/policy/policy_table_internal.h"

typedef uint32_t four __attribute__((vector_size(16), aligned(4)));

/* cv_hosts4_find() in twelve lanes, two of them seen twice: no branch to guess wrong. */
CV_INLINE uint32_t find_host4(const struct cv_hosts4 *b, uint32_t addr)
{
	const four want = {addr, addr, addr, addr};
	four hit = (*(const four *)&b->addr[0] == want) & (four){1, 2, 4, 8};
	uint32_t ways;

	_Static_assert(CV_HOSTS4_WAYS == 10, "as many lanes");
	hit |= (*(const four *)&b->addr[4] == want) & (four){16, 32, 64, 128};
	hit |= (*(const four *)&b->addr[6] == want) & (four){64, 128, 256, 512};
	ways = (hit[0] | hit[2]) | (hit[1] | hit[3]);
	/* An empty way, address 0 and class 0, lies behind all that are used. */
	return ways ? b->class_id[__builtin_ctz(ways)] : 0;
}

/*
 * What only asks for memory is always inlined: gcc takes such a function for one without effect
 * and drops its calls.
 */

/* What the block behind @p e says of eight bits of the address. */
static inline const uint32_t *more4(const struct prefix4 *p, uint32_t e, uint32_t bits)
{
	return &p->blocks[e & ~CV_BLOCK4_MORE].entry[bits & 0xff];
}

/*
 * IPv4 addresses to classes, in steps so that a burst can wait for all its frames' memory at once:
 * ask for it, begin, middle, last. A step gives the class, or the block that says more, which it
 * has asked for.
 */
CV_INLINE void ask_class4(const struct prefix4 *p, uint32_t addr)
{
	uint32_t a = __builtin_bswap32(addr);

	if (p->bits)
		__builtin_prefetch(&p->hosts[cv_hosts4_bucket(addr, p->bits)]);
	__builtin_prefetch(more4(p, a >> 24, a >> 16));
}

CV_INLINE uint32_t begin_class4(const struct prefix4 *p, uint32_t addr)
{
	uint32_t a = __builtin_bswap32(addr), e;

	if (p->bits) {
		e = find_host4(&p->hosts[cv_hosts4_bucket(addr, p->bits)], addr);
		if (e)
			return e;
	}
	e = *more4(p, a >> 24, a >> 16);
	if (e & CV_BLOCK4_MORE)
		__builtin_prefetch(more4(p, e, a >> 8));
	return e;
}

static inline uint32_t middle_class4(const struct prefix4 *p, uint32_t addr, uint32_t e)
{
	uint32_t a = __builtin_bswap32(addr);

	if (!(e & CV_BLOCK4_MORE))
		return e;
	e = *more4(p, e, a >> 8);
	if (e & CV_BLOCK4_MORE)
		__builtin_prefetch(more4(p, e, a));
	return e;
}

static inline uint16_t last_class4(const struct prefix4 *p, uint32_t addr, uint32_t e)
{
	if (e & CV_BLOCK4_MORE)
		e = *more4(p, e, __builtin_bswap32(addr));
	return (uint16_t)e;
}

/* The steps behind the first, at once. */
static inline uint32_t rest_of_class4(const struct prefix4 *p, uint32_t addr, uint32_t e)
{
	return e & CV_BLOCK4_MORE ? last_class4(p, addr, middle_class4(p, addr, e)) : e;
}

static inline uint16_t class_of6(const struct prefix6 *p, const uint64_t addr[2])
{
	for (uint32_t i = 0; i < p->lengths; i++) {
		uint32_t len = p->len[i];
		uint64_t q[2] = {addr[0] & mask64(len), addr[1] & mask64(len < 64 ? 0 : len - 64)};
		uint32_t home = hash_prefix6(q, len);

		for (uint32_t step = 0; step <= p->reach; step++) {
			const struct prefix6_entry *e = &p->entries[(home + step) & p->mask];

			if (!e->class_id)
				break;
			if (e->q[0] == q[0] && e->q[1] == q[1] && e->len == len)
				return (uint16_t)e->class_id;
		}
	}
	return 0;
}

static inline uint64_t rule_key(const struct cv_rule_key *key)
{
	uint64_t want;

	memcpy(&want, key, sizeof(want));
	return want;
}

CV_INLINE void ask_rule(const struct rule_table *t, uint64_t want)
{
	uint32_t at = hash_rule(want) & t->mask;

	__builtin_prefetch(&t->keys[at]);
	__builtin_prefetch(&t->rules[at]);
}

static inline const struct cv_rule *find_key(const struct rule_table *t, uint64_t want)
{
	uint32_t home = hash_rule(want);

	for (uint32_t step = 0; step <= t->reach; step++) {
		uint32_t at = (home + step) & t->mask;

		if (t->keys[at] == want)
			return &t->rules[at];
		if (!t->keys[at])
			return NULL;
	}
	return NULL;
}

static inline uint16_t class_of_mac(const struct mac_table *t, uint64_t mac)
{
	uint32_t home = hash_mac(mac | MAC_USED);

	for (uint32_t step = 0; step <= t->reach; step++) {
		uint32_t at = (home + step) & t->mask;

		if (t->keys[at] == (mac | MAC_USED))
			return t->classes[at];
		if (!t->keys[at])
			break;
	}
	return 0;
}

static inline const struct cv_binding *find_binding(const struct binding_table *t,
						    const struct cv_binding_key *key)
{
	uint32_t home = hash_binding(key);

	for (uint32_t step = 0; step <= t->reach; step++) {
		const struct cv_gen_binding *e = &t->entries[(home + step) & t->mask];

		if (!e->key.kind)
			break;
		if (!memcmp(&e->key, key, sizeof(*key)))
			return &e->place;
	}
	return NULL;
}

/* The first step for one end: by its MAC address where groups list such, else by the longest
 * prefix. Only IPv4 needs more steps. */
static __attribute__((noinline)) uint32_t begin_class(const struct cv_policy_table *t,
						      const struct cv_packet *p,
						      const uint64_t *addr, const uint8_t *mac)
{
	uint16_t c = t->head.flags & CV_POLICY_MACS ? class_of_mac(&t->macs, cv_load_mac(mac)) : 0;

	if (c)
		return c;
	return p->family == 4 ? begin_class4(&t->prefix4, (uint32_t)addr[0])
			      : class_of6(&t->prefix6, addr);
}

/* Is the sender at a place its address or MAC is not bound to? */
static inline bool is_spoofed(const struct cv_policy_table *t, const struct cv_packet *p,
			      uint64_t mac)
{
	const struct cv_binding *b;
	struct cv_binding_key key;

	cv_binding_key_addr(p, &key);
	b = find_binding(&t->bindings, &key);
	if (b && !cv_binding_holds(b, p, mac))
		return true;
	cv_binding_key_mac(mac, &key);
	b = find_binding(&t->bindings, &key);
	return b && !cv_binding_holds(b, p, mac);
}

#endif
