/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check code of HJ 212 annex A. It is not Modbus' CRC-16: the register is shifted by eight
 * before each byte is added, so one step is crc = T[(crc >> 8) ^ byte], and what the next step sees
 * of crc is its high byte alone. That byte is a linear function of the one before; hence the
 * contribution of each of eight bytes can be looked up on its own and the eight added up.
 */
#include "dataplane/decode/hj212_crc.h"

#define INIT 0xffff

/* Contribution of x, by the contributions of its bits. */
#define SUM(x, c0, c1, c2, c3, c4, c5, c6, c7)                                                     \
	(((x)&1 ? c0 : 0) ^ ((x)&2 ? c1 : 0) ^ ((x)&4 ? c2 : 0) ^ ((x)&8 ? c3 : 0) ^               \
	 ((x)&16 ? c4 : 0) ^ ((x)&32 ? c5 : 0) ^ ((x)&64 ? c6 : 0) ^ ((x)&128 ? c7 : 0))
#define SUM4(x, ...)                                                                               \
	SUM(x, __VA_ARGS__), SUM((x) + 1, __VA_ARGS__), SUM((x) + 2, __VA_ARGS__),                 \
		SUM((x) + 3, __VA_ARGS__)
#define SUM16(x, ...)                                                                              \
	SUM4(x, __VA_ARGS__), SUM4((x) + 4, __VA_ARGS__), SUM4((x) + 8, __VA_ARGS__),              \
		SUM4((x) + 12, __VA_ARGS__)
#define SUM64(x, ...)                                                                              \
	SUM16(x, __VA_ARGS__), SUM16((x) + 16, __VA_ARGS__), SUM16((x) + 32, __VA_ARGS__),         \
		SUM16((x) + 48, __VA_ARGS__)
#define SLICE(...)                                                                                 \
	{                                                                                          \
		SUM64(0, __VA_ARGS__), SUM64(64, __VA_ARGS__), SUM64(128, __VA_ARGS__),            \
			SUM64(192, __VA_ARGS__)                                                    \
	}

/* slices[k][x]: what byte x contributes to the code when k bytes follow it. */
static const uint16_t slices[8][256] = {
	SLICE(0xc0c1, 0xc181, 0xc301, 0xc601, 0xcc01, 0xd801, 0xf001, 0xa001),
	SLICE(0x5000, 0x90c1, 0x5140, 0x5280, 0x5500, 0x5a00, 0x4400, 0x7800),
	SLICE(0x3c00, 0x6c00, 0xfcc1, 0xfd81, 0x3fc0, 0x3b80, 0x3300, 0x2200),
	SLICE(0x1100, 0x2d00, 0x4100, 0x81c1, 0x1040, 0xd341, 0x1540, 0x1980),
	SLICE(0x0cc0, 0x1dc0, 0x30c0, 0x60c0, 0xcc01, 0x9d41, 0xcfc1, 0xcac1),
	SLICE(0x0500, 0x09c0, 0x1400, 0x2800, 0x5500, 0xa9c1, 0x5440, 0x5780),
	SLICE(0x03c0, 0x06c0, 0x0f00, 0x1e00, 0x3fc0, 0x7ec0, 0xff01, 0xfe41),
	SLICE(0x0140, 0x0280, 0x0440, 0x0880, 0x1040, 0x2080, 0x4040, 0x8081),
};

uint16_t cv_hj212_crc(const uint8_t *data, size_t len)
{
	uint16_t crc = INIT;

	for (; len >= 8; len -= 8, data += 8)
		crc = (uint16_t)(slices[7][data[0] ^ (crc >> 8)] ^ slices[6][data[1]] ^
				 slices[5][data[2]] ^ slices[4][data[3]] ^ slices[3][data[4]] ^
				 slices[2][data[5]] ^ slices[1][data[6]] ^ slices[0][data[7]]);
	for (; len > 0; len--, data++)
		crc = slices[0][(crc >> 8) ^ *data];
	return crc;
}
