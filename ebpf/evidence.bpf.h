/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Copies of dropped frames for whoever captures (dataplane/policy/evidence_abi.h). Ring, state and
 * configuration belong to one port's program; the loader writes the configuration into its .bss.
 * Off costs one load for each dropped frame.
 */
#ifndef CV_EVIDENCE_BPF_H
#define CV_EVIDENCE_BPF_H

#include "dataplane/policy/evidence_abi.h"

volatile struct cv_evidence_config evidence;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* bytes: some 500 copies, emptied every 10 ms */
} evidence_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cv_evidence_state);
} evidence_state SEC(".maps");

struct copy {
	struct cv_sample head;
	__u8 data[CV_EVIDENCE_SNAP_MAX];
};

/* What is known of a frame that is being dropped. */
struct drop {
	__u64 generation;
	__u32 reason, rule;
};

/* Global, so that it is verified once and by itself. @return 1: a copy was made. */
__noinline int keep_evidence(struct xdp_md *ctx, const struct drop *d)
{
	__u64 now = bpf_ktime_get_ns();
	struct cv_evidence_state *s;
	__u32 zero = 0, wire, len;
	struct copy *c;

	if (!d || !cv_evidence_wants(&evidence, d->reason, d->rule))
		return 0;
	/* Control that is gone does not renew its word. */
	if (now > evidence.until_ns) {
		evidence.until_ns = 0;
		return 0;
	}
	s = bpf_map_lookup_elem(&evidence_state, &zero);
	if (!s || !cv_evidence_admit(&evidence, s, d->reason, now))
		return 0;
	wire = len = ctx->data_end - ctx->data;
	if (len > evidence.snap)
		len = evidence.snap;
	c = bpf_ringbuf_reserve(&evidence_ring, sizeof(*c), 0);
	if (!c)
		goto overrun;
	if (len == 0 || len > CV_EVIDENCE_SNAP_MAX || bpf_xdp_load_bytes(ctx, 0, c->data, len)) {
		bpf_ringbuf_discard(c, BPF_RB_NO_WAKEUP);
		goto overrun;
	}
	c->head = (struct cv_sample){
		.ts_ns = now,
		.generation = d->generation,
		.missed = s->missed,
		.rule = d->rule,
		.wire_len = wire,
		.len = len,
		.reason = d->reason,
	};
	s->missed = 0;
	s->counts.sampled++;
	bpf_ringbuf_submit(c, BPF_RB_NO_WAKEUP); /* the reader comes by itself */
	return 1;
overrun:
	s->counts.overrun++;
	s->missed++;
	return 0;
}

#endif
