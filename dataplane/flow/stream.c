/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From in-order bytes to messages. The bytes are decoded where they lie, in the packet; only the
 * head of a message that is not complete yet is copied into a window. What a decoder sees of a
 * message does not depend on how the sender cut the stream: never more than CV_STREAM_WINDOW bytes,
 * and all of them unless the stream ends.
 */
#include <string.h>

#include "dataplane/flow/inspect.h"

/* A contiguous piece of the stream. */
struct view {
	const uint8_t *data;
	size_t len;
	int64_t off; /* of data[0] in the frame's L4 payload; < 0: came with an earlier frame */
};

static bool can_hunt(const struct cv_flow *f)
{
	const struct cv_decoder *dec = cv_decoders[f->proto];

	return dec->resync != NULL || dec->resync_by != NULL;
}

static void reject(struct cv_inspect *in, struct cv_flow *f, struct cv_stream *s,
		   enum cv_reject reason, const struct view *v)
{
	cv_inspect_reject(in, f->proto, reason, v->data, v->len);
	s->state = can_hunt(f) ? CV_STREAM_HUNT : CV_STREAM_DEAF;
}

static void set_raw_off(struct cv_inspect *in, int64_t off)
{
	in->origin.raw_off = (uint16_t)(off < 0 ? 0 : off > UINT16_MAX ? UINT16_MAX : off);
}

/*
 * One message. @return bytes of it, rejected ones with a sound frame included; 0 = more wanted or,
 * with the state changed, rejected.
 */
static uint64_t message(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			const struct view *v)
{
	struct cv_stream *s = &f->dir[dir].stream;
	struct cv_decode d = {
		.emit = &in->emit,
		.origin = &in->origin,
		.gen = in->gen,
		.flow = f->state,
		.worker = in->worker[f->proto],
		.repeats = in->repeats.slot ? &in->repeats : NULL,
		.window_full = v->len == CV_STREAM_WINDOW,
		.from_client = dir == f->client,
	};
	struct cv_repeats_mark mark = cv_repeats_mark(&in->repeats);
	int64_t ret;

	set_raw_off(in, v->off);
	in->origin.proto = f->proto;
	cv_enforce_decode(in, f, dir, &d);
	ret = cv_decoders[f->proto]->decode(&d, v->data, v->len);
	if (ret > 0) {
		cv_inspect_message(in, f->proto, mark);
		return (uint64_t)ret;
	}
	cv_repeats_back(&in->repeats, mark);
	if (ret < 0) {
		reject(in, f, s, (enum cv_reject)(-ret), v);
		if (d.skip != 0)
			s->state = CV_STREAM_MESSAGE;
		return d.skip;
	}
	if (d.window_full) {
		reject(in, f, s, CV_REJECT_TOO_LARGE, v);
		return 0;
	}
	s->need = (uint16_t)(d.need < CV_STREAM_WINDOW ? d.need : CV_STREAM_WINDOW);
	return 0;
}

/* Look for a message start. @return bytes to pass over; 0 with the state unchanged: more wanted. */
static uint64_t hunt(const struct cv_inspect *in, struct cv_flow *f, struct cv_stream *s,
		     const struct view *v)
{
	const struct cv_decoder *dec = cv_decoders[f->proto];
	size_t at = v->len;

	s->need = 0;
	if (v->len >= 2)
		at = dec->resync ? dec->resync(v->data, v->len)
				 : dec->resync_by(in->gen, v->data, v->len);
	if (at < v->len) {
		s->state = CV_STREAM_MESSAGE;
		return at;
	}
	return v->len > CV_RESYNC_KEEP ? v->len - CV_RESYNC_KEEP : 0;
}

/* One step at the head of a view of at most a window. @return bytes used up, 0 = more wanted. */
static uint64_t step(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		     const struct view *v)
{
	struct cv_stream *s = &f->dir[dir].stream;
	uint64_t n;

	if (s->state == CV_STREAM_MESSAGE) {
		n = message(in, f, dir, v);
		if (n > 0 || s->state == CV_STREAM_MESSAGE)
			return n;
	} else {
		in->did |= CV_DID_SKIP;
	}
	return s->state == CV_STREAM_HUNT ? hunt(in, f, s, v) : v->len;
}

/* Use up as much of @p v as can be. @return bytes used up. */
static size_t consume(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		      const struct view *v)
{
	struct cv_stream *s = &f->dir[dir].stream;
	size_t at = 0;

	while (at < v->len) {
		size_t left = v->len - at;
		struct view here = {
			.data = v->data + at,
			.len = left < CV_STREAM_WINDOW ? left : CV_STREAM_WINDOW,
			.off = v->off + (int64_t)at,
		};
		uint64_t n = s->skip;

		if (n == 0)
			n = step(in, f, dir, &here);
		else
			in->did |= CV_DID_SKIP;
		if (n == 0)
			break;
		s->skip = n > left ? n - left : 0;
		at += n > left ? left : (size_t)n;
		if (in->rejects >= CV_REJECTS_PER_PACKET) {
			s->state = CV_STREAM_GAP;
			return v->len;
		}
	}
	return at;
}

static void drop_held(struct cv_inspect *in, struct cv_stream *s)
{
	if (s->held != CV_INDEX_NONE)
		cv_window_put(&in->memory, s->held);
	s->held = CV_INDEX_NONE;
	s->held_len = 0;
	s->need = 0;
}

/* Take a window from the stream that the hand points at. Its loss is not this packet's doing. */
static void evict_window(struct cv_inspect *in)
{
	struct cv_stream_memory *m = &in->memory;
	uint32_t user = m->window_user[m->window_hand];
	struct cv_flow *f = &in->flows.flow[user / 2];
	struct cv_stream *s = &f->dir[user % 2].stream;
	struct cv_aside aside = cv_aside_begin(in);

	m->window_hand = (m->window_hand + 1) % m->window_count;
	cv_inspect_origin_of(in, f, user % 2);
	cv_stream_finish(in, f, user % 2, CV_REJECT_EVICTED);
	if (s->state == CV_STREAM_MESSAGE && f->class == CV_FLOW_CLAIMED)
		s->state = CV_STREAM_GAP;
	cv_aside_end(in, &aside);
}

/*
 * A message whose rest never comes keeps its window for as long as its flow lives. So that nobody
 * can use the windows up with such messages, a message of a known protocol always gets one. What
 * is only looked through for a message does with what is free.
 *
 * @return false when there is none.
 */
static bool take_window(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_stream *s = &f->dir[dir].stream;
	uint32_t i = cv_window_get(&in->memory);

	if (i == CV_INDEX_NONE && f->class == CV_FLOW_CLAIMED && s->state == CV_STREAM_MESSAGE) {
		evict_window(in);
		i = cv_window_get(&in->memory);
	}
	if (i == CV_INDEX_NONE)
		return false;
	in->memory.window_user[i] = (uint32_t)(f - in->flows.flow) * 2 + dir;
	s->held = i;
	return true;
}

/* Keep the head of an incomplete message until more of it comes. */
static void hold(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		 const struct view *rest)
{
	struct cv_stream *s = &f->dir[dir].stream;

	if (rest->len == 0)
		return;
	in->did |= s->state == CV_STREAM_MESSAGE ? CV_DID_PARTIAL : CV_DID_SKIP;
	if (!take_window(in, f, dir)) {
		in->did |= CV_DID_NO_MEMORY;
		f->dir[dir].flags |= CV_TCP_BROKEN; /* these bytes are gone */
		return;
	}
	memcpy(cv_window_at(&in->memory, s->held), rest->data, rest->len);
	s->held_len = (uint16_t)rest->len;
}

/* Append to what is held and decode from there. @return bytes of @p data that are dealt with. */
static size_t continue_held(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			    const uint8_t *data, size_t len, uint32_t off)
{
	struct cv_stream *s = &f->dir[dir].stream;
	uint8_t *window = cv_window_at(&in->memory, s->held);
	size_t before = s->held_len;
	size_t take = CV_STREAM_WINDOW - before < len ? CV_STREAM_WINDOW - before : len;
	struct view v = {window, before + take, (int64_t)off - (int64_t)before};
	size_t used;

	memcpy(window + before, data, take);
	if (v.len < s->need) {
		s->held_len = (uint16_t)v.len;
		in->did |= CV_DID_PARTIAL;
		return take;
	}
	used = consume(in, f, dir, &v);
	if (used >= before) {
		drop_held(in, s);
		return used - before;
	}
	memmove(window, window + used, v.len - used);
	s->held_len = (uint16_t)(v.len - used);
	in->did |= s->state == CV_STREAM_MESSAGE ? CV_DID_PARTIAL : CV_DID_SKIP;
	return take;
}

/* @return true when the flow has a decoder; otherwise the bytes are dealt with. */
static bool claimed(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, const uint8_t *data,
		    size_t len, uint32_t off)
{
	struct cv_stream *s = &f->dir[dir].stream;
	struct view v = {data, len < CV_STREAM_WINDOW ? len : CV_STREAM_WINDOW, off};
	size_t take = 0;

	if (s->held_len > 0) {
		uint8_t *window = cv_window_at(&in->memory, s->held);

		take = CV_STREAM_WINDOW - s->held_len;
		take = take < len ? take : len;
		memcpy(window + s->held_len, data, take);
		v = (struct view){window, s->held_len + take, 0};
	}
	switch (cv_inspect_claim(in, f, dir, v.data, v.len)) {
	case CV_CLASS_DECODER:
		return true;
	case CV_CLASS_NONE:
		in->did |= CV_DID_NOT_IOT;
		drop_held(in, s);
		break;
	case CV_CLASS_MORE:
		if (s->held_len > 0)
			s->held_len = (uint16_t)(s->held_len + take);
		else
			hold(in, f, dir, &v);
		in->did |= CV_DID_PARTIAL;
		break;
	}
	return false;
}

/*
 * The first bytes behind a gap, or a segment after the decoder was lost for good: a message may
 * start just here. Where probe() does not know it, resync() looks: it takes the first byte it is
 * given for junk, so it gets one.
 */
static void try_here(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		     const uint8_t *data, size_t len)
{
	struct cv_stream *s = &f->dir[dir].stream;
	const struct cv_decoder *dec = cv_decoders[f->proto];

	if (dec->probe != NULL && dec->probe(data, len, false) == CV_PROBE_YES) {
		s->state = CV_STREAM_MESSAGE;
		return;
	}
	s->state = can_hunt(f) ? CV_STREAM_HUNT : CV_STREAM_DEAF;
	if (s->state == CV_STREAM_DEAF)
		return;
	if (!take_window(in, f, dir))
		return; /* without memory the first byte is the junk */
	cv_window_at(&in->memory, s->held)[0] = 0;
	s->held_len = 1;
}

void cv_stream_deliver(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		       const uint8_t *data, size_t len, uint32_t off)
{
	struct cv_stream *s = &f->dir[dir].stream;
	struct view v;
	size_t used;

	if (f->class != CV_FLOW_CLAIMED && !claimed(in, f, dir, data, len, off))
		return;
	if ((s->state == CV_STREAM_GAP || s->state == CV_STREAM_DEAF) && s->skip == 0 &&
	    s->held_len == 0)
		try_here(in, f, dir, data, len);
	while (len > 0) {
		if (s->held_len > 0) {
			used = continue_held(in, f, dir, data, len, off);
		} else {
			v = (struct view){data, len, off};
			used = consume(in, f, dir, &v);
			if (used < len) {
				v = (struct view){data + used, len - used, off + (int64_t)used};
				hold(in, f, dir, &v);
				return;
			}
		}
		data += used;
		len -= used;
		off += (uint32_t)used;
	}
}

void cv_stream_gap(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t len)
{
	struct cv_stream *s = &f->dir[dir].stream;

	f->dir[dir].flags |= CV_TCP_BROKEN;
	if (len != 0 && s->skip >= len) {
		s->skip -= len; /* the hole is in bytes nobody wanted to see */
		return;
	}
	cv_stream_finish(in, f, dir, CV_REJECT_STREAM_GAP);
	s->state = CV_STREAM_GAP;
}

void cv_stream_finish(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		      enum cv_reject reason)
{
	struct cv_stream *s = &f->dir[dir].stream;

	s->skip = 0;
	if (s->held_len == 0)
		return;
	if (f->class == CV_FLOW_CLAIMED && s->state == CV_STREAM_MESSAGE) {
		set_raw_off(in, -1);
		cv_inspect_reject(in, f->proto, reason, cv_window_at(&in->memory, s->held),
				  s->held_len);
	}
	drop_held(in, s);
}
