/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/projection/text_memo.h"
#include "control/subscriber/http_stream.h"

#define HEAD_ROOM CV_HTTP_CHUNK_ROOM
/* Behind the events: the cursor or the end of the projection, and the frame of a chunk. */
#define TAIL_ROOM (CV_HTTP_CHUNK_ROOM + 128)
#define BUFFER_SIZE ((size_t)128 * 1024)
/* Buffers kept for the next stream that has something to send: one for each that is at work, since
 * buffers as large as this one come from the kernel page by page. */
#define SPARE_MAX 128

static char *spare[SPARE_MAX]; /* control's thread */
static unsigned int spare_count;

void cv_event_output_init(struct cv_event_output *o, const struct cv_projection_ops *ops,
			  const char *node, bool chunked)
{
	*o = (struct cv_event_output){.ops = ops, .node = node, .chunked = chunked, .first = true};
}

static int get_buffer(struct cv_event_output *o)
{
	if (o->buffer)
		return 0;
	o->buffer = spare_count > 0 ? spare[--spare_count] : malloc(BUFFER_SIZE);
	if (!o->buffer)
		return -ENOMEM;
	o->out = cv_json(o->buffer + HEAD_ROOM, BUFFER_SIZE - HEAD_ROOM - TAIL_ROOM);
	return 0;
}

int cv_event_output_begin(struct cv_event_output *o)
{
	if (!o->ops->begin)
		return 0;
	if (get_buffer(o) < 0)
		return -ENOMEM;
	o->ops->begin(&o->out);
	return 0;
}

size_t cv_event_output_used(const struct cv_event_output *o)
{
	return o->buffer ? (size_t)(o->out.at - o->buffer) - HEAD_ROOM : 0;
}

bool cv_event_output_has_room(struct cv_event_output *o)
{
	return get_buffer(o) == 0 && (size_t)(o->out.end - o->out.at) >= CV_PROJECTION_ROOM;
}

void cv_event_output_record(struct cv_event_output *o, const struct cv_record *rec, uint64_t seq,
			    bool plain, const struct cv_member_cursor *next)
{
	struct cv_projection_at at = {.node = o->node,
				      .seq = seq,
				      .next = next,
				      .first = o->first,
				      .memo = plain && !o->no_place ? o->memo : NULL};
	_Alignas(8) uint8_t told[CV_RECORD_MAX];

	if (at.memo)
		cv_text_memo_made_from(at.memo, cv_registry_live_version(o->registry));
	o->ops->record(&o->out, &at, cv_registry_live_tell(o->registry, rec, !o->no_place, told));
	o->first = false;
	o->events++;
}

void cv_event_output_gap(struct cv_event_output *o, struct cv_log_gap *gap,
			 enum cv_gap_reason reason, const struct cv_member_cursor *next)
{
	struct cv_projection_at at = {
		.node = o->node, .seq = gap->from, .next = next, .first = o->first};

	gap->reason = cv_gap_reason_name(reason);
	o->ops->gap(&o->out, &at, gap, reason);
	o->first = false;
	o->events++;
}

/* At the end of a piece of output, into the room behind the events. */
static void put_cursor(struct cv_event_output *o, const struct cv_member_cursor *next)
{
	if (!o->ops->cursor || memcmp(&o->told, next, sizeof(*next)) == 0)
		return;
	o->told = *next;
	o->ops->cursor(&o->out, next);
}

void cv_event_output_idle(struct cv_event_output *o)
{
	if (!o->ops->idle || get_buffer(o) < 0)
		return;
	o->ops->idle(&o->out);
}

const char *cv_event_output_take(struct cv_event_output *o, bool last,
				 const struct cv_member_cursor *next, size_t *ret_len)
{
	size_t n;

	if (o->ended || (cv_event_output_used(o) == 0 && !last) || get_buffer(o) < 0)
		return NULL;
	o->out.end = o->buffer + BUFFER_SIZE - CV_HTTP_CHUNK_ROOM;
	put_cursor(o, next);
	if (last && o->ops->end)
		o->ops->end(&o->out);
	o->ended = last;
	o->taken = true;
	o->taken_first = o->first;
	o->events = 0;
	n = cv_event_output_used(o);
	*ret_len = n;
	if (o->chunked)
		return cv_http_chunk(o->buffer + HEAD_ROOM, n, last, ret_len);
	if (n > 0)
		return o->buffer + HEAD_ROOM;
	cv_event_output_sent(o);
	return NULL;
}

unsigned int cv_event_output_drop(struct cv_event_output *o)
{
	unsigned int events = o->events;

	cv_event_output_sent(o);
	o->events = 0;
	o->first = o->taken_first;
	if (!o->taken)
		(void)cv_event_output_begin(o); /* its buffer has just come free */
	return events;
}

void cv_event_output_sent(struct cv_event_output *o)
{
	if (o->buffer && spare_count < SPARE_MAX)
		spare[spare_count++] = o->buffer;
	else
		free(o->buffer);
	o->buffer = NULL;
}
