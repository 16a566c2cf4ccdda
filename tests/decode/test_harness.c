/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder test helper itself, with a small length-prefixed protocol: 'L', u16 length, body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/reader.h"
#include "tests/decode/decode_test.h"

static int64_t lv_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct cv_reader rd = cv_reader(data, len);
	uint8_t magic = cv_read_u8(&rd);
	uint16_t body = cv_read_be16(&rd);
	struct cv_record *rec;

	if (magic != 'L')
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (rd.failed) {
		d->need = 3;
		return d->datagram ? CV_REJECTED(CV_REJECT_TRUNCATED) : CV_NEED_MORE;
	}
	if (cv_reader_left(&rd) < body && !d->window_full) {
		d->need = 3u + body;
		return d->datagram ? CV_REJECTED(CV_REJECT_TRUNCATED) : CV_NEED_MORE;
	}
	rec = cv_emit_begin(d->emit, CV_LANE_STATUS, CV_KIND_STATE);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = body;
	rec->raw_len = 3u + body;
	cv_emit_tlv(d->emit, CV_TLV_NAME, "lv", 2);
	cv_emit_end(d->emit);
	return 3 + (int64_t)body;
}

static size_t lv_resync(const uint8_t *data, size_t len)
{
	const uint8_t *at = len > 1 ? memchr(data + 1, 'L', len - 1) : NULL;

	return at ? (size_t)(at - data) : len;
}

static const struct cv_decoder lv = {
	.name = "lv",
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.udp_ports = {9},
	.decode = lv_decode,
	.resync = lv_resync,
};

static void test_datagram(void **state)
{
	struct decode_run *r = decode_run_new(&lv, NULL);

	(void)state;
	decode_datagram_hex(r, true, "4c0002 aabb 4c0001 cc 4c0009 00");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_TRUNCATED);
	assert_int_equal(r->reject_at[0], 9);
	assert_int_equal(r->record[1]->raw_off, 5);
	assert_string_equal(decode_text(r->record[1], CV_TLV_NAME), "lv");
	decode_run_free(r);
}

static void test_stream_cut_anywhere(void **state)
{
	uint8_t bytes[6000] = {'L', 0, 4, 1, 2, 3, 4, 'x', 'y', 'L', 0, 0, 'L', 0x14, 0x00};
	size_t len = 15 + 5120 + 0;

	(void)state;
	memcpy(bytes + len, "L\0\1z", 4);
	len += 4;
	for (size_t chunk = 0; chunk < 40; chunk++) {
		struct decode_run *r = decode_run_new(&lv, NULL);

		decode_chunks(r, true, bytes, len, chunk);
		assert_int_equal(r->messages, 4);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject_at[0], 7);
		assert_int_equal(r->records, 4);
		assert_int_equal(r->record[2]->value.u64, 5120);
		assert_int_equal(r->skipped, 5123 - CV_STREAM_WINDOW);
		assert_int_equal(decode_pending(r, true), 0);
		decode_run_free(r);
	}
}

/* Without resync() the rest of the stream is passed over, however long it is. */
static void test_stream_without_resync(void **state)
{
	static const uint8_t junk[3 * CV_STREAM_WINDOW];
	struct cv_decoder deaf = lv;
	struct decode_run *r;

	(void)state;
	deaf.resync = NULL;
	r = decode_run_new(&deaf, NULL);
	decode_segment(r, true, junk, sizeof(junk));
	decode_segment_hex(r, true, "4c0000");
	assert_int_equal(r->messages, 0);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(decode_pending(r, true), 0);
	decode_run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_datagram),
		cmocka_unit_test(test_stream_cut_anywhere),
		cmocka_unit_test(test_stream_without_resync),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
