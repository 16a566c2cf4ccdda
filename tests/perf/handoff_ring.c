/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/handoff_ring.h"

#include <errno.h>
#include <immintrin.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_ring.h>

#define RING_SIZE 16384u
#define RING_RECORD sizeof(struct cv_record)

struct ring_shared {
	bool stop;
	uint64_t taken, sum;
	_Alignas(128) struct rte_ring ring; /* and its slots */
};

static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static _Noreturn void take(struct ring_shared *s)
{
	void *records[RING_BURST];
	bool last;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	do {
		unsigned int n;

		last = __atomic_load_n(&s->stop, __ATOMIC_ACQUIRE);
		n = rte_ring_sc_dequeue_bulk(&s->ring, records, RING_BURST, NULL);
		for (unsigned int i = 0; i < n; i++)
			s->sum += ((const struct cv_record *)records[i])->size;
		s->taken += n;
		if (n > 0)
			last = false;
		else
			_mm_pause();
	} while (!last);
	_exit(0);
}

int ring_start(struct ring_peer *p, size_t size)
{
	ssize_t ring_bytes = rte_ring_get_memsize(RING_SIZE);

	if (ring_bytes < 0 || size < 2 * RING_SIZE * RING_RECORD)
		return -EINVAL;
	p->shared = share(sizeof(*p->shared) + (size_t)ring_bytes);
	p->slots = share(size);
	if (!p->shared || !p->slots ||
	    rte_ring_init(&p->shared->ring, "bench", RING_SIZE, RING_F_SP_ENQ | RING_F_SC_DEQ) < 0)
		return -ENOMEM;
	p->size = size;
	p->pid = fork();
	if (p->pid == 0)
		take(p->shared);
	return p->pid < 0 ? -errno : 0;
}

void ring_slots(struct ring_peer *p, struct cv_sink *sink)
{
	struct cv_sink_lane *lane = &sink->lane[CV_LANE_MEASUREMENT];

	if (lane->cur == NULL ||
	    (size_t)(lane->end - lane->cur) < RING_BURST * RING_RECORD + CV_RECORD_MAX) {
		lane->cur = p->slots;
		lane->end = p->slots + p->size;
	}
	p->burst = lane->cur;
}

void ring_push(struct ring_peer *p)
{
	void *records[RING_BURST];

	for (unsigned int i = 0; i < RING_BURST; i++)
		records[i] = p->burst + i * RING_RECORD;
	while (rte_ring_sp_enqueue_bulk(&p->shared->ring, records, RING_BURST, NULL) == 0)
		_mm_pause();
}

uint64_t ring_end(struct ring_peer *p)
{
	__atomic_store_n(&p->shared->stop, true, __ATOMIC_RELEASE);
	waitpid(p->pid, NULL, 0);
	return p->shared->taken;
}
