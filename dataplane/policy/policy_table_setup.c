/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/policy_memory.h"
#include "dataplane/policy/policy_table_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

	cv_prefix4_fill(prefixes, gen->prefixes.count, t->prefix4.bits, t->prefix4.blocks,
			t->prefix4.hosts);
	for (uint32_t i = 0; i < gen->prefixes.count; i++) {
		if (prefixes[i].family == 6)
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

static uint32_t count6(const struct cv_generation *gen)
{
	const struct cv_gen_prefix *p = cv_generation_at(gen, gen->prefixes);
	uint32_t n = 0;

	for (uint32_t i = 0; i < gen->prefixes.count; i++)
		n += p[i].family == 6;
	return n;
}

static int allocate(struct cv_policy_table *t, const struct cv_generation *gen)
{
	struct part parts[PARTS_MAX];
	struct cv_layout l = {0};
	unsigned int n = 0;
	uint32_t blocks;
	int err = cv_prefix4_blocks(cv_generation_at(gen, gen->prefixes), gen->prefixes.count,
				    gen->policy.hosts4_bits, &blocks);

	if (err)
		return err;
	t->prefix4.bits = gen->policy.hosts4_bits;
	t->prefix6.mask = slots_for(count6(gen)) - 1;
	t->macs.mask = slots_for(gen->macs.count) - 1;
	t->bindings.mask = slots_for(gen->bindings.count) - 1;
	t->rules.mask = slots_for(gen->rules.count) - 1;
	PART(places, (size_t)CV_PORTS_MAX * CV_VLANS);
	PART(prefix4.blocks, blocks);
	PART(prefix4.hosts, (size_t)1 << t->prefix4.bits);
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
