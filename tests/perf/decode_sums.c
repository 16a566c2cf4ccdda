/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check codes as a program that checks these frames would have them: a loop over the bytes, a
 * table of 256 for a CRC. Each returns what is wrong with the frame's own code, 0 = nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/hj212_crc.h"
#include "tests/decode/vendor_test.h"
#include "tests/perf/decode_pairs.h"

typedef unsigned int (*check_fn)(const uint8_t *m, size_t len);

static uint16_t table[256];

static void make_table(void)
{
	for (unsigned int x = 0; x < 256; x++) {
		table[x] = (uint16_t)x;
		for (int bit = 0; bit < 8; bit++)
			table[x] = (uint16_t)(table[x] >> 1 ^ (table[x] & 1 ? 0xa001 : 0));
	}
}

static uint16_t crc16(const uint8_t *m, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc >> 8 ^ table[(crc ^ m[i]) & 0xff]);
	return crc;
}

static uint8_t sum8(const uint8_t *m, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + m[i]);
	return sum;
}

static unsigned int hex4(const uint8_t *m)
{
	char text[5] = {(char)m[0], (char)m[1], (char)m[2], (char)m[3]};

	return (unsigned int)strtoul(text, NULL, 16);
}

/* HJ 212-2017 annex A: "##", length, data, code, CR LF. */
static unsigned int hj212(const uint8_t *m, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 6; i < len - 6; i++)
		crc = table[(crc >> 8) ^ m[i]];
	return crc ^ hex4(m + len - 6);
}

static unsigned int hj212_own(const uint8_t *m, size_t len)
{
	return cv_hj212_crc(m + 6, len - 12) ^ hex4(m + len - 6);
}

/* GB/T 26875.3 6.6: from behind "@@" up to the sum. */
static unsigned int gb26875(const uint8_t *m, size_t len)
{
	return (unsigned int)(sum8(m + 2, len - 5) ^ m[len - 3]);
}

/* DL/T 645 5.2.6: from the first 68 on, leaders passed over. */
static unsigned int dlt645(const uint8_t *m, size_t len)
{
	while (*m == 0xfe) {
		m++;
		len--;
	}
	return (unsigned int)(sum8(m, len - 2) ^ m[len - 2]);
}

/* SL 651 6.2.3, hexadecimal frames. */
static unsigned int sl651(const uint8_t *m, size_t len)
{
	return (unsigned int)(crc16(m, len - 2) ^ (m[len - 2] << 8 | m[len - 1]));
}

/* The terminal of tests/decode/vendor_test.h: Modbus RTU's CRC, high byte first, and 55AA. */
static unsigned int modbus_rtu(const uint8_t *m, size_t len)
{
	return (unsigned int)(crc16(m, len - 4) ^ (m[len - 4] << 8 | m[len - 3]));
}

/* JT/T 808 4.4: without the flags and escapes the XOR of everything is 0. */
static unsigned int jt808(const uint8_t *m, size_t len)
{
	static uint8_t plain[4096];
	size_t n = 0;
	uint8_t sum = 0;

	for (size_t i = 1; i < len - 1 && n < sizeof(plain); i++) {
		uint8_t c = m[i];

		if (c == 0x7d && i + 1 < len - 1)
			c = m[++i] == 2 ? 0x7e : 0x7d;
		plain[n++] = c;
	}
	for (size_t i = 0; i < n; i++)
		sum ^= plain[i];
	return sum;
}

static double run(const struct subject *s, unsigned int rounds, check_fn check)
{
	volatile unsigned int wrong = 0;
	double start = bench_now();

	for (unsigned int r = 0; r < rounds; r++)
		for (unsigned int i = 0; i < s->count; i++)
			wrong |= check(s->bytes + s->message[i].at, s->message[i].len);
	if (wrong)
		pairs_fail(s->decoder->name, "a check code is wrong");
	return bench_now() - start;
}

#define PASS(name)                                                                                 \
	static double name##_pass(const struct subject *s, unsigned int rounds)                    \
	{                                                                                          \
		return run(s, rounds, name);                                                       \
	}
PASS(hj212)
PASS(hj212_own)
PASS(gb26875)
PASS(jt808)
PASS(dlt645)
PASS(sl651)
PASS(modbus_rtu)

/* A round of the peer is the check that both find the same frames sound. */
static struct pair row(const char *name, struct subject *s, const char *b, const char *goal,
		       double (*peer)(const struct subject *, unsigned int))
{
	if (s->count == 0)
		pairs_fail(name, "no messages");
	peer(s, 1);
	return (struct pair){name, "records made", b, goal, s, subject_pass, peer};
}

static struct subject *from_city(enum cv_proto proto)
{
	struct subject *s = pairs_subject(proto, NULL);

	subject_from_citysim(s);
	return s;
}

unsigned int pairs_sums(struct pair *ret)
{
	struct subject *hj = from_city(CV_PROTO_HJ212);
	struct subject *vendor = pairs_subject(
		CV_PROTO_VENDOR, vendor_generation(&vendor_terminal, vendor_terminal_fields));

	make_table();
	subject_from_samples(vendor);
	ret[0] = row("hj212", hj, "its CRC alone, by table", "<= 2", hj212_pass);
	ret[1] = row("hj212", hj, "the decoder's own CRC, eight bytes at a time", "report",
		     hj212_own_pass);
	ret[2] = row("gb26875", from_city(CV_PROTO_GB26875), "its sum alone", "<= 2", gb26875_pass);
	ret[3] = row("jt808", from_city(CV_PROTO_JT808), "unescaped, and its XOR", "<= 2",
		     jt808_pass);
	ret[4] = row("dlt645", from_city(CV_PROTO_DLT645), "its sum alone", "<= 2", dlt645_pass);
	ret[5] = row("sl651", from_city(CV_PROTO_SL651), "its CRC alone, by table", "<= 2",
		     sl651_pass);
	ret[6] = row("modbus rtu crc", vendor, "its CRC alone, by table", "<= 2", modbus_rtu_pass);
	return 7;
}
