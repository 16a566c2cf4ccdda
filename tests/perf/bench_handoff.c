/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_handoff: what handing a record to control costs the lcore. The same 128-byte records are
 * made in bursts of 32, turn by turn in one run, (A) in the handoff of a real culvert-control that
 * drains and logs them, (B) in private memory that nobody reads, (C) in memory shared with another
 * process, which is told of them by an rte_ring (handoff_ring.h). A - B is the handoff, C - B the
 * ring.
 *
 *     bench_handoff LINK-SOCKET EVENTS-PER-SECOND TURNS      prints one JSON object
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "dataplane/handoff/handoff.h"
#include "dataplane/handoff/link.h"
#include "tests/perf/handoff_ring.h"

#define BURST RING_BURST
#define TURN_BURSTS 4096
#define PRIVATE_SIZE (4u << 20)

/* Memory that nobody reads, or the slots behind a ring. */
struct private_sink {
	struct cv_sink sink;
	uint8_t *memory;
};

/* What ends a burst. */
enum side { SIDE_HANDOFF, SIDE_PRIVATE, SIDE_RING };

static void private_refill(struct cv_sink *sink, enum cv_lane lane)
{
	struct private_sink *p = (struct private_sink *)(void *)sink;

	sink->lane[lane].cur = p->memory;
	sink->lane[lane].end = p->memory + PRIVATE_SIZE;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static double tsc_hz(void)
{
	int64_t t0 = now_ns();
	uint64_t c0 = __rdtsc();

	while (now_ns() - t0 < 100000000)
		;
	return (double)(__rdtsc() - c0) * 1e9 / (double)(now_ns() - t0);
}

static void emit_burst(struct cv_emit *e)
{
	for (int i = 0; i < BURST; i++) {
		struct cv_record *rec = cv_emit_begin(e, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);

		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = i;
		rec->name_id = 1;
		cv_emit_end(e);
	}
}

static struct cv_handoff_sink hs;
static struct ring_peer ring;

/* One turn: paced bursts. @return cycles of the bursts alone. */
static uint64_t turn(struct cv_emit *e, enum side side, uint64_t gap)
{
	uint64_t cycles = 0, next = __rdtsc();
	int64_t ts = now_ns();

	for (int b = 0; b < TURN_BURSTS; b++) {
		uint64_t start;

		while ((start = __rdtsc()) < next)
			_mm_pause();
		next += gap;
		if (side == SIDE_RING)
			ring_slots(&ring, e->sink);
		emit_burst(e);
		if (side == SIDE_HANDOFF)
			cv_handoff_flush(&hs, start, ts, false);
		else if (side == SIDE_RING)
			ring_push(&ring);
		cycles += __rdtsc() - start;
	}
	return cycles;
}

static int attach(const char *path, struct cv_handoff *h)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct cv_link_msg msg;
	int fds[2], bell, sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	if (cv_link_recv(sock, &msg, fds) < 0 || msg.type != CV_LINK_WELCOME)
		return -EPROTO;
	bell = eventfd(0, 0);
	if (cv_handoff_create(1, 256, (uint64_t)now_ns(), h) < 0)
		return -ENOMEM;
	msg = (struct cv_link_msg){.magic = CV_LINK_MAGIC,
				   .version = CV_LINK_VERSION,
				   .type = CV_LINK_ATTACH,
				   .generation = msg.generation,
				   .incarnation = h->header->incarnation};
	if (cv_link_send(sock, &msg, h->fd, bell) < 0 || cv_link_recv(sock, &msg, fds) < 0 ||
	    msg.type != CV_LINK_ATTACHED)
		return -EPROTO;
	return write(bell, &(uint64_t){1}, 8) == 8 ? 0 : -errno;
}

/* @return ns an event. */
static double timed(struct cv_emit *e, enum side side, double hz, uint64_t gap)
{
	return (double)turn(e, side, gap) / (BURST * TURN_BURSTS) / hz * 1e9;
}

static void run(double hz, double per_s, int turns)
{
	static struct cv_emit shared_emit, private_emit, ring_emit;
	static const struct cv_origin origin = {.family = 4, .ip_proto = 17};
	static struct private_sink priv = {.sink = {.refill = private_refill}};
	static struct private_sink slots = {.sink = {.refill = private_refill}};
	uint64_t gap = (uint64_t)(hz * BURST / per_s), made = (uint64_t)BURST * TURN_BURSTS;

	priv.memory = aligned_alloc(4096, PRIVATE_SIZE);
	slots.memory = ring.slots;
	if (!priv.memory)
		return;
	cv_emit_init(&shared_emit, &hs.sink);
	cv_emit_init(&private_emit, &priv.sink);
	cv_emit_init(&ring_emit, &slots.sink);
	shared_emit.origin = private_emit.origin = ring_emit.origin = &origin;
	printf("{\"burst\": %d, \"record_bytes\": 128, \"events_per_turn\": %lu, \"turns\": [",
	       BURST, made);
	for (int i = 0; i < turns; i++) {
		double a = timed(&shared_emit, SIDE_HANDOFF, hz, gap);
		double b = timed(&private_emit, SIDE_PRIVATE, hz, gap);
		double c = timed(&ring_emit, SIDE_RING, hz, gap);

		printf("%s{\"handoff_ns\": %.2f, \"private_ns\": %.2f, \"ring_ns\": %.2f}",
		       i ? ", " : "", a, b, c);
	}
	cv_handoff_flush(&hs, __rdtsc(), now_ns(), true);
	printf("], \"produced\": %lu, \"shed\": %lu, \"ring_sent\": %lu, \"ring_taken\": %lu}\n",
	       hs.sink.lane[CV_LANE_MEASUREMENT].produced, hs.sink.lane[CV_LANE_MEASUREMENT].shed,
	       made * (uint64_t)turns, ring_end(&ring));
	free(priv.memory);
}

int main(int argc, char **argv)
{
	struct cv_handoff h = {.fd = -1};
	double hz = tsc_hz();
	int turns, err;

	if (argc != 4 || atof(argv[2]) <= 0 || (turns = atoi(argv[3])) < 1) {
		fputs("usage: bench_handoff LINK-SOCKET EVENTS-PER-SECOND TURNS\n", stderr);
		return 1;
	}
	err = attach(argv[1], &h);
	if (err == 0)
		err = ring_start(&ring, PRIVATE_SIZE);
	if (err < 0) {
		fprintf(stderr, "bench_handoff: cannot attach: %s\n", strerror(-err));
		return 1;
	}
	cv_handoff_sink_init(&hs, &h, 0, (uint64_t)(hz / 1000));
	run(hz, atof(argv[2]), turns);
	cv_handoff_close(&h);
	return 0;
}
