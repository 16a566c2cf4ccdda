/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The usual way for records to another process, a peer of the handoff: records in shared memory, an
 * rte_ring of pointers to them, single producer and consumer, 32 at once. The other process spins, and
 * reads the head of each record.
 */
#ifndef CV_BENCH_HANDOFF_RING_H
#define CV_BENCH_HANDOFF_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dataplane/normalize/emit.h"

#define RING_BURST 32

struct ring_peer {
	struct ring_shared *shared;
	uint8_t *slots; /* records of RING_RECORD bytes, in a circle */
	size_t size; /* of them, bytes */
	uint8_t *burst; /* the first of those being made */
	pid_t pid;
};

/**
 * Start the other process.
 *
 * @param size of the slots: at least twice what the ring can hold, so that none is made again before
 * it was read.
 * @return 0 or negative errno.
 */
int ring_start(struct ring_peer *p, size_t size);

/** Let the next RING_BURST records of @p sink be made behind each other in the slots. */
void ring_slots(struct ring_peer *p, struct cv_sink *sink);

/** Tell of them; waits while the ring is full. */
void ring_push(struct ring_peer *p);

/** End the other process when it has taken everything. @return records taken. */
uint64_t ring_end(struct ring_peer *p);

#endif
