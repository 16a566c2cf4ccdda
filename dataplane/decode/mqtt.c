/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/mqtt.h"

enum side { SIDE_BOTH, SIDE_CLIENT, SIDE_BROKER };

#define NO_BOUND UINT32_MAX

/* Table 2-1, table 2-2, and the bounds of the remaining length that the formats imply. */
static const struct packet_type {
	void (*parse)(struct mqtt_packet *p);
	void (*emit)(struct mqtt_packet *p); /* NULL = counted only */
	uint8_t flags; /* of the fixed header; PUBLISH has its own rules */
	uint8_t side; /* who may send it in 3.1 and 3.1.1 */
	uint8_t side5; /* who may send it in 5 */
	uint32_t min3, max3; /* remaining length in 3.1 and 3.1.1 */
	uint32_t min5, max5;
} types[16] = {
	[MQTT_CONNECT] = {mqtt_parse_connect, mqtt_emit_connect, 0, SIDE_CLIENT, SIDE_CLIENT, 12,
			  NO_BOUND, 12, NO_BOUND},
	[MQTT_CONNACK] = {mqtt_parse_connack, mqtt_emit_connack, 0, SIDE_BROKER, SIDE_BROKER, 2, 2,
			  2, NO_BOUND},
	[MQTT_PUBLISH] = {mqtt_parse_publish, mqtt_emit_publish, 0, SIDE_BOTH, SIDE_BOTH, 2,
			  NO_BOUND, 3, NO_BOUND},
	[MQTT_PUBACK] = {mqtt_parse_ack, mqtt_emit_refusal, 0, SIDE_BOTH, SIDE_BOTH, 2, 2, 2,
			 NO_BOUND},
	[MQTT_PUBREC] = {mqtt_parse_ack, mqtt_emit_refusal, 0, SIDE_BOTH, SIDE_BOTH, 2, 2, 2,
			 NO_BOUND},
	[MQTT_PUBREL] = {mqtt_parse_ack, mqtt_emit_refusal, 2, SIDE_BOTH, SIDE_BOTH, 2, 2, 2,
			 NO_BOUND},
	[MQTT_PUBCOMP] = {mqtt_parse_ack, mqtt_emit_refusal, 0, SIDE_BOTH, SIDE_BOTH, 2, 2, 2,
			  NO_BOUND},
	[MQTT_SUBSCRIBE] = {mqtt_parse_subscribe, mqtt_emit_subscribe, 2, SIDE_CLIENT, SIDE_CLIENT,
			    5, NO_BOUND, 6, NO_BOUND},
	[MQTT_SUBACK] = {mqtt_parse_suback, mqtt_emit_refusal, 0, SIDE_BROKER, SIDE_BROKER, 3,
			 NO_BOUND, 4, NO_BOUND},
	[MQTT_UNSUBSCRIBE] = {mqtt_parse_subscribe, mqtt_emit_subscribe, 2, SIDE_CLIENT,
			      SIDE_CLIENT, 4, NO_BOUND, 5, NO_BOUND},
	[MQTT_UNSUBACK] = {mqtt_parse_suback, mqtt_emit_refusal, 0, SIDE_BROKER, SIDE_BROKER, 2, 2,
			   4, NO_BOUND},
	[MQTT_PINGREQ] = {mqtt_parse_ping, NULL, 0, SIDE_CLIENT, SIDE_CLIENT, 0, 0, 0, 0},
	[MQTT_PINGRESP] = {mqtt_parse_ping, NULL, 0, SIDE_BROKER, SIDE_BROKER, 0, 0, 0, 0},
	[MQTT_DISCONNECT] = {mqtt_parse_disconnect, mqtt_emit_reason, 0, SIDE_CLIENT, SIDE_BOTH, 0,
			     0, 0, NO_BOUND},
	[MQTT_AUTH] = {mqtt_parse_disconnect, mqtt_emit_reason, 0, SIDE_BOTH, SIDE_BOTH, NO_BOUND,
		       0, 0, NO_BOUND},
};

/* 2.1.3 and 3.3.1. */
static bool flags_valid(unsigned int type, uint8_t flags, unsigned int version)
{
	unsigned int qos = flags >> 1 & 3;

	if (type == MQTT_PUBLISH)
		return qos != 3 && !(qos == 0 && (flags & 8) && version != MQTT_V31);
	/* The version that decides stands in the packet itself. */
	if (type == MQTT_CONNECT && version == MQTT_V_UNKNOWN)
		return true;
	/* 3.1 has no use for most flags and repeats requests with DUP set (3.1 section 2.1). */
	if (version == MQTT_V31)
		return types[type].flags == 0 || (flags & 6) == types[type].flags;
	return flags == types[type].flags;
}

static bool length_fits(const struct packet_type *t, uint32_t rest, unsigned int version)
{
	bool v3 = rest >= t->min3 && rest <= t->max3;
	bool v5 = rest >= t->min5 && rest <= t->max5;

	if (version == MQTT_V_UNKNOWN)
		return v3 || v5;
	return version == MQTT_V5 ? v5 : v3;
}

int mqtt_fixed_header(const uint8_t *data, size_t len, unsigned int version, uint32_t *ret_total)
{
	unsigned int type, head = 1;
	uint32_t rest = 0;

	*ret_total = 0;
	/* 2.1.4; more bytes than needed are tolerated, some clients always send four. */
	do {
		if (head >= len)
			return CV_NEED_MORE;
		if (head == 4 && (data[head] & 0x80))
			return (int)CV_REJECTED(CV_REJECT_BAD_LENGTH);
		rest |= (uint32_t)(data[head] & 0x7f) << 7 * (head - 1);
	} while (data[head++] & 0x80);
	*ret_total = head + rest;
	type = data[0] >> 4;
	if (type == 0 || (type == MQTT_AUTH && version != MQTT_V5 && version != MQTT_V_UNKNOWN))
		return (int)CV_REJECTED(CV_REJECT_UNKNOWN_TYPE);
	if (!flags_valid(type, data[0] & 15, version))
		return (int)CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (!length_fits(&types[type], rest, version))
		return (int)CV_REJECTED(CV_REJECT_BAD_LENGTH);
	return (int)head;
}

/* Parse in one version's layout; what is wrong is in p->reject afterwards. */
static void parse_as(struct mqtt_packet *p, unsigned int version)
{
	p->version = (uint8_t)version;
	if (!length_fits(&types[p->type], p->total - (uint32_t)(p->r.cur - p->data), version)) {
		p->reject = CV_REJECT_BAD_LENGTH;
		return;
	}
	types[p->type].parse(p);
	if (p->r.failed && !p->cut && p->reject == CV_REJECT_NONE)
		p->reject = CV_REJECT_BAD_LENGTH;
}

/*
 * No CONNECT was seen: the layouts of 3.1.1 and 5 are both tried. A packet that is right in one of
 * them only, or has properties, decides for those that follow; a later packet may decide otherwise.
 * Where both are right, version 5 is likelier: its empty property section is a zero byte, which
 * few payloads begin with and which 3.1.1 would have as QoS 0 of the first of two subscriptions.
 */
static void parse_unproven(struct mqtt_packet *p)
{
	struct mqtt_flow *flow = p->flow;
	unsigned int first = flow->version == MQTT_V_UNKNOWN ? MQTT_V5 : flow->version;
	unsigned int second = first == MQTT_V5 ? MQTT_V311 : MQTT_V5;
	struct mqtt_packet other = *p;

	parse_as(p, first);
	if (p->reject == CV_REJECT_NONE && flow->version != MQTT_V_UNKNOWN)
		return;
	parse_as(&other, second);
	if (p->reject == CV_REJECT_NONE) {
		if (other.reject != CV_REJECT_NONE || p->props.seen != 0)
			flow->version = (uint8_t)first;
	} else if (other.reject == CV_REJECT_NONE) {
		flow->version = (uint8_t)second;
		*p = other;
	} else if (flow->version == MQTT_V_UNKNOWN && p->type != MQTT_AUTH) {
		p->reject = other.reject;
	}
}

/* May this side send this packet now? Before a CONNECT proves the sides, packets suggest them. */
static enum cv_reject check_session(struct mqtt_packet *p)
{
	struct mqtt_flow *flow = p->flow;
	const struct packet_type *t = &types[p->type];
	unsigned int side =
		flow->version == MQTT_V5 || flow->version == MQTT_V_UNKNOWN ? t->side5 : t->side;

	p->from_client = p->d->from_client != ((flow->state & MQTT_FLOW_SWAPPED) != 0);
	if (side == SIDE_BOTH || p->from_client == (side == SIDE_CLIENT)) {
		/* MQTT-3.1.0-2: a client sends one CONNECT. */
		if (p->type == MQTT_CONNECT && (flow->state & MQTT_FLOW_CONNECTED))
			return CV_REJECT_BAD_STATE;
		return CV_REJECT_NONE;
	}
	if (flow->state & MQTT_FLOW_CONNECTED)
		return CV_REJECT_BAD_STATE;
	p->from_client = !p->from_client;
	return CV_REJECT_NONE;
}

static void learn_sides(struct mqtt_packet *p)
{
	p->flow->state &= (uint8_t)~MQTT_FLOW_SWAPPED;
	if (p->from_client != p->d->from_client)
		p->flow->state |= MQTT_FLOW_SWAPPED;
}

static int64_t need_more(struct cv_decode *d, size_t want)
{
	d->need = (uint32_t)want;
	return CV_NEED_MORE;
}

/*
 * A rejected packet is passed over by its length, since what lies inside can look like packets; but
 * not one beyond the window. A bad fixed header right behind another rejected packet says that the
 * length of that one led nowhere, and so does its own.
 */
static int64_t rejected(struct cv_decode *d, struct mqtt_flow *flow, enum cv_reject reason,
			uint32_t total, bool header)
{
	uint8_t astray = MQTT_FLOW_ASTRAY(d->from_client);

	if (total <= CV_STREAM_WINDOW && !(header && (flow->state & astray)))
		d->skip = total;
	flow->state |= astray;
	return CV_REJECTED(reason);
}

static enum cv_reject parse(struct mqtt_packet *p)
{
	struct mqtt_flow *flow = p->flow;
	enum cv_reject reject = check_session(p);

	if (reject != CV_REJECT_NONE)
		return reject;
	if (p->type == MQTT_CONNECT) {
		parse_as(p, MQTT_V5);
		/* Name and level say what follows even when the rest is not to be had. */
		if (p->version != MQTT_V_UNKNOWN) {
			flow->version = p->version;
			flow->state |= MQTT_FLOW_CONNECTED;
			learn_sides(p);
		}
	} else if (flow->state & MQTT_FLOW_CONNECTED) {
		parse_as(p, flow->version);
	} else {
		parse_unproven(p);
	}
	return p->reject;
}

/* Piece by piece: compilers clear a struct of this size by a string instruction, which is slow. */
static void packet_init(struct mqtt_packet *p, struct cv_decode *d, const uint8_t *data,
			uint32_t total)
{
	const struct mqtt_text none = {NULL, 0};

	p->d = d;
	p->flow = d->flow;
	p->data = data;
	p->total = total;
	p->type = data[0] >> 4;
	p->flags = data[0] & 15;
	p->version = MQTT_V_UNKNOWN;
	p->from_client = p->cut = false;
	p->reject = CV_REJECT_NONE;
	p->reason = p->connect_flags = 0;
	p->keep_alive = p->id = 0;
	p->client_id = none;
	p->topic = none;
	p->filters = none;
	p->payload = NULL;
	p->payload_len = p->payload_held = 0;
	p->props.seen = 0;
	p->props.alias = 0;
	p->props.utf8_payload = false;
	p->props.content_type = none;
	p->props.correlation = none;
	p->props.reason = none;
	p->props.client_id = none;
	p->props.method = none;
}

static int64_t mqtt_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct mqtt_flow *flow = d->flow;
	struct mqtt_packet p;
	uint32_t total;
	int head = mqtt_fixed_header(data, len, flow->version, &total);
	enum cv_reject reject;
	size_t want;

	if (head < 0 && (flow->state & MQTT_FLOW_CONNECTED) == 0) /* the version may be wrong */
		head = mqtt_fixed_header(data, len, MQTT_V_UNKNOWN, &total);
	if (head < 0)
		return rejected(d, flow, (enum cv_reject)(-head), total, true);
	if (head == 0)
		return need_more(d, 0);
	packet_init(&p, d, data, total);
	p.r = cv_reader(data + head, len - (size_t)head);
	want = p.type == MQTT_PUBLISH ? mqtt_publish_want(&p, len) : total;
	/* The same bytes make the same records however they are cut into segments. */
	if (want > CV_STREAM_WINDOW)
		want = CV_STREAM_WINDOW;
	if (len < want && !d->window_full)
		return need_more(d, want);
	if (len > want)
		len = want;
	p.cut = len < total;
	p.r.end = data + len;
	reject = parse(&p);
	if (reject != CV_REJECT_NONE)
		return rejected(d, flow, reject, total, false);
	flow->state &= (uint8_t)~MQTT_FLOW_ASTRAY(d->from_client);
	learn_sides(&p);
	if (d->judge != NULL)
		mqtt_facts(&p);
	if (types[p.type].emit)
		types[p.type].emit(&p);
	return total;
}

const struct cv_decoder cv_decoder_mqtt = {
	.name = "mqtt",
	.proto = CV_PROTO_MQTT,
	.transports = CV_TRANSPORT_TCP,
	.tcp_ports = {1883},
	.flow_size = sizeof(struct mqtt_flow),
	.worker_size = sizeof(struct mqtt_worker),
	.probe = mqtt_probe,
	.decode = mqtt_decode,
	.resync = mqtt_resync,
	.flow_end = mqtt_flow_end,
};
