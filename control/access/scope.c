/* SPDX-License-Identifier: Apache-2.0 */
#include "control/access/scope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/event_filter.h"
#include "control/text/glob.h"
#include "control/text/text_hash.h"
#include "dataplane/normalize/device_urn.h"

#define ALL_LANES ((1u << CV_LANE_COUNT) - 1)
#define ALL_TYPES ((UINT64_C(1) << CV_KIND_COUNT) - 1)
#define LIST_ROW(id, name) ", " name
#define TAG(tag) (UINT64_C(1) << CV_TLV_##tag)
#define MASK(mask) (1u << CV_MASK_##mask)

static const char lane_list[] = CV_LANES(LIST_ROW);
static const char kind_list[] = CV_KINDS(LIST_ROW);
static const char mask_list[] = CV_MASKS(LIST_ROW);
static const char by_address[] = "urn:dev:ip:";

_Static_assert(CV_TLV_COUNT <= 64, "sets are 64 bits");

const char *cv_mask_name(unsigned int mask)
{
#define NAME_ROW(id, name) name,
	static const char *const names[] = {CV_MASKS(NAME_ROW)};

	return mask < CV_MASK_COUNT ? names[mask] : "?";
}

static int parse_set(const char *key, const char *text, const char *list,
		     const char *(*name_of)(unsigned int), unsigned int count, uint64_t all,
		     uint64_t *ret, struct cv_http_refusal *why)
{
	*ret = all;
	return *text ? cv_event_filter_names(why, key, text, list, name_of, count, ret) : 0;
}

/* An empty word would match nothing, or everything, and was not meant. */
static int parse_words(const char *key, const char *text, const char *letters, const char *hint,
		       char **ret, struct cv_http_refusal *why)
{
	size_t n = strlen(text);

	if (n == 0)
		return 0;
	if (text[0] == ',' || text[n - 1] == ',' || strstr(text, ",,") ||
	    (letters && strspn(text, letters) != n))
		return cv_http_refuse_value(why, key, text, hint);
	*ret = strdup(text);
	if (*ret)
		return 0;
	*why = (struct cv_http_refusal){"out of memory", "try again later"};
	return -ENOMEM;
}

static int parse_lists(const struct cv_scope_text *text, struct cv_scope *ret,
		       struct cv_http_refusal *why)
{
	static const char letters[] = "*abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.,";
	int res = parse_words("devices", text->devices, NULL,
			      "give URNs with commas between them; '*' stands for any characters",
			      &ret->devices, why);

	if (res == 0)
		res = parse_words("areas", text->areas, letters + 1,
				  "give area codes with commas between them, or how they begin: "
				  "3101,310115005",
				  &ret->areas, why);
	if (res == 0)
		res = parse_words("groups", text->groups, letters,
				  "give names of groups with commas between them; '*' stands for "
				  "any characters",
				  &ret->groups, why);
	return res;
}

/* Of what is seen; what is a word in one part is none in another. */
static uint64_t print_of(const struct cv_scope_text *text)
{
	uint64_t hash = 1;

#define MIX(part) hash = cv_text_hash(hash, text->part, strlen(text->part) + 1);
	MIX(lanes)
	MIX(types)
	MIX(devices)
	MIX(areas)
	MIX(masks)
	return hash ? hash : 1;
}

int cv_scope_parse(const struct cv_scope_text *text, struct cv_scope *ret,
		   struct cv_http_refusal *why)
{
	struct cv_scope scope = {0};
	uint64_t lanes, types, masks;
	int res;

	if (parse_set("lanes", text->lanes, lane_list, cv_lane_name, CV_LANE_COUNT, ALL_LANES,
		      &lanes, why) < 0 ||
	    parse_set("types", text->types, kind_list, cv_kind_name, CV_KIND_COUNT, ALL_TYPES,
		      &types, why) < 0 ||
	    parse_set("masks", text->masks, mask_list, cv_mask_name, CV_MASK_COUNT, 0, &masks,
		      why) < 0)
		return -EINVAL;
	scope.lanes = (uint32_t)lanes;
	scope.types = types;
	scope.masks = (uint32_t)masks;
	scope.print = print_of(text);
	res = parse_lists(text, &scope, why);
	if (res == 0)
		*ret = scope;
	else
		cv_scope_release(&scope);
	return res;
}

void cv_scope_release(struct cv_scope *scope)
{
	free(scope->devices);
	free(scope->areas);
	free(scope->groups);
	scope->devices = scope->areas = scope->groups = NULL;
}

uint32_t cv_scope_lanes(const struct cv_scope *scope)
{
	return scope ? scope->lanes : ALL_LANES;
}

/* ---- whose it is, and where ----------------------------------------------------------------- */

/* Whether one of the words fits. */
static bool any_word(const char *words, bool (*fits)(const void *of, const char *word, size_t len),
		     const void *of)
{
	for (const char *at = words;; at++) {
		size_t n = strcspn(at, ",");

		if (fits(of, at, n))
			return true;
		at += n;
		if (*at == '\0')
			return false;
	}
}

struct text {
	const char *text;
	size_t len;
};

static bool is_of(const void *of, const char *glob, size_t len)
{
	const struct text *t = of;

	return cv_glob_matches(glob, len, t->text, t->len);
}

/* An area by its code, or by the number that a device has of it. */
struct place {
	const struct cv_registry_live *live;
	uint32_t number;
	const char *code;
	size_t len;
};

static bool is_within(const void *of, const char *code, size_t len)
{
	const struct place *p = of;

	if (p->len > 0)
		return p->len >= len && memcmp(p->code, code, len) == 0;
	return p->live && cv_registry_live_is_within(p->live, p->number, code, len);
}

static bool device_is_in(const struct cv_scope *scope, const struct cv_record *rec)
{
	char text[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(text, sizeof(text));
	struct text urn = {.text = text};

	if (!cv_device_urn(rec, &j) || j.failed)
		return false;
	urn.len = (size_t)(j.at - text);
	return any_word(scope->devices, is_of, &urn);
}

/*
 * An alarm of an area is stamped with the area of one of its devices, and names devices of the whole:
 * its own code counts. One of all areas is in none.
 */
static bool area_is_in(const struct cv_scope *scope, const struct cv_registry_live *live,
		       const struct cv_record *rec)
{
	struct place at = {.live = live};
	struct cv_alarm_view alarm;
	uint32_t row;

	if (live)
		cv_registry_live_rows(live, rec, &row, &at.number);
	if (rec->kind == CV_KIND_ALARM && cv_record_alarm(rec, &alarm)) {
		at.code = alarm.area;
		at.len = alarm.area_len;
		if (at.len == 0 && !cv_record_tlv(rec, CV_TLV_DEVICE).data)
			return false;
	}
	return any_word(scope->areas, is_within, &at);
}

bool cv_scope_has_group(const struct cv_scope *scope, const char *name)
{
	const struct text group = {name, strlen(name)};

	return !scope || (scope->groups && any_word(scope->groups, is_of, &group));
}

bool cv_scope_hides(const struct cv_scope *scope, enum cv_mask mask)
{
	return scope && (scope->masks & 1u << mask);
}

bool cv_scope_is_partial(const struct cv_scope *scope)
{
	return scope && (scope->lanes != ALL_LANES || scope->types != ALL_TYPES);
}

bool cv_scope_has(const struct cv_scope *scope, unsigned int lane, unsigned int kind)
{
	return !scope || ((scope->lanes >> (lane & 31) & 1) && (scope->types >> (kind & 63) & 1));
}

/* The URN that a device has which states none. */
static bool is_by_address(const void *urn, size_t len)
{
	return len >= sizeof(by_address) - 1 &&
	       memcmp(urn, by_address, sizeof(by_address) - 1) == 0;
}

bool cv_scope_names(const struct cv_scope *scope, const char *urn, size_t len)
{
	return !cv_scope_hides(scope, CV_MASK_DEVICE) &&
	       !(cv_scope_hides(scope, CV_MASK_ADDRESS) && is_by_address(urn, len));
}

bool cv_scope_knows(const struct cv_scope *scope, const struct cv_registry_live *live,
		    const char *urn, size_t len, uint32_t area)
{
	const struct place at = {.live = live, .number = area};
	const struct text device = {urn, len};

	if (!scope)
		return true;
	return cv_scope_names(scope, urn, len) &&
	       (!scope->devices || any_word(scope->devices, is_of, &device)) &&
	       (!scope->areas || any_word(scope->areas, is_within, &at));
}

/* ---- masks ---------------------------------------------------------------------------------- */

/* A device without an identity of its own is known by its address: hiding the one hides both. */
static void mask_head(struct cv_record *rec, uint32_t masks)
{
	if (!(masks & (MASK(ADDRESS) | MASK(DEVICE))))
		return;
	memset(rec->src, 0, sizeof(rec->src));
	memset(rec->dst, 0, sizeof(rec->dst));
	rec->sport = rec->dport = rec->vlan = 0;
	rec->family = 0;
	rec->device_end = CV_DEVICE_END_NONE;
}

/* Topics and paths, which are codes and raw names, often begin with the device's own name. */
static uint64_t masked_tags(uint32_t masks)
{
	uint64_t tags = 0;

	if (masks & MASK(DEVICE))
		tags |= TAG(DEVICE) | TAG(SUB) | TAG(CODE) | TAG(NAME) | TAG(CORRELATION) |
			TAG(GATEWAYS) | TAG(MEMBERS);
	if (masks & MASK(POSITION))
		tags |= TAG(POSITION) | TAG(GATEWAYS);
	if (masks & MASK(TEXT))
		tags |= TAG(TEXT) | TAG(BYTES);
	return tags;
}

/* What control makes of a device says its URN, and that may be an address. */
static uint32_t masks_for(const struct cv_scope *scope, const struct cv_record *rec)
{
	struct cv_tlv_view device = cv_record_tlv(rec, CV_TLV_DEVICE);

	if ((scope->masks & MASK(ADDRESS)) && device.data && is_by_address(device.data, device.len))
		return scope->masks | MASK(DEVICE);
	return scope->masks;
}

static bool hides_members(uint32_t masks, const struct cv_record *rec)
{
	struct cv_tlv_view members = cv_record_tlv(rec, CV_TLV_MEMBERS);

	return (masks & MASK(ADDRESS)) && members.len > 0 &&
	       memmem(members.data, members.len, by_address, sizeof(by_address) - 1);
}

static bool hides_device(uint32_t masks, const struct cv_record *rec)
{
	return (masks & MASK(DEVICE)) ||
	       ((masks & MASK(ADDRESS)) && !cv_record_tlv(rec, CV_TLV_DEVICE).data);
}

/* Bytes of a value that are left: an acknowledgement's comment is a text, behind area and name. */
static uint16_t kept_of(const struct cv_tlv *tlv, const uint8_t *data, uint32_t masks)
{
	size_t at = sizeof(struct cv_alarm_note);

	if (tlv->tag != CV_TLV_ALARM || !(masks & MASK(TEXT)))
		return tlv->len;
	for (int i = 0; i < 2; i++) {
		const uint8_t *zero = at < tlv->len ? memchr(data + at, 0, tlv->len - at) : NULL;

		if (!zero)
			return tlv->len;
		at = (size_t)(zero - data) + 1;
	}
	return (uint16_t)at;
}

static size_t put_tlv(uint8_t *to, struct cv_tlv tlv, const uint8_t *data, uint32_t masks)
{
	size_t padded;

	tlv.len = kept_of(&tlv, data, masks);
	padded = (tlv.len + 3u) & ~3u;
	memcpy(to, &tlv, sizeof(tlv));
	memcpy(to + sizeof(tlv), data, tlv.len);
	memset(to + sizeof(tlv) + tlv.len, 0, padded - tlv.len);
	return sizeof(tlv) + padded;
}

static const struct cv_record *mask(const struct cv_scope *scope, const struct cv_record *rec)
{
	static _Alignas(8) uint8_t room[CV_RECORD_MAX]; /* control's thread */
	struct cv_record *copy = (struct cv_record *)(void *)room;
	uint32_t masks = masks_for(scope, rec);
	uint64_t tags = masked_tags(masks);
	size_t at = sizeof(*rec), to = sizeof(*rec);

	if (hides_members(masks, rec))
		tags |= TAG(MEMBERS);
	memcpy(room, rec, sizeof(*rec));
	mask_head(copy, masks);
	if (hides_device(masks, rec))
		copy->registry_row = 0; /* its owner and place tell who it is; its area does not */
	while (at + sizeof(struct cv_tlv) <= rec->size) {
		const uint8_t *from = (const uint8_t *)rec + at;
		struct cv_tlv tlv;
		size_t n;

		memcpy(&tlv, from, sizeof(tlv));
		n = sizeof(tlv) + ((tlv.len + 3u) & ~3u);
		if (tlv.tag == CV_TLV_END || n > rec->size - at)
			break;
		if (tlv.tag >= 64 || !(tags >> tlv.tag & 1))
			to += put_tlv(room + to, tlv, from + sizeof(tlv), masks);
		at += n;
	}
	memset(room + to, 0, sizeof(room) - to);
	copy->size = (uint16_t)((to + 7) & ~(size_t)7);
	if ((masks & MASK(TEXT)) &&
	    (copy->value_type == CV_VALUE_TEXT || copy->value_type == CV_VALUE_BYTES))
		copy->value_type = CV_VALUE_NONE;
	return copy;
}

const struct cv_record *cv_scope_see(const struct cv_scope *scope,
				     const struct cv_registry_live *live,
				     const struct cv_record *rec)
{
	if (!scope)
		return rec;
	if (rec->lane >= CV_LANE_COUNT || !(scope->lanes & 1u << rec->lane))
		return NULL;
	if (rec->kind != CV_KIND_GAP && (!(scope->types >> (rec->kind & 63) & 1) ||
					 (scope->areas && !area_is_in(scope, live, rec)) ||
					 (scope->devices && !device_is_in(scope, rec))))
		return NULL;
	return scope->masks ? mask(scope, rec) : rec;
}
