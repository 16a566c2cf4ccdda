/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "control/alarm/record.h"

#define LANE CV_LANE_ALARM
/* Alarms that come together go into the log together; the log may be busy for so long. */
#define GATHER_NS UINT64_C(500000)

struct cv_alarm_outbox {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	cv_alarm_logged *logged;
	void *owner;
	uint8_t *blocks; /* CV_ALARM_OUTBOX_BLOCKS, aligned */
	struct cv_op timer;
	uint64_t incarnation;
	uint64_t first, last; /* blocks first..last are in use; last is being filled */
	bool busy; /* the log has the first one */
	bool stopping;
	uint64_t made;
};

static struct cv_block *block_at(const struct cv_alarm_outbox *o, uint64_t i)
{
	return (struct cv_block *)(void *)(o->blocks +
					   (size_t)(i % CV_ALARM_OUTBOX_BLOCKS) * CV_BLOCK_SIZE);
}

static void begin(struct cv_alarm_outbox *o, uint64_t i)
{
	*block_at(o, i) = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = LANE,
		.worker = CV_WORKER_CONTROL,
		.used = sizeof(struct cv_block),
		.incarnation = o->incarnation,
		.source_seq = i + 1,
	};
}

static void push(struct cv_alarm_outbox *o);

static void on_timer(struct cv_op *op, int res, uint32_t flags)
{
	push(op->owner);
}

int cv_alarm_outbox_create(struct cv_loop *loop, struct cv_eventlog *log, cv_alarm_logged *logged,
			   void *owner, struct cv_alarm_outbox **ret)
{
	struct cv_alarm_outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	*o = (struct cv_alarm_outbox){.loop = loop, .log = log, .logged = logged, .owner = owner};
	o->timer = (struct cv_op){.done = on_timer, .owner = o};
	o->blocks = aligned_alloc(CV_BLOCK_ALIGN, (size_t)CV_ALARM_OUTBOX_BLOCKS * CV_BLOCK_SIZE);
	if (!o->blocks ||
	    getrandom(&o->incarnation, sizeof(o->incarnation), 0) != sizeof(o->incarnation)) {
		free(o->blocks);
		free(o);
		return -ENOMEM;
	}
	o->incarnation |= 1; /* never 0 */
	begin(o, 0);
	*ret = o;
	return 0;
}

void cv_alarm_outbox_destroy(struct cv_alarm_outbox *o)
{
	if (!o)
		return;
	/* What waits gets there, unless the disk holds it up. */
	while (!cv_alarm_outbox_is_empty(o) && !cv_eventlog_held(o->log, LANE)) {
		push(o);
		if (cv_loop_turn(o->loop) < 0)
			break;
	}
	o->stopping = true;
	if (o->timer.pending)
		cv_loop_cancel(o->loop, &o->timer);
	if (o->busy)
		cv_eventlog_let_go(o->log);
	while ((o->timer.pending || o->busy) && cv_loop_turn(o->loop) == 0)
		;
	free(o->blocks);
	free(o);
}

/* ---- into the log --------------------------------------------------------------------------- */

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	struct cv_alarm_outbox *o = owner;
	const struct cv_block *b = block_at(o, o->first);
	uint32_t at = sizeof(*b);

	o->busy = false;
	if (res == -ECANCELED)
		return; /* the log closes */
	o->made += b->count;
	for (uint32_t i = 0; i < b->count; i++) {
		const struct cv_record *rec =
			(const struct cv_record *)(const void *)((const uint8_t *)b + at);

		o->logged(o->owner, rec, res == 0 ? b->first_seq + i : 0);
		at += rec->size;
	}
	if (o->first == o->last)
		begin(o, ++o->last);
	o->first++;
	push(o);
}

static void push(struct cv_alarm_outbox *o)
{
	struct cv_block *b = block_at(o, o->first);

	if (o->stopping || o->busy || b->count == 0)
		return;
	o->busy = true;
	if (o->first == o->last)
		begin(o, ++o->last);
	if (cv_eventlog_append(o->log, LANE, b, 1, appended, o) == 0)
		return;
	o->busy = false; /* somebody else's turn */
	if (!o->timer.pending)
		cv_loop_timer(o->loop, &o->timer, GATHER_NS);
}

/* ---- records -------------------------------------------------------------------------------- */

uint8_t *cv_alarm_outbox_room(struct cv_alarm_outbox *o)
{
	struct cv_block *b = block_at(o, o->last);

	if (b->used + CV_ALARM_RECORD_ROOM > CV_BLOCK_SIZE) {
		if (o->last - o->first + 1 >= CV_ALARM_OUTBOX_BLOCKS - 1)
			return NULL;
		begin(o, ++o->last);
		b = block_at(o, o->last);
	}
	return (uint8_t *)b + b->used;
}

void cv_alarm_outbox_add(struct cv_alarm_outbox *o, const struct cv_record *rec)
{
	struct cv_block *b = block_at(o, o->last);

	/* The block's times are those of its first record and of its latest. */
	if (b->count == 0)
		b->first_ts_ns = b->last_ts_ns = rec->ts_rx_ns;
	if (rec->ts_rx_ns > b->last_ts_ns)
		b->last_ts_ns = rec->ts_rx_ns;
	b->used += rec->size;
	b->count++;
	if (!o->timer.pending && !o->busy && !o->stopping)
		cv_loop_timer(o->loop, &o->timer, GATHER_NS);
}

bool cv_alarm_outbox_is_empty(const struct cv_alarm_outbox *o)
{
	return !o->busy && o->first == o->last && block_at(o, o->first)->count == 0;
}

uint64_t cv_alarm_outbox_made(const struct cv_alarm_outbox *o)
{
	return o->made;
}
