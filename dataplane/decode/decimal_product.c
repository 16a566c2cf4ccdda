/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decimal times a power of ten in 128 bits, with a known bound on the error. If both ends of the
 * error interval round to the same double, that is the result; only a number next to the middle
 * between two doubles, or at the edge of their range, stays undecided.
 */
#include "dataplane/decode/decimal.h"

#include <string.h>

#define STEP 28 /* powers of five per row of big_powers; 5^27 < 2^64 < 5^28 */
#define FIRST_ROW (-13)

typedef unsigned __int128 u128;

/* 5^(28 k), k from FIRST_ROW, scaled by a power of two to [2^127, 2^128) and cut. */
static const uint64_t big_powers[][2] = {
	{0xe1afa13afbd14d6dull, 0x82189c09a3a1ec21ull}, /* 5^-364 */
	{0xe3e27a444d8d98b7ull, 0xfd1b1b2308169b25ull}, /* 5^-336 */
	{0xe61acf033d1a45dfull, 0x6fb92487298e33bdull}, /* 5^-308 */
	{0xe858ad248f5c22c9ull, 0xd1b3400f8f9cff68ull}, /* 5^-280 */
	{0xea9c227723ee8bcbull, 0x465e15a979c1cadcull}, /* 5^-252 */
	{0xece53cec4a314ebdull, 0xa4f8bf5635246428ull}, /* 5^-224 */
	{0xef340a98172aace4ull, 0x86fb897116c87c34ull}, /* 5^-196 */
	{0xf18899b1bc3f8ca1ull, 0xdc44e6c3cb279ac1ull}, /* 5^-168 */
	{0xf3e2f893dec3f126ull, 0x5a89dba3c3efccfaull}, /* 5^-140 */
	{0xf64335bcf065d37dull, 0x4d4617b5ff4a16d5ull}, /* 5^-112 */
	{0xf8a95fcf88747d94ull, 0x75a44c6397ce912aull}, /* 5^-84 */
	{0xfb158592be068d2eull, 0xeed6e2f0f0d56712ull}, /* 5^-56 */
	{0xfd87b5f28300ca0dull, 0x8bca9d6e188853fcull}, /* 5^-28 */
	{0x8000000000000000ull, 0x0000000000000000ull}, /* 5^0 */
	{0x813f3978f8940984ull, 0x4000000000000000ull}, /* 5^28 */
	{0x82818f1281ed449full, 0xbff8f10e7a8921a4ull}, /* 5^56 */
	{0x83c7088e1aab65dbull, 0x792667c6da79e0faull}, /* 5^84 */
	{0x850fadc09923329eull, 0x03e2cf6bc604ddb0ull}, /* 5^112 */
	{0x865b86925b9bc5c2ull, 0x0b8a2392ba45a9b2ull}, /* 5^140 */
	{0x87aa9aff79042286ull, 0x90fb44d2f05d0842ull}, /* 5^168 */
	{0x88fcf317f22241e2ull, 0x441fece3bdf81f03ull}, /* 5^196 */
	{0x8a5296ffe33cc92full, 0x82bd6b70d99aaa6full}, /* 5^224 */
	{0x8bab8eefb6409c1aull, 0x1ad089b6c2f7548eull}, /* 5^252 */
	{0x8d07e33455637eb2ull, 0xdb0b487b6423e1e8ull}, /* 5^280 */
	{0x8e679c2f5e44ff8full, 0x570f09eaa7ea7648ull}, /* 5^308 */
};

static const uint64_t small_powers[STEP] = {
	1,
	5,
	25,
	125,
	625,
	3125,
	15625,
	78125,
	390625,
	1953125,
	9765625,
	48828125,
	244140625,
	1220703125,
	6103515625,
	30517578125,
	152587890625,
	762939453125,
	3814697265625,
	19073486328125,
	95367431640625,
	476837158203125,
	2384185791015625,
	11920928955078125,
	59604644775390625,
	298023223876953125,
	1490116119384765625,
	7450580596923828125,
};

/* value = bits * 2^exponent, bits in [2^127, 2^128), known up to error units too little. */
struct product {
	u128 bits;
	u128 error;
	int exponent;
};

/* The double's bits; the caller has seen that it is below 2^1023. */
static uint64_t rounded(u128 bits, int exponent)
{
	int top = exponent + 127; /* power of two of the leading bit */
	int shift = 128 - 53;
	uint64_t biased = 0, kept;
	u128 rest, half;

	if (top < -1022) /* subnormal: fewer bits are kept */
		shift += -1022 - top;
	else
		biased = (uint64_t)(top + 1022); /* the leading bit adds the 1 that is missing */
	if (shift > 128)
		return 0;
	half = (u128)1 << (shift - 1);
	kept = shift == 128 ? 0 : (uint64_t)(bits >> shift);
	rest = bits & (half | (half - 1));
	if (rest > half || (rest == half && (kept & 1)))
		kept++; /* a carry out of the mantissa lands in the exponent, as it should */
	return (biased << 52) + kept;
}

static void normalize(struct product *p)
{
	if (!(uint64_t)(p->bits >> 127)) {
		p->bits <<= 1;
		p->error <<= 1;
		p->exponent--;
	}
}

static struct product multiply(uint64_t mantissa, int exponent, bool cut)
{
	int row = (exponent - FIRST_ROW * STEP) / STEP;
	int row_power = row + FIRST_ROW;
	uint64_t five = small_powers[exponent - row_power * STEP];
	int up = __builtin_clzll(mantissa), up_five = __builtin_clzll(five);
	struct product p = {
		.bits = (u128)(mantissa << up) * (five << up_five),
		.exponent = exponent - up - up_five,
	};
	uint64_t high, low, row_high = big_powers[row][0], row_low = big_powers[row][1];

	normalize(&p);
	if (row_power != 0) {
		high = (uint64_t)(p.bits >> 64);
		low = (uint64_t)p.bits;
		p.bits = (u128)high * row_high + (uint64_t)((u128)high * row_low >> 64) +
			 (uint64_t)((u128)low * row_high >> 64);
		/* Less than one unit each: three partial products cut, and the row itself. */
		p.error = 4;
		/* floor(log2(5^28k)) = 65 k, for negative k 65 k - 1. */
		p.exponent += 128 + 65 * row_power - (row_power < 0 ? 128 : 127);
		normalize(&p);
	}
	if (cut) /* what was left out is worth less than 1 in 10^18 > 2^59 */
		p.error += (u128)1 << (128 - 59);
	return p;
}

bool cv_decimal_product(uint64_t mantissa, int exponent, bool cut, double *ret)
{
	struct product p;
	uint64_t low;

	if (mantissa == 0 || exponent < FIRST_ROW * STEP || exponent > 308 + STEP - 1)
		return false;
	p = multiply(mantissa, exponent, cut);
	if (p.exponent + 127 > 1022 || p.bits + p.error < p.bits)
		return false;
	low = rounded(p.bits, p.exponent);
	if (low != rounded(p.bits + p.error, p.exponent))
		return false;
	memcpy(ret, &low, sizeof(*ret));
	return true;
}
