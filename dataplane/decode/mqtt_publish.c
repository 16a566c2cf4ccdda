/* SPDX-License-Identifier: Apache-2.0 */
/* PUBLISH and its acknowledgements. */
#include "dataplane/decode/mqtt.h"

#include <string.h>

#include "dataplane/decode/json_map.h"
#include "dataplane/decode/text.h"

/* Fixed header flags, 3.3.1. */
#define PUBLISH_RETAIN 0x1u
#define PUBLISH_QOS(flags) ((flags) >> 1 & 3u)
#define PUBLISH_DUP 0x8u

/* Correlation data carried as hex digits, bytes. */
#define CORRELATION_MAX 32

/* How long after the first delivery a second one is taken for the same message. */
#define REPEAT_NS (5 * CV_REPEAT_MINUTE)

void mqtt_parse_publish(struct mqtt_packet *p)
{
	size_t head;

	p->topic = mqtt_topic(p, CV_REJECT_BAD_VALUE); /* MQTT-3.3.2-2 */
	if (PUBLISH_QOS(p->flags) != 0) {
		p->id = cv_read_be16(&p->r);
		if (p->id == 0)
			mqtt_fail(p, CV_REJECT_BAD_VALUE);
	}
	if (p->version == MQTT_V5)
		mqtt_properties(p, MQTT_PUBLISH, &p->props);
	if (p->topic.len == 0 && p->props.alias == 0)
		mqtt_fail(p, CV_REJECT_BAD_VALUE); /* 3.3.2.1 */
	/* MQTT-3.3.4-6 */
	if ((p->flow->state & MQTT_FLOW_CONNECTED) && p->from_client &&
	    mqtt_has(p, MQTT_P_SUBSCRIPTION_ID))
		mqtt_fail(p, CV_REJECT_BAD_OPTION);
	if (p->r.failed)
		return;
	head = (size_t)(p->r.cur - p->data);
	p->payload = p->r.cur;
	p->payload_len = p->total - head;
	p->payload_held = cv_reader_left(&p->r);
}

/* Bytes up to the payload in the given layout, as far as @p len bytes tell. */
static size_t head_length(const struct mqtt_packet *p, size_t len, bool v5)
{
	struct cv_reader r = cv_reader(p->r.cur, len - (size_t)(p->r.cur - p->data));
	size_t before = (size_t)(p->r.cur - p->data);
	size_t qos_len = PUBLISH_QOS(p->flags) != 0 ? 2 : 0;
	size_t topic = cv_read_be16(&r);
	uint32_t props = 0;

	before += 2 + topic + qos_len;
	if (r.failed || !v5)
		return before;
	cv_read_bytes(&r, topic + qos_len);
	for (unsigned int shift = 0; shift < 28; shift += 7) {
		uint8_t byte = cv_read_u8(&r);

		before++;
		props |= (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			break;
	}
	return before + props;
}

size_t mqtt_publish_want(const struct mqtt_packet *p, size_t len)
{
	size_t want, v5 = 0;

	if (p->total <= CV_STREAM_WINDOW)
		return p->total;
	want = head_length(p, len, false);
	if (p->flow->version == MQTT_V_UNKNOWN || p->flow->version == MQTT_V5)
		v5 = head_length(p, len, true);
	/* Without a CONNECT the first payload bytes may only look like a property length. */
	if (v5 > want && (v5 <= p->total || p->flow->version == MQTT_V5))
		want = v5;
	/* Of a birth as much as can be had: what follows refers to it. */
	if (cv_reader_left(&p->r) > 2 && sparkplug_topic(p->r.cur + 2, cv_reader_left(&p->r) - 2))
		return CV_STREAM_WINDOW;
	want += MQTT_PAYLOAD_MAX;
	return want < p->total ? want : p->total;
}

static void value_of_payload(struct mqtt_packet *p, struct cv_record *rec)
{
	size_t len = p->payload_held < CV_TLV_MAX ? p->payload_held : CV_TLV_MAX;
	bool whole = len == p->payload_len, text;

	if (p->payload_len == 0)
		return;
	if (!whole)
		rec->flags |= CV_FLAG_TRUNCATED;
	if (whole && cv_text_number(p->payload, len, &rec->value.f64)) {
		rec->value_type = CV_VALUE_F64;
		return;
	}
	text = whole ? cv_utf8_valid(p->payload, len) : cv_utf8_cut_valid(p->payload, len, &len);
	if (!text) {
		rec->value_type = CV_VALUE_BYTES;
		rec->flags |= CV_FLAG_RAW | (p->props.utf8_payload ? CV_FLAG_ENCODING : 0);
		cv_emit_tlv(p->d->emit, CV_TLV_BYTES, p->payload, len);
		return;
	}
	rec->value_type = CV_VALUE_TEXT;
	cv_emit_tlv(p->d->emit, CV_TLV_TEXT, p->payload, len);
}

/* Put the alias in place of the topic or note it. @return flags for the records. */
static uint32_t resolve_alias(struct mqtt_packet *p)
{
	bool cut = false;

	if (p->props.alias == 0)
		return 0;
	if (p->topic.len != 0) {
		mqtt_alias_set(p);
		return 0;
	}
	if (!mqtt_alias_get(p, &p->topic, &cut))
		return CV_FLAG_UNPAIRED;
	return cut ? CV_FLAG_TRUNCATED : 0;
}

static void emit_correlation(struct mqtt_packet *p, struct cv_record *rec)
{
	struct mqtt_text data = p->props.correlation;
	char hex[2 * CORRELATION_MAX];

	if (data.len == 0)
		return;
	if (data.len > CORRELATION_MAX) {
		data.len = CORRELATION_MAX;
		rec->flags |= CV_FLAG_TRUNCATED;
	}
	for (size_t i = 0; i < data.len; i++) {
		hex[2 * i] = "0123456789abcdef"[data.data[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[data.data[i] & 15];
	}
	cv_emit_tlv(p->d->emit, CV_TLV_CORRELATION, hex, 2 * data.len);
}

static size_t append(char *text, size_t len, const char *more)
{
	size_t n = strlen(more);

	memcpy(text + len, more, n);
	return len + n;
}

/* "qos1", "qos0 retain", "qos2 alias 17" */
static void emit_flags(struct mqtt_packet *p, struct cv_record *rec)
{
	char text[sizeof("qos0 retain alias 65535")], digits[6];
	size_t len = append(text, 0, "qos0"), at = sizeof(digits) - 1;
	bool retain = (p->flags & PUBLISH_RETAIN) != 0;
	unsigned int alias = p->props.alias;

	text[3] = (char)('0' + PUBLISH_QOS(p->flags));
	/* 3.3.1.3: to the broker it asks to store a fresh value; from there it marks an old one. */
	if (retain && !p->from_client)
		rec->stage = CV_STAGE_RETAINED;
	if (p->flags & PUBLISH_DUP)
		rec->flags |= CV_FLAG_DUPLICATE;
	if (retain)
		len = append(text, len, " retain");
	digits[at] = '\0';
	for (; alias != 0; alias /= 10)
		digits[--at] = (char)('0' + alias % 10);
	if (p->props.alias != 0) {
		len = append(text, len, " alias ");
		len = append(text, len, digits + at);
	}
	cv_emit_tlv(p->d->emit, CV_TLV_FLAG, text, len);
}

/* What each record of one message has. */
struct message {
	struct mqtt_packet *p;
	uint32_t flags;
	bool bad; /* the topic is mapped, and the payload is not JSON */
};

void mqtt_publish_complete(struct mqtt_packet *p, uint32_t flags, struct cv_record *rec)
{
	mqtt_complete(p, rec);
	rec->flags |= flags;
	emit_flags(p, rec);
	emit_correlation(p, rec);
}

static void complete(void *arg, struct cv_record *rec)
{
	struct message *m = arg;

	mqtt_publish_complete(m->p, m->flags, rec);
}

static bool is_text(struct mqtt_text text, const char *want)
{
	return text.len == strlen(want) && memcmp(text.data, want, text.len) == 0;
}

/*
 * In this order: what the configuration says of the topic; a payload that says it is a SenML pack
 * (RFC 8428), or in JSON looks like one, and is one; a flat object. Other JSON stays text.
 */
static bool emit_values(struct message *m)
{
	struct mqtt_packet *p = m->p;
	struct cv_senml_pack *pack = &((struct mqtt_worker *)p->d->worker)->pack;
	const struct cv_senml_origin origin = {
		.name = p->topic.data,
		.name_len = p->topic.len,
		.device = p->flow->client_id,
		.device_len = p->flow->client_id_len,
		.code = p->topic.data,
		.code_len = p->topic.len,
		.complete = complete,
		.arg = m,
		.lane = CV_LANE_MEASUREMENT,
		.kind = CV_KIND_MEASUREMENT,
	};
	bool whole = p->payload_held == p->payload_len;
	int ret = -1;

	if (whole && cv_json_map_emit(p->d->emit, p->d->gen, CV_PROTO_MQTT, &origin, p->payload,
				      p->payload_len, &m->bad))
		return true;
	if (whole && cv_json_flat_emit(p->d->emit, &origin, p->payload, p->payload_len))
		return true;
	if (whole && p->payload_len > 2 && p->payload[0] == '[' && p->payload[1] == '{')
		ret = cv_senml_json(pack, p->payload, p->payload_len, false);
	else if (whole && is_text(p->props.content_type, "application/senml+cbor"))
		ret = cv_senml_cbor(pack, p->payload, p->payload_len, false);
	if (ret < 0 || pack->count == 0)
		return false;
	cv_senml_emit(p->d->emit, pack, &origin);
	return true;
}

/*
 * 3.3.1.1: DUP says that this may be a second delivery of the same packet id. Whether the first one
 * came by here is known only to who remembers it; an id in use again without DUP is a new message.
 */
static bool is_repeat(struct mqtt_packet *p)
{
	struct cv_repeats *repeats = p->d->repeats;
	const struct mqtt_flow *flow = p->flow;
	uint64_t print;

	if (repeats == NULL || PUBLISH_QOS(p->flags) == 0 || p->payload == NULL)
		return false;
	print = cv_decode_print(p->d, flow->client_id_len == 0, flow->client_id,
				flow->client_id_len);
	print = cv_print_add(print, p->topic.data, p->topic.len);
	print = cv_print_add(print ^ p->id ^ (uint64_t)p->from_client << 16, p->payload,
			     p->payload_held);
	if (p->flags & PUBLISH_DUP)
		return cv_repeated(repeats, print, REPEAT_NS);
	cv_repeat_begin(repeats, print, REPEAT_NS);
	return false;
}

void mqtt_emit_publish(struct mqtt_packet *p)
{
	struct message m = {.p = p, .flags = resolve_alias(p)};
	struct cv_record *rec;

	if (is_repeat(p))
		return;
	if (p->payload && (mqtt_emit_sparkplug(p, m.flags) || emit_values(&m)))
		return;
	rec = cv_emit_begin(p->d->emit, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
	complete(&m, rec);
	mqtt_tlv(p, CV_TLV_DEVICE, (struct mqtt_text){p->flow->client_id, p->flow->client_id_len});
	mqtt_tlv(p, CV_TLV_NAME, p->topic);
	mqtt_tlv(p, CV_TLV_CODE, p->props.content_type);
	if (m.bad)
		rec->reject = CV_REJECT_BAD_PAYLOAD;
	if (p->payload)
		value_of_payload(p, rec);
	else
		rec->flags |= CV_FLAG_TRUNCATED;
	cv_emit_end(p->d->emit);
}

/* 3.4.2: version 5 may add a reason, and properties behind the reason. */
void mqtt_parse_ack(struct mqtt_packet *p)
{
	p->id = cv_read_be16(&p->r);
	if (p->id == 0)
		mqtt_fail(p, CV_REJECT_BAD_VALUE);
	if (p->version == MQTT_V5 && cv_reader_left(&p->r) != 0) {
		p->reason = cv_read_u8(&p->r);
		if (!mqtt_reason_valid(p, p->reason))
			mqtt_fail(p, CV_REJECT_BAD_VALUE);
		if (cv_reader_left(&p->r) != 0)
			mqtt_properties(p, p->type, &p->props);
	}
	if (cv_reader_left(&p->r) != 0)
		mqtt_fail(p, CV_REJECT_BAD_LENGTH);
}

void mqtt_parse_ping(struct mqtt_packet *p)
{
	if (cv_reader_left(&p->r) != 0)
		mqtt_fail(p, CV_REJECT_BAD_LENGTH);
}
