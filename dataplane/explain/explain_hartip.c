/* SPDX-License-Identifier: Apache-2.0 */
/* HART-IP (HCF_SPEC-085) and the HART frame inside (HCF_SPEC-081). */
#include "dataplane/explain/explain.h"

void cv_explain_hartip(struct cv_explain *x);

#define LONG_ADDRESS 0x80u
#define EXPANSION(delimiter) ((delimiter) >> 5 & 3u)

static uint8_t parity(const uint8_t *data, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum ^= data[i];
	return sum;
}

/* Delimiter, address, command, count, data, parity. */
static void frame(struct cv_explain *x, bool answers)
{
	size_t start = x->at;
	uint32_t delimiter, count;

	cv_explain_begin(x, "HART frame");
	delimiter = cv_explain_u8(x, "delimiter");
	cv_explain_value(x, "0x%02x", delimiter);
	cv_explain_meaning(x, "%s address", delimiter & LONG_ADDRESS ? "long" : "polling");
	cv_explain_take(x, delimiter & LONG_ADDRESS ? 5 : 1, "address");
	cv_explain_meaning(x, "without the two highest bits: who is master, burst");
	if (EXPANSION(delimiter) != 0)
		cv_explain_take(x, EXPANSION(delimiter), "expansion");
	cv_explain_u8(x, "command");
	count = cv_explain_u8(x, "count");
	if (answers && count >= 2) {
		cv_explain_u8(x, "response code");
		cv_explain_u8(x, "device status");
		count -= 2;
	}
	if (count != 0)
		cv_explain_take(x, count, "data");
	if (cv_explain_left(x) != 0)
		cv_explain_check(x, 1, false, parity(x->data + start, x->at - start), "parity");
	cv_explain_end(x);
}

void cv_explain_hartip(struct cv_explain *x)
{
	static const char *const types[] = {"request", "response", "published", [15] = "refused"};
	static const char *const ids[] = {"initiate",	"close",	  "keep-alive",
					  "HART frame", "direct command", "audit log"};
	uint32_t type, id, len;
	size_t whole;

	cv_explain_u8(x, "version");
	type = cv_explain_u8(x, "type");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(types, type, "reserved"));
	id = cv_explain_u8(x, "identifier");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(ids, id, "reserved"));
	cv_explain_u8(x, "status");
	cv_explain_be16(x, "sequence number");
	len = cv_explain_be16(x, "length");
	cv_explain_meaning(x, "of all");
	if (x->failed || len < 8)
		return;
	whole = cv_explain_narrow(x, len - 8);
	if (id == 3 && cv_explain_left(x) != 0 && type != 15) {
		frame(x, type != 0);
	} else if (id == 0 && cv_explain_left(x) >= 5) {
		cv_explain_u8(x, "master");
		cv_explain_meaning(x, "1 primary, 0 secondary");
		cv_explain_be32(x, "inactivity time-out");
		cv_explain_meaning(x, "ms");
	}
	cv_explain_widen(x, whole, "content");
}
