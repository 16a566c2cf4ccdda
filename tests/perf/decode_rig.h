/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bench_decode times: messages of one protocol, decoded one after the other into records that
 * nobody reads. Single thread.
 */
#ifndef CV_PERF_DECODE_RIG_H
#define CV_PERF_DECODE_RIG_H

#include "dataplane/decode/decoder.h"

#define SUBJECT_MESSAGES 2048
#define SUBJECT_BYTES (1u << 20)

struct subject_message {
	uint32_t at, len; /* in bytes[] */
	uint32_t given; /* bytes the decoder is shown, the message and what came with it */
	bool first; /* of its flow */
	bool datagram, from_client;
};

struct subject {
	const struct cv_decoder *decoder;
	struct cv_emit emit;
	struct cv_sink sink;
	struct cv_origin origin;
	struct cv_decode decode;
	const char *source; /* where the messages come from: "citysim" or "samples" */
	uint64_t records; /* of all messages, once */
	uint64_t wire; /* bytes of all messages */
	uint32_t used; /* of bytes[] */
	unsigned int count;
	struct subject_message message[SUBJECT_MESSAGES];
	uint8_t bytes[SUBJECT_BYTES];
};

/**
 * @param gen NULL = one without registers, maps and descriptions.
 * @return NULL when there is no memory.
 */
struct subject *subject_new(enum cv_proto proto, const struct cv_generation *gen);
void subject_free(struct subject *s);

/**
 * Keep the messages in a datagram, or in what came over a connection in one piece, as far as the
 * decoder takes them.
 *
 * @param first begins a new flow.
 * @return how many.
 */
unsigned int subject_add(struct subject *s, const void *data, size_t len, bool first, bool datagram,
			 bool from_client);

/** What the devices of a city say in this protocol, by its encoder. false: there is none. */
bool subject_from_citysim(struct subject *s);
/** The sound ones of tests/samples/PROTOCOL. false: none there. */
bool subject_from_samples(struct subject *s);

/** All messages, @p rounds times; ns. Exits where one is rejected: the first time none was. */
double subject_pass(struct subject *s, unsigned int rounds);
/** The first @p count messages once, each with none of it in a cache; ns per message. */
double subject_cold(struct subject *s, unsigned int count);
/** Records made so far. */
uint64_t subject_records(const struct subject *s);
/** ns of a record with nothing in it: what no decoder can go below. */
double subject_empty_record(struct subject *s, unsigned int rounds);

double bench_now(void); /* ns, monotonic */

#endif
