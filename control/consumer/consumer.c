/* SPDX-License-Identifier: Apache-2.0 */
#include "control/consumer/consumer_private.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Keep looking for so long after the last block before going to sleep. */
#define CV_AWAKE_NS 2000000u
/* The link is down and the process lives: how often to look. */
#define CV_LINGER_NS 10000000u
/*
 * Blocks of other lanes than alarm that are looked at in one turn of the loop, some 4,000 records. All
 * that one append may take at a time kept the loop for 40 ms, and an alarm waited for that several times.
 */
#define CV_LOOK_MAX 8u
/*
 * Behind an append in flight another is made ready when so many blocks wait, 1 MiB: fewer go together
 * with what comes meanwhile, or an event would wait for three writes where it waits for two.
 */
#define CV_AHEAD_MIN 16u

/* Alarm first, measurement last (D8). */
static const enum cv_lane lane_order[CV_LANE_COUNT] = {CV_LANE_ALARM, CV_LANE_SECURITY,
						       CV_LANE_STATUS, CV_LANE_MEASUREMENT};

static void look(struct cv_consumer *c);

uint64_t cv_consumer_published(const struct cv_consumer *c, unsigned int worker, enum cv_lane lane)
{
	const struct cv_channel *ch = cv_handoff_channel(&c->handoff, worker, lane);

	/* Acquire: blocks before this head are complete. */
	return __atomic_load_n(&ch->head, __ATOMIC_ACQUIRE);
}

static void give_back(struct cv_consumer *c, unsigned int worker, enum cv_lane lane, unsigned int n,
		      uint64_t records)
{
	struct cv_channel *ch = cv_handoff_channel(&c->handoff, worker, lane);
	uint64_t current = ch->current & 1;

	c->pos[worker][lane] += n;
	c->taken[worker][lane] += records;
	c->taken_here[lane] += records;
	ch->note[1 - current] = (struct cv_taken){
		.records = c->taken[worker][lane],
		.tail = c->pos[worker][lane],
	};
	__atomic_store_n(&ch->current, 1 - current, __ATOMIC_RELEASE);
	/* Release: we are done with the blocks before the producer fills them again. */
	__atomic_store_n(&ch->tail, c->pos[worker][lane], __ATOMIC_RELEASE);
}

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	struct taking *t = owner;
	struct cv_consumer *c = t->c;

	t->busy = false;
	c->sent[t->worker][lane] -= t->n;
	if (res == -ECANCELED)
		return; /* the log closes: the blocks wait for the next control */
	give_back(c, t->worker, lane, t->n, t->records);
	c->active_ns = cv_loop_mono_ns(c->loop);
	if (!c->in_pass)
		look(c);
}

enum block_state { BLOCK_GOOD, BLOCK_REPEATED, BLOCK_BAD };

static enum block_state judge(const struct cv_consumer *c, unsigned int worker, enum cv_lane lane,
			      uint64_t index, uint64_t *records)
{
	const struct cv_block *b = cv_handoff_block(&c->handoff, worker, lane, index);
	uint64_t incarnation = c->handoff.header->incarnation;
	uint32_t count = b->count;

	/* No more than fit in a block, whatever a broken head claims. */
	*records = count <= CV_BLOCK_SIZE / sizeof(struct cv_record) ? count : 1;
	if (cv_block_check(b, lane) < 0 || b->source_seq != index + 1 || b->worker != worker ||
	    b->incarnation != incarnation)
		return BLOCK_BAD;
	if (b->source_seq <= cv_eventlog_last_source(c->log, incarnation, worker, lane))
		return BLOCK_REPEATED;
	return BLOCK_GOOD;
}

/*
 * Give back at once what needs no logging, in its turn; @return the number of good blocks in a row,
 * from behind what the log has.
 */
static unsigned int gather(struct cv_consumer *c, unsigned int worker, enum cv_lane lane,
			   uint64_t head, uint64_t *records)
{
	uint64_t *sent = &c->sent[worker][lane], *pos = &c->pos[worker][lane], count;
	unsigned int n = 0;

	*records = 0;
	while (*pos + *sent + n != head && n < CV_APPEND_MAX) {
		uint64_t at = *pos + *sent + n;
		enum block_state state = judge(c, worker, lane, at, &count);

		if (state == BLOCK_GOOD) {
			if (n > 0 && (at & (c->handoff.block_count - 1)) == 0)
				break; /* the ring wraps: not behind each other in memory */
			*records += count;
			n++;
			continue;
		}
		if (n > 0 || *sent > 0)
			break;
		cv_eventlog_refuse(c->log, lane,
				   state == BLOCK_BAD ? CV_REFUSAL_BAD_BLOCK : CV_REFUSAL_REPEATED,
				   count);
		give_back(c, worker, lane, 1, count);
	}
	return n;
}

/* @return whether all @p n from @p pos on have been looked at; else the others come with the next turns. */
static bool have_looked_at(struct cv_consumer *c, unsigned int worker, enum cv_lane lane,
			   uint64_t pos, unsigned int n)
{
	uint64_t *looked = &c->looked[worker][lane];

	if (!c->look)
		return true;
	if (c->turn_ns != cv_loop_mono_ns(c->loop)) {
		c->turn_ns = cv_loop_mono_ns(c->loop);
		c->look_left = CV_LOOK_MAX;
	}
	if (*looked < pos)
		*looked = pos;
	for (; *looked < pos + n; (*looked)++) {
		if (lane != CV_LANE_ALARM && c->look_left == 0)
			return false;
		c->look(c->look_owner, cv_handoff_block(&c->handoff, worker, lane, *looked));
		c->look_left -= lane != CV_LANE_ALARM;
	}
	return true;
}

/* @param ahead one append is in flight. @return true when the channel had something. */
static bool take(struct cv_consumer *c, unsigned int worker, enum cv_lane lane, bool ahead,
		 struct taking *t)
{
	uint64_t head = cv_consumer_published(c, worker, lane);
	uint64_t pos = c->pos[worker][lane] + c->sent[worker][lane];

	if (head == pos)
		return false;
	if (ahead && head - pos < CV_AHEAD_MIN)
		return true;
	if (head - c->pos[worker][lane] > c->handoff.block_count) {
		c->broken = "it published more blocks than there are";
		return false;
	}
	t->n = gather(c, worker, lane, head, &t->records);
	if (t->n == 0)
		return true;
	pos = c->pos[worker][lane] + c->sent[worker][lane];
	if (!have_looked_at(c, worker, lane, pos, t->n))
		return true;
	t->worker = worker;
	t->busy = true;
	c->sent[worker][lane] += t->n;
	/* Busy: another consumer or a gap record is writing; the next look tries again. */
	if (cv_eventlog_append(c->log, lane, cv_handoff_block(&c->handoff, worker, lane, pos), t->n,
			       appended, t) < 0) {
		c->sent[worker][lane] -= t->n;
		t->busy = false;
	}
	return true;
}

static bool is_in_flight(const struct cv_consumer *c, enum cv_lane lane)
{
	bool busy = false;

	for (unsigned int k = 0; k < CV_TAKING_MAX; k++)
		busy |= c->taking[lane][k].busy;
	return busy;
}

static bool take_lane(struct cv_consumer *c, enum cv_lane lane)
{
	bool any = false;

	for (unsigned int k = 0; k < CV_TAKING_MAX; k++) {
		struct taking *t = &c->taking[lane][k];
		bool ahead = is_in_flight(c, lane);

		for (unsigned int i = 0; i < c->handoff.worker_count && !t->busy; i++) {
			unsigned int worker = c->next_worker[lane];

			c->next_worker[lane] = (worker + 1) % c->handoff.worker_count;
			any |= take(c, worker, lane, ahead, t);
		}
		any |= t->busy;
	}
	return any;
}

static bool anything_published(const struct cv_consumer *c)
{
	for (unsigned int w = 0; w < c->handoff.worker_count; w++)
		for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
			if (cv_consumer_published(c, w, (enum cv_lane)lane) != c->pos[w][lane])
				return true;
	return false;
}

void cv_consumer_set_sleeping(struct cv_consumer *c, uint32_t sleeping)
{
	__atomic_store_n(&c->handoff.header->sleeping, sleeping, __ATOMIC_SEQ_CST);
}

/* @return false when something came in between. */
static bool fall_asleep(struct cv_consumer *c)
{
	cv_consumer_set_sleeping(c, 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!anything_published(c) && !c->bell.pending) {
		io_uring_prep_poll_add(cv_loop_sqe(c->loop, &c->bell), c->doorbell, POLLIN);
		return true;
	}
	if (c->bell.pending && !anything_published(c))
		return true;
	cv_consumer_set_sleeping(c, 0);
	return false;
}

bool cv_consumer_in_flight(const struct cv_consumer *c)
{
	bool busy = false;

	for (int i = 0; i < CV_LANE_COUNT; i++)
		busy |= is_in_flight(c, (enum cv_lane)i);
	return busy;
}

bool cv_consumer_busy(const struct cv_consumer *c)
{
	return cv_consumer_in_flight(c) || anything_published(c);
}

bool cv_consumer_process_lives(const struct cv_consumer *c)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

	return c->pidfd >= 0 && poll(&p, 1, 0) == 0;
}

/* The link is down and nothing is left to take. */
static void finish(struct cv_consumer *c)
{
	if (cv_consumer_process_lives(c))
		cv_loop_timer(c->loop, &c->timer, CV_LINGER_NS);
	else if (c->bell.pending)
		cv_loop_cancel(c->loop, &c->bell);
	else
		c->drained(c->owner, c);
}

static void look(struct cv_consumer *c)
{
	bool any = false;

	if (c->stopping)
		return;
	c->in_pass = true;
	for (int i = 0; i < CV_LANE_COUNT && !c->broken; i++)
		any |= take_lane(c, lane_order[i]);
	c->in_pass = false;
	if (any)
		c->active_ns = cv_loop_mono_ns(c->loop);
	if (c->timer.pending)
		return;
	if (c->gone && !any && !cv_consumer_in_flight(c)) {
		finish(c);
		return;
	}
	if (c->broken && !c->gone)
		return; /* nothing can be trusted until its link goes down */
	if (any || c->gone || cv_loop_mono_ns(c->loop) - c->active_ns < CV_AWAKE_NS ||
	    !fall_asleep(c))
		cv_loop_timer(c->loop, &c->timer, CV_POLL_NS);
}

void cv_consumer_on_timer(struct cv_op *op, int res, uint32_t flags)
{
	look(op->owner);
}

void cv_consumer_on_bell(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_consumer *c = op->owner;
	uint64_t rings;

	if (c->stopping)
		return;
	cv_consumer_set_sleeping(c, 0);
	if (res > 0 && read(c->doorbell, &rings, sizeof(rings)) < 0 && errno != EAGAIN)
		c->broken = "its doorbell cannot be read";
	c->active_ns = cv_loop_mono_ns(c->loop);
	look(c);
}
