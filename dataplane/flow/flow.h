/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow table: who talks to whom, and what is known about the conversation. Fixed capacity,
 * bounded work per call, every flow that leaves is counted under ended, expired or evicted.
 *
 * Look-up is set-associative: a key may live in two sets of eight, so that a look-up reads two
 * cache lines of tags however full the table is. Ageing is a clock (second chance): a packet only
 * stores the flow's time, and the flow is moved when its turn in the list comes.
 *
 * Owner: one worker. All times are capture time, ns since the Unix epoch.
 */
#ifndef CV_FLOW_H
#define CV_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/policy/policy_abi.h"

#define CV_INDEX_NONE UINT32_MAX
#define CV_FLOW_SET_WAYS 8

/**
 * Both directions of a conversation have the same key: the lesser end comes first. Whole words,
 * because it is hashed and compared in words right after it was made: narrower stores would stall
 * those loads.
 */
struct cv_flow_key {
	uint64_t addr[2][2]; /* as in cv_packet */
	uint64_t tags; /* port of end 0, port of end 1 (network order), outer and inner VLAN */
	uint64_t proto; /* IP protocol, address family in bits 8-15 */
};

static inline uint16_t cv_flow_port(const struct cv_flow_key *k, unsigned int end)
{
	return (uint16_t)(k->tags >> (16 * end));
}

static inline uint16_t cv_flow_vlan(const struct cv_flow_key *k)
{
	return (uint16_t)(k->tags >> 32);
}

static inline uint8_t cv_flow_ip_proto(const struct cv_flow_key *k)
{
	return (uint8_t)k->proto;
}

static inline uint8_t cv_flow_family(const struct cv_flow_key *k)
{
	return (uint8_t)(k->proto >> 8);
}

/* What a stream waits for. */
enum cv_stream_state {
	CV_STREAM_MESSAGE, /* a message starts at the next byte */
	CV_STREAM_GAP, /* bytes are missing: the next byte may be anything */
	CV_STREAM_HUNT, /* after a rejection: resync() looks for a start, held[0] is none */
	CV_STREAM_DEAF, /* no resync(): wait for a segment that probe() accepts */
};

/** In-order bytes of one direction on their way into messages. */
struct cv_stream {
	uint64_t skip; /* bytes of a large message that are still to pass unseen */
	uint32_t held; /* buffer index, CV_INDEX_NONE when held_len is 0 */
	uint16_t held_len; /* bytes of an incomplete message */
	uint16_t need; /* the decoder said: not before this many bytes, <= window */
	uint8_t state; /* enum cv_stream_state */
};

#define CV_TCP_KNOWN 0x01u /* next is valid */
#define CV_TCP_ACKED 0x02u /* ack is valid */
#define CV_TCP_FIN 0x04u /* fin is valid */
#define CV_TCP_DONE 0x08u /* everything up to the FIN was delivered */
#define CV_TCP_FAR 0x10u /* far is valid */
#define CV_TCP_SYN 0x20u /* first is valid */
#define CV_TCP_LOST 0x40u /* lost_from and lost_to are valid */
#define CV_TCP_BROKEN 0x80u /* not all bytes from first on were seen, or a reset was */

/** One direction of a TCP connection. */
struct cv_flow_dir {
	struct cv_stream stream;
	uint32_t next; /* sequence number of the next byte to deliver */
	uint32_t ack; /* highest acknowledgement the other end sent for this direction */
	uint32_t first; /* behind the SYN */
	uint32_t fin; /* sequence number of the FIN */
	uint32_t far; /* where the last segment from outside the window ended */
	uint32_t lost_from, lost_to; /* the hole given up last */
	uint32_t segments; /* first out-of-order segment, by sequence number */
	uint32_t unacked, unacked_last; /* copies of bytes passed on (unacked.c) */
	uint32_t unseen_from, unseen_to; /* the last bytes of which no copy is needed */
	uint16_t segment_count;
	uint16_t unacked_count;
	uint8_t denied; /* enum cv_reason of a message refused: nothing more passes. 0 = none */
	uint8_t flags; /* CV_TCP_* */
	uint8_t port; /* index of the port that the last segment came in by */
	uint32_t rule;
	int64_t ts_ns; /* of the last segment */
	uint64_t packet; /* ordinal of the last segment's frame */
};

enum cv_flow_class {
	CV_FLOW_UNDECIDED, /* no payload yet, or the probes want more */
	CV_FLOW_CLAIMED, /* proto decodes it */
	CV_FLOW_NOT_IOT,
};

/* Ageing lists; a flow is in exactly one. Evicted in this order. */
enum cv_flow_list { CV_FLOWS_SHORT, CV_FLOWS_UDP, CV_FLOWS_TCP, CV_FLOW_LISTS };

struct cv_flow {
	struct cv_flow_key key;
	int64_t last_ns; /* last packet */
	int64_t listed_ns; /* last_ns when it was put into its list */
	int64_t gap_ns; /* since when a hole is waited for */
	uint32_t prev, next; /* ageing list */
	uint32_t gap_prev, gap_next; /* list of flows with held segments */
	uint8_t list; /* enum cv_flow_list */
	uint8_t in_gap_list;
	uint8_t class; /* enum cv_flow_class */
	uint8_t proto; /* enum cv_proto, the decoder or the candidate by port */
	uint8_t client; /* which direction (0, 1) is sent by the client */
	uint8_t tries; /* payloads that no probe accepted */
	uint8_t closed; /* RST, or FIN in both directions */
	uint8_t reported; /* an anomaly record was made for this flow */
	uint8_t open; /* the handshake was seen */
	uint8_t enforced; /* bit per direction: bytes were judged under constraints */
	uint8_t told; /* which refusals were reported (enforce.c) */
	uint32_t who; /* hash of the bound identity that the device gave, 0 = none */
	struct cv_flow_dir dir[2]; /* 0: sent by key end 0 */
	_Alignas(16) uint8_t state[CV_FLOW_STATE_MAX]; /* the decoder's */
};

struct cv_flow_list_head {
	uint32_t first, last;
};

struct cv_flow_set {
	_Alignas(64) uint16_t tag[CV_FLOW_SET_WAYS]; /* 0 = free */
	uint32_t flow[CV_FLOW_SET_WAYS];
};

struct cv_flow_table {
	struct cv_flow *flow;
	struct cv_flow_set *set;
	uint64_t seed;
	uint32_t capacity;
	uint32_t set_mask;
	uint32_t free; /* first flow given back, linked by next */
	uint32_t fresh; /* flows from here on were never used: memory not touched yet */
	uint32_t live;
	struct cv_flow_list_head list[CV_FLOW_LISTS];
	struct cv_flow_list_head gaps; /* oldest hole first */
};

/** The only allocation. @p seed: makes set collisions unpredictable. @return 0 or -ENOMEM. */
int cv_flow_table_setup(struct cv_flow_table *t, uint32_t capacity, uint64_t seed);
void cv_flow_table_release(struct cv_flow_table *t);

/**
 * Key of a packet and, in @p dir, which end sent it. Protocol and ports are given, since those of a
 * datagram put together from fragments are not in @p pkt. Ports in network order.
 */
struct cv_flow_key cv_flow_key_of(const struct cv_packet *pkt, uint8_t ip_proto, uint16_t sport,
				  uint16_t dport, unsigned int *dir);

/** @return the flow or NULL. */
struct cv_flow *cv_flow_find(struct cv_flow_table *t, const struct cv_flow_key *key);

/**
 * The flow that has to leave before @p key can be inserted: cv_flow_remove() it first.
 *
 * @return NULL when there is room.
 */
struct cv_flow *cv_flow_victim(struct cv_flow_table *t, const struct cv_flow_key *key);

/** Insert a zeroed flow; there must be room and the key must not be in the table. */
struct cv_flow *cv_flow_insert(struct cv_flow_table *t, const struct cv_flow_key *key,
			       enum cv_flow_list list, int64_t now_ns);

void cv_flow_remove(struct cv_flow_table *t, struct cv_flow *f);

/** Put a flow at the end of a list. */
void cv_flow_relist(struct cv_flow_table *t, struct cv_flow *f, enum cv_flow_list list);

/** How long a flow may be idle, ns. */
int64_t cv_flow_timeout(const struct cv_flow *f);

/**
 * Next flow that was idle for too long. Looks at no more than *@p budget flows and lowers it.
 *
 * @return NULL when there is none or the budget is used up.
 */
struct cv_flow *cv_flow_idle(struct cv_flow_table *t, int64_t now_ns, unsigned int *budget);

/** Any flow, oldest list entry first; NULL when the table is empty. */
struct cv_flow *cv_flow_any(struct cv_flow_table *t);

/* The list of flows with a hole, in the order in which the holes appeared. */
void cv_flow_gap_add(struct cv_flow_table *t, struct cv_flow *f, int64_t now_ns);
void cv_flow_gap_del(struct cv_flow_table *t, struct cv_flow *f);

#endif
