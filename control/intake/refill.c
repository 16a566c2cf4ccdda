/* SPDX-License-Identifier: Apache-2.0 */
#include "control/intake/refill.h"

#include <errno.h>
#include <stdlib.h>

/* A block, some 0.1 ms of work, then everybody else's turn. */
#define PAUSE_NS 200000u
/* How often to look whether the log knows its complete segments, where the place to begin is. */
#define SETTLE_NS 5000000u

/* Lanes that values of devices are in. */
static const enum cv_lane lanes[] = {CV_LANE_ALARM, CV_LANE_STATUS, CV_LANE_MEASUREMENT};
#define LANES (sizeof(lanes) / sizeof(lanes[0]))

struct cv_refill {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_intake *intake;
	struct cv_log_read read;
	struct cv_op timer;
	uint64_t next[LANES], end[LANES]; /* from the end of the log that was met at the start */
	int64_t from_ns;
	unsigned int lane; /* index; LANES = done */
	bool begun, stopping;
};

static void on_read(struct cv_log_read *rd, const struct cv_block *block, int res)
{
	struct cv_refill *r = rd->owner;
	uint64_t *next = &r->next[r->lane];

	if (res == 0) {
		cv_intake_past(r->intake, block, *next, r->end[r->lane], r->from_ns);
		*next = block->first_seq + block->count;
	} else if (res == -ESTALE && cv_eventlog_begin(r->log, rd->lane) > *next) {
		*next = cv_eventlog_begin(r->log, rd->lane);
	} else if (res == -EBADMSG && rd->skip_to > *next) {
		*next = rd->skip_to;
	} else {
		*next = r->end[r->lane]; /* subscribers are told of what cannot be read */
	}
	if (!r->stopping)
		cv_loop_timer(r->loop, &r->timer, PAUSE_NS);
}

/* Find where each lane is as new as wanted. */
static void begin(struct cv_refill *r)
{
	for (unsigned int i = 0; i < LANES; i++)
		r->next[i] = cv_eventlog_seek(r->log, lanes[i], r->from_ns);
	r->begun = true;
}

static void on_timer(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_refill *r = op->owner;

	if (r->stopping)
		return;
	if (!r->begun && !cv_eventlog_settled(r->log)) {
		cv_loop_timer(r->loop, &r->timer, SETTLE_NS);
		return;
	}
	if (!r->begun)
		begin(r);
	while (r->lane < LANES && r->next[r->lane] >= r->end[r->lane])
		r->lane++;
	if (r->lane < LANES)
		cv_eventlog_read(r->log, &r->read, lanes[r->lane], r->next[r->lane]);
	else
		cv_eventlog_read_free(&r->read);
}

int cv_refill_create(struct cv_loop *loop, struct cv_eventlog *log, struct cv_intake *intake,
		     int64_t from_ns, struct cv_refill **ret)
{
	struct cv_refill *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->log = log;
	r->intake = intake;
	r->from_ns = from_ns;
	r->read.done = on_read;
	r->read.owner = r;
	r->read.fd = -1;
	r->timer = (struct cv_op){.done = on_timer, .owner = r};
	for (unsigned int i = 0; i < LANES; i++)
		r->end[i] = cv_eventlog_end(log, lanes[i]);
	cv_loop_timer(loop, &r->timer, PAUSE_NS);
	*ret = r;
	return 0;
}

bool cv_refill_done(const struct cv_refill *r)
{
	return r->lane == LANES;
}

void cv_refill_destroy(struct cv_refill *r)
{
	if (!r)
		return;
	r->stopping = true;
	if (r->timer.pending)
		cv_loop_cancel(r->loop, &r->timer);
	while ((r->timer.pending || r->read.busy) && cv_loop_turn(r->loop) == 0)
		;
	cv_eventlog_read_free(&r->read);
	free(r);
}
