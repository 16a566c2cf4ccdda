/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts put together from pieces and numbers, without libc: names, codes, component ids. */
#ifndef CV_LABEL_H
#define CV_LABEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** On the stack of who builds it. A piece that does not fit is cut. */
struct cv_label {
	size_t len;
	char text[88];
};

static inline void cv_label_bytes(struct cv_label *l, const void *bytes, size_t len)
{
	size_t room = sizeof(l->text) - l->len;

	if (len > room)
		len = room;
	if (len != 0)
		memcpy(l->text + l->len, bytes, len);
	l->len += len;
}

static inline void cv_label_str(struct cv_label *l, const char *str)
{
	cv_label_bytes(l, str, strlen(str));
}

static inline void cv_label_u64(struct cv_label *l, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	cv_label_bytes(l, digits + at, sizeof(digits) - at);
}

static inline void cv_label_u32(struct cv_label *l, uint32_t value)
{
	cv_label_u64(l, value);
}

/** The low @p digits hexadecimal digits, at most 16, lower case. */
static inline void cv_label_hex(struct cv_label *l, uint64_t value, unsigned int digits)
{
	while (digits-- > 0 && l->len < sizeof(l->text))
		l->text[l->len++] = "0123456789abcdef"[value >> 4 * digits & 15];
}

#endif
