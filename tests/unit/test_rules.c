/* SPDX-License-Identifier: Apache-2.0 */
/* The XDP program's table of rules: every key is found, within the bound, and no other. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/policy/generation.h"
#include "dataplane/policy/rules.h"

struct table {
	struct cv_rules_size size;
	struct cv_rules_bucket *buckets;
};

static int build(const struct cv_gen_rule *r, uint32_t count, struct table *t)
{
	int err = cv_rules_size(r, count, &t->size);

	if (err)
		return err;
	t->buckets = calloc(t->size.buckets, sizeof(*t->buckets));
	assert_non_null(t->buckets);
	cv_rules_fill(r, count, t->size.bits, t->buckets);
	return 0;
}

/* As the XDP program does it. */
static const struct cv_rule *find(const struct table *t, const struct cv_rule_key *k)
{
	uint64_t key = cv_rules_key(k);
	uint32_t at = cv_rules_bucket(key, t->size.bits);

	for (unsigned int step = 0; step < CV_RULES_CHAIN; step++) {
		uint32_t way = cv_rules_way(&t->buckets[at], key);

		if (way < CV_RULES_WAYS)
			return &t->buckets[at].rule[way];
		at = t->buckets[at].next;
		assert_true(at < t->size.buckets);
		if (!at)
			break;
	}
	return NULL;
}

/* All keys there can be, in steps as a policy has them: contexts, classes, ports. */
static void test_all_found(void **state)
{
	struct cv_gen_rule *r = calloc(CV_RULES_MAX, sizeof(*r));
	struct table t = {0};

	assert_non_null(r);
	for (uint32_t i = 0; i < CV_RULES_MAX; i++) {
		r[i].key = (struct cv_rule_key){
			.src_class = (uint16_t)(1 + (i >> 5) % 512),
			.dst_class = (uint16_t)((i >> 14) % 8),
			.port = (uint16_t)(i >> 17),
			.ip_proto = 17,
			.match = CV_KEY_MATCH(CV_MATCH_DPORT, i % 32),
		};
		r[i].rule = (struct cv_rule){.id = 1 + i % 1000, .index = 1 + i % 1000};
	}
	assert_int_equal(build(r, CV_RULES_MAX, &t), 0);
	for (uint32_t i = 0; i < CV_RULES_MAX; i++) {
		const struct cv_rule *found = find(&t, &r[i].key);
		struct cv_rule_key other = r[i].key;

		assert_non_null(found);
		assert_memory_equal(found, &r[i].rule, sizeof(*found));
		other.ip_proto = 6;
		assert_null(find(&t, &other));
	}
	free(t.buckets);
	free(r);
}

/* @return the next key after number *i that shares the first key's bucket. */
static struct cv_rule_key next_of_bucket(uint32_t *i, uint32_t bits)
{
	struct cv_rule_key key = {.src_class = 1, .match = CV_MATCH_ANY_PORT};
	uint32_t want = cv_rules_bucket(cv_rules_key(&key), bits);

	do {
		key.src_class = (uint16_t)++ * i;
		assert_true(*i < UINT16_MAX);
	} while (cv_rules_bucket(cv_rules_key(&key), bits) != want);
	return key;
}

/* As many as a look-up may see are found; one more is refused. */
static void test_one_bucket(void **state)
{
	enum { MOST = CV_RULES_WAYS * CV_RULES_CHAIN };
	struct cv_gen_rule r[MOST + 1] = {0};
	const struct cv_rule_key absent = {.src_class = UINT16_MAX, .match = CV_MATCH_ANY_PORT};
	struct table t = {0};

	for (uint32_t i = 0, at = 0; i <= MOST; i++) {
		r[i].key = next_of_bucket(&at, 5);
		r[i].rule = (struct cv_rule){.id = i + 1, .index = i + 1};
	}
	for (uint32_t count = 33; count <= MOST; count++) {
		assert_int_equal(build(r, count, &t), 0);
		assert_int_equal(t.size.bits, 5);
		for (uint32_t i = 0; i <= MOST; i++) {
			const struct cv_rule *found = find(&t, &r[i].key);

			assert_true(i < count ? found && found->id == i + 1 : !found);
		}
		assert_null(find(&t, &absent));
		free(t.buckets);
	}
	assert_int_equal(build(r, MOST + 1, &t), -E2BIG);
}

static void test_none(void **state)
{
	const struct cv_rule_key key = {.match = CV_MATCH_ANY_PORT};
	struct table t = {0};

	assert_int_equal(build(NULL, 0, &t), 0);
	assert_true(t.size.buckets > 0);
	assert_null(find(&t, &key));
	free(t.buckets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_found),
		cmocka_unit_test(test_one_bucket),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
