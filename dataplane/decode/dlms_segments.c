/* SPDX-License-Identifier: Apache-2.0 */
/*
 * APDUs in several frames of HDLC: all but the last have the segmentation bit, only the first has the
 * head of the link layer, and each is one further than the one in front of it (N(S), modulo 8). Each is
 * told as it comes, since its end may never do; with the last one what they are all of is told, too.
 */
#include <string.h>

#include "dataplane/decode/dlms.h"

struct dlms_join *dlms_joining(const struct cv_decode *d)
{
	struct dlms_worker *w = d->worker;

	for (unsigned int i = 0; i < DLMS_JOINS; i++)
		if (w->join[i].flow == d->flow && w->join[i].client == d->from_client)
			return &w->join[i];
	return NULL;
}

/* A place for it: where the one before it was put together, a free one, another flow's. */
static struct dlms_join *begin(struct dlms_apdu *a)
{
	struct dlms_worker *w = a->d->worker;
	struct dlms_join *j = dlms_joining(a->d);

	for (unsigned int i = 0; i < DLMS_JOINS && j == NULL; i++)
		if (w->join[i].flow == NULL)
			j = &w->join[i];
	if (j == NULL)
		j = &w->join[w->join_turn++ % DLMS_JOINS];
	((struct dlms_flow *)a->d->flow)->kept = true;
	j->flow = a->d->flow;
	j->client = a->d->from_client;
	j->up = a->up;
	j->len = 0;
	return j;
}

static void tell(struct dlms_apdu *a, const struct dlms_segment *s, uint32_t flags)
{
	uint32_t before = a->flags;

	a->flags |= CV_FLAG_PARTIAL | flags;
	dlms_raw(a, NULL, "segment", s->data, s->len);
	a->flags = before;
}

/* The one that came last, once more: nobody confirmed it. */
static bool is_repeat(const struct dlms_join *j, const struct dlms_segment *s)
{
	return j != NULL && s->numbered && s->number == j->number &&
	       (!s->first || (j->len == s->len && memcmp(j->data, s->data, s->len) == 0));
}

size_t dlms_take_segment(struct dlms_apdu *a, const struct dlms_segment *s, const uint8_t **ret)
{
	struct dlms_join *j = dlms_joining(a->d);
	bool next = j != NULL && (!s->numbered || dlms_follows(j, s->number));

	if (j != NULL)
		a->tag = j->data[0];
	else if (s->first && s->len > 0)
		a->tag = s->data[0];
	if (is_repeat(j, s)) {
		tell(a, s, CV_FLAG_DUPLICATE);
		return 0;
	}
	tell(a, s, s->first || next ? 0 : CV_FLAG_UNPAIRED);
	if (s->first)
		j = begin(a);
	if (j == NULL)
		return 0;
	if ((!s->first && !next) || s->len > DLMS_APDU_MAX - j->len) {
		j->flow = NULL; /* one is missing, or it is longer than can be */
		return 0;
	}
	if (s->len != 0)
		memcpy(j->data + j->len, s->data, s->len);
	j->len += (uint32_t)s->len;
	j->number = s->number;
	j->fresh = s->first;
	if (!s->last)
		return 0;
	j->flow = NULL; /* its bytes stay until another one begins */
	*ret = j->data;
	return j->len;
}
