/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/generation.h"

/* Buckets are as many as hold so many keys each. */
#define KEYS_PER_BUCKET 2u

static uint32_t bits_for(uint32_t keys)
{
	uint32_t bits = 1;

	while (bits < CV_RULES_BITS_MAX && (KEYS_PER_BUCKET << bits) < keys)
		bits++;
	return bits;
}

static uint32_t bucket_of(const struct cv_gen_rule *r, uint32_t bits)
{
	return cv_rules_bucket(cv_rules_key(&r->key), bits);
}

/* Chains begin at the hash; each full bucket leads to one more. */
static int count_buckets(const struct cv_gen_rule *r, uint32_t count, struct cv_rules *t)
{
	uint32_t *fill = calloc((size_t)1 << t->bits, sizeof(*fill));
	int err = 0;

	if (!fill)
		return -ENOMEM;
	t->bucket_count = 1u << t->bits;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t keys = fill[bucket_of(&r[i], t->bits)]++;

		t->bucket_count += keys && keys % CV_RULES_WAYS == 0;
		if (keys == CV_RULES_WAYS * CV_RULES_CHAIN)
			err = -E2BIG;
	}
	free(fill);
	return err;
}

static void add_key(struct cv_rules *t, uint32_t *used, const struct cv_gen_rule *r,
		    uint32_t number)
{
	struct cv_rules_bucket *b = &t->buckets[bucket_of(r, t->bits)];
	uint32_t way = 0;

	while (b->number[CV_RULES_WAYS - 1]) {
		if (!b->next)
			b->next = (*used)++;
		b = &t->buckets[b->next];
	}
	while (b->number[way])
		way++;
	b->key[way] = cv_rules_key(&r->key);
	b->number[way] = number;
}

/* @param last by index: number of the rule that was seen with it last, 0 = none. */
static uint32_t number_of(struct cv_rules *t, const struct cv_rule *rule, uint32_t *last)
{
	uint32_t number = last[rule->index];

	if (!number || memcmp(&t->rules[number], rule, sizeof(*rule)) != 0) {
		number = t->rule_count++;
		t->rules[number] = *rule;
		last[rule->index] = number;
	}
	return number;
}

static int fill(const struct cv_gen_rule *r, uint32_t count, struct cv_rules *t)
{
	uint32_t *last = calloc(CV_RULE_INDEXES_MAX, sizeof(*last));
	uint32_t used = 1u << t->bits;

	t->buckets = calloc(t->bucket_count, sizeof(*t->buckets));
	t->rules = calloc((size_t)count + 1, sizeof(*t->rules));
	t->rule_count = 1;
	for (uint32_t i = 0; i < count && last && t->buckets && t->rules; i++)
		add_key(t, &used, &r[i], number_of(t, &r[i].rule, last));
	free(last);
	return last && t->buckets && t->rules ? 0 : -ENOMEM;
}

int cv_rules_build(const struct cv_gen_rule *r, uint32_t count, struct cv_rules *ret)
{
	struct cv_rules t = {.bits = bits_for(count)};
	int err = count_buckets(r, count, &t);

	if (!err)
		err = fill(r, count, &t);
	if (err)
		cv_rules_free(&t);
	else
		*ret = t;
	return err;
}

void cv_rules_free(struct cv_rules *t)
{
	free(t->buckets);
	free(t->rules);
}
