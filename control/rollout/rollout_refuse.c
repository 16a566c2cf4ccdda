/* SPDX-License-Identifier: Apache-2.0 */
/* May a change be: is nothing in its way, and is there something to be changed? */
#include <stdio.h>
#include <string.h>

#include "control/rollout/rollout_private.h"
#include "control/text/utc.h"

__attribute__((format(printf, 3, 4))) static json_t *conflict(const char *hint, int *ret_status,
							      const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*ret_status = 409;
	return cv_rollout_refusal(text, hint);
}

/* Somebody's change is in the way: who, and since when. */
static json_t *in_the_way(const struct cv_rollout *r, const struct cv_change_request *q,
			  int *ret_status)
{
	const struct cv_state *s = &r->state;
	char when[CV_UTC_SIZE];

	if (r->job.busy) {
		cv_utc_text(r->job.since_ns / 1000000000, when);
		return conflict("try again when it is done", ret_status,
				"%s by %s has been under way since %s",
				cv_change_name(r->job.change), r->job.who, when);
	}
	if (s->confirm && q->change != CV_CHANGE_CONFIRM && q->change != CV_CHANGE_REVERT &&
	    q->change != CV_CHANGE_TIMEOUT) {
		cv_utc_text(s->live_since_ns / 1000000000, when);
		return conflict("confirm it or revert it first", ret_status,
				"policy %llu, applied by %s at %s, waits to be confirmed",
				(unsigned long long)s->live, s->live_who, when);
	}
	if (s->shadow && (q->change == CV_CHANGE_APPLY || q->change == CV_CHANGE_SHADOW) &&
	    strcmp(s->shadow_who, q->who) != 0) {
		cv_utc_text(s->shadow_since_ns / 1000000000, when);
		return conflict("promote it, or end it with: culvert policy shadow --stop",
				ret_status, "%s has policy %llu in shadow since %s", s->shadow_who,
				(unsigned long long)s->shadow, when);
	}
	return NULL;
}

/* There is something to be changed at all. */
static json_t *nothing_there(const struct cv_rollout *r, enum cv_change change, int *ret_status)
{
	switch (change) {
	case CV_CHANGE_PROMOTE:
	case CV_CHANGE_STOP_SHADOW:
		if (!r->shadow.gen)
			return conflict("culvert policy apply --shadow FILE begins one", ret_status,
					"no policy is in shadow");
		return NULL;
	case CV_CHANGE_CONFIRM:
		if (!r->state.confirm)
			return conflict("culvert policy status says what is in force", ret_status,
					"policy %llu does not wait to be confirmed",
					(unsigned long long)r->state.live);
		return NULL;
	case CV_CHANGE_REVERT:
	case CV_CHANGE_TIMEOUT:
		if (!r->previous.gen)
			return conflict("revert goes one step back; apply the policy you want",
					ret_status, "there is no policy before %llu to go back to",
					(unsigned long long)r->state.live);
		return NULL;
	default:
		return NULL;
	}
}

json_t *cv_rollout_refuse(const struct cv_rollout *r, const struct cv_change_request *q,
			  int *ret_status)
{
	json_t *no = in_the_way(r, q, ret_status);
	char text[128];

	if (no)
		return no;
	if (q->expect && q->expect != r->state.live) {
		*ret_status = 412;
		snprintf(text, sizeof(text), "policy %llu is in force, not %llu",
			 (unsigned long long)r->state.live, (unsigned long long)q->expect);
		return cv_rollout_refusal(text, "look at what changed: culvert policy history");
	}
	return nothing_there(r, q->change, ret_status);
}
