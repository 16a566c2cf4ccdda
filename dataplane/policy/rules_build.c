/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/rules.h"

#include <errno.h>
#include <stdlib.h>

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
int cv_rules_size(const struct cv_gen_rule *r, uint32_t count, struct cv_rules_size *ret)
{
	uint32_t bits = bits_for(count), buckets = 1u << bits;
	uint32_t *keys = calloc(buckets, sizeof(*keys)); /* by hash */
	int err = 0;

	if (!keys)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t before = keys[bucket_of(&r[i], bits)]++;

		buckets += before && before % CV_RULES_WAYS == 0;
		if (before == CV_RULES_WAYS * CV_RULES_CHAIN)
			err = -E2BIG;
	}
	free(keys);
	if (!err)
		*ret = (struct cv_rules_size){.bits = bits, .buckets = buckets};
	return err;
}

void cv_rules_fill(const struct cv_gen_rule *r, uint32_t count, uint32_t bits,
		   struct cv_rules_bucket *buckets)
{
	uint32_t used = 1u << bits;

	for (uint32_t i = 0; i < count; i++) {
		struct cv_rules_bucket *b = &buckets[bucket_of(&r[i], bits)];
		uint32_t way = 0;

		while (b->key[CV_RULES_WAYS - 1]) {
			if (!b->next)
				b->next = used++;
			b = &buckets[b->next];
		}
		while (b->key[way])
			way++;
		b->key[way] = cv_rules_key(&r[i].key);
		b->rule[way] = r[i].rule;
	}
}
