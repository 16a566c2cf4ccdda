/* SPDX-License-Identifier: Apache-2.0 */
/* Frames for the tests of DL/T 698.45; check sequences are computed bit by bit, not as the decoder does. */
#ifndef DLT698_TEST_H
#define DLT698_TEST_H

#include <string.h>

#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_dlt698;

/* Control fields. */
#define REQUEST 0x43
#define ANSWER 0xc3
#define REPORT 0x83
#define FRAGMENT 0x20
#define SCRAMBLED 0x08

static inline void put_fcs(uint8_t *frame, size_t at)
{
	unsigned int crc = 0xffff;

	for (size_t i = 1; i < at; i++) {
		crc ^= frame[i];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1;
	}
	frame[at] = (uint8_t)~crc;
	frame[at + 1] = (uint8_t)(~crc >> 8);
}

/* A frame of meter 072605121234 around @p n bytes of user data. @return its length. */
static inline size_t frame_of(uint8_t *out, uint8_t control, const uint8_t *data, size_t n)
{
	static const uint8_t server[] = {0x05, 0x34, 0x12, 0x12, 0x05, 0x26, 0x07, 0x10};
	size_t size = 4 + sizeof(server) + 2 + n + 2;

	out[0] = 0x68;
	out[1] = (uint8_t)(size - 1);
	out[2] = (uint8_t)((size - 1) >> 8);
	out[3] = control;
	memcpy(out + 4, server, sizeof(server));
	put_fcs(out, 12);
	for (size_t i = 0; i < n; i++)
		out[14 + i] = (uint8_t)(data[i] + (control & SCRAMBLED ? 0x33 : 0));
	put_fcs(out, 14 + n);
	out[size] = 0x16;
	return size + 1;
}

static inline size_t frame_hex(uint8_t *out, uint8_t control, const char *hex)
{
	uint8_t data[4096];

	return frame_of(out, control, data, decode_hex(hex, data, sizeof(data)));
}

/* Send one, which must be taken, to a run without results. */
static inline void send_apdu(struct decode_run *r, uint8_t control, const char *hex)
{
	uint8_t out[4200];

	decode_run_clear(r);
	decode_segment(r, control & 0x80, out, frame_hex(out, control, hex));
}

#endif
