/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/generation_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct list {
	uint8_t *data;
	size_t count, capacity, element;
};

enum { PORTS, PREFIXES, RULES, HINTS, REGISTERS, LISTS };

struct cv_generation_build {
	struct cv_generation head;
	struct list list[LISTS];
};

int cv_generation_build_create(struct cv_generation_build **ret)
{
	static const size_t elements[LISTS] = {
		[PORTS] = sizeof(struct cv_gen_port),
		[PREFIXES] = sizeof(struct cv_gen_prefix),
		[RULES] = sizeof(struct cv_gen_rule),
		[HINTS] = sizeof(struct cv_gen_hint),
		[REGISTERS] = sizeof(struct cv_gen_register),
	};
	struct cv_generation_build *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	for (unsigned int i = 0; i < LISTS; i++)
		b->list[i].element = elements[i];
	b->head = (struct cv_generation){
		.number = 1,
		.node = "culvert",
		.defaults = {.ip_action = CV_ACTION_FORWARD,
			     .non_ip_action = CV_ACTION_FORWARD,
			     .inspect = 1},
		.blocks_per_lane = 64,
		.device_capacity = 65536,
		.flow_capacity = 65536,
		.flush_us = 1000,
		.decode = 1,
		.mtu = 1500,
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

int cv_generation_build_rule(struct cv_generation_build *b, const struct cv_gen_rule *rule)
{
	return append(&b->list[RULES], rule);
}

int cv_generation_build_hint(struct cv_generation_build *b, const struct cv_gen_hint *hint)
{
	return append(&b->list[HINTS], hint);
}

int cv_generation_build_register(struct cv_generation_build *b, const struct cv_gen_register *reg)
{
	return append(&b->list[REGISTERS], reg);
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
	struct cv_gen_section *sections[LISTS] = {
		[PORTS] = &b->head.ports,	  [PREFIXES] = &b->head.prefixes,
		[RULES] = &b->head.rules,	  [HINTS] = &b->head.hints,
		[REGISTERS] = &b->head.registers,
	};
	size_t at = round8(sizeof(b->head));

	for (unsigned int i = 0; i < LISTS; i++) {
		const struct list *l = &b->list[i];

		*sections[i] = (struct cv_gen_section){(uint32_t)at, (uint32_t)l->count};
		at += round8(l->count * l->element);
	}
	return at;
}

int cv_generation_build_finish(struct cv_generation_build *b, struct cv_generation **ret)
{
	const struct cv_gen_rule *rules = (const void *)b->list[RULES].data;
	struct cv_generation *g;
	size_t size;

	sort(&b->list[PREFIXES], cv_gen_prefix_order);
	sort(&b->list[RULES], cv_gen_rule_order);
	sort(&b->list[REGISTERS], cv_gen_register_order);
	b->head.defaults.probes = 0;
	for (size_t i = 0; i < b->list[RULES].count; i++)
		b->head.defaults.probes |= cv_probe_bit(&rules[i].key);

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
	g->crc32c = cv_generation_crc(g);
	if (cv_generation_check(g, g->size)) {
		free(g);
		return -EINVAL;
	}
	*ret = g;
	return 0;
}
