/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT-SN 1.2, 5.2 (head), 5.3 (fields) and 5.4 (messages). */
#include "dataplane/decode/mqttsn.h"
#include "dataplane/explain/explain.h"

void cv_explain_mqttsn(struct cv_explain *x);

/*
 * Fields of a message in order (5.4): g gateway or radius, f flags, p protocol, d duration, t topic
 * number, m message number, c return code; then what is left: C client, T topic, D data.
 */
static const char *const formats[] = {
	[MQTTSN_ADVERTISE] = "gd",    [MQTTSN_SEARCHGW] = "g",	    [MQTTSN_GWINFO] = "gD",
	[MQTTSN_CONNECT] = "fpdC",    [MQTTSN_CONNACK] = "c",	    [MQTTSN_WILLTOPIC] = "fT",
	[MQTTSN_WILLMSG] = "D",	      [MQTTSN_REGISTER] = "tmT",    [MQTTSN_REGACK] = "tmc",
	[MQTTSN_PUBLISH] = "ftmD",    [MQTTSN_PUBACK] = "tmc",	    [MQTTSN_PUBCOMP] = "m",
	[MQTTSN_PUBREC] = "m",	      [MQTTSN_PUBREL] = "m",	    [MQTTSN_SUBSCRIBE] = "fmT",
	[MQTTSN_SUBACK] = "ftmc",     [MQTTSN_UNSUBSCRIBE] = "fmT", [MQTTSN_UNSUBACK] = "m",
	[MQTTSN_PINGREQ] = "C",	      [MQTTSN_DISCONNECT] = "d",    [MQTTSN_WILLTOPICUPD] = "fT",
	[MQTTSN_WILLTOPICRESP] = "c", [MQTTSN_WILLMSGUPD] = "D",    [MQTTSN_WILLMSGRESP] = "c",
};

/* 5.2.1: one byte, or 01 and two bytes. */
static uint32_t length(struct cv_explain *x)
{
	const uint8_t *at;

	if (cv_explain_peek(x, 0) != 1)
		return cv_explain_u8(x, "length");
	at = cv_explain_take(x, 3, "length");
	if (at == NULL)
		return 0;
	cv_explain_value(x, "%u", at[1] << 8 | at[2]);
	return (uint32_t)at[1] << 8 | at[2];
}

static void flags(struct cv_explain *x)
{
	static const char *const topics[] = {"topic by number", "predefined topic", "short topic",
					     "wrong: no kind of topic"};
	static const char *const qualities[] = {"0", "1", "2", "-1"};
	uint32_t f = cv_explain_u8(x, "flags");

	cv_explain_value(x, "0x%02x", f);
	cv_explain_meaning(x, "%s, quality of service %s%s%s%s%s", topics[MQTTSN_TOPIC_TYPE(f)],
			   qualities[MQTTSN_QOS(f)], f & MQTTSN_DUP ? ", sent again" : "",
			   f & MQTTSN_RETAIN ? ", retained" : "", f & MQTTSN_WILL ? ", will" : "",
			   f & MQTTSN_CLEAN ? ", clean" : "");
}

static void return_code(struct cv_explain *x)
{
	static const char *const codes[] = {"accepted", "congestion", "no such topic number",
					    "not supported"};
	uint32_t code = cv_explain_u8(x, "return code");

	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(codes, code, "reserved"));
}

static void field(struct cv_explain *x, char kind)
{
	switch (kind) {
	case 'g':
		cv_explain_u8(x, "gateway or radius");
		break;
	case 'f':
		flags(x);
		break;
	case 'p':
		if (cv_explain_u8(x, "protocol") != 1)
			cv_explain_meaning(x, "wrong: must be 1");
		break;
	case 'd':
		cv_explain_be16(x, "duration");
		cv_explain_meaning(x, "seconds");
		break;
	case 't':
		cv_explain_be16(x, "topic number");
		break;
	case 'm':
		cv_explain_be16(x, "message number");
		break;
	case 'c':
		return_code(x);
		break;
	default:
		cv_explain_text(x, cv_explain_left(x),
				kind == 'C'   ? "client"
				: kind == 'T' ? "topic"
					      : "data");
		break;
	}
}

static void message(struct cv_explain *x, size_t before)
{
	uint32_t len = length(x), type = cv_explain_u8(x, "type");
	const char *format = type < sizeof(formats) / sizeof(formats[0]) ? formats[type] : NULL;
	size_t head = x->at - before, whole;

	cv_explain_value(x, "0x%02x", type);
	cv_explain_meaning(x, "%s", mqttsn_type_name((uint8_t)type));
	if (len < head) {
		cv_explain_meaning(x, "wrong: the message is shorter than its head");
		return;
	}
	whole = cv_explain_narrow(x, len - head);
	if (type != MQTTSN_FORWARDED) {
		for (; format != NULL && *format != '\0' && cv_explain_left(x) != 0; format++)
			field(x, *format);
	} else {
		cv_explain_u8(x, "radius");
		cv_explain_take(x, cv_explain_left(x), "wireless node");
	}
	cv_explain_widen(x, whole, "more");
}

void cv_explain_mqttsn(struct cv_explain *x)
{
	message(x, x->at);
}
