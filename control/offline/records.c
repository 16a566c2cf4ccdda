/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/records.h"

#include <errno.h>
#include <stdlib.h>

#include "dataplane/replay/replay.h"

#define BURST 32

struct cv_records {
	struct cv_replay replay;
	cv_records_each *each;
	void *owner;
};

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	struct cv_records *r =
		(struct cv_records *)(void *)((char *)sink -
					      offsetof(struct cv_records, replay.output.sink));

	r->each(r->owner, rec);
}

int cv_records_create(cv_records_each *each, void *owner, const char *const *hints, unsigned int n,
		      struct cv_records **ret)
{
	struct cv_replay_options options = {.burst = BURST};
	struct cv_records *r;

	for (unsigned int i = 0; i < n; i++) {
		if (i == CV_REPLAY_HINTS_MAX ||
		    cv_replay_hint_parse(hints[i], &options.hint[options.hints++]) < 0)
			return -EINVAL;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->each = each;
	r->owner = owner;
	if (cv_replay_setup(&r->replay, &options) != CV_REPLAY_OK) {
		cv_records_destroy(r);
		return -ENOMEM;
	}
	r->replay.output.sink.committed = committed;
	*ret = r;
	return 0;
}

void cv_records_destroy(struct cv_records *r)
{
	if (!r)
		return;
	cv_replay_release(&r->replay);
	free(r);
}

const struct cv_generation *cv_records_generation(const struct cv_records *r)
{
	return r->replay.gen;
}

int cv_records_frame(struct cv_records *r, const struct cv_source_frame *frame)
{
	const struct cv_replay_input input = {
		.body = frame->data,
		.body_len = frame->captured,
		.len = frame->len,
		.ts_ns = frame->ts_ns,
	};

	return frame->supported ? cv_replay_frame(&r->replay, &input) : 0;
}

void cv_records_finish(struct cv_records *r)
{
	cv_replay_finish(&r->replay);
}
