/* SPDX-License-Identifier: Apache-2.0 */
#include "control/consumer/consumer_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Finish the step that a control that crashed had begun, and check the positions. */
static int recover_positions(struct cv_consumer *c)
{
	for (unsigned int w = 0; w < c->handoff.worker_count; w++) {
		for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
			struct cv_channel *ch = cv_handoff_channel(&c->handoff, w, lane);
			uint64_t head = cv_consumer_published(c, w, (enum cv_lane)lane);
			struct cv_taken taken = cv_channel_taken(ch);
			uint64_t tail = ch->tail;

			if (head - tail > c->handoff.block_count)
				return -EBADMSG;
			if (taken.tail - tail <= head - tail)
				tail = taken.tail;
			c->pos[w][lane] = tail;
			c->taken[w][lane] = taken.records;
			__atomic_store_n(&ch->tail, tail, __ATOMIC_RELEASE);
		}
	}
	return 0;
}

static void make_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int cv_consumer_create(struct cv_loop *loop, struct cv_eventlog *log, int handoff_fd, int doorbell,
		       int pidfd, cv_consumer_drained *drained, void *owner,
		       struct cv_consumer **ret, const char **why)
{
	struct cv_consumer *c = calloc(1, sizeof(*c));
	int res;

	*why = "memory is out";
	if (!c)
		return -ENOMEM;
	*c = (struct cv_consumer){.loop = loop, .log = log, .drained = drained, .owner = owner};
	res = cv_handoff_attach(handoff_fd, &c->handoff);
	if (res < 0) {
		*why = res == -EPROTO ? "the handoff is of another build: restart culvert-dataplane"
				      : "broken handoff memory";
		free(c);
		return res;
	}
	res = recover_positions(c);
	if (res < 0) {
		*why = "broken positions in the handoff memory";
		c->handoff.fd = -1;
		cv_handoff_close(&c->handoff);
		free(c);
		return res;
	}
	c->doorbell = doorbell;
	c->pidfd = pidfd;
	make_nonblocking(doorbell);
	c->timer = (struct cv_op){.done = cv_consumer_on_timer, .owner = c};
	c->bell = (struct cv_op){.done = cv_consumer_on_bell, .owner = c};
	for (int i = 0; i < CV_LANE_COUNT; i++)
		for (unsigned int k = 0; k < CV_TAKING_MAX; k++)
			c->taking[i][k].c = c;
	cv_consumer_set_sleeping(c, 0);
	c->active_ns = cv_loop_mono_ns(loop);
	cv_loop_timer(loop, &c->timer, CV_POLL_NS);
	*ret = c;
	return 0;
}

void cv_consumer_set_look(struct cv_consumer *c, cv_consumer_look *look, void *owner)
{
	c->look = look;
	c->look_owner = owner;
}

void cv_consumer_peer_gone(struct cv_consumer *c)
{
	c->gone = true;
	if (!c->timer.pending)
		cv_loop_timer(c->loop, &c->timer, CV_POLL_NS);
}

int cv_consumer_peer_back(struct cv_consumer *c, int handoff_fd, int doorbell)
{
	struct stat ours, theirs;

	if (fstat(c->handoff.fd, &ours) < 0 || fstat(handoff_fd, &theirs) < 0 ||
	    ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
		return -EINVAL;
	/* The poll in flight, if any, keeps the old one's file alive until it completes. */
	cv_loop_cancel(c->loop, &c->bell);
	close(c->doorbell);
	make_nonblocking(doorbell);
	c->doorbell = doorbell;
	c->gone = false;
	c->active_ns = cv_loop_mono_ns(c->loop);
	if (!c->timer.pending)
		cv_loop_timer(c->loop, &c->timer, CV_POLL_NS);
	return 0;
}

const struct cv_handoff *cv_consumer_handoff(const struct cv_consumer *c)
{
	return &c->handoff;
}

bool cv_consumer_attached(const struct cv_consumer *c)
{
	return !c->gone;
}

const char *cv_consumer_broken(const struct cv_consumer *c)
{
	return c->broken;
}

void cv_consumer_totals(const struct cv_consumer *c, struct cv_totals *to)
{
	struct cv_totals t = {0};

	cv_totals_read(&t, &c->handoff);
	for (int i = 0; i < CV_LANE_COUNT; i++)
		t.taken_here[i] = c->taken_here[i];
	if (c->gone && !cv_consumer_process_lives(c))
		cv_totals_settle(&t, c->broken || !cv_consumer_busy(c));
	cv_totals_add(to, &t);
}

void cv_consumer_destroy(struct cv_consumer *c)
{
	if (!c)
		return;
	c->stopping = true;
	cv_loop_cancel(c->loop, &c->timer);
	cv_loop_cancel(c->loop, &c->bell);
	if (cv_consumer_in_flight(c))
		cv_eventlog_let_go(c->log);
	while ((cv_consumer_in_flight(c) || c->timer.pending || c->bell.pending) &&
	       cv_loop_turn(c->loop) == 0)
		;
	cv_consumer_set_sleeping(c, 0);
	close(c->doorbell);
	if (c->pidfd >= 0)
		close(c->pidfd);
	cv_handoff_close(&c->handoff);
	free(c);
}
