/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/mqtt.h"

#include <string.h>

#include "dataplane/decode/text.h"

void mqtt_fail(struct mqtt_packet *p, enum cv_reject reason)
{
	if (p->reject == CV_REJECT_NONE && !p->r.failed)
		p->reject = (uint8_t)reason;
}

uint32_t mqtt_varint(struct mqtt_packet *p, enum cv_reject reason)
{
	uint32_t value = 0;

	for (unsigned int shift = 0; shift < 28; shift += 7) {
		uint8_t byte = cv_read_u8(&p->r);

		value |= (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	mqtt_fail(p, reason);
	return 0;
}

struct mqtt_text mqtt_binary(struct mqtt_packet *p)
{
	struct mqtt_text text = {.len = cv_read_be16(&p->r)};

	/* Of a packet beyond the window the beginning of a text is better than nothing. */
	if (p->cut && !p->r.failed && cv_reader_left(&p->r) < text.len) {
		text.len = cv_reader_left(&p->r);
		text.data = cv_read_bytes(&p->r, text.len);
		p->r.failed = true;
		return text;
	}
	text.data = cv_read_bytes(&p->r, text.len);
	if (!text.data)
		text.len = 0;
	return text;
}

struct mqtt_text mqtt_string(struct mqtt_packet *p)
{
	bool whole = !p->r.failed;
	struct mqtt_text text = mqtt_binary(p);
	size_t good = text.len;

	if (!p->r.failed) {
		if (!cv_utf8_valid(text.data, text.len))
			mqtt_fail(p, CV_REJECT_BAD_UTF8);
	} else if (whole && text.len != 0) {
		if (!cv_utf8_cut_valid(text.data, text.len, &good))
			p->reject = p->reject ? p->reject : CV_REJECT_BAD_UTF8;
		text.len = good;
	}
	return text;
}

struct mqtt_text mqtt_topic(struct mqtt_packet *p, enum cv_reject wildcard)
{
	struct mqtt_text topic = mqtt_string(p);

	if (topic.len != 0 &&
	    (memchr(topic.data, '#', topic.len) || memchr(topic.data, '+', topic.len)))
		mqtt_fail(p, wildcard);
	return topic;
}

const char *mqtt_type_name(unsigned int type)
{
	static const char *const names[16] = {
		"?",	   "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
		"PUBREL",  "PUBCOMP",  "SUBSCRIBE",  "SUBACK",	"UNSUBSCRIBE", "UNSUBACK",
		"PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
	};

	return names[type & 15];
}

void mqtt_tlv(struct mqtt_packet *p, enum cv_tlv_tag tag, struct mqtt_text text)
{
	if (text.len != 0)
		cv_emit_tlv(p->d->emit, tag, text.data, text.len);
}

void mqtt_complete(struct mqtt_packet *p, struct cv_record *rec)
{
	const char *name = mqtt_type_name(p->type);

	/* The port's side is the operator's word; without it the session tells. */
	if (rec->direction == CV_DIR_UNKNOWN)
		rec->direction = p->from_client ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = p->from_client ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = p->total;
	rec->seq = p->id;
	rec->status = p->type;
	if (p->flow->state & MQTT_FLOW_ID_CUT)
		rec->flags |= CV_FLAG_TRUNCATED;
	cv_emit_tlv(p->d->emit, CV_TLV_METHOD, name, strlen(name));
}

struct cv_record *mqtt_begin(struct mqtt_packet *p, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(p->d->emit, lane, kind);

	mqtt_complete(p, rec);
	mqtt_tlv(p, CV_TLV_DEVICE, (struct mqtt_text){p->flow->client_id, p->flow->client_id_len});
	return rec;
}

void mqtt_emit_reason(struct mqtt_packet *p)
{
	bool refused = p->reason >= 0x80 || (p->type == MQTT_CONNACK && p->reason != 0);
	struct cv_record *rec =
		mqtt_begin(p, CV_LANE_STATUS, refused ? CV_KIND_ERROR : CV_KIND_SESSION);
	const char *name = mqtt_reason_name(p, p->reason);

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = p->reason;
	if (p->cut)
		rec->flags |= CV_FLAG_TRUNCATED;
	if (p->props.reason.len != 0)
		mqtt_tlv(p, CV_TLV_TEXT, p->props.reason);
	else
		cv_emit_tlv(p->d->emit, CV_TLV_TEXT, name, strlen(name));
	mqtt_tlv(p, CV_TLV_CODE, p->props.method);
	cv_emit_end(p->d->emit);
}

void mqtt_emit_refusal(struct mqtt_packet *p)
{
	if (p->reason >= 0x80)
		mqtt_emit_reason(p);
}
