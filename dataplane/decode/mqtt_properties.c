/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of MQTT 5, 2.2.2: identifiers, types, where they may stand and how often. */
#include "dataplane/decode/mqtt.h"

#include <string.h>

enum property_type { NONE, BYTE, FLAG, U16, U32, VARINT, STRING, BINARY, PAIR, TOPIC };

#define IN(type) (1u << MQTT_##type)
#define ANY_ACK                                                                                    \
	(IN(CONNACK) | IN(PUBACK) | IN(PUBREC) | IN(PUBREL) | IN(PUBCOMP) | IN(SUBACK) |           \
	 IN(UNSUBACK) | IN(DISCONNECT) | IN(AUTH))
#define MESSAGE (IN(PUBLISH) | IN(WILL))

/* Table 2-4; a FLAG is a byte that must be 0 or 1. */
static const struct {
	uint8_t type;
	bool nonzero; /* 0 is a protocol error */
	uint32_t where;
} properties[MQTT_P_COUNT] = {
	/* 3.3.2.3.2 defines 0 and 1; brokers have passed on other values, and so do we. */
	[MQTT_P_PAYLOAD_FORMAT] = {BYTE, false, MESSAGE},
	[2] = {U32, false, MESSAGE}, /* message expiry interval */
	[MQTT_P_CONTENT_TYPE] = {STRING, false, MESSAGE},
	[8] = {TOPIC, false, MESSAGE}, /* response topic */
	[MQTT_P_CORRELATION_DATA] = {BINARY, false, MESSAGE},
	[MQTT_P_SUBSCRIPTION_ID] = {VARINT, true, IN(PUBLISH) | IN(SUBSCRIBE)},
	[MQTT_P_SESSION_EXPIRY] = {U32, false, IN(CONNECT) | IN(CONNACK) | IN(DISCONNECT)},
	[MQTT_P_ASSIGNED_CLIENT_ID] = {STRING, false, IN(CONNACK)},
	[19] = {U16, false, IN(CONNACK)}, /* server keep alive */
	[MQTT_P_AUTH_METHOD] = {STRING, false, IN(CONNECT) | IN(CONNACK) | IN(AUTH)},
	[MQTT_P_AUTH_DATA] = {BINARY, false, IN(CONNECT) | IN(CONNACK) | IN(AUTH)},
	[23] = {FLAG, false, IN(CONNECT)}, /* request problem information */
	[24] = {U32, false, IN(WILL)}, /* will delay interval */
	[25] = {FLAG, false, IN(CONNECT)}, /* request response information */
	[26] = {STRING, false, IN(CONNACK)}, /* response information */
	[28] = {STRING, false, IN(CONNACK) | IN(DISCONNECT)}, /* server reference */
	[MQTT_P_REASON_STRING] = {STRING, false, ANY_ACK},
	[33] = {U16, true, IN(CONNECT) | IN(CONNACK)}, /* receive maximum */
	[34] = {U16, false, IN(CONNECT) | IN(CONNACK)}, /* topic alias maximum */
	[MQTT_P_TOPIC_ALIAS] = {U16, false, IN(PUBLISH)},
	[36] = {FLAG, false, IN(CONNACK)}, /* maximum QoS */
	[37] = {FLAG, false, IN(CONNACK)}, /* retain available */
	[MQTT_P_USER_PROPERTY] = {PAIR, false, ~0u},
	[39] = {U32, true, IN(CONNECT) | IN(CONNACK)}, /* maximum packet size */
	[40] = {FLAG, false, IN(CONNACK)}, /* wildcard subscription available */
	[41] = {FLAG, false, IN(CONNACK)}, /* subscription identifiers available */
	[42] = {FLAG, false, IN(CONNACK)}, /* shared subscription available */
};

static void keep_text(struct mqtt_properties *out, uint32_t id, struct mqtt_text text)
{
	switch (id) {
	case MQTT_P_CONTENT_TYPE:
		out->content_type = text;
		break;
	case MQTT_P_CORRELATION_DATA:
		out->correlation = text;
		break;
	case MQTT_P_ASSIGNED_CLIENT_ID:
		out->client_id = text;
		break;
	case MQTT_P_AUTH_METHOD:
		out->method = text;
		break;
	case MQTT_P_REASON_STRING:
		out->reason = text;
		break;
	default:
		break;
	}
}

static void keep_number(struct mqtt_packet *p, struct mqtt_properties *out, uint32_t id,
			uint32_t value)
{
	if (id == MQTT_P_PAYLOAD_FORMAT)
		out->utf8_payload = value == 1;
	if (id != MQTT_P_TOPIC_ALIAS)
		return;
	out->alias = (uint16_t)value;
	if (value == 0) /* 3.3.2.3.4 */
		mqtt_fail(p, CV_REJECT_BAD_STATE);
}

static void property_value(struct mqtt_packet *p, struct mqtt_properties *out, uint32_t id)
{
	uint32_t value = 0;

	switch (properties[id].type) {
	case PAIR:
		mqtt_string(p);
		mqtt_string(p);
		return;
	case STRING:
		keep_text(out, id, mqtt_string(p));
		return;
	case TOPIC: /* 3.3.2.3.5: a response topic must not have wildcards */
		if (mqtt_topic(p, CV_REJECT_BAD_OPTION).len == 0)
			mqtt_fail(p, CV_REJECT_BAD_OPTION);
		return;
	case BINARY:
		keep_text(out, id, mqtt_binary(p));
		return;
	case VARINT:
		value = mqtt_varint(p, CV_REJECT_BAD_OPTION);
		break;
	case U32:
		value = cv_read_be32(&p->r);
		break;
	case U16:
		value = cv_read_be16(&p->r);
		break;
	default:
		value = cv_read_u8(&p->r);
		break;
	}
	if ((properties[id].nonzero && value == 0) || (properties[id].type == FLAG && value > 1))
		mqtt_fail(p, CV_REJECT_BAD_OPTION);
	keep_number(p, out, id, value);
}

static void property(struct mqtt_packet *p, enum mqtt_type where, struct mqtt_properties *out)
{
	uint32_t id = mqtt_varint(p, CV_REJECT_BAD_OPTION);
	bool repeats;

	if (p->reject != CV_REJECT_NONE || p->r.failed)
		return;
	if (id >= MQTT_P_COUNT || properties[id].type == NONE ||
	    (properties[id].where & (1u << where)) == 0) {
		mqtt_fail(p, CV_REJECT_BAD_OPTION);
		return;
	}
	/* 3.3.2.3.8: one subscription identifier per subscription that the message matches. */
	repeats = id == MQTT_P_USER_PROPERTY ||
		  (id == MQTT_P_SUBSCRIPTION_ID && where == MQTT_PUBLISH);
	if (!repeats && (out->seen & (1ull << id))) {
		mqtt_fail(p, CV_REJECT_BAD_OPTION);
		return;
	}
	out->seen |= 1ull << id;
	property_value(p, out, id);
}

void mqtt_properties(struct mqtt_packet *p, enum mqtt_type where, struct mqtt_properties *ret)
{
	uint32_t len = mqtt_varint(p, CV_REJECT_BAD_LENGTH);
	const uint8_t *end = p->r.end;
	bool beyond = len > cv_reader_left(&p->r);

	if (beyond && !p->cut)
		p->r.failed = true;
	if (p->reject != CV_REJECT_NONE || p->r.failed)
		return;
	if (!beyond)
		p->r.end = p->r.cur + len;
	while (p->r.cur < p->r.end && p->reject == CV_REJECT_NONE && !p->r.failed)
		property(p, where, ret);
	if (p->r.failed && !beyond && p->reject == CV_REJECT_NONE)
		p->reject = CV_REJECT_BAD_OPTION;
	p->r.end = end;
	p->r.failed |= beyond;
	if ((ret->seen & (1ull << MQTT_P_AUTH_DATA)) && !(ret->seen & (1ull << MQTT_P_AUTH_METHOD)))
		mqtt_fail(p, CV_REJECT_BAD_OPTION); /* 3.1.2.11.10 */
}
