/* SPDX-License-Identifier: Apache-2.0 */
/* The file of alarm rules: what it reads as, and how what is wrong with one is told. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/alarm/rules.h"

static int parse(const char *text, size_t len, struct cv_alarm_rules **ret,
		 struct cv_diagnostics *diag)
{
	*diag = (struct cv_diagnostics){0};
	*ret = NULL;
	return cv_alarm_rules_parse("a.yaml", text, len, ret, diag);
}

/* The file is refused, with one finding at a place that has this in its text or hint. */
static void refused_at(const char *text, unsigned int line, unsigned int column, const char *part)
{
	struct cv_alarm_rules *rules;
	struct cv_diagnostics diag;

	assert_int_equal(parse(text, strlen(text), &rules, &diag), -EINVAL);
	assert_null(rules);
	assert_int_equal(diag.errors, 1);
	for (size_t i = 0; i < diag.n; i++) {
		const struct cv_diagnostic *d = &diag.items[i];

		if (d->severity != CV_SEVERITY_ERROR)
			continue;
		if (d->line != line || d->column != column ||
		    (!strstr(d->text, part) && !(d->hint && strstr(d->hint, part))))
			fail_msg("%u:%u: %s (%s)", d->line, d->column, d->text,
				 d->hint ? d->hint : "");
	}
	cv_diagnostics_free(&diag);
}

#define RULE(condition)                                                                            \
	"rules:\n- { id: a, grade: 1, match: { names: tank.pressure }, " condition " }\n"

static void what_a_rule_reads_as(void **state)
{
	static const char text[] =
		"capacity: 5\n"
		"rules:\n"
		"- id: high\n"
		"  text: too high\n"
		"  grade: 2\n"
		"  match: { names: [tank.*, water.level], devices: 'urn:dev:*', areas: [3101, "
		"32],\n"
		"           kinds: tank, tags: [a, b], types: [measurement, alarm] }\n"
		"  threshold: { above: 16.5, clear: 15, for: 10s }\n"
		"  update: never\n"
		"  merge: { by: area, within: 5min }\n"
		"- { id: low, grade: 4, match: { names: raw.x }, threshold: { below: -1 } }\n"
		"- { id: gone, grade: 3, silence: { factor: 2.5 } }\n"
		"- { id: many, grade: 1, count: { of: gone, at_least: 3, within: 1h, group: street "
		"} }\n";
	struct cv_alarm_rules *rules;
	const struct cv_alarm_rule *r;
	struct cv_diagnostics diag;

	assert_int_equal(parse(text, strlen(text), &rules, &diag), 0);
	assert_int_equal(diag.warnings, 0);
	assert_int_equal(rules->capacity, 5);
	assert_int_equal(rules->n_rules, 4);
	r = &rules->rules[0];
	assert_string_equal(r->id, "high");
	assert_string_equal(r->text, "too high");
	assert_int_equal(r->match.names.n, 2);
	assert_int_equal(r->match.areas.n, 2);
	assert_string_equal(r->match.areas.items[1], "32");
	assert_int_equal(r->match.types, 1u << CV_KIND_MEASUREMENT | 1u << CV_KIND_ALARM);
	assert_int_equal(r->condition, CV_ALARM_THRESHOLD);
	assert_true(r->threshold.above == 16.5 && isnan(r->threshold.below));
	assert_true(r->threshold.clear == 15);
	assert_int_equal(r->threshold.for_ns, 10000000000);
	assert_int_equal(r->update_ns, 0);
	assert_int_equal(r->merge.by, CV_ALARM_MERGE_AREA);
	r = &rules->rules[1];
	assert_true(r->threshold.clear == -1 && isnan(r->threshold.above));
	assert_int_equal(r->update_ns, 600000000000);
	assert_true(rules->rules[2].silence.factor == 2.5);
	assert_int_equal(rules->rules[3].count.of, 2);
	assert_int_equal(rules->rules[3].count.group, CV_ALARM_LEVEL_STREET);
	cv_alarm_rules_free(rules);
	cv_diagnostics_free(&diag);
}

static void mistakes_are_told_where_they_are(void **state)
{
	refused_at("rules:\n- { id: a, grade: 1, match: { names: x } }\n", 2, 3, "a condition");
	refused_at(RULE("threshold: { above: 1 }, stuck: { for: 1h }"), 2, 80, "two rules");
	refused_at(RULE("threshold: { for: 1s }"), 2, 55, "one of above and below");
	refused_at(RULE("threshold: { above: 1, below: 0 }"), 2, 55, "one of above and below");
	refused_at(RULE("threshold: { above: 1, clear: 2 }"), 2, 85, "clear");
	refused_at(RULE("threshold: { below: 1, clear: 0 }"), 2, 85, "clear");
	refused_at(RULE("threshold: { above: nan }"), 2, 75, "a number");
	refused_at(RULE("threshold: { limit: 1, below: 2 }"), 2, 68, "above");
	refused_at(RULE("stuck: { for: 1h, tolerance: -1 }"), 2, 84, "tolerance");
	refused_at(RULE("silence: { factor: 0.5 }"), 2, 74, "factor");
	refused_at("rules:\n- { id: a, grade: 5, silence: { after: 1h } }\n", 2, 19, "from 1 to 4");
	refused_at("rules:\n- { id: a, grade: 1, silence: { after: 1h } }\n"
		   "- { id: a, grade: 1, silence: { after: 2h } }\n",
		   3, 3, "line 2");
	refused_at("rules:\n- { id: a, grade: 1, stuck: { for: 1h } }\n", 2, 3, "match.names");
	refused_at("rules:\n- { id: abc, grade: 1, silence: { after: 1h } }\n"
		   "- { id: n, grade: 1, count: { of: abd, at_least: 2, within: 1h } }\n",
		   3, 3, "\"abc\"");
	refused_at("rules:\n- { id: a, grade: 1, match: { names: x.y, types: gap }, "
		   "stuck: { for: 1h } }\n",
		   2, 50, "types");
	refused_at("rules:\n- { id: a, grade: 1, match: { name: x.y }, silence: { after: 1h } }\n",
		   2, 31, "names");
	refused_at("rules:\n- { id: a, grade: 1, match: { tags: [] }, silence: { after: 1h } }\n",
		   2, 37, "1 to");
	refused_at("rules:\n- { id: a b, grade: 1, silence: { after: 1h } }\n", 2, 9, "id");
	refused_at("rules:\n- 7\n", 2, 3, "a map");
	refused_at("rules: 7\n", 1, 8, "a list");
	refused_at("ruls: []\n", 1, 1, "rules");
}

/* Counts of counts are of no device; a count has its own way to make one alarm of many. */
static void counts_that_cannot_be(void **state)
{
	refused_at("rules:\n- { id: a, grade: 1, match: { names: fire.alarm }, "
		   "count: { at_least: 2, within: 1h } }\n"
		   "- { id: b, grade: 1, count: { of: a, at_least: 2, within: 1h } }\n",
		   3, 3, "a count itself");
	refused_at("rules:\n- { id: a, grade: 1, silence: { after: 1h } }\n"
		   "- { id: b, grade: 1, match: { names: fire.alarm }, "
		   "count: { of: a, at_least: 2, within: 1h } }\n",
		   3, 65, "count.of");
	refused_at(RULE("count: { at_least: 1, within: 1h }"), 2, 74, "from 2");
	refused_at(RULE("count: { at_least: 2, within: 1h }, merge: { by: area }"), 2, 55,
		   "merge.by");
}

/* A name that no event can have is a slip of the pen: told, and taken. */
static void unknown_names_are_warned_of(void **state)
{
	static const char text[] = "rules:\n- { id: a, grade: 1, match: { names: tank.presure }, "
				   "stuck: { for: 1h } }\n";
	struct cv_alarm_rules *rules;
	struct cv_diagnostics diag;

	assert_int_equal(parse(text, strlen(text), &rules, &diag), 0);
	assert_int_equal(diag.warnings, 1);
	assert_non_null(strstr(diag.items[0].hint, "tank.pressure"));
	cv_alarm_rules_free(rules);
	cv_diagnostics_free(&diag);
}

static void nothing_and_too_much(void **state)
{
	size_t len = (size_t)100 << 20;
	struct cv_alarm_rules *rules;
	struct cv_diagnostics diag;
	char path[] = "/tmp/alarm-rules-XXXXXX", *text;
	int fd;

	assert_int_equal(parse("", 0, &rules, &diag), -EINVAL);
	assert_true(diag.errors > 0);
	cv_diagnostics_free(&diag);
	assert_int_equal(parse("rules: []\n", 10, &rules, &diag), 0);
	assert_int_equal(rules->n_rules, 0);
	cv_alarm_rules_free(rules);
	cv_diagnostics_free(&diag);
	/* 100 MB are refused without being read; 200,000 levels at the first too deep. */
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	diag = (struct cv_diagnostics){0};
	assert_true(cv_alarm_rules_load(path, &rules, &diag) < 0);
	assert_int_equal(diag.errors, 1);
	cv_diagnostics_free(&diag);
	close(fd);
	unlink(path);
	len = 200000;
	text = malloc(len + 8);
	assert_non_null(text);
	memcpy(text, "rules: ", 7);
	memset(text + 7, '[', len);
	assert_true(parse(text, len + 7, &rules, &diag) < 0);
	assert_true(diag.errors > 0);
	cv_diagnostics_free(&diag);
	free(text);
}

/* As many rules as there may be, each with names that must be looked up: in a moment. */
static void the_largest_file_takes_a_moment(void **state)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	struct cv_alarm_rules *rules;
	struct cv_diagnostics diag;
	clock_t before;

	fprintf(out, "rules:\n");
	for (int i = 0; i < CV_ALARM_RULES_MAX; i++)
		fprintf(out,
			"- { id: r%d, grade: 1, match: { names: [x.a%d, x.b%d, x.c%d] }, "
			"stuck: { for: 1h } }\n",
			i, i, i, i);
	fclose(out);
	before = clock();
	assert_int_equal(parse(text, size, &rules, &diag), 0);
	assert_true((double)(clock() - before) / CLOCKS_PER_SEC < 10);
	assert_int_equal(diag.warnings, 3 * CV_ALARM_RULES_MAX);
	assert_int_equal(rules->n_rules, CV_ALARM_RULES_MAX);
	cv_alarm_rules_free(rules);
	cv_diagnostics_free(&diag);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_rule_reads_as),
		cmocka_unit_test(mistakes_are_told_where_they_are),
		cmocka_unit_test(counts_that_cannot_be),
		cmocka_unit_test(unknown_names_are_warned_of),
		cmocka_unit_test(nothing_and_too_much),
		cmocka_unit_test(the_largest_file_takes_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
