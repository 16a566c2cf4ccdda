/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NGSI-LD entities (ETSI GS CIM 009, 4.5 and 5.2.4): an event is the device with one attribute. All
 * terms but the core's come from the default context, so that no context of ours is needed.
 */
#include <math.h>
#include <string.h>

#include "control/projection/senml.h"
#include "dataplane/normalize/device_urn.h"
#include "dataplane/normalize/registered.h"
#include "dataplane/normalize/vocabulary.h"
#include "decoder_list.h"

static const char *proto_name(unsigned int proto)
{
#define NAME_ROW(id, name) name,
	static const char *const names[] = {CV_PROTOS(NAME_ROW)};

	return proto < CV_PROTO_COUNT ? names[proto] : "?";
}

/* "key":{"type":"Property","value": */
static void open_property(struct cv_json *j, const char *key)
{
	cv_json_key(j, key);
	cv_json_open(j, '{');
	cv_json_lit(j, "\"type\":\"Property\",\"value\":");
}

static void text_property(struct cv_json *j, const char *key, const void *text, size_t len)
{
	open_property(j, key);
	cv_json_string(j, text, len);
	cv_json_close(j, '}');
}

static void number_property(struct cv_json *j, const char *key, uint64_t v)
{
	open_property(j, key);
	cv_json_u64(j, v);
	cv_json_close(j, '}');
}

static void time_property(struct cv_json *j, const char *key, int64_t ns)
{
	open_property(j, key);
	cv_json_lit(j, "{\"@type\":\"DateTime\",\"@value\":");
	cv_json_time(j, ns);
	cv_json_lit(j, "}");
	j->comma = true;
	cv_json_close(j, '}');
}

static void begin_entity(struct cv_json *j, const struct cv_projection_at *at)
{
	if (at->first)
		cv_json_lit(j, "\n");
	else
		cv_json_lit(j, ",\n");
	j->comma = false;
	cv_json_open(j, '{');
	cv_json_lit(j, "\"@context\":[\"https://uri.etsi.org/ngsi-ld/v1/"
		       "ngsi-ld-core-context-v1.8.jsonld\"],\"id\":\"");
}

/* A node's own entities; RFC 8141 takes the same characters as a node's name in a URI. */
static void put_own_id(struct cv_json *j, const char *type, const char *node, unsigned int lane)
{
	cv_json_lit(j, "urn:ngsi-ld:");
	cv_json_put(j, type, strlen(type));
	cv_json_lit(j, ":");
	for (size_t i = 0; i < CV_CLOUDEVENT_NODE_MAX && node[i]; i++) {
		char c = node[i];
		bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
			     c == '-' || c == '.';

		cv_json_put(j, plain ? &c : "-", 1);
	}
	cv_json_lit(j, ":");
	cv_json_put(j, cv_lane_name(lane), strlen(cv_lane_name(lane)));
	cv_json_lit(j, ":");
}

static void put_type(struct cv_json *j, const char *type)
{
	cv_json_lit(j, "\",\"type\":\"");
	cv_json_put(j, type, strlen(type));
	cv_json_lit(j, "\"");
	j->comma = true;
}

/*
 * Names of attributes are letters, digits and '_' (4.6.2). No canonical name is one of the core's
 * words, since each has a point; a raw one could be and gets a prefix. The exact name is inside.
 */
static void open_attribute(struct cv_json *j, const char *prefix, struct cv_senml_text name)
{
	const char *at = name.data;

	if (j->comma)
		cv_json_lit(j, ",");
	j->comma = false;
	cv_json_lit(j, "\"");
	cv_json_put(j, prefix, strlen(prefix));
	for (size_t i = 0; i < name.len; i++) {
		char c = at[i];
		bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');

		cv_json_put(j, plain ? &c : "_", 1);
	}
	cv_json_lit(j, "\":");
	cv_json_open(j, '{');
}

static struct cv_senml_text name_of(const struct cv_record *rec, const char **ret_prefix)
{
	struct cv_tlv_view raw = cv_record_tlv(rec, CV_TLV_NAME);
	const char *name = cv_name_text(rec->name_id);

	*ret_prefix = *name || raw.len == 0 ? "" : "raw_";
	if (!*name && raw.len > 0)
		return (struct cv_senml_text){raw.data, raw.len};
	name = *name ? name : cv_kind_name(rec->kind);
	return (struct cv_senml_text){name, strlen(name)};
}

static void put_value(struct cv_json *j, const struct cv_record *rec)
{
	struct cv_tlv_view bytes = cv_record_tlv(rec, CV_TLV_BYTES);
	struct cv_senml_text words = cv_projection_words(rec);
	double v = rec->value.f64;

	if (rec->value_type == CV_VALUE_F64 && isfinite(v)) {
		cv_json_f64(j, v);
	} else if (rec->value_type == CV_VALUE_F64) {
		const char *word = isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity";

		cv_json_string(j, word, strlen(word)); /* null would delete (4.5.0) */
	} else if (rec->value_type == CV_VALUE_I64) {
		cv_json_i64(j, rec->value.i64);
	} else if (rec->value_type == CV_VALUE_U64) {
		cv_json_u64(j, rec->value.u64);
	} else if (rec->value_type == CV_VALUE_BOOL) {
		cv_json_put(j, rec->value.u64 ? "true" : "false", rec->value.u64 ? 4 : 5);
	} else if (rec->value_type == CV_VALUE_BYTES) {
		cv_json_lit(j, "\"");
		cv_json_hex(j, bytes.data, bytes.len);
		cv_json_lit(j, "\"");
	} else {
		cv_json_string(j, words.data, words.len);
	}
	j->comma = true;
}

/* What is known of the value besides it. */
static void put_about(struct cv_json *j, const struct cv_projection_at *at,
		      const struct cv_record *rec, struct cv_senml_text name)
{
	struct cv_tlv_view raw = cv_record_tlv(rec, CV_TLV_UNIT);
	const char *unit = cv_unit_text(rec->unit_id), *lane = cv_lane_name(rec->lane);
	char id[3 * CV_CLOUDEVENT_NODE_MAX + 64];
	struct cv_json i = cv_json(id, sizeof(id));

	cv_json_key(j, "observedAt");
	cv_json_time(j, cv_projection_time(rec));
	text_property(j, "name", name.data, name.len);
	if (*unit)
		text_property(j, "unit", unit, strlen(unit));
	else if (raw.len > 0)
		text_property(j, "unit", raw.data, raw.len);
	if (rec->quality != CV_QUALITY_UNSTATED)
		text_property(j, "quality", cv_quality_name(rec->quality),
			      strlen(cv_quality_name(rec->quality)));
	if (rec->proto != 0)
		text_property(j, "protocol", proto_name(rec->proto),
			      strlen(proto_name(rec->proto)));
	text_property(j, "lane", lane, strlen(lane));
	cv_projection_id(&i, at->node, rec->lane, at->seq);
	text_property(j, "eventId", id, (size_t)(i.at - id));
	time_property(j, "receivedAt", rec->ts_rx_ns);
}

/* GeoJSON (RFC 7946 3.1.1): longitude first. */
static void put_point(struct cv_json *j, const struct cv_position *p)
{
	cv_json_key(j, "location");
	cv_json_open(j, '{');
	cv_json_lit(j, "\"type\":\"GeoProperty\",\"value\":{\"type\":\"Point\",\"coordinates\":[");
	cv_json_f64(j, p->lon / 1e7);
	cv_json_f64(j, p->lat / 1e7);
	if (p->alt != CV_POSITION_NONE)
		cv_json_f64(j, p->alt / 1e3);
	cv_json_lit(j, "]}");
	j->comma = true;
}

/* Needs both. @return whether it was one. */
static bool put_location(struct cv_json *j, const struct cv_record *rec)
{
	struct cv_position p;

	if (rec->value_type != CV_VALUE_NONE || !cv_record_position(rec, &p) ||
	    p.lat == CV_POSITION_NONE || p.lon == CV_POSITION_NONE)
		return false;
	put_point(j, &p);
	return true;
}

/* What the registry knows of the device: attributes of the entity itself. */
static void put_registered(struct cv_json *j, const struct cv_record *rec, bool is_location)
{
	static const struct {
		const char *key;
		enum cv_tlv_tag tag;
	} texts[] = {{"kind", CV_TLV_DEVICE_KIND}, {"owner", CV_TLV_OWNER}, {"zone", CV_TLV_ZONE}};
	struct cv_tlv_view code = cv_registered_code(rec), tags = cv_record_tlv(rec, CV_TLV_TAGS);
	struct cv_position p;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cv_tlv_view v = cv_record_tlv(rec, texts[i].tag);

		if (v.data)
			text_property(j, texts[i].key, v.data, v.len);
	}
	if (code.data)
		text_property(j, "area", code.data, code.len);
	if (tags.data) {
		open_property(j, "tags");
		j->comma = false;
		cv_tags_json(j, tags);
		cv_json_close(j, '}');
	}
	if (!is_location && cv_registered_place(rec, &p) && p.lat != CV_POSITION_NONE) {
		put_point(j, &p);
		cv_json_close(j, '}');
	}
}

static void put_record(struct cv_json *out, const struct cv_projection_at *at,
		       const struct cv_record *rec)
{
	const char *prefix;
	struct cv_senml_text name = name_of(rec, &prefix);
	bool is_location;

	begin_entity(out, at);
	if (cv_device_urn(rec, out)) {
		put_type(out, "Device");
	} else {
		put_own_id(out, "CulvertEvent", at->node, rec->lane);
		cv_json_digits(out, at->seq, 1);
		put_type(out, "CulvertEvent");
	}
	is_location = put_location(out, rec);
	if (!is_location) {
		open_attribute(out, prefix, name);
		cv_json_lit(out, "\"type\":\"Property\",\"value\":");
		put_value(out, rec);
	}
	put_about(out, at, rec, name);
	cv_json_close(out, '}');
	put_registered(out, rec, is_location);
	cv_json_close(out, '}');
}

static void put_gap(struct cv_json *out, const struct cv_projection_at *at,
		    const struct cv_log_gap *gap, enum cv_gap_reason reason)
{
	const char *lane = cv_lane_name(gap->lane);

	begin_entity(out, at);
	put_own_id(out, "CulvertGap", at->node, gap->lane);
	cv_json_digits(out, gap->from, 1);
	cv_json_lit(out, "-");
	cv_json_digits(out, gap->to, 1);
	put_type(out, "CulvertGap");
	number_property(out, "missing", gap->to - gap->from);
	text_property(out, "reason", gap->reason, strlen(gap->reason));
	text_property(out, "lane", lane, strlen(lane));
	number_property(out, "from", gap->from);
	number_property(out, "to", gap->to);
	time_property(out, "metAt", gap->ts_ns);
	cv_json_close(out, '}');
}

static void begin(struct cv_json *out)
{
	cv_json_lit(out, "[");
}

static void end(struct cv_json *out)
{
	cv_json_lit(out, "\n]\n");
}

const struct cv_projection_ops cv_projection_ngsi_ld = {
	.begin = begin,
	.record = put_record,
	.gap = put_gap,
	.end = end,
};
