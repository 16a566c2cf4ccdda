/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers in several blocks, numbered from 1: each is told as it comes, and with the last one what they
 * are all of is read. By server and invoke id; another beginning, or a number that is missing, ends it.
 */
#include <string.h>

#include "dataplane/decode/dlms.h"

static struct dlms_blocks *find(const struct dlms_apdu *a)
{
	struct dlms_worker *w = a->d->worker;

	for (unsigned int i = 0; i < DLMS_JOINS; i++)
		if (w->blocks[i].flow == a->d->flow && w->blocks[i].station == a->station &&
		    w->blocks[i].invoke == a->invoke)
			return &w->blocks[i];
	return NULL;
}

static struct dlms_blocks *begin(struct dlms_apdu *a)
{
	struct dlms_worker *w = a->d->worker;
	struct dlms_blocks *b = find(a);

	for (unsigned int i = 0; i < DLMS_JOINS && b == NULL; i++)
		if (w->blocks[i].flow == NULL)
			b = &w->blocks[i];
	if (b == NULL)
		b = &w->blocks[w->blocks_turn++ % DLMS_JOINS];
	((struct dlms_flow *)a->d->flow)->kept = true;
	b->flow = a->d->flow;
	b->station = a->station;
	b->invoke = a->invoke;
	b->next = 1;
	b->len = 0;
	return b;
}

size_t dlms_take_block(struct dlms_apdu *a, uint32_t number, bool last, const struct cv_axdr *block,
		       const uint8_t **ret)
{
	struct dlms_blocks *b = number == 1 ? begin(a) : find(a);

	if (b == NULL || number + 1 == b->next) /* sent again */
		return 0;
	if (number != b->next || block->len > DLMS_APDU_MAX - b->len) {
		b->flow = NULL;
		return 0;
	}
	if (block->len != 0)
		memcpy(b->data + b->len, block->at, block->len);
	b->len += (uint32_t)block->len;
	b->next++;
	if (!last)
		return 0;
	b->flow = NULL; /* its bytes stay until another one begins */
	*ret = b->data;
	return b->len;
}
