/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's index and reports: what is refused, whose turn it is, when a roll-out goes on or stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/fleet/directory.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct cv_fleet_index sample = {
	.serial = 7,
	.created = 1795336000,
	.expires = 1795339600,
	.product = "culvert-x86-64",
	.percent = 10,
	.window = {90, 240},
	.version = "0.2.0+a~1",
	.bundle = "culvert-0.2.0.raucb",
	.size = 4000000000,
	.sha256 = HASH,
};

static void written_is_read(void **state)
{
	struct cv_fleet_index again = {0};
	char *text = NULL, why[CV_FLEET_WHY];

	assert_int_equal(cv_fleet_index_write(&sample, &text), 0);
	assert_int_equal(cv_fleet_index_parse(text, strlen(text), &again, why), 0);
	assert_int_equal(again.serial, 7);
	assert_int_equal(again.created, sample.created);
	assert_int_equal(again.expires, sample.expires);
	assert_string_equal(again.version, sample.version);
	assert_int_equal(again.window.to, 240);
	assert_true(again.size == sample.size);
	free(text);
}

/* One change of the sample's text each, and what is said of it. */
static const struct {
	const char *from, *to, *why;
} wrong[] = {
	{"\"culvert_fleet\": 1", "\"culvert_fleet\": 2", "update it by hand"},
	{"\"serial\": 7", "\"serial\": 0", "\"serial\""},
	{"\"serial\": 7", "\"serial\": \"7\"", "\"serial\""},
	{"\"serial\": 7", "\"serial\": 7, \"serial\": 8", "no JSON"},
	{"\"serial\": 7", "\"serial\": 7, \"more\": 8", "only members that are known"},
	{"\"serial\": 7,", "", "only members that are known"},
	{"\"percent\": 10", "\"percent\": 101", "from 0 to 100"},
	{"\"percent\": 10", "\"percent\": -1", "from 0 to 100"},
	{"\"percent\": 10", "\"percent\": 10.5", "from 0 to 100"},
	{"\"halted\": false", "\"halted\": 0", "true or false"},
	{"01:30-04:00", "1:30-4:00", "\"window\""},
	{"culvert-0.2.0.raucb", "../../etc/passwd", "\"bundle\""},
	{"culvert-0.2.0.raucb", ".hidden", "\"bundle\""},
	{"culvert-0.2.0.raucb", "-option", "\"bundle\""},
	{"culvert-0.2.0.raucb", "a\\u0000b", "no JSON"},
	{"e3b0", "E3B0", "64 hex digits"},
	{"e3b0", "e3b", "64 hex digits"},
	{"\"size\": ", "\"size\": 99", "\"size\""},
	{"{\n", "[{\n", "no JSON"},
};

static char *replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *result;

	assert_non_null(at);
	assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) >
		    0);
	return result;
}

static void mistakes_are_refused(void **state)
{
	struct cv_fleet_index index;
	char *text = NULL, why[CV_FLEET_WHY];

	assert_int_equal(cv_fleet_index_write(&sample, &text), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *bad = replace(text, wrong[i].from, wrong[i].to);

		assert_int_equal(cv_fleet_index_parse(bad, strlen(bad), &index, why), -EINVAL);
		if (!strstr(why, wrong[i].why))
			fail_msg("%s: \"%s\" lacks \"%s\"", wrong[i].to, why, wrong[i].why);
		free(bad);
	}
	for (size_t len = 0; len + 2 < strlen(text); len++)
		assert_int_equal(cv_fleet_index_parse(text, len, &index, why), -EINVAL);
	assert_int_equal(cv_fleet_index_parse(text, CV_FLEET_INDEX_MAX + 1, &index, why), -EINVAL);
	free(text);
}

/* What a node says of itself cannot steer its publisher's terminal. */
static void reports_are_plain(void **state)
{
	struct cv_fleet_report r = {.serial = 7,
				    .node = "a",
				    .running = "1",
				    .target = "2",
				    .time = 1795336000,
				    .detail = "\x1b[2Jno\nroom\x7f \xc2\x9b"
					      "31m \xe6\xbb\xa1"};
	char *text = NULL, why[CV_FLEET_WHY];

	assert_int_equal(cv_fleet_report_write(&r, &text), 0);
	assert_int_equal(cv_fleet_report_parse(text, strlen(text), &r, why), 0);
	assert_string_equal(r.detail, "?[2Jno?room? ??31m \xe6\xbb\xa1");
	free(text);
}

static void shares_grow_and_differ(void **state)
{
	struct cv_fleet_index a = sample, b = sample;
	unsigned int n[101] = {0}, other = 0;
	char node[32];

	strcpy(b.version, "0.3.0");
	for (unsigned int i = 0; i < 10000; i++) {
		bool before = false;

		snprintf(node, sizeof(node), "node-%u", i);
		for (a.percent = 0; a.percent <= 100; a.percent++) {
			bool is = cv_fleet_selects(&a, node);

			assert_true(is || !before); /* who was among fewer is among more */
			before = is;
			n[a.percent] += is;
		}
		a.percent = b.percent = 10;
		other += cv_fleet_selects(&a, node) && cv_fleet_selects(&b, node);
	}
	assert_int_equal(n[0], 0);
	assert_int_equal(n[100], 10000);
	assert_in_range(n[10], 900, 1100);
	assert_in_range(n[50], 4800, 5200);
	assert_in_range(other, 50, 150); /* a tenth of a tenth: others go first the next time */
}

static void decisions(void **state)
{
	struct cv_fleet_index i = sample;
	struct cv_fleet_tally t = {.nodes = 50, .selected = 10};

	t.by_outcome[CV_FLEET_WAITING] = 10;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_WAIT);
	t.by_outcome[CV_FLEET_GOOD] = 8;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_WAIT);
	t.by_outcome[CV_FLEET_GOOD] = 9;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_ADVANCE);
	t.by_outcome[CV_FLEET_FAILED] = 1;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_ADVANCE);
	assert_int_equal(cv_fleet_decide(&i, &t, 9, true), CV_FLEET_STEP_HALT);
	t.lost = 1;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_HALT);
	i.halted = true;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_HALTED);
	i = sample;
	i.percent = 100;
	t = (struct cv_fleet_tally){.nodes = 50, .selected = 50};
	t.by_outcome[CV_FLEET_GOOD] = 49;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_WAIT);
	t.by_outcome[CV_FLEET_GOOD] = 50;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, true), CV_FLEET_STEP_COMPLETE);
	/* Nobody has spoken; or the few there are have none in the stage. */
	t = (struct cv_fleet_tally){0};
	assert_int_equal(cv_fleet_decide(&sample, &t, 10, true), CV_FLEET_STEP_WAIT);
	t.nodes = 3;
	assert_int_equal(cv_fleet_decide(&sample, &t, 10, true), CV_FLEET_STEP_ADVANCE);
	/* As long as others may speak up, one of the stage that is well is not all of it. */
	assert_int_equal(cv_fleet_decide(&sample, &t, 10, false), CV_FLEET_STEP_WAIT);
	t.selected = t.by_outcome[CV_FLEET_GOOD] = 1;
	assert_int_equal(cv_fleet_decide(&sample, &t, 10, false), CV_FLEET_STEP_WAIT);
	i.percent = 100;
	t.nodes = 1;
	assert_int_equal(cv_fleet_decide(&i, &t, 10, false), CV_FLEET_STEP_WAIT);
	/* What fails stops it at once. */
	t = (struct cv_fleet_tally){.nodes = 1, .selected = 1};
	t.by_outcome[CV_FLEET_FAILED] = 1;
	assert_int_equal(cv_fleet_decide(&sample, &t, 10, false), CV_FLEET_STEP_HALT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_is_read),   cmocka_unit_test(mistakes_are_refused),
		cmocka_unit_test(reports_are_plain), cmocka_unit_test(shares_grow_and_differ),
		cmocka_unit_test(decisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
