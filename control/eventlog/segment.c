/* SPDX-License-Identifier: Apache-2.0 */
#include "control/eventlog/log_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEQ_DIGITS 20

void cv_segment_name(uint64_t first, const char *suffix, char name[CV_SEGMENT_NAME])
{
	snprintf(name, CV_SEGMENT_NAME, "%020" PRIu64 "%s", first, suffix);
}

uint64_t cv_segment_parse_name(const char *name, const char *suffix)
{
	uint64_t seq = 0;

	if (strlen(name) != SEQ_DIGITS + strlen(suffix) || strcmp(name + SEQ_DIGITS, suffix) != 0)
		return 0;
	for (int i = 0; i < SEQ_DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9' || seq > CV_SEQ_MAX / 10)
			return 0;
		seq = seq * 10 + (uint64_t)(name[i] - '0');
	}
	return seq < CV_SEQ_MAX ? seq : 0;
}

struct cv_segment *cv_segment_add(struct cv_log_lane *l, uint64_t first, uint64_t size)
{
	struct cv_segment *s = calloc(1, sizeof(*s));

	if (s && l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		struct cv_segment **grown =
			realloc(l->segments, room * sizeof(struct cv_segment *));

		if (!grown) {
			free(s);
			return NULL;
		}
		l->segments = grown;
		l->room = room;
	}
	if (!s)
		return NULL;
	*s = (struct cv_segment){.first = first, .end = first, .size = size, .newest = INT64_MIN};
	l->segments[l->count++] = s;
	return s;
}

void cv_segment_free(struct cv_segment *s)
{
	if (s) {
		free(s->index);
		free(s->pack.frames);
	}
	free(s);
}

const char *cv_segment_suffix(const struct cv_segment *s)
{
	return s->pack.frames ? ".zst" : ".log";
}

/* @param reuse its file may serve again, with what is in it. */
static void remove_oldest(struct cv_log_lane *l, bool reuse)
{
	struct cv_segment *s = l->segments[0];
	char name[CV_SEGMENT_NAME];

	/* In this order a crash leaves no index without its segment. */
	cv_segment_name(s->first, ".idx", name);
	unlinkat(l->dir, name, 0);
	cv_segment_name(s->first, cv_segment_suffix(s), name);
	if (!reuse || !cv_spare_reuse(l, s, name))
		unlinkat(l->dir, name, 0);
	cv_segment_free(s);
	l->count--;
	memmove(l->segments, l->segments + 1, l->count * sizeof(struct cv_segment *));
}

uint64_t cv_eventlog_bytes(const struct cv_eventlog *log, enum cv_lane lane)
{
	const struct cv_log_lane *l = &log->lane[lane];
	uint64_t bytes = 0;

	for (size_t i = 0; i < l->count; i++)
		bytes += l->segments[i]->size;
	return bytes;
}

void cv_eventlog_hold(struct cv_eventlog *log, enum cv_lane lane, uint64_t seq)
{
	log->lane[lane].hold = seq;
}

/* Somebody has yet to read the oldest segment, and the lane may be that large. */
static bool is_held(const struct cv_log_lane *l, uint64_t bytes)
{
	const struct cv_eventlog_config *c = &l->log->config;

	return c->hold_bytes > 0 && l->segments[1]->first > l->hold &&
	       bytes <= c->retain_bytes[l->lane] + c->hold_bytes;
}

static bool is_too_old(struct cv_log_lane *l, int64_t now_ns)
{
	uint64_t max_ns = l->log->config.retain_ns[l->lane];
	const struct cv_segment *oldest = l->segments[0];

	if (max_ns == 0 || now_ns <= 0)
		return false;
	cv_complete_know(l, 0);
	return oldest->newest < now_ns && (uint64_t)(now_ns - oldest->newest) > max_ns;
}

void cv_lane_retain(struct cv_log_lane *l, int64_t now_ns)
{
	uint64_t max_bytes = l->log->config.retain_bytes[l->lane];
	uint64_t bytes = cv_eventlog_bytes(l->log, l->lane);

	while (l->count > 1) {
		const struct cv_segment *oldest = l->segments[0];
		bool too_many = max_bytes > 0 && bytes > max_bytes;
		bool too_old = is_too_old(l, now_ns);

		if ((!too_many && !too_old) || oldest->packing || is_held(l, bytes))
			break;
		bytes -= oldest->size;
		/* What is too old is to be gone, not to wait until it is written over. */
		remove_oldest(l, !too_old);
	}
}

const enum cv_lane cv_lanes_by_worth[CV_LANE_COUNT] = {CV_LANE_MEASUREMENT, CV_LANE_STATUS,
						       CV_LANE_SECURITY, CV_LANE_ALARM};

bool cv_lane_reclaim_for(struct cv_log_lane *l)
{
	/* A lane never takes from itself or from its betters. */
	for (size_t i = 0; cv_lanes_by_worth[i] != l->lane; i++) {
		struct cv_log_lane *victim = &l->log->lane[cv_lanes_by_worth[i]];

		if (victim->count > 1 && !victim->segments[0]->packing) {
			remove_oldest(victim, false);
			return true;
		}
	}
	return false;
}
