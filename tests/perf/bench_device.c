/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_device: state and limit of a device, as the verdict finds and asks it, against
 * rte_hash_lookup_bulk() and rte_meter: cycles per frame and memory per device. Bursts of 32 of
 * devices in an order without pattern, all known.
 *
 *     bench_device DEVICES TURNS [EAL-ARGUMENTS...]      prints one JSON object
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_hash.h>
#include <rte_malloc.h>
#include <rte_meter.h>

#include "dataplane/policy/device_burst.h"
#include "dataplane/policy/verdict.h"
#include "tests/perf/traffic.h"

#define BURST 32u
#define FRAMES (1u << 20) /* of a turn, of random devices */

struct bench {
	uint32_t devices;
	struct cv_device_key *keys; /* of the frames of a turn */
	struct cv_device_table *ours;
	struct rte_hash *hash;
	struct rte_meter_srtcm *meters; /* by position in the hash */
	struct rte_meter_srtcm_profile profile;
	size_t hash_bytes, meter_bytes;
};

static struct cv_device_key key_of(uint32_t device)
{
	return (struct cv_device_key){.addr = {traffic_address(device, TRAFFIC_HOSTS)},
				      .family = 4};
}

static size_t heap_used(void)
{
	struct rte_malloc_socket_stats s;

	return rte_malloc_get_socket_stats(0, &s) ? 0 : s.heap_allocsz_bytes;
}

static int make_peer(struct bench *b)
{
	struct rte_hash_parameters param = {
		.name = "devices", .entries = b->devices, .key_len = sizeof(struct cv_device_key)};
	/* Never reached, but worked out, as on our side. */
	struct rte_meter_srtcm_params srtcm = {
		.cir = 1ull << 34, .cbs = 1ull << 40, .ebs = 1 << 20};
	size_t before = heap_used();

	b->hash = rte_hash_create(&param);
	if (!b->hash)
		return -ENOMEM;
	b->hash_bytes = heap_used() - before;
	b->meter_bytes = sizeof(*b->meters) * b->devices;
	b->meters = rte_zmalloc("meters", sizeof(*b->meters) * (b->devices + 1), 64);
	if (!b->meters)
		return -ENOMEM;
	return rte_meter_srtcm_profile_config(&b->profile, &srtcm);
}

static int set_up(struct bench *b)
{
	uint64_t rng = 88172645463325252ull;
	int err = cv_device_table_create(b->devices, rte_rdtsc(), &b->ours);

	if (!err)
		err = make_peer(b);
	b->keys = calloc(FRAMES, sizeof(*b->keys));
	if (err || !b->keys)
		return err ? err : -ENOMEM;
	for (uint32_t i = 0; i < b->devices; i++) {
		struct cv_device_key key = key_of(i);
		int at = rte_hash_add_key(b->hash, &key);

		/* A full table is a finding, not an error: 1 in 10,000 may find no room. */
		if (at < 0 || !cv_device_table_get(b->ours, &key, true, 1))
			return -ENOSPC;
		if (rte_meter_srtcm_config(&b->meters[at], &b->profile))
			return -EINVAL;
	}
	for (uint32_t i = 0; i < FRAMES; i++) {
		rng = rng * 6364136223846793005ull + 1442695040888963407ull;
		b->keys[i] = key_of((uint32_t)((rng >> 32) * b->devices >> 32));
	}
	return 0;
}

/* The steps of cv_policy_judge() for the device of each frame. */
static void judge_burst(struct cv_device_table *t, const struct cv_device_key *keys,
			uint64_t now_ns, uint64_t *passed)
{
	const struct cv_limit limit = {.cost_packet = 1, .burst = 1ull << 40};
	struct device_step d[BURST], *asked[BURST];
	unsigned int n = 0;

	for (uint32_t i = 0; i < BURST; i++) {
		asked[n] = &d[i];
		n += ask_tags(&t->map, &keys[i], 0, &d[i]);
	}
	ask_states(&t->map, asked, n);
	for (uint32_t i = 0; i < BURST; i++) {
		struct cv_device *dev =
			cv_device_at(&t->map, device_found(&t->map, &keys[i], &d[i]));
		struct cv_judgement j = {.verdict = CV_VERDICT(CV_ACTION_FORWARD, CV_REASON_ALLOW)};

		cv_judge_device(dev, &limit, CV_REASON_RATE_DEVICE, now_ns, TRAFFIC_LEN, &j);
		*passed += CV_VERDICT_ACTION(j.verdict) == CV_ACTION_FORWARD;
	}
}

static double run_culvert(const struct bench *b, uint64_t *passed)
{
	static uint64_t now_ns = 1;
	uint64_t start = rte_rdtsc();

	for (uint32_t at = 0; at < FRAMES; at += BURST)
		judge_burst(b->ours, b->keys + at, now_ns += 1000, passed);
	return (double)(rte_rdtsc() - start) / FRAMES;
}

static double run_peer(struct bench *b, uint64_t *passed)
{
	uint64_t start = rte_rdtsc();

	for (uint32_t at = 0; at < FRAMES; at += BURST) {
		const void *keys[BURST];
		int32_t found[BURST];
		uint64_t now = rte_rdtsc();

		for (uint32_t i = 0; i < BURST; i++)
			keys[i] = &b->keys[at + i];
		rte_hash_lookup_bulk(b->hash, keys, BURST, found);
		for (uint32_t i = 0; i < BURST; i++)
			*passed += found[i] >= 0 && rte_meter_srtcm_color_blind_check(
							    &b->meters[found[i]], &b->profile, now,
							    TRAFFIC_LEN) == RTE_COLOR_GREEN;
	}
	return (double)(rte_rdtsc() - start) / FRAMES;
}

static int measure(struct bench *b, int turns)
{
	uint64_t passed[2] = {0, 0}, all = (uint64_t)FRAMES * ((unsigned int)turns + 1);

	(void)run_culvert(b, &passed[0]);
	(void)run_peer(b, &passed[1]);
	printf("{\"devices\":%u,\"turns\":[", b->devices);
	for (int i = 0; i < turns; i++) {
		double a = run_culvert(b, &passed[0]), peer = run_peer(b, &passed[1]);

		printf("%s{\"culvert_cycles\":%.1f,\"dpdk_cycles\":%.1f}", i ? "," : "", a, peer);
	}
	printf("],\"culvert_bytes\":%.1f,\"dpdk_bytes\":%.1f,\"same\":%s}\n",
	       (double)b->ours->size / b->devices,
	       (double)(b->hash_bytes + b->meter_bytes) / b->devices,
	       passed[0] == all && passed[1] == all ? "true" : "false");
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = {.devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 4096};
	int turns = argc > 2 ? atoi(argv[2]) : 1, err;
	int used = argc > 2 ? 2 : argc - 1;

	argv[used] = argv[0];
	if (rte_eal_init(argc - used, argv + used) < 0)
		return 1;
	if (!b.devices || b.devices > 10000000 || turns < 1) {
		fprintf(stderr, "bench_device: up to 10,000,000 devices\n");
		return 1;
	}
	err = set_up(&b);
	if (!err)
		err = measure(&b, turns);
	if (err)
		fprintf(stderr, "bench_device: %s\n", strerror(-err));
	rte_hash_free(b.hash);
	rte_free(b.meters);
	cv_device_table_destroy(b.ours);
	free(b.keys);
	return err ? 1 : 0;
}
