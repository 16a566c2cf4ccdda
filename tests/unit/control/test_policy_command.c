/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-control policy VERB`: the command table and those who do the verbs agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "control/policy/command.h"

#define RUN(...)                                                                                   \
	cv_policy_command((int)(sizeof((const char *[]){"policy", __VA_ARGS__}) / sizeof(char *)), \
			  (char **)(const char *[]){"policy", __VA_ARGS__, NULL})

static void every_row_has_a_handler(void **state)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_policy_offline,
							      cv_cli_module_offline};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		size_t n = 0;

		for (const struct cv_cli_command *c = tables[t]; c->name; c++, n++) {
			assert_true(cv_policy_command_known(c));
			assert_true(c->offline);
			assert_memory_equal(c->name, "policy ", 7);
		}
		assert_true(n > 0);
	}
}

static void wrong_usage_is_told(void **state)
{
	assert_int_equal(cv_policy_command(1, (char **)(const char *[]){"policy", NULL}),
			 CV_CLI_USAGE);
	assert_int_equal(RUN("xheck"), CV_CLI_USAGE);
	assert_int_equal(RUN("check"), CV_CLI_USAGE);
	assert_int_equal(RUN("check", "--jsn", "x"), CV_CLI_USAGE);
	assert_int_equal(RUN("check", "/nonexistent"), CV_CLI_INPUT);
	assert_int_equal(RUN("check", "a", "b"), CV_CLI_USAGE);
	assert_int_equal(RUN("check", "--", "--json"), CV_CLI_INPUT);
	assert_int_equal(RUN("check", "--help"), CV_CLI_OK);
	assert_int_equal(RUN("module"), CV_CLI_USAGE);
	assert_int_equal(RUN("module", "bild"), CV_CLI_USAGE);
	assert_int_equal(RUN("module", "build"), CV_CLI_USAGE);
	assert_int_equal(RUN("module", "build", "--help"), CV_CLI_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_a_handler),
		cmocka_unit_test(wrong_usage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
