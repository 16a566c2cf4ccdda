/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that the tests of GB/T 26875.3 share: those of the examples that go round with it (a unit's
 * maker's, address 0x379, centre 0x5b38), and how one is made. */
#ifndef CV_GB26875_FRAMES_H
#define CV_GB26875_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/decode/gb26875.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_gb26875;

#define UP "79 03 00 00 00 00 38 5B 01 00 00 00"
#define DOWN "38 5B 01 00 00 00 79 03 00 00 00 00"
#define SENT "40 40 01 00 01 01 20 3A 09 1A 09 0C "
#define ANSWERED "40 40 01 00 01 01 23 3A 09 1A 09 0C "
#define TIME "02 3A 09 1A 09 0C" /* 2012-09-26 09:58:02 */
#define TIME_NS (1348624682ll * 1000000000)
#define BLANKS                                                                                     \
	"20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 "  \
	"20 00"

#define SMOKE_FIRE SENT UP "30 00 02 02 01 01 01 28 0A 00 02 00 02 00" BLANKS TIME "46 23 23"
#define MAIN_POWER SENT UP "09 00 02 15 01 08" TIME "42 23 23"
#define GUARD_ANSWER SENT UP "0A 00 02 18 01 20 01" TIME "5F 23 23"

static inline int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_gb26875, NULL);
	return 0;
}

/* A frame around a data unit, sent by the unit 0x379. @return its length. */
static inline size_t frame(uint8_t command, const char *app_hex, uint8_t *out)
{
	uint8_t app[1024];
	size_t n = decode_hex(app_hex, app, sizeof(app)), len;
	bool down = command == GB26875_CONTROL || command == GB26875_REQUEST;
	unsigned int sum = 0;

	len = decode_hex(SENT, out, 12);
	len += decode_hex(down ? DOWN : UP, out + len, 12);
	out[len++] = (uint8_t)n;
	out[len++] = (uint8_t)(n >> 8);
	out[len++] = command;
	memcpy(out + len, app, n);
	len += n;
	for (size_t i = 2; i < len; i++)
		sum += out[i];
	out[len++] = (uint8_t)sum;
	out[len++] = '#';
	out[len++] = '#';
	return len;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

#endif
