/* SPDX-License-Identifier: Apache-2.0 */
/* libc's iconv is the oracle: every two-byte character, and every four-byte one of the first plane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <iconv.h>

#include "dataplane/normalize/gb18030.h"

/* GB 18030-2000, -2005 and -2022 give some two dozen characters another place, in and out of the
 * private use area: whose libc knows another edition differs there. */
static bool moved(uint32_t c)
{
	return (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xfe10 && c <= 0xfe19) ||
	       (c >= 0x9fb4 && c <= 0x9fbb) || c == 0x1e3f || c == 0x20087 || c == 0x20089 ||
	       c == 0x200cc || c == 0x215d7 || c == 0x2298f || c == 0x241fe;
}

static uint32_t code_point(const uint8_t *s, size_t len)
{
	static const uint8_t head[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = s[0] & head[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

static uint32_t ours(const uint8_t *in, size_t len)
{
	uint8_t out[16];
	bool clean;
	size_t n = cv_gb18030_to_utf8(in, len, out, &clean);

	return clean && n <= 4 ? code_point(out, n) : 0;
}

static uint32_t theirs(iconv_t cd, const uint8_t *in, size_t len)
{
	uint8_t buf[4], out[16];
	char *src = (char *)buf, *dst = (char *)out;
	size_t left = len, room = sizeof(out);

	memcpy(buf, in, len);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &src, &left, &dst, &room) == (size_t)-1 || left != 0 || room < 12)
		return 0;
	return code_point(out, sizeof(out) - room);
}

static void compare(iconv_t cd, const uint8_t *in, size_t len)
{
	uint32_t a = ours(in, len), b = theirs(cd, in, len);

	if (a != b && !moved(a) && !moved(b))
		fail_msg("%02x %02x %02x %02x: U+%04X, by iconv U+%04X", in[0], in[1],
			 len == 4 ? in[2] : 0, len == 4 ? in[3] : 0, a, b);
}

static void every_character(void **state)
{
	iconv_t cd = iconv_open("UTF-8", "GB18030");
	uint8_t c[4];

	if (cd == (iconv_t)-1)
		skip();
	for (unsigned int n = 0; n < 126 * 190; n++) {
		unsigned int trail = n % 190;

		c[0] = (uint8_t)(0x81 + n / 190);
		c[1] = (uint8_t)(0x40 + trail + (trail >= 0x3f));
		compare(cd, c, 2);
	}
	for (unsigned int n = 0; n < 50000; n++) {
		c[0] = (uint8_t)(0x81 + n / 12600);
		c[1] = (uint8_t)(0x30 + n / 1260 % 10);
		c[2] = (uint8_t)(0x81 + n / 10 % 126);
		c[3] = (uint8_t)(0x30 + n % 10);
		compare(cd, c, 4);
	}
	iconv_close(cd);
}

static void check(const char *in, const char *want, bool clean)
{
	uint8_t out[64];
	bool got;
	size_t n = cv_gb18030_to_utf8((const uint8_t *)in, strlen(in), out, &got);

	out[n] = '\0';
	assert_string_equal((char *)out, want);
	assert_int_equal(got, clean);
}

static void texts(void **state)
{
	check("", "", true);
	check("plain 1.2", "plain 1.2", true);
	check("\xd1\xcc\xb8\xd0 2F", "烟感 2F", true);
	check("\x81\x30\x81\x30", "\xc2\x80", true); /* U+0080, the first of four bytes */
	check("\x90\x30\x81\x30", "\xf0\x90\x80\x80", true); /* U+10000 */
	check("\xe3\x32\x9a\x35", "\xf4\x8f\xbf\xbf", true); /* U+10FFFF, the last */
	check("\xd1\xcc\xb8", "烟\xef\xbf\xbd", false); /* cut in the middle */
	check("\xff"
	      "a",
	      "\xef\xbf\xbd"
	      "a",
	      false);
	check("\x80", "\xef\xbf\xbd", false);
	check("\x81\x30",
	      "\xef\xbf\xbd"
	      "0",
	      false);
	check("\xe3\x32\x9a\x36",
	      "\xef\xbf\xbd"
	      "2\xef\xbf\xbd"
	      "6",
	      false); /* behind the last */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
