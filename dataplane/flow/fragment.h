/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP fragments put together for decoding only: the fragments themselves are forwarded as they are.
 * Bounded table and memory; fragments that overlap with other content void their datagram, as
 * RFC 5722 demands for IPv6 and prudence for IPv4; exact repeats are ignored (RFC 8200 4.5).
 */
#ifndef CV_FRAGMENT_H
#define CV_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/policy/policy_abi.h"

/** Largest datagram put together, bytes of IP payload. */
#define CV_DATAGRAM_MAX 16384
/** Datagrams under construction. */
#define CV_DATAGRAMS 128
/** A datagram not complete by then is given up, ns (RFC 1122 3.3.2 and RFC 8200 4.5 allow 60 s). */
#define CV_FRAGMENT_NS 30000000000ll

struct cv_fragment_key {
	uint64_t addr[2][2];
	uint32_t id;
	uint16_t vlan, vlan_inner; /* addresses repeat across VLANs */
	uint8_t family; /* 0 = free */
	uint8_t ip_proto; /* IPv4 only (RFC 791 3.2); 0 for IPv6 (RFC 8200 4.5) */
	uint8_t pad[6];
};
_Static_assert(sizeof(struct cv_fragment_key) == 48, "keys are compared as bytes");

/** A datagram under construction. */
struct cv_datagram_slot {
	uint32_t received; /* bytes */
	uint32_t total; /* bytes, 0 = last fragment not seen */
	uint8_t is_void; /* overlap or too large: swallow the rest of it */
	uint8_t next_header; /* of the data at offset 0 */
	uint64_t have[CV_DATAGRAM_MAX / 8 / 64]; /* a bit per 8 bytes */
	uint8_t data[CV_DATAGRAM_MAX];
};

struct cv_fragments {
	struct cv_datagram_slot *slot;
	int64_t swept_ns;
	struct cv_fragment_key key[CV_DATAGRAMS];
	int64_t first_ns[CV_DATAGRAMS];
};

enum cv_fragment_result {
	CV_FRAGMENT_HELD,
	CV_FRAGMENT_DONE, /* the datagram is complete */
	CV_FRAGMENT_DUPLICATE,
	CV_FRAGMENT_VOID, /* belongs to a datagram that was given up, or gives it up */
};

/** The only allocation. @return 0 or -ENOMEM. */
int cv_fragments_setup(struct cv_fragments *t);
void cv_fragments_release(struct cv_fragments *t);

/**
 * Take one fragment.
 *
 * @param frame frame data; @p pkt is what the verdict found in it.
 * @param lost out: datagrams given up in this call.
 * @param ret out with CV_FRAGMENT_DONE: the datagram; valid until the next call.
 */
enum cv_fragment_result cv_fragment_take(struct cv_fragments *t, const uint8_t *frame,
					 const struct cv_packet *pkt, int64_t now_ns,
					 unsigned int *lost, struct cv_datagram_slot **ret);

/** Give up datagrams that are too old. @return how many. */
unsigned int cv_fragments_age(struct cv_fragments *t, int64_t now_ns);

/** Give up all. @return how many. */
unsigned int cv_fragments_drain(struct cv_fragments *t);

#endif
