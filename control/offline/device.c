/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_place(const void *a, const void *b)
{
	const struct cv_device_row *x = a, *y = b;

	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	if (x->to_it != y->to_it)
		return x->to_it ? 1 : -1;
	if (x->match != y->match)
		return x->match < y->match ? -1 : 1;
	if (x->ip_proto != y->ip_proto) /* any protocol is 0, and comes last */
		return (uint8_t)(x->ip_proto - 1) < (uint8_t)(y->ip_proto - 1) ? -1 : 1;
	if (x->port != y->port)
		return __builtin_bswap16(x->port) < __builtin_bswap16(y->port) ? -1 : 1;
	return (uint16_t)(x->other - 1) < (uint16_t)(y->other - 1)
		       ? -1
		       : (uint16_t)(x->other - 1) > (uint16_t)(y->other - 1);
}

/* The first hit of the pairs, in the order of the verdict. */
static const struct cv_rule *first_hit(const struct cv_device_view *v,
				       const struct cv_rule_key *like, bool to_it, uint16_t other)
{
	struct cv_rule_key key = *like;

	for (unsigned int pair = 0; pair < CV_PROBE_PAIRS; pair++) {
		const struct cv_rule *rule;

		key.src_class = pair & 2 ? 0 : to_it ? other : v->class_id;
		key.dst_class = pair & 1 ? 0 : to_it ? v->class_id : other;
		rule = cv_trace_rule(v->gen, &key);
		if (rule)
			return rule;
	}
	return NULL;
}

static void add_row(struct cv_device_view *v, const struct cv_rule_key *key, bool to_it)
{
	uint16_t own = to_it ? key->dst_class : key->src_class;
	uint16_t other = to_it ? key->src_class : key->dst_class;

	/* Fragments go with the service they are of. */
	if ((own && own != v->class_id) || CV_KEY_KIND(key->match) == CV_MATCH_FRAGMENT)
		return;
	v->rows[v->n++] = (struct cv_device_row){
		.context = (uint8_t)CV_KEY_CONTEXT(key->match),
		.to_it = to_it,
		.match = (uint8_t)CV_KEY_KIND(key->match),
		.ip_proto = key->ip_proto,
		.port = key->port,
		.other = other,
		.rule = first_hit(v, key, to_it, other),
	};
}

static bool same_service(const struct cv_device_row *a, const struct cv_device_row *b)
{
	return a->context == b->context && a->to_it == b->to_it && a->match == b->match &&
	       a->ip_proto == b->ip_proto && a->port == b->port;
}

/* Rows that come twice, and those that say of one group what the last row says of all. */
static void tidy(struct cv_device_view *v)
{
	size_t kept = 0, last = 0;

	if (v->n)
		qsort(v->rows, v->n, sizeof(*v->rows), by_place);
	for (size_t i = 0; i < v->n; i++) {
		const struct cv_device_row *r = &v->rows[i], *widest;

		while (last < v->n && same_service(&v->rows[last], r))
			last++;
		widest = &v->rows[last - 1];
		if (r->other && !widest->other && widest->rule->index == r->rule->index)
			continue;
		if (!kept || by_place(&v->rows[kept - 1], r) != 0)
			v->rows[kept++] = *r;
	}
	v->n = kept;
}

static uint32_t contexts_in_use(const struct cv_generation *gen)
{
	const uint8_t *places = cv_generation_at(gen, gen->places);
	uint32_t used = gen->places.count < gen->ports.count * CV_VLANS || !gen->ports.count;

	for (uint32_t i = 0; i < gen->places.count; i++)
		used |= 1u << (places[i] % CV_CONTEXTS_MAX);
	return used;
}

static void find_bindings(struct cv_device_view *v, uint8_t family, const uint8_t addr[16],
			  bool has_mac, uint64_t mac)
{
	struct cv_binding_key key = {.kind = family};

	memcpy(key.id, addr, sizeof(key.id));
	v->address = cv_trace_binding(v->gen, &key);
	if (!has_mac)
		return;
	key = (struct cv_binding_key){.id = {mac}, .kind = CV_BINDING_OF_MAC};
	v->mac = cv_trace_binding(v->gen, &key);
}

static void find_class(struct cv_device_view *v, uint8_t family, const uint8_t addr[16],
		       bool has_mac, uint64_t mac)
{
	struct cv_gen_mac wanted = {.mac = mac};
	const struct cv_gen_mac *found = NULL;

	if (has_mac)
		found = bsearch(&wanted, cv_generation_at(v->gen, v->gen->macs), v->gen->macs.count,
				sizeof(wanted), cv_gen_mac_order);
	v->class_id = found ? found->class_id : cv_trace_class(v->gen, family, addr, &v->prefix);
}

int cv_device_view(const struct cv_generation *gen, uint8_t family, const uint8_t addr[16],
		   bool has_mac, uint64_t mac, struct cv_device_view *ret)
{
	const struct cv_gen_rule *rules = cv_generation_at(gen, gen->rules);
	struct cv_device_view v = {.gen = gen, .contexts = contexts_in_use(gen)};

	v.rows = calloc((size_t)gen->rules.count * 2 + 1, sizeof(*v.rows));
	if (!v.rows)
		return -ENOMEM;
	find_class(&v, family, addr, has_mac, mac);
	find_bindings(&v, family, addr, has_mac, mac);
	for (uint32_t i = 0; i < gen->rules.count; i++) {
		if (!(v.contexts >> CV_KEY_CONTEXT(rules[i].key.match) & 1))
			continue;
		add_row(&v, &rules[i].key, false);
		add_row(&v, &rules[i].key, true);
	}
	tidy(&v);
	*ret = v;
	return 0;
}

void cv_device_view_release(struct cv_device_view *v)
{
	free(v->rows);
	v->rows = NULL;
	v->n = 0;
}
