/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the consumer: consumer.c takes blocks, consumer_life.c begins and ends. */
#ifndef CV_CONSUMER_PRIVATE_H
#define CV_CONSUMER_PRIVATE_H

#include "control/consumer/consumer.h"

#define CV_POLL_NS 50000u

/* An append of one lane, in flight or waiting for the one before. */
struct taking {
	struct cv_consumer *c;
	bool busy;
	unsigned int worker, n;
	uint64_t records;
};

/* So many appends of a lane at a time: one with the disk, one made ready behind it. */
#define CV_TAKING_MAX 2u

struct cv_consumer {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_handoff handoff;
	int doorbell, pidfd;
	struct cv_op timer, bell;
	bool gone, stopping, in_pass;
	const char *broken;
	uint64_t active_ns; /* monotonic time of the last block seen */
	/* Our own positions: the peer can write to the shared ones. */
	uint64_t pos[CV_WORKERS_MAX][CV_LANE_COUNT];
	uint64_t taken[CV_WORKERS_MAX][CV_LANE_COUNT];
	uint64_t taken_here[CV_LANE_COUNT];
	uint64_t sent[CV_WORKERS_MAX][CV_LANE_COUNT]; /* blocks behind pos that the log has */
	struct taking taking[CV_LANE_COUNT][CV_TAKING_MAX];
	unsigned int next_worker[CV_LANE_COUNT]; /* whose turn it is */
	/* Blocks looked at: one whose append found the log busy is not looked at again. */
	uint64_t looked[CV_WORKERS_MAX][CV_LANE_COUNT];
	uint64_t turn_ns; /* the loop's time when look_left was set */
	unsigned int look_left; /* blocks that may still be looked at in this turn */
	cv_consumer_look *look; /* NULL = nobody */
	void *look_owner;
	cv_consumer_drained *drained;
	void *owner;
};

/** Blocks a channel has published. */
uint64_t cv_consumer_published(const struct cv_consumer *c, unsigned int worker, enum cv_lane lane);
void cv_consumer_set_sleeping(struct cv_consumer *c, uint32_t sleeping);
bool cv_consumer_in_flight(const struct cv_consumer *c);
/** Something published is still to be taken, or on its way into the log. */
bool cv_consumer_busy(const struct cv_consumer *c);
/** The process behind the handoff has not ended. */
bool cv_consumer_process_lives(const struct cv_consumer *c);
void cv_consumer_on_timer(struct cv_op *op, int res, uint32_t flags);
void cv_consumer_on_bell(struct cv_op *op, int res, uint32_t flags);

#endif
