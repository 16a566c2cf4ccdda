/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken for CoAP on a port without a hint, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/coap_test.h"

static const uint8_t *bytes_of(const char *hex, size_t *len)
{
	static uint8_t out[512];

	*len = decode_hex(hex, out, sizeof(out));
	return out;
}

static enum cv_probe probe(const char *hex)
{
	size_t len;
	const uint8_t *data = bytes_of(hex, &len);

	return cv_decoder_coap.probe(data, len, true);
}

static void test_probe(void **state)
{
	static const char *const coap[] = {
		"40017D34 BB 74656D7065726174757265",
		"4201796de3d5 60 53 6f6273",
		"4245298be3d5 6106 60 2101 ff 437572",
		"48013504 da0de950816b8e11 b5 6c61726765 c112",
		"40020001 b2 6470 1170 ff 81a202f95cb0216b2f333434322f302f313330",
		"6845f373 c1895aea53712922 c2 2d16 ff c800124c657368616e",
	};
	static const char *const others[] = {
		"4040 0100 0102 1e0f0a170b15", /* GB/T 26875 */
		"40000001", /* empty says nothing */
		"60457D34 FF 32322E332043", /* nothing but a text */
		"40017D34", /* no path */
		"40017D34 B4 746501ff", /* path not printable */
		"40017D34 B1 61 FF 31", /* GET with payload */
		"40017D34 B1 61 A1 31", /* option 21 is nobody's */
		"12345678 0100 0001 0000 0000 0000 03777777", /* DNS */
		"41f2a1b9c8d7e6f5a4b3c2d1e0ff00112233445566778899aabbccddeeff", /* QUIC short */
		"60450001 c1 2a", /* content without content */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(coap) / sizeof(coap[0]); i++)
		assert_int_equal(probe(coap[i]), CV_PROBE_YES);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(probe(others[i]), CV_PROBE_NO);
}

/* No false yes in three million random datagrams that begin like CoAP version 1. */
static void test_probe_random(void **state)
{
	uint64_t z = 42, yes = 0;
	uint8_t data[64];

	(void)state;
	for (int i = 0; i < 3000000; i++) {
		for (size_t k = 0; k < sizeof(data); k += 8) {
			z ^= z << 13;
			z ^= z >> 7;
			z ^= z << 17;
			memcpy(data + k, &z, 8);
		}
		data[0] = 0x40 | (data[0] & 0x3f);
		yes += cv_decoder_coap.probe(data, sizeof(data), true) == CV_PROBE_YES;
	}
	assert_int_equal(yes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
