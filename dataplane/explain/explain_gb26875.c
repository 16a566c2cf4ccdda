/* SPDX-License-Identifier: Apache-2.0 */
/* GB/T 26875.3-2011, 6.6: head, data unit, sum, "##". Numbers are little-endian. */
#include <stdio.h>

#include "dataplane/decode/byte_sum.h"
#include "dataplane/decode/gb26875.h"
#include "dataplane/explain/explain.h"

void cv_explain_gb26875(struct cv_explain *x);

static void time_field(struct cv_explain *x, const char *name)
{
	const uint8_t *t = cv_explain_take(x, 6, name);

	if (t != NULL)
		cv_explain_value(x, "20%02u-%02u-%02u %02u:%02u:%02u", t[5], t[4], t[3], t[2], t[1],
				 t[0]);
	cv_explain_meaning(x, "Beijing");
}

static void state(struct cv_explain *x, unsigned int type)
{
	static const char *const bits[] = {"normal",	  "fire",    "fault",	 "shield",
					   "supervision", "started", "feedback", "delay"};
	unsigned int word = type == 21 ? cv_explain_u8(x, "state") : cv_explain_le16(x, "state");
	char text[120] = "";
	size_t used = 0;

	cv_explain_value(x, "0x%0*x", type == 21 ? 2 : 4, word);
	for (unsigned int i = 0; i < 8 && type != 21; i++)
		if (word >> i & 1 && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 used ? ", " : "", bits[i]);
	cv_explain_meaning(x, "%s", text);
}

static void object(struct cv_explain *x, unsigned int type)
{
	bool component = type == 2 || type == 3 || type == 7;
	const struct gb26875_type *t = gb26875_type((uint8_t)type);
	size_t before = x->at;

	cv_explain_begin(x, "object");
	if (type < 10 || (type > 60 && type < 70)) {
		cv_explain_u8(x, "system type");
		cv_explain_u8(x, "system address");
	}
	if (component) {
		cv_explain_u8(x, "component type");
		cv_explain_le16(x, "component zone");
		cv_explain_le16(x, "component number");
	}
	if (type == 1 || type == 2 || type == 21) {
		state(x, type);
	} else if (type == 3) {
		cv_explain_u8(x, "kind of value");
		cv_explain_meaning(x, "table 6");
		cv_explain_le16(x, "value");
	} else if (type == 4 || type == 24) {
		cv_explain_u8(x, "operations");
		cv_explain_u8(x, "operator");
	} else if (type == 5 || type == 25) {
		cv_explain_u8(x, "version");
		cv_explain_u8(x, "revision");
	}
	if (type == 2 || type == 7)
		cv_explain_text(x, 31, "description");
	if (x->at - before < t->size)
		cv_explain_take(x, t->size - (x->at - before), "content");
	if (t->timed)
		time_field(x, "time");
	cv_explain_end(x);
	if (x->at == before)
		x->failed = true;
}

static void data_unit(struct cv_explain *x, size_t end)
{
	const struct gb26875_type *t;
	unsigned int type, count;

	cv_explain_begin(x, "data unit");
	type = cv_explain_u8(x, "type");
	t = gb26875_type((uint8_t)type);
	cv_explain_meaning(x, "%s", t->name ? t->name : "of the maker");
	count = cv_explain_u8(x, "objects");
	for (unsigned int i = 0; i < count && t->name && !t->text && x->at < end && !x->failed; i++)
		object(x, type);
	if (x->at < end)
		cv_explain_take(x, end - x->at, "content");
	cv_explain_end(x);
}

void cv_explain_gb26875(struct cv_explain *x)
{
	static const char *const commands[] = {NULL,	  "control", "send", "confirm",
					       "request", "answer",  "deny"};
	size_t start;
	unsigned int len, command;

	if (!cv_explain_before(x, "@@", 2))
		return;
	cv_explain_text(x, 2, "start");
	start = x->at;
	cv_explain_le16(x, "serial number");
	cv_explain_u8(x, "main version");
	cv_explain_u8(x, "user version");
	time_field(x, "sent");
	cv_explain_bcd(x, 6, true, "source");
	cv_explain_bcd(x, 6, true, "destination");
	len = cv_explain_le16(x, "length of the data unit");
	command = cv_explain_u8(x, "command");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(commands, command, "reserved"));
	if (x->failed || cv_explain_left(x) < len)
		return;
	if (len != 0)
		data_unit(x, x->at + len);
	if (cv_explain_left(x) != 0)
		cv_explain_check(x, 1, false, cv_byte_sum(x->data + start, x->at - start), "sum");
	cv_explain_text(x, 2, "end");
}
