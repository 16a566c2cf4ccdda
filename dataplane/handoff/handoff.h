/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handoff (D9): per worker and lane a ring of blocks in one memfd that the dataplane makes and
 * control maps. The producer fills the block at head in place and publishes it by advancing head;
 * the consumer reads blocks in order and gives them back by advancing tail. The lcore makes no
 * syscall. The block's bytes are what the event log writes.
 *
 * The memory outlives either process: after a crash of control the dataplane offers the same memfd
 * again, after a crash of the dataplane control drains what was published.
 */
#ifndef CV_HANDOFF_H
#define CV_HANDOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/handoff/evidence.h"
#include "dataplane/ledger.h"
#include "dataplane/normalize/emit.h"
#include "dataplane/normalize/record.h"

#define CV_HANDOFF_MAGIC 0x314f444e41485643ull /* "CVHANDO1" */
#define CV_HANDOFF_VERSION 4
#define CV_BLOCK_MAGIC 0x4b4c4256u /* "VBLK" */
#define CV_BLOCK_VERSION 1
/** A block, bytes: head and records. A multiple of the log's write unit. */
#define CV_BLOCK_SIZE 65536u
#define CV_BLOCK_ALIGN 4096u
#define CV_WORKERS_MAX 16
/** Worker number in blocks that control itself makes: gap records of refused records. */
#define CV_WORKER_CONTROL 0xff

/** Head of a block, in memory and in the event log. */
struct cv_block {
	uint32_t magic;
	uint16_t version;
	uint8_t lane;
	uint8_t worker;
	uint32_t used; /* head and records, bytes */
	uint32_t count; /* records */
	uint64_t incarnation; /* of the dataplane, or of control for its own gap records */
	uint64_t source_seq; /* number of this block in its channel, from 1, no holes */
	uint64_t first_seq; /* log sequence of the first record in its lane; set by control */
	int64_t first_ts_ns; /* receive time of the first record, and the latest of any */
	int64_t last_ts_ns;
	uint32_t crc32c; /* of used bytes with this field 0; set by control */
	uint32_t pad0;
	char node[32]; /* node id, cut to 31 bytes; set by control */
	uint64_t durable_seq; /* events before this were durable when it was written; by control */
	uint64_t tag; /* of the segment it was written to, 0 = before there were tags; by control */
	uint8_t pad1[16];
};
_Static_assert(sizeof(struct cv_block) == 128, "block head is ABI");

/** Records in the blocks given back, and the tail that the number belongs to. */
struct cv_taken {
	uint64_t records, tail;
};

/**
 * Positions of one channel, each side's on its own cache line. The consumer fills the note that is
 * not current, makes it current by one store and then moves tail: wherever it dies, its successor
 * finds a pair that belongs together, and finishes the step if tail is behind it.
 */
struct cv_channel {
	_Alignas(64) uint64_t head; /* blocks published; written by the producer */
	_Alignas(64) uint64_t tail; /* blocks given back; written by the consumer */
	uint64_t current; /* note[current & 1] holds */
	struct cv_taken note[2];
};
_Static_assert(sizeof(struct cv_channel) == 128, "handoff layout");

static inline struct cv_taken cv_channel_taken(const struct cv_channel *ch)
{
	return ch->note[__atomic_load_n(&ch->current, __ATOMIC_ACQUIRE) & 1];
}

struct cv_handoff_header {
	uint64_t magic;
	uint32_t version;
	uint32_t workers;
	uint32_t blocks; /* per channel, power of two */
	uint32_t block_size; /* CV_BLOCK_SIZE */
	uint32_t layout; /* cv_handoff_layout(): lists and counters of the build */
	uint32_t pad;
	uint64_t incarnation; /* random, never 0 */
	uint64_t size; /* of the whole mapping, bytes */
	uint64_t generation; /* number the dataplane runs */
	uint64_t pid;
	uint64_t started_ns; /* wall clock */
	uint64_t tsc_hz; /* for cycles_busy */
	/* Set by control before it sleeps; the housekeeping thread then rings the doorbell. */
	_Alignas(64) uint32_t sleeping;
	/* Control's note to its successor: frames XDP had steered before this dataplane. */
	uint32_t steered_known;
	uint64_t steered_base;
};

/** Counters of one port, by the housekeeping thread from the driver. */
struct cv_port_counters {
	uint64_t rx, tx;
	uint64_t rx_missed; /* frames lost between XDP and the worker: ring overruns */
	uint64_t tx_errors;
} __attribute__((aligned(64)));

/** Where things are in the mapping. Pointers are this process's own. */
struct cv_handoff {
	void *base;
	size_t size;
	int fd;
	uint32_t worker_count, block_count; /* as checked; the header stays writable for the peer */
	struct cv_handoff_header *header;
	struct cv_counters *counters; /* [workers] */
	struct cv_port_counters *ports; /* [CV_PORTS_MAX] */
	struct cv_channel *channels; /* [workers * CV_LANE_COUNT] */
	struct cv_evidence *evidence; /* [workers]: copies of frames they drop */
	uint8_t *blocks; /* [channels][blocks][block_size], CV_BLOCK_ALIGN aligned */
};

static inline struct cv_channel *cv_handoff_channel(const struct cv_handoff *h, unsigned int worker,
						    unsigned int lane)
{
	return &h->channels[worker * CV_LANE_COUNT + lane];
}

static inline struct cv_block *cv_handoff_block(const struct cv_handoff *h, unsigned int worker,
						unsigned int lane, uint64_t index)
{
	size_t channel = (size_t)worker * CV_LANE_COUNT + lane;
	size_t slot = channel * h->block_count + (index & (h->block_count - 1));

	return (struct cv_block *)(void *)(h->blocks + slot * CV_BLOCK_SIZE);
}

/**
 * Make the memfd and map it.
 *
 * @param workers 1..CV_WORKERS_MAX, @param blocks per channel, power of two.
 * @return 0 or negative errno.
 */
int cv_handoff_create(unsigned int workers, unsigned int blocks, uint64_t incarnation,
		      struct cv_handoff *ret);

/**
 * Checksum over the names and sizes that the mapping's layout follows from: a process built with
 * another list of decoders, reasons or the like would read one counter as another.
 */
uint32_t cv_handoff_layout(void);

/**
 * Map a memfd that came from the other process: sizes, magic, version and layout are checked
 * against the file's real size, which must be sealed. Takes ownership of @p fd on success only.
 *
 * @return 0, -EPROTO (another version or build), -EBADMSG, or what mapping failed with.
 */
int cv_handoff_attach(int fd, struct cv_handoff *ret);

/** Unmap and close. Safe on a zeroed struct with fd = -1. */
void cv_handoff_close(struct cv_handoff *h);

/**
 * Consumer: check block head and every record of a published block before use. The producer is
 * another process and may be broken.
 *
 * @return 0, -EBADMSG.
 */
int cv_block_check(const struct cv_block *b, unsigned int lane);

/** CRC32C of a block as stored in its crc32c field. */
uint32_t cv_block_crc(const struct cv_block *b);

/**
 * CRC32C (Castagnoli, RFC 3720 B.4); hardware instruction where there is one.
 *
 * @param crc 0, or the result over the bytes before.
 */
uint32_t cv_crc32c(uint32_t crc, const void *data, size_t len);

/** The same without the instruction; what cv_crc32c() falls back to. */
uint32_t cv_crc32c_portable(uint32_t crc, const void *data, size_t len);

/* ---- producer side: the sink of one worker ------------------------------------------------ */

struct cv_handoff_sink {
	struct cv_sink sink; /* first: cv_emit works on it */
	const struct cv_handoff *handoff;
	struct cv_counters *counters;
	unsigned int worker;
	int64_t now_ns; /* wall clock of the last flush, for gap records */
	uint64_t flush_cycles; /* publish a partly filled block after this, TSC */
	struct {
		struct cv_block *open; /* block being filled, NULL = none free */
		uint64_t committed; /* records in blocks published before this one */
		uint64_t opened_tsc; /* when its first record was seen, 0 = none yet */
		uint64_t shed_reported; /* of lane.shed, told in gap records so far */
		uint64_t tail; /* consumer's position when last looked at */
	} lane[CV_LANE_COUNT];
};

/**
 * @param flush_cycles age at which a partly filled block is published, TSC cycles.
 */
void cv_handoff_sink_init(struct cv_handoff_sink *s, const struct cv_handoff *h,
			  unsigned int worker, uint64_t flush_cycles);

/**
 * Once per receive burst: publish full blocks and those older than the flush time, and update the
 * ledger (produced, shed, handed). No syscall.
 *
 * @param ts_ns wall clock, ns since the Unix epoch. @param force publish whatever there is.
 */
void cv_handoff_flush(struct cv_handoff_sink *s, uint64_t now_tsc, int64_t ts_ns, bool force);

#endif
