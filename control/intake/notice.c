/* SPDX-License-Identifier: Apache-2.0 */
#include "control/intake/notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LANE CV_LANE_SECURITY
/* Events that come together go into the log together; the log may be busy for so long. */
#define GATHER_NS UINT64_C(2000000)
#define SECOND_NS UINT64_C(1000000000)

struct cv_notices {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_block *block; /* CV_BLOCK_SIZE, aligned */
	struct cv_op timer;
	uint64_t incarnation, source_seq;
	uint64_t second; /* that tokens are of, monotonic */
	unsigned int tokens;
	uint32_t used, count; /* of the block */
	int64_t first_ns, last_ns;
	bool busy; /* the log has the block */
	bool stopping;
	uint64_t made, put_off;
};

static void on_timer(struct cv_op *op, int res, uint32_t flags);

int cv_notices_create(struct cv_loop *loop, struct cv_eventlog *log, struct cv_notices **ret)
{
	struct cv_notices *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	*n = (struct cv_notices){.loop = loop, .log = log, .used = sizeof(struct cv_block)};
	n->timer = (struct cv_op){.done = on_timer, .owner = n};
	n->block = aligned_alloc(CV_BLOCK_ALIGN, CV_BLOCK_SIZE);
	if (!n->block ||
	    getrandom(&n->incarnation, sizeof(n->incarnation), 0) != sizeof(n->incarnation)) {
		cv_notices_destroy(n);
		return -ENOMEM;
	}
	n->incarnation |= 1; /* never 0 */
	*ret = n;
	return 0;
}

void cv_notices_destroy(struct cv_notices *n)
{
	if (!n)
		return;
	n->stopping = true;
	if (n->timer.pending)
		cv_loop_cancel(n->loop, &n->timer);
	if (n->busy)
		cv_eventlog_let_go(n->log);
	while ((n->timer.pending || n->busy) && cv_loop_turn(n->loop) == 0)
		;
	free(n->block);
	free(n);
}

/* ---- into the log --------------------------------------------------------------------------- */

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	struct cv_notices *n = owner;

	if (res != -ECANCELED) /* the log closes: they are told after the next start */
		n->made += n->count;
	n->busy = false;
	n->used = sizeof(struct cv_block);
	n->count = 0;
}

static void on_timer(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_notices *n = op->owner;

	if (n->stopping || n->busy || n->count == 0)
		return;
	*n->block = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = LANE,
		.worker = CV_WORKER_CONTROL,
		.used = n->used,
		.count = n->count,
		.incarnation = n->incarnation,
		.source_seq = n->source_seq + 1,
		.first_ts_ns = n->first_ns,
		.last_ts_ns = n->last_ns,
	};
	n->busy = true;
	if (cv_eventlog_append(n->log, LANE, n->block, 1, appended, n) < 0) {
		n->busy = false; /* somebody else's turn */
		cv_loop_timer(n->loop, &n->timer, GATHER_NS);
		return;
	}
	n->source_seq++;
}

/* ---- events --------------------------------------------------------------------------------- */

static bool may_tell(struct cv_notices *n)
{
	uint64_t second = cv_loop_mono_ns(n->loop) / SECOND_NS;

	if (second != n->second) {
		n->second = second;
		n->tokens = CV_NOTICES_PER_SECOND;
	}
	if (n->busy || n->stopping || n->tokens == 0 ||
	    n->used + 2 * CV_RECORD_MAX > CV_BLOCK_SIZE) {
		n->put_off++;
		return false;
	}
	n->tokens--;
	return true;
}

/* Where the message came from, as the record says it. */
static struct cv_origin origin_of(const struct cv_record *rec)
{
	struct cv_origin o = {
		.ts_rx_ns = rec->ts_rx_ns,
		.packet = rec->packet,
		.rule = rec->rule,
		.vlan = rec->vlan,
		.sport = rec->sport,
		.dport = rec->dport,
		.raw_off = rec->raw_off,
		.family = rec->family,
		.ip_proto = rec->ip_proto,
		.port = rec->port,
		.direction = rec->direction,
		.proto = rec->proto,
	};

	memcpy(o.src, rec->src, sizeof(o.src));
	memcpy(o.dst, rec->dst, sizeof(o.dst));
	return o;
}

bool cv_notice_unknown(struct cv_notices *n, const char *urn, size_t len,
		       const struct cv_record *rec)
{
	static const char text[] = "the registry does not have this device";
	struct cv_origin origin = origin_of(rec);
	struct cv_sink sink = {0};
	uint8_t *at = (uint8_t *)n->block + n->used;
	struct cv_record *made;
	struct cv_emit e;

	if (len > CV_TLV_MAX || !may_tell(n))
		return false;
	sink.lane[LANE].cur = at;
	sink.lane[LANE].end = at + 2 * CV_RECORD_MAX;
	cv_emit_init(&e, &sink);
	e.origin = &origin;
	made = cv_emit_begin(&e, LANE, CV_KIND_ANOMALY);
	made->device_end = rec->device_end;
	cv_emit_tlv(&e, CV_TLV_DEVICE, urn, len);
	cv_emit_tlv(&e, CV_TLV_NAME, CV_NOTICE_UNKNOWN, sizeof(CV_NOTICE_UNKNOWN) - 1);
	cv_emit_tlv(&e, CV_TLV_TEXT, text, sizeof(text) - 1);
	cv_emit_end(&e);
	cv_emit_finish(&e);
	/* The block's times are those of its first record and of its latest. */
	if (n->count == 0)
		n->first_ns = n->last_ns = rec->ts_rx_ns;
	if (rec->ts_rx_ns > n->last_ns)
		n->last_ns = rec->ts_rx_ns;
	n->used += made->size;
	n->count++;
	if (!n->timer.pending)
		cv_loop_timer(n->loop, &n->timer, GATHER_NS);
	return true;
}

uint64_t cv_notices_made(const struct cv_notices *n, enum cv_lane lane)
{
	return lane == LANE ? n->made : 0;
}

uint64_t cv_notices_put_off(const struct cv_notices *n)
{
	return n->put_off;
}
