/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/registered.h"

#define LEVEL_NAME(name) #name,
const char *const cv_area_level_names[CV_AREA_LEVEL_COUNT] = {CV_AREA_LEVELS(LEVEL_NAME)};

/* Control sets both with the TLVs: who has neither has none of these. */
static bool is_registered(const struct cv_record *rec)
{
	return rec->registry_row != 0 || rec->area_row != 0;
}

static struct cv_tlv_view part_of(struct cv_tlv_view *list)
{
	struct cv_tlv_view part = {list->data, 0};

	while (part.len < list->len && list->data[part.len] != ',')
		part.len++;
	list->data += part.len;
	list->len = (uint16_t)(list->len - part.len);
	if (list->len > 0) {
		list->data++;
		list->len--;
	}
	return part;
}

bool cv_registered_area(const struct cv_record *rec, struct cv_tlv_view ret[CV_AREA_LEVEL_COUNT])
{
	struct cv_tlv_view codes = cv_record_tlv(rec, CV_TLV_AREA);

	if (!is_registered(rec) || !codes.data)
		return false;
	for (int i = 0; i < CV_AREA_LEVEL_COUNT; i++)
		ret[i] = part_of(&codes);
	return true;
}

struct cv_tlv_view cv_registered_code(const struct cv_record *rec)
{
	struct cv_tlv_view codes[CV_AREA_LEVEL_COUNT], none = {0};

	if (!cv_registered_area(rec, codes))
		return none;
	for (int i = CV_AREA_LEVEL_COUNT - 1; i >= 0; i--) {
		if (codes[i].len > 0)
			return codes[i];
	}
	return none;
}

bool cv_registered_place(const struct cv_record *rec, struct cv_position *ret)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_PLACE);

	if (!is_registered(rec) || v.len != sizeof(*ret))
		return false;
	memcpy(ret, v.data, sizeof(*ret));
	return true;
}

void cv_tags_json(struct cv_json *j, struct cv_tlv_view tags)
{
	cv_json_open(j, '[');
	while (tags.len > 0) {
		struct cv_tlv_view tag = part_of(&tags);

		cv_json_string(j, tag.data, tag.len);
	}
	cv_json_close(j, ']');
}

/* 1e-7 degrees and mm are decimals that a double gives back as they were. */
static void position_part(struct cv_json *j, const char *key, int32_t value, double per_unit)
{
	if (value == CV_POSITION_NONE)
		return;
	cv_json_key(j, key);
	cv_json_f64(j, value / per_unit);
}

void cv_position_json(struct cv_json *j, const struct cv_position *p)
{
	cv_json_key(j, "position");
	cv_json_open(j, '{');
	position_part(j, "lat", p->lat, 1e7);
	position_part(j, "lon", p->lon, 1e7);
	position_part(j, "alt", p->alt, 1e3);
	cv_json_close(j, '}');
}

void cv_registered_context_json(struct cv_json *j, const struct cv_record *rec)
{
	struct cv_tlv_view code, kind;

	if (!is_registered(rec))
		return;
	code = cv_registered_code(rec);
	kind = cv_record_tlv(rec, CV_TLV_DEVICE_KIND);
	if (code.data) {
		cv_json_lit(j, ",\"area\":\"");
		cv_json_escaped(j, code.data, code.len);
		cv_json_lit(j, "\"");
	}
	if (kind.data) {
		cv_json_lit(j, ",\"devicekind\":\"");
		cv_json_escaped(j, kind.data, kind.len);
		cv_json_lit(j, "\"");
	}
}

static void text_member(struct cv_json *j, const char *key, struct cv_tlv_view text)
{
	if (text.len == 0)
		return;
	cv_json_key(j, key);
	cv_json_string(j, text.data, text.len);
}

static void put_registered(struct cv_json *j, const struct cv_record *rec)
{
	struct cv_tlv_view kind = cv_record_tlv(rec, CV_TLV_DEVICE_KIND);
	struct cv_tlv_view owner = cv_record_tlv(rec, CV_TLV_OWNER);
	struct cv_tlv_view zone = cv_record_tlv(rec, CV_TLV_ZONE);
	struct cv_tlv_view tags = cv_record_tlv(rec, CV_TLV_TAGS);
	struct cv_tlv_view codes[CV_AREA_LEVEL_COUNT] = {{0}};
	struct cv_position place;
	bool has_place = cv_registered_place(rec, &place),
	     has_area = cv_registered_area(rec, codes);

	if (!has_place && !has_area && !kind.data && !owner.data && !zone.data && !tags.data)
		return;
	cv_json_key(j, "registry");
	cv_json_open(j, '{');
	text_member(j, "kind", kind);
	text_member(j, "owner", owner);
	if (has_place)
		cv_position_json(j, &place);
	for (int i = 0; i < CV_AREA_LEVEL_COUNT; i++)
		text_member(j, cv_area_level_names[i], codes[i]);
	text_member(j, "zone", zone);
	if (tags.data) {
		cv_json_key(j, "tags");
		cv_tags_json(j, tags);
	}
	cv_json_close(j, '}');
}

void cv_registered_json(struct cv_json *j, const struct cv_record *rec)
{
	if (is_registered(rec))
		put_registered(j, rec);
}
