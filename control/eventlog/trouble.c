/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trouble with the disk. Measurements, states and security events are refused at once, so that the
 * lanes stay apart and the loss is told. Alarms go last: their append is held, tried again in place
 * and under the same numbers, and the blocks stay in the handoff meanwhile. Only a place that goes
 * on failing while the rest of the disk may be well is given up.
 */
#include "control/eventlog/log_private.h"

#include <errno.h>

#define CV_HOLD_RETRY_NS 200000000u
/* An I/O error may be one bad place: after this long the append moves to the next segment. */
#define CV_HOLD_PLACE_NS 5000000000u
#define CV_SLOW_NS 1000000000u
/* A slow write is told for so long after it. */
#define CV_SLOW_TOLD_NS 10000000000u

struct trouble_row {
	const char *name, *what, *remedy;
};

#define ROW(id, trouble_name, text, cure) {.name = trouble_name, .what = text, .remedy = cure},
static const struct trouble_row rows[] = {CV_LOG_TROUBLES(ROW)};

const char *cv_log_trouble_name(enum cv_log_trouble t)
{
	return rows[t].name;
}

const char *cv_log_trouble_text(enum cv_log_trouble t)
{
	return rows[t].what;
}

const char *cv_log_trouble_remedy(enum cv_log_trouble t)
{
	return rows[t].remedy;
}

enum cv_refusal cv_refusal_of(int error)
{
	switch (error) {
	case -ENOSPC:
	case -EDQUOT:
		return CV_REFUSAL_DISK_FULL;
	case -EROFS:
		return CV_REFUSAL_READ_ONLY;
	default:
		return CV_REFUSAL_IO_ERROR;
	}
}

void cv_trouble_note(struct cv_log_lane *l, int error)
{
	switch (cv_refusal_of(error)) {
	case CV_REFUSAL_DISK_FULL:
		l->trouble = CV_LOG_TROUBLE_FULL;
		break;
	case CV_REFUSAL_READ_ONLY:
		l->trouble = CV_LOG_TROUBLE_READ_ONLY;
		break;
	default:
		l->trouble = CV_LOG_TROUBLE_IO_ERROR;
	}
}

void cv_trouble_written(struct cv_log_lane *l)
{
	struct cv_append *a = &l->append;
	uint64_t now = cv_loop_mono_ns(l->log->loop);

	if (now - a->submitted_at > CV_SLOW_NS)
		l->slow_until = now + CV_SLOW_TOLD_NS;
	l->trouble = CV_LOG_TROUBLE_NONE;
	a->failing_since = 0;
}

enum cv_log_trouble cv_eventlog_trouble(const struct cv_eventlog *log, enum cv_lane lane)
{
	const struct cv_log_lane *l = &log->lane[lane];
	uint64_t now = cv_loop_mono_ns(log->loop);

	if (l->full)
		return CV_LOG_TROUBLE_FULL;
	if (l->trouble != CV_LOG_TROUBLE_NONE)
		return l->trouble;
	if (now < l->slow_until ||
	    (l->append.op.pending && now - l->append.submitted_at > CV_SLOW_NS))
		return CV_LOG_TROUBLE_SLOW;
	return CV_LOG_TROUBLE_NONE;
}

bool cv_eventlog_held(const struct cv_eventlog *log, enum cv_lane lane)
{
	return log->lane[lane].append.held;
}

bool cv_append_hold(struct cv_log_lane *l, int error)
{
	struct cv_append *a = &l->append;
	uint64_t now = cv_loop_mono_ns(l->log->loop);

	if (l->lane != CV_LANE_ALARM || error == -ECANCELED || l->log->closing || a->batch.n == 0)
		return false;
	if (a->failing_since == 0)
		a->failing_since = now;
	if (cv_refusal_of(error) == CV_REFUSAL_IO_ERROR &&
	    now - a->failing_since > CV_HOLD_PLACE_NS)
		return false;
	a->held = true;
	if (!a->retry.pending)
		cv_loop_timer(l->log->loop, &a->retry, CV_HOLD_RETRY_NS);
	return true;
}

void cv_append_retry(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_log_lane *l = op->owner;
	struct cv_append *a = &l->append;

	if (!a->held || l->log->closing)
		return;
	a->held = false;
	if (a->now.take > 0)
		cv_append_again(l);
	else
		cv_append_continue(l);
}

void cv_eventlog_let_go(struct cv_eventlog *log)
{
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		struct cv_log_lane *l = &log->lane[i];

		if (!l->append.held)
			continue;
		l->append.held = false;
		l->append.failing_since = 0;
		cv_append_give_up(l);
	}
}
