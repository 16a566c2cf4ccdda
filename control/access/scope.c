/* SPDX-License-Identifier: Apache-2.0 */
#include "control/access/scope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/event_filter.h"
#include "control/text/glob.h"
#include "dataplane/normalize/device_urn.h"

#define ALL_LANES ((1u << CV_LANE_COUNT) - 1)
#define ALL_TYPES ((UINT64_C(1) << CV_KIND_COUNT) - 1)
#define LIST_ROW(id, name) ", " name
#define TAG(tag) (UINT64_C(1) << CV_TLV_##tag)
#define MASK(mask) (1u << CV_MASK_##mask)

static const char lane_list[] = CV_LANES(LIST_ROW);
static const char kind_list[] = CV_KINDS(LIST_ROW);
static const char mask_list[] = CV_MASKS(LIST_ROW);

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

/* An empty pattern would match nothing and was not meant. */
static int parse_devices(const char *text, char **ret, struct cv_http_refusal *why)
{
	size_t n = strlen(text);

	if (n == 0)
		return 0;
	if (text[0] == ',' || text[n - 1] == ',' || strstr(text, ",,"))
		return cv_http_refuse_value(
			why, "devices", text,
			"give URNs with commas between them; '*' stands for any characters");
	*ret = strdup(text);
	if (*ret)
		return 0;
	*why = (struct cv_http_refusal){"out of memory", "try again later"};
	return -ENOMEM;
}

int cv_scope_parse(const struct cv_scope_text *text, struct cv_scope *ret,
		   struct cv_http_refusal *why)
{
	uint64_t lanes, types, masks;
	char *devices = NULL;
	int res;

	if (parse_set("lanes", text->lanes, lane_list, cv_lane_name, CV_LANE_COUNT, ALL_LANES,
		      &lanes, why) < 0 ||
	    parse_set("types", text->types, kind_list, cv_kind_name, CV_KIND_COUNT, ALL_TYPES,
		      &types, why) < 0 ||
	    parse_set("masks", text->masks, mask_list, cv_mask_name, CV_MASK_COUNT, 0, &masks,
		      why) < 0)
		return -EINVAL;
	res = parse_devices(text->devices, &devices, why);
	if (res < 0)
		return res;
	*ret = (struct cv_scope){.lanes = (uint32_t)lanes,
				 .types = types,
				 .masks = (uint32_t)masks,
				 .devices = devices};
	return 0;
}

void cv_scope_release(struct cv_scope *scope)
{
	free(scope->devices);
	scope->devices = NULL;
}

uint32_t cv_scope_lanes(const struct cv_scope *scope)
{
	return scope ? scope->lanes : ALL_LANES;
}

static bool device_is_in(const struct cv_scope *scope, const struct cv_record *rec)
{
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));

	if (!cv_device_urn(rec, &j) || j.failed)
		return false;
	for (const char *at = scope->devices;; at++) {
		size_t n = strcspn(at, ",");

		if (cv_glob_matches(at, n, urn, (size_t)(j.at - urn)))
			return true;
		at += n;
		if (*at == '\0')
			return false;
	}
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

static bool hides_device(const struct cv_scope *scope, const struct cv_record *rec)
{
	return (scope->masks & MASK(DEVICE)) ||
	       ((scope->masks & MASK(ADDRESS)) && !cv_record_tlv(rec, CV_TLV_DEVICE).data);
}

/* Topics and paths, which are codes and raw names, often begin with the device's own name. */
static uint64_t masked_tags(uint32_t masks)
{
	uint64_t tags = 0;

	if (masks & MASK(DEVICE))
		tags |= TAG(DEVICE) | TAG(SUB) | TAG(CODE) | TAG(NAME) | TAG(CORRELATION) |
			TAG(GATEWAYS);
	if (masks & MASK(POSITION))
		tags |= TAG(POSITION) | TAG(GATEWAYS);
	if (masks & MASK(TEXT))
		tags |= TAG(TEXT) | TAG(BYTES);
	return tags;
}

static const struct cv_record *mask(const struct cv_scope *scope, const struct cv_record *rec)
{
	static _Alignas(8) uint8_t room[CV_RECORD_MAX]; /* control's thread */
	struct cv_record *copy = (struct cv_record *)(void *)room;
	uint64_t tags = masked_tags(scope->masks);
	size_t at = sizeof(*rec), to = sizeof(*rec);

	memcpy(room, rec, sizeof(*rec));
	mask_head(copy, scope->masks);
	if (hides_device(scope, rec))
		copy->registry_row = 0; /* its owner and place tell who it is; its area does not */
	while (at + sizeof(struct cv_tlv) <= rec->size) {
		const uint8_t *from = (const uint8_t *)rec + at;
		struct cv_tlv tlv;
		size_t n;

		memcpy(&tlv, from, sizeof(tlv));
		n = sizeof(tlv) + ((tlv.len + 3u) & ~3u);
		if (tlv.tag == CV_TLV_END || n > rec->size - at)
			break;
		if (tlv.tag >= 64 || !(tags >> tlv.tag & 1)) {
			memcpy(room + to, from, n);
			to += n;
		}
		at += n;
	}
	memset(room + to, 0, sizeof(room) - to);
	copy->size = (uint16_t)((to + 7) & ~(size_t)7);
	if ((tags & TAG(TEXT)) &&
	    (copy->value_type == CV_VALUE_TEXT || copy->value_type == CV_VALUE_BYTES))
		copy->value_type = CV_VALUE_NONE;
	return copy;
}

const struct cv_record *cv_scope_see(const struct cv_scope *scope, const struct cv_record *rec)
{
	if (!scope)
		return rec;
	if (rec->lane >= CV_LANE_COUNT || !(scope->lanes & 1u << rec->lane))
		return NULL;
	if (rec->kind != CV_KIND_GAP && (!(scope->types >> (rec->kind & 63) & 1) ||
					 (scope->devices && !device_is_in(scope, rec))))
		return NULL;
	return scope->masks ? mask(scope, rec) : rec;
}
