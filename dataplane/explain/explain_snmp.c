/* SPDX-License-Identifier: Apache-2.0 */
/* SNMP: messages (RFC 1157, 3416, 3412, 3414) as the BER elements they are. */
#include <string.h>

#include "dataplane/decode/snmp.h"
#include "dataplane/explain/explain.h"

void cv_explain_snmp(struct cv_explain *x);

#define CONSTRUCTED 0x20u
#define DEPTH 6

static const char *tag_name(unsigned int tag)
{
#define ROW(id, number, name) [number] = name,
	static const char *const pdus[] = {SNMP_PDUS(ROW)};
#undef ROW

	if (tag >= SNMP_PDU_TAG && tag < SNMP_PDU_TAG + SNMP_PDU_COUNT)
		return pdus[tag - SNMP_PDU_TAG];
	switch (tag) {
	case SNMP_INTEGER:
		return "integer";
	case SNMP_OCTETS:
		return "octets";
	case SNMP_NULL:
		return "null";
	case SNMP_OID:
		return "object identifier";
	case SNMP_SEQUENCE:
		return "sequence";
	case SNMP_ADDRESS:
		return "address";
	case SNMP_COUNTER:
		return "counter";
	case SNMP_GAUGE:
		return "gauge";
	case SNMP_TICKS:
		return "ticks";
	case SNMP_COUNTER64:
		return "counter of 64 bits";
	case SNMP_NO_OBJECT:
		return "no such object";
	case SNMP_NO_INSTANCE:
		return "no such instance";
	case SNMP_END_OF_VIEW:
		return "end of the view";
	default:
		return "element";
	}
}

/* The definite forms of up to four bytes. */
static size_t length(struct cv_explain *x)
{
	uint32_t first = cv_explain_peek(x, 0), more = first & 0x80 ? first & 0x7f : 0;
	const uint8_t *at = cv_explain_take(x, 1 + (more <= 4 ? more : 0), "length");
	size_t len = more ? 0 : first;

	if (at == NULL)
		return 0;
	if ((first & 0x80 && more == 0) || more > 4) {
		cv_explain_meaning(x, "wrong: indefinite, or too long");
		x->failed = true;
		return 0;
	}
	for (uint32_t i = 1; i <= more; i++)
		len = len << 8 | at[i];
	cv_explain_value(x, "%zu", len);
	return len;
}

static void object_identifier(struct cv_explain *x, const uint8_t *at, size_t len)
{
	struct snmp_oid oid;

	if (snmp_oid(&(struct snmp_element){SNMP_OID, at, len}, &oid))
		cv_explain_value(x, "%.*s", (int)(oid.len < 150 ? oid.len : 150), oid.text);
	else
		cv_explain_meaning(x, "wrong: no object identifier");
}

/* @p what NULL: what the tag says. */
static void primitive(struct cv_explain *x, unsigned int tag, size_t len, const char *what)
{
	const uint8_t *at;
	int64_t n;

	if (tag == SNMP_OCTETS) {
		cv_explain_text(x, len, what ? what : "octets");
		return;
	}
	at = len ? cv_explain_take(x, len, what ? what : tag_name(tag)) : NULL;
	if (at == NULL)
		return;
	if (tag == SNMP_OID)
		object_identifier(x, at, len);
	else if (tag == SNMP_ADDRESS && len == 4)
		cv_explain_value(x, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
	else if (snmp_integer(&(struct snmp_element){(uint8_t)tag, at, len}, &n))
		cv_explain_value(x, "%lld", (long long)n);
}

static void element(struct cv_explain *x, const char *what, unsigned int depth);

/* What stands in a message, by its place; v3 has more of it, which tells itself. */
static void inside(struct cv_explain *x, unsigned int tag, unsigned int depth)
{
	static const char *const message[] = {"version", "community"};
	static const char *const pdu[] = {"request", "error", "index"};
	static const char *const trap[] = {"enterprise", "agent", "generic", "specific", "uptime"};
	static const char *const binding[] = {"object", "value"};
	bool v1 = tag == SNMP_PDU_TAG + SNMP_TRAP_V1, is_pdu = tag >= SNMP_PDU_TAG;

	for (unsigned int i = 0; cv_explain_left(x) != 0; i++) {
		const char *what = NULL;

		if (depth == 0 && i < 2 && cv_explain_peek(x, 0) != SNMP_SEQUENCE)
			what = message[i];
		else if (v1 && i < 5)
			what = trap[i];
		else if (is_pdu && !v1 && i < 3)
			what = pdu[i];
		else if (depth == 3 && i < 2)
			what = binding[i];
		element(x, what, depth + 1);
	}
}

static void element(struct cv_explain *x, const char *what, unsigned int depth)
{
	unsigned int tag = cv_explain_peek(x, 0);
	const char *name = depth == 0 ? "message" : what ? what : tag_name(tag);
	size_t len, whole;

	cv_explain_begin(x, name);
	cv_explain_u8(x, "tag");
	cv_explain_value(x, "0x%02x", tag);
	cv_explain_meaning(x, "%s", tag_name(tag));
	len = length(x);
	if (!x->failed && len > cv_explain_left(x)) {
		cv_explain_take(x, len, "content");
	} else if (tag & CONSTRUCTED && depth < DEPTH) {
		whole = cv_explain_narrow(x, len);
		inside(x, tag, depth);
		cv_explain_widen(x, whole, "content");
	} else if (!x->failed) {
		primitive(x, tag, len, "value");
		if (what != NULL && strcmp(what, "community") == 0 && len != 0)
			cv_explain_withhold(x);
	}
	cv_explain_end(x);
}

void cv_explain_snmp(struct cv_explain *x)
{
	element(x, NULL, 0);
}
