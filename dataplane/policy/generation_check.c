/* SPDX-License-Identifier: Apache-2.0 */
/* An image that comes from another process is used only as far as it was checked here. */
#include "dataplane/policy/generation.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "dataplane/policy/pci_address.h"
#include "decoder_list.h"

static bool is_text(const char *s, size_t size, size_t min)
{
	size_t len = strnlen(s, size);

	return len < size && len >= min;
}

static bool section_fits(const struct cv_generation *g, struct cv_gen_section s, size_t element,
			 uint32_t max)
{
	if (s.count == 0)
		return true;
	return s.count <= max && s.offset % 8 == 0 && s.offset >= sizeof(*g) &&
	       s.offset <= g->size && s.count <= (g->size - s.offset) / element;
}

/* A part of paths and of DPDK's arguments, so it is exactly what it says. */
static bool pci_valid(const struct cv_gen_port *p)
{
	char canonical[CV_PCI_ADDRESS_SIZE];

	return cv_pci_address(p->target, canonical) == 0 && !strcmp(canonical, p->target) &&
	       p->unconfined <= 1 && p->on_loss == CV_LOSS_DROP;
}

static bool port_valid(const struct cv_gen_port *p, const struct cv_gen_port *all, uint32_t count)
{
	uint32_t self = (uint32_t)(p - all);

	if (!is_text(p->name, sizeof(p->name), 1) || !is_text(p->target, sizeof(p->target), 1))
		return false;
	if (p->kind < CV_PORT_AF_XDP || p->kind > CV_PORT_PCI)
		return false;
	if (p->kind == CV_PORT_AF_XDP && strlen(p->target) > CV_IFNAME_MAX)
		return false;
	if (p->kind == CV_PORT_PCI && !pci_valid(p))
		return false;
	if (p->side > CV_SIDE_PLATFORM || p->on_loss > CV_LOSS_FORWARD)
		return false;
	if (p->peer != CV_PEER_NONE && (p->peer >= count || p->peer == self))
		return false;
	for (uint32_t i = 0; i < self; i++) {
		if (!strcmp(all[i].name, p->name))
			return false;
	}
	return true;
}

/* Bits behind the prefix length and bytes behind the family's address must be zero. */
static bool host_bits_zero(const struct cv_gen_prefix *p)
{
	for (unsigned int i = 0; i < sizeof(p->addr); i++) {
		unsigned int bits = p->len > i * 8 ? p->len - i * 8u : 0;
		uint8_t host = bits >= 8 ? 0 : (uint8_t)(0xff >> bits);

		if (p->addr[i] & host)
			return false;
	}
	return true;
}

static bool prefixes_valid(const struct cv_gen_prefix *p, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!(p[i].family == 4 && p[i].len <= 32) && !(p[i].family == 6 && p[i].len <= 128))
			return false;
		if (!p[i].class_id || p[i].pad || !host_bits_zero(&p[i]))
			return false;
		if (i && cv_gen_prefix_order(&p[i - 1], &p[i]) >= 0)
			return false;
	}
	return true;
}

static bool macs_valid(const struct cv_gen_mac *m, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (m[i].mac >> 48 || !m[i].class_id || m[i].pad[0] | m[i].pad[1] | m[i].pad[2])
			return false;
		if (i && m[i - 1].mac >= m[i].mac)
			return false;
	}
	return true;
}

static bool binding_valid(const struct cv_gen_binding *b)
{
	const struct cv_binding *p = &b->place;

	if (b->key.kind != 4 && b->key.kind != 6 && b->key.kind != CV_BINDING_OF_MAC)
		return false;
	if (b->key.pad || p->pad || !p->flags || p->flags & ~CV_BIND_FLAGS || p->vlan >= CV_VLANS ||
	    p->mac >> 48)
		return false;
	if (b->key.kind == CV_BINDING_OF_MAC && (b->key.id[0] >> 48 || b->key.id[1]))
		return false;
	return !(p->flags & CV_BIND_PREFIX) || p->family == 4 || p->family == 6;
}

static bool bindings_valid(const struct cv_gen_binding *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!binding_valid(&b[i]) || (i && cv_gen_binding_order(&b[i - 1], &b[i]) >= 0))
			return false;
	}
	return true;
}

static bool key_valid(const struct cv_rule_key *k)
{
	switch (CV_KEY_KIND(k->match)) {
	case CV_MATCH_DPORT:
	case CV_MATCH_SPORT:
		return k->ip_proto == IPPROTO_TCP || k->ip_proto == IPPROTO_UDP;
	case CV_MATCH_ANY_PORT:
		return !k->port;
	case CV_MATCH_FRAGMENT:
		return !k->port && k->ip_proto;
	default:
		return false;
	}
}

static bool limit_valid(const struct cv_limit *l)
{
	return l->cost_packet <= CV_COST_MAX && l->cost_byte16 <= CV_COST_MAX &&
	       l->burst <= CV_COST_MAX;
}

static bool rule_valid(const struct cv_generation *g, const struct cv_rule *r)
{
	return r->id && r->action < CV_ACTION_COUNT && !(r->flags & ~CV_RULE_FLAGS) && r->index &&
	       r->index <= g->policy.n_rules && r->meter <= g->meters.count &&
	       limit_valid(&r->limit);
}

static bool rules_valid(const struct cv_generation *g)
{
	const struct cv_gen_rule *r = cv_generation_at(g, g->rules);

	for (uint32_t i = 0; i < g->rules.count; i++) {
		if (!key_valid(&r[i].key) || !rule_valid(g, &r[i].rule))
			return false;
		if (i && cv_gen_rule_order(&r[i - 1], &r[i]) >= 0)
			return false;
	}
	return true;
}

static bool meters_valid(const struct cv_generation *g)
{
	const struct cv_gen_meter *m = cv_generation_at(g, g->meters);

	if (g->meters.count && g->meters.count < CV_PORTS_MAX)
		return false;
	for (uint32_t i = 0; i < g->meters.count; i++) {
		bool right = i < CV_PORTS_MAX ? m[i].reason == CV_REASON_RATE_PORT
					      : m[i].reason == CV_REASON_RATE_GROUP ||
							m[i].reason == CV_REASON_RATE_RULE;

		if (!right || m[i].pad || !limit_valid(&m[i].limit))
			return false;
	}
	return true;
}

static bool names_valid(const struct cv_generation *g, struct cv_gen_section s)
{
	const struct cv_gen_name *n = cv_generation_at(g, s);

	for (uint32_t i = 0; i < s.count; i++) {
		if (!is_text(n[i].text, sizeof(n[i].text), 0))
			return false;
	}
	return true;
}

static bool places_valid(const struct cv_generation *g)
{
	const uint8_t *context = cv_generation_at(g, g->places);

	if (g->places.count % CV_VLANS)
		return false;
	for (uint32_t i = 0; i < g->places.count; i++) {
		if (context[i] >= CV_CONTEXTS_MAX)
			return false;
	}
	return true;
}

static bool context_valid(const struct cv_context *c)
{
	static const uint8_t zero[sizeof(c->pad)];

	return c->ip_action < CV_ACTION_COUNT && c->non_ip_action < CV_ACTION_COUNT &&
	       c->inspect <= 1 && c->unknown < CV_UNKNOWN_COUNT && limit_valid(&c->device_limit) &&
	       limit_valid(&c->unknown_limit) && !memcmp(c->pad, zero, sizeof(zero));
}

static bool policy_valid(const struct cv_generation *g)
{
	const struct cv_policy_head *h = &g->policy;
	struct cv_policy_head derived = *h;

	cv_generation_derive(g, &derived);
	if (memcmp(&derived, h, sizeof(derived)) != 0 || h->n_guards > CV_GUARDS_MAX ||
	    h->n_rules >= CV_RULE_INDEXES_MAX || h->rules_bits)
		return false;
	for (uint32_t i = 0; i < h->n_guards; i++) {
		if ((h->guards[i].family != 4 && h->guards[i].family != 6) || h->guards[i].pad)
			return false;
	}
	for (uint32_t i = 0; i < CV_CONTEXTS_MAX; i++) {
		if (!context_valid(&h->contexts[i]))
			return false;
	}
	return true;
}

static bool hints_valid(const struct cv_gen_hint *h, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (h[i].ip_proto != IPPROTO_TCP && h[i].ip_proto != IPPROTO_UDP)
			return false;
		if (h[i].decoder >= CV_PROTO_COUNT || h[i].pad)
			return false;
	}
	return true;
}

static bool registers_valid(const struct cv_gen_register *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if ((r[i].unit > 0xff && r[i].unit != 0xffff) || r[i].table > CV_REG_HOLDING ||
		    r[i].type > CV_REG_F32_SWAPPED || r[i].pad)
			return false;
		if (!isfinite(r[i].scale) || !isfinite(r[i].offset))
			return false;
		if (!is_text(r[i].name, sizeof(r[i].name), 1) ||
		    !is_text(r[i].unit_name, sizeof(r[i].unit_name), 0))
			return false;
		if (i && cv_gen_register_order(&r[i - 1], &r[i]) >= 0)
			return false;
	}
	return true;
}

static bool cleaning_valid(const struct cv_gen_cleaning *c)
{
	return c->series <= CV_SERIES_MAX && (c->series & (c->series - 1)) == 0 &&
	       (c->series == 0 || c->series >= 64) && c->repeats <= 1 && c->clock_skew_ns >= 0 &&
	       c->clock_skew_ns <= CV_CLOCK_SKEW_MAX && c->gateway_hold_ns >= 0 &&
	       c->gateway_hold_ns <= CV_GATEWAY_HOLD_MAX;
}

static bool head_valid(const struct cv_generation *g)
{
	uint32_t blocks = g->blocks_per_lane;

	if (!g->number || g->pad || !is_text(g->node, sizeof(g->node), 1))
		return false;
	if (blocks < 4 || blocks > 4096 || (blocks & (blocks - 1)))
		return false;
	return g->device_capacity - 1 < CV_DEVICES_MAX && g->flow_capacity - 1 < CV_FLOWS_MAX &&
	       g->flush_us - 1 < 1000000 && g->decode <= 1 && g->mtu >= 68 && g->mtu <= 9216 &&
	       cleaning_valid(&g->cleaning);
}

static bool sections_fit(const struct cv_generation *g)
{
	const struct {
		struct cv_gen_section section;
		size_t element;
		uint32_t max;
	} all[] = {
		{g->ports, sizeof(struct cv_gen_port), CV_PORTS_MAX},
		{g->places, 1, CV_PORTS_MAX * CV_VLANS},
		{g->prefixes, sizeof(struct cv_gen_prefix), CV_PREFIXES_MAX},
		{g->macs, sizeof(struct cv_gen_mac), CV_MACS_MAX},
		{g->bindings, sizeof(struct cv_gen_binding), CV_BINDINGS_MAX},
		{g->rules, sizeof(struct cv_gen_rule), CV_RULES_MAX},
		{g->meters, sizeof(struct cv_gen_meter), CV_METERS_MAX},
		{g->zones, sizeof(struct cv_gen_name), CV_NAMES_MAX},
		{g->groups, sizeof(struct cv_gen_name), CV_NAMES_MAX},
		{g->rule_names, sizeof(struct cv_gen_name), CV_NAMES_MAX},
		{g->hints, sizeof(struct cv_gen_hint), CV_HINTS_MAX},
		{g->registers, sizeof(struct cv_gen_register), CV_REGISTERS_MAX},
		{g->json_maps, sizeof(struct cv_gen_json_map), CV_JSON_MAPS_MAX},
		{g->json_values, sizeof(struct cv_gen_json_value),
		 CV_JSON_MAPS_MAX * CV_JSON_VALUES_MAX},
		{g->vendors, sizeof(struct cv_gen_vendor), CV_VENDORS_MAX},
		{g->vendor_fields, sizeof(struct cv_gen_vendor_field),
		 CV_VENDORS_MAX * CV_VENDOR_FIELDS_MAX},
		{g->vendor_texts, sizeof(struct cv_gen_vendor_text),
		 CV_VENDORS_MAX * CV_VENDOR_FIELDS_MAX * CV_VENDOR_TEXTS_MAX},
		{g->apps, 1, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!section_fits(g, all[i].section, all[i].element, all[i].max))
			return false;
	}
	return true;
}

static bool apps_valid(const struct cv_generation *g)
{
	const struct cv_apps *a = cv_generation_apps(g);
	const struct cv_gen_rule *r = cv_generation_at(g, g->rules);
	uint32_t count = 0;

	if (a != NULL) {
		if (cv_apps_check(a, g->apps.count) || a->size != g->apps.count)
			return false;
		count = a->apps.count;
	}
	for (uint32_t i = 0; i < g->rules.count; i++) {
		if (r[i].rule.app > count)
			return false;
	}
	return true;
}

int cv_generation_check(const void *data, size_t size)
{
	const struct cv_generation *g = data;
	const struct cv_gen_port *ports;

	if (size < offsetof(struct cv_generation, size) || g->magic != CV_GENERATION_MAGIC ||
	    g->version != CV_GENERATION_VERSION)
		return -EPROTO;
	if (size < sizeof(*g) || g->size < sizeof(*g) || g->size > size)
		return -EBADMSG;
	if (cv_generation_crc(g) != g->crc32c || !head_valid(g))
		return -EBADMSG;
	if (!sections_fit(g))
		return -EBADMSG;
	ports = cv_generation_at(g, g->ports);
	for (uint32_t i = 0; i < g->ports.count; i++) {
		if (!port_valid(&ports[i], ports, g->ports.count))
			return -EBADMSG;
	}
	if (!meters_valid(g) || !policy_valid(g) || !places_valid(g) ||
	    !prefixes_valid(cv_generation_at(g, g->prefixes), g->prefixes.count) ||
	    !macs_valid(cv_generation_at(g, g->macs), g->macs.count) ||
	    !bindings_valid(cv_generation_at(g, g->bindings), g->bindings.count) ||
	    !names_valid(g, g->zones) || !names_valid(g, g->groups) ||
	    !names_valid(g, g->rule_names) || !rules_valid(g) || !apps_valid(g) ||
	    !cv_json_maps_valid(g) || !cv_vendors_valid(g) ||
	    !hints_valid(cv_generation_at(g, g->hints), g->hints.count) ||
	    !registers_valid(cv_generation_at(g, g->registers), g->registers.count))
		return -EBADMSG;
	return 0;
}
