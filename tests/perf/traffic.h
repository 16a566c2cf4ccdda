/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * Traffic of the policy benches, for C and BPF alike: every device once in an order without
 * pattern, again and again, each from an address of its own to one of ten ports.
 */
#ifndef CV_PERF_TRAFFIC_H
#define CV_PERF_TRAFFIC_H

#include <linux/types.h>

/** Rules: each group of devices to each port. */
#define TRAFFIC_GROUPS 100u
#define TRAFFIC_PORTS 10u
#define TRAFFIC_RULES (TRAFFIC_GROUPS * TRAFFIC_PORTS)
#define TRAFFIC_FIRST_PORT 5680u
/** Class of the server, behind those of the groups, and its network. */
#define TRAFFIC_SERVER_CLASS (TRAFFIC_GROUPS + 1)
#define TRAFFIC_SERVER_NET 0xc0a80000u /* 192.168.0.0/24 */

/** Frame: Ethernet, IPv4, UDP; where device and port stand in it, bytes. */
#define TRAFFIC_LEN 88u
#define TRAFFIC_SOURCE 26u
#define TRAFFIC_DPORT 36u

/* What devices are listed as. */
enum traffic_kind {
	TRAFFIC_HOSTS, /* single addresses scattered in 10.0.0.0/8 */
	TRAFFIC_NETS, /* /24 networks scattered in 0.0.0.0/1, a device in each */
};

/** Device of the @p n th frame. @param mask devices - 1, devices a power of two. */
static inline __u32 traffic_device(__u32 n, __u32 mask)
{
	n = n * 0x9e3779b1u & mask;
	n ^= n >> 9;
	n = n * 0x85ebca6bu & mask;
	return n ^ n >> 7;
}

/** Its address, host order; below 2^23 devices no two alike. */
static inline __u32 traffic_address(__u32 device, __u32 kind)
{
	__u32 at = device * 0x9e3779b1u;

	return kind == TRAFFIC_NETS ? (at & 0x7fffff) << 8 | 7 : 0x0a000000u | (at & 0xffffff);
}

/** Class of its group. */
static inline __u32 traffic_class(__u32 device)
{
	return 1 + device % TRAFFIC_GROUPS;
}

/** The port it sends to, from 0. */
static inline __u32 traffic_port(__u32 device)
{
	return device / TRAFFIC_GROUPS % TRAFFIC_PORTS;
}

/*
 * For a peer that has no lists: networks, one for each group, that hold all devices between them.
 * 128 of one length do; the last 28 groups have two of them each.
 *
 * @return the network of a group, host order.
 */
static inline __u32 traffic_net(__u32 group, __u32 kind, __u32 *len)
{
	const __u32 single = 2 * TRAFFIC_GROUPS - 128;
	__u32 bits = kind == TRAFFIC_NETS ? 8 : 15;
	__u32 number = group < single ? group : 2 * group - single;

	*len = group < single ? bits : bits - 1;
	return (kind == TRAFFIC_NETS ? 0 : 0x0a000000u) + (number << (32 - bits));
}

/** Of two neighbouring ports the even or the odd one. */
static inline __u32 traffic_choose(__u32 port, __u32 odd)
{
	return (port & ~1u) | odd;
}

#ifndef __bpf__
#include "dataplane/policy/generation_build.h"

/** A frame of device 0, zero elsewhere. @p ret TRAFFIC_LEN bytes. */
void traffic_frame(uint8_t *ret);

/** Put a device's address and port into a frame. */
void traffic_set_device(uint8_t *frame, uint32_t device, enum traffic_kind kind);

/**
 * The policy: a prefix for each device and one for the server, TRAFFIC_RULES rules with a limit
 * per device that is worked out for each frame and never reached.
 *
 * @param action of the rules.
 * @return 0 or negative errno.
 */
int traffic_policy(uint32_t devices, enum traffic_kind kind, uint8_t action,
		   struct cv_generation **ret);

/**
 * The same into a generation that is being built.
 *
 * @param even action of the rules for even ports, @param odd of those for odd ones.
 */
int traffic_fill(struct cv_generation_build *b, uint32_t devices, enum traffic_kind kind,
		 uint8_t even, uint8_t odd);
#endif

#endif
