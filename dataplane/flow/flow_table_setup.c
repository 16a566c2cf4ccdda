/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "dataplane/flow/flow.h"

int cv_flow_table_setup(struct cv_flow_table *t, uint32_t capacity, uint64_t seed)
{
	uint32_t sets = 4;

	/* Twice as many ways as flows: with two sets to choose from, one is practically never full. */
	while ((uint64_t)sets * CV_FLOW_SET_WAYS < 2ull * capacity)
		sets *= 2;
	t->flow = calloc(capacity, sizeof(*t->flow));
	t->set = aligned_alloc(64, sets * sizeof(*t->set));
	if (t->flow == NULL || t->set == NULL) {
		cv_flow_table_release(t);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < sets; i++)
		t->set[i] = (struct cv_flow_set){0};
	t->seed = seed * 0x9e3779b97f4a7c15ull + 0x2545f4914f6cdd1dull;
	t->capacity = capacity;
	t->set_mask = sets - 1;
	t->free = CV_INDEX_NONE;
	t->fresh = 0;
	t->live = 0;
	for (int i = 0; i < CV_FLOW_LISTS; i++)
		t->list[i] = (struct cv_flow_list_head){CV_INDEX_NONE, CV_INDEX_NONE};
	t->gaps = (struct cv_flow_list_head){CV_INDEX_NONE, CV_INDEX_NONE};
	return 0;
}

void cv_flow_table_release(struct cv_flow_table *t)
{
	free(t->flow);
	free(t->set);
	t->flow = NULL;
	t->set = NULL;
}
