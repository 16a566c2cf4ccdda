/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of frames for the tests of the decoder `vendor`. */
#ifndef VENDOR_TEST_H
#define VENDOR_TEST_H

#include <stdlib.h>
#include <string.h>

#include "dataplane/normalize/vocabulary.h"
#include "dataplane/policy/generation_build.h"

/*
 * Frames of a pressure terminal: A55A, two bytes unknown, length of the whole frame, 12 letters of
 * identity, state; CRC-16 Modbus with its high byte first, 55AA.
 */
static const struct cv_gen_vendor vendor_terminal = {
	.name = "terminal",
	.sync = {0xa5, 0x5a},
	.end = {0x55, 0xaa},
	.sync_len = 2,
	.end_len = 2,
	.length_size = 2,
	.length_big = 1,
	.length_at = 3,
	.min = 39,
	.max = 1024,
	.checksum = CV_VENDOR_CRC16_MODBUS,
	.checksum_big = 1,
	.checksum_end = 4,
	.id_at = 5,
	.id_size = 12,
	.time_format = CV_VENDOR_TIME_EPOCH,
	.time_big = 1,
	.time_at = 31,
	.count = 5,
};

#define VENDOR_WHOLE .when = CV_VENDOR_ANY, .equals = CV_VENDOR_ANY, .big = 1

static const struct cv_gen_vendor_field vendor_terminal_fields[] = {
	{VENDOR_WHOLE, .at = 17, .size = 1, .type = CV_VENDOR_TYPE_U8, .bits = 4, .factor = 25,
	 .name_id = CV_NAME_DEVICE_BATTERY, .unit_id = CV_UNIT_PERCENT_EL},
	{VENDOR_WHOLE, .at = 18, .size = 1, .type = CV_VENDOR_TYPE_S8, .factor = 1,
	 .name_id = CV_NAME_DEVICE_RSSI, .unit_id = CV_UNIT_DBM},
	{.when = CV_VENDOR_ANY,
	 .equals = 2,
	 .at = 24,
	 .size = 1,
	 .type = CV_VENDOR_TYPE_U8,
	 .factor = 1,
	 .name = "raw.high"},
	{VENDOR_WHOLE, .at = 24, .size = 1, .type = CV_VENDOR_TYPE_U8, .factor = 1,
	 .name = "raw.state", .count = 2},
	{VENDOR_WHOLE, .at = 29, .size = 2, .type = CV_VENDOR_TYPE_U16, .factor = 1, .shift = 3,
	 .name_id = CV_NAME_WATER_PRESSURE, .unit_id = CV_UNIT_PA},
};

/* One frame with its fields; abort()s when they are no valid generation. */
static inline struct cv_generation *vendor_generation(const struct cv_gen_vendor *v,
						      const struct cv_gen_vendor_field *fields)
{
	static const struct cv_gen_vendor_text texts[] = {{0, "normal"}, {2, "high"}};
	struct cv_generation_build *b;
	struct cv_generation *gen = NULL;
	int err = cv_generation_build_create(&b);

	for (unsigned int i = 0; err == 0 && i < v->count; i++)
		err = cv_generation_build_vendor_field(b, &fields[i]);
	for (unsigned int i = 0; err == 0 && i < 2; i++)
		err = cv_generation_build_vendor_text(b, &texts[i]);
	if (err == 0)
		err = cv_generation_build_vendor(b, v);
	if (err == 0)
		err = cv_generation_build_finish(b, &gen);
	cv_generation_build_destroy(b);
	return err == 0 ? gen : NULL;
}

#endif
