/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * What the XDP program and its loader share beside the policy ABI: keys, values and sizes of the
 * maps. Per policy, shared by all ports: policy_{tops4,blocks4,hosts4,prefix6,macs,bindings,rules_flat,meters,hits}
 * (arrays of a map for each slot), policy_head, policy_places, policy_epoch; quarantine, devices,
 * devices_shadow, shadow_diffs. Per port: xsks_map, counters, port_config, peer_map.
 */
#ifndef CV_MAPS_H
#define CV_MAPS_H

#include <linux/types.h>

#include "dataplane/policy/policy_abi.h"
#include "dataplane/policy/prefix4.h"

/** Receive queues of a port that can have a socket. */
#define CV_QUEUES_MAX 64

/*
 * Policies lie in slots: the one in force, the one judged beside it, the one before, and one to
 * build the next in. A single word tells which is which, so that every change is one store.
 */
#define CV_POLICY_SLOTS 4u
#define CV_SLOT_NONE CV_POLICY_SLOTS

/** The word's parts: number of the generation in force, and slots; shadow and previous may be
 * CV_SLOT_NONE. */
struct cv_epoch {
	__u64 number;
	__u32 live, shadow, previous;
};

/* "None" is stored as 0, so that a word of zeros names no second slot. */
static inline __u64 cv_epoch_word(struct cv_epoch e)
{
	return e.number << 9 | (__u64)(e.previous ^ CV_SLOT_NONE) << 6 |
	       (__u64)(e.shadow ^ CV_SLOT_NONE) << 3 | e.live;
}
#define CV_EPOCH_LIVE(word) ((__u32)((word)&3))
#define CV_EPOCH_SHADOW(word) ((__u32)((word) >> 3 & 7) ^ CV_SLOT_NONE)
#define CV_EPOCH_PREVIOUS(word) ((__u32)((word) >> 6 & 7) ^ CV_SLOT_NONE)
#define CV_EPOCH_NUMBER(word) ((word) >> 9)

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
	struct cv_count shadow; /* frames judged by a second policy too */
	struct cv_count differ; /* of these, where it said otherwise */
};

/** Frames that live and shadow policy judge differently. */
struct cv_shadow_key {
	__u32 live, shadow; /* verdicts */
	__u32 live_rule, shadow_rule; /* ids, 0 = default */
	struct cv_device_key device; /* sender; zero where the frame is not IP */
};
_Static_assert(sizeof(struct cv_shadow_key) == 40, "shared with BPF");

struct cv_shadow_diff {
	__u64 packets, bytes;
	__u64 last_ns; /* monotonic */
};
/** Kinds of difference kept; the least recent give way, the counters above do not forget. */
#define CV_SHADOW_DIFFS 16384

/** Spoofed frames per second that XDP lets through to the dataplane, which tells of them. */
#define CV_SPOOF_TOLD 100u

/** What the program does with allowed frames while no dataplane has a socket here (D14). */
struct cv_xdp_port {
	__u32 bypass; /* 1 = forward to the peer in the kernel, 0 = drop */
	__u32 index; /* of the port, < CV_PORTS_MAX */
};

#define CV_TEST_NO_SHADOW (~0u)
#define CV_TEST_NO_MODULE (~0u)

/** What one run of the test program reports beside its return value, the verdict. */
struct cv_xdp_test {
	__u64 now_ns; /* in: time of the frame */
	__u32 port; /* in: index of the port it came in by */
	__u32 app; /* out: as in cv_judgement, and so on */
	__u32 rule, index, inspect;
	__u32 shadow; /* out: the shadow policy's verdict, CV_TEST_NO_SHADOW = none */
	__u32 module; /* out: what the module returned, CV_TEST_NO_MODULE = not asked */
};

#endif
