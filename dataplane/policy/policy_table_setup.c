/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/policy_table_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Sizes first, then one mapping: less to fail, and huge pages cover small tables too. */
struct layout {
	size_t size;
};

static size_t reserve(struct layout *l, size_t count, size_t element)
{
	size_t at = (l->size + 63) & ~(size_t)63;

	l->size = at + count * element;
	return at;
}

static uint32_t power_of_two(uint64_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

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

static void fill(struct cv_policy_table *t, const struct cv_generation *gen)
{
	const struct cv_gen_prefix *prefixes = cv_generation_at(gen, gen->prefixes);
	const struct cv_gen_rule *rules = cv_generation_at(gen, gen->rules);

	for (uint32_t i = 0; i < gen->prefixes.count; i++) {
		if (prefixes[i].family == 4)
			add_prefix4(&t->prefix4, &prefixes[i]);
		else
			add_prefix6(&t->prefix6, &prefixes[i]);
	}
	for (uint32_t i = 0; i < gen->rules.count; i++)
		add_rule(&t->rules, &rules[i]);
}

/* ---- memory ------------------------------------------------------------------------------- */

static int map(size_t size, void **ret)
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

static int allocate(struct cv_policy_table *t, const struct cv_generation *gen)
{
	const struct cv_gen_prefix *prefixes = cv_generation_at(gen, gen->prefixes);
	uint32_t prefix_slots = power_of_two(2ull * gen->prefixes.count + 2);
	uint32_t rule_slots = power_of_two(2ull * gen->rules.count + 2);
	/* A third more places than devices: two-choice buckets of eight carry nine tenths. */
	uint32_t buckets =
		power_of_two((gen->device_capacity * 4ull / 3 + DEVICE_WAYS) / DEVICE_WAYS);
	uint32_t blocks = blocks_needed(prefixes, gen->prefixes.count);
	struct layout l = {0};
	size_t top = reserve(&l, PREFIX4_TOP, sizeof(uint32_t));
	size_t block = reserve(&l, (size_t)blocks * PREFIX4_BLOCK, sizeof(uint32_t));
	size_t prefix6 = reserve(&l, prefix_slots, sizeof(struct prefix6_entry));
	size_t keys = reserve(&l, rule_slots, sizeof(uint64_t));
	size_t rules = reserve(&l, rule_slots, sizeof(struct cv_rule));
	size_t tags = reserve(&l, buckets, sizeof(uint16_t[DEVICE_WAYS]));
	size_t devices = reserve(&l, (size_t)buckets * DEVICE_WAYS, sizeof(struct device_entry));
	size_t flows = reserve(&l, FLOW_SETS, sizeof(struct flow_entry[FLOW_WAYS]));
	int err = map(l.size, &t->memory);
	uint8_t *base = t->memory;

	if (err)
		return err;
	t->size = l.size;
	t->prefix4.top = (void *)(base + top);
	t->prefix4.blocks = (void *)(base + block);
	t->prefix6.entries = (void *)(base + prefix6);
	t->prefix6.mask = prefix_slots - 1;
	t->rules.keys = (void *)(base + keys);
	t->rules.rules = (void *)(base + rules);
	t->rules.mask = rule_slots - 1;
	t->devices.tags = (void *)(base + tags);
	t->devices.entries = (void *)(base + devices);
	t->devices.mask = buckets - 1;
	/* Unknown outside, so nobody can aim at one bucket; the same for the same policy (replay). */
	t->devices.seed = hash_fold(gen->crc32c ^ 0x9e3779b97f4a7c15ull, gen->number | 1);
	t->flows = (void *)(base + flows);
	return 0;
}

int cv_policy_table_create(const struct cv_generation *gen, struct cv_policy_table **ret)
{
	struct cv_policy_table *t;
	int err;

	if (cv_generation_check(gen, gen->size))
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->defaults = gen->defaults;
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
