/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three ways, by cost:
 *  1. up to 15 digits and a power of ten up to 10^22: both are exact doubles, one operation rounds
 *     once (Clinger 1990);
 *  2. up to 19 digits and a power up to 10^27: exact 128-bit integer arithmetic;
 *  3. everything else: a product in 128 bits with a bound on its error (decimal_product.c), which
 *     decides all but numbers next to the middle between two doubles;
 *  4. those: exact arithmetic on a fixed number of limbs. Costs microseconds, so CV_DECIMAL_MAX
 *     also bounds what hostile input can make us spend per byte.
 */
#include "dataplane/decode/decimal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef unsigned __int128 u128;

/* The largest number met is below 10^310 (1030 bits); the largest divisor 5^394 has 915 bits. */
#define LIMBS 24
/* Beyond these decimal positions of the first digit the result is 0 or too large for sure. */
#define MAGNITUDE_MIN (-330)
#define MAGNITUDE_MAX 310
#define EXPONENT_CAP 100000

struct decimal {
	uint64_t head; /* first 19 significant digits as an integer */
	const char *digits; /* first significant digit in the text */
	unsigned int count; /* significant digits, trailing zeros included */
	int exponent; /* value = digits as an integer * 10^exponent */
	bool negative;
};

struct big {
	uint64_t limb[LIMBS]; /* little-endian */
	unsigned int used;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void take_digit(struct decimal *d, const char *at)
{
	if (d->count == 0 && *at == '0')
		return;
	if (d->count == 0)
		d->digits = at;
	if (d->count < 19)
		d->head = d->head * 10 + (uint64_t)(*at - '0');
	d->count++;
}

static int scan_exponent(const char *at, const char *end, int *exponent)
{
	bool negative = false;
	int e = 0;

	if (at < end && (*at == '+' || *at == '-'))
		negative = *at++ == '-';
	if (at == end)
		return -EINVAL;
	for (; at < end; at++) {
		if (!is_digit(*at))
			return -EINVAL;
		if (e < EXPONENT_CAP)
			e = e * 10 + (*at - '0');
	}
	*exponent += negative ? -e : e;
	return 0;
}

static int scan(const char *text, size_t len, struct decimal *d)
{
	const char *at = text, *end = text + len;
	bool point = false, any = false;

	if (at < end && (*at == '+' || *at == '-'))
		d->negative = *at++ == '-';
	for (; at < end; at++) {
		if (is_digit(*at)) {
			take_digit(d, at);
			d->exponent -= point;
			any = true;
		} else if (*at == '.' && !point) {
			point = true;
		} else {
			break;
		}
	}
	if (!any)
		return -EINVAL;
	if (at == end)
		return 0;
	if (*at != 'e' && *at != 'E')
		return -EINVAL;
	return scan_exponent(at + 1, end, &d->exponent);
}

static double from_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static unsigned int bit_length(u128 v)
{
	uint64_t hi = (uint64_t)(v >> 64), lo = (uint64_t)v;

	return hi ? 128 - (unsigned int)__builtin_clzll(hi)
		  : 64 - (unsigned int)__builtin_clzll(lo);
}

/*
 * Round v * 2^exp2, plus something smaller than one unit of v when sticky, to the nearest double.
 * v != 0 and, when sticky, at least 55 bits long.
 */
static int round_to_double(u128 v, int exp2, bool sticky, double *ret)
{
	unsigned int bits = bit_length(v);
	int drop = (int)bits - 53;
	uint64_t mantissa;
	int exponent;

	/* Subnormals keep fewer bits: the lowest bit of a double is worth 2^-1074. */
	if (exp2 + drop < -1074)
		drop = -1074 - exp2;
	if (drop >= 127) {
		*ret = 0.0;
		return 0;
	}
	if (drop > 0) {
		u128 half = (u128)1 << (drop - 1);
		u128 rest = v & ((half << 1) - 1);

		mantissa = (uint64_t)(v >> drop);
		if (rest > half || (rest == half && (sticky || (mantissa & 1))))
			mantissa++;
	} else {
		mantissa = (uint64_t)v << -drop;
	}
	exponent = exp2 + drop;
	if (mantissa >> 53) {
		mantissa >>= 1;
		exponent++;
	}
	if (exponent > 971)
		return -ERANGE;
	if (mantissa >> 52)
		*ret = from_bits((uint64_t)(exponent + 1075) << 52 |
				 (mantissa & (UINT64_MAX >> 12)));
	else
		*ret = from_bits(mantissa);
	return 0;
}

static uint64_t pow5_small(unsigned int n)
{
	uint64_t p = 1;

	for (uint64_t b = 5; n; n >>= 1, b *= b)
		if (n & 1)
			p *= b;
	return p;
}

/*
 * hi * 2^64 / d for hi < d, by two 32-bit quotient digits (Knuth, TAOCP 4.3.1 algorithm D); a plain
 * 128-bit division would be a call into libgcc.
 */
static uint64_t divide(uint64_t hi, uint64_t d, bool *exact)
{
	int zeros = __builtin_clzll(d);
	uint64_t quotient = 0, high, low;

	d <<= zeros;
	hi <<= zeros;
	high = d >> 32;
	low = (uint32_t)d;
	for (int digit = 0; digit < 2; digit++) {
		uint64_t q = hi / high, rest = hi % high;

		/* The estimate is at most 2 too large, because the divisor's top bit is set. */
		while (rest >> 32 == 0 && (q >> 32 || q * low > rest << 32)) {
			q--;
			rest += high;
		}
		hi = (hi << 32) - q * d;
		quotient = quotient << 32 | q;
	}
	*exact = hi == 0;
	return quotient;
}

/* head * 10^e with |e| <= 27, exactly; 5^27 < 2^63. */
static int convert_medium(uint64_t head, int e, double *ret)
{
	uint64_t divisor, high, low;
	int zeros;
	bool exact;

	if (e >= 0)
		return round_to_double((u128)head * pow5_small((unsigned int)e), e, false, ret);
	zeros = __builtin_clzll(head);
	head <<= zeros;
	divisor = pow5_small((unsigned int)-e);
	high = head / divisor;
	low = divide(head % divisor, divisor, &exact);
	return round_to_double((u128)high << 64 | low, e - 64 - zeros, !exact, ret);
}

static void big_mul_add(struct big *b, uint64_t factor, uint64_t add)
{
	u128 carry = add;

	for (unsigned int i = 0; i < b->used; i++) {
		carry += (u128)b->limb[i] * factor;
		b->limb[i] = (uint64_t)carry;
		carry >>= 64;
	}
	if (carry)
		b->limb[b->used++] = (uint64_t)carry;
}

static void big_mul_pow5(struct big *b, unsigned int n)
{
	for (; n > 27; n -= 27)
		big_mul_add(b, 7450580596923828125ull, 0); /* 5^27 */
	big_mul_add(b, pow5_small(n), 0);
}

static unsigned int big_bits(const struct big *b)
{
	return 64 * b->used - (unsigned int)__builtin_clzll(b->limb[b->used - 1]);
}

static void big_shift_left(struct big *b, unsigned int n)
{
	unsigned int limbs = n / 64, bits = n % 64;

	memmove(b->limb + limbs, b->limb, b->used * sizeof(b->limb[0]));
	memset(b->limb, 0, limbs * sizeof(b->limb[0]));
	b->used += limbs;
	if (bits)
		big_mul_add(b, 1ull << bits, 0);
}

/* a -= b when a >= b. Returns whether it did. */
static bool big_take(struct big *a, const struct big *b)
{
	uint64_t difference[LIMBS];
	uint64_t borrow = 0;

	if (a->used < b->used)
		return false;
	for (unsigned int i = 0; i < a->used; i++) {
		u128 d = (u128)a->limb[i] - (i < b->used ? b->limb[i] : 0) - borrow;

		difference[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	if (borrow)
		return false;
	memcpy(a->limb, difference, a->used * sizeof(a->limb[0]));
	while (a->used > 0 && a->limb[a->used - 1] == 0)
		a->used--;
	return true;
}

static void big_from_digits(struct big *b, const struct decimal *d)
{
	unsigned int left = d->count;

	b->used = 0;
	for (const char *at = d->digits; left > 0; at++) {
		if (!is_digit(*at))
			continue; /* the point */
		big_mul_add(b, 10, (uint64_t)(*at - '0'));
		left--;
	}
}

/* Top 64 bits of b as an integer; the exponent of its lowest bit and whether bits were left out. */
static uint64_t big_top(const struct big *b, int *exp2, bool *sticky)
{
	unsigned int low = big_bits(b) > 64 ? big_bits(b) - 64 : 0;
	unsigned int limb = low / 64, bits = low % 64;
	uint64_t top = b->limb[limb] >> bits;

	if (bits && limb + 1 < b->used)
		top |= b->limb[limb + 1] << (64 - bits);
	*exp2 = (int)low;
	*sticky = bits && (b->limb[limb] << (64 - bits)) != 0;
	for (unsigned int i = 0; i < limb; i++)
		*sticky |= b->limb[i] != 0;
	return top;
}

static int convert_large(const struct decimal *d, double *ret)
{
	struct big n, divisor = {.limb = {1}, .used = 1};
	uint64_t quotient = 0;
	bool sticky;
	int exp2, shift;

	big_from_digits(&n, d);
	if (d->exponent >= 0) {
		big_mul_pow5(&n, (unsigned int)d->exponent);
		quotient = big_top(&n, &exp2, &sticky);
		return round_to_double(quotient, exp2 + d->exponent, sticky, ret);
	}
	/* Long division, one bit at a time, for a quotient of 63 or 64 bits. */
	big_mul_pow5(&divisor, (unsigned int)-d->exponent);
	shift = (int)big_bits(&n) - (int)big_bits(&divisor);
	if (shift < 0)
		big_shift_left(&n, (unsigned int)-shift);
	else
		big_shift_left(&divisor, (unsigned int)shift);
	for (int bit = 0; bit < 64; bit++) {
		quotient = quotient << 1 | big_take(&n, &divisor);
		if (n.used)
			big_shift_left(&n, 1);
	}
	return round_to_double(quotient, shift - 63 + d->exponent, n.used != 0, ret);
}

double cv_decimal_small(uint64_t head, int e)
{
	static const double pow10[] = {1e0,  1e1,  1e2,	 1e3,  1e4,  1e5,  1e6,	 1e7,
				       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

	return e < 0 ? (double)head / pow10[-e] : (double)head * pow10[e];
}

static int convert(const struct decimal *d, double *ret)
{
	int e = d->exponent;
	int magnitude = e + (int)d->count;

	if (d->count <= CV_DECIMAL_SMALL && e >= -CV_DECIMAL_POWER && e <= CV_DECIMAL_POWER) {
		*ret = cv_decimal_small(d->head, e);
		return 0;
	}
	if (magnitude > MAGNITUDE_MAX)
		return -ERANGE;
	if (magnitude < MAGNITUDE_MIN) {
		*ret = 0.0;
		return 0;
	}
	if (d->count <= 19 && e >= -27 && e <= 27)
		return convert_medium(d->head, e, ret);
	if (cv_decimal_product(d->head, e + (d->count > 19 ? (int)d->count - 19 : 0), d->count > 19,
			       ret))
		return 0;
	return convert_large(d, ret);
}

/*
 * Digits, with a sign and a point or without: what devices send. All else, and
 * what is not a number, is left to scan().
 */
static bool plain(const char *text, size_t len, int shift, double *ret)
{
	const char *at = text, *end = text + len, *point = NULL, *first;
	uint64_t head = 0;
	double value;

	if (len > CV_DECIMAL_SMALL + 1)
		return false;
	at += len != 0 && *at == '-';
	for (first = at; at < end; at++) {
		unsigned int digit = (unsigned int)(*at - '0');

		if (digit <= 9)
			head = head * 10 + digit;
		else if (*at == '.' && point == NULL)
			point = at;
		else
			return false;
	}
	if (end - first - (point != NULL) < 1 || end - first - (point != NULL) > CV_DECIMAL_SMALL)
		return false;
	shift -= point ? (int)(end - point - 1) : 0;
	if (shift < -CV_DECIMAL_POWER || shift > CV_DECIMAL_POWER)
		return false;
	value = cv_decimal_small(head, shift);
	*ret = first != text ? -value : value;
	return true;
}

int cv_decimal_parse(const char *text, size_t len, int shift, double *ret)
{
	struct decimal d = {0};
	double value = 0.0;
	int r;

	if (plain(text, len, shift, ret))
		return 0;
	if (len > CV_DECIMAL_MAX)
		return -E2BIG;
	r = scan(text, len, &d);
	if (r < 0)
		return r;
	if (d.count != 0) {
		d.exponent += shift;
		r = convert(&d, &value);
		if (r < 0)
			return r;
	}
	*ret = d.negative ? -value : value;
	return 0;
}
