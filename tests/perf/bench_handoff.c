/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_handoff: what handing a record to control costs the lcore. The same 128-byte records are
 * made in bursts of 32 (A) in the handoff of a real culvert-control that drains and logs them, and
 * (B) in private memory that nobody reads; turn by turn in one run. A - B is the handoff.
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

#define BURST 32
#define TURN_BURSTS 4096
#define PRIVATE_SIZE (4u << 20)

struct private_sink {
	struct cv_sink sink;
	uint8_t *memory;
};

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

/* One turn: paced bursts, cycles of the bursts alone. hs is NULL for the private side. */
static uint64_t turn(struct cv_emit *e, struct cv_handoff_sink *hs, uint64_t gap)
{
	uint64_t cycles = 0, next = __rdtsc();
	int64_t ts = now_ns();

	for (int b = 0; b < TURN_BURSTS; b++) {
		uint64_t start;

		while ((start = __rdtsc()) < next)
			_mm_pause();
		next += gap;
		emit_burst(e);
		if (hs)
			cv_handoff_flush(hs, start, ts, false);
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

int main(int argc, char **argv)
{
	static struct cv_emit shared_emit, private_emit;
	static const struct cv_origin origin = {.family = 4, .ip_proto = 17};
	struct private_sink priv = {.sink = {.refill = private_refill}};
	struct cv_handoff_sink hs;
	struct cv_handoff h = {.fd = -1};
	double hz = tsc_hz();
	uint64_t gap;
	int turns, err;

	if (argc != 4 || atof(argv[2]) <= 0 || (turns = atoi(argv[3])) < 1) {
		fputs("usage: bench_handoff LINK-SOCKET EVENTS-PER-SECOND TURNS\n", stderr);
		return 1;
	}
	gap = (uint64_t)(hz * BURST / atof(argv[2]));
	err = attach(argv[1], &h);
	priv.memory = aligned_alloc(4096, PRIVATE_SIZE);
	if (err < 0 || !priv.memory) {
		fprintf(stderr, "bench_handoff: cannot attach to control: %s\n", strerror(-err));
		return 1;
	}
	cv_handoff_sink_init(&hs, &h, 0, (uint64_t)(hz / 1000));
	cv_emit_init(&shared_emit, &hs.sink);
	cv_emit_init(&private_emit, &priv.sink);
	shared_emit.origin = private_emit.origin = &origin;
	printf("{\"burst\": %d, \"record_bytes\": 128, \"events_per_turn\": %d, \"turns\": [",
	       BURST, BURST * TURN_BURSTS);
	for (int i = 0; i < turns; i++) {
		double n = (double)BURST * TURN_BURSTS;
		double a = (double)turn(&shared_emit, &hs, gap) / n / hz * 1e9;
		double b = (double)turn(&private_emit, NULL, gap) / n / hz * 1e9;

		printf("%s{\"handoff_ns\": %.2f, \"private_ns\": %.2f}", i ? ", " : "", a, b);
	}
	cv_handoff_flush(&hs, __rdtsc(), now_ns(), true);
	printf("], \"produced\": %lu, \"shed\": %lu}\n", hs.sink.lane[CV_LANE_MEASUREMENT].produced,
	       hs.sink.lane[CV_LANE_MEASUREMENT].shed);
	cv_handoff_close(&h);
	free(priv.memory);
	return 0;
}
