/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making up a write: numbers, checksums, and the gap record that goes first. Numbers are given out
 * here and never twice, so that what was refused stays visible as a hole, which a gap record closes
 * (D13).
 */
#include "control/eventlog/log_private.h"

#include <stdio.h>
#include <string.h>

static const char *refusal_name(enum cv_refusal why)
{
#define CV_REFUSAL_TEXT(id, name) name,
	static const char *const names[] = {CV_REFUSALS(CV_REFUSAL_TEXT)};

	return names[why];
}

/* Number, checksum and node; the head is written to the block from our own copy. */
static void stamp(struct cv_log_lane *l, struct cv_block *b, struct cv_block *head)
{
	size_t padding = cv_unit_align(head->used) - head->used;

	head->first_seq = l->next;
	head->durable_seq = l->end;
	head->tag = cv_lane_active(l)->tag;
	memcpy(head->node, l->log->node, sizeof(head->node));
	head->crc32c = 0;
	head->crc32c =
		cv_crc32c(cv_crc32c(0, head, sizeof(*head)), b + 1, head->used - sizeof(*head));
	*b = *head;
	memset((uint8_t *)b + head->used, 0, padding);
	l->next += head->count;
}

static void make_gap_block(struct cv_log_lane *l)
{
	struct cv_origin origin = {.ts_rx_ns = cv_loop_wall_ns(l->log->loop)};
	struct cv_sink sink = {0};
	struct cv_block head;
	struct cv_record *rec;
	struct cv_emit e;
	char text[64];
	int len = snprintf(text, sizeof(text), "the event log refused records: %s",
			   refusal_name(l->gap_why));

	sink.lane[l->lane].cur = (uint8_t *)(l->gap_block + 1);
	sink.lane[l->lane].end = (uint8_t *)l->gap_block + CV_UNIT;
	cv_emit_init(&e, &sink);
	e.origin = &origin;
	rec = cv_emit_begin(&e, l->lane, CV_KIND_GAP);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = l->gap_pending;
	cv_emit_tlv(&e, CV_TLV_TEXT, text, (size_t)len);
	cv_emit_end(&e);
	head = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = (uint8_t)l->lane,
		.worker = CV_WORKER_CONTROL,
		.used = (uint32_t)sizeof(head) + rec->size,
		.count = 1,
		.incarnation = l->log->incarnation,
		.source_seq = ++l->own_seq,
		.first_ts_ns = origin.ts_rx_ns,
		.last_ts_ns = origin.ts_rx_ns,
	};
	stamp(l, l->gap_block, &head);
	cv_owed_keep(l);
}

static void add_iov(struct cv_log_write *w, void *base, size_t len)
{
	struct iovec *last = w->iovs ? &w->iov[w->iovs - 1] : NULL;

	w->bytes += len;
	if (last && (uint8_t *)last->iov_base + last->iov_len == (uint8_t *)base)
		last->iov_len += len;
	else
		w->iov[w->iovs++] = (struct iovec){.iov_base = base, .iov_len = len};
}

struct cv_block *cv_batch_block(const struct cv_batch *b, unsigned int i)
{
	return (struct cv_block *)(void *)((uint8_t *)b->blocks + (size_t)i * CV_BLOCK_SIZE);
}

void cv_write_begin(struct cv_log_write *w)
{
	w->iovs = w->take = 0;
	w->bytes = 0;
	w->numbers = 0;
	w->gap_value = 0;
}

void cv_write_add_gap(struct cv_log_lane *l, struct cv_log_write *w)
{
	w->gap_value = l->gap_pending;
	make_gap_block(l);
	w->numbers++;
	add_iov(w, l->gap_block, CV_UNIT);
}

void cv_write_add_blocks(struct cv_log_lane *l, struct cv_log_write *w, struct cv_batch *b,
			 uint64_t room)
{
	while (b->at + w->take < b->n) {
		unsigned int i = b->at + w->take;
		size_t size = cv_unit_align(b->head[i].used);

		if (w->bytes + size > room)
			break;
		stamp(l, cv_batch_block(b, i), &b->head[i]);
		add_iov(w, cv_batch_block(b, i), size);
		w->numbers += b->head[i].count;
		w->take++;
	}
}
