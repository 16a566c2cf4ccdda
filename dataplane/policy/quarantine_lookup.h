/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in quarantine: the look-up of one frame's sender in the worker's set. */
#ifndef CV_QUARANTINE_LOOKUP_H
#define CV_QUARANTINE_LOOKUP_H

#include "dataplane/policy/policy_table_internal.h"
#include "dataplane/policy/quarantine_set.h"

static inline uint64_t quarantine_hash(const struct cv_binding_key *k)
{
	return hash_fold(k->id[0] ^ 0x9e3779b97f4a7c15ull,
			 k->id[1] ^ 0xbf58476d1ce4e5b9ull ^ (uint64_t)k->kind << 32);
}

/* Of the filter; from bits of the hash that do not choose the entry. */
static inline uint32_t quarantine_bit(const struct cv_quarantine_set *s, uint64_t hash)
{
	return (uint32_t)(hash >> 32) & s->filter_mask;
}

static inline bool quarantine_has(const struct cv_quarantine_set *s, const struct cv_binding_key *k)
{
	uint64_t hash = quarantine_hash(k);
	uint32_t bit = quarantine_bit(s, hash);

	/* Whoever is not put away mostly ends here, without a look at the entries. */
	if (!(s->filter[bit / 64] >> bit % 64 & 1))
		return false;
	for (uint32_t step = 0; step <= s->reach; step++) {
		const struct cv_binding_key *e = &s->entries[(hash + step) & s->mask];

		if (!e->kind)
			break;
		if (e->id[0] == k->id[0] && e->id[1] == k->id[1] && e->kind == k->kind)
			return true;
	}
	return false;
}

/** Is the frame's sender in quarantine? @p s NULL or empty: nobody is. */
static inline bool is_quarantined(const struct cv_quarantine_set *s, struct cv_span f,
				  const struct cv_packet *p)
{
	struct cv_binding_key key;

	if (!s)
		return false;
	if (s->addresses && cv_quarantine_key_addr(f, p, &key) && quarantine_has(s, &key))
		return true;
	if (!s->macs)
		return false;
	cv_binding_key_mac(cv_load_mac(f.data + CV_ETH_SOURCE), &key);
	return quarantine_has(s, &key);
}

#endif
