/* SPDX-License-Identifier: Apache-2.0 */
/* What the MQTT tests share; include after cmocka.h. */
#ifndef MQTT_TEST_H
#define MQTT_TEST_H

#include <string.h>

#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_mqtt;

static inline struct decode_run *mqtt_run(void)
{
	struct decode_run *r = decode_run_new(&cv_decoder_mqtt, NULL);

	r->origin.ip_proto = 6;
	return r;
}

/* Client "dev" connects and is accepted; results are cleared. */
static inline void mqtt_connect(struct decode_run *r, int version)
{
	static const char *const connect[] = {
		[3] = "1011 0006 4d5149736470 03 02 000a 0003 646576",
		[4] = "100f 0004 4d515454 04 02 000a 0003 646576",
		[5] = "1010 0004 4d515454 05 02 000a 00 0003 646576",
	};

	decode_segment_hex(r, true, connect[version]);
	decode_segment_hex(r, false, version == 5 ? "2003000000" : "20020000");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 2);
	assert_int_equal(r->rejected, 0);
	decode_run_clear(r);
}

/* The one record that all input so far made. */
static inline const struct cv_record *mqtt_one(const struct decode_run *r)
{
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 1);
	assert_int_equal(cv_record_check(r->record[0], CV_RECORD_MAX), 0);
	return r->record[0];
}

#define assert_text(rec, tag, want) assert_string_equal(decode_text(rec, tag), want)

/* The last thing rejected, and nothing recorded for it. */
#define assert_reject(r, reason)                                                                   \
	do {                                                                                       \
		assert_true((r)->rejected > 0);                                                    \
		assert_string_equal(cv_reject_name((r)->reject[(r)->rejected - 1]),                \
				    cv_reject_name(reason));                                       \
	} while (0)

#endif
