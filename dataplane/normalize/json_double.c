/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubles as the shortest decimal that reads back as the same double. Two ways, both exact:
 *
 * - Readings are nearly always short decimals. If m and 10^k are exact doubles, m / 10^k is the
 *   correctly rounded quotient (IEEE 754), so "m / 10^k == v" proves that the decimal reads back
 *   as v; the smallest k that passes has the fewest digits.
 * - All others: digit generation with big integers after Steele and White (1990), with the
 *   estimate of Burger and Dybvig (1996).
 */
#include <string.h>

#include "dataplane/normalize/json_write.h"

/* 5^324 * 2^53 * 10 and 2^1077 * 10 both stay below 2^1120. */
#define WORDS 36

struct big {
	uint32_t word[WORDS]; /* least significant first */
	int used; /* words in use; the top one is not 0 */
};

static void big_set(struct big *b, uint64_t v)
{
	memset(b, 0, sizeof(*b));
	b->word[0] = (uint32_t)v;
	b->word[1] = (uint32_t)(v >> 32);
	b->used = b->word[1] ? 2 : b->word[0] ? 1 : 0;
}

static void big_mul(struct big *b, uint32_t factor)
{
	uint64_t carry = 0;

	for (int i = 0; i < b->used; i++) {
		carry += (uint64_t)b->word[i] * factor;
		b->word[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry && b->used < WORDS)
		b->word[b->used++] = (uint32_t)carry;
}

static void big_mul_pow10(struct big *b, int exponent)
{
	for (; exponent >= 9; exponent -= 9)
		big_mul(b, 1000000000);
	for (; exponent > 0; exponent--)
		big_mul(b, 10);
}

static void big_shift(struct big *b, int bits)
{
	int words = bits / 32;

	memmove(b->word + words, b->word, (size_t)(WORDS - words) * sizeof(b->word[0]));
	memset(b->word, 0, (size_t)words * sizeof(b->word[0]));
	if (b->used)
		b->used += words;
	big_mul(b, UINT32_C(1) << (bits % 32));
}

static int big_cmp(const struct big *a, const struct big *b)
{
	if (a->used != b->used)
		return a->used < b->used ? -1 : 1;
	for (int i = a->used - 1; i >= 0; i--) {
		if (a->word[i] != b->word[i])
			return a->word[i] < b->word[i] ? -1 : 1;
	}
	return 0;
}

static void big_add(struct big *a, const struct big *b)
{
	uint64_t carry = 0;
	int n = a->used > b->used ? a->used : b->used;

	for (int i = 0; i < n; i++) {
		carry += (uint64_t)a->word[i] + b->word[i];
		a->word[i] = (uint32_t)carry;
		carry >>= 32;
	}
	a->used = n;
	if (carry && n < WORDS)
		a->word[a->used++] = (uint32_t)carry;
}

/* a -= b, for a >= b. */
static void big_sub(struct big *a, const struct big *b)
{
	uint64_t borrow = 0;

	for (int i = 0; i < a->used; i++) {
		uint64_t d = (uint64_t)a->word[i] - b->word[i] - borrow;

		a->word[i] = (uint32_t)d;
		borrow = d >> 63;
	}
	while (a->used > 0 && a->word[a->used - 1] == 0)
		a->used--;
}

/* v = num / den; the neighbours are low / den below and high / den above, halfway. */
struct fraction {
	struct big num, den, low, high;
	bool even; /* a halfway decimal reads back as v (round half to even) */
};

static int sum_cmp(const struct big *a, const struct big *b, const struct big *c)
{
	struct big sum = *a;

	big_add(&sum, b);
	return big_cmp(&sum, c);
}

static bool reaches_top(const struct fraction *f)
{
	int c = sum_cmp(&f->num, &f->high, &f->den);

	return f->even ? c >= 0 : c > 0;
}

/* Set up f so that 0.1 <= num / den < 1 and return k: v = num / den * 10^k. */
static int fraction_begin(struct fraction *f, uint64_t mantissa, int exponent)
{
	bool boundary = mantissa == UINT64_C(1) << 52 && exponent > -1074;
	int log2 = exponent + 63 - __builtin_clzll(mantissa);
	/*
	 * floor(log2 * log10(2)) + 1, the factor being 2^-32 units: never too high and at most one
	 * too low, because for |log2| < 1100 no product but 0 is nearer than 4e-4 to an integer.
	 */
	int k = (int)((log2 * INT64_C(1292913986)) >> 32) + 1;

	f->even = mantissa % 2 == 0;
	big_set(&f->num, mantissa);
	big_set(&f->den, 1);
	big_set(&f->low, 1);
	big_shift(&f->num, 1 + boundary + (exponent > 0 ? exponent : 0));
	big_shift(&f->den, 1 + boundary + (exponent < 0 ? -exponent : 0));
	big_shift(&f->low, exponent > 0 ? exponent : 0);
	f->high = f->low;
	big_shift(&f->high, boundary);
	if (k >= 0) {
		big_mul_pow10(&f->den, k);
	} else {
		big_mul_pow10(&f->num, -k);
		big_mul_pow10(&f->low, -k);
		big_mul_pow10(&f->high, -k);
	}
	if (reaches_top(f)) {
		big_mul(&f->den, 10);
		k++;
	}
	return k;
}

/* Digits of v = 0.d1d2... * 10^k. @return how many, at most 17. */
static int shortest_digits(uint64_t mantissa, int exponent, char *digits, int *ret_k)
{
	struct fraction f;
	int n = 0;

	*ret_k = fraction_begin(&f, mantissa, exponent);
	for (;;) {
		int digit = 0, below, c;
		bool low, top;

		big_mul(&f.num, 10);
		big_mul(&f.low, 10);
		big_mul(&f.high, 10);
		while (big_cmp(&f.num, &f.den) >= 0) {
			big_sub(&f.num, &f.den);
			digit++;
		}
		below = big_cmp(&f.num, &f.low);
		low = f.even ? below <= 0 : below < 0;
		top = reaches_top(&f);
		if (!low && !top && n < 16) {
			digits[n++] = (char)('0' + digit);
			continue;
		}
		c = sum_cmp(&f.num, &f.num, &f.den);
		digits[n++] = (char)('0' + digit + (low && top ? c >= 0 : top));
		return n;
	}
}

static size_t put_zeros(char *at, int n)
{
	memset(at, '0', n > 0 ? (size_t)n : 0);
	return n > 0 ? (size_t)n : 0;
}

/*
 * Place the point; an exponent below 1e-6 and from 1e16 on, so that whole numbers without one fit a
 * reader with 64-bit integers.
 */
static size_t layout(const char *digits, int n, int k, char *buf)
{
	char *at = buf;
	int e = k - 1;

	if (k > -6 && k <= 0) {
		*at++ = '0';
		*at++ = '.';
		at += put_zeros(at, -k);
		memcpy(at, digits, (size_t)n);
		return (size_t)(at + n - buf);
	}
	if (k > 0 && k <= 16) {
		int whole = n < k ? n : k;

		memcpy(at, digits, (size_t)whole);
		at += whole;
		at += put_zeros(at, k - n);
		if (n > k) {
			*at++ = '.';
			memcpy(at, digits + k, (size_t)(n - k));
			at += n - k;
		}
		return (size_t)(at - buf);
	}
	*at++ = digits[0];
	if (n > 1) {
		*at++ = '.';
		memcpy(at, digits + 1, (size_t)(n - 1));
		at += n - 1;
	}
	*at++ = 'e';
	if (e < 0) {
		*at++ = '-';
		e = -e;
	}
	if (e >= 100)
		*at++ = (char)('0' + e / 100);
	if (e >= 10)
		*at++ = (char)('0' + e / 10 % 10);
	*at++ = (char)('0' + e % 10);
	return (size_t)(at - buf);
}

/* The short decimals. @return digits written, 0 = not one of them. v > 0. */
static int decimal_digits(double v, char *digits, int *ret_k)
{
	static const double power[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,	 1e6,  1e7,
				       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

	for (int k = 0; k < 16; k++) {
		double scaled = v * power[k];
		uint64_t m;
		int n = 0;

		if (!(scaled < 1e15))
			return 0;
		m = (uint64_t)(scaled + 0.5);
		if (m == 0 || (double)m / power[k] != v)
			continue;
		for (uint64_t left = m; left != 0; left /= 10)
			n++;
		for (int i = n - 1; i >= 0; i--, m /= 10)
			digits[i] = (char)('0' + m % 10);
		*ret_k = n - k;
		return n;
	}
	return 0;
}

size_t cv_double_text(double v, char *buf)
{
	char digits[20];
	char *at = buf;
	uint64_t bits, mantissa;
	int n, k, exponent;

	if (v == 0) { /* the sign of zero means nothing in a reading */
		*at = '0';
		return 1;
	}
	if (v < 0) {
		*at++ = '-';
		v = -v;
	}
	n = decimal_digits(v, digits, &k);
	if (n == 0) {
		memcpy(&bits, &v, sizeof(bits));
		mantissa = bits & ((UINT64_C(1) << 52) - 1);
		exponent = (int)(bits >> 52 & 0x7ff);
		if (exponent != 0)
			mantissa |= UINT64_C(1) << 52;
		else
			exponent = 1; /* subnormal */
		n = shortest_digits(mantissa, exponent - 1075, digits, &k);
	}
	return (size_t)(at - buf) + layout(digits, n, k, at);
}
