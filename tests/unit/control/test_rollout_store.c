/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of policies and configurations on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/rollout/store.h"

/* A start that ended between storing and the state left the number behind; the next one takes it again. */
static void test_a_number_that_no_state_names(void **state)
{
	struct cv_about about = {.number = 1, .name = "policy.yaml", .who = "culvert-control"};
	char dir[] = "/tmp/culvert-store-XXXXXX", *text = NULL;
	struct cv_store store;
	size_t len = 0;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(cv_store_open(dir, "policy", &store), 0);
	for (int i = 0; i < 2; i++) {
		const char *const texts[] = {"the first", "another"};

		assert_int_equal(
			cv_store_begin(&store, texts[i], strlen(texts[i]), "signed", i ? 0 : 6), 0);
		assert_int_equal(cv_store_keep(&store, &about), 0);
	}
	assert_int_equal(cv_store_read(&store, 1, &text, &len), 0);
	assert_string_equal(text, "another");
	free(text);
	cv_store_remove(&store, 1);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_number_that_no_state_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
