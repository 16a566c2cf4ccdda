/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change writes to the disk. Events wait for nobody: a flush takes as long as the log keeps the disk
 * busy, so each is a thread's; the loop takes over what was written when that has ended.
 */
#include <stdio.h>

#include "control/rollout/rollout_private.h"

bool cv_rollout_brings(enum cv_change change)
{
	return change == CV_CHANGE_APPLY || change == CV_CHANGE_SHADOW;
}

bool cv_rollout_goes_back(enum cv_change change)
{
	return change == CV_CHANGE_REVERT || change == CV_CHANGE_TIMEOUT;
}

void cv_rollout_on_thread(struct cv_rollout *r, void (*work)(void *rollout),
			  void (*done)(void *rollout))
{
	r->task.work = work;
	r->task.done = done;
	if (cv_task_start(&r->task) == 0)
		return;
	work(r);
	done(r);
}

int cv_rollout_write(struct cv_rollout *r, const struct cv_state *next)
{
	int res = cv_state_write(&r->file, next);

	if (res < 0)
		return res;
	r->job.written = *next;
	r->job.has_written = true;
	return 0;
}

void cv_rollout_take_written(struct cv_rollout *r)
{
	if (r->job.has_written)
		r->state = r->job.written;
	r->job.has_written = false;
}

/* What the change is about, where it brings nothing. */
static const struct cv_about *about_of(const struct cv_rollout *r)
{
	switch (r->job.change) {
	case CV_CHANGE_APPLY:
	case CV_CHANGE_SHADOW:
		return &r->job.fresh.about;
	case CV_CHANGE_PROMOTE:
	case CV_CHANGE_STOP_SHADOW:
		return &r->shadow.about;
	case CV_CHANGE_REVERT:
	case CV_CHANGE_TIMEOUT:
		return &r->previous.about;
	default:
		return &r->live.about;
	}
}

int cv_rollout_write_down(struct cv_rollout *r)
{
	const struct cv_about *about = about_of(r);
	bool back = cv_rollout_goes_back(r->job.change);
	const struct cv_audit_entry entry = {
		.time_ns = r->job.since_ns,
		.who = r->job.who,
		.what = cv_change_name(r->job.change),
		.number = about->number,
		.hash = about->hash,
		.detail = about->name,
	};
	struct cv_state next = r->state;
	int res;

	r->job.audit =
		back ? cv_audit_begin_later(r->audit, &entry) : cv_audit_begin(r->audit, &entry);
	if (r->job.audit < 0 && !back) {
		res = (int)r->job.audit;
		r->job.audit = 0;
		return res;
	}
	cv_rollout_step("audit-begun");
	next.intent_number = r->job.fresh.about.number;
	if (next.intent_number)
		next.last = next.intent_number;
	snprintf(next.intent, sizeof(next.intent), "%s", cv_change_name(r->job.change));
	next.intent_audit = r->job.audit;
	res = cv_rollout_write(r, &next);
	cv_rollout_step("intent-written");
	return back ? 0 : res;
}

void cv_rollout_write_nothing_begun(struct cv_rollout *r)
{
	struct cv_state next = r->state;

	next.intent[0] = '\0';
	next.intent_number = 0;
	next.intent_audit = 0;
	(void)cv_rollout_write(r, &next);
}
