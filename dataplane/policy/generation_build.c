/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/generation_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct list {
	uint8_t *data;
	size_t count, capacity, element;
};

/* In the order they lie in the image. */
#define SECTIONS(X)                                                                                \
	X(PORTS, ports, struct cv_gen_port)                                                        \
	X(PLACES, places, uint8_t)                                                                 \
	X(PREFIXES, prefixes, struct cv_gen_prefix)                                                \
	X(MACS, macs, struct cv_gen_mac)                                                           \
	X(BINDINGS, bindings, struct cv_gen_binding)                                               \
	X(RULES, rules, struct cv_gen_rule)                                                        \
	X(METERS, meters, struct cv_gen_meter)                                                     \
	X(ZONES, zones, struct cv_gen_name)                                                        \
	X(GROUPS, groups, struct cv_gen_name)                                                      \
	X(RULE_NAMES, rule_names, struct cv_gen_name)                                              \
	X(HINTS, hints, struct cv_gen_hint)                                                        \
	X(REGISTERS, registers, struct cv_gen_register)                                            \
	X(JSON_MAPS, json_maps, struct cv_gen_json_map)                                            \
	X(JSON_VALUES, json_values, struct cv_gen_json_value)                                      \
	X(VENDORS, vendors, struct cv_gen_vendor)                                                  \
	X(VENDOR_FIELDS, vendor_fields, struct cv_gen_vendor_field)                                \
	X(VENDOR_TEXTS, vendor_texts, struct cv_gen_vendor_text)                                   \
	X(APPS, apps, uint8_t)

#define SECTION_ROW(id, member, type) id,
enum { SECTIONS(SECTION_ROW) LISTS };

struct cv_generation_build {
	struct cv_generation head;
	struct list list[LISTS];
};

int cv_generation_build_create(struct cv_generation_build **ret)
{
#define SECTION_SIZE(id, member, type) sizeof(type),
	static const size_t elements[LISTS] = {SECTIONS(SECTION_SIZE)};
	struct cv_generation_build *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	for (unsigned int i = 0; i < LISTS; i++)
		b->list[i].element = elements[i];
	b->head = (struct cv_generation){
		.number = 1,
		.node = "culvert",
		.policy = {.contexts = {{.ip_action = CV_ACTION_FORWARD,
					 .non_ip_action = CV_ACTION_FORWARD,
					 .inspect = 1}}},
		.blocks_per_lane = 64,
		.device_capacity = 65536,
		.flow_capacity = 65536,
		.flush_us = 1000,
		.decode = 1,
		.mtu = 1500,
		.cleaning = {.clock_skew_ns = 5000000000},
	};
	*ret = b;
	return 0;
}

void cv_generation_build_destroy(struct cv_generation_build *b)
{
	if (!b)
		return;
	for (unsigned int i = 0; i < LISTS; i++)
		free(b->list[i].data);
	free(b);
}

struct cv_generation *cv_generation_build_head(struct cv_generation_build *b)
{
	return &b->head;
}

static int append(struct list *l, const void *element)
{
	if (l->count == l->capacity) {
		size_t capacity = l->capacity ? l->capacity * 2 : 16;
		uint8_t *data = reallocarray(l->data, capacity, l->element);

		if (!data)
			return -ENOMEM;
		l->data = data;
		l->capacity = capacity;
	}
	memcpy(l->data + l->count++ * l->element, element, l->element);
	return 0;
}

int cv_generation_build_port(struct cv_generation_build *b, const struct cv_gen_port *port)
{
	return append(&b->list[PORTS], port);
}

int cv_generation_build_prefix(struct cv_generation_build *b, const struct cv_gen_prefix *prefix)
{
	return append(&b->list[PREFIXES], prefix);
}

int cv_generation_build_place(struct cv_generation_build *b, unsigned int port, unsigned int vlan,
			      uint8_t context)
{
	struct list *l = &b->list[PLACES];
	size_t rows = l->count / CV_VLANS;
	static const uint8_t zero;
	int err = 0;

	if (port >= CV_PORTS_MAX || vlan >= CV_VLANS)
		return -EINVAL;
	while (!err && l->count < (port + 1) * (size_t)CV_VLANS)
		err = append(l, &zero);
	if (err) {
		l->count = rows * CV_VLANS;
		return err;
	}
	l->data[port * (size_t)CV_VLANS + vlan] = context;
	return 0;
}

int cv_generation_build_mac(struct cv_generation_build *b, const struct cv_gen_mac *mac)
{
	return append(&b->list[MACS], mac);
}

int cv_generation_build_binding(struct cv_generation_build *b, const struct cv_gen_binding *binding)
{
	return append(&b->list[BINDINGS], binding);
}

/* The ports' own meters come first, whoever asks first. */
static int need_port_meters(struct list *l)
{
	static const struct cv_gen_meter none = {.reason = CV_REASON_RATE_PORT};
	int err = 0;

	while (!err && l->count < CV_PORTS_MAX)
		err = append(l, &none);
	if (err)
		l->count = 0;
	return err;
}

int cv_generation_build_port_limit(struct cv_generation_build *b, unsigned int port,
				   const struct cv_limit *limit)
{
	struct list *l = &b->list[METERS];
	int err = port < CV_PORTS_MAX ? need_port_meters(l) : -EINVAL;

	if (!err)
		((struct cv_gen_meter *)(void *)l->data)[port].limit = *limit;
	return err;
}

int cv_generation_build_meter(struct cv_generation_build *b, const struct cv_gen_meter *meter,
			      uint32_t *ret)
{
	struct list *l = &b->list[METERS];
	int err = need_port_meters(l);

	if (!err)
		err = append(l, meter);
	if (!err)
		*ret = (uint32_t)l->count;
	return err;
}

int cv_generation_build_zone_name(struct cv_generation_build *b, const struct cv_gen_name *name)
{
	return append(&b->list[ZONES], name);
}

int cv_generation_build_group_name(struct cv_generation_build *b, const struct cv_gen_name *name)
{
	return append(&b->list[GROUPS], name);
}

int cv_generation_build_rule_name(struct cv_generation_build *b, const struct cv_gen_name *name)
{
	return append(&b->list[RULE_NAMES], name);
}

int cv_generation_build_rule(struct cv_generation_build *b, const struct cv_gen_rule *rule)
{
	return append(&b->list[RULES], rule);
}

int cv_generation_build_hint(struct cv_generation_build *b, const struct cv_gen_hint *hint)
{
	return append(&b->list[HINTS], hint);
}

int cv_generation_build_apps(struct cv_generation_build *b, const struct cv_apps *apps)
{
	struct list *l = &b->list[APPS];
	uint8_t *data = malloc(apps->size);

	if (!data)
		return -ENOMEM;
	free(l->data);
	memcpy(data, apps, apps->size);
	l->data = data;
	l->count = l->capacity = apps->size;
	return 0;
}

int cv_generation_build_register(struct cv_generation_build *b, const struct cv_gen_register *reg)
{
	return append(&b->list[REGISTERS], reg);
}

int cv_generation_build_json_map(struct cv_generation_build *b, const struct cv_gen_json_map *map)
{
	return append(&b->list[JSON_MAPS], map);
}

int cv_generation_build_json_value(struct cv_generation_build *b,
				   const struct cv_gen_json_value *value)
{
	return append(&b->list[JSON_VALUES], value);
}

int cv_generation_build_vendor(struct cv_generation_build *b, const struct cv_gen_vendor *vendor)
{
	return append(&b->list[VENDORS], vendor);
}

int cv_generation_build_vendor_field(struct cv_generation_build *b,
				     const struct cv_gen_vendor_field *field)
{
	return append(&b->list[VENDOR_FIELDS], field);
}

int cv_generation_build_vendor_text(struct cv_generation_build *b,
				    const struct cv_gen_vendor_text *text)
{
	return append(&b->list[VENDOR_TEXTS], text);
}

static void sort(struct list *l, int (*order)(const void *, const void *))
{
	if (l->count)
		qsort(l->data, l->count, l->element, order);
}

static size_t round8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Every section is placed, empty ones too, so that offsets never lie about order. */
static size_t place(struct cv_generation_build *b)
{
#define SECTION_AT(id, member, type) &b->head.member,
	struct cv_gen_section *sections[LISTS] = {SECTIONS(SECTION_AT)};
	size_t at = round8(sizeof(b->head));

	for (unsigned int i = 0; i < LISTS; i++) {
		const struct list *l = &b->list[i];

		*sections[i] = (struct cv_gen_section){(uint32_t)at, (uint32_t)l->count};
		at += round8(l->count * l->element);
	}
	return at;
}

/* Rules are counted by their names, or by the highest index where they have none. */
static uint32_t count_rules(const struct cv_generation_build *b)
{
	const struct cv_gen_rule *rules = (const void *)b->list[RULES].data;
	uint32_t n = (uint32_t)b->list[RULE_NAMES].count;

	for (size_t i = 0; i < b->list[RULES].count; i++) {
		if (rules[i].rule.index > n)
			n = rules[i].rule.index;
	}
	return n;
}

int cv_generation_build_finish(struct cv_generation_build *b, struct cv_generation **ret)
{
	struct cv_generation *g;
	size_t size;

	sort(&b->list[PREFIXES], cv_gen_prefix_order);
	sort(&b->list[MACS], cv_gen_mac_order);
	sort(&b->list[BINDINGS], cv_gen_binding_order);
	sort(&b->list[RULES], cv_gen_rule_order);
	sort(&b->list[REGISTERS], cv_gen_register_order);
	b->head.policy.n_rules = count_rules(b);
	size = place(b);
	if (size > UINT32_MAX)
		return -EFBIG;
	b->head.magic = CV_GENERATION_MAGIC;
	b->head.version = CV_GENERATION_VERSION;
	b->head.size = (uint32_t)size;
	b->head.crc32c = 0;
	g = calloc(1, size);
	if (!g)
		return -ENOMEM;
	memcpy(g, &b->head, sizeof(*g));
	size = round8(sizeof(*g));
	for (unsigned int i = 0; i < LISTS; i++) {
		const struct list *l = &b->list[i];

		if (l->count)
			memcpy((uint8_t *)g + size, l->data, l->count * l->element);
		size += round8(l->count * l->element);
	}
	cv_generation_derive(g, &g->policy);
	g->crc32c = cv_generation_crc(g);
	if (cv_generation_check(g, g->size)) {
		free(g);
		return -EINVAL;
	}
	*ret = g;
	return 0;
}
