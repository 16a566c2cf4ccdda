/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_xdp: the XDP program as control loads it against the same policy of the kernel's own maps
 * (stock.bpf.c), by BPF_PROG_RUN. Every frame is from another device; what the generator and the
 * run itself take is measured in the same way and told beside.
 *
 *     bench_xdp DEVICES hosts|nets TURNS [OBJECT]
 *
 * DEVICES a power of two. OBJECT: a BPF object whose first program is one more peer; it must let
 * the frames pass. Prints one JSON object.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ebpf/loader_internal.h"
#include "ebpf/offline.h"
#include "tests/perf/traffic.h"

#include "ingress.skel.h"
#include "stock.skel.h"

#define SKIP 77

struct bench {
	uint32_t devices;
	enum traffic_kind kind;
	struct cv_bpf culvert;
	struct stock_bpf *stock;
	struct bpf_object *other; /* one more peer, NULL = none */
};

static int fill_stock(const struct bench *b, const struct cv_generation *g)
{
	const struct cv_gen_prefix *prefix = cv_generation_at(g, g->prefixes);
	const struct cv_gen_rule *rule = cv_generation_at(g, g->rules);
	int prefixes = bpf_map__fd(b->stock->maps.prefixes);
	int rules = bpf_map__fd(b->stock->maps.rules);

	for (uint32_t i = 0; i < g->prefixes.count; i++) {
		struct {
			uint32_t len, addr;
		} key = {.len = prefix[i].len};
		uint32_t class_id = prefix[i].class_id;

		memcpy(&key.addr, prefix[i].addr, sizeof(key.addr));
		if (bpf_map_update_elem(prefixes, &key, &class_id, BPF_NOEXIST))
			return -errno;
	}
	for (uint32_t i = 0; i < g->rules.count; i++) {
		if (bpf_map_update_elem(rules, &rule[i].key, &rule[i].rule, BPF_NOEXIST))
			return -errno;
	}
	return 0;
}

static int load_stock(struct bench *b, const struct cv_generation *g)
{
	int err;

	b->stock = stock_bpf__open();
	if (!b->stock)
		return -errno;
	b->stock->rodata->device_mask = b->devices - 1;
	b->stock->rodata->device_kind = b->kind;
	err = bpf_map__set_max_entries(b->stock->maps.prefixes, g->prefixes.count);
	/* Twice the devices: a full LRU_HASH forgets some that are still there. */
	if (!err)
		err = bpf_map__set_max_entries(b->stock->maps.devices, 2 * b->devices);
	if (!err)
		err = stock_bpf__load(b->stock);
	return err ? err : fill_stock(b, g);
}

static int load_other(struct bench *b, const char *path)
{
	struct bpf_program *program;

	b->other = bpf_object__open_file(path, NULL);
	if (!b->other)
		return -errno;
	program = bpf_object__next_program(b->other, NULL);
	if (!program)
		return -ENOENT;
	if (bpf_program__set_type(program, BPF_PROG_TYPE_XDP))
		return -EINVAL;
	return bpf_object__load(b->other);
}

static int set_up(struct bench *b, struct cv_bpf_why *why)
{
	struct cv_generation *g = NULL;
	int err = cv_bpf_offline_start(&b->culvert, b->devices);

	if (!err)
		err = traffic_policy(b->devices, b->kind, CV_ACTION_HOST, &g);
	if (!err)
		err = cv_bpf_install(&b->culvert, g, why);
	if (!err)
		err = load_stock(b, g);
	free(g);
	return err;
}

/* Every device once per @p passes. @return ns per frame, negative errno. */
static int run(const struct bench *b, const struct bpf_program *program, int passes)
{
	uint32_t zero = 0;
	int fd = bpf_program__fd(program);
	uint8_t frame[TRAFFIC_LEN];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = (int)b->devices * passes);

	traffic_frame(frame);
	b->stock->bss->sent = 0;
	if (bpf_map_update_elem(bpf_map__fd(b->stock->maps.under_test), &zero, &fd, BPF_ANY) ||
	    bpf_prog_test_run_opts(bpf_program__fd(b->stock->progs.generator), &run))
		return -errno;
	return run.retval == 2 /* XDP_PASS */ ? (int)run.duration : -EPROTO;
}

static uint64_t stock_hits(const struct bench *b, uint32_t index, struct cv_rule_hits *per_cpu)
{
	uint64_t packets = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(b->stock->maps.hits), &index, per_cpu))
		return UINT64_MAX;
	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		packets += per_cpu[cpu].packets - per_cpu[cpu].drops;
	return packets;
}

/* Both sides let the same frames pass by the same rules, and all of them. */
static bool same_work(const struct bench *b, uint64_t frames)
{
	struct cv_rule_hits *per_cpu = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*per_cpu));
	struct cv_rule_hits hits[TRAFFIC_RULES + 1];
	bool same = per_cpu && !cv_bpf_hits(&b->culvert, cv_bpf_epoch(&b->culvert).live, hits,
					    TRAFFIC_RULES + 1);
	uint64_t total = 0;

	for (uint32_t i = 0; same && i <= TRAFFIC_RULES; i++) {
		same = hits[i].packets - hits[i].drops == stock_hits(b, i, per_cpu);
		total += i ? hits[i].packets - hits[i].drops : 0;
	}
	free(per_cpu);
	return same && total == frames;
}

static int measure(const struct bench *b, int turns)
{
	const struct bpf_program *culvert = b->culvert.first->object->progs.xsk_def_prog;
	const struct bpf_program *stock = b->stock->progs.stock;
	const struct bpf_program *other =
		b->other ? bpf_object__next_program(b->other, NULL) : NULL;
	int passes = 1 + (int)((1u << 20) / b->devices), err = run(b, culvert, passes);

	if (err >= 0)
		err = run(b, stock, passes);
	printf("{\"devices\":%u,\"prefixes\":%u,\"rules\":%u,\"turns\":[", b->devices,
	       b->devices + 1, TRAFFIC_RULES);
	for (int i = 0; err >= 0 && i < turns; i++) {
		int floor = run(b, b->stock->progs.nothing, passes);
		int a = run(b, culvert, passes), peer = run(b, stock, passes);
		int c = other ? run(b, other, passes) : floor;

		err = floor < 0 ? floor : a < 0 ? a : peer < 0 ? peer : c < 0 ? c : 0;
		printf("%s{\"floor_ns\":%d,\"culvert_ns\":%d,\"stock_ns\":%d,\"other_ns\":%d}",
		       i ? "," : "", floor, a - floor, peer - floor, c - floor);
	}
	printf("],\"same\":%s}\n",
	       same_work(b, (uint64_t)b->devices * (unsigned int)(passes * (turns + 1))) ? "true"
											 : "false");
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	struct bench b = {.devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 4096,
			  .kind = argc > 2 && !strcmp(argv[2], "nets") ? TRAFFIC_NETS
								       : TRAFFIC_HOSTS};
	int turns = argc > 3 ? atoi(argv[3]) : 1, err;
	struct cv_bpf_why why = {""};
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpu);
	(void)sched_setaffinity(0, sizeof(cpu), &cpu);
	if (!b.devices || b.devices & (b.devices - 1) || b.devices > 1u << 22 || turns < 1) {
		fprintf(stderr, "bench_xdp: DEVICES is a power of two up to 2^22\n");
		return 1;
	}
	err = set_up(&b, &why);
	if (!err && argc > 4)
		err = load_other(&b, argv[4]);
	if (!err)
		err = measure(&b, turns);
	if (err)
		fprintf(stderr, "bench_xdp: %s %s\n", strerror(-err), why.text);
	bpf_object__close(b.other);
	stock_bpf__destroy(b.stock);
	cv_bpf_offline_stop(&b.culvert);
	return err == -EPERM ? SKIP : err ? 1 : 0;
}
