/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SenML readers against libcbor and jansson: packs made at random, written by the library, read
 * by us and compared with what the library's tree says; then with bytes changed, where whatever we
 * accept the library must accept and read the same. Prints its seed; takes another as argument.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/decode/senml_oracle.h"

#define ROUNDS 3000
#define MUTATIONS 8

typedef int reader(struct cv_senml_pack *pack, const uint8_t *data, size_t len, bool stream);

static int read_pack(reader *read, struct cv_senml_pack *pack, const uint8_t *copy)
{
	return read(pack, copy + 2, (size_t)(copy[0] | copy[1] << 8), false);
}

/* A block of exactly len bytes behind its length, so that ASan sees the first byte read too far. */
static uint8_t *exact(const void *data, size_t len)
{
	uint8_t *copy = malloc(len + 2);

	assert_non_null(copy);
	copy[0] = (uint8_t)len;
	copy[1] = (uint8_t)(len >> 8);
	memcpy(copy + 2, data, len);
	return copy;
}

/* The same with one or two things wrong. */
static uint8_t *mutated(const void *data, size_t len, size_t *ret_len)
{
	uint8_t *copy = exact(data, len);

	for (unsigned int n = 1 + below(2); n > 0 && len > 1; n--) {
		uint8_t *at = copy + 2 + below((unsigned int)len);

		switch (below(4)) {
		case 0:
			memmove(at, at + 1, (size_t)(copy + 2 + len - at - 1));
			len--;
			break;
		case 1:
			*at ^= (uint8_t)(1u << below(8));
			break;
		case 2:
			*at = (uint8_t) "0123456789\"\\{}[]:,. eE-+ntf_"[below(29)];
			break;
		default:
			*at = (uint8_t)next_random();
		}
	}
	*ret_len = len;
	copy[0] = (uint8_t)len;
	copy[1] = (uint8_t)(len >> 8);
	copy = realloc(copy, len + 2);
	assert_non_null(copy);
	return copy;
}

static void test_json(void **state)
{
	static struct cv_senml_pack pack;
	unsigned int accepted = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		char *text = random_json();
		size_t len = strlen(text), cut;
		uint8_t *copy = exact(text, len);

		if (read_pack(cv_senml_json, &pack, copy) != 0)
			fail_msg("seed %#llx: %s", (unsigned long long)seed, text);
		same_json(&pack, (char *)copy + 2, len);
		free(copy);
		for (int k = 0; k < MUTATIONS; k++) {
			copy = mutated(text, len, &cut);
			if (read_pack(cv_senml_json, &pack, copy) == 0) {
				same_json(&pack, (char *)copy + 2, cut);
				accepted++;
			}
			free(copy);
		}
		free(text);
	}
	assert_true(accepted > ROUNDS / 10);
}

static void test_cbor(void **state)
{
	static struct cv_senml_pack pack;
	static uint8_t bytes[8192];
	unsigned int accepted = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		size_t len = random_cbor(bytes, sizeof(bytes)), cut;
		uint8_t *copy = exact(bytes, len);

		if (read_pack(cv_senml_cbor, &pack, copy) != 0)
			fail_msg("seed %#llx: a valid pack", (unsigned long long)seed);
		same_cbor(&pack, copy + 2, len);
		free(copy);
		for (int k = 0; k < MUTATIONS; k++) {
			copy = mutated(bytes, len, &cut);
			if (read_pack(cv_senml_cbor, &pack, copy) == 0) {
				same_cbor(&pack, copy + 2, cut);
				accepted++;
			}
			free(copy);
		}
	}
	assert_true(accepted > ROUNDS / 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_cbor),
	};

	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	printf("seed %#llx\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
