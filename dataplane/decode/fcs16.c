/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/fcs16.h"
#include "dataplane/decode/crc16_table.h"

#define INIT 0xffff

/* x^16 + x^12 + x^5 + 1, reflected. */
static const uint16_t table[256] =
	CRC16_TABLE(0x1189, 0x2312, 0x4624, 0x8c48, 0x1081, 0x2102, 0x4204, 0x8408);

uint16_t cv_fcs16(const uint8_t *data, size_t len)
{
	uint16_t crc = INIT;

	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc >> 8 ^ table[(crc ^ data[i]) & 0xff]);
	return (uint16_t)~crc;
}
