/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/flow/inspect.h"

/* Memory for what waits, from the number of flows: an eighth of them may be in trouble at once. */
#define SHARE 8
#define WINDOWS_MIN 64
#define WINDOWS_MAX 4096 /* 16 MiB */
#define SEGMENTS_MIN 256
#define SEGMENTS_MAX 8192 /* 12 MiB */

static uint32_t clamp(uint32_t n, uint32_t min, uint32_t max)
{
	return n < min ? min : n > max ? max : n;
}

static int memory_setup(struct cv_stream_memory *m, uint32_t flows)
{
	m->window_count = clamp(flows / SHARE, WINDOWS_MIN, WINDOWS_MAX);
	m->segment_count = clamp(flows / SHARE, SEGMENTS_MIN, SEGMENTS_MAX);
	m->segment = calloc(m->segment_count, sizeof(*m->segment));
	m->window = calloc(m->window_count, CV_STREAM_WINDOW);
	m->window_next = calloc(m->window_count, sizeof(*m->window_next));
	m->window_user = calloc(m->window_count, sizeof(*m->window_user));
	if (m->segment == NULL || m->window == NULL || m->window_next == NULL ||
	    m->window_user == NULL)
		return -ENOMEM;
	m->segment_free = CV_INDEX_NONE;
	m->window_free = CV_INDEX_NONE;
	return 0;
}

static int workers_setup(struct cv_inspect *in)
{
	for (int proto = 1; proto < CV_PROTO_COUNT; proto++) {
		const struct cv_decoder *d = cv_decoders[proto];

		if (d->flow_size > CV_FLOW_STATE_MAX)
			return -EINVAL;
		if (d->worker_size == 0)
			continue;
		in->worker[proto] = calloc(1, d->worker_size);
		if (in->worker[proto] == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* As many senders as there may be devices; touched as they are first used. */
static int enforce_setup(struct cv_inspect *in)
{
	uint32_t sets = 64;

	while (sets * CV_LIMIT_WAYS < in->gen->device_capacity)
		sets *= 2;
	in->enforce.limits.mask = sets - 1;
	in->enforce.limits.state =
		calloc((size_t)sets * CV_LIMIT_WAYS, sizeof(struct cv_limit_state));
	in->emit.stage = calloc(1, CV_EMIT_STAGE);
	return in->enforce.limits.state == NULL || in->emit.stage == NULL ? -ENOMEM : 0;
}

static int repeats_setup(struct cv_inspect *in)
{
	int err;

	if (!in->gen->cleaning.repeats)
		return 0;
	err = cv_repeats_setup(&in->repeats, CV_REPEATS_MAX, in->gen->crc32c);
	if (err == 0)
		err = cv_hearings_setup(&in->hearings, CV_HEARINGS_MAX,
					in->gen->cleaning.gateway_hold_ns, &in->repeats);
	in->emit.hearings = &in->hearings;
	return err;
}

int cv_inspect_setup(struct cv_inspect *in, const struct cv_generation *gen, struct cv_sink *sink,
		     struct cv_counters *counters)
{
	int err;

	memset(in, 0, sizeof(*in));
	in->gen = gen;
	in->counters = counters;
	cv_emit_init(&in->emit, sink);
	in->emit.origin = &in->origin;
	/* The image's checksum is not known outside, and a replay has the same one. */
	err = cv_flow_table_setup(&in->flows, gen->flow_capacity, gen->crc32c);
	if (err == 0)
		err = memory_setup(&in->memory, gen->flow_capacity);
	if (err == 0)
		err = cv_fragments_setup(&in->fragments);
	if (err == 0)
		err = cv_classifier_setup(&in->classifier, gen);
	if (err == 0)
		err = workers_setup(in);
	if (err == 0)
		err = enforce_setup(in);
	if (err == 0)
		err = repeats_setup(in);
	if (err == 0)
		err = cv_series_setup(&in->series, gen->cleaning.series, gen->crc32c,
				      gen->cleaning.clock_skew_ns);
	in->emit.series = &in->series;
	if (err != 0)
		cv_inspect_release(in);
	return err;
}

void cv_inspect_release(struct cv_inspect *in)
{
	for (int proto = 0; proto < CV_PROTO_COUNT; proto++) {
		free(in->worker[proto]);
		in->worker[proto] = NULL;
	}
	free(in->enforce.limits.state);
	in->enforce.limits.state = NULL;
	free(in->emit.stage);
	in->emit.stage = NULL;
	cv_hearings_release(&in->hearings);
	cv_repeats_release(&in->repeats);
	cv_series_release(&in->series);
	cv_classifier_release(&in->classifier);
	cv_fragments_release(&in->fragments);
	free(in->memory.segment);
	free(in->memory.window);
	free(in->memory.window_next);
	free(in->memory.window_user);
	in->memory = (struct cv_stream_memory){0};
	cv_flow_table_release(&in->flows);
}
