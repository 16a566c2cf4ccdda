/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/emit.h"

#include <string.h>

#include "dataplane/normalize/hearing.h"
#include "dataplane/normalize/vocabulary.h"

void cv_emit_init(struct cv_emit *e, struct cv_sink *sink)
{
	e->sink = sink;
	e->series = NULL;
	e->hearings = NULL;
	e->ahead_first = 0;
	e->ahead_count = 0;
	e->origin = NULL;
	e->rec = NULL;
	e->used = 0;
	e->staged = 0;
	e->stage = NULL;
	e->hold = false;
	e->blank = (struct cv_record){.version = CV_RECORD_VERSION};
}

/* The oldest that waits for its series is through. */
static void finish_one(struct cv_emit *e)
{
	struct cv_emit_ahead *a = &e->ahead[e->ahead_first];

	e->ahead_first = (e->ahead_first + 1) % CV_EMIT_AHEAD;
	e->ahead_count--;
	if (a->print != 0)
		cv_series_follow(e->series, a->rec, a->print);
	if (e->sink->committed)
		e->sink->committed(e->sink, a->rec);
}

void cv_emit_finish(struct cv_emit *e)
{
	while (e->ahead_count != 0)
		finish_one(e);
}

static uint8_t *reserve(struct cv_emit *e, enum cv_lane lane)
{
	struct cv_sink_lane *l = &e->sink->lane[lane];

	if ((size_t)(l->end - l->cur) < CV_RECORD_MAX) {
		cv_emit_finish(e); /* the sink publishes what is there, and takes its memory */
		e->sink->refill(e->sink, lane);
	}
	return (size_t)(l->end - l->cur) < CV_RECORD_MAX ? NULL : l->cur;
}

/* A record that is in its lane: the ones before it of its series have a word to say. */
static void follow(struct cv_emit *e, struct cv_record *rec, uint64_t print)
{
	/* In the order of their making, which only those who look at each can see. */
	if (print == 0 && (e->ahead_count == 0 || !e->sink->committed)) {
		if (e->sink->committed)
			e->sink->committed(e->sink, rec);
		return;
	}
	if (e->ahead_count == CV_EMIT_AHEAD)
		finish_one(e);
	e->ahead[(e->ahead_first + e->ahead_count++) % CV_EMIT_AHEAD] =
		(struct cv_emit_ahead){rec, print};
}

/* Count one record of a lane, with its memory or without. */
static void commit(struct cv_emit *e, struct cv_record *rec, bool shed, bool happened)
{
	struct cv_sink_lane *l = &e->sink->lane[rec->lane];

	l->produced++;
	if (shed) {
		l->shed++;
		return;
	}
	l->cur += rec->size;
	if (rec->ts_rx_ns > l->newest_ns)
		l->newest_ns = rec->ts_rx_ns;
	follow(e, rec, happened && e->series ? cv_series_begin(e->series, rec) : 0);
}

void cv_emit_hold(struct cv_emit *e)
{
	e->hold = true;
}

static void release_one(struct cv_emit *e, struct cv_record *rec, enum cv_emit_fate fate)
{
	uint8_t *at;

	if (fate == CV_EMIT_DENIED) {
		rec->flags |= CV_FLAG_DENIED;
		rec->lane = CV_LANE_SECURITY;
		rec->heard = 0;
	} else if (rec->heard != 0 && cv_hearing_take(e->hearings, e, rec)) {
		return;
	}
	at = reserve(e, (enum cv_lane)rec->lane);
	if (at != NULL)
		memcpy(at, rec, rec->size);
	commit(e, at ? (struct cv_record *)(void *)at : rec, at == NULL, fate == CV_EMIT_HAPPENED);
}

/* Empty the stage. */
static void flush(struct cv_emit *e, enum cv_emit_fate fate)
{
	unsigned int n = 0;

	for (uint32_t at = 0; at < e->staged && fate != CV_EMIT_MUTED; n++) {
		struct cv_record *rec = (struct cv_record *)(void *)(e->stage + at);

		at += rec->size;
		if (fate != CV_EMIT_DENIED || n < CV_EMIT_DENIED_MAX)
			release_one(e, rec, fate);
	}
	e->staged = 0;
}

void cv_emit_release(struct cv_emit *e, enum cv_emit_fate fate)
{
	e->hold = false;
	flush(e, fate);
}

static uint8_t *stage_room(struct cv_emit *e)
{
	if (CV_EMIT_STAGE - e->staged < CV_RECORD_MAX)
		flush(e, CV_EMIT_HAPPENED);
	return e->stage + e->staged;
}

struct cv_record *cv_emit_begin(struct cv_emit *e, enum cv_lane lane, enum cv_kind kind)
{
	const struct cv_origin *o = e->origin;
	uint8_t *at = e->hold ? stage_room(e) : reserve(e, lane);
	struct cv_record *rec = (struct cv_record *)(void *)(at ? at : e->scratch);

	/* From memory: of a head of zeros the compiler makes a `rep stos`, several times as slow. */
	memcpy(rec, &e->blank, sizeof(*rec));
	rec->lane = (uint8_t)lane;
	rec->kind = (uint8_t)kind;
	rec->proto = o->proto;
	rec->direction = o->direction;
	rec->family = o->family;
	rec->ip_proto = o->ip_proto;
	rec->port = o->port;
	rec->rule = o->rule;
	rec->ts_rx_ns = o->ts_rx_ns;
	rec->packet = o->packet;
	rec->vlan = o->vlan;
	rec->sport = o->sport;
	rec->dport = o->dport;
	rec->raw_off = o->raw_off;
	memcpy(rec->src, o->src, sizeof(rec->src));
	memcpy(rec->dst, o->dst, sizeof(rec->dst));
	e->rec = rec;
	e->used = sizeof(*rec);
	return rec;
}

static int is_text(enum cv_tlv_tag tag)
{
	return tag != CV_TLV_BYTES && tag != CV_TLV_POSITION && tag != CV_TLV_GATEWAYS &&
	       tag != CV_TLV_ALARM;
}

/* Longest prefix of at most max bytes that does not end inside a UTF-8 sequence (RFC 3629). */
static size_t cut(const uint8_t *data, size_t max, enum cv_tlv_tag tag)
{
	size_t n = max;

	if (!is_text(tag))
		return max;
	for (int back = 0; n > 0 && back < 4 && (data[n] & 0xc0) == 0x80; back++)
		n--;
	return n;
}

/* Longest value that is copied in place: a call of memcpy() takes longer than most values do. */
#define SHORT_MAX 32

static inline void copy_two(uint8_t *to, const uint8_t *from, size_t len, size_t piece)
{
	memcpy(to, from, piece);
	memcpy(to + len - piece, from + len - piece, piece);
}

/* At most SHORT_MAX bytes, in two pieces that may overlap. */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len >= 16)
		copy_two(to, from, len, 16);
	else if (len >= 8)
		copy_two(to, from, len, 8);
	else if (len >= 4)
		copy_two(to, from, len, 4);
	else if (len >= 2)
		copy_two(to, from, len, 2);
	else if (len == 1)
		*to = *from;
}

/* A value for which there is room. */
static inline void append(struct cv_emit *e, enum cv_tlv_tag tag, const void *data, size_t len)
{
	uint8_t *at = (uint8_t *)e->rec + e->used;
	const struct cv_tlv tlv = {.tag = (uint16_t)tag, .len = (uint16_t)len};

	memcpy(at, &tlv, sizeof(tlv));
	at += sizeof(tlv);
	if (len % 4 != 0)
		memset(at + (len & ~(size_t)3), 0, 4);
	if (len <= SHORT_MAX)
		copy_short(at, data, len);
	else
		memcpy(at, data, len);
	e->used += (uint32_t)(sizeof(tlv) + ((len + 3) & ~(size_t)3));
}

void cv_emit_tlv(struct cv_emit *e, enum cv_tlv_tag tag, const void *data, size_t len)
{
	/* 8 bytes stay free for the final padding to a multiple of 8. */
	size_t room = CV_RECORD_MAX - 8 - e->used;
	size_t max = CV_TLV_MAX;

	if (room < sizeof(struct cv_tlv) + 4) {
		e->rec->flags |= CV_FLAG_TRUNCATED;
		return;
	}
	if (max > ((room - sizeof(struct cv_tlv)) & ~(size_t)3))
		max = (room - sizeof(struct cv_tlv)) & ~(size_t)3;
	if (len > max) {
		len = cut(data, max, tag);
		e->rec->flags |= CV_FLAG_TRUNCATED;
	}
	append(e, tag, data, len);
}

#define LAT_MAX 900000000
#define LON_MAX 1800000000

/* In range, or not stated at all? */
static bool within(int64_t value, int64_t max)
{
	return value == CV_POSITION_NONE || (value >= -max && value <= max);
}

static int32_t fitted(int64_t value)
{
	return value < INT32_MIN || value > INT32_MAX ? CV_POSITION_NONE : (int32_t)value;
}

void cv_emit_position(struct cv_emit *e, int64_t lat, int64_t lon, int64_t alt)
{
	const struct cv_position p = {
		.lat = fitted(lat),
		.lon = fitted(lon),
		.alt = fitted(alt),
	};

	if (!within(lat, LAT_MAX) || !within(lon, LON_MAX)) {
		e->rec->flags |= CV_FLAG_RANGE;
		e->rec->quality = CV_QUALITY_BAD;
	}
	cv_emit_tlv(e, CV_TLV_POSITION, &p, sizeof(p));
}

void cv_emit_end(struct cv_emit *e)
{
	struct cv_record *rec = e->rec;

	if (e->used % 8 != 0) {
		memset((uint8_t *)rec + e->used, 0, 4); /* an END TLV */
		e->used += 4;
	}
	rec->size = (uint16_t)e->used;
	if (rec->value_type == CV_VALUE_F64 && !cv_name_in_range(rec->name_id, rec->value.f64))
		rec->flags |= CV_FLAG_RANGE;
	e->rec = NULL;
	if (e->hold) {
		e->staged += e->used;
		return;
	}
	if (rec->heard == 0 || !cv_hearing_take(e->hearings, e, rec))
		commit(e, rec, (uint8_t *)rec == e->scratch, true);
}

struct cv_record *cv_emit_again(struct cv_emit *e, const struct cv_record *rec, uint32_t used)
{
	uint8_t *at = e->hold ? stage_room(e) : reserve(e, (enum cv_lane)rec->lane);

	e->rec = (struct cv_record *)(void *)(at ? at : e->scratch);
	memcpy(e->rec, rec, used);
	e->used = used;
	return e->rec;
}

void cv_emit_cancel(struct cv_emit *e)
{
	e->rec = NULL;
}
