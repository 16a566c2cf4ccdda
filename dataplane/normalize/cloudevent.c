/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/cloudevent.h"

#include <math.h>
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/normalize/device_urn.h"
#include "dataplane/normalize/json_write.h"
#include "dataplane/normalize/registered.h"
#include "dataplane/normalize/vocabulary.h"

struct event {
	const struct cv_record *rec;
	uint32_t tags; /* of its TLVs: most records have none of most */
};

static bool has(const struct event *e, enum cv_tlv_tag tag)
{
	return e->tags & CV_TAG_BIT(tag);
}

static void text_member(struct cv_json *j, const char *key, const char *text)
{
	cv_json_key(j, key);
	cv_json_string(j, text, strlen(text));
}

static void tlv_member(struct cv_json *j, const char *key, const struct event *e,
		       enum cv_tlv_tag tag)
{
	struct cv_tlv_view v;

	if (!has(e, tag))
		return;
	v = cv_record_tlv(e->rec, tag);
	cv_json_key(j, key);
	cv_json_string(j, v.data, v.len);
}

static void number_member(struct cv_json *j, const char *key, uint64_t v)
{
	if (v == 0)
		return;
	cv_json_key(j, key);
	cv_json_u64(j, v);
}

struct literal {
	const char *text;
	size_t len;
};
#define LITERAL(literal_text)                                                                      \
	{                                                                                          \
		.text = literal_text, .len = sizeof(literal_text) - 1                              \
	}

static void put_literal(struct cv_json *j, struct literal l)
{
	cv_json_put(j, l.text, l.len);
}

/* RFC 3986 2.3 */
static const bool is_unreserved[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['-'] = true,
	['.'] = true,	      ['_'] = true,	    ['~'] = true,
};

/* The node as a segment of a URI: unreserved as it is, the rest as %XX (RFC 3986 2.1, 3.3). */
static void put_node(struct cv_json *j, const char *node)
{
	static const char digit[] = "0123456789ABCDEF";
	size_t at = 0;

	while (at < CV_CLOUDEVENT_NODE_MAX && node[at] != '\0') {
		size_t run = at;
		uint8_t c;

		while (at < CV_CLOUDEVENT_NODE_MAX && is_unreserved[(uint8_t)node[at]])
			at++;
		cv_json_put(j, node + run, at - run);
		if (at < CV_CLOUDEVENT_NODE_MAX && node[at] != '\0') {
			c = (uint8_t)node[at++];
			cv_json_put(j, (char[]){'%', digit[c >> 4], digit[c & 15]}, 3);
		}
	}
}

/* Context attributes (CloudEvents 1.0.2, section 3) up to the id's last part. */
static void begin_context(struct cv_json *j, const char *node, unsigned int lane)
{
#define ID_OF_LANE(id, name) LITERAL("/" name "/"),
	static const struct literal of_lane[CV_LANE_COUNT] = {CV_LANES(ID_OF_LANE)};

	cv_json_lit(j, "\"specversion\":\"1.0\",\"id\":\"");
	put_node(j, node);
	put_literal(j, of_lane[lane]);
}

static void put_source_and_type(struct cv_json *j, const char *node, unsigned int kind)
{
#define TYPE_OF_KIND(id, name) LITERAL("\",\"type\":\"city.culvert." name ".v1\""),
	static const struct literal of_kind[CV_KIND_COUNT] = {CV_KINDS(TYPE_OF_KIND)};

	cv_json_lit(j, "\",\"source\":\"//culvert/");
	put_node(j, node);
	put_literal(j, of_kind[kind]);
}

static void put_subject(struct cv_json *j, const struct cv_record *rec)
{
	char *mark = j->at;

	cv_json_lit(j, ",\"subject\":\"");
	if (cv_device_urn(rec, j))
		cv_json_lit(j, "\"");
	else if (!j->failed)
		j->at = mark;
}

static void end_context(struct cv_json *j, int64_t ts_ns, unsigned int lane, uint64_t seq)
{
#define LANE_MEMBER(id, name) LITERAL("\"lane\":\"" name "\",\"sequence\":\""),
	static const struct literal of_lane[CV_LANE_COUNT] = {CV_LANES(LANE_MEMBER)};

	cv_json_lit(j, ",\"time\":");
	j->comma = false;
	cv_json_time(j, ts_ns);
	cv_json_lit(j, ",\"datacontenttype\":\"application/json\",");
	put_literal(j, of_lane[lane]);
	/* A string that sorts in order (CloudEvents sequence extension). */
	cv_json_digits(j, seq, 20);
	cv_json_lit(j, "\",\"data\":{");
	j->comma = false;
}

static void put_vocabulary(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	if (*cv_name_text(rec->name_id))
		text_member(j, "name", cv_name_text(rec->name_id));
	else
		tlv_member(j, "name", e, CV_TLV_NAME);
	tlv_member(j, "code", e, CV_TLV_CODE);
}

static void put_unit(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	if (*cv_unit_text(rec->unit_id))
		text_member(j, "unit", cv_unit_text(rec->unit_id));
	else
		tlv_member(j, "unit", e, CV_TLV_UNIT);
}

static bool is_not_finite(const struct cv_record *rec)
{
	return rec->value_type == CV_VALUE_F64 && !isfinite(rec->value.f64);
}

static void put_value(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	struct cv_tlv_view text = {0};

	if (rec->value_type == CV_VALUE_TEXT)
		text = cv_record_tlv(rec, CV_TLV_TEXT);
	if (rec->value_type != CV_VALUE_NONE && rec->value_type != CV_VALUE_BYTES)
		cv_json_key(j, "value");
	switch (rec->value_type) {
	case CV_VALUE_F64:
		cv_json_f64(j, rec->value.f64);
		break;
	case CV_VALUE_I64:
		cv_json_i64(j, rec->value.i64);
		break;
	case CV_VALUE_U64:
		cv_json_u64(j, rec->value.u64);
		break;
	case CV_VALUE_BOOL:
		if (rec->value.u64)
			cv_json_lit(j, "true");
		else
			cv_json_lit(j, "false");
		j->comma = true;
		break;
	case CV_VALUE_TEXT:
		cv_json_string(j, text.data, text.len);
		break;
	default:
		break;
	}
	put_unit(j, e);
	if (rec->value_type != CV_VALUE_TEXT)
		tlv_member(j, "text", e, CV_TLV_TEXT);
}

static void put_position(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	struct cv_position p;

	if (has(e, CV_TLV_POSITION) && cv_record_position(rec, &p))
		cv_position_json(j, &p);
}

static void signal_part(struct cv_json *j, const char *key, double value)
{
	if (isnan(value))
		return;
	cv_json_key(j, key);
	cv_json_f64(j, value);
}

static void put_gateways(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	struct cv_gateway g[CV_GATEWAYS_MAX];
	unsigned int n = has(e, CV_TLV_GATEWAYS) ? cv_record_gateways(rec, g) : 0;

	if (n == 0)
		return;
	cv_json_key(j, "gateways");
	cv_json_open(j, '[');
	for (unsigned int i = 0; i < n; i++) {
		uint64_t id = __builtin_bswap64(g[i].id); /* as it is written */

		cv_json_open(j, '{');
		if (id != 0) {
			cv_json_key(j, "gateway");
			cv_json_lit(j, "\"");
			cv_json_hex(j, (const uint8_t *)&id, sizeof(id));
			cv_json_lit(j, "\"");
			j->comma = true;
		}
		signal_part(j, "rssi", g[i].rssi);
		signal_part(j, "snr", g[i].snr);
		cv_json_close(j, '}');
	}
	cv_json_close(j, ']');
}

/* URNs with blanks between. */
static void put_members(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_MEMBERS);
	size_t at = 0;

	cv_json_key(j, "devices");
	cv_json_open(j, '[');
	while (at < v.len) {
		const uint8_t *blank = memchr(v.data + at, ' ', v.len - at);
		size_t n = blank ? (size_t)(blank - v.data) - at : v.len - at;

		cv_json_string(j, v.data + at, n);
		at += n + 1;
	}
	cv_json_close(j, ']');
}

static void optional_text(struct cv_json *j, const char *key, const char *text, size_t len)
{
	if (len == 0)
		return;
	cv_json_key(j, key);
	cv_json_string(j, text, len);
}

static void time_member(struct cv_json *j, const char *key, int64_t ns)
{
	cv_json_key(j, key);
	cv_json_time(j, ns);
}

/* Its value is the event's. */
static void put_alarm(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	struct cv_alarm_view a;

	if (!has(e, CV_TLV_ALARM) || !cv_record_alarm(rec, &a))
		return;
	cv_json_key(j, "alarm");
	cv_json_open(j, '{');
	tlv_member(j, "id", e, CV_TLV_CORRELATION);
	tlv_member(j, "rule", e, CV_TLV_CODE);
	text_member(j, "state", cv_alarm_change_name(a.note.change));
	number_member(j, "grade", a.note.grade);
	text_member(j, "colour", cv_alarm_colour(a.note.grade));
	signal_part(j, "threshold", a.note.threshold);
	time_member(j, "since", a.note.since_ns);
	time_member(j, "raised", a.note.raised_ns);
	optional_text(j, "area", a.area, a.area_len);
	put_members(j, e);
	number_member(j, "device_count", a.note.devices);
	optional_text(j, "acknowledged_by", a.who, a.who_len);
	optional_text(j, "comment", a.comment, a.comment_len);
	number_member(j, "rules", a.note.rules);
	cv_json_close(j, '}');
}

static void put_quality(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	if (is_not_finite(rec))
		text_member(j, "quality", cv_quality_name(CV_QUALITY_BAD));
	else if (rec->quality != CV_QUALITY_UNSTATED)
		text_member(j, "quality", cv_quality_name(rec->quality));
	tlv_member(j, "flag", e, CV_TLV_FLAG);
	if (rec->ts_device_ns != 0) {
		cv_json_key(j, "device_time");
		cv_json_time(j, rec->ts_device_ns);
	}
	if (rec->time_quality != CV_TIME_ABSENT)
		text_member(j, "time_quality", cv_time_quality_name(rec->time_quality));
	if (rec->time_quality == CV_TIME_SKEWED) {
		cv_json_key(j, "time_skew");
		/* In milliseconds: what is below is the network. */
		cv_json_f64(j, (double)((rec->ts_device_ns - rec->ts_rx_ns) / 1000000) / 1e3);
	}
	if (rec->stage != CV_STAGE_REALTIME)
		text_member(j, "stage", cv_stage_name(rec->stage));
}

static void put_protocol(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	if (rec->direction != CV_DIR_UNKNOWN)
		text_member(j, "direction", cv_direction_name(rec->direction));
	if (rec->proto != 0)
		text_member(j, "proto", cv_proto_name(rec->proto));
	tlv_member(j, "method", e, CV_TLV_METHOD);
	number_member(j, "status", rec->status);
	number_member(j, "seq", rec->seq);
	tlv_member(j, "correlation", e, CV_TLV_CORRELATION);
	tlv_member(j, "sub", e, CV_TLV_SUB);
}

static void put_flags(struct cv_json *j, const struct cv_record *rec)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{CV_FLAG_TRUNCATED, "truncated"}, {CV_FLAG_DUPLICATE, "duplicate"},
		{CV_FLAG_UNPAIRED, "unpaired"},	  {CV_FLAG_NOTIFICATION, "notification"},
		{CV_FLAG_PARTIAL, "partial"},	  {CV_FLAG_RAW, "raw"},
		{CV_FLAG_ENCODING, "encoding"},	  {CV_FLAG_RANGE, "range"},
		{CV_FLAG_DENIED, "denied"},	  {CV_FLAG_RATE, "rate"},
		{CV_FLAG_LATE, "late"},
	};

	if (rec->flags == 0 && !is_not_finite(rec))
		return;
	cv_json_key(j, "flags");
	cv_json_open(j, '[');
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (rec->flags & names[i].bit)
			cv_json_string(j, names[i].name, strlen(names[i].name));
	}
	if (is_not_finite(rec))
		cv_json_string(j, "not-finite", strlen("not-finite"));
	cv_json_close(j, ']');
}

/* Where it was seen: enough to find the bytes in a capture. */
static void put_origin(struct cv_json *j, const struct event *e)
{
	const struct cv_record *rec = e->rec;
	struct cv_tlv_view bytes = {0};

	if (has(e, CV_TLV_BYTES))
		bytes = cv_record_tlv(rec, CV_TLV_BYTES);
	number_member(j, "rule", rec->rule);
	if (rec->family != 0) {
		cv_json_key(j, "src");
		cv_json_address(j, rec->family, rec->src);
		cv_json_key(j, "dst");
		cv_json_address(j, rec->family, rec->dst);
	}
	number_member(j, "sport", rec->sport);
	number_member(j, "dport", rec->dport);
	number_member(j, "vlan", rec->vlan);
	if (rec->packet != 0) {
		cv_json_key(j, "port");
		cv_json_u64(j, rec->port);
		cv_json_key(j, "packet");
		cv_json_u64(j, rec->packet);
	}
	if (rec->raw_len != 0) {
		cv_json_key(j, "raw_off");
		cv_json_u64(j, rec->raw_off);
		cv_json_key(j, "raw_len");
		cv_json_u64(j, rec->raw_len);
	}
	if (bytes.data) {
		cv_json_key(j, "bytes");
		cv_json_lit(j, "\"");
		cv_json_hex(j, bytes.data, bytes.len);
		cv_json_lit(j, "\"");
		j->comma = true;
	}
}

size_t cv_cloudevent_json(const struct cv_record *rec, const char *node, uint64_t seq, char *buf,
			  size_t size)
{
	const struct event e = {.rec = rec, .tags = cv_record_tags(rec)};
	struct cv_json j = cv_json(buf, size);

	cv_json_open(&j, '{');
	begin_context(&j, node, rec->lane);
	cv_json_digits(&j, seq, 1);
	put_source_and_type(&j, node, rec->kind);
	put_subject(&j, rec);
	cv_registered_context_json(&j, rec);
	end_context(&j, rec->ts_rx_ns, rec->lane, seq);
	tlv_member(&j, "device", &e, CV_TLV_DEVICE);
	put_vocabulary(&j, &e);
	put_value(&j, &e);
	put_position(&j, &e);
	cv_registered_json(&j, rec);
	put_gateways(&j, &e);
	put_alarm(&j, &e);
	put_quality(&j, &e);
	put_protocol(&j, &e);
	put_flags(&j, rec);
	if (rec->reject != CV_REJECT_NONE)
		text_member(&j, "reject", cv_reject_name(rec->reject));
	put_origin(&j, &e);
	cv_json_close(&j, '}');
	cv_json_close(&j, '}');
	return j.failed ? 0 : (size_t)(j.at - buf);
}

size_t cv_cloudevent_gap_json(const struct cv_log_gap *gap, const char *node, char *buf,
			      size_t size)
{
	struct cv_json j = cv_json(buf, size);

	cv_json_open(&j, '{');
	begin_context(&j, node, gap->lane);
	cv_json_digits(&j, gap->from, 1);
	cv_json_lit(&j, "-");
	cv_json_digits(&j, gap->to, 1);
	put_source_and_type(&j, node, CV_KIND_GAP);
	end_context(&j, gap->ts_ns, gap->lane, gap->to ? gap->to - 1 : 0);
	cv_json_key(&j, "value");
	cv_json_u64(&j, gap->to - gap->from);
	text_member(&j, "reason", gap->reason);
	cv_json_key(&j, "from");
	cv_json_u64(&j, gap->from);
	cv_json_key(&j, "to");
	cv_json_u64(&j, gap->to);
	cv_json_close(&j, '}');
	cv_json_close(&j, '}');
	return j.failed ? 0 : (size_t)(j.at - buf);
}
