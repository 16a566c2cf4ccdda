/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/status.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME(id, name) name,
static const char *const states[] = {CV_SINK_STATES(NAME)};
static const char *const refusals[] = {CV_SINK_REFUSALS(NAME)};
static const char *const counters[] = {CV_SINK_COUNTERS(NAME)};

const char *cv_sink_state_name(unsigned int state)
{
	return state < CV_SINK_STATE_COUNT ? states[state] : "?";
}

const char *cv_sink_refusal_name(unsigned int refusal)
{
	return refusal < CV_SINK_REFUSAL_COUNT ? refusals[refusal] : "?";
}

const char *cv_sink_counter_name(unsigned int counter)
{
	return counter < CV_SINK_COUNTER_COUNT ? counters[counter] : "?";
}

static int64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void cv_sink_status_set(struct cv_sink_status *s, enum cv_sink_state state)
{
	if (atomic_exchange(&s->state, state) != state)
		atomic_store(&s->state_since_ns, wall_ns());
}

void cv_sink_status_error(struct cv_sink_status *s, const char *text)
{
	/* A writer that died inside leaves it odd. */
	uint32_t version = atomic_load(&s->text_version) | 1;

	atomic_store(&s->text_version, version);
	atomic_thread_fence(memory_order_release);
	snprintf(s->error, sizeof(s->error), "%s", text);
	s->error_ns = wall_ns();
	atomic_store_explicit(&s->text_version, version + 1, memory_order_release);
}

void cv_sink_status_read_error(const struct cv_sink_status *s, char *ret, int64_t *ret_ns)
{
	for (int i = 0; i < 100; i++) {
		uint32_t before = atomic_load_explicit(&s->text_version, memory_order_acquire);

		memcpy(ret, s->error, CV_SINK_TEXT_MAX);
		*ret_ns = s->error_ns;
		atomic_thread_fence(memory_order_acquire);
		if (!(before & 1) && atomic_load(&s->text_version) == before)
			break;
	}
	ret[CV_SINK_TEXT_MAX - 1] = '\0';
}

void cv_sink_status_put_back(struct cv_sink_status *s)
{
	uint64_t settled = s->count[CV_SINK_COUNTER_DELIVERED] + s->count[CV_SINK_COUNTER_PUT_BACK];

	for (unsigned int i = 0; i < CV_SINK_REFUSAL_COUNT; i++)
		settled += s->refused[i];
	cv_sink_count(s, CV_SINK_COUNTER_PUT_BACK, s->count[CV_SINK_COUNTER_TAKEN] - settled);
	atomic_store(&s->under_way, 0);
}
