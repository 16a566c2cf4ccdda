/* SPDX-License-Identifier: Apache-2.0 */
/* DL/T 645 frames in streams and datagrams, broken ones, and those that others have published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_dlt645;

#define VOLTAGE "fe fe fe fe 68 43 10 00 11 34 00 68 91 06 33 34 34 35 ca 55 ee 16"
#define VOLTAGE_BAD "68 43 10 00 11 34 00 68 d1 06 33 34 34 35 ca 55 ee 16"
#define READ_VOLTAGE "fe fe fe fe 68 43 10 00 11 34 00 68 11 04 33 34 34 35 4d 16"

static uint8_t bytes[65536];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_dlt645);
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{VOLTAGE_BAD, CV_REJECT_BAD_CHECKSUM},
		{"fe fe" VOLTAGE_BAD, CV_REJECT_BAD_CHECKSUM},
		{"68 43 10 00 11 34 00 68 91 06 33 34 34 35 ca 55 ee 17", CV_REJECT_BAD_LENGTH},
		{"68 43 10 00 11 34 00 68 91 07 33 34 34 35 ca 55 ee 16 00", CV_REJECT_BAD_LENGTH},
		/* a read answer without an identifier; broadcast time of another length */
		{"68 01 00 00 00 00 00 68 91 02 33 33 ca 16", CV_REJECT_BAD_PAYLOAD},
		{"68 01 00 00 00 00 00 68 08 01 33 0d 16", CV_REJECT_BAD_PAYLOAD},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment_hex(r, true, cases[i].hex);
		if (r->rejected != 1)
			fail_msg("case %zu: %zu rejected", i, r->rejected);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->messages, 0);
		assert_int_equal(r->records, 0);
	}
}

static void the_stream_goes_on_after_garbage(void **state)
{
	struct decode_run *r = *state;

	/* heartbeats and a registration text; a bad frame and the rest of another; 1 KB of nothing */
	decode_segment(r, true, "CTRL:&20170700000921\r\n", 22);
	decode_segment_hex(r, true, "fe fe" VOLTAGE VOLTAGE_BAD VOLTAGE "34 34 35 ca 55" VOLTAGE);
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->rejected, 1);
	memset(bytes, 0x55, 1024);
	decode_segment(r, true, bytes, 1024);
	decode_segment_hex(r, true, VOLTAGE);
	/* a frame cut off by another */
	decode_segment_hex(r, true, "68 43 10 00 11 34 00 68 91 06 33 34 34" VOLTAGE);
	assert_int_equal(r->rejected, 3);
	assert_int_equal(r->reject[2], CV_REJECT_BAD_LENGTH);
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_HEADER);
	assert_int_equal(r->records, 5);
}

static void datagrams(void **state)
{
	struct decode_run *r = *state;

	r->origin.ip_proto = 17;
	decode_datagram_hex(r, true, VOLTAGE VOLTAGE "fe 0d 0a");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 0);
	decode_datagram_hex(r, true, "fe 68 43 10 00 11 34 00 68 91 06 33 34");
	decode_datagram_hex(r, true, "fe 68 43 10");
	decode_datagram(r, true, "heartbeat", 9);
	assert_int_equal(r->rejected, 3);
	assert_int_equal(r->reject[0], CV_REJECT_TRUNCATED);
	assert_int_equal(r->reject[1], CV_REJECT_TRUNCATED);
	assert_int_equal(r->reject[2], CV_REJECT_BAD_HEADER);
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_dlt645.probe(bytes, len, datagram);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(VOLTAGE, false), CV_PROBE_YES);
	assert_int_equal(probe(READ_VOLTAGE, true), CV_PROBE_YES);
	assert_int_equal(probe("68 aa aa aa aa aa aa 68 13 00 df 16", true), CV_PROBE_YES);
	assert_int_equal(probe("fe fe", false), CV_PROBE_MORE);
	assert_int_equal(probe("fe 68 43 10", false), CV_PROBE_MORE);
	assert_int_equal(probe("fe 68 43 10", true), CV_PROBE_NO);
	assert_int_equal(probe(VOLTAGE_BAD, false), CV_PROBE_NO);
	/* CJ/T 188, IEC 60870-5-104 */
	assert_int_equal(probe("68 10 10 00 00 05 08 00 00 81 16 90", false), CV_PROBE_NO);
	assert_int_equal(probe("68 04 01 00 14 75 68 04 01 00", false), CV_PROBE_NO);
	assert_int_equal(probe("68 0e 02 00 02 00 64 01 07 00", false), CV_PROBE_NO);
	assert_int_equal(probe("68 43 1b 00 11 34 00 68 91 06", false), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	size_t len = decode_sample("dlt645/stream.bin", bytes, sizeof(bytes));

	decode_any_cut(&cv_decoder_dlt645, NULL, true, bytes, len);
	len = decode_sample("dlt645/damaged.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_dlt645, NULL, true, bytes, len);
}

static void the_samples_are_decoded(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("dlt645/stream.bin", bytes, sizeof(bytes));

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 27);
	assert_int_equal(r->rejected, 0);
	decode_run_clear(r);
	len = decode_sample("dlt645/damaged.bin", bytes, sizeof(bytes));
	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 27);
	assert_int_equal(r->rejected, 3);
	assert_int_equal(decode_pending(r, true), 0);
}

/* "key": "text" or "key": number of the reference decoder's line, "" when absent. */
static const char *json_field(const char *line, const char *key)
{
	static char out[2][600];
	static unsigned int turn;
	char *to = out[turn++ % 2], pattern[32];
	const char *at;

	snprintf(pattern, sizeof(pattern), "\"%s\": ", key);
	at = strstr(line, pattern);
	to[0] = '\0';
	if (at == NULL)
		return to;
	at += strlen(pattern);
	at += *at == '"';
	snprintf(to, sizeof(out[0]), "%.*s", (int)strcspn(at, "\",}"), at);
	return to;
}

struct vectors {
	struct decode_run *r;
	unsigned int values;
};

/* What the published DIs mean, from the tables there: digits in the value and how many are decimals. */
static const struct {
	const char *di;
	size_t digits;
	double divisor;
} published[] = {
	{"00000000", 8, 100},
	{"00010000", 8, 100},
	{"02010100", 4, 10},
	{"02800002", 4, 100},
};

static void check_value(struct vectors *v, const char *line)
{
	const char *di = json_field(line, "DI"), *val = json_field(line, "val");

	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		size_t len = strlen(val);

		if (strcmp(di, published[i].di) != 0 || len < published[i].digits)
			continue;
		assert_int_equal(v->r->records, 1);
		assert_true(v->r->record[0]->value.f64 ==
			    strtod(val + len - published[i].digits, NULL) / published[i].divisor);
		v->values++;
	}
}

/* A row: check code good, source, frame, what an independent script makes of it. */
static void vector(void *arg, char *const *column)
{
	bool good = strcmp(column[0], "True") == 0;
	struct vectors *v = arg;
	struct decode_run *r = v->r;
	unsigned long control = strtoul(json_field(column[3], "C"), NULL, 16);
	const char *address = json_field(column[3], "addr");

	decode_run_clear(r);
	r->origin.ip_proto = 17;
	decode_datagram_hex(r, true, column[2]);
	assert_int_equal(r->messages, good);
	assert_int_equal(r->rejected, !good);
	if (!good) {
		assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
		return;
	}
	if (control & 0x80)
		assert_true(r->records > 0);
	for (size_t i = 0; i < r->records; i++) {
		assert_int_equal(r->record[i]->status, control);
		if (strspn(address, "0123456789") == 12)
			assert_string_equal(decode_text(r->record[i], CV_TLV_DEVICE), address);
	}
	if ((control & 0xff) == 0x91)
		check_value(v, column[3]);
}

static void shared_vectors(void **state)
{
	struct vectors v = {.r = *state};
	unsigned int rows = decode_vectors("dlt645.tsv", 4, vector, &v);

	if (rows == 0)
		skip();
	assert_int_equal(rows, 52);
	assert_int_equal(v.values, 18);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_frames_are_rejected_with_a_reason),
		TEST(the_stream_goes_on_after_garbage),
		TEST(datagrams),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
		TEST(the_samples_are_decoded),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
