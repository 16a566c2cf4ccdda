/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules as objects: the example is taken, every kind of wrong one is refused with its line and
 * the reason, and damaged bytes are an error and nothing worse.
 *
 * usage: test_module EXAMPLE.o DIRECTORY-OF-REFUSED
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ebpf/module.h"
#include "tests/random.h"

#define MUTANTS 400

static const char *example, *refused;

static char *read_object(const char *path, size_t *size)
{
	char *bytes = malloc(CV_MODULE_SIZE_MAX);
	FILE *f = fopen(path, "rb");

	assert_non_null(bytes);
	if (!f)
		fail_msg("cannot open %s", path);
	*size = fread(bytes, 1, CV_MODULE_SIZE_MAX, f);
	assert_int_equal(fclose(f), 0);
	return bytes;
}

static int load(const char *path, struct cv_module_log *log, struct cv_bpf_why *why)
{
	size_t size;
	char *bytes = read_object(path, &size);
	int err, program = -1;

	err = cv_module_load(bytes, size, -1, -1, &program, log, why);
	if (!err) {
		assert_true(program >= 0);
		close(program);
	}
	free(bytes);
	return err;
}

static void skip_without_right(void)
{
	if (geteuid()) {
		print_message("SKIP: loading BPF programs needs root\n");
		skip();
	}
}

static void test_example(void **state)
{
	struct cv_module_info info;
	struct cv_bpf_why why = {""};
	size_t size;
	char *bytes = read_object(example, &size);

	if (cv_module_check(bytes, size, &info, &why))
		fail_msg("%s", why.text);
	assert_string_equal(info.name, "coap_burst");
	assert_string_equal(info.codes[0], "burst");
	assert_int_equal(info.abi, CULVERT_MODULE_ABI);
	assert_int_equal(info.budget_ns, 400);
	free(bytes);
	skip_without_right();
	if (load(example, NULL, &why))
		fail_msg("%s", why.text);
}

static const struct {
	const char *object, *place, *reason;
	bool kernel; /* only the kernel can tell */
} cases[] = {
	{"abi", "abi.bpf.c:13: ", "ABI 99", false},
	{"bounds", "bounds.bpf.c:9:9: ", "without having compared with data_end", true},
	{"extern", "extern.bpf.c:9:9: ", "CONFIG_HZ is not in the module", false},
	{"helper", "helper.bpf.c:8:", "bpf_redirect (helper 23) may not be called", false},
	{"index", "index.bpf.c:22:", "outside of the map's value", true},
	{"loop", "loop.bpf.c:9:", "no end that the kernel can prove", true},
	{"map_type", "map_type.bpf.c:16:", "Map ports is of type devmap", true},
	{"memory", "memory.bpf.c:14:", "more than 256 MiB", true},
	{"null", "null.bpf.c:16:", "without asking whether it is null", true},
	{"pinned", "pinned.bpf.c:17:", "Map kept asks to be pinned", true},
	{"program", "program.bpf.c:15:", "The program aside stands beside", false},
	{"tail_call", "tail_call.bpf.c:8:", "bpf_tail_call (helper 12) may not", false},
	{"writes", "writes.bpf.c:10:", "must not change frames", true},
};

static void test_refused(void **state)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cv_bpf_why why = {""};
		struct cv_module_log log;
		char path[512];
		const char *file;

		if (cases[i].kernel && geteuid())
			continue;
		snprintf(path, sizeof(path), "%s/%s.o", refused, cases[i].object);
		assert_int_equal(load(path, &log, &why), -EINVAL);
		print_message("%s\n", why.text);
		file = strstr(why.text, cases[i].place);
		if (!file || !strstr(file, cases[i].reason))
			fail_msg("%s: want %s ... %s", why.text, cases[i].place, cases[i].reason);
		/* A verifier's refusal brings its log, another one does not. */
		if (strstr(why.text, "(verifier: "))
			assert_non_null(strstr(log.text, "processed "));
		else
			assert_null(log.text);
		free(log.text);
		seen++;
	}
	assert_true(seen >= 5);
}

/* Through libbpf and the kernel, as control would. */
static void test_damaged(void **state)
{
	uint64_t random = 1;
	unsigned int taken = 0;
	size_t size;
	char *good = read_object(example, &size), *bad = malloc(size);

	skip_without_right();
	assert_non_null(bad);
	for (unsigned int i = 0; i < MUTANTS; i++) {
		size_t len = i % 4 ? size : next_random_of(&random) % size;
		struct cv_bpf_why why = {""};
		int program = -1, flips = i % 4 ? 1 + (int)(next_random_of(&random) % 4) : 0;

		memcpy(bad, good, size);
		while (flips--)
			bad[next_random_of(&random) % size] ^=
				(char)(1 << next_random_of(&random) % 8);
		if (cv_module_load(bad, len, -1, -1, &program, NULL, &why)) {
			assert_true(strlen(why.text) > 10);
			assert_int_equal(program, -1);
		} else {
			taken++; /* the flip hit a string or a constant */
			close(program);
		}
	}
	print_message("%u of %u damaged objects still load\n", taken, MUTANTS);
	assert_true(taken < MUTANTS);
	free(good);
	free(bad);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
	};

	if (argc != 3)
		return 2;
	example = argv[1];
	refused = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
