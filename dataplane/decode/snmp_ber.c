/* SPDX-License-Identifier: Apache-2.0 */
/* BER as SNMP restricts it (RFC 3417 section 8): definite lengths, low tag numbers. */
#include "dataplane/decode/snmp.h"

#define LONG_LENGTH 0x80u
#define HIGH_TAG 0x1fu
#define MORE 0x80u /* of a sub-identifier */

/* A length of up to four bytes; zeros in front are not forbidden, and common. */
static bool read_length(struct cv_reader *r, size_t *ret)
{
	size_t len = cv_read_u8(r);
	size_t bytes = len & ~(size_t)LONG_LENGTH;

	if (len & LONG_LENGTH) {
		if (bytes == 0 || bytes > 4) /* 0: indefinite */
			return false;
		for (len = 0; bytes > 0; bytes--)
			len = len << 8 | cv_read_u8(r);
	}
	*ret = len;
	return !r->failed;
}

bool snmp_element(struct cv_reader *r, struct snmp_element *e)
{
	e->tag = cv_read_u8(r);
	if ((e->tag & HIGH_TAG) == HIGH_TAG || !read_length(r, &e->len))
		return false;
	e->data = cv_read_bytes(r, e->len);
	return !r->failed;
}

bool snmp_take(struct cv_reader *r, uint8_t tag, struct snmp_element *e)
{
	return snmp_element(r, e) && e->tag == tag;
}

bool snmp_enter(struct cv_reader *r, uint8_t tag, struct cv_reader *content)
{
	struct snmp_element e;

	if (!snmp_take(r, tag, &e))
		return false;
	*content = cv_reader(e.data, e.len);
	return true;
}

bool snmp_integer(const struct snmp_element *e, int64_t *ret)
{
	uint64_t v;

	if (e->len < 1 || e->len > 8)
		return false;
	v = e->data[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < e->len; i++)
		v = v << 8 | e->data[i];
	*ret = (int64_t)v;
	return true;
}

bool snmp_unsigned(const struct snmp_element *e, uint64_t *ret)
{
	uint64_t v = 0;

	if (e->len < 1 || e->len > 9 || (e->len == 9 && e->data[0] != 0))
		return false;
	for (size_t i = 0; i < e->len; i++)
		v = v << 8 | e->data[i];
	*ret = v;
	return true;
}

bool snmp_take_integer(struct cv_reader *r, int64_t *ret)
{
	struct snmp_element e;

	return snmp_take(r, SNMP_INTEGER, &e) && snmp_integer(&e, ret);
}

static void put_number(struct snmp_oid *oid, uint32_t number)
{
	char digits[11];
	size_t at = sizeof(digits);

	if (number < 10 && oid->len != 0) { /* most are */
		oid->text[oid->len++] = '.';
		oid->text[oid->len++] = (char)('0' + number);
		return;
	}
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	if (oid->len != 0)
		digits[--at] = '.';
	memcpy(oid->text + oid->len, digits + at, sizeof(digits) - at);
	oid->len += sizeof(digits) - at;
}

/* The first two share one number: 40 times the first plus the second (X.690 8.19.4). */
static void put_sub(struct snmp_oid *oid, uint64_t sub, unsigned int nth)
{
	if (nth > 0) {
		put_number(oid, (uint32_t)sub);
		return;
	}
	put_number(oid, sub < 80 ? (uint32_t)sub / 40 : 2);
	put_number(oid, sub < 80 ? (uint32_t)sub % 40 : (uint32_t)sub - 80);
}

bool snmp_oid(const struct snmp_element *e, struct snmp_oid *ret)
{
	unsigned int nth = 0;
	uint64_t sub = 0;
	bool open = false; /* within a sub-identifier */

	ret->len = 0;
	if (e->tag != SNMP_OID)
		return false;
	for (size_t i = 0; i < e->len; i++) {
		if (!open && e->data[i] == MORE) /* a zero in front */
			return false;
		sub = sub << 7 | (e->data[i] & ~MORE);
		if (sub > UINT32_MAX)
			return false;
		open = e->data[i] & MORE;
		if (open)
			continue;
		if (nth == SNMP_OID_MAX - 1)
			return false;
		put_sub(ret, sub, nth++);
		sub = 0;
	}
	return !open;
}
