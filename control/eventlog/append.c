/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending: one write in flight per lane, and the next one made up meanwhile: its checksums are as
 * much as a tenth of the time a write takes. Nothing of it is on its way before the one before is
 * acknowledged, so a torn end is of one write, and its numbers are taken back where that one fails.
 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <string.h>

#define CV_WRITE_RETRIES 5

void cv_source_note(struct cv_log_lane *l, const struct cv_block *b)
{
	struct cv_source source = {
		.incarnation = b->incarnation, .seq = b->source_seq, .worker = b->worker};
	size_t i = 0;

	if (b->worker == CV_WORKER_CONTROL)
		return;
	while (i < CV_SOURCES_MAX - 1 && (l->sources[i].incarnation != source.incarnation ||
					  l->sources[i].worker != source.worker))
		i++;
	memmove(l->sources + 1, l->sources, i * sizeof(source));
	l->sources[0] = source;
}

uint64_t cv_eventlog_last_source(const struct cv_eventlog *log, uint64_t incarnation,
				 unsigned int worker, enum cv_lane lane)
{
	const struct cv_source *s = log->lane[lane].sources;

	for (size_t i = 0; i < CV_SOURCES_MAX; i++)
		if (s[i].incarnation == incarnation && s[i].worker == worker)
			return s[i].seq;
	return 0;
}

/*
 * Readers at the tail get copies. They are made while the disk writes, of a large append only where
 * there are such readers: the memory it moves is what the disk's end moves, too.
 */
static void stage_copies(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;
	struct cv_batch *b = &a->batch;

	cv_cache_unstage(&l->cache);
	if (a->now.bytes > CV_BLOCK_SIZE &&
	    !cv_cache_is_wanted(&l->cache, cv_loop_mono_ns(l->log->loop))) {
		cv_cache_forget(&l->cache);
		return;
	}
	if (a->now.gap_value > 0)
		cv_cache_stage(&l->cache, l->gap_block, l->gap_block + 1);
	for (unsigned int i = b->at; i < b->at + a->now.take; i++)
		cv_cache_stage(&l->cache, &b->head[i], cv_batch_block(b, i) + 1);
}

static void submit_write(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;
	struct cv_loop *loop = l->log->loop;
	uint64_t off = cv_lane_active(l)->used;
	struct io_uring_sqe *sqe;

	a->submitted_at = cv_loop_mono_ns(loop);
	cv_known_note(l, a->now.bytes);
	cv_loop_reserve(loop, 2);
	sqe = cv_loop_sqe(loop, &a->write);
	io_uring_prep_writev(sqe, l->fd, a->now.iov, a->now.iovs, off);
	/*
	 * A flush of its own rather than RWF_DSYNC: that one completes through kernel workqueues,
	 * each a wait for the CPU when the machine is busy (docs/adr/0010).
	 */
	sqe->flags |= IOSQE_IO_LINK;
	sqe = cv_loop_sqe(loop, &a->op);
	io_uring_prep_fsync(sqe, l->fd, IORING_FSYNC_DATASYNC);
	if (a->now.bytes >= CV_BLOCK_SIZE)
		cv_loop_submit(loop);
	stage_copies(l);
}

static uint64_t room_behind(const struct cv_log_lane *l, uint64_t in_flight)
{
	const struct cv_segment *active = cv_lane_active(l);

	return active ? active->size - active->used - in_flight : 0;
}

/* The next write, as it will be once the one in flight is acknowledged. */
static void make_next(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;

	if (a->batch.at + a->now.take < a->batch.n || l->roll_wanted)
		return; /* this batch needs more than the write in flight */
	cv_write_begin(&a->next);
	cv_write_add_blocks(l, &a->next, &a->next_batch, room_behind(l, a->now.bytes));
	a->next_made = a->next.take > 0;
}

/* What is in flight failed, so numbers and places behind it are others. */
static void unmake_next(struct cv_log_lane *l)
{
	if (l->append.next_made)
		l->next -= l->append.next.numbers;
	l->append.next_made = false;
}

struct ended {
	cv_eventlog_appended *done;
	void *owner;
	unsigned int n;
};

/* The batch is done with, well or not; the one that waits takes its place. @return whom to tell. */
static struct ended take_over(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;
	struct ended e = {.done = a->batch.done, .owner = a->batch.owner, .n = a->batch.n};

	a->busy = a->next_batch.n > 0;
	if (a->busy)
		a->batch = a->next_batch;
	else
		a->batch.n = a->batch.at = 0;
	a->batch.done = a->next_batch.done;
	a->next_batch.n = 0;
	a->next_batch.done = NULL;
	a->now.take = 0;
	a->now.gap_value = 0;
	a->retries = 0;
	if (a->next_made) {
		a->now = a->next;
		a->next_made = false;
		submit_write(l);
	}
	return e;
}

static void tell(const struct cv_log_lane *l, struct ended e, int res)
{
	if (e.done)
		e.done(e.owner, l->lane, e.n, res);
}

static void finish(struct cv_log_lane *l, int res)
{
	struct ended e = take_over(l);

	tell(l, e, res);
}

/* @return false: there is nothing to write, or a write is on its way. */
static bool has_work(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;

	if (a->held)
		return false;
	if (a->busy && !a->op.pending && a->batch.at == a->batch.n &&
	    (a->batch.n > 0 || a->next_batch.n > 0))
		finish(l, 0); /* its owner may have started another by now */
	if (a->op.pending)
		return false;
	if (!a->busy && l->gap_pending > 0 && !l->log->closing) {
		a->batch.n = a->batch.at = 0;
		a->busy = true;
	}
	if (a->busy && a->batch.at == a->batch.n && l->gap_pending == 0)
		a->busy = false;
	return a->busy;
}

void cv_append_continue(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;
	uint64_t room, first;

	if (!has_work(l))
		return;
	room = room_behind(l, 0);
	first = l->gap_pending > 0 ? CV_UNIT : cv_unit_align(a->batch.head[a->batch.at].used);
	if (l->roll_wanted || room < first) {
		cv_lane_roll(l);
		return;
	}
	a->retries = 0;
	cv_write_begin(&a->now);
	if (l->gap_pending > 0)
		cv_write_add_gap(l, &a->now);
	cv_write_add_blocks(l, &a->now, &a->batch, room);
	submit_write(l);
}

static void count_refused(struct cv_log_lane *l, enum cv_refusal why, uint64_t records)
{
	l->log->counters.refused[l->lane][why] += records;
	l->gap_pending += records;
	l->gap_why = why;
	cv_owed_keep(l);
}

void cv_append_again(struct cv_log_lane *l)
{
	l->append.retries = 0;
	submit_write(l);
}

void cv_append_give_up(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;

	/* The place is written anew by whatever comes next, and so are its numbers. */
	unmake_next(l);
	if (a->now.take > 0)
		l->next -= a->now.numbers;
	while (a->busy && !a->op.pending)
		finish(l, -ECANCELED);
}

void cv_append_fail(struct cv_log_lane *l, int error)
{
	struct cv_append *a = &l->append;
	struct cv_batch *b = &a->batch;
	enum cv_refusal why = cv_refusal_of(error);

	if (error != -ECANCELED)
		cv_trouble_note(l, error);
	if (cv_append_hold(l, error))
		return;
	unmake_next(l);
	a->failing_since = 0;
	if (a->now.take > 0 || a->now.gap_value > 0)
		l->roll_wanted = true; /* away from the bad place */
	if (a->now.gap_value > 0)
		l->gap_pending++; /* the gap record's own number is missing, too */
	/* On the way out nothing is refused: the blocks stay in the handoff for the next start. */
	for (unsigned int i = b->at; i < b->n && error != -ECANCELED; i++) {
		count_refused(l, why, b->head[i].count);
		if (i >= b->at + a->now.take)
			l->next += b->head[i].count;
	}
	a->now.take = 0;
	a->now.gap_value = 0;
	cv_owed_keep(l);
	finish(l, error);
	if (l->log->closing)
		cv_append_give_up(l);
	else if (a->batch.n > 0)
		cv_append_continue(l);
}

void cv_eventlog_refuse(struct cv_eventlog *log, enum cv_lane lane, enum cv_refusal why,
			uint64_t records)
{
	struct cv_log_lane *l = &log->lane[lane];

	if (why == CV_REFUSAL_REPEATED) {
		log->counters.refused[lane][why] += records;
		return;
	}
	count_refused(l, why, records);
	l->next += records;
}

static void note_block(struct cv_log_lane *l, const struct cv_block *head, uint64_t off)
{
	bool told = head->worker == CV_WORKER_CONTROL && head->first_seq > l->end;

	(void)cv_index_add(cv_lane_active(l), head, off, told, false);
	cv_source_note(l, head);
	l->end = head->first_seq + head->count;
}

static void commit(struct cv_log_lane *l)
{
	struct cv_eventlog_counters *c = &l->log->counters;
	struct cv_segment *active = cv_lane_active(l);
	struct cv_log_write *w = &l->append.now;
	struct cv_batch *b = &l->append.batch;
	uint64_t off = active->used;

	c->blocks += w->take + (w->gap_value > 0);
	if (w->gap_value > 0) {
		note_block(l, l->gap_block, off);
		off += CV_UNIT;
		l->gap_pending -= w->gap_value;
		w->gap_value = 0;
		cv_owed_keep(l);
		c->gaps[l->lane]++;
	}
	for (unsigned int i = b->at; i < b->at + w->take; i++) {
		note_block(l, &b->head[i], off);
		off += cv_unit_align(b->head[i].used);
		c->logged[l->lane] += b->head[i].count;
	}
	cv_cache_show(&l->cache);
	active->used = off;
	c->writes++;
	c->bytes += w->bytes;
	b->at += w->take;
	w->take = 0;
	cv_spare_go_on(l);
}

static void tell_watches(const struct cv_log_lane *l)
{
	for (struct cv_log_watch *w = l->log->watches, *next; w; w = next) {
		next = w->next;
		w->grown(w, l->lane);
	}
}

/* The disk has its next write before anybody is told. */
static void acknowledged(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;
	struct ended e = {0};

	cv_trouble_written(l);
	commit(l);
	if (a->next_made && a->batch.at == a->batch.n)
		e = take_over(l);
	else
		cv_known_note(l, 0);
	tell_watches(l);
	tell(l, e, 0);
	cv_append_continue(l);
}

void cv_append_written(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_log_lane *l = op->owner;

	l->append.written = res;
}

/* Comes after cv_append_written(), whatever became of the write. */
void cv_append_synced(struct cv_op *op, int synced, uint32_t flags)
{
	struct cv_log_lane *l = op->owner;
	struct cv_append *a = &l->append;
	/* A write that failed or was short breaks the chain and is the cause. */
	int res = synced < 0 && synced != -ECANCELED ? synced : a->written;
	bool again = res >= 0 || res == -EINTR || res == -EAGAIN;

	if (synced == 0 && (size_t)a->written == a->now.bytes) {
		acknowledged(l);
	} else if ((again && a->retries++ < CV_WRITE_RETRIES) ||
		   (res == -ENOSPC && cv_lane_reclaim_for(l))) {
		submit_write(l);
	} else {
		cv_append_fail(l, res < 0 ? res : -EIO);
	}
}

static int take_batch(struct cv_batch *b, enum cv_lane lane, struct cv_block *blocks,
		      unsigned int n)
{
	b->n = b->at = 0;
	b->done = NULL;
	b->blocks = blocks;
	for (unsigned int i = 0; i < n; i++) {
		b->head[i] = *cv_batch_block(b, i);
		if (b->head[i].used < sizeof(struct cv_block) || b->head[i].count == 0 ||
		    b->head[i].used > CV_BLOCK_SIZE || b->head[i].lane != lane)
			return -EBADMSG;
	}
	b->n = n;
	return 0;
}

int cv_eventlog_append(struct cv_eventlog *log, enum cv_lane lane, struct cv_block *blocks,
		       unsigned int n, cv_eventlog_appended *done, void *owner)
{
	struct cv_log_lane *l = &log->lane[lane];
	struct cv_append *a = &l->append;
	struct cv_batch *b = a->busy ? &a->next_batch : &a->batch;
	int res;

	if (a->busy && (!a->op.pending || a->next_batch.n > 0))
		return -EBUSY;
	if (n < 1 || n > CV_APPEND_MAX)
		return -EINVAL;
	res = take_batch(b, lane, blocks, n);
	if (res < 0)
		return res;
	b->done = done;
	b->owner = owner;
	if (a->busy) {
		make_next(l);
		return 0;
	}
	a->busy = true;
	cv_append_continue(l);
	return 0;
}
