/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/live.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/replay/capture.h"

#define BUFFER_SIZE (16 << 20) /* bytes of the kernel's ring per interface */
#define BATCH 256 /* frames from one interface before the next has its turn */
#define POLL_MS 100
#define PROGRESS_NS 2000000000ull

struct cv_live {
	pcap_t *taps[CV_LIVE_MAX];
	int count;
	uint64_t number;
};

/* What libpcap says and what to do about it. */
static int fail_tap(pcap_t *tap, const char *name, int status, struct cv_source_error *error)
{
	switch (status) {
	case PCAP_ERROR_PERM_DENIED:
		return cv_source_fail(
			error, -EPERM,
			"%s: not allowed to listen: run it as root or with CAP_NET_RAW", name);
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return cv_source_fail(
			error, -ENODEV,
			"%s: there is no such interface here (see ip link; in another network "
			"namespace: nsenter --net=)",
			name);
	case PCAP_ERROR_IFACE_NOT_UP:
		return cv_source_fail(error, -ENETDOWN, "%s: is down (ip link set %s up)", name,
				      name);
	default:
		return cv_source_fail(error, -EIO, "%s: %s", name, pcap_geterr(tap));
	}
}

static int set_filter(pcap_t *tap, const char *name, const char *filter,
		      struct cv_source_error *error)
{
	struct bpf_program program;
	int err = 0;

	if (pcap_compile(tap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return cv_source_fail(error, -EINVAL, "filter \"%.200s\": %s (see pcap-filter(7))",
				      filter, pcap_geterr(tap));
	if (pcap_setfilter(tap, &program) < 0)
		err = cv_source_fail(error, -EIO, "%s: %s", name, pcap_geterr(tap));
	pcap_freecode(&program);
	return err;
}

static int open_tap(struct cv_live *live, const char *name, const char *filter,
		    struct cv_source_error *error)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	pcap_t *tap = pcap_create(name, text);
	int status;

	if (!tap)
		return cv_source_fail(error, -EIO, "%s: %s", name, text);
	live->taps[live->count++] = tap;
	pcap_set_snaplen(tap, CV_CAPTURE_FRAME_MAX);
	pcap_set_promisc(tap, 1);
	pcap_set_timeout(tap, POLL_MS);
	pcap_set_buffer_size(tap, BUFFER_SIZE);
	pcap_set_tstamp_precision(tap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(tap);
	if (status < 0)
		return fail_tap(tap, name, status, error);
	if (pcap_datalink(tap) != DLT_EN10MB)
		return cv_source_fail(error, -EINVAL, "%s: is not an Ethernet interface", name);
	/* Of a frame that passes two of the interfaces, each sees it once come in. */
	if (pcap_setdirection(tap, PCAP_D_IN) < 0 || pcap_setnonblock(tap, 1, text) < 0)
		return cv_source_fail(error, -EIO, "%s: %s", name,
				      text[0] ? text : pcap_geterr(tap));
	return filter ? set_filter(tap, name, filter, error) : 0;
}

int cv_live_open(char *const *interfaces, int count, const char *filter, struct cv_live **ret,
		 struct cv_source_error *error)
{
	struct cv_live *live = calloc(1, sizeof(*live));
	int err = 0;

	if (!live)
		return cv_source_fail(error, -ENOMEM, "out of memory");
	if (count > CV_LIVE_MAX)
		err = cv_source_fail(error, -E2BIG, "more than %d interfaces", CV_LIVE_MAX);
	for (int i = 0; err == 0 && i < count; i++)
		err = open_tap(live, interfaces[i], filter, error);
	if (err < 0)
		cv_live_close(live);
	else
		*ret = live;
	return err;
}

/* What happens to the frames that come. */
struct listener {
	void (*take)(void *arg, const struct cv_source_frame *frame);
	void *arg;
	int64_t until_ns; /* wall clock: later frames are not taken */
};

/* @return frames taken, -EIO the tap is dead. */
static int drain(struct cv_live *live, pcap_t *tap, const struct listener *l)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	int n, taken = 0;

	while (taken < BATCH && (n = pcap_next_ex(tap, &head, &data)) != 0) {
		struct cv_source_frame frame = {
			.data = data,
			.len = head->caplen,
			.captured = head->caplen,
			.number = live->number + 1,
			.supported = true,
		};

		if (n < 0)
			return -EIO;
		frame.ts_ns = (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec;
		if (frame.ts_ns > l->until_ns)
			break;
		live->number++;
		l->take(l->arg, &frame);
		taken++;
	}
	return taken;
}

/* A batch of each interface. @return frames taken, negative errno with @p error set. */
static int drain_each(struct cv_live *live, const struct listener *l, struct cv_source_error *error)
{
	int taken = 0;

	for (int i = 0; i < live->count; i++) {
		int n = drain(live, live->taps[i], l);

		if (n < 0)
			return cv_source_fail(error, n, "%s (has the interface gone?)",
					      pcap_geterr(live->taps[i]));
		taken += n;
	}
	return taken;
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void wait_for_frames(const struct cv_live *live)
{
	struct pollfd fds[CV_LIVE_MAX];

	for (int i = 0; i < live->count; i++)
		fds[i] = (struct pollfd){.fd = pcap_get_selectable_fd(live->taps[i]),
					 .events = POLLIN};
	poll(fds, (nfds_t)live->count, POLL_MS);
}

/* What the kernel holds at the end belongs to the time that was asked for. It hands a block over
 * when it is full or after POLL_MS. @return 0, or negative errno with @p error set. */
static int take_the_rest(struct cv_live *live, struct listener *l, struct cv_source_error *error)
{
	const struct timespec hand_over = {.tv_nsec = 2 * POLL_MS * 1000000};
	int n;

	l->until_ns = (int64_t)now(CLOCK_REALTIME);
	nanosleep(&hand_over, NULL);
	do
		n = drain_each(live, l, error);
	while (n > 0);
	return n;
}

int cv_live_run(struct cv_live *live, uint64_t duration_ns, const volatile int *stop, bool progress,
		void (*take)(void *arg, const struct cv_source_frame *frame), void *arg,
		struct cv_source_error *error)
{
	struct listener l = {take, arg, INT64_MAX};
	uint64_t start = now(CLOCK_MONOTONIC), told = start, at = start;

	while (!*stop && at - start < duration_ns) {
		int taken = drain_each(live, &l, error);

		if (taken < 0)
			return taken;
		if (!taken)
			wait_for_frames(live);
		at = now(CLOCK_MONOTONIC);
		if (progress && at - told > PROGRESS_NS) {
			told = at;
			fprintf(stderr, "%" PRIu64 " packets, %" PRIu64 " s to go\n", live->number,
				at - start < duration_ns ? (duration_ns - (at - start)) / 1000000000
							 : 0);
		}
	}
	return take_the_rest(live, &l, error);
}

uint64_t cv_live_lost(const struct cv_live *live)
{
	uint64_t lost = 0;

	for (int i = 0; i < live->count; i++) {
		struct pcap_stat stat;

		if (pcap_stats(live->taps[i], &stat) == 0)
			lost += stat.ps_drop;
	}
	return lost;
}

void cv_live_close(struct cv_live *live)
{
	if (!live)
		return;
	for (int i = 0; i < live->count; i++)
		pcap_close(live->taps[i]);
	free(live);
}
