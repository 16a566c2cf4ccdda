/* SPDX-License-Identifier: Apache-2.0 */
/* The registry and records: whose a record is, and what is to be told of its device. */
#include <string.h>

#include "control/registry/live.h"
#include "dataplane/normalize/device_urn.h"

uint32_t cv_registry_live_find_record(const struct cv_registry_live *live,
				      const struct cv_record *rec, uint32_t *ret_area)
{
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));
	uint32_t row = 0;

	if (cv_device_urn(rec, &j) && !j.failed)
		row = cv_registry_live_find(live, urn, (size_t)(j.at - urn), ret_area);
	if (row || cv_record_tlv(rec, CV_TLV_SUB).len == 0)
		return row;
	j = cv_json(urn, sizeof(urn));
	if (!cv_device_urn_whole(rec, &j) || j.failed)
		return 0;
	return cv_registry_live_find(live, urn, (size_t)(j.at - urn), ret_area);
}

void cv_registry_live_rows(const struct cv_registry_live *live, const struct cv_record *rec,
			   uint32_t *ret_row, uint32_t *ret_area)
{
	*ret_row = rec->registry_row;
	*ret_area = rec->area_row;
	if (rec->registry_row == 0 && cv_registry_live_count(live) > 0 &&
	    rec->ts_rx_ns < cv_registry_live_ready_ns(live))
		*ret_row = cv_registry_live_find_record(live, rec, ret_area);
}

static bool begins(const char *text, const char *with, size_t len)
{
	return strncmp(text, with, len) == 0;
}

bool cv_registry_live_is_within(const struct cv_registry_live *live, uint32_t area,
				const char *code, size_t len)
{
	const struct cv_registry_area *a = cv_registry_live_area(live, area);

	return a && (begins(cv_registry_live_word(live, a->community), code, len) ||
		     begins(cv_registry_live_word(live, a->street), code, len) ||
		     begins(cv_registry_live_word(live, a->district), code, len) ||
		     begins(cv_registry_live_word(live, a->city), code, len));
}

bool cv_registry_live_has_tag(const struct cv_registry_live *live, uint32_t row, const char *tag,
			      size_t len)
{
	const struct cv_registry_facts *f = cv_registry_live_facts(live, row);
	const char *at = f ? cv_registry_live_word(live, f->tags) : "";

	while (*at) {
		size_t n = strcspn(at, ",");

		if (n == len && memcmp(at, tag, len) == 0)
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

/* ---- telling -------------------------------------------------------------------------------- */

struct tail {
	uint8_t *at, *end;
};

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static void add(struct tail *t, enum cv_tlv_tag tag, const void *data, size_t len)
{
	struct cv_tlv tlv = {.tag = (uint16_t)tag, .len = (uint16_t)len};

	if (len == 0 || sizeof(tlv) + padded(len) > (size_t)(t->end - t->at))
		return;
	memcpy(t->at, &tlv, sizeof(tlv));
	memset(t->at + sizeof(tlv) + padded(len) - 4, 0, 4);
	memcpy(t->at + sizeof(tlv), data, len);
	t->at += sizeof(tlv) + padded(len);
}

static void add_word(struct tail *t, enum cv_tlv_tag tag, const struct cv_registry_live *live,
		     uint32_t word)
{
	const char *text = cv_registry_live_word(live, word);

	add(t, tag, text, strlen(text));
}

static void add_area(struct tail *t, const struct cv_registry_live *live, uint32_t number)
{
	const struct cv_registry_area *a = cv_registry_live_area(live, number);
	char codes[CV_TLV_MAX];
	struct cv_json j = cv_json(codes, sizeof(codes));

	if (!a)
		return;
	for (int i = 0; i < 4; i++) {
		const uint32_t words[] = {a->city, a->district, a->street, a->community};
		const char *code = cv_registry_live_word(live, words[i]);

		if (i > 0)
			cv_json_lit(&j, ",");
		cv_json_put(&j, code, strlen(code));
	}
	if (!j.failed)
		add(t, CV_TLV_AREA, codes, (size_t)(j.at - codes));
}

static void add_place(struct tail *t, const struct cv_registry_facts *f)
{
	struct cv_position place = {.lat = f->lat, .lon = f->lon, .alt = f->alt};

	if (f->lat != CV_REGISTRY_NONE || f->alt != CV_REGISTRY_NONE)
		add(t, CV_TLV_PLACE, &place, sizeof(place));
}

static void add_words(struct tail *t, const struct cv_registry_live *live,
		      const struct cv_registry_facts *f)
{
	add_word(t, CV_TLV_DEVICE_KIND, live, f->kind);
	add_word(t, CV_TLV_OWNER, live, f->owner);
	add_word(t, CV_TLV_ZONE, live, f->zone);
	add_word(t, CV_TLV_TAGS, live, f->tags);
}

/* Behind the last TLV: zeros up to a multiple of 8 read as the tag END. */
static uint8_t *end_of_tail(const struct cv_record *rec, uint8_t *buf)
{
	size_t at = sizeof(*rec);
	struct cv_tlv tlv;

	while (at + sizeof(tlv) <= rec->size) {
		memcpy(&tlv, buf + at, sizeof(tlv));
		if (tlv.tag == CV_TLV_END)
			break;
		at += sizeof(tlv) + padded(tlv.len);
	}
	return buf + at;
}

const struct cv_record *cv_registry_live_tell(const struct cv_registry_live *live,
					      const struct cv_record *rec, bool with_place,
					      uint8_t *buf)
{
	const struct cv_registry_facts *f;
	struct cv_record *told = (struct cv_record *)(void *)buf;
	uint32_t row, area;
	struct tail t;

	if (!live)
		return rec;
	cv_registry_live_rows(live, rec, &row, &area);
	if (row == 0 && area == 0)
		return rec;
	memcpy(buf, rec, rec->size);
	t = (struct tail){end_of_tail(rec, buf), buf + CV_RECORD_MAX};
	f = cv_registry_live_facts(live, row);
	add_area(&t, live, area);
	if (f && with_place)
		add_place(&t, f);
	if (f)
		add_words(&t, live, f);
	told->registry_row = row;
	told->area_row = area;
	/* A record is a multiple of 8, the room behind it is, too. */
	if ((t.at - buf) % 8 != 0) {
		memset(t.at, 0, 4);
		t.at += 4;
	}
	told->size = (uint16_t)(t.at - buf);
	return told;
}
