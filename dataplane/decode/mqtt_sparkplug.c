/* SPDX-License-Identifier: Apache-2.0 */
/* Records of Sparkplug B messages: topics, births and deaths, sequence, values by datatype. */
#include "dataplane/decode/mqtt_sparkplug.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "dataplane/decode/device_time.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/mqtt.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define NAMESPACE "spBv1.0/"
#define NAMESPACE_LEN (sizeof(NAMESPACE) - 1)

/* Message types, section 4.2: what follows the group in the topic. */
enum verb { BIRTH, DEATH, DATA, COMMAND };
static const struct type {
	char text[8];
	uint8_t verb; /* enum verb */
	bool device; /* a level for the device follows the edge node's */
} types[] = {
	{"NBIRTH", BIRTH, false}, {"NDEATH", DEATH, false}, {"NDATA", DATA, false},
	{"NCMD", COMMAND, false}, {"DBIRTH", BIRTH, true},  {"DDEATH", DEATH, true},
	{"DDATA", DATA, true},	  {"DCMD", COMMAND, true},
};

/* What the records of one message share. */
struct message {
	struct mqtt_packet *p;
	struct sparkplug_state *s;
	struct sparkplug_node *node;
	const struct type *type;
	struct mqtt_text group, edge, device;
	uint32_t flags;
	bool doubtful;
};

bool sparkplug_topic(const uint8_t *topic, size_t len)
{
	return len > NAMESPACE_LEN && memcmp(topic, NAMESPACE, NAMESPACE_LEN) == 0;
}

/* The topic's next level; empty at its end. */
static struct mqtt_text level(struct cv_reader *r)
{
	struct mqtt_text text = {r->cur, cv_reader_left(r)};
	const uint8_t *slash = text.len == 0 ? NULL : memchr(text.data, '/', text.len);

	if (slash != NULL)
		text.len = (size_t)(slash - text.data);
	cv_read_bytes(r, text.len + (slash != NULL));
	return text;
}

/* spBv1.0/GROUP/TYPE/EDGE or spBv1.0/GROUP/TYPE/EDGE/DEVICE, no level empty. */
static bool read_topic(struct message *m, struct mqtt_text topic)
{
	struct cv_reader r = cv_reader(topic.data, topic.len);
	struct mqtt_text type;

	if (!sparkplug_topic(topic.data, topic.len))
		return false;
	level(&r);
	m->group = level(&r);
	type = level(&r);
	m->edge = level(&r);
	m->device = level(&r);
	m->type = NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (type.len == strlen(types[i].text) &&
		    memcmp(type.data, types[i].text, type.len) == 0)
			m->type = &types[i];
	}
	return m->type != NULL && m->group.len != 0 && m->edge.len != 0 &&
	       cv_reader_left(&r) == 0 && (m->device.len != 0) == m->type->device;
}

/*
 * Numbers of a node's births, data and deaths of its devices run on from 0 to 255 and again (6.4.5).
 * What is missed may have been a birth: until the node is born again nothing of it is certain.
 */
static void follow_seq(struct message *m, const struct sparkplug_payload *p)
{
	struct sparkplug_node *node = m->node;
	bool again = (m->flags & CV_FLAG_DUPLICATE) && node->has_seq && p->seq == node->seq;

	if (m->type->verb == COMMAND || (m->type->verb == DEATH && !m->type->device) || again)
		return;
	if (!p->has_seq) { /* behind what is held, or an edge node that does not count */
		node->has_seq = false;
		return;
	}
	if (p->seq > UINT8_MAX || (node->has_seq && p->seq != (uint8_t)(node->seq + 1)))
		node->doubtful = true;
	node->seq = (uint8_t)p->seq;
	node->has_seq = true;
}

/* 6.4.8: the will of an earlier session may come after the birth of the next. */
static bool is_old_death(const struct message *m, const struct sparkplug_payload *p)
{
	return m->type->verb == DEATH && !m->type->device && p->has_bd_seq && m->node->has_bd_seq &&
	       p->bd_seq != m->node->bd_seq;
}

static void follow(struct message *m, const struct sparkplug_payload *p)
{
	struct mqtt_packet *packet = m->p;
	bool node_level = !m->type->device;

	m->node = sparkplug_node(m->s, sparkplug_key(mqtt_session(packet), packet->from_client,
						     m->group.data, m->group.len, m->edge.data,
						     m->edge.len));
	if (m->type->verb == BIRTH && node_level) {
		sparkplug_born(m->s, m->node);
		m->node->has_bd_seq = p->has_bd_seq;
		m->node->bd_seq = p->bd_seq;
	}
	follow_seq(m, p);
	m->doubtful = m->node->doubtful && m->type->verb != COMMAND;
	if (m->type->verb != DEATH)
		return;
	if (is_old_death(m, p)) {
		m->flags |= CV_FLAG_UNPAIRED;
	} else if (node_level) {
		m->node->doubtful = true;
		m->doubtful = false;
	}
}

static struct cv_record *begin(struct message *m, enum cv_lane lane, enum cv_kind kind)
{
	struct mqtt_packet *p = m->p;
	struct cv_record *rec = cv_emit_begin(p->d->emit, lane, kind);
	uint8_t id[CV_TLV_MAX + 4];
	struct cv_reader r = cv_reader(p->topic.data, p->topic.len);
	size_t len = m->group.len;

	mqtt_publish_complete(p, m->flags, rec);
	if (p->d->origin->direction == CV_DIR_UNKNOWN)
		rec->direction = m->type->verb == COMMAND ? CV_DIR_DOWN : CV_DIR_UP;
	/* The identity is the topic without its namespace and type: the levels before and behind. */
	cv_read_bytes(&r, NAMESPACE_LEN + len + 1 + strlen(m->type->text));
	memcpy(id, m->group.data, len < CV_TLV_MAX ? len : CV_TLV_MAX);
	if (len + cv_reader_left(&r) > CV_TLV_MAX) { /* half an identity would be another's */
		rec->flags |= CV_FLAG_TRUNCATED;
		return rec;
	}
	memcpy(id + len, r.cur, cv_reader_left(&r));
	cv_emit_tlv(p->d->emit, CV_TLV_DEVICE, id, len + cv_reader_left(&r));
	return rec;
}

static void set_time(const struct sparkplug_payload *p, const struct sparkplug_metric *metric,
		     struct cv_record *rec)
{
	if (metric != NULL && metric->has_time)
		cv_device_time_ms(rec, metric->time_ms);
	else if (p->has_time)
		cv_device_time_ms(rec, p->time_ms);
}

static void emit_state(struct message *m, const struct sparkplug_payload *p, const char *state)
{
	struct cv_record *rec = begin(m, CV_LANE_STATUS, CV_KIND_STATE);

	rec->name_id = CV_NAME_DEVICE_STATE;
	rec->value_type = CV_VALUE_TEXT;
	rec->quality = m->doubtful ? CV_QUALITY_UNCERTAIN : CV_QUALITY_UNSTATED;
	set_time(p, NULL, rec);
	cv_emit_tlv(m->p->d->emit, CV_TLV_CODE, m->type->text, strlen(m->type->text));
	cv_emit_tlv(m->p->d->emit, CV_TLV_TEXT, state, strlen(state));
	cv_emit_end(m->p->d->emit);
}

static void set_f64(struct message *m, struct cv_record *rec, double value)
{
	const char *text = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";

	if (isfinite(value)) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = value;
		return;
	}
	rec->quality = CV_QUALITY_BAD;
	cv_emit_tlv(m->p->d->emit, CV_TLV_TEXT, text, strlen(text));
}

/* 6.4.16: signed integers travel as the two's complement of their width, or of 32 or 64 bits. */
static bool set_integer(struct cv_record *rec, const struct sparkplug_metric *metric, uint8_t type)
{
	uint64_t bits = metric->value;

	rec->value_type = CV_VALUE_I64;
	switch (type) {
	case SPARKPLUG_INT8:
		rec->value.i64 = (int8_t)bits;
		return true;
	case SPARKPLUG_INT16:
		rec->value.i64 = (int16_t)bits;
		return true;
	case SPARKPLUG_INT32:
		rec->value.i64 = (int32_t)bits;
		return true;
	case SPARKPLUG_INT64:
		rec->value.i64 = (int64_t)bits;
		return true;
	default:
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = bits;
		return metric->field == SPARKPLUG_F_LONG || bits <= UINT32_MAX;
	}
}

static void set_raw(struct message *m, struct cv_record *rec, const struct sparkplug_metric *metric)
{
	rec->value_type = CV_VALUE_BYTES;
	rec->flags |= CV_FLAG_RAW;
	cv_emit_tlv(m->p->d->emit, CV_TLV_BYTES, metric->data, metric->data_len);
}

/* The field says how the value is written; the datatype only what an integer means. */
static void set_value(struct message *m, struct cv_record *rec,
		      const struct sparkplug_metric *metric, uint8_t type)
{
	uint32_t bits = (uint32_t)metric->value;
	double f64;
	float f32;

	switch (metric->field) {
	case 0:
		break;
	case SPARKPLUG_F_INT:
	case SPARKPLUG_F_LONG:
		if (!set_integer(rec, metric, type))
			rec->flags |= CV_FLAG_RANGE;
		if (type == SPARKPLUG_DATETIME && rec->unit_id == CV_UNIT_NONE)
			rec->unit_id = CV_UNIT_MS; /* since the Unix epoch */
		break;
	case SPARKPLUG_F_FLOAT:
		memcpy(&f32, &bits, sizeof(f32));
		set_f64(m, rec, (double)f32);
		break;
	case SPARKPLUG_F_DOUBLE:
		memcpy(&f64, &metric->value, sizeof(f64));
		set_f64(m, rec, f64);
		break;
	case SPARKPLUG_F_BOOLEAN:
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = metric->value != 0;
		break;
	case SPARKPLUG_F_STRING:
		if (!cv_utf8_valid(metric->data, metric->data_len)) {
			rec->flags |= CV_FLAG_ENCODING;
			set_raw(m, rec, metric);
			break;
		}
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(m->p->d->emit, CV_TLV_TEXT, metric->data, metric->data_len);
		break;
	default:
		set_raw(m, rec, metric);
	}
}

static void set_quality(const struct message *m, struct cv_record *rec,
			const struct sparkplug_metric *metric)
{
	if (metric->has_quality)
		rec->quality = metric->quality == SPARKPLUG_QUALITY_GOOD  ? CV_QUALITY_GOOD
			       : metric->quality == SPARKPLUG_QUALITY_BAD ? CV_QUALITY_BAD
									  : CV_QUALITY_UNCERTAIN;
	if (m->doubtful && rec->quality != CV_QUALITY_BAD)
		rec->quality = CV_QUALITY_UNCERTAIN;
	if (metric->null)
		rec->quality = CV_QUALITY_BAD;
}

/* Its own name, or the one its alias was given at birth. @return the alias, if it was needed. */
static const struct sparkplug_alias *put_name(struct message *m, struct cv_record *rec,
					      const struct sparkplug_metric *metric)
{
	const struct sparkplug_alias *alias;
	struct cv_label label = {0};

	if (metric->name_len != 0) {
		cv_emit_tlv(m->p->d->emit, CV_TLV_NAME, metric->name, metric->name_len);
		return NULL;
	}
	alias = sparkplug_alias_get(m->s, m->node, metric->alias);
	if (alias != NULL) {
		if (alias->cut)
			rec->flags |= CV_FLAG_TRUNCATED;
		cv_emit_tlv(m->p->d->emit, CV_TLV_NAME, alias->name, alias->name_len);
		return alias;
	}
	rec->flags |= CV_FLAG_UNPAIRED;
	cv_label_str(&label, "raw.alias.");
	cv_label_u64(&label, metric->alias);
	cv_emit_tlv(m->p->d->emit, CV_TLV_NAME, label.text, label.len);
	return NULL;
}

static void put_unit(struct message *m, struct cv_record *rec,
		     const struct sparkplug_metric *metric)
{
	rec->unit_id = (uint16_t)cv_unit_by_text((const char *)metric->unit, metric->unit_len);
	if (rec->unit_id == CV_UNIT_NONE && metric->unit_len != 0)
		cv_emit_tlv(m->p->d->emit, CV_TLV_UNIT, metric->unit, metric->unit_len);
}

static void emit_metric(struct message *m, const struct sparkplug_payload *p,
			const struct sparkplug_metric *metric)
{
	bool command = m->type->verb == COMMAND;
	struct cv_record *rec = begin(m, command ? CV_LANE_STATUS : CV_LANE_MEASUREMENT,
				      command ? CV_KIND_COMMAND : CV_KIND_MEASUREMENT);
	const struct sparkplug_alias *alias = put_name(m, rec, metric);
	uint8_t type = metric->type;
	struct cv_label code = {0};

	if (m->type->verb == BIRTH && metric->has_alias && metric->name_len != 0)
		sparkplug_alias_set(m->s, m->node, metric);
	put_unit(m, rec, metric);
	if (alias != NULL && rec->unit_id == CV_UNIT_NONE && metric->unit_len == 0)
		rec->unit_id = alias->unit;
	if (alias != NULL && type == SPARKPLUG_UNKNOWN)
		type = alias->type;
	if (metric->has_alias) {
		cv_label_u64(&code, metric->alias);
		cv_emit_tlv(m->p->d->emit, CV_TLV_CODE, code.text, code.len);
	}
	set_time(p, metric, rec);
	if (metric->historical)
		rec->stage = CV_STAGE_HISTORY;
	set_quality(m, rec, metric);
	if (!metric->null)
		set_value(m, rec, metric, type);
	cv_emit_end(m->p->d->emit);
}

/* The payload as it came: malformed, too large, or put into `body` by other rules (compressed). */
static void emit_raw(struct message *m, enum cv_reject reject)
{
	struct mqtt_packet *p = m->p;
	struct cv_record *rec = begin(m, CV_LANE_STATUS, CV_KIND_STATE);

	rec->reject = (uint8_t)reject;
	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(p->d->emit, CV_TLV_NAME, p->topic.data, p->topic.len);
	cv_emit_tlv(p->d->emit, CV_TLV_BYTES, p->payload, p->payload_held);
	cv_emit_end(p->d->emit);
}

bool mqtt_emit_sparkplug(struct mqtt_packet *p, uint32_t flags)
{
	struct message m = {.p = p, .flags = flags};
	bool cut = p->payload_held != p->payload_len;
	struct sparkplug_payload *payload;
	int err;

	if (!read_topic(&m, p->topic))
		return mqtt_emit_sparkplug_host(p, flags);
	m.s = &((struct mqtt_worker *)p->d->worker)->sparkplug;
	payload = &m.s->payload;
	err = sparkplug_read(payload, p->payload, p->payload_held, cut);
	if (cut)
		m.flags |= CV_FLAG_PARTIAL;
	if (err != 0) {
		emit_raw(&m, err == -E2BIG ? CV_REJECT_TOO_LARGE : CV_REJECT_BAD_PAYLOAD);
		return true;
	}
	follow(&m, payload);
	if (m.type->verb == BIRTH)
		emit_state(&m, payload, "online");
	for (uint32_t i = 0; i < payload->count; i++)
		emit_metric(&m, payload, &payload->metric[i]);
	if (m.type->verb == DEATH)
		emit_state(&m, payload, "offline");
	else if (payload->count == 0 && payload->has_body)
		emit_raw(&m, CV_REJECT_NONE);
	return true;
}
