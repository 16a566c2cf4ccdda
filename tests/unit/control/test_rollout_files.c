/* SPDX-License-Identifier: Apache-2.0 */
/* What a change leaves on disk: the state, the audit trail, and the difference of two policies. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/rollout/audit.h"
#include "control/rollout/diff.h"
#include "control/rollout/state.h"

static char dir[] = "/tmp/culvert-rollout-XXXXXX";
static char path[128];

static struct cv_state sample(uint64_t live)
{
	struct cv_state s = {
		.last = live + 3,
		.live = live,
		.previous = live - 1,
		.live_since_ns = 1700000000123456789,
		.live_who = "root (uid 0), login \"eve\" (uid 1000)",
		.confirm = true,
		.deadline_boot_ns = UINT64_C(9000000000000000000),
		.boot_id = "2c9f6d2e-97f0-4c5b-8a3c-9fbb2c3d4e5f",
		.intent = "apply",
		.intent_number = live + 1,
		.intent_audit = 77,
	};

	return s;
}

static void write_at(off_t at, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, data, len, at), (ssize_t)len);
	close(fd);
}

static void test_state_holds(void **state)
{
	struct cv_state_file file;
	struct cv_state s, want;

	assert_int_equal(cv_state_open(path, &file, &s), 0);
	assert_int_equal(s.live, 0);
	for (uint64_t i = 1; i < 6; i++) {
		want = sample(i);
		assert_int_equal(cv_state_write(&file, &want), 0);
	}
	/* Nobody else may write meanwhile. */
	assert_int_equal(cv_state_open(path, &(struct cv_state_file){0}, &s), -EBUSY);
	cv_state_close(&file);
	assert_int_equal(cv_state_open(path, &file, &s), 0);
	assert_memory_equal(&s, &want, sizeof(s));
	cv_state_close(&file);
}

/* A write that was cut short anywhere leaves the state before it. */
static void test_state_torn(void **state)
{
	struct cv_state_file file;
	struct cv_state s, five = sample(5), six = sample(6);
	unsigned char newest[4096], old[4096];
	struct stat st;
	int fd, place;

	assert_int_equal(cv_state_open(path, &file, &s), 0);
	place = (int)((file.places.sequence + 1) % 2);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, old, sizeof(old), place * 4096), sizeof(old));
	assert_int_equal(cv_state_write(&file, &six), 0);
	assert_int_equal(pread(fd, newest, sizeof(newest), place * 4096), sizeof(newest));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 8192);
	close(fd);
	cv_state_close(&file);
	for (size_t cut = 0; cut < sizeof(newest); cut += cut < 1200 ? 1 : 256) {
		unsigned char torn[4096];

		memcpy(torn, old, sizeof(torn));
		memcpy(torn, newest, cut);
		if (memcmp(torn, newest, sizeof(torn)) == 0)
			break; /* what follows is zero in both: it is whole */
		write_at(place * 4096, torn, sizeof(torn));
		assert_int_equal(cv_state_open(path, &file, &s), 0);
		assert_memory_equal(&s, &five, sizeof(s));
		cv_state_close(&file);
	}
	write_at(place * 4096, newest, sizeof(newest));
	assert_int_equal(cv_state_open(path, &file, &s), 0);
	assert_memory_equal(&s, &six, sizeof(s));
	cv_state_close(&file);
	memset(newest, 0x5a, sizeof(newest));
	write_at(0, newest, sizeof(newest));
	write_at(4096, newest, sizeof(newest));
	assert_int_equal(cv_state_open(path, &file, &s), -EBADMSG);
}

static struct cv_audit_entry entry(const char *what)
{
	return (struct cv_audit_entry){.time_ns = 1700000000123456789,
				       .who = "root (uid 0)",
				       .what = what,
				       .number = 7,
				       .hash = "ab",
				       .detail = "b.yaml"};
}

static const char *cell(const json_t *rows, size_t row, const char *key)
{
	return json_string_value(json_object_get(json_array_get(rows, row), key));
}

static void test_audit(void **state)
{
	struct cv_audit_entry apply = entry("apply"), revert = entry("revert");
	struct rlimit limit = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	struct cv_audit *a = NULL;
	const char *why;
	int64_t row, later;
	json_t *rows;

	assert_int_equal(cv_audit_open(path, &a, &why), 0);
	row = cv_audit_begin(a, &apply);
	assert_true(row > 0);
	cv_audit_finish(a, row, "done", "");
	row = cv_audit_begin(a, &apply);
	cv_audit_finish(a, row, "refused", "3:1: no");
	cv_audit_finish(a, row, "done", "too late"); /* what is written stays */
	/* Nothing can be written: what may wait waits, the rest is refused. */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_true(cv_audit_begin(a, &apply) < 0);
	later = cv_audit_begin_later(a, &revert);
	assert_true(later < 0);
	cv_audit_finish(a, later, "done", "disk full");
	assert_int_equal(cv_audit_waiting(a), 1);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	rows = cv_audit_json(a, 10);
	assert_int_equal(cv_audit_waiting(a), 0);
	assert_int_equal(json_array_size(rows), 3);
	assert_string_equal(cell(rows, 0, "what"), "revert");
	assert_string_equal(cell(rows, 0, "result"), "done");
	assert_string_equal(cell(rows, 0, "time"), "2023-11-14T22:13:20.123Z");
	assert_string_equal(cell(rows, 1, "result"), "refused");
	assert_string_equal(cell(rows, 1, "detail"), "b.yaml: 3:1: no");
	assert_string_equal(cell(rows, 2, "result"), "done");
	json_decref(rows);
	cv_audit_close(a);
}

/* A trail that cannot be read is put aside, and the new one says so. */
static void test_audit_damaged(void **state)
{
	char aside[sizeof(path) + 16];
	struct cv_audit *a = NULL;
	char garbage[8192];
	const char *why;
	json_t *rows;

	memset(garbage, 'x', sizeof(garbage));
	write_at(0, garbage, sizeof(garbage));
	assert_int_equal(cv_audit_open(path, &a, &why), 0);
	rows = cv_audit_json(a, 10);
	assert_int_equal(json_array_size(rows), 1);
	assert_non_null(strstr(cell(rows, 0, "detail"), "damaged"));
	json_decref(rows);
	cv_audit_close(a);
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	assert_int_equal(access(aside, F_OK), 0);
	unlink(aside);
}

static struct cv_yaml *tree(const char *text)
{
	struct cv_diagnostics diag = {0};
	struct cv_yaml *root = NULL;

	assert_int_equal(cv_yaml_parse("t", text, strlen(text), &root, &diag), 0);
	return root;
}

static void diff_is(const char *a, const char *b, const char *want)
{
	struct cv_yaml *x = tree(a), *y = tree(b);
	json_t *changes = cv_policy_diff(x, y);
	char *got = json_dumps(changes, JSON_COMPACT);

	assert_string_equal(got, want);
	free(got);
	json_decref(changes);
	cv_yaml_free(x);
	cv_yaml_free(y);
}

static void test_diff(void **state)
{
	diff_is("default: {ip: drop}\ngroups: {a: [x, y], b: z}\nrules: [{id: 1, from: a}]",
		"# other layout\ngroups:\n  b: [z]\n  a: [x, y]\nrules:\n  - id: 1\n    from: [a]\n"
		"default: {ip: drop}",
		"[]");
	diff_is("groups: {a: [x, y]}", "groups: {a: [y, z], b: [q]}",
		"[{\"section\":\"groups\",\"id\":\"a\",\"change\":\"changed\",\"fields\":["
		"{\"field\":\"\",\"added\":[\"z\"],\"removed\":[\"x\"]}]},"
		"{\"section\":\"groups\",\"id\":\"b\",\"change\":\"added\",\"is\":\"[q]\"}]");
	diff_is("rules: [{id: 1, to: any}, {id: 2, rate: {packets: 5/s}}, {id: 3}]",
		"rules: [{id: 3}, {id: 1, to: [x, any], log: true}, {id: 4}]",
		"[{\"section\":\"rules\",\"id\":\"1\",\"change\":\"changed\",\"fields\":["
		"{\"field\":\"to\",\"added\":[\"x\"],\"removed\":[]},"
		"{\"field\":\"log\",\"from\":null,\"to\":\"true\"}]},"
		"{\"section\":\"rules\",\"id\":\"2\",\"change\":\"removed\","
		"\"was\":\"{id: 2, rate: {packets: 5/s}}\"},"
		"{\"section\":\"rules\",\"id\":\"4\",\"change\":\"added\",\"is\":\"{id: 4}\"},"
		"{\"section\":\"rules\",\"id\":\"\",\"change\":\"order\",\"ids\":"
		"{\"from\":[\"1\",\"3\"],\"to\":[\"3\",\"1\"]}}]");
	diff_is("default: {ip: drop}", "default: {ip: allow}\nzones: {in: {ports: [a]}}",
		"[{\"section\":\"default\",\"id\":\"ip\",\"change\":\"changed\",\"fields\":["
		"{\"field\":\"\",\"from\":\"drop\",\"to\":\"allow\"}]},"
		"{\"section\":\"zones\",\"id\":\"in\",\"change\":\"added\",\"is\":"
		"\"{ports: [a]}\"}]");
}

static int begin(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int end(void **state)
{
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_holds),
		cmocka_unit_test(test_state_torn),
		cmocka_unit_test(test_diff),
	};
	const struct CMUnitTest trail[] = {
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_audit_damaged),
	};
	int failed = cmocka_run_group_tests(tests, begin, NULL);

	unlink(path);
	return failed + cmocka_run_group_tests(trail, NULL, end);
}
