/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/handoff/handoff.h"

#include <string.h>

/* Castagnoli polynomial, bits reversed (RFC 3720 12.1 and B.4). */
#define POLY 0x82f63b78u

#define ROW1(c) (((c) >> 1) ^ (((c)&1u) ? POLY : 0u))
#define ROW4(c) ROW1(ROW1(ROW1(ROW1(c))))

/* Four bits at a time: 64 bytes of table, made by the preprocessor, nothing to initialise. */
static const uint32_t nibble[16] = {
	ROW4(0u), ROW4(1u), ROW4(2u),  ROW4(3u),  ROW4(4u),  ROW4(5u),	ROW4(6u),  ROW4(7u),
	ROW4(8u), ROW4(9u), ROW4(10u), ROW4(11u), ROW4(12u), ROW4(13u), ROW4(14u), ROW4(15u),
};

static uint32_t crc_portable(uint32_t crc, const uint8_t *p, size_t len)
{
	for (; len; len--) {
		crc ^= *p++;
		crc = (crc >> 4) ^ nibble[crc & 15];
		crc = (crc >> 4) ^ nibble[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const uint8_t *p,
							    size_t len)
{
	uint64_t wide = crc;

	for (; len >= 8; len -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len; len--)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}

/* Bytes of each of the three parts that are worked on at once. */
#define PART 1024u
/* x^(8 * n - 33) modulo the polynomial, bits reversed, for n of two parts and of one. */
#define OVER_TWO 0xa51b6135u
#define OVER_ONE 0x170076fau

/* What @p crc is with as many zero bytes behind it as @p over is for. */
__attribute__((target("sse4.2,pclmul"))) static uint32_t move(uint32_t crc, uint32_t over)
{
	__m128i product =
		_mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)over), 0);

	return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

/*
 * The instruction takes three cycles and one may begin in each: three parts of the data at once, put
 * together by multiplication, are three times as fast as one.
 */
__attribute__((target("sse4.2,pclmul"))) static uint32_t crc_three(uint32_t crc, const uint8_t *p,
								   size_t len)
{
	for (; len >= 3 * PART; len -= 3 * PART, p += 3 * PART) {
		uint64_t a = crc, b = 0, c = 0, words[3];

		for (size_t i = 0; i < PART; i += 8) {
			memcpy(&words[0], p + i, 8);
			memcpy(&words[1], p + PART + i, 8);
			memcpy(&words[2], p + 2 * PART + i, 8);
			a = _mm_crc32_u64(a, words[0]);
			b = _mm_crc32_u64(b, words[1]);
			c = _mm_crc32_u64(c, words[2]);
		}
		crc = move((uint32_t)a, OVER_TWO) ^ move((uint32_t)b, OVER_ONE) ^ (uint32_t)c;
	}
	return crc_sse42(crc, p, len);
}
#endif

uint32_t cv_crc32c_portable(uint32_t crc, const void *data, size_t len)
{
	return ~crc_portable(~crc, data, len);
}

uint32_t cv_crc32c(uint32_t crc, const void *data, size_t len)
{
#if defined(__x86_64__)
	if (len >= 3 * PART && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.2"))
		return ~crc_three(~crc, data, len);
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_sse42(~crc, data, len);
#endif
	return cv_crc32c_portable(crc, data, len);
}
