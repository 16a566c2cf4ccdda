/* SPDX-License-Identifier: Apache-2.0 */
/* What a start of control finishes or takes back of what the last one began. */
#include <stdio.h>
#include <string.h>

#include "control/diag.h"
#include "control/rollout/rollout_private.h"

/* A row that was to be written when there is room, in a memory that is gone. */
static void write_lost_row(struct cv_rollout *r)
{
	const struct cv_state *s = &r->state;
	struct cv_about about = {0};
	bool by_itself = strcmp(s->live_who, "culvert-control") == 0;
	struct cv_audit_entry entry = {
		.time_ns = s->live_since_ns,
		.who = s->live_who,
		.what = cv_change_name(by_itself ? CV_CHANGE_TIMEOUT : CV_CHANGE_REVERT),
		.number = s->live,
		.hash = about.hash,
		.detail = "written at the next start of control: the disk was full",
	};

	(void)cv_store_about(&r->store, s->live, &about);
	cv_audit_finish(r->audit, cv_audit_begin_later(r->audit, &entry), "done", "");
}

/* A change that a crash interrupted before it was committed did not happen; one that was committed
 * has no intent any more, and only its row of the audit trail may still say that it was begun. */
static void take_back(struct cv_rollout *r)
{
	struct cv_state *s = &r->state;

	if (s->intent[0]) {
		cv_diag("note",
			"a change (%s) was interrupted before it was made: nothing is changed",
			s->intent);
		if (s->intent_number && s->intent_number != s->live &&
		    s->intent_number != s->previous && s->intent_number != s->shadow)
			cv_store_remove(&r->store, s->intent_number);
	} else if (s->intent_audit > 0) {
		cv_audit_finish(r->audit, s->intent_audit, "done", "");
	} else if (s->intent_audit < 0) {
		write_lost_row(r);
	}
	cv_audit_interrupted(r->audit);
	s->intent[0] = '\0';
	s->intent_number = 0;
	s->intent_audit = 0;
}

static void tell_of_timeout(struct cv_rollout *r, const char *result)
{
	struct cv_about about = {0};
	struct cv_audit_entry entry = {
		.time_ns = cv_loop_wall_ns(r->loop),
		.who = "culvert-control",
		.what = cv_change_name(CV_CHANGE_TIMEOUT),
		.number = r->state.live,
		.hash = about.hash,
		.detail = "at the start of control",
	};

	(void)cv_store_about(&r->store, r->state.live, &about);
	cv_audit_finish(r->audit, cv_audit_begin_later(r->audit, &entry), result, "");
}

/* The deadline may have passed while nobody was there to see it. */
static void check_deadline(struct cv_rollout *r)
{
	struct cv_state *s = &r->state;

	if (!s->confirm || cv_rollout_left(s) > 0)
		return;
	s->confirm = false;
	if (!s->previous)
		return;
	cv_tell(CV_MESSAGE_POLICY_REVERTED,
		"policy %llu was not confirmed in time: going back to %llu",
		(unsigned long long)s->live, (unsigned long long)s->previous);
	s->live = s->previous;
	s->previous = 0;
	s->shadow = 0;
	s->live_since_ns = cv_loop_wall_ns(r->loop);
	snprintf(s->live_who, sizeof(s->live_who), "culvert-control");
	tell_of_timeout(r, "done");
}

void cv_rollout_recover(struct cv_rollout *r)
{
	take_back(r);
	check_deadline(r);
}
