/* SPDX-License-Identifier: Apache-2.0 */
/* Check codes of described frames, a bit at a time: the frames are small and the kinds many. */
#include "dataplane/decode/byte_sum.h"
#include "dataplane/decode/vendor.h"

/* Low bit first. */
static uint32_t reflected(const uint8_t *data, size_t len, uint32_t polynomial, uint32_t crc)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
	}
	return crc;
}

/* x^16 + x^12 + x^5 + 1, high bit first. */
static uint32_t ccitt(const uint8_t *data, size_t len, uint32_t crc)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)data[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	return crc;
}

static uint32_t xor8(const uint8_t *data, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum ^= data[i];
	return sum;
}

uint32_t vendor_checksum(enum cv_vendor_checksum kind, const uint8_t *data, size_t len)
{
	switch (kind) {
	case CV_VENDOR_SUM8:
		return cv_byte_sum(data, len);
	case CV_VENDOR_XOR8:
		return xor8(data, len);
	case CV_VENDOR_CRC16_MODBUS:
		return reflected(data, len, 0xa001, 0xffff);
	case CV_VENDOR_CRC16_X25:
		return reflected(data, len, 0x8408, 0xffff) ^ 0xffff;
	case CV_VENDOR_CRC16_CCITT:
		return ccitt(data, len, 0xffff);
	case CV_VENDOR_CRC16_XMODEM:
		return ccitt(data, len, 0);
	case CV_VENDOR_CRC32:
		return ~reflected(data, len, 0xedb88320, UINT32_MAX);
	default:
		return 0;
	}
}
