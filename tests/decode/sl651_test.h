/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames for the tests of SL 651: published vectors (yu-xiaoyao/sl651-2014-server,
 * shishi1yi/protocol-sl651-boot, handsomestWei/sl651-2014), whose values another decoder gave, and
 * what is put together by tables 16 to 23 of the standard with a check code computed bit by bit. No
 * ASCII frame is published.
 */
#ifndef SL651_TEST_H
#define SL651_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/sl651.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_sl651;

#define SECOND 1000000000ll
/* 2017-07-18 11:00:00 and 10:05:00 in Beijing */
#define ELEVEN (1500346800 * SECOND)
#define FIVE_PAST_TEN (1500343500 * SECOND)

#define KEEP_ALIVE "7E7E01001234567812342F0008020003591011155111036BCA"
#define TIMED                                                                                      \
	"7E7E05001122334403E832002B020034170718110016F1F1001122334448F0F0170718110020190000402619" \
	"0000403923000104903812109903A421"
#define HOURLY                                                                                     \
	"7E7E05001122334403E8340068020033170718110014F1F1001122334448F0F01707181005F46005000000"   \
	"14FFFFFFFFFF0000F0F017071811002619000040F0F01707181005F5C0000C000C001C00310031FFFFFFFFFF" \
	"FFFFFFFFFF00310031F0F0170718110039230001049020190000403812109903F502"
#define GATE                                                                                       \
	"7e7e0040590235c2123432002b020002241111102942f1f140590235c25af0f02411111029762aff00000172" \
	"772aff0000002178220000015203bb93"
#define CONFIRM "7E7E001010000101A00032800802000C20072417234906DB17"
#define WRONG_CRC                                                                                  \
	"7e7e010011111112000032002b02002b200321153057f1f1001111111248f0f0200321153039220000983620" \
	"19000000261900000038122400037b54"

static uint8_t bytes[8192];

static inline int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_sl651, NULL);
	return 0;
}

static inline uint16_t crc_of(const uint8_t *data, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

/* A frame of station 0011223344, centre 5. @return its length */
static inline size_t make(uint8_t *out, bool up, unsigned int fn, uint8_t start, const char *body,
			  uint8_t end)
{
	static uint8_t data[4096];
	size_t n = decode_hex(body, data, sizeof(data)), len = 14 + n;
	char head[64];
	uint16_t crc;

	snprintf(head, sizeof(head), "7e7e%s03e8%02x%04x%02x", up ? "050011223344" : "001122334405",
		 fn, (unsigned int)(n | (up ? 0 : 0x8000)), start);
	assert_int_equal(decode_hex(head, out, 14), 14);
	memcpy(out + 14, data, n);
	out[len++] = end;
	crc = crc_of(out, len);
	out[len++] = (uint8_t)(crc >> 8);
	out[len++] = (uint8_t)crc;
	return len;
}

static inline size_t make_ascii(uint8_t *out, bool up, unsigned int fn, uint8_t start,
				const char *body, uint8_t end)
{
	int n = snprintf((char *)out, 4096, "\x01%s03e8%02X%04X%c%s%c",
			 up ? "050011223344" : "001122334405", fn,
			 (unsigned int)(strlen(body) | (up ? 0 : 0x8000)), start, body, end);

	return (size_t)n + (size_t)sprintf((char *)out + n, "%04X", crc_of(out, (size_t)n));
}

/* One datagram with a frame up of function @p fn behind serial number 7 and 2017-07-18 11:00:16. */
static inline const struct cv_record *send(struct decode_run *r, unsigned int fn, const char *rest)
{
	char body[2048];

	snprintf(body, sizeof(body), "0007 170718110016 %s", rest);
	decode_run_clear(r);
	decode_datagram(r, true, bytes, make(bytes, true, fn, 2, body, 3));
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	assert_true(r->records > 0);
	return r->record[0];
}

static inline const struct cv_record *send_ascii(struct decode_run *r, unsigned int fn,
						 const char *rest)
{
	char body[2048];

	snprintf(body, sizeof(body), "0007170718110016%s", rest);
	decode_run_clear(r);
	decode_datagram(r, true, bytes, make_ascii(bytes, true, fn, 2, body, 3));
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	assert_true(r->records > 0);
	return r->record[0];
}

static inline void check(const struct cv_record *rec, unsigned int name, double value, int64_t ts)
{
	assert_int_equal(rec->name_id, name);
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	assert_true(rec->value.f64 == value);
	assert_int_equal(rec->ts_device_ns, ts);
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

#endif
