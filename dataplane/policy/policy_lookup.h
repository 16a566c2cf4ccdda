/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the worker's tables; each has a bound that is fixed when the table is built. */
#ifndef CV_POLICY_LOOKUP_H
#define CV_POLICY_LOOKUP_H

#include <string.h>

#include "dataplane/policy/policy_table_internal.h"

static inline uint16_t class_of4(const struct prefix4 *p, uint32_t addr)
{
	uint32_t a = __builtin_bswap32(addr), e;

	if (p->bits) {
		e = cv_hosts4_find(&p->hosts[cv_hosts4_bucket(addr, p->bits)], addr);
		if (e)
			return (uint16_t)e;
	}
	e = p->blocks[a >> 24].entry[a >> 16 & 0xff];
	if (e & CV_BLOCK4_MORE)
		e = p->blocks[e & ~CV_BLOCK4_MORE].entry[a >> 8 & 0xff];
	if (e & CV_BLOCK4_MORE)
		e = p->blocks[e & ~CV_BLOCK4_MORE].entry[a & 0xff];
	return (uint16_t)e;
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

static inline const struct cv_rule *find_key(const struct rule_table *t,
					     const struct cv_rule_key *key)
{
	uint64_t want;
	uint32_t home;

	memcpy(&want, key, sizeof(want));
	home = hash_rule(want);
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

/* Class of one end: by its MAC address where groups list such, else by the longest prefix. */
static inline uint16_t class_of(const struct cv_policy_table *t, const struct cv_packet *p,
				const uint64_t addr[2], const uint8_t *mac)
{
	uint16_t c = t->head.flags & CV_POLICY_MACS ? class_of_mac(&t->macs, cv_load_mac(mac)) : 0;

	if (c)
		return c;
	return p->family == 4 ? class_of4(&t->prefix4, (uint32_t)addr[0])
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
