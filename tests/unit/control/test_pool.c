/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/state/pool.h"

static void numbers_count_up_and_items_stay(void **state)
{
	struct cv_pool p = {.size = 24};
	uint64_t budget = UINT64_MAX, *first;

	assert_int_equal(cv_pool_add(&p, &budget), 1);
	first = cv_pool_at(&p, 1);
	*first = 7;
	for (uint32_t i = 2; i <= CV_POOL_ARENA + 2; i++) { /* into the second mapping */
		uint64_t *item;

		assert_int_equal(cv_pool_add(&p, &budget), i);
		item = cv_pool_at(&p, i);
		assert_int_equal(item[0] | item[1] | item[2], 0);
		item[0] = item[2] = i;
	}
	assert_ptr_equal(cv_pool_at(&p, 1), first);
	assert_int_equal(*first, 7);
	for (uint32_t i = 2; i <= CV_POOL_ARENA + 2; i++) {
		const uint64_t *item = cv_pool_at(&p, i);

		assert_int_equal(item[0], i);
		assert_int_equal(item[2], i);
	}
	assert_int_equal(cv_pool_bytes(&p), UINT64_MAX - budget);
	cv_pool_free(&p);
	assert_int_equal(cv_pool_bytes(&p), 0);
}

static void a_budget_is_kept_to(void **state)
{
	struct cv_pool p = {.size = 16};
	uint64_t budget = 2 * 16 * CV_POOL_CHUNK + 1;
	uint32_t n = 0;

	assert_int_equal(cv_pool_bytes(&p), 0);
	while (cv_pool_add(&p, &budget) != 0)
		n++;
	assert_int_equal(n, 2 * CV_POOL_CHUNK);
	assert_int_equal(budget, 1);
	assert_int_equal(cv_pool_add(&p, &budget), 0);
	budget += 16 * CV_POOL_CHUNK;
	assert_int_equal(cv_pool_add(&p, &budget), n + 1);
	cv_pool_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_count_up_and_items_stay),
		cmocka_unit_test(a_budget_is_kept_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
