/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline with made-up frames in front and a list of records behind, for tests of the flow stage. */
#ifndef FLOW_HARNESS_H
#define FLOW_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/ledger.h"
#include "dataplane/pipeline.h"

#define FH_RECORDS_MAX 4096

struct fh_record {
	struct cv_record head;
	uint8_t tail[CV_RECORD_MAX];
};

struct flow_harness {
	struct cv_generation *gen;
	struct cv_pipeline *pipeline;
	struct cv_counters counters;
	struct cv_sink sink;
	struct fh_record *record;
	size_t records;
	uint8_t *memory;
	int64_t now_ns; /* time of the next frame; tests advance it */
	uint64_t number;
	uint64_t mono_ns; /* monotonic time of the next frame, for limits */
	uint8_t port[2]; /* the next frame comes in by: from the server, from the client */
	uint8_t mac; /* flips bits of the next frames' source MAC */
	bool full; /* there is no memory for records */
	enum cv_outcome outcome; /* of the last frame, CV_OUTCOME_COUNT = not inspected */
	uint32_t verdict; /* of the last frame */
};

/** Forward and inspect everything, @p flows flow entries. Aborts without memory. */
struct flow_harness *flow_harness_new(uint32_t flows, const struct cv_gen_hint *hint);
/** The same under @p gen, which the harness takes over. */
struct flow_harness *flow_harness_of(struct cv_generation *gen);
/** Checks that the ledger closes before it frees. */
void flow_harness_free(struct flow_harness *h);
void flow_harness_drain(struct flow_harness *h);

/** One end of a flow; client and server differ in the last address byte. */
struct fh_flow {
	uint16_t client_port, server_port;
	uint8_t client; /* last byte of the client's address */
	uint8_t vlan, vlan_inner; /* 0 = no tag; the inner one only behind an outer one */
	bool ipv6;
};

#define FH_FIN 0x01
#define FH_SYN 0x02
#define FH_RST 0x04
#define FH_ACK 0x10

void fh_tcp(struct flow_harness *h, const struct fh_flow *f, bool from_client, uint8_t flags,
	    uint32_t seq, uint32_t ack, const void *data, size_t len);
void fh_udp(struct flow_harness *h, const struct fh_flow *f, bool from_client, const void *data,
	    size_t len);
/** One fragment of a datagram's IP payload (UDP header included). */
void fh_fragment(struct flow_harness *h, const struct fh_flow *f, uint32_t id, const void *payload,
		 size_t off, size_t len, bool more);
/** IP payload of a UDP datagram: header and data. @return its length. */
size_t fh_udp_payload(const struct fh_flow *f, const void *data, size_t len, uint8_t *out);

/** Records and their TLVs equal but for when and in which frame they were seen. */
bool fh_same_records(const struct flow_harness *a, const struct flow_harness *b);
/** Messages of all protocols; rejections of all protocols. */
uint64_t fh_messages(const struct flow_harness *h);
uint64_t fh_rejected(const struct flow_harness *h);
uint64_t fh_rejected_for(const struct flow_harness *h, enum cv_reject reason);

/** A sample from tests/samples. Aborts when it is missing. */
size_t fh_sample(const char *name, uint8_t *out, size_t max);

#endif
