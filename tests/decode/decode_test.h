/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run bytes through one decoder the way the pipeline does and collect what it makes of them.
 * Every call of the decoder sees its bytes in a heap block of exactly their length.
 *
 *     struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);
 *     decode_datagram_hex(r, true, "40 01 00 01");
 *     assert_int_equal(r->messages, 1);
 *     assert_int_equal(r->records, 1);
 *     assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "GET");
 *     decode_run_free(r);
 */
#ifndef DECODE_TEST_H
#define DECODE_TEST_H

#include "dataplane/decode/decoder.h"

#define DECODE_RECORDS_MAX 8192
#define DECODE_REJECTS_MAX 256

struct decode_side;

struct decode_run {
	const struct cv_decoder *decoder;
	const struct cv_generation *gen;
	/* Change freely between calls: ports, direction, time. Defaults: UDP or TCP over IPv4
	 * 192.0.2.1:40000 to 198.51.100.1:(first well-known port), ts_rx_ns 1700000000e9, packet
	 * counts up with every call. from_client = false swaps source and destination. */
	struct cv_origin origin;

	/* Results since decode_run_clear(). */
	size_t messages;
	size_t rejected;
	enum cv_reject reject[DECODE_REJECTS_MAX]; /* reasons, in order */
	uint64_t reject_at[DECODE_REJECTS_MAX]; /* offset in the stream or datagram */
	size_t records;
	const struct cv_record *record[DECODE_RECORDS_MAX]; /* in order over all lanes */
	uint64_t skipped; /* bytes of large messages that the decoder was not shown */
	uint64_t resynced; /* bytes passed over in search of a message start */

	struct decode_side *side[2]; /* per direction: client, server */
	struct cv_repeats repeats; /* in use from decode_remember() on */
	struct cv_emit emit;
	struct cv_sink sink;
	struct cv_origin now;
	void *flow;
	void *worker;
	uint8_t *arena;
};

/** @p gen may be NULL: an image without registers and hints. Aborts when memory is short. */
struct decode_run *decode_run_new(const struct cv_decoder *decoder,
				  const struct cv_generation *gen);
void decode_run_free(struct decode_run *r);

/** Set-up and teardown of a cmocka test whose state is a run, here one of a TCP stream. @return 0 */
int decode_setup_tcp(void **state, const struct cv_decoder *decoder);
int decode_teardown(void **state);
/** Forget results; flow and worker state stay. */
void decode_run_clear(struct decode_run *r);
/** From here on repeated messages are recognised: r->repeats.found counts them. */
void decode_remember(struct decode_run *r);
/** End the flow and begin a new one with zeroed state; worker state stays. */
void decode_new_flow(struct decode_run *r);

/** One datagram; several messages in it are decoded in turn. */
void decode_datagram(struct decode_run *r, bool from_client, const void *data, size_t len);
void decode_datagram_hex(struct decode_run *r, bool from_client, const char *hex);

/** The next bytes of a stream, as one segment. */
void decode_segment(struct decode_run *r, bool from_client, const void *data, size_t len);
void decode_segment_hex(struct decode_run *r, bool from_client, const char *hex);
/** A byte string in segments of @p chunk bytes (0 = one segment). */
void decode_chunks(struct decode_run *r, bool from_client, const void *data, size_t len,
		   size_t chunk);
/** A byte string in segments whose lengths (1..1460) come from @p seed. */
void decode_random_chunks(struct decode_run *r, bool from_client, const void *data, size_t len,
			  uint32_t seed);
/** Bytes of a message in hand that is not complete. */
size_t decode_pending(const struct decode_run *r, bool from_client);

/** Text TLV as a C string, "" when absent; one of four rotating buffers. */
const char *decode_text(const struct cv_record *rec, enum cv_tlv_tag tag);

/**
 * Bytes from hex text; white space, ':' and '-' are passed over.
 *
 * @return number of bytes; aborts on another character, an odd digit or more than @p max bytes.
 */
size_t decode_hex(const char *hex, uint8_t *out, size_t max);

/** A file of tests/samples, "coap/get.bin". Aborts when it is missing or longer than @p max. */
size_t decode_sample(const char *name, uint8_t *out, size_t max);

/**
 * Metamorphic: a stream gives the same messages, rejections (reason and place) and records, byte
 * for byte, as one segment, cut in two at every place, byte by byte, and in random pieces. Fails
 * the test where it does not, and where nothing is decoded at all. For streams up to some 4 KB.
 */
void decode_any_cut(const struct cv_decoder *decoder, const struct cv_generation *gen,
		    bool from_client, const void *data, size_t len);

/** Most columns of a file of vectors. */
#define DECODE_COLUMNS_MAX 8

/**
 * Give every row of ../shared/protocols/vectors/@p file (or of $CULVERT_SHARED) to @p row, its
 * columns apart; lines that begin with '#' are passed over.
 *
 * @return rows; 0 when the file is not there, which is no failure: skip().
 */
unsigned int decode_vectors(const char *file, unsigned int columns,
			    void (*row)(void *arg, char *const *column), void *arg);

#endif
