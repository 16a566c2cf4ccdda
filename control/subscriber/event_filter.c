/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/device_text.h"
#include "control/text/glob_list.h"
#include "dataplane/normalize/vocabulary.h"
#include "decoder_list.h"

#define LIST_ROW(id, name) ", " name
#define NAME_WORDS ((CV_NAME_COUNT + 63) / 64)

static const char kind_list[] = CV_KINDS(LIST_ROW);
static const char quality_list[] = CV_QUALITIES(LIST_ROW);
static const char proto_list[] = CV_PROTOS(LIST_ROW);

_Static_assert(CV_PROTO_COUNT <= 64 && CV_KIND_COUNT <= 64, "sets are 64 bits");

#define ROW_NUMBER(id) FILTER_##id,
enum { CV_EVENT_FILTERS(ROW_NUMBER) FILTER_COUNT };

struct cv_event_filter {
	uint32_t used; /* bit per row */
	uint64_t kinds, qualities, protos;
	uint64_t names[NAME_WORDS]; /* of the vocabulary, bit per number */
	struct cv_glob_list *raw_names, *devices; /* NULL = not asked for */
	struct cv_glob_list *areas, *tags; /* no globs in them */
	const struct cv_registry_live *live; /* NULL = nothing is known of any device */
};

/* ---- parameters ----------------------------------------------------------------------------- */

static void add_position(struct cv_http_refusal *why, const char *key, size_t at)
{
	size_t len = strlen(why->error);

	snprintf(why->error + len, sizeof(why->error) - len, " (%s=, character %zu)", key, at + 1);
}

/* "city.culvert.state.v1" is what events say of their type; take the word in the middle. */
static void strip_type(char *word)
{
	static const char prefix[] = "city.culvert.", suffix[] = ".v1";
	size_t n = strlen(word), head = sizeof(prefix) - 1, tail = sizeof(suffix) - 1;

	if (n <= head + tail || strncmp(word, prefix, head) != 0 ||
	    strcmp(word + n - tail, suffix) != 0)
		return;
	memmove(word, word + head, n - head - tail);
	word[n - head - tail] = '\0';
}

int cv_event_filter_names(struct cv_http_refusal *why, const char *key, const char *value,
			  const char *list, const char *(*name_of)(unsigned int),
			  unsigned int count, uint64_t *ret)
{
	const char *text = value;
	uint64_t set = 0;

	do {
		size_t len = strcspn(text, ",");
		unsigned int i;
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)(len < 63 ? len : 63), text);
		if (name_of == cv_kind_name)
			strip_type(word);
		for (i = 0; i < count && strcmp(word, name_of(i)) != 0; i++)
			;
		if (i == count) {
			cv_http_refuse_word(why, key, word, list + 2, name_of, count);
			add_position(why, key, (size_t)(text - value));
			return -EINVAL;
		}
		set |= UINT64_C(1) << i;
		text += len;
	} while (*text++ == ',');
	*ret = set;
	return 0;
}

static struct cv_event_filter *begin_row(struct cv_event_filter_parse *p, unsigned int row)
{
	if (!p->filter)
		p->filter = calloc(1, sizeof(*p->filter));
	if (p->filter)
		p->filter->used |= 1u << row;
	else
		*p->why = (struct cv_http_refusal){"out of memory", "try again later"};
	return p->filter;
}

static int take_set(struct cv_event_filter_parse *p, unsigned int row, const char *key,
		    const char *value, const char *list, const char *(*name_of)(unsigned int),
		    unsigned int count, size_t offset)
{
	struct cv_event_filter *f = begin_row(p, row);

	if (!f)
		return -EINVAL;
	return cv_event_filter_names(p->why, key, value, list, name_of, count,
				     (uint64_t *)(void *)((char *)f + offset));
}

int cv_event_filter_take_type(void *parse, const char *value)
{
	return take_set(parse, FILTER_type, "type", value, kind_list, cv_kind_name, CV_KIND_COUNT,
			offsetof(struct cv_event_filter, kinds));
}

int cv_event_filter_take_quality(void *parse, const char *value)
{
	return take_set(parse, FILTER_quality, "quality", value, quality_list, cv_quality_name,
			CV_QUALITY_COUNT, offsetof(struct cv_event_filter, qualities));
}

static const char *proto_name(unsigned int proto)
{
#define NAME_ROW(id, name) name,
	static const char *const names[] = {CV_PROTOS(NAME_ROW)};

	return names[proto];
}

int cv_event_filter_take_protocol(void *parse, const char *value)
{
	return take_set(parse, FILTER_protocol, "protocol", value, proto_list, proto_name,
			CV_PROTO_COUNT, offsetof(struct cv_event_filter, protos));
}

static int take_patterns(struct cv_event_filter_parse *p, const char *key, const char *value,
			 const char *hint, struct cv_glob_list **ret)
{
	size_t bad;
	int res = cv_glob_list_create(value, ret, &bad);

	if (res == -EINVAL) {
		cv_http_refuse_value(p->why, key, value, hint);
		add_position(p->why, key, bad);
	} else if (res < 0) {
		*p->why = (struct cv_http_refusal){"out of memory", "try again later"};
	}
	return res < 0 ? -EINVAL : 0;
}

int cv_event_filter_take_name(void *parse, const char *value)
{
	struct cv_event_filter_parse *p = parse;
	struct cv_event_filter *f = begin_row(p, FILTER_name);

	if (!f || take_patterns(p, "name", value,
				"give names with commas between them; '*' stands for any "
				"characters: air.*",
				&f->raw_names) < 0)
		return -EINVAL;
	for (unsigned int i = 0; i < CV_NAME_COUNT; i++) {
		const char *name = cv_name_text(i);

		if (*name && cv_glob_list_matches(f->raw_names, name, strlen(name)))
			f->names[i / 64] |= UINT64_C(1) << i % 64;
	}
	return 0;
}

int cv_event_filter_take_device(void *parse, const char *value)
{
	struct cv_event_filter_parse *p = parse;
	struct cv_event_filter *f = begin_row(p, FILTER_device);

	if (!f)
		return -EINVAL;
	return take_patterns(p, "device", value,
			     "give URNs with commas between them; '*' stands for any characters",
			     &f->devices);
}

int cv_event_filter_take_area(void *parse, const char *value)
{
	static const char hint[] = "give area codes with commas between them, or how they begin: "
				   "3101,310115005";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._,";
	struct cv_event_filter_parse *p = parse;
	struct cv_event_filter *f = begin_row(p, FILTER_area);
	size_t good = strspn(value, letters);

	if (!f)
		return -EINVAL;
	if (value[good] != '\0') {
		cv_http_refuse_value(p->why, "area", value, hint);
		add_position(p->why, "area", good);
		return -EINVAL;
	}
	return take_patterns(p, "area", value, hint, &f->areas);
}

int cv_event_filter_take_tag(void *parse, const char *value)
{
	struct cv_event_filter_parse *p = parse;
	struct cv_event_filter *f = begin_row(p, FILTER_tag);

	if (!f)
		return -EINVAL;
	return take_patterns(p, "tag", value, "give tags of the registry with commas between them",
			     &f->tags);
}

bool cv_event_filter_needs_registry(const struct cv_event_filter *f)
{
	return f && (f->used & (1u << FILTER_area | 1u << FILTER_tag));
}

void cv_event_filter_set_registry(struct cv_event_filter *f, const struct cv_registry_live *live)
{
	f->live = live;
}

/* ---- records -------------------------------------------------------------------------------- */

static bool in_set(uint64_t set, unsigned int i)
{
	return i < 64 && (set >> i & 1);
}

static bool match_type(const struct cv_event_filter *f, const struct cv_record *rec)
{
	return in_set(f->kinds, rec->kind);
}

static bool match_quality(const struct cv_event_filter *f, const struct cv_record *rec)
{
	return in_set(f->qualities, rec->quality);
}

static bool match_protocol(const struct cv_event_filter *f, const struct cv_record *rec)
{
	return in_set(f->protos, rec->proto);
}

/* Whether one of the words fits the number of a record. */
static bool any_word(const struct cv_event_filter *f, const struct cv_glob_list *words,
		     uint32_t number,
		     bool (*fits)(const struct cv_registry_live *, uint32_t, const char *, size_t))
{
	for (const char *at = cv_glob_list_text(words);; at++) {
		size_t n = strcspn(at, ",");

		if (fits(f->live, number, at, n))
			return true;
		at += n;
		if (*at == '\0')
			return false;
	}
}

static bool match_area(const struct cv_event_filter *f, const struct cv_record *rec)
{
	uint32_t row, area;

	if (!f->live)
		return false;
	cv_registry_live_rows(f->live, rec, &row, &area);
	return area != 0 && any_word(f, f->areas, area, cv_registry_live_is_within);
}

static bool match_tag(const struct cv_event_filter *f, const struct cv_record *rec)
{
	uint32_t row, area;

	if (!f->live)
		return false;
	cv_registry_live_rows(f->live, rec, &row, &area);
	return row != 0 && any_word(f, f->tags, row, cv_registry_live_has_tag);
}

static bool match_name(const struct cv_event_filter *f, const struct cv_record *rec)
{
	struct cv_tlv_view raw;

	if (*cv_name_text(rec->name_id))
		return in_set(f->names[rec->name_id / 64], rec->name_id % 64);
	raw = cv_record_tlv(rec, CV_TLV_NAME);
	return raw.data && cv_glob_list_matches(f->raw_names, raw.data, raw.len);
}

static bool match_device(const struct cv_event_filter *f, const struct cv_record *rec)
{
	struct cv_device_text urn = cv_device_text(rec);

	return urn.text && cv_glob_list_matches_hashed(f->devices, urn.text, urn.len, urn.hash);
}

const struct cv_glob_list *cv_event_filter_devices(const struct cv_event_filter *f)
{
	return f ? f->devices : NULL;
}

bool cv_event_filter_matches(const struct cv_event_filter *f, const struct cv_record *rec)
{
#define ROW_MATCH(id) match_##id,
	static bool (*const rows[])(const struct cv_event_filter *,
				    const struct cv_record *) = {CV_EVENT_FILTERS(ROW_MATCH)};

	if (!f)
		return true;
	for (uint32_t left = f->used; left; left &= left - 1) {
		if (!rows[__builtin_ctz(left)](f, rec))
			return false;
	}
	return true;
}

/* ---- as a whole ----------------------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t mix_list(uint64_t h, const struct cv_glob_list *list)
{
	const char *text = list ? cv_glob_list_text(list) : NULL;

	return text ? mix(h, text, strlen(text) + 1) : h;
}

uint64_t cv_event_filter_fingerprint(const struct cv_event_filter *f)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	if (!f)
		return 0;
	h = mix(h, f, offsetof(struct cv_event_filter, raw_names));
	h = mix_list(h, f->raw_names);
	h = mix_list(h, f->devices);
	h = mix_list(h, f->areas);
	h = mix_list(h, f->tags);
	return h;
}

static uint64_t list_size(const struct cv_glob_list *list)
{
	return list ? cv_glob_list_size(list) : 0;
}

uint64_t cv_event_filter_size(const struct cv_event_filter *f)
{
	return f ? sizeof(*f) + list_size(f->raw_names) + list_size(f->devices) +
			       list_size(f->areas) + list_size(f->tags)
		 : 0;
}

void cv_event_filter_free(struct cv_event_filter *f)
{
	if (!f)
		return;
	cv_glob_list_destroy(f->raw_names);
	cv_glob_list_destroy(f->devices);
	cv_glob_list_destroy(f->areas);
	cv_glob_list_destroy(f->tags);
	free(f);
}
