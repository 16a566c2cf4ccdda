/* SPDX-License-Identifier: Apache-2.0 */
/* DNP3: link frame (IEEE 1815-2012, 9.2), transport octet (8.2), head of the application (4.2). */
#include "dataplane/decode/dnp3.h"
#include "dataplane/explain/explain.h"

void cv_explain_dnp3(struct cv_explain *x);

#define BLOCK 16
#define FROM_MASTER 0x80u
#define PRIMARY 0x40u

static void crc(struct cv_explain *x, size_t start)
{
	if (!x->failed)
		cv_explain_check(x, 2, true, dnp3_crc(x->data + start, x->at - start), "CRC");
}

/* @return bytes of the head of the application message, which are in the first block. */
static void application(struct cv_explain *x, size_t len)
{
	uint32_t transport = cv_explain_u8(x, "transport"), function;

	cv_explain_value(x, "0x%02x", transport);
	cv_explain_meaning(x, "%s%snumber %u", transport & 0x40 ? "first, " : "",
			   transport & 0x80 ? "last, " : "", transport & 0x3f);
	if (!(transport & 0x40) || len < 3)
		return;
	cv_explain_value(x, "0x%02x", cv_explain_u8(x, "application control"));
	function = cv_explain_u8(x, "function");
	cv_explain_meaning(x, "%s", dnp3_function_name((uint8_t)function));
	if (function >= 129 && function <= 131 && len >= 5) {
		cv_explain_value(x, "0x%04x", cv_explain_be16(x, "internal indications"));
	}
}

static void block(struct cv_explain *x, size_t len, bool first)
{
	size_t start = x->at;

	if (cv_explain_left(x) < len) {
		cv_explain_take(x, len, "block");
		return;
	}
	cv_explain_begin(x, "block");
	if (first)
		application(x, len);
	if (x->at < start + len)
		cv_explain_take(x, start + len - x->at, "objects");
	crc(x, start);
	cv_explain_end(x);
}

void cv_explain_dnp3(struct cv_explain *x)
{
	size_t start = x->at, data;
	uint32_t len, control;
	bool user;

	cv_explain_take(x, 2, "start");
	len = cv_explain_u8(x, "length");
	cv_explain_meaning(x, "of control, addresses and data, without CRCs");
	control = cv_explain_u8(x, "control");
	cv_explain_value(x, "0x%02x", control);
	user = control & PRIMARY && ((control & 15) == 3 || (control & 15) == 4);
	cv_explain_meaning(x, "from the %s, %s", control & FROM_MASTER ? "master" : "outstation",
			   user ? "data" : dnp3_link_name((uint8_t)control));
	cv_explain_le16(x, "destination");
	cv_explain_le16(x, "source");
	crc(x, start);
	data = len > 5 ? len - 5 : 0;
	for (bool first = true; data != 0 && !x->failed; first = false) {
		size_t n = data < BLOCK ? data : BLOCK;

		block(x, n, first && user);
		data -= n;
	}
}
