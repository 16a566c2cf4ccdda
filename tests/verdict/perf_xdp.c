/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ns per frame of the XDP program, by BPF_PROG_TEST_RUN: one CoAP frame of one device again and
 * again, with a device limit, two prefix look-ups and one rule look-up. Best of five passes. "floor"
 * is the same run on a frame that is refused at its first bytes: what the measuring itself costs.
 *
 *     build/tests/verdict/perf_xdp [PREFIXES]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/policy/generation_build.h"
#include "ebpf/loader_internal.h"
#include "ebpf/offline.h"

#include "ingress.skel.h"

#define SKIP 77
#define PASS 1000000
#define PASSES 5

static struct cv_generation *policy(unsigned int prefixes)
{
	struct cv_gen_rule rule = {.key = {.src_class = 1,
					   .dst_class = 2,
					   .port = htons(5683),
					   .ip_proto = 17,
					   .match = CV_MATCH_DPORT},
				   .rule = {.id = 1,
					    .action = CV_ACTION_FORWARD,
					    .flags = CV_RULE_POLICE,
					    .index = 1,
					    .limit = {.cost_packet = 1, .burst = 1ull << 40}}};
	struct cv_gen_prefix p = {.addr = {10}, .family = 4, .len = 8, .class_id = 1};
	struct cv_generation_build *b = NULL;
	struct cv_generation *g = NULL;
	int err = cv_generation_build_create(&b);

	if (err)
		return NULL;
	err = cv_generation_build_prefix(b, &p);
	p = (struct cv_gen_prefix){.addr = {192, 168}, .family = 4, .len = 16, .class_id = 2};
	err |= cv_generation_build_prefix(b, &p);
	for (unsigned int i = 0; i < prefixes; i++) {
		p = (struct cv_gen_prefix){.family = 4, .len = 24, .class_id = 3};
		p.addr[0] = (uint8_t)(11 + (i >> 16));
		p.addr[1] = (uint8_t)(i >> 8);
		p.addr[2] = (uint8_t)i;
		err |= cv_generation_build_prefix(b, &p);
	}
	err |= cv_generation_build_rule(b, &rule);
	if (!err)
		(void)cv_generation_build_finish(b, &g);
	cv_generation_build_destroy(b);
	return g;
}

/* @return ns, 0 on error. */
static unsigned int measure(const struct cv_bpf *b, const uint8_t *frame, unsigned int len)
{
	unsigned int best = UINT32_MAX;

	for (int i = 0; i < PASSES; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = len,
			    .repeat = PASS);

		if (bpf_prog_test_run_opts(bpf_program__fd(b->first->object->progs.xsk_def_prog),
					   &run))
			return 0;
		best = run.duration < best ? run.duration : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	unsigned int prefixes = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 100;
	uint8_t frame[88] = {2,	   0, 0,   0,	0, 1, 2,    0, 0,    0,	   0, 2, 8,  0,
			     0x45, 0, 0,   74,	0, 0, 0,    0, 64,   17,   0, 0, 10, 0,
			     0,	   1, 192, 168, 0, 1, 0x40, 0, 0x16, 0x33, 0, 54};
	struct cv_generation *g = policy(prefixes);
	struct cv_bpf_why why = {"no memory"};
	struct cv_bpf b = {0};
	unsigned int whole, floor;

	if (!g || cv_bpf_offline_start(&b, 65536) || cv_bpf_install(&b, g, &why)) {
		printf("SKIP: cannot load BPF programs here: %s\n", strerror(errno));
		free(g);
		cv_bpf_offline_stop(&b);
		return SKIP;
	}
	whole = measure(&b, frame, sizeof(frame));
	frame[14] = 0;
	floor = measure(&b, frame, sizeof(frame));
	printf("{\"bench\":\"xdp\",\"prefixes\":%u,\"ns_per_frame\":%u,\"floor_ns\":%u}\n",
	       prefixes, whole, floor);
	cv_bpf_offline_stop(&b);
	free(g);
	return whole && floor ? 0 : 1;
}
