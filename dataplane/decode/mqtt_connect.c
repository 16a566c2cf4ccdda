/* SPDX-License-Identifier: Apache-2.0 */
/* CONNECT, CONNACK, DISCONNECT and AUTH: the session's beginning and end. */
#include "dataplane/decode/mqtt.h"

#include <string.h>

#include "dataplane/decode/label.h"

/* Connect flags, 3.1.2.3. */
#define CONNECT_RESERVED 0x01u
#define CONNECT_CLEAN 0x02u
#define CONNECT_WILL 0x04u
#define CONNECT_WILL_QOS 0x18u
#define CONNECT_WILL_RETAIN 0x20u
#define CONNECT_PASSWORD 0x40u
#define CONNECT_USER 0x80u

/* Mosquitto's bridges set this bit in the protocol level; brokers of other make ignore it. */
#define LEVEL_BRIDGE 0x80u

/* Protocol name and level, 3.1.2.1 and 3.1.2.2. */
static void parse_protocol(struct mqtt_packet *p)
{
	struct mqtt_text name = mqtt_string(p);
	uint8_t level = cv_read_u8(&p->r) & (uint8_t)~LEVEL_BRIDGE;

	if (name.len == 4 && memcmp(name.data, "MQTT", 4) == 0) {
		if (level != MQTT_V311 && level != MQTT_V5)
			mqtt_fail(p, CV_REJECT_BAD_HEADER);
	} else if (name.len != 6 || memcmp(name.data, "MQIsdp", 6) != 0 || level != MQTT_V31) {
		mqtt_fail(p, CV_REJECT_BAD_HEADER);
	}
	p->version = p->reject == CV_REJECT_NONE ? level : MQTT_V_UNKNOWN;
	if (p->flags != 0 && level != MQTT_V31) /* 2.1.3; 3.1 has no use for them */
		mqtt_fail(p, CV_REJECT_BAD_HEADER);
}

static void check_connect_flags(struct mqtt_packet *p)
{
	uint8_t flags = p->connect_flags;

	if ((flags & CONNECT_RESERVED) && p->version != MQTT_V31)
		mqtt_fail(p, CV_REJECT_BAD_HEADER); /* MQTT-3.1.2-3 */
	if ((flags & CONNECT_WILL_QOS) == CONNECT_WILL_QOS)
		mqtt_fail(p, CV_REJECT_BAD_VALUE);
	if (!(flags & CONNECT_WILL) && (flags & (CONNECT_WILL_QOS | CONNECT_WILL_RETAIN)))
		mqtt_fail(p, CV_REJECT_BAD_VALUE); /* MQTT-3.1.2-11, -13 */
	if (p->version == MQTT_V311 && (flags & CONNECT_PASSWORD) && !(flags & CONNECT_USER))
		mqtt_fail(p, CV_REJECT_BAD_VALUE); /* 3.1.1: MQTT-3.1.2-22 */
}

static void parse_will(struct mqtt_packet *p)
{
	struct mqtt_properties will = {0};

	if (p->version == MQTT_V5)
		mqtt_properties(p, MQTT_WILL, &will);
	p->topic = mqtt_topic(p, CV_REJECT_BAD_VALUE);
	if (p->topic.len == 0)
		mqtt_fail(p, CV_REJECT_BAD_VALUE); /* MQTT-4.7.3-1 */
	mqtt_binary(p);
}

void mqtt_parse_connect(struct mqtt_packet *p)
{
	parse_protocol(p);
	if (p->reject != CV_REJECT_NONE)
		return;
	p->connect_flags = cv_read_u8(&p->r);
	check_connect_flags(p);
	p->keep_alive = cv_read_be16(&p->r);
	if (p->version == MQTT_V5)
		mqtt_properties(p, MQTT_CONNECT, &p->props);
	p->client_id = mqtt_string(p);
	if (p->connect_flags & CONNECT_WILL)
		parse_will(p);
	if (p->connect_flags & CONNECT_USER)
		mqtt_string(p);
	if (p->connect_flags & CONNECT_PASSWORD)
		mqtt_binary(p);
	if (cv_reader_left(&p->r) != 0)
		mqtt_fail(p, CV_REJECT_BAD_LENGTH);
}

static void keep_client_id(struct mqtt_flow *flow, struct mqtt_text id)
{
	size_t len = id.len;

	if (len > MQTT_CLIENT_ID_MAX) {
		len = MQTT_CLIENT_ID_MAX;
		while (len > 0 && (id.data[len] & 0xc0) == 0x80)
			len--;
		flow->state |= MQTT_FLOW_ID_CUT;
	}
	if (len != 0)
		memcpy(flow->client_id, id.data, len);
	flow->client_id_len = (uint8_t)len;
}

/* 84 bytes at most, with every part: a label holds it. */
static void describe_connect(const struct mqtt_packet *p, struct cv_label *l)
{
	static const char *const versions[] = {
		[MQTT_V31] = "MQTT 3.1", [MQTT_V311] = "MQTT 3.1.1", [MQTT_V5] = "MQTT 5"};
	uint8_t flags = p->connect_flags;

	cv_label_str(l, versions[p->version]);
	cv_label_str(l, ", keep alive ");
	cv_label_u32(l, p->keep_alive);
	cv_label_str(l, " s");
	if (flags & CONNECT_CLEAN)
		cv_label_str(l, p->version == MQTT_V5 ? ", clean start" : ", clean session");
	if (flags & CONNECT_USER)
		cv_label_str(l, ", user name");
	if (flags & CONNECT_PASSWORD)
		cv_label_str(l, ", password");
	if (flags & CONNECT_WILL) {
		cv_label_str(l, ", will qos");
		cv_label_u32(l, (flags & CONNECT_WILL_QOS) >> 3);
		if (flags & CONNECT_WILL_RETAIN)
			cv_label_str(l, " retain");
	}
}

/* Who connects, and how; never the user name itself nor the password. NAME is the will's topic. */
void mqtt_emit_connect(struct mqtt_packet *p)
{
	struct mqtt_flow *flow = p->flow;
	struct cv_label l = {0};
	struct cv_record *rec;

	keep_client_id(flow, p->client_id);
	rec = mqtt_begin(p, CV_LANE_STATUS, CV_KIND_SESSION);
	if (p->cut)
		rec->flags |= CV_FLAG_TRUNCATED;
	mqtt_tlv(p, CV_TLV_NAME, p->topic);
	describe_connect(p, &l);
	cv_emit_tlv(p->d->emit, CV_TLV_TEXT, l.text, l.len);
	mqtt_tlv(p, CV_TLV_CODE, p->props.method);
	cv_emit_end(p->d->emit);
}

void mqtt_parse_connack(struct mqtt_packet *p)
{
	p->connect_flags = cv_read_u8(&p->r);
	p->reason = cv_read_u8(&p->r);
	/* A broker that does not know version 5 refuses it in 3.1.1's layout. */
	if (p->version == MQTT_V5 && p->total == 4 && p->reason == 1)
		p->version = MQTT_V311;
	if ((p->connect_flags & 0xfe) != 0 && p->version != MQTT_V31)
		mqtt_fail(p, CV_REJECT_BAD_HEADER); /* 3.2.2.1 */
	if (!mqtt_reason_valid(p, p->reason))
		mqtt_fail(p, CV_REJECT_BAD_VALUE);
	if (p->reason != 0 && (p->connect_flags & 1) && p->version != MQTT_V31)
		mqtt_fail(p, CV_REJECT_BAD_VALUE); /* MQTT-3.2.2-6 */
	if (p->version == MQTT_V5)
		mqtt_properties(p, MQTT_CONNACK, &p->props);
	if (cv_reader_left(&p->r) != 0)
		mqtt_fail(p, CV_REJECT_BAD_LENGTH);
}

void mqtt_emit_connack(struct mqtt_packet *p)
{
	/* 3.2.2.3.7: the broker names a client that gave no name itself. */
	if (p->props.client_id.len != 0 && p->flow->client_id_len == 0)
		keep_client_id(p->flow, p->props.client_id);
	mqtt_emit_reason(p);
}

/* 3.14.2 and 3.15.2: reason and properties may be left out from the end. */
void mqtt_parse_disconnect(struct mqtt_packet *p)
{
	if (p->total > 2) {
		p->reason = cv_read_u8(&p->r);
		if (!mqtt_reason_valid(p, p->reason))
			mqtt_fail(p, CV_REJECT_BAD_VALUE);
	}
	if (cv_reader_left(&p->r) != 0)
		mqtt_properties(p, p->type, &p->props);
	/* MQTT-3.14.2-2 */
	if ((p->flow->state & MQTT_FLOW_CONNECTED) && !p->from_client &&
	    mqtt_has(p, MQTT_P_SESSION_EXPIRY))
		mqtt_fail(p, CV_REJECT_BAD_OPTION);
	if (cv_reader_left(&p->r) != 0)
		mqtt_fail(p, CV_REJECT_BAD_LENGTH);
}
