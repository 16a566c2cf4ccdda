/* SPDX-License-Identifier: Apache-2.0 */
/*
 * APDUs in several frames: the first, middle ones and the last, numbered from some number on, each
 * confirmed by the other end with a frame that carries nothing. What the worker has no room for, and
 * what has no beginning, is told piece by piece.
 */
#include <string.h>

#include "dataplane/decode/dlt698.h"

#define FIRST 0u
#define LAST 1u
#define CONFIRMATION 2u
#define NUMBERS 4096u /* of fragments, then from 0 again */

static struct dlt698_join *find(struct dlt698_worker *w, const void *flow, bool up)
{
	for (unsigned int i = 0; i < DLT698_JOINS; i++)
		if (w->join[i].flow == flow && w->join[i].up == up)
			return &w->join[i];
	return NULL;
}

static struct dlt698_join *begin(struct dlt698_worker *w, const void *flow, bool up)
{
	struct dlt698_join *j = find(w, flow, up);

	for (unsigned int i = 0; i < DLT698_JOINS && j == NULL; i++)
		if (w->join[i].flow == NULL)
			j = &w->join[i];
	if (j == NULL)
		j = &w->join[w->turn++ % DLT698_JOINS];
	j->flow = flow;
	j->up = up;
	j->lost = false;
	j->len = 0;
	return j;
}

static void end(struct dlt698_flow *flow, struct dlt698_join *j, bool up)
{
	flow->joining[up] = false;
	if (j != NULL)
		j->flow = NULL;
}

static void add(struct dlt698_apdu *a, struct dlt698_join *j, const uint8_t *data, size_t len)
{
	if (!j->lost && len <= DLT698_APDU_MAX - j->len) {
		memcpy(j->data + j->len, data, len);
		j->len += (uint32_t)len;
		return;
	}
	a->flags |= CV_FLAG_PARTIAL;
	if (!j->lost)
		dlt698_raw(a, "fragments too long to join", j->data, j->len);
	j->lost = true;
	dlt698_raw(a, "fragment", data, len);
}

enum cv_reject dlt698_fragment(struct dlt698_apdu *a, const uint8_t *data, size_t len,
			       const uint8_t **ret_data, size_t *ret_len)
{
	struct dlt698_worker *w = a->d->worker;
	struct dlt698_flow *flow = a->d->flow;
	struct dlt698_join *j;
	unsigned int kind, number;

	*ret_len = 0;
	if (len < 2)
		return CV_REJECT_BAD_PAYLOAD;
	kind = data[1] >> 6;
	number = (data[0] | (unsigned int)data[1] << 8) % NUMBERS;
	if (kind == CONFIRMATION)
		return CV_REJECT_NONE;
	j = kind == FIRST ? begin(w, flow, a->up) : find(w, flow, a->up);
	if (j == NULL && flow->joining[a->up]) {
		end(flow, NULL, a->up);
		return CV_REJECT_EVICTED;
	}
	if (j != NULL && kind != FIRST && (number + 1) % NUMBERS == j->next)
		return CV_REJECT_NONE; /* sent again: the confirmation was lost */
	if (j == NULL || (kind != FIRST && j->next != number)) {
		end(flow, j, a->up);
		a->flags |= CV_FLAG_PARTIAL | CV_FLAG_UNPAIRED;
		if (j != NULL && !j->lost)
			dlt698_raw(a, "fragments in front of one that is missing", j->data, j->len);
		dlt698_raw(a, "fragment without those in front of it", data + 2, len - 2);
		return CV_REJECT_NONE;
	}
	if (kind == FIRST && len > 2)
		a->tag = data[2];
	else if (j->len > 0)
		a->tag = j->data[0];
	flow->joining[a->up] = true;
	j->next = (uint16_t)((number + 1) % NUMBERS);
	add(a, j, data + 2, len - 2);
	if (kind != LAST)
		return CV_REJECT_NONE;
	*ret_data = j->data;
	*ret_len = j->lost ? 0 : j->len;
	end(flow, j, a->up); /* its bytes stay until another one begins */
	return CV_REJECT_NONE;
}

void dlt698_flow_end(void *flow, void *worker)
{
	struct dlt698_worker *w = worker;

	for (unsigned int i = 0; i < DLT698_JOINS; i++)
		if (w->join[i].flow == flow)
			w->join[i].flow = NULL;
}
