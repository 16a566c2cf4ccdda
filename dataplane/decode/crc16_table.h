/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of linear functions of a byte, as CRCs look them up; worked out by the compiler. */
#ifndef CV_CRC16_TABLE_H
#define CV_CRC16_TABLE_H

/** What each bit of a byte contributes, by the polynomial x^16 + x^15 + x^2 + 1, reflected. */
#define CRC16_A001 0xc0c1, 0xc181, 0xc301, 0xc601, 0xcc01, 0xd801, 0xf001, 0xa001

/* Contribution of x, by the contributions of its bits. */
#define CRC16_SUM(x, c0, c1, c2, c3, c4, c5, c6, c7)                                               \
	(((x)&1 ? c0 : 0) ^ ((x)&2 ? c1 : 0) ^ ((x)&4 ? c2 : 0) ^ ((x)&8 ? c3 : 0) ^               \
	 ((x)&16 ? c4 : 0) ^ ((x)&32 ? c5 : 0) ^ ((x)&64 ? c6 : 0) ^ ((x)&128 ? c7 : 0))
#define CRC16_SUM4(x, ...)                                                                         \
	CRC16_SUM(x, __VA_ARGS__), CRC16_SUM((x) + 1, __VA_ARGS__),                                \
		CRC16_SUM((x) + 2, __VA_ARGS__), CRC16_SUM((x) + 3, __VA_ARGS__)
#define CRC16_SUM16(x, ...)                                                                        \
	CRC16_SUM4(x, __VA_ARGS__), CRC16_SUM4((x) + 4, __VA_ARGS__),                              \
		CRC16_SUM4((x) + 8, __VA_ARGS__), CRC16_SUM4((x) + 12, __VA_ARGS__)
#define CRC16_SUM64(x, ...)                                                                        \
	CRC16_SUM16(x, __VA_ARGS__), CRC16_SUM16((x) + 16, __VA_ARGS__),                           \
		CRC16_SUM16((x) + 32, __VA_ARGS__), CRC16_SUM16((x) + 48, __VA_ARGS__)
/** The 256 values, by those of the eight bits. */
#define CRC16_TABLE(...)                                                                           \
	{                                                                                          \
		CRC16_SUM64(0, __VA_ARGS__), CRC16_SUM64(64, __VA_ARGS__),                         \
			CRC16_SUM64(128, __VA_ARGS__), CRC16_SUM64(192, __VA_ARGS__)               \
	}

#endif
