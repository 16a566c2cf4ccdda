/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/policy_memory.h"
#include "dataplane/policy/policy_table_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- IPv4 --------------------------------------------------------------------------------- */

/* Blocks the prefixes will need: a bound, each longer one opens at most one per level. */
static uint32_t blocks_needed(const struct cv_gen_prefix *p, uint32_t count)
{
	uint32_t blocks = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (p[i].family == 4)
			blocks += (p[i].len > 16) + (p[i].len > 24);
	}
	return blocks;
}

static uint32_t *open_block(struct prefix4 *p, uint32_t *entry)
{
	uint32_t *block;

	if (!(*entry & PREFIX4_MORE)) {
		block = p->blocks + (size_t)p->count * PREFIX4_BLOCK;
		for (unsigned int i = 0; i < PREFIX4_BLOCK; i++)
			block[i] = *entry;
		*entry = p->count++ | PREFIX4_MORE;
	}
	return p->blocks + (size_t)(*entry & ~PREFIX4_MORE) * PREFIX4_BLOCK;
}

/* Prefixes come shortest first, so a fill never meets a block. */
static void add_prefix4(struct prefix4 *p, const struct cv_gen_prefix *prefix)
{
	uint32_t *entries = p->top, bits = 16, at, count;
	uint32_t addr = (uint32_t)prefix->addr[0] << 24 | (uint32_t)prefix->addr[1] << 16 |
			(uint32_t)prefix->addr[2] << 8 | prefix->addr[3];

	at = addr >> 16;
	if (prefix->len > 16) {
		entries = open_block(p, &entries[at]);
		at = (addr >> 8) & 0xff;
		bits = 24;
	}
	if (prefix->len > 24) {
		entries = open_block(p, &entries[at]);
		at = addr & 0xff;
		bits = 32;
	}
	count = 1u << (bits - prefix->len);
	for (uint32_t i = 0; i < count; i++)
		entries[at + i] = prefix->class_id;
}

/* ---- IPv6 --------------------------------------------------------------------------------- */

static void add_prefix6(struct prefix6 *p, const struct cv_gen_prefix *prefix)
{
	struct prefix6_entry e = {.len = prefix->len, .class_id = prefix->class_id};
	uint32_t home, step = 0;

	memcpy(e.q, prefix->addr, sizeof(e.q));
	home = hash_prefix6(e.q, e.len);
	while (p->entries[(home + step) & p->mask].class_id)
		step++;
	p->entries[(home + step) & p->mask] = e;
	if (step > p->reach)
		p->reach = step;
	if (!p->lengths || p->len[0] != prefix->len) {
		memmove(p->len + 1, p->len, p->lengths);
		p->len[0] = prefix->len;
		p->lengths++;
	}
}

static void add_rule(struct rule_table *t, const struct cv_gen_rule *rule)
{
	uint32_t home, step = 0, at;
	uint64_t key;

	memcpy(&key, &rule->key, sizeof(key));
	home = hash_rule(key);
	while (t->keys[(home + step) & t->mask])
		step++;
	at = (home + step) & t->mask;
	t->keys[at] = key;
	t->rules[at] = rule->rule;
	if (step > t->reach)
		t->reach = step;
}

static void add_mac(struct mac_table *t, const struct cv_gen_mac *mac)
{
	uint64_t key = mac->mac | MAC_USED;
	uint32_t home = hash_mac(key), step = 0, at;

	while (t->keys[(home + step) & t->mask])
		step++;
	at = (home + step) & t->mask;
	t->keys[at] = key;
	t->classes[at] = mac->class_id;
	if (step > t->reach)
		t->reach = step;
}

static void add_binding(struct binding_table *t, const struct cv_gen_binding *binding)
{
	uint32_t home = hash_binding(&binding->key), step = 0;

	while (t->entries[(home + step) & t->mask].key.kind)
		step++;
	t->entries[(home + step) & t->mask] = *binding;
	if (step > t->reach)
		t->reach = step;
}

static void fill_meters(struct cv_policy_table *t, const struct cv_generation *gen)
{
	const struct cv_gen_meter *meters = cv_generation_at(gen, gen->meters);

	for (uint32_t i = 0; i < gen->meters.count; i++) {
		t->meters[i].limit = meters[i].limit;
		t->meters[i].reason = meters[i].reason;
	}
}

static void fill(struct cv_policy_table *t, const struct cv_generation *gen)
{
	const struct cv_gen_prefix *prefixes = cv_generation_at(gen, gen->prefixes);
	const struct cv_gen_mac *macs = cv_generation_at(gen, gen->macs);
	const struct cv_gen_binding *bindings = cv_generation_at(gen, gen->bindings);
	const struct cv_gen_rule *rules = cv_generation_at(gen, gen->rules);

	for (uint32_t i = 0; i < gen->prefixes.count; i++) {
		if (prefixes[i].family == 4)
			add_prefix4(&t->prefix4, &prefixes[i]);
		else
			add_prefix6(&t->prefix6, &prefixes[i]);
	}
	for (uint32_t i = 0; i < gen->macs.count; i++)
		add_mac(&t->macs, &macs[i]);
	for (uint32_t i = 0; i < gen->bindings.count; i++)
		add_binding(&t->bindings, &bindings[i]);
	for (uint32_t i = 0; i < gen->rules.count; i++)
		add_rule(&t->rules, &rules[i]);
	memcpy(t->places, cv_generation_at(gen, gen->places), gen->places.count);
	fill_meters(t, gen);
}

/* ---- memory ------------------------------------------------------------------------------- */

int cv_policy_map(size_t size, void **ret)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	/* Only advice: without huge pages it is slower, not wrong. Touched here, not on the lcore. */
	(void)madvise(memory, size, MADV_HUGEPAGE);
	memset(memory, 0, size);
	*ret = memory;
	return 0;
}

/* Room for twice as many: look-ups stay short. */
static uint32_t slots_for(uint32_t count)
{
	return cv_power_of_two(2ull * count + 2);
}

/* One part of the mapping: where it is told of, and where it will be. */
struct part {
	void *at; /* of a pointer */
	size_t offset;
};

static void add_part(struct part *parts, unsigned int *n, struct cv_layout *l, void *at,
		     size_t count, size_t element)
{
	parts[(*n)++] = (struct part){at, cv_reserve(l, count, element)};
}

#define PARTS_MAX 12
#define PART(member, count) add_part(parts, &n, &l, &t->member, count, sizeof(*t->member))

static int allocate(struct cv_policy_table *t, const struct cv_generation *gen)
{
	struct part parts[PARTS_MAX];
	struct cv_layout l = {0};
	unsigned int n = 0;
	int err;

	t->prefix6.mask = slots_for(gen->prefixes.count) - 1;
	t->macs.mask = slots_for(gen->macs.count) - 1;
	t->bindings.mask = slots_for(gen->bindings.count) - 1;
	t->rules.mask = slots_for(gen->rules.count) - 1;
	PART(places, (size_t)CV_PORTS_MAX * CV_VLANS);
	PART(prefix4.top, PREFIX4_TOP);
	PART(prefix4.blocks,
	     (size_t)PREFIX4_BLOCK *
		     blocks_needed(cv_generation_at(gen, gen->prefixes), gen->prefixes.count));
	PART(prefix6.entries, t->prefix6.mask + 1u);
	PART(macs.keys, t->macs.mask + 1u);
	PART(macs.classes, t->macs.mask + 1u);
	PART(bindings.entries, t->bindings.mask + 1u);
	PART(rules.keys, t->rules.mask + 1u);
	PART(rules.rules, t->rules.mask + 1u);
	PART(meters, gen->meters.count);
	if (!t->hits)
		PART(hits, gen->policy.n_rules + 1u);
	PART(flows, FLOW_SETS);
	err = cv_policy_map(l.size, &t->memory);
	if (err)
		return err;
	t->size = l.size;
	for (unsigned int i = 0; i < n; i++) {
		uint8_t *place = (uint8_t *)t->memory + parts[i].offset;

		memcpy(parts[i].at, &place, sizeof(place));
	}
	return 0;
}

int cv_policy_table_create(const struct cv_generation *gen, struct cv_rule_hits *hits,
			   struct cv_policy_table **ret)
{
	struct cv_policy_table *t;
	int err;

	if (cv_generation_check(gen, gen->size))
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->head = gen->policy;
	t->hits = hits;
	err = allocate(t, gen);
	if (err) {
		cv_policy_table_destroy(t);
		return err;
	}
	fill(t, gen);
	*ret = t;
	return 0;
}

void cv_policy_table_destroy(struct cv_policy_table *t)
{
	if (!t)
		return;
	if (t->memory)
		munmap(t->memory, t->size);
	free(t);
}

const struct cv_rule_hits *cv_policy_hits(const struct cv_policy_table *t, uint32_t *count)
{
	*count = t->head.n_rules + 1;
	return t->hits;
}
