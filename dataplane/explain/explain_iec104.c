/* SPDX-License-Identifier: Apache-2.0 */
/* IEC 60870-5-104: APCI (5.1) and the ASDU of -101 (7.1). Little-endian. */
#include <string.h>

#include "dataplane/decode/iec104.h"
#include "dataplane/explain/explain.h"

void cv_explain_iec104(struct cv_explain *x);

static void control(struct cv_explain *x)
{
	const uint8_t *c = cv_explain_take(x, 4, "control");

	if (c == NULL)
		return;
	if ((c[0] & 1) == 0) {
		cv_explain_value(x, "I %u, %u", (c[0] | c[1] << 8) >> 1, (c[2] | c[3] << 8) >> 1);
		cv_explain_meaning(x, "send number, receive number");
	} else if ((c[0] & 3) == 1) {
		cv_explain_value(x, "S %u", (c[2] | c[3] << 8) >> 1);
		cv_explain_meaning(x, "acknowledges what came before");
	} else {
		cv_explain_value(x, "U 0x%02x", c[0]);
		cv_explain_meaning(x, "%s%s",
				   c[0] & 0x0c	 ? "start"
				   : c[0] & 0x30 ? "stop"
						 : "test",
				   c[0] & 0xa8 ? ", confirmed" : "");
	}
}

static void address(struct cv_explain *x)
{
	const uint8_t *a = cv_explain_take(x, IEC104_IOA, "object address");

	if (a != NULL)
		cv_explain_value(x, "%u",
				 a[0] | (unsigned int)a[1] << 8 | (unsigned int)a[2] << 16);
}

static void element(struct cv_explain *x, const struct iec104_type *t)
{
	size_t len = (size_t)t->size - t->tag;
	const uint8_t *e = cv_explain_take(x, len, "element");
	float number;

	if (e != NULL && (t->form == IEC104_FLT_QDS || t->form == IEC104_FLT_QOS)) {
		memcpy(&number, e, sizeof(number));
		cv_explain_value(x, "%.9g", (double)number);
	} else if (e != NULL && (t->form == IEC104_SVA_QDS || t->form == IEC104_SVA_QOS)) {
		cv_explain_value(x, "%d", (int16_t)(e[0] | e[1] << 8));
	}
	if (t->tag == IEC104_CP56) {
		const uint8_t *c = cv_explain_take(x, 7, "time");

		if (c != NULL)
			cv_explain_value(x, "20%02u-%02u-%02u %02u:%02u:%06.3f", c[6] & 0x7f,
					 c[5] & 15, c[4] & 31, c[3] & 31, c[2] & 63,
					 (c[0] | c[1] << 8) / 1e3);
	} else {
		cv_explain_take(x, t->tag, "time");
	}
}

static void asdu(struct cv_explain *x)
{
	unsigned int type = cv_explain_u8(x, "type"), qualifier, cause;
	const struct iec104_type *t = iec104_type((uint8_t)type);

	cv_explain_meaning(x, "%s", t->label ? t->label : "not of the standard");
	qualifier = cv_explain_u8(x, "qualifier");
	cv_explain_value(x, "0x%02x", qualifier);
	cv_explain_meaning(x, "%u object(s)%s", qualifier & 0x7f,
			   qualifier & 0x80 ? ", one address for all" : "");
	cause = cv_explain_u8(x, "cause");
	cv_explain_value(x, "%u", cause & 0x3f);
	cv_explain_meaning(x, "%s%s", cause & 0x40 ? "negative " : "", cause & 0x80 ? "test" : "");
	cv_explain_u8(x, "originator");
	cv_explain_le16(x, "common address");
	if (t->label == NULL || t->form == IEC104_FILE_SEGMENT)
		return;
	for (unsigned int i = 0; i < (qualifier & 0x7f) && cv_explain_left(x) != 0; i++) {
		cv_explain_begin(x, "object");
		if (i == 0 || !(qualifier & 0x80))
			address(x);
		element(x, t);
		cv_explain_end(x);
	}
}

void cv_explain_iec104(struct cv_explain *x)
{
	size_t whole = x->len, end;
	unsigned int len;

	cv_explain_take(x, 1, "start");
	len = cv_explain_u8(x, "length");
	end = len < cv_explain_left(x) ? x->at + len : x->len;
	x->len = end; /* no field reaches into the next one */
	if (!x->failed && cv_explain_left(x) != 0)
		control(x);
	if (!x->failed && cv_explain_left(x) != 0)
		asdu(x);
	if (!x->failed && x->at < end)
		cv_explain_take(x, end - x->at, "content");
	x->len = whole;
}
