/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decoder turns the bytes of one protocol into records (D6). It is a const struct in its own
 * source file; dataplane/decode/decoders.list names it once, and the build makes the number and the
 * table from it and refuses one that lacks its test, sample (the fuzz target's seed) or doc page.
 * How one is made: docs/protocols/README.md.
 *
 * Three outcomes: a message (bytes consumed), need more bytes, invalid. Oddities are flags on the
 * record, not errors. A decoder neither allocates nor logs nor asks for the time, touches nothing
 * outside its own state, and works in time linear in the bytes it is given.
 */
#ifndef CV_DECODER_H
#define CV_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/emit.h"
#include "dataplane/normalize/repeats.h"
#include "dataplane/policy/generation.h"
#include "decoder_list.h" /* generated: enum cv_proto */

/** Most bytes of one message that a stream holds for a decoder. */
#define CV_STREAM_WINDOW 4096
/** Bytes a flow keeps while it looks for a message start; the first one is known not to be it. */
#define CV_RESYNC_KEEP 16

#define CV_TRANSPORT_UDP 0x1u
#define CV_TRANSPORT_TCP 0x2u

enum cv_probe { CV_PROBE_NO, CV_PROBE_MORE, CV_PROBE_YES };

struct cv_judge;

/** One call of a decoder. Owner: the pipeline, for the time of the call. */
struct cv_decode {
	struct cv_emit *emit;
	const struct cv_origin *origin;
	const struct cv_generation *gen; /* register maps and the like; never NULL */
	struct cv_judge *judge; /* who wants to know what the message says; NULL = nobody */
	struct cv_repeats *repeats; /* who remembers what was delivered; NULL = nobody */
	void *flow; /* flow_size bytes, zeroed when the flow began; both directions share it */
	void *worker; /* worker_size bytes, zeroed at start */
	bool datagram; /* UDP: the bytes are one whole datagram */
	bool window_full; /* stream: more bytes will not be held; decide with these */
	bool from_client; /* stream: sent by the end that opened the connection, as far as known */
	uint32_t need; /* out, with CV_NEED_MORE: bytes wanted in all, 0 = unknown */
	/* out, with a rejection on a stream: length of the rejected message where its frame is
	 * sound and only its content is not; the next message begins behind it. 0 = resync. */
	uint32_t skip;
};

/** Result of decode(): bytes of the message, CV_NEED_MORE, or CV_REJECTED(reason). */
#define CV_NEED_MORE 0
#define CV_REJECTED(reason) (-(int64_t)(reason))

/**
 * What decode() returns when the message is not all there.
 *
 * @param need bytes wanted in all, 0 = unknown.
 * @param at_end reason of the rejection where no more bytes will come.
 */
static inline int64_t cv_decode_want(struct cv_decode *d, size_t need, enum cv_reject at_end)
{
	if (d->datagram || d->window_full)
		return CV_REJECTED(at_end);
	d->need = (uint32_t)need;
	return CV_NEED_MORE;
}

/**
 * The print of a message: its protocol and @p data, which tells it from all others.
 *
 * @param placed data does not name the sender: its address is part of the print.
 */
static inline uint64_t cv_decode_print(const struct cv_decode *d, bool placed, const void *data,
				       size_t len)
{
	uint64_t print = cv_repeats_seed(d->repeats) ^ d->origin->proto;

	if (placed)
		print = cv_print_add(print, d->origin->src, sizeof(d->origin->src));
	return cv_print_add(print, data, len);
}

struct cv_decoder {
	const char *name;
	uint8_t proto; /* enum cv_proto */
	uint8_t transports; /* CV_TRANSPORT_* */
	uint16_t udp_ports[4]; /* well-known ports, host order, 0 ends */
	uint16_t tcp_ports[4];
	uint32_t flow_size; /* bytes of per-flow state, <= CV_FLOW_STATE_MAX */
	uint32_t worker_size; /* bytes of per-worker state, bounded tables live here */
	/**
	 * Could these be the first bytes of a message, on a port nobody vouched for? Must be strict:
	 * a false yes makes events out of strangers' traffic. NULL = by port only.
	 */
	enum cv_probe (*probe)(const uint8_t *data, size_t len, bool datagram);
	/**
	 * Decode the message at data[0].
	 *
	 * Stream: returns the message's whole length. It may be larger than @p len when the
	 * decoder has seen enough (a 1 MB payload): the flow then skips the rest unseen. On
	 * rejection the flow asks resync().
	 * Datagram: must not return CV_NEED_MORE; a message that ends early is rejected. Bytes
	 * behind the message are offered again while the return is > 0 and bytes are left.
	 */
	int64_t (*decode)(struct cv_decode *d, const uint8_t *data, size_t len);
	/**
	 * Stream, after a rejection or a gap: offset of the next plausible message start in
	 * data[1..len), or len when there is none. NULL = nothing until the flow ends or the next
	 * segment that probe() accepts. A start must not be claimed before enough bytes behind it
	 * are there to tell, at most CV_RESYNC_KEEP: on len the flow keeps the last CV_RESYNC_KEEP
	 * bytes and asks again with more, so that the answer does not depend on segment borders.
	 */
	size_t (*resync)(const uint8_t *data, size_t len);
	/** In place of resync() where the generation says what a start is. */
	size_t (*resync_by)(const struct cv_generation *gen, const uint8_t *data, size_t len);
	/** The flow ends or is evicted: release what its state refers to. May be NULL. */
	void (*flow_end)(void *flow, void *worker);
};

#define CV_FLOW_STATE_MAX 128

/** All decoders, indexed by enum cv_proto; entry 0 is NULL. */
extern const struct cv_decoder *const cv_decoders[CV_PROTO_COUNT];

/** Protocol name, "?" when unknown. */
const char *cv_proto_name(unsigned int proto);
/** Number of a protocol by name, or -ENOENT. */
int cv_proto_by_name(const char *name, size_t len);

#endif
