/* SPDX-License-Identifier: Apache-2.0 */
#include "control/projection/senml.h"

#include <math.h>
#include <string.h>

#include "dataplane/normalize/device_urn.h"
#include "dataplane/normalize/registered.h"
#include "dataplane/normalize/vocabulary.h"

#define NAME_MAX_BYTES (CV_DEVICE_URN_MAX + 3 * CV_TLV_MAX + 64)
#define ID_MAX_BYTES (3 * CV_CLOUDEVENT_NODE_MAX + 64)
/* Smaller numbers are relative to now (RFC 8428 4.5.3), seconds. */
#define RELATIVE_BELOW (INT64_C(1) << 28)
#define SECOND INT64_C(1000000000)

static struct cv_senml_text text_of(const char *text)
{
	return (struct cv_senml_text){text, strlen(text)};
}

static struct cv_senml_text written(const struct cv_json *j, const char *buf)
{
	return (struct cv_senml_text){buf, (size_t)(j->at - buf)};
}

void cv_projection_id(struct cv_json *out, const char *node, unsigned int lane, uint64_t seq)
{
	cv_json_put(out, node, strnlen(node, CV_CLOUDEVENT_NODE_MAX));
	cv_json_lit(out, "/");
	cv_json_put(out, cv_lane_name(lane), strlen(cv_lane_name(lane)));
	cv_json_lit(out, "/");
	cv_json_digits(out, seq, 1);
}

int64_t cv_projection_time(const struct cv_record *rec)
{
	switch (rec->time_quality) {
	case CV_TIME_DEVICE:
	case CV_TIME_RELATIVE:
	case CV_TIME_SYNCHRONISED:
		return rec->ts_device_ns >= RELATIVE_BELOW * SECOND ? rec->ts_device_ns
								    : rec->ts_rx_ns;
	default:
		return rec->ts_rx_ns;
	}
}

struct cv_senml_text cv_projection_words(const struct cv_record *rec)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_TEXT);

	if (!v.data)
		v = cv_record_tlv(rec, CV_TLV_METHOD);
	if (v.data)
		return (struct cv_senml_text){v.data, v.len};
	return text_of(cv_kind_name(rec->kind));
}

/*
 * Names are letters, digits and "-:._/" with a letter or digit in front (section 4.5.1). What else
 * a URN or a raw name has becomes '/' and two hexadecimal digits; that is how it writes %XX, too.
 */
static void put_name(struct cv_json *j, const void *text, size_t len)
{
	static const char digit[] = "0123456789ABCDEF";
	const uint8_t *at = text;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = at[i];
		char escaped[3] = {'/', digit[c >> 4], digit[c & 15]};

		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    (c != 0 && strchr("-:._/", c)))
			cv_json_put(j, &c, 1);
		else if (c == '%')
			cv_json_lit(j, "/");
		else
			cv_json_put(j, escaped, sizeof(escaped));
	}
}

static void put_node_name(struct cv_json *j, const char *node, unsigned int lane)
{
	cv_json_lit(j, "culvert:");
	put_name(j, node, strnlen(node, CV_CLOUDEVENT_NODE_MAX));
	cv_json_lit(j, ":");
	put_name(j, cv_lane_name(lane), strlen(cv_lane_name(lane)));
}

/* "<device>:<name>"; the node and the lane where there is no device, the kind where no name. */
static void name_of(struct cv_json *j, const struct cv_projection_at *at,
		    const struct cv_record *rec)
{
	struct cv_tlv_view raw = cv_record_tlv(rec, CV_TLV_NAME);
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json u = cv_json(urn, sizeof(urn));

	if (cv_device_urn(rec, &u))
		put_name(j, urn, (size_t)(u.at - urn));
	else
		put_node_name(j, at->node, rec->lane);
	cv_json_lit(j, ":");
	if (*cv_name_text(rec->name_id))
		put_name(j, cv_name_text(rec->name_id), strlen(cv_name_text(rec->name_id)));
	else if (raw.len > 0)
		put_name(j, raw.data, raw.len);
	else
		put_name(j, cv_kind_name(rec->kind), strlen(cv_kind_name(rec->kind)));
}

static void set_value(struct cv_senml_item *item, const struct cv_record *rec)
{
	struct cv_tlv_view bytes = cv_record_tlv(rec, CV_TLV_BYTES);
	double v = rec->value.f64;

	item->type = CV_SENML_TEXT;
	item->value.text = cv_projection_words(rec);
	if (rec->value_type == CV_VALUE_F64 && !isfinite(v)) {
		item->value.text = text_of(isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
		item->quality = cv_quality_name(CV_QUALITY_BAD);
	} else if (rec->value_type == CV_VALUE_F64) {
		item->type = CV_SENML_F64;
		item->value.f64 = v;
	} else if (rec->value_type == CV_VALUE_I64) {
		item->type = CV_SENML_I64;
		item->value.i64 = rec->value.i64;
	} else if (rec->value_type == CV_VALUE_U64) {
		item->type = CV_SENML_U64;
		item->value.u64 = rec->value.u64;
	} else if (rec->value_type == CV_VALUE_BOOL) {
		item->type = CV_SENML_BOOL;
		item->value.u64 = rec->value.u64 != 0;
	} else if (rec->value_type == CV_VALUE_BYTES) {
		item->type = CV_SENML_DATA;
		item->value.text = (struct cv_senml_text){bytes.data, bytes.len};
	}
}

static void set_unit(struct cv_senml_item *item, const struct cv_record *rec)
{
	struct cv_tlv_view raw = cv_record_tlv(rec, CV_TLV_UNIT);

	if (*cv_unit_text(rec->unit_id))
		item->unit = text_of(cv_unit_text(rec->unit_id));
	else if (raw.len > 0)
		item->unit = (struct cv_senml_text){raw.data, raw.len};
}

/* @return whether there was one, and was written. */
static bool put_position(struct cv_json *out, struct cv_senml_item *item, struct cv_json *name,
			 const struct cv_record *rec, cv_senml_put *put)
{
	static const struct {
		const char *unit, *suffix;
		double per_unit;
	} parts[] = {{"lat", ":lat", 1e7}, {"lon", ":lon", 1e7}, {"m", ":alt", 1e3}};
	struct cv_position p;
	bool any = false;

	if (rec->value_type != CV_VALUE_NONE || !cv_record_position(rec, &p))
		return false;
	for (int i = 0; i < 3; i++) {
		int32_t v = i == 0 ? p.lat : i == 1 ? p.lon : p.alt;
		struct cv_json part = *name;

		if (v == CV_POSITION_NONE)
			continue;
		cv_json_put(&part, parts[i].suffix, 4);
		item->name = written(&part, item->name.data);
		item->unit = text_of(parts[i].unit);
		item->type = CV_SENML_F64;
		item->value.f64 = v / parts[i].per_unit;
		put(out, item);
		item->first = false;
		any = true;
	}
	return any;
}

void cv_senml_put_record(struct cv_json *out, const struct cv_projection_at *at,
			 const struct cv_record *rec, cv_senml_put *put)
{
	char name[NAME_MAX_BYTES], id[ID_MAX_BYTES];
	struct cv_json n = cv_json(name, sizeof(name)), i = cv_json(id, sizeof(id));
	struct cv_senml_item item = {.first = at->first};
	struct cv_tlv_view area = cv_registered_code(rec);

	name_of(&n, at, rec);
	cv_projection_id(&i, at->node, rec->lane, at->seq);
	item.name = written(&n, name);
	item.id = written(&i, id);
	item.time_ns = cv_projection_time(rec);
	if (item.time_ns < RELATIVE_BELOW * SECOND)
		item.time_ns = 0;
	if (rec->quality != CV_QUALITY_UNSTATED)
		item.quality = cv_quality_name(rec->quality);
	item.area = (struct cv_senml_text){area.data, area.len};
	if (put_position(out, &item, &n, rec, put))
		return;
	set_value(&item, rec);
	set_unit(&item, rec);
	put(out, &item);
}

void cv_senml_put_gap(struct cv_json *out, const struct cv_projection_at *at,
		      const struct cv_log_gap *gap, cv_senml_put *put)
{
	char name[NAME_MAX_BYTES], id[ID_MAX_BYTES];
	struct cv_json n = cv_json(name, sizeof(name)), i = cv_json(id, sizeof(id));
	struct cv_senml_item item = {.first = at->first, .gap = gap, .type = CV_SENML_U64};

	put_node_name(&n, at->node, gap->lane);
	cv_json_lit(&n, ":gap");
	cv_projection_id(&i, at->node, gap->lane, gap->from);
	cv_json_lit(&i, "-");
	cv_json_digits(&i, gap->to, 1);
	item.name = written(&n, name);
	item.id = written(&i, id);
	item.unit = text_of("count");
	item.value.u64 = gap->to - gap->from;
	item.time_ns = gap->ts_ns;
	put(out, &item);
}
