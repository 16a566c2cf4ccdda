/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_path: frames through a veth pair into native XDP with a whole policy, into an XDP program
 * that does nothing else than drop or forward, and into nftables' ingress hook with the same
 * policy. The sender has the first CPU, the receiver (a NAPI thread) the last one. Told are frames
 * per second as they got through, and the receiver's CPU time for each: where the sender is the
 * limit, only the latter says what the receiver could do.
 *
 *     bench_path DEVICES hosts|nets TURNS      prints one JSON object; DEVICES a power of two
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "ebpf/loader.h"
#include "tests/perf/live.h"
#include "tests/perf/path_nft.h"
#include "tests/perf/rig.h"

#define SKIP 77
#define AT_ONCE 16384 /* frames of one system call */
#define SECONDS 0.25 /* of one measurement */

#define SIDES(X)                                                                                   \
	X(CULVERT, "culvert")                                                                      \
	X(BARE_DROP, "bare_drop")                                                                  \
	X(BARE_FORWARD, "bare_forward")                                                            \
	X(NFT, "nft")
#define SIDE_ROW(id, name) SIDE_##id,
enum side { SIDES(SIDE_ROW) SIDE_COUNT };
#define SIDE_NAME(id, name) name,
static const char *const side_names[] = {SIDES(SIDE_NAME)};

struct bench {
	uint32_t devices;
	enum traffic_kind kind;
	struct live live;
	struct cv_bpf *culvert;
	char pins[64];
	struct rig rigs[SIDE_COUNT];
};

/* ---- the sides ------------------------------------------------------------------------------ */

static int attach(const struct bpf_program *program, const char *interface)
{
	return bpf_xdp_attach((int)if_nametoindex(interface), bpf_program__fd(program),
			      XDP_FLAGS_DRV_MODE, NULL);
}

static int add_port(struct cv_generation_build *build, const char *name, const char *target,
		    uint8_t peer)
{
	struct cv_gen_port port = {
		.kind = CV_PORT_AF_XDP, .peer = peer, .on_loss = CV_LOSS_FORWARD};

	snprintf(port.name, sizeof(port.name), "%s", name);
	snprintf(port.target, sizeof(port.target), "%s", target);
	return cv_generation_build_port(build, &port);
}

static int make_policy(const struct bench *b, struct cv_generation **ret)
{
	const struct rig *rig = &b->rigs[SIDE_CULVERT];
	struct cv_generation_build *build = NULL;
	int err = cv_generation_build_create(&build);

	if (err)
		return err;
	err = add_port(build, "in", rig->in, 1);
	if (!err)
		err = add_port(build, "out", rig->out, 0);
	if (!err)
		err = traffic_fill(build, b->devices, b->kind, CV_ACTION_FORWARD, CV_ACTION_DROP);
	/* Twice the devices on both sides: a full table forgets some that are still there. */
	cv_generation_build_head(build)->device_capacity = 2 * b->devices;
	if (!err)
		err = cv_generation_build_finish(build, ret);
	cv_generation_build_destroy(build);
	return err;
}

static int load_sides(struct bench *b, const struct cv_generation *g, struct cv_bpf_why *why)
{
	struct live_bpf *o = b->live.object;
	const struct rig *bare = &b->rigs[SIDE_BARE_FORWARD], *nft = &b->rigs[SIDE_NFT];
	uint32_t zero = 0, out = if_nametoindex(bare->out);
	enum cv_xdp_mode mode = CV_XDP_MODE_GENERIC;
	int err = cv_bpf_load(g, b->pins, NULL, &b->culvert, why);

	if (!err)
		err = cv_bpf_mode(b->culvert, 0, &mode);
	if (!err && mode != CV_XDP_MODE_NATIVE)
		err = -EOPNOTSUPP;
	if (!err)
		err = attach(o->progs.bare_drop, b->rigs[SIDE_BARE_DROP].in);
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(o->maps.bare_out), &zero, &out, BPF_ANY);
	if (!err)
		err = attach(o->progs.bare_forward, bare->in);
	if (!err)
		err = path_nft_load(g, nft->in, nft->out);
	/* What was forwarded ends at once; socket buffers end sooner in a stack without addresses
	 * than by being made XDP frames. */
	if (!err)
		err = attach(o->progs.bare_drop, bare->sink);
	return err ? err : attach(o->progs.bare_drop, b->rigs[SIDE_CULVERT].sink);
}

static int set_up(struct bench *b, struct cv_bpf_why *why)
{
	struct live_count sink = {0};
	struct cv_generation *g = NULL;
	int err;

	if (unshare(CLONE_NEWNET))
		return -errno;
	err = system("ip link set lo up; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6")
		      ? -EIO
		      : 0;
	for (unsigned int i = 0; i < SIDE_COUNT && !err; i++)
		err = rig_make(&b->rigs[i], i);
	if (!err)
		err = live_open(&b->live, b->devices, b->kind);
	if (!err)
		err = make_policy(b, &g);
	if (!err)
		err = load_sides(b, g, why);
	free(g);
	for (unsigned int i = 0; i < SIDE_COUNT && !err; i++) {
		struct rig *rig = &b->rigs[i];

		err = rig_take_thread(rig);
		if (!err)
			err = live_received(rig->sink, &sink);
		rig->begin_sink = sink.received;
	}
	return err;
}

/* ---- measuring ------------------------------------------------------------------------------ */

static void account(struct rig *rig, uint32_t odd, uint32_t received)
{
	rig->received += received;
	rig->passed += odd ? 0 : received;
}

/* Send until the time is over. */
static int measure(struct bench *b, enum side side, uint32_t odd)
{
	struct rig *rig = &b->rigs[side];
	struct live_count before, count;
	double begin, end, cpu;
	uint32_t sent = 0;
	int err = live_received(rig->in, &before);

	cpu = rig_cpu(rig);
	begin = end = live_now();
	while (!err && end - begin < SECONDS) {
		err = live_send(&b->live, rig->ifindex, odd, AT_ONCE);
		sent += AT_ONCE;
		end = live_now();
	}
	if (!err)
		err = rig_drain(rig, &before, sent, &count);
	cpu = rig_cpu(rig) - cpu;
	if (err || !count.received)
		return err ? err : -ENOLINK;
	account(rig, odd, count.received);
	printf("%s\"%s\":{\"per_s\":%.0f,\"cpu_ns\":%.1f,\"busy\":%.3f}",
	       side == SIDE_CULVERT ? "" : ",", side_names[side], count.received / (end - begin),
	       cpu * 1e9 / count.received, cpu / (end - begin));
	return 0;
}

/* Every device once by each port, no faster than they are taken in. */
static int send_exactly(struct bench *b, enum side side)
{
	struct rig *rig = &b->rigs[side];
	uint32_t chunk = b->devices < 128 ? b->devices : 128;
	int err = 0;

	b->live.object->bss->sent = 0;
	for (uint32_t sent = 0; sent < 2 * b->devices && !err; sent += chunk) {
		struct live_count before, count;
		uint32_t odd = sent >= b->devices;

		err = live_received(rig->in, &before);
		if (!err)
			err = live_send(&b->live, rig->ifindex, odd, chunk);
		if (!err)
			err = rig_drain(rig, &before, chunk, &count);
		if (!err && count.lost)
			err = -EPIPE;
		if (!err)
			account(rig, odd, chunk);
	}
	return err;
}

static int hits_of(const struct bench *b, enum side side, uint64_t *ret)
{
	struct cv_rule_hits hits[TRAFFIC_RULES + 1];
	int err;

	if (side == SIDE_NFT)
		return path_nft_hits(ret);
	err = cv_bpf_hits(b->culvert, cv_bpf_epoch(b->culvert).live, hits, TRAFFIC_RULES + 1);
	for (uint32_t i = 0; i <= TRAFFIC_RULES; i++)
		ret[i] = hits[i].packets;
	return err;
}

static uint64_t sum(const uint64_t *hits, uint32_t odd)
{
	uint64_t n = 0;

	/* Rule i is for port i - 1. */
	for (uint32_t i = 1 + odd; i <= TRAFFIC_RULES; i += 2)
		n += hits[i];
	return n;
}

/* Rule by rule Culvert and nftables judged the same frames in the same way. */
static int check_same(struct bench *b)
{
	uint64_t hits[2][TRAFFIC_RULES + 1];
	int err = send_exactly(b, SIDE_CULVERT);

	if (!err)
		err = send_exactly(b, SIDE_NFT);
	if (!err)
		err = hits_of(b, SIDE_CULVERT, hits[0]);
	if (!err)
		err = hits_of(b, SIDE_NFT, hits[1]);
	if (err)
		return err;
	if (memcmp(hits[0], hits[1], sizeof(hits[0])) != 0 || sum(hits[0], 0) != b->devices ||
	    sum(hits[0], 1) != b->devices)
		return -EPROTO;
	return 0;
}

/* All that a side took in was counted by its rules, and what was allowed came out again. */
static bool all_judged(const struct bench *b, enum side side)
{
	const struct rig *rig = &b->rigs[side];
	uint64_t hits[TRAFFIC_RULES + 1];
	struct live_count end;
	uint32_t sink;

	if (hits_of(b, side, hits) || live_received(rig->sink, &end))
		return false;
	sink = end.received - rig->begin_sink;
	if (sum(hits, 0) == rig->passed && sum(hits, 1) == rig->received - rig->passed &&
	    sink == (uint32_t)rig->passed)
		return true;
	fprintf(stderr,
		"bench_path: %s: %llu to pass and %llu to drop came in, %llu and %llu were "
		"counted, %u came out\n",
		side_names[side], (unsigned long long)rig->passed,
		(unsigned long long)(rig->received - rig->passed), (unsigned long long)sum(hits, 0),
		(unsigned long long)sum(hits, 1), sink);
	return false;
}

static int turn(struct bench *b, uint32_t odd)
{
	static const enum side of[2][3] = {{SIDE_CULVERT, SIDE_BARE_FORWARD, SIDE_NFT},
					   {SIDE_CULVERT, SIDE_BARE_DROP, SIDE_NFT}};
	int err = 0;

	for (int i = 0; i < 3 && !err; i++)
		err = measure(b, of[odd][i], odd);
	return err;
}

static int run(struct bench *b, int turns)
{
	int err = check_same(b);

	printf("{\"devices\":%u,\"turns\":[", b->devices);
	for (int i = 0; i < turns && !err; i++) {
		printf("%s{\"pass\":{", i ? "," : "");
		err = turn(b, 0);
		printf("},\"drop\":{");
		if (!err)
			err = turn(b, 1);
		printf("}}");
	}
	printf("],\"same\":%s}\n",
	       !err && all_judged(b, SIDE_CULVERT) && all_judged(b, SIDE_NFT) ? "true" : "false");
	return err;
}

int main(int argc, char **argv)
{
	struct bench b = {.devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 4096,
			  .kind = argc > 2 && !strcmp(argv[2], "nets") ? TRAFFIC_NETS
								       : TRAFFIC_HOSTS,
			  .live.link = -1};
	int turns = argc > 3 ? atoi(argv[3]) : 1, err;
	struct cv_bpf_why why = {""};
	cpu_set_t cpu;

	if (!b.devices || b.devices & (b.devices - 1) || b.devices > 1u << 20 || turns < 1) {
		fprintf(stderr, "bench_path: DEVICES is a power of two up to 2^20\n");
		return 1;
	}
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	(void)sched_setaffinity(0, sizeof(cpu), &cpu);
	snprintf(b.pins, sizeof(b.pins), "/sys/fs/bpf/culvert-path-%d", getpid());
	err = set_up(&b, &why);
	if (!err)
		err = run(&b, turns);
	if (err)
		fprintf(stderr, "bench_path: %s %s\n", strerror(-err), why.text);
	cv_bpf_close(b.culvert);
	(void)cv_bpf_detach(b.pins, &why);
	live_close(&b.live);
	return err == -EPERM ? SKIP : err ? 1 : 0;
}
