/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/normalize/cloudevent.h"
#include "dataplane/replay/replay.h"

/* Room for the records that wait for their series (CV_EMIT_AHEAD); it is used again and again. */
#define LANE_SIZE 16384

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	struct cv_replay_output *o = (struct cv_replay_output *)(void *)sink;

	sink->lane[lane].cur = o->memory + (size_t)lane * LANE_SIZE;
	sink->lane[lane].end = sink->lane[lane].cur + LANE_SIZE;
}

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	struct cv_replay_output *o = (struct cv_replay_output *)(void *)sink;
	size_t len;

	o->written[rec->lane]++;
	o->rejects += rec->kind == CV_KIND_PARSE_ERROR;
	if (o->options->summary || o->options->evidence ||
	    (o->options->lane_chosen && !o->options->lane[rec->lane]))
		return;
	len = cv_cloudevent_json(rec, o->node, o->written[rec->lane], o->line, CV_CLOUDEVENT_MAX);
	o->line[len] = '\n';
	if (o->error == 0 && fwrite(o->line, 1, len + 1, o->out) != len + 1)
		o->error = errno ? errno : EIO;
}

int cv_replay_output_setup(struct cv_replay_output *o, const struct cv_replay_options *options,
			   const char *node)
{
	*o = (struct cv_replay_output){
		.sink = {.refill = refill, .committed = committed},
		.out = stdout,
		.node = node,
		.options = options,
		.memory = aligned_alloc(64, (size_t)CV_LANE_COUNT * LANE_SIZE),
		.line = malloc(CV_CLOUDEVENT_MAX + 1),
	};
	if (o->memory == NULL || o->line == NULL) {
		cv_replay_output_release(o);
		return -ENOMEM;
	}
	for (int lane = 0; lane < CV_LANE_COUNT; lane++)
		refill(&o->sink, (enum cv_lane)lane);
	return 0;
}

void cv_replay_output_release(struct cv_replay_output *o)
{
	free(o->memory);
	free(o->line);
	o->memory = NULL;
	o->line = NULL;
}
