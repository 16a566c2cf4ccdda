/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * What the XDP program and its loader share beside the policy ABI: keys, values and sizes of the
 * maps. Per policy, shared by all ports: policy_prefix4, policy_prefix6 and policy_rules (arrays of
 * two maps), policy_defaults, policy_epoch, devices. Per port: xsks_map, counters, port_config,
 * peer_map.
 */
#ifndef CV_MAPS_H
#define CV_MAPS_H

#include <linux/types.h>

#include "dataplane/policy/policy_abi.h"

/** Receive queues of a port that can have a socket. */
#define CV_QUEUES_MAX 64

/** Policies are written to the slot that is not in use; policy_epoch tells which one is. */
#define CV_POLICY_SLOTS 2
#define CV_EPOCH(number, slot) ((__u64)(number) << 1 | (slot))
#define CV_EPOCH_SLOT(epoch) ((__u32)((epoch)&1))
#define CV_EPOCH_NUMBER(epoch) ((epoch) >> 1)

struct cv_prefix4_key {
	__u32 len; /* bits */
	__u32 addr; /* network order */
};
_Static_assert(sizeof(struct cv_prefix4_key) == 8, "BPF LPM key");

struct cv_prefix6_key {
	__u32 len; /* bits */
	__u8 addr[16];
};
_Static_assert(sizeof(struct cv_prefix6_key) == 20, "BPF LPM key");

/* Where a frame went from XDP: rx = steered + host + bypass + dropped. */
#define CV_XDP_PATHS(X)                                                                            \
	X(STEERED, "steered") /* handed to the dataplane's socket */                               \
	X(HOST, "host") /* to this node's own stack */                                             \
	X(BYPASS, "bypass") /* no dataplane: to the peer port in the kernel */                     \
	X(DROPPED, "dropped")

#define CV_XDP_PATH_ROW(id, name) CV_XDP_##id,
enum cv_xdp_path { CV_XDP_PATHS(CV_XDP_PATH_ROW) CV_XDP_PATH_COUNT };

struct cv_count {
	__u64 packets, bytes;
};

/** Counters of one port on one CPU. Each frame is in one reason and in one path. */
struct cv_xdp_counts {
	struct cv_count reason[CV_REASON_COUNT];
	struct cv_count path[CV_XDP_PATH_COUNT];
};

/** What the program does with allowed frames while no dataplane has a socket here (D14). */
struct cv_xdp_port {
	__u32 bypass; /* 1 = forward to the peer in the kernel, 0 = drop */
	__u32 pad;
};

/** What one run of the test program reports beside its return value, the verdict. */
struct cv_xdp_test {
	__u64 now_ns; /* in: time of the frame */
	__u32 rule, inspect; /* out */
};

#endif
