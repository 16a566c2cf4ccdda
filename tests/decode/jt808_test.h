/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames for the tests of JT/T 808: published ones (SmallChi/JT808, yezhihao/jt808-server,
 * traccar/traccar), whose values their own tests state, and what is put together here from header,
 * body and a check code made byte by byte.
 */
#ifndef JT808_TEST_H
#define JT808_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_jt808;

#define SECOND 1000000000ll
/* 2018-07-15 10:10:10 in Beijing */
#define TEN_TEN (1531620610 * SECOND)

#define JT1                                                                                        \
	"7e0200002611223344556622b8000000010000000200ba7f0e07e4f11c0028003c00001807151010100104"   \
	"0000006402020037577e"
#define HEARTBEAT "7e00020000040021679287002b7d027e"
#define REGISTER                                                                                   \
	"7e0100002d000123456789000a002800323132333400736d616c6c6368693132330000000000000000004348" \
	"493132330001d4c14131323334358a7e"
#define REGISTER_2019                                                                              \
	"7e010040540100000000000123456789000a002800323132333400000000000000736d616c6c636869313233" \
	"0000000000000000000000000000000000000043484931323300000000000000000000000000000000000000" \
	"000000000001d4c1413132333435b27e"

/* traccar/traccar, Jt808ProtocolDecoderTest.java */
#define REGISTER_2011                                                                              \
	"7e01000021013345678906000f002c012f373031313142534a2d4d3742203030303030303001d4c14238"     \
	"38383838b47e"

/* Alarm and status word, 31.230416 N 121.473701 E, 12 m, 36.0 km/h, 90 degrees, TEN_TEN. */
#define PLACE(alarms, status) alarms status "01dc89d0073d8aa5000c0168005a180715101010"

static uint8_t bytes[65536];

static inline int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_jt808);
}

/* Terminal 013800138000; of 2019, 00000000013800138000. */
struct message {
	unsigned int id;
	unsigned int serial;
	const char *body;
	bool v2019;
	unsigned int total, index; /* packets, 0 = one */
	unsigned int encryption;
};

/* Write the frame of @p m, escaped. @return its length */
static inline size_t make(uint8_t *out, const struct message *m)
{
	static uint8_t plain[2048], body[1024];
	size_t n, len = decode_hex(m->body, body, sizeof(body)), at = 0;
	uint8_t sum = 0;
	char head[96];

	n = (size_t)snprintf(head, sizeof(head), "%04x%04x%s%04x", m->id,
			     (unsigned int)len | (m->v2019 ? 0x4000u : 0) |
				     (m->total ? 0x2000u : 0) | m->encryption << 10,
			     m->v2019 ? "0100000000013800138000" : "013800138000", m->serial);
	if (m->total)
		snprintf(head + n, sizeof(head) - n, "%04x%04x", m->total, m->index);
	n = decode_hex(head, plain, sizeof(plain));
	memcpy(plain + n, body, len);
	n += len;
	for (size_t i = 0; i < n; i++)
		sum ^= plain[i];
	plain[n++] = sum;
	out[at++] = 0x7e;
	for (size_t i = 0; i < n; i++) {
		if (plain[i] == 0x7e || plain[i] == 0x7d) {
			out[at++] = 0x7d;
			out[at++] = plain[i] == 0x7e ? 2 : 1;
		} else {
			out[at++] = plain[i];
		}
	}
	out[at++] = 0x7e;
	return at;
}

/* One message as a segment. @return its first record */
static inline const struct cv_record *send_message(struct decode_run *r, const struct message *m)
{
	decode_run_clear(r);
	decode_segment(r, m->id < 0x8000, bytes, make(bytes, m));
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	assert_true(r->records > 0);
	return r->record[0];
}

static inline const struct cv_record *send_body(struct decode_run *r, unsigned int id,
						const char *body)
{
	static unsigned int serial;

	return send_message(r, &(struct message){.id = id, .body = body, .serial = ++serial});
}

static inline const struct cv_record *find_name(const struct decode_run *r, unsigned int name)
{
	for (size_t i = 0; i < r->records; i++)
		if (r->record[i]->name_id == name)
			return r->record[i];
	return NULL;
}

static inline const struct cv_record *named(const struct decode_run *r, unsigned int name)
{
	const struct cv_record *rec = find_name(r, name);

	if (rec == NULL)
		fail_msg("no record %s", cv_name_text(name));
	return rec;
}

static inline double value_of(const struct decode_run *r, unsigned int name)
{
	const struct cv_record *rec = named(r, name);

	assert_int_equal(rec->value_type, CV_VALUE_F64);
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	return rec->value.f64;
}

static inline void check_position(const struct cv_record *rec, int32_t lat, int32_t lon,
				  int32_t alt)
{
	struct cv_position p;

	assert_int_equal(rec->name_id, CV_NAME_VEHICLE_POSITION);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_true(cv_record_position(rec, &p));
	assert_int_equal(p.lat, lat);
	assert_int_equal(p.lon, lon);
	assert_int_equal(p.alt, alt);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

#endif
