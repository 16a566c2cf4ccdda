/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/generation.h"

#include <string.h>

#include "dataplane/handoff/handoff.h"
#include "dataplane/policy/prefix4.h"

uint32_t cv_generation_crc(const struct cv_generation *g)
{
	static const uint8_t zero[sizeof(g->crc32c)];
	const uint8_t *bytes = (const uint8_t *)g;
	size_t at = offsetof(struct cv_generation, crc32c);
	uint32_t crc = cv_crc32c(0, bytes, at);

	crc = cv_crc32c(crc, zero, sizeof(zero));
	at += sizeof(zero);
	return cv_crc32c(crc, bytes + at, g->size - at);
}

int cv_gen_prefix_order(const void *pa, const void *pb)
{
	const struct cv_gen_prefix *a = pa, *b = pb;

	if (a->family != b->family)
		return a->family - b->family;
	if (a->len != b->len)
		return a->len - b->len;
	return memcmp(a->addr, b->addr, sizeof(a->addr));
}

int cv_gen_mac_order(const void *pa, const void *pb)
{
	const struct cv_gen_mac *a = pa, *b = pb;

	return (a->mac > b->mac) - (a->mac < b->mac);
}

int cv_gen_binding_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct cv_binding_key));
}

int cv_gen_rule_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct cv_rule_key));
}

int cv_gen_register_order(const void *pa, const void *pb)
{
	const struct cv_gen_register *a = pa, *b = pb;

	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return (a->address > b->address) - (a->address < b->address);
}

static void derive_probes(const struct cv_generation *g, struct cv_policy_head *h)
{
	const struct cv_gen_rule *r = cv_generation_at(g, g->rules);

	for (uint32_t i = 0; i < CV_CONTEXTS_MAX; i++)
		h->contexts[i].probes = 0;
	for (uint32_t i = 0; i < g->rules.count; i++)
		h->contexts[CV_KEY_CONTEXT(r[i].key.match)].probes |= cv_probe_bit(&r[i].key);
}

/* Flags say what there is: a judge does not look for what they deny. */
static uint32_t policy_flags(const struct cv_generation *g)
{
	const struct cv_gen_meter *m = cv_generation_at(g, g->meters);
	uint32_t flags =
		(g->macs.count ? CV_POLICY_MACS : 0) | (g->bindings.count ? CV_POLICY_BINDINGS : 0);

	for (uint32_t i = 0; i < CV_CONTEXTS_MAX; i++) {
		if (g->policy.contexts[i].unknown != CV_UNKNOWN_ALLOW)
			flags |= CV_POLICY_UNKNOWN;
	}
	for (uint32_t i = 0; i < g->meters.count; i++) {
		if (m[i].limit.cost_packet | m[i].limit.cost_byte16)
			flags |= CV_POLICY_METERS;
	}
	return flags;
}

void cv_generation_derive(const struct cv_generation *g, struct cv_policy_head *h)
{
	const struct cv_gen_prefix *prefixes = cv_generation_at(g, g->prefixes);

	h->number = g->number;
	h->flags = policy_flags(g);
	h->n_meters = g->meters.count;
	h->hosts4_bits = cv_hosts4_bits(cv_hosts4_count(prefixes, g->prefixes.count));
	derive_probes(g, h);
}
