/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of decoders need that tell sessions and leave the content alone. */
#ifndef CLASSIFIED_TEST_H
#define CLASSIFIED_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/decode/decode_test.h"

/** What a record says of a session; "" = there is no such TLV. */
struct said {
	enum cv_kind kind;
	const char *method, *device, *code, *flag, *text;
};

static inline void said(const struct cv_record *rec, const struct said *want)
{
	assert_int_equal(rec->kind, want->kind);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), want->method);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), want->device);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), want->code);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), want->flag);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), want->text);
}

static inline void all_said(const struct decode_run *r, const struct said *want, size_t n)
{
	assert_int_equal(r->records, n);
	for (size_t i = 0; i < n; i++)
		said(r->record[i], &want[i]);
}

/** A sample as one segment or datagram of a new flow. @return its bytes' number. */
static inline size_t play(struct decode_run *r, bool tcp, bool from_client, const char *name)
{
	static uint8_t bytes[65536];
	size_t len = decode_sample(name, bytes, sizeof(bytes));

	r->origin.ip_proto = tcp ? 6 : 17;
	if (tcp)
		decode_segment(r, from_client, bytes, len);
	else
		decode_datagram(r, from_client, bytes, len);
	return len;
}

/** Every cut of a sample gives the same records. */
static inline void cut_anywhere(const struct cv_decoder *decoder, bool from_client,
				const char *name)
{
	static uint8_t bytes[65536];
	size_t len = decode_sample(name, bytes, sizeof(bytes));

	decode_any_cut(decoder, NULL, from_client, bytes, len);
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
