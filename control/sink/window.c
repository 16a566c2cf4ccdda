/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for frames: what a window of ordinary events takes, and some of the largest at least. */
#define BYTES_PER_EVENT 512
#define BYTES_MIN (64 * CV_FRAME_MAX)

struct cv_sink_window {
	struct cv_sink_entry *entries;
	uint8_t *bytes;
	uint32_t size; /* of bytes */
	uint32_t capacity; /* of entries, power of two */
	uint32_t write; /* where the next frame goes */
	unsigned int sent; /* sent, not settled */
	unsigned int open, open_max; /* events not settled, and most of them */
	uint64_t head, next, tail; /* tickets: oldest held, next to be sent, next to be added */
};

static struct cv_sink_entry *entry(const struct cv_sink_window *w, uint64_t ticket)
{
	return &w->entries[ticket & (w->capacity - 1)];
}

static struct cv_frame *frame(const struct cv_sink_window *w, uint64_t ticket)
{
	return (struct cv_frame *)(void *)(w->bytes + entry(w, ticket)->offset);
}

int cv_sink_window_create(unsigned int events, struct cv_sink_window **ret)
{
	struct cv_sink_window *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->open_max = events;
	w->capacity = 16;
	/* Cursors stand between the events, at most one behind each. */
	while (w->capacity < 2 * events)
		w->capacity *= 2;
	w->size = events * BYTES_PER_EVENT > BYTES_MIN ? events * BYTES_PER_EVENT : BYTES_MIN;
	w->entries = calloc(w->capacity, sizeof(*w->entries));
	w->bytes = aligned_alloc(64, (w->size + 63) / 64 * 64);
	if (!w->entries || !w->bytes) {
		cv_sink_window_destroy(w);
		return -ENOMEM;
	}
	*ret = w;
	return 0;
}

void cv_sink_window_destroy(struct cv_sink_window *w)
{
	if (!w)
		return;
	free(w->entries);
	free(w->bytes);
	free(w);
}

/* Where a frame of @p len may go, -1 = nowhere now. Frames do not wrap. */
static int64_t place(const struct cv_sink_window *w, uint32_t len)
{
	uint32_t oldest;

	if (w->head == w->tail)
		return 0;
	oldest = entry(w, w->head)->offset;
	if (w->write > oldest) {
		if (w->size - w->write >= len)
			return w->write;
		return oldest > len ? 0 : -1;
	}
	return oldest - w->write > len ? (int64_t)w->write : -1;
}

bool cv_sink_window_has_room(const struct cv_sink_window *w)
{
	return w->tail - w->head < w->capacity && place(w, CV_FRAME_MAX) >= 0;
}

bool cv_sink_window_is_full(const struct cv_sink_window *w)
{
	return w->open >= w->open_max;
}

void cv_sink_window_push(struct cv_sink_window *w, const struct cv_frame *f)
{
	uint32_t len = (uint32_t)sizeof(*f) + f->len;
	int64_t at = place(w, CV_FRAME_MAX);
	struct cv_sink_entry *e = entry(w, w->tail);

	*e = (struct cv_sink_entry){.offset = (uint32_t)at, .lane = (uint8_t)f->lane};
	if (f->type == CV_FRAME_CURSOR)
		e->state = CV_ENTRY_SETTLED;
	w->open += e->state != CV_ENTRY_SETTLED;
	memcpy(w->bytes + at, f, len);
	w->write = (uint32_t)at + len;
	w->tail++;
}

const struct cv_frame *cv_sink_window_next(struct cv_sink_window *w, uint64_t *ret_ticket)
{
	while (w->next < w->tail && entry(w, w->next)->state != CV_ENTRY_WAITS)
		w->next++;
	if (w->next == w->tail)
		return NULL;
	*ret_ticket = w->next;
	return frame(w, w->next);
}

unsigned int cv_sink_window_sent(struct cv_sink_window *w, uint64_t ticket)
{
	struct cv_sink_entry *e;

	if (ticket < w->head || ticket >= w->tail)
		return 0; /* settled and given up meanwhile */
	e = entry(w, ticket);
	if (e->state == CV_ENTRY_WAITS) {
		e->state = CV_ENTRY_SENT;
		w->sent++;
	}
	if (e->sends < UINT16_MAX)
		e->sends++;
	return e->sends;
}

void cv_sink_window_unsent(struct cv_sink_window *w, uint64_t ticket)
{
	struct cv_sink_entry *e = entry(w, ticket);

	e->state = CV_ENTRY_WAITS;
	e->sends--;
	w->sent--;
	w->next = ticket;
}

bool cv_sink_window_settle(struct cv_sink_window *w, uint64_t ticket)
{
	struct cv_sink_entry *e;

	if (ticket < w->head || ticket >= w->tail)
		return false;
	e = entry(w, ticket);
	if (e->state == CV_ENTRY_SETTLED)
		return false;
	w->sent -= e->state == CV_ENTRY_SENT;
	w->open--;
	e->state = CV_ENTRY_SETTLED;
	return true;
}

unsigned int cv_sink_window_rewind(struct cv_sink_window *w)
{
	bool open[CV_LANE_COUNT] = {false};
	unsigned int overtaken = 0;

	for (uint64_t t = w->head; t < w->tail; t++) {
		struct cv_sink_entry *e = entry(w, t);

		if (e->state == CV_ENTRY_SETTLED && frame(w, t)->type != CV_FRAME_CURSOR)
			overtaken += open[e->lane];
		if (e->state == CV_ENTRY_SENT) {
			open[e->lane] = true;
			e->state = CV_ENTRY_WAITS;
		}
	}
	w->sent = 0;
	w->next = w->head;
	return overtaken;
}

bool cv_sink_window_advance(struct cv_sink_window *w, struct cv_member_cursor *ret)
{
	bool found = false;

	while (w->head < w->tail && entry(w, w->head)->state == CV_ENTRY_SETTLED) {
		const struct cv_frame *f = frame(w, w->head);

		if (f->type == CV_FRAME_CURSOR) {
			memcpy(ret, cv_frame_payload(f), sizeof(*ret));
			found = true;
		}
		w->head++;
	}
	if (w->next < w->head)
		w->next = w->head;
	return found;
}

unsigned int cv_sink_window_sent_count(const struct cv_sink_window *w)
{
	return w->sent;
}

bool cv_sink_window_oldest(const struct cv_sink_window *w, uint64_t *ret)
{
	*ret = w->head;
	return w->head < w->tail && entry(w, w->head)->state == CV_ENTRY_SENT;
}
