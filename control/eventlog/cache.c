/* SPDX-License-Identifier: Apache-2.0 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As many as fit when each block holds one record. */
#define CV_CACHE_ENTRIES 16384u
/* Nobody has asked for so long: large appends are not copied any more. */
#define CV_CACHE_WANTED_NS 1000000000u

int cv_cache_create(struct cv_log_cache *c)
{
	c->memory = aligned_alloc(CV_UNIT, CV_CACHE_SIZE);
	c->entry = calloc(CV_CACHE_ENTRIES, sizeof(*c->entry));
	return c->memory && c->entry ? 0 : -ENOMEM;
}

void cv_cache_destroy(struct cv_log_cache *c)
{
	free(c->memory);
	free(c->entry);
	*c = (struct cv_log_cache){0};
}

static struct cv_cached *at(const struct cv_log_cache *c, uint32_t i)
{
	return &c->entry[(c->first + i) % CV_CACHE_ENTRIES];
}

static void drop_oldest(struct cv_log_cache *c)
{
	c->first = (c->first + 1) % CV_CACHE_ENTRIES;
	c->count--;
	if (c->staged > c->count)
		c->staged = c->count;
}

/* Blocks lie in the ring in the order they came, so whatever is in the way is the oldest. */
static void make_room(struct cv_log_cache *c, uint32_t size)
{
	if (CV_CACHE_SIZE - c->write_off < size) {
		while (c->count && at(c, 0)->off >= c->write_off)
			drop_oldest(c);
		c->write_off = 0;
	}
	while (c->count && at(c, 0)->off >= c->write_off && at(c, 0)->off - c->write_off < size)
		drop_oldest(c);
	if (c->count == CV_CACHE_ENTRIES)
		drop_oldest(c);
}

void cv_cache_stage(struct cv_log_cache *c, const struct cv_block *head, const void *body)
{
	uint32_t size = (head->used + 63u) & ~63u;
	struct cv_block *copy;

	make_room(c, size);
	copy = (struct cv_block *)(void *)(c->memory + c->write_off);
	*copy = *head;
	memcpy(copy + 1, body, head->used - sizeof(*head));
	/* The producer may have written to it since it was checked; readers then see the disk. */
	if (cv_block_check(copy, head->lane) < 0) {
		c->spoiled = true;
		return;
	}
	*at(c, c->count) = (struct cv_cached){
		.seq = head->first_seq,
		.count = head->count,
		.off = c->write_off,
		.size = size,
	};
	c->count++;
	c->staged++;
	c->write_off += size;
}

void cv_cache_show(struct cv_log_cache *c)
{
	c->staged = 0;
	if (c->spoiled)
		c->count = 0;
	c->spoiled = false;
}

void cv_cache_unstage(struct cv_log_cache *c)
{
	c->count -= c->staged;
	if (c->staged > 0)
		c->write_off = at(c, c->count)->off;
	c->staged = 0;
	c->spoiled = false;
}

void cv_cache_forget(struct cv_log_cache *c)
{
	c->count = c->staged = c->write_off = 0;
	c->spoiled = false;
}

void cv_cache_ask(struct cv_log_cache *c, uint64_t behind, uint64_t now)
{
	if (behind <= CV_CACHE_SIZE / sizeof(struct cv_record))
		c->asked_ns = now;
}

bool cv_cache_is_wanted(const struct cv_log_cache *c, uint64_t now)
{
	return c->asked_ns > 0 && now - c->asked_ns < CV_CACHE_WANTED_NS;
}

const struct cv_block *cv_cache_get(const struct cv_log_cache *c, uint64_t seq, uint64_t *skip_to)
{
	uint32_t low = 0, seen = c->count - c->staged, high = seen;
	const struct cv_cached *e;

	*skip_to = 0;
	if (seen == 0 || seq < at(c, 0)->seq)
		return NULL;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (at(c, mid)->seq <= seq)
			low = mid;
		else
			high = mid;
	}
	e = at(c, low);
	if (seq - e->seq < e->count)
		return (const struct cv_block *)(const void *)(c->memory + e->off);
	if (low + 1 < seen)
		*skip_to = at(c, low + 1)->seq;
	return NULL;
}
