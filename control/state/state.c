/* SPDX-License-Identifier: Apache-2.0 */
#include "control/state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/state/pool.h"
#include "dataplane/normalize/vocabulary.h"

#define URN_CHUNK (1u << 20) /* bytes; no URN lies across two */
#define URN_CHUNKS 65536u
#define CELL_TEXT 27u
#define CELLS ((CV_STATE_TEXT_MAX + CELL_TEXT - 1) / CELL_TEXT)

/* A piece of a text; the pieces are a list. */
struct cell {
	uint32_t next;
	uint8_t len;
	char text[CELL_TEXT];
};
_Static_assert(sizeof(struct cell) == 32, "what a piece costs");

struct cv_state {
	uint64_t bound, budget; /* bytes; the index and the words are outside of it */
	struct cv_registry_key key;
	struct cv_registry_index index;
	struct cv_registry_words words; /* names that the vocabulary does not have */
	struct cv_pool devices, values, cells;
	char *urns[URN_CHUNKS];
	uint64_t urn_used;
	uint64_t counts[CV_STATE_COUNT];
};

#define NAME_ROW(id, name) name,
static const char *const count_names[] = {CV_STATE_COUNTS(NAME_ROW)};

int cv_state_create(uint64_t bytes, struct cv_state **ret)
{
	struct cv_state *s = calloc(1, sizeof(*s));
	int res = s ? cv_registry_words_init(&s->words) : -ENOMEM;

	if (res == 0)
		res = cv_registry_key_make(&s->key);
	if (res < 0) {
		cv_state_destroy(s);
		return res;
	}
	s->bound = s->budget = bytes;
	s->devices.size = sizeof(struct cv_state_device);
	s->values.size = sizeof(struct cv_state_value);
	s->cells.size = sizeof(struct cell);
	*ret = s;
	return 0;
}

void cv_state_destroy(struct cv_state *s)
{
	if (!s)
		return;
	cv_pool_free(&s->devices);
	cv_pool_free(&s->values);
	cv_pool_free(&s->cells);
	for (uint32_t i = 0; i < URN_CHUNKS; i++)
		free(s->urns[i]);
	cv_registry_index_free(&s->index);
	cv_registry_words_free(&s->words);
	free(s);
}

/* ---- devices -------------------------------------------------------------------------------- */

/* @return where it is from now on, UINT64_MAX = no room. */
static uint64_t keep_urn(struct cv_state *s, const char *urn, size_t len)
{
	uint64_t at = s->urn_used;

	if (at % URN_CHUNK + len > URN_CHUNK)
		at += URN_CHUNK - at % URN_CHUNK;
	if (at / URN_CHUNK >= URN_CHUNKS)
		return UINT64_MAX;
	if (!s->urns[at / URN_CHUNK]) {
		if (s->budget < URN_CHUNK)
			return UINT64_MAX;
		s->urns[at / URN_CHUNK] = malloc(URN_CHUNK);
		if (!s->urns[at / URN_CHUNK])
			return UINT64_MAX;
		s->budget -= URN_CHUNK;
	}
	memcpy(s->urns[at / URN_CHUNK] + at % URN_CHUNK, urn, len);
	s->urn_used = at + len;
	return at;
}

/* The index is outside of the pools; it counts all the same. */
static bool has_room(const struct cv_state *s)
{
	return cv_state_bytes(s) < s->bound;
}

uint64_t cv_state_print(const struct cv_state *s, const char *urn, size_t len)
{
	return cv_registry_print(&s->key, urn, len);
}

uint32_t cv_state_find_print(const struct cv_state *s, uint64_t print)
{
	const struct cv_registry_slot *slot = cv_registry_index_find(&s->index, print);

	return slot ? slot->row : 0;
}

void cv_state_fetch_print(const struct cv_state *s, uint64_t print)
{
	cv_registry_index_fetch(&s->index, print);
}

void cv_state_fetch_device(const struct cv_state *s, uint32_t device)
{
	if (device)
		__builtin_prefetch(cv_pool_at(&s->devices, device), 1);
}

void cv_state_fetch_values(const struct cv_state *s, uint32_t device)
{
	const struct cv_state_device *d = cv_state_at(s, device);
	const char *first = d && d->first ? cv_pool_at(&s->values, d->first) : NULL;

	if (!first)
		return;
	/* Those of one message were made together, the first of the list as the last. */
	__builtin_prefetch(first, 1);
	__builtin_prefetch(first - 64, 1);
}

uint32_t cv_state_device(struct cv_state *s, const char *urn, size_t len)
{
	return cv_state_device_print(s, cv_state_print(s, urn, len), urn, len);
}

uint32_t cv_state_device_print(struct cv_state *s, uint64_t print, const char *urn, size_t len)
{
	uint64_t at;
	const struct cv_registry_slot *slot = cv_registry_index_find(&s->index, print);
	struct cv_state_device *d;
	uint32_t number;

	if (slot)
		return slot->row;
	at = len <= UINT16_MAX && has_room(s) ? keep_urn(s, urn, len) : UINT64_MAX;
	number = at != UINT64_MAX ? cv_pool_add(&s->devices, &s->budget) : 0;
	if (number == 0 || cv_registry_index_set(&s->index, print, number, 0) < 0) {
		s->devices.used -= number != 0;
		s->counts[CV_STATE_DEVICES_FULL]++;
		return 0;
	}
	d = cv_pool_at(&s->devices, number);
	*d = (struct cv_state_device){.urn = at, .urn_len = (uint16_t)len};
	return number;
}

uint32_t cv_state_find(const struct cv_state *s, const char *urn, size_t len)
{
	return cv_state_find_print(s, cv_state_print(s, urn, len));
}

struct cv_state_device *cv_state_at(const struct cv_state *s, uint32_t device)
{
	return device && device <= s->devices.used ? cv_pool_at(&s->devices, device) : NULL;
}

const char *cv_state_urn(const struct cv_state *s, const struct cv_state_device *d)
{
	return s->urns[d->urn / URN_CHUNK] + d->urn % URN_CHUNK;
}

/* ---- values --------------------------------------------------------------------------------- */

const struct cv_state_value *cv_state_value(const struct cv_state *s, uint32_t value)
{
	return value ? cv_pool_at(&s->values, value) : NULL;
}

const char *cv_state_word(const struct cv_state *s, uint32_t word)
{
	return cv_registry_word_text(&s->words, word);
}

const char *cv_state_text(const struct cv_state *s, const struct cv_state_value *v, char *buf)
{
	size_t n = 0;

	for (uint32_t at = v->text; at;) {
		const struct cell *c = cv_pool_at(&s->cells, at);

		memcpy(buf + n, c->text, c->len);
		n += c->len;
		at = c->next;
	}
	buf[n] = '\0';
	return buf;
}

/* Cells that a value has are used again, for a shorter text too. */
static void keep_text(struct cv_state *s, struct cv_state_value *v, const struct cv_record *rec)
{
	struct cv_tlv_view text = cv_record_tlv(rec, CV_TLV_TEXT);
	size_t len = text.len < CV_STATE_TEXT_MAX ? text.len : CV_STATE_TEXT_MAX, done = 0;
	uint32_t *at = &v->text;

	/* Not within a character (RFC 3629). */
	while (len > 0 && len < text.len && (text.data[len] & 0xc0) == 0x80)
		len--;
	v->cut = len < text.len;
	for (unsigned int i = 0; i < CELLS && (done < len || *at); i++) {
		size_t n = len - done < CELL_TEXT ? len - done : CELL_TEXT;
		struct cell *c;

		if (!*at)
			*at = has_room(s) ? cv_pool_add(&s->cells, &s->budget) : 0;
		if (!*at) {
			v->cut = 1;
			return;
		}
		c = cv_pool_at(&s->cells, *at);
		if (n > 0)
			memcpy(c->text, text.data + done, n);
		c->len = (uint8_t)n;
		done += n;
		at = &c->next;
	}
}

/* The device's own time where it is worth something (as the projections have it). */
static int64_t time_of(const struct cv_record *rec)
{
	return rec->time_quality == CV_TIME_DEVICE || rec->time_quality == CV_TIME_RELATIVE ||
			       rec->time_quality == CV_TIME_SYNCHRONISED
		       ? rec->ts_device_ns
		       : rec->ts_rx_ns;
}

static bool is_value(const struct cv_record *rec)
{
	struct cv_position position;

	return (rec->kind == CV_KIND_MEASUREMENT || rec->kind == CV_KIND_STATE ||
		rec->kind == CV_KIND_ALARM) &&
	       rec->direction != CV_DIR_DOWN && !(rec->flags & CV_FLAG_DENIED) &&
	       rec->value_type != CV_VALUE_BYTES &&
	       (rec->value_type != CV_VALUE_NONE || cv_record_position(rec, &position));
}

/* Its name; where it has none the code that stands for one. */
static bool name_of(struct cv_state *s, const struct cv_record *rec, struct cv_state_value *ret)
{
	struct cv_tlv_view v;

	ret->name_id = *cv_name_text(rec->name_id) ? rec->name_id : 0;
	ret->word = 0;
	if (ret->name_id)
		return true;
	v = cv_record_tlv(rec, CV_TLV_NAME);
	if (v.len == 0)
		v = cv_record_tlv(rec, CV_TLV_CODE);
	ret->word = v.len ? cv_registry_word(&s->words, (const char *)v.data, v.len) : 0;
	return v.len == 0 || ret->word != 0;
}

/* @return the value of that name, made where there is none; NULL = no room. */
static struct cv_state_value *find_value(struct cv_state *s, struct cv_state_device *d,
					 const struct cv_state_value *like, bool *is_new)
{
	struct cv_state_value *v;
	uint32_t number;

	for (uint32_t at = d->first; at; at = v->next) {
		v = cv_pool_at(&s->values, at);
		if (v->name_id == like->name_id && v->word == like->word &&
		    v->stage == like->stage && v->kind == like->kind)
			return v;
	}
	*is_new = true;
	if (d->values == CV_STATE_VALUES_MAX || !has_room(s))
		return NULL;
	number = cv_pool_add(&s->values, &s->budget);
	if (number == 0)
		return NULL;
	v = cv_pool_at(&s->values, number);
	*v = *like;
	v->next = d->first;
	d->first = number;
	d->values++;
	return v;
}

static enum cv_state_count take(struct cv_state *s, struct cv_state_device *d,
				const struct cv_record *rec, bool past)
{
	bool retained = rec->stage == CV_STAGE_RETAINED, is_new = false;
	struct cv_state_value like = {.kind = rec->kind}, *v;
	struct cv_position position;

	if (!is_value(rec))
		return CV_STATE_OTHER;
	if (rec->stage == CV_STAGE_HISTORY || (rec->flags & CV_FLAG_LATE))
		return CV_STATE_LATE;
	like.stage = (retained ? CV_STAGE_REALTIME : rec->stage) & 15;
	v = name_of(s, rec, &like) ? find_value(s, d, &like, &is_new) : NULL;
	if (!v)
		return CV_STATE_VALUES_FULL;
	/* A retained message is the last known value: better than none, not better than any. */
	if (!is_new && (retained || (past && v->time_ns > time_of(rec))))
		return CV_STATE_LATE;
	v->time_ns = time_of(rec);
	v->value.u64 = rec->value.u64;
	if (rec->value_type == CV_VALUE_NONE && cv_record_position(rec, &position))
		v->value.u64 = (uint32_t)position.lat | (uint64_t)(uint32_t)position.lon << 32;
	v->unit_id = rec->unit_id;
	v->type = rec->value_type;
	v->quality = rec->quality;
	v->proto = rec->proto;
	v->lane = rec->lane & 15;
	keep_text(s, v, rec);
	return CV_STATE_TAKEN;
}

static enum cv_state_count take_counted(struct cv_state *s, uint32_t device,
					const struct cv_record *rec, bool past)
{
	struct cv_state_device *d = cv_pool_at(&s->devices, device);
	enum cv_state_count what = take(s, d, rec, past);

	if (rec->ts_rx_ns > d->seen_ns)
		d->seen_ns = rec->ts_rx_ns;
	s->counts[what]++;
	return what;
}

enum cv_state_count cv_state_take(struct cv_state *s, uint32_t device, const struct cv_record *rec)
{
	return take_counted(s, device, rec, false);
}

enum cv_state_count cv_state_take_past(struct cv_state *s, uint32_t device,
				       const struct cv_record *rec)
{
	return take_counted(s, device, rec, true);
}

/* ---- numbers -------------------------------------------------------------------------------- */

const uint64_t *cv_state_counts(const struct cv_state *s)
{
	return s->counts;
}

const char *cv_state_count_name(enum cv_state_count what)
{
	return count_names[what];
}

uint32_t cv_state_devices(const struct cv_state *s)
{
	return s->devices.used;
}

uint64_t cv_state_values(const struct cv_state *s)
{
	return s->values.used;
}

uint64_t cv_state_bytes(const struct cv_state *s)
{
	return s->bound - s->budget + s->index.bytes + cv_registry_words_bytes(&s->words);
}

uint64_t cv_state_bound(const struct cv_state *s)
{
	return s->bound;
}
