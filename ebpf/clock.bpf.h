/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What time it is, as exactly as a limit needs it; part of ingress.bpf.c. */
#ifndef CV_CLOCK_BPF_H
#define CV_CLOCK_BPF_H

struct tick {
	__u64 jiffies, ns; /* monotonic */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tick);
} ticks SEC(".maps");

/* The time of the first frame of this tick on this CPU: a load, where the clock is a call. */
static __always_inline __u64 tick_time(void)
{
	__u32 zero = 0;
	struct tick *t = bpf_map_lookup_elem(&ticks, &zero);
	__u64 jiffies = bpf_jiffies64();

	if (!t)
		return bpf_ktime_get_ns();
	if (t->jiffies != jiffies) {
		t->ns = bpf_ktime_get_ns();
		t->jiffies = jiffies;
	}
	return t->ns;
}

/*
 * A limit that is asked by the tick is at most one tick (10 ms, the longest there is) short of its
 * burst, and over time it is exact: what has not passed in one tick passes in the next. So where
 * the burst is a second at least, the error is 1 % of it.
 */
#define TICK_BURST (1000000000ull << 6)

static __always_inline __u64 time_for(const struct cv_policy_head *head,
				      const struct cv_limit *limit)
{
	if (head->flags & CV_POLICY_METERS || (limit && limit->burst < TICK_BURST))
		return bpf_ktime_get_ns();
	return tick_time();
}

#endif
