/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/gb18030.h"

#include "gb18030_table.h" /* generated: gb18030_two, gb18030_four */

#define REPLACEMENT 0xfffdu
#define TRAILS 190 /* second bytes of a character of two: 40-7E, 80-FE */

static uint32_t two_bytes(uint8_t a, uint8_t b)
{
	if (a < 0x81 || a > 0xfe || b < 0x40 || b == 0x7f || b > 0xfe)
		return 0;
	return gb18030_two[(a - 0x81) * TRAILS + b - (b > 0x7f ? 0x41 : 0x40)];
}

/* Four-byte characters are in the order of Unicode, but for gaps that two-byte ones fill. */
static uint32_t four_bytes(const uint8_t *c)
{
	const unsigned int count = sizeof(gb18030_four) / sizeof(gb18030_four[0]);
	unsigned int low = 0, high = count;
	uint32_t n;

	if (c[0] < 0x81 || c[0] > 0xfe || c[1] < 0x30 || c[1] > 0x39 || c[2] < 0x81 ||
	    c[2] > 0xfe || c[3] < 0x30 || c[3] > 0x39)
		return 0;
	n = (((c[0] - 0x81u) * 10 + c[1] - 0x30u) * 126 + c[2] - 0x81u) * 10 + c[3] - 0x30u;
	if (n >= 189000) /* planes 1 to 16 without a gap */
		return n - 189000 < 0x100000 ? n - 189000 + 0x10000 : 0;
	while (high - low > 1) {
		unsigned int mid = low + (high - low) / 2;

		if (gb18030_four[mid].first <= n)
			low = mid;
		else
			high = mid;
	}
	if (n - gb18030_four[low].first >= gb18030_four[low].count)
		return 0;
	return gb18030_four[low].unicode + (n - gb18030_four[low].first);
}

static size_t put(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

size_t cv_gb18030_to_utf8(const uint8_t *in, size_t len, uint8_t *out, bool *ret_clean)
{
	bool clean = true;
	size_t at = 0, n = 0;

	while (at < len) {
		uint32_t c = in[at] < 0x80 ? in[at] : 0;
		size_t took = 1;

		if (in[at] >= 0x80 && len - at >= 2) {
			c = two_bytes(in[at], in[at + 1]);
			took = 2;
		}
		if (in[at] >= 0x80 && c == 0 && len - at >= 4) {
			c = four_bytes(in + at);
			took = 4;
		}
		if (in[at] >= 0x80 && c == 0) {
			c = REPLACEMENT;
			took = 1;
			clean = false;
		}
		n += put(out + n, c);
		at += took;
	}
	if (ret_clean)
		*ret_clean = clean;
	return n;
}
