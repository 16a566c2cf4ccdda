/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT 3.1.1 and 5: fixed header and the packets' variable headers (section 3 of both). */
#include <string.h>

#include "dataplane/explain/explain.h"

void cv_explain_mqtt(struct cv_explain *x);

enum { CONNECT = 1, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK };

/* 2.1.4; @return the length. */
static uint32_t remaining(struct cv_explain *x)
{
	const uint8_t *at;
	uint32_t n = 0;
	size_t len = 1;

	while (len < 4 && cv_explain_peek(x, len - 1) & 0x80)
		len++;
	at = cv_explain_take(x, len, "remaining length");
	for (size_t i = 0; at != NULL && i < len; i++)
		n |= (uint32_t)(at[i] & 0x7f) << 7 * i;
	cv_explain_value(x, "%u", n);
	return n;
}

static void string(struct cv_explain *x, const char *name)
{
	uint32_t len;

	cv_explain_begin(x, name);
	len = cv_explain_be16(x, "length");
	cv_explain_text(x, len, "text");
	cv_explain_end(x);
}

static void properties(struct cv_explain *x)
{
	uint32_t len;

	cv_explain_begin(x, "properties");
	len = remaining(x);
	cv_explain_take(x, len, "list");
	cv_explain_end(x);
}

static void connect(struct cv_explain *x)
{
	uint32_t level, flags;

	string(x, "protocol name");
	level = cv_explain_u8(x, "level");
	cv_explain_meaning(x, "%s", level == 5 ? "MQTT 5" : level == 4 ? "MQTT 3.1.1" : "MQTT 3.1");
	flags = cv_explain_u8(x, "flags");
	cv_explain_value(x, "0x%02x", flags);
	cv_explain_meaning(x, "%s%s%s%s", flags & 0x80 ? "user name " : "",
			   flags & 0x40 ? "password " : "", flags & 0x04 ? "will " : "",
			   flags & 0x02 ? "clean" : "");
	cv_explain_be16(x, "keep alive");
	cv_explain_meaning(x, "seconds");
	if (level == 5)
		properties(x);
	string(x, "client id");
	if (flags & 0x04) {
		if (level == 5)
			properties(x);
		string(x, "topic of the will");
		string(x, "payload of the will");
	}
	if (flags & 0xc0) { /* neither leaves the decoder, nor this */
		cv_explain_take(x, cv_explain_left(x), "user name, password");
		cv_explain_withhold(x);
	}
}

/* Whether there are properties is told by CONNECT alone: a zero byte is taken for their absence. */
static void publish(struct cv_explain *x, uint32_t flags, size_t end)
{
	string(x, "topic");
	if (flags >> 1 & 3)
		cv_explain_be16(x, "packet id");
	if (!x->failed && x->at < end && cv_explain_peek(x, 0) == 0) {
		cv_explain_take(x, 1, "properties");
		cv_explain_meaning(x, "none (version 5)");
	}
	if (!x->failed && x->at < end)
		cv_explain_text(x, end - x->at, "payload");
}

void cv_explain_mqtt(struct cv_explain *x)
{
	static const char *const types[] = {"reserved",	 "CONNECT",  "CONNACK",	    "PUBLISH",
					    "PUBACK",	 "PUBREC",   "PUBREL",	    "PUBCOMP",
					    "SUBSCRIBE", "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
					    "PINGREQ",	 "PINGRESP", "DISCONNECT",  "AUTH"};
	uint32_t first = cv_explain_u8(x, "type and flags"), type = first >> 4, len;
	size_t end, whole = x->len;

	cv_explain_value(x, "%u, 0x%x", type, first & 15);
	cv_explain_meaning(x, "%s", types[type]);
	len = remaining(x);
	end = len < cv_explain_left(x) ? x->at + len : x->len;
	x->len = end; /* no field reaches into the next packet */
	if (type == CONNECT) {
		connect(x);
	} else if (type == PUBLISH) {
		publish(x, first, end);
	} else if (type == CONNACK && end - x->at >= 2) {
		cv_explain_u8(x, "session present");
		cv_explain_u8(x, "reason");
	} else if (type >= PUBACK && type <= 11 && end - x->at >= 2) {
		cv_explain_be16(x, "packet id");
	}
	if (!x->failed && x->at < end)
		cv_explain_take(x, end - x->at, "more");
	x->len = whole;
}
