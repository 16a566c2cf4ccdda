/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending: one write in flight per lane. Numbers are given out when a write is made up and never
 * twice, so that what was refused stays visible as a hole, which a gap record closes (D13).
 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <stdio.h>
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

static const char *refusal_name(enum cv_refusal why)
{
#define CV_REFUSAL_TEXT(id, name) name,
	static const char *const names[] = {CV_REFUSALS(CV_REFUSAL_TEXT)};

	return names[why];
}

/* Number, checksum and node; the head is written to the block from our own copy. */
static void stamp(struct cv_log_lane *l, struct cv_block *b, struct cv_block *head)
{
	size_t padding = cv_unit_align(head->used) - head->used;

	head->first_seq = l->next;
	head->durable_seq = l->end;
	head->tag = cv_lane_active(l)->tag;
	memcpy(head->node, l->log->node, sizeof(head->node));
	head->crc32c = 0;
	head->crc32c =
		cv_crc32c(cv_crc32c(0, head, sizeof(*head)), b + 1, head->used - sizeof(*head));
	*b = *head;
	memset((uint8_t *)b + head->used, 0, padding);
	l->next += head->count;
}

static void make_gap_block(struct cv_log_lane *l)
{
	struct cv_origin origin = {.ts_rx_ns = cv_loop_wall_ns(l->log->loop)};
	struct cv_sink sink = {0};
	struct cv_block head;
	struct cv_record *rec;
	struct cv_emit e;
	char text[64];
	int len = snprintf(text, sizeof(text), "the event log refused records: %s",
			   refusal_name(l->gap_why));

	sink.lane[l->lane].cur = (uint8_t *)(l->gap_block + 1);
	sink.lane[l->lane].end = (uint8_t *)l->gap_block + CV_UNIT;
	cv_emit_init(&e, &sink);
	e.origin = &origin;
	rec = cv_emit_begin(&e, l->lane, CV_KIND_GAP);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = l->gap_pending;
	cv_emit_tlv(&e, CV_TLV_TEXT, text, (size_t)len);
	cv_emit_end(&e);
	head = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = (uint8_t)l->lane,
		.worker = CV_WORKER_CONTROL,
		.used = (uint32_t)sizeof(head) + rec->size,
		.count = 1,
		.incarnation = l->log->incarnation,
		.source_seq = ++l->own_seq,
		.first_ts_ns = origin.ts_rx_ns,
		.last_ts_ns = origin.ts_rx_ns,
	};
	stamp(l, l->gap_block, &head);
	cv_owed_keep(l);
}

static void add_iov(struct cv_append *a, void *base, size_t len)
{
	struct iovec *last = a->iovs ? &a->iov[a->iovs - 1] : NULL;

	a->bytes += len;
	if (last && (uint8_t *)last->iov_base + last->iov_len == (uint8_t *)base)
		last->iov_len += len;
	else
		a->iov[a->iovs++] = (struct iovec){.iov_base = base, .iov_len = len};
}

static struct cv_block *block_at(const struct cv_append *a, unsigned int i)
{
	return (struct cv_block *)(void *)((uint8_t *)a->blocks + (size_t)i * CV_BLOCK_SIZE);
}

static void make_up_write(struct cv_log_lane *l, uint64_t room)
{
	struct cv_append *a = &l->append;

	a->iovs = a->take = a->retries = 0;
	a->next_before = l->next;
	a->bytes = 0;
	a->gap = l->gap_pending > 0;
	if (a->gap) {
		a->gap_value = l->gap_pending;
		make_gap_block(l);
		add_iov(a, l->gap_block, CV_UNIT);
	}
	while (a->at + a->take < a->n) {
		unsigned int i = a->at + a->take;
		size_t size = cv_unit_align(a->head[i].used);

		if (a->bytes + size > room)
			break;
		stamp(l, block_at(a, i), &a->head[i]);
		add_iov(a, block_at(a, i), size);
		a->take++;
	}
}

/* Readers at the tail get copies. They are made while the disk writes. */
static void stage_copies(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;

	cv_cache_unstage(&l->cache);
	if (a->gap)
		cv_cache_stage(&l->cache, l->gap_block, l->gap_block + 1);
	for (unsigned int i = a->at; i < a->at + a->take; i++)
		cv_cache_stage(&l->cache, &a->head[i], block_at(a, i) + 1);
}

static void submit_write(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;
	struct cv_loop *loop = l->log->loop;
	uint64_t off = cv_lane_active(l)->used;
	struct io_uring_sqe *sqe;

	a->submitted_at = cv_loop_mono_ns(loop);
	cv_loop_reserve(loop, 2);
	sqe = cv_loop_sqe(loop, &a->write);
	io_uring_prep_writev(sqe, l->fd, a->iov, a->iovs, off);
	/*
	 * A flush of its own rather than RWF_DSYNC: that one completes through kernel workqueues,
	 * each a wait for the CPU when the machine is busy (docs/adr/0010).
	 */
	sqe->flags |= IOSQE_IO_LINK;
	sqe = cv_loop_sqe(loop, &a->op);
	io_uring_prep_fsync(sqe, l->fd, IORING_FSYNC_DATASYNC);
	if (a->bytes >= CV_BLOCK_SIZE)
		cv_loop_submit(loop);
	stage_copies(l);
}

static void finish(struct cv_log_lane *l, int res)
{
	struct cv_append *a = &l->append;
	cv_eventlog_appended *done = a->done;

	a->busy = false;
	a->done = NULL;
	if (done)
		done(a->owner, l->lane, a->n, res);
}

/* @return false: there is nothing to write, or a write is on its way. */
static bool has_work(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;

	if (a->held)
		return false;
	if (a->busy && !a->op.pending && a->n > 0 && a->at == a->n)
		finish(l, 0); /* its owner may have started the next one by now */
	if (a->op.pending)
		return false;
	if (!a->busy && l->gap_pending > 0 && !l->log->closing) {
		a->n = a->at = 0;
		a->busy = true;
	}
	if (a->busy && a->at == a->n && l->gap_pending == 0)
		a->busy = false;
	return a->busy;
}

void cv_append_continue(struct cv_log_lane *l)
{
	struct cv_segment *active = cv_lane_active(l);
	struct cv_append *a = &l->append;
	uint64_t room, first;

	if (!has_work(l))
		return;
	room = active ? active->size - active->used : 0;
	first = l->gap_pending > 0 ? CV_UNIT : cv_unit_align(a->head[a->at].used);
	if (l->roll_wanted || room < first) {
		cv_lane_roll(l);
		return;
	}
	make_up_write(l, room);
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
	l->append.take = 0;
	l->append.gap_value = 0;
	finish(l, -ECANCELED);
}

void cv_append_fail(struct cv_log_lane *l, int error)
{
	struct cv_append *a = &l->append;
	enum cv_refusal why = cv_refusal_of(error);

	if (error != -ECANCELED)
		cv_trouble_note(l, error);
	if (cv_append_hold(l, error))
		return;
	a->failing_since = 0;
	if (a->take > 0 || a->gap_value > 0)
		l->roll_wanted = true; /* away from the bad place */
	/* On the way out nothing is refused: the blocks stay in the handoff for the next start. */
	for (unsigned int i = a->at; i < a->n && error != -ECANCELED; i++) {
		count_refused(l, why, a->head[i].count);
		if (i >= a->at + a->take)
			l->next += a->head[i].count;
	}
	a->take = 0;
	a->gap_value = 0;
	cv_owed_keep(l);
	finish(l, error);
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
	struct cv_append *a = &l->append;
	uint64_t off = active->used;

	if (a->gap) {
		note_block(l, l->gap_block, off);
		off += CV_UNIT;
		l->gap_pending -= a->gap_value;
		a->gap_value = 0;
		cv_owed_keep(l);
		c->gaps[l->lane]++;
	}
	for (unsigned int i = a->at; i < a->at + a->take; i++) {
		note_block(l, &a->head[i], off);
		off += cv_unit_align(a->head[i].used);
		c->logged[l->lane] += a->head[i].count;
	}
	cv_cache_show(&l->cache);
	active->used = off;
	c->blocks += a->take + a->gap;
	c->writes++;
	c->bytes += a->bytes;
	a->at += a->take;
	a->take = 0;
	cv_spare_go_on(l);
	for (struct cv_log_watch *w = l->log->watches, *next; w; w = next) {
		next = w->next;
		w->grown(w, l->lane);
	}
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

	if (synced == 0 && (size_t)a->written == a->bytes) {
		cv_trouble_written(l);
		commit(l);
		cv_append_continue(l);
	} else if ((again && a->retries++ < CV_WRITE_RETRIES) ||
		   (res == -ENOSPC && cv_lane_reclaim_for(l))) {
		submit_write(l);
	} else {
		cv_append_fail(l, res < 0 ? res : -EIO);
	}
}

int cv_eventlog_append(struct cv_eventlog *log, enum cv_lane lane, struct cv_block *blocks,
		       unsigned int n, cv_eventlog_appended *done, void *owner)
{
	struct cv_log_lane *l = &log->lane[lane];
	struct cv_append *a = &l->append;

	if (a->busy)
		return -EBUSY;
	if (n < 1 || n > CV_APPEND_MAX)
		return -EINVAL;
	a->blocks = blocks;
	for (unsigned int i = 0; i < n; i++) {
		a->head[i] = *block_at(a, i);
		if (a->head[i].used < sizeof(struct cv_block) || a->head[i].count == 0 ||
		    a->head[i].used > CV_BLOCK_SIZE || a->head[i].lane != lane)
			return -EBADMSG;
	}
	a->n = n;
	a->at = a->take = 0;
	a->gap = false;
	a->done = done;
	a->owner = owner;
	a->busy = true;
	cv_append_continue(l);
	return 0;
}
