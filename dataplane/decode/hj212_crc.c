/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check code of HJ 212 annex A. It is not Modbus' CRC-16: the register is shifted by eight
 * before each byte is added, so one step is crc = T[(crc >> 8) ^ byte], and what the next step sees
 * of crc is its high byte alone. That byte is a linear function of the one before; hence the
 * contribution of each of eight bytes can be looked up on its own and the eight added up.
 */
#include "dataplane/decode/hj212_crc.h"
#include "dataplane/decode/crc16_table.h"

#define INIT 0xffff

/* slices[k][x]: what byte x contributes to the code when k bytes follow it. */
static const uint16_t slices[8][256] = {
	CRC16_TABLE(CRC16_A001),
	CRC16_TABLE(0x5000, 0x90c1, 0x5140, 0x5280, 0x5500, 0x5a00, 0x4400, 0x7800),
	CRC16_TABLE(0x3c00, 0x6c00, 0xfcc1, 0xfd81, 0x3fc0, 0x3b80, 0x3300, 0x2200),
	CRC16_TABLE(0x1100, 0x2d00, 0x4100, 0x81c1, 0x1040, 0xd341, 0x1540, 0x1980),
	CRC16_TABLE(0x0cc0, 0x1dc0, 0x30c0, 0x60c0, 0xcc01, 0x9d41, 0xcfc1, 0xcac1),
	CRC16_TABLE(0x0500, 0x09c0, 0x1400, 0x2800, 0x5500, 0xa9c1, 0x5440, 0x5780),
	CRC16_TABLE(0x03c0, 0x06c0, 0x0f00, 0x1e00, 0x3fc0, 0x7ec0, 0xff01, 0xfe41),
	CRC16_TABLE(0x0140, 0x0280, 0x0440, 0x0880, 0x1040, 0x2080, 0x4040, 0x8081),
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
