/* SPDX-License-Identifier: Apache-2.0 */
#include "control/projection/text_memo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What stays in a core's cache, more or less: readers that are further behind than that write again. */
#define RING_SIZE ((size_t)2 * 1024 * 1024)
#define PLACES 4096u

struct place {
	uint64_t seq;
	uint64_t at; /* bytes ever written before it */
	uint32_t len; /* 0 = free */
	uint32_t lane;
};

struct cv_text_memo {
	unsigned int readers;
	uint64_t version;
	uint64_t written; /* bytes ever; its place in the ring is the rest by RING_SIZE */
	char *ring; /* NULL = nothing kept yet */
	struct place place[PLACES];
};

int cv_text_memo_create(struct cv_text_memo **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void cv_text_memo_join(struct cv_text_memo *memo)
{
	memo->readers++;
}

static void forget(struct cv_text_memo *memo)
{
	memset(memo->place, 0, sizeof(memo->place));
}

void cv_text_memo_leave(struct cv_text_memo *memo)
{
	if (--memo->readers != 0)
		return;
	forget(memo);
	free(memo->ring);
	memo->ring = NULL;
}

static size_t place_of(unsigned int lane, uint64_t seq)
{
	return (seq + lane * (PLACES / 4)) % PLACES;
}

const char *cv_text_memo_find(const struct cv_text_memo *memo, unsigned int lane, uint64_t seq,
			      size_t *ret_len)
{
	const struct place *p = &memo->place[place_of(lane, seq)];

	if (p->len == 0 || p->seq != seq || p->lane != lane || memo->written - p->at > RING_SIZE)
		return NULL;
	*ret_len = p->len;
	return memo->ring + p->at % RING_SIZE;
}

void cv_text_memo_keep(struct cv_text_memo *memo, unsigned int lane, uint64_t seq, const char *text,
		       size_t len)
{
	size_t left = RING_SIZE - memo->written % RING_SIZE;

	if (memo->readers < 2 || len == 0 || len > RING_SIZE / 16)
		return;
	if (!memo->ring)
		memo->ring = malloc(RING_SIZE);
	if (!memo->ring)
		return;
	if (left < len)
		memo->written += left; /* in one piece */
	memcpy(memo->ring + memo->written % RING_SIZE, text, len);
	memo->place[place_of(lane, seq)] = (struct place){seq, memo->written, (uint32_t)len, lane};
	memo->written += len;
}

void cv_text_memo_made_from(struct cv_text_memo *memo, uint64_t version)
{
	if (memo->version == version)
		return;
	memo->version = version;
	forget(memo);
}

void cv_text_memo_destroy(struct cv_text_memo *memo)
{
	if (!memo)
		return;
	free(memo->ring);
	free(memo);
}
