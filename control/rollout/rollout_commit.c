/* SPDX-License-Identifier: Apache-2.0 */
/* The moment a change is made, and the policy that waits to be confirmed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/diag.h"
#include "control/rollout/deadline.h"
#include "control/rollout/rollout_private.h"

#define SECOND UINT64_C(1000000000)
/* The timer looks at least so often, whatever the clocks do meanwhile. */
#define CONFIRM_LOOK_NS (SECOND / 5)

/* ---- to be confirmed ----------------------------------------------------------------------- */

void cv_rollout_set_deadline(struct cv_state *state, uint64_t ns)
{
	struct cv_deadline d = cv_deadline_in(ns);

	state->confirm = ns > 0;
	state->deadline_wall_ns = d.wall_ns;
	state->deadline_boot_ns = d.boot_ns;
	memcpy(state->boot_id, d.boot_id, sizeof(state->boot_id));
}

uint64_t cv_rollout_left(const struct cv_state *state)
{
	struct cv_deadline d = {.wall_ns = state->deadline_wall_ns,
				.boot_ns = state->deadline_boot_ns};

	memcpy(d.boot_id, state->boot_id, sizeof(d.boot_id));
	return cv_deadline_left(&d, state->live_since_ns);
}

void cv_rollout_arm(struct cv_rollout *r)
{
	uint64_t left = cv_rollout_left(&r->state);

	if (r->state.confirm && !r->confirm.pending && !r->stopping)
		cv_loop_timer(r->loop, &r->confirm,
			      left < CONFIRM_LOOK_NS ? left + 1 : CONFIRM_LOOK_NS);
}

/* There is nothing to go back to: a start could not load it any more. */
static void stay(struct cv_rollout *r)
{
	struct cv_state next = r->state;

	cv_diag("error",
		"policy %llu was not confirmed in time, but there is nothing to go back to",
		(unsigned long long)r->state.live);
	next.confirm = false;
	(void)cv_state_write(&r->file, &next);
	r->state = next;
}

void cv_rollout_on_confirm(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_rollout *r = op->owner;
	const struct cv_change_request timeout = {
		.change = CV_CHANGE_TIMEOUT, .who = "culvert-control", .name = "", .data = ""};
	int status;

	if (res != -ETIME || r->stopping || !r->state.confirm)
		return;
	if (cv_rollout_left(&r->state) == 0 && !r->job.busy && !r->previous.gen) {
		stay(r);
	} else if (cv_rollout_left(&r->state) == 0 && !r->job.busy) {
		cv_tell(CV_MESSAGE_POLICY_REVERTED,
			"policy %llu was not confirmed in time: going back to %llu",
			(unsigned long long)r->state.live, (unsigned long long)r->state.previous);
		json_decref(cv_rollout_begin(r, &timeout, &status));
	}
	cv_rollout_arm(r);
}

/* ---- the commit ---------------------------------------------------------------------------- */

/* Older bundles than the newest that was in force are refused from now on, but for revert. */
static void raise_version(struct cv_state *s, const struct cv_version *v)
{
	if (v->about.version <= s->version)
		return;
	s->version = v->about.version;
	snprintf(s->version_hash, sizeof(s->version_hash), "%s", v->about.hash);
}

static void take_live(struct cv_rollout *r, struct cv_state *s, uint64_t number)
{
	s->previous = s->live;
	s->live = number;
	s->shadow = 0;
	s->live_since_ns = cv_loop_wall_ns(r->loop);
	snprintf(s->live_who, sizeof(s->live_who), "%s", r->job.who);
	if (number == r->job.fresh.about.number)
		raise_version(s, &r->job.fresh);
	else if (number == r->shadow.about.number)
		raise_version(s, &r->shadow);
	cv_rollout_set_deadline(s, r->job.confirm_ns);
}

static struct cv_state state_after(struct cv_rollout *r)
{
	struct cv_state s = r->state;

	/* The row of the audit trail stays in it: the next start finishes it where we cannot. */
	s.intent[0] = '\0';
	s.intent_number = 0;
	switch (r->job.change) {
	case CV_CHANGE_APPLY:
		take_live(r, &s, r->job.fresh.about.number);
		break;
	case CV_CHANGE_PROMOTE:
		take_live(r, &s, s.shadow);
		break;
	case CV_CHANGE_SHADOW:
		s.shadow = r->job.fresh.about.number;
		s.shadow_since_ns = cv_loop_wall_ns(r->loop);
		snprintf(s.shadow_who, sizeof(s.shadow_who), "%s", r->job.who);
		break;
	case CV_CHANGE_STOP_SHADOW:
		s.shadow = 0;
		break;
	case CV_CHANGE_CONFIRM:
		s.confirm = false;
		break;
	default: /* back */
		r->job.confirm_ns = 0;
		take_live(r, &s, s.previous);
		s.previous = 0;
		break;
	}
	return s;
}

/* What is loaded follows what is written: each number of the state finds its version. */
static void follow(struct cv_rollout *r)
{
	struct cv_version *all[] = {&r->live, &r->shadow, &r->previous, &r->job.fresh};
	const uint64_t wanted[3] = {r->state.live, r->state.shadow, r->state.previous};
	struct cv_version next[3] = {{.slot = -1}, {.slot = -1}, {.slot = -1}};

	for (unsigned int i = 0; i < 3; i++) {
		for (unsigned int k = 0; wanted[i] && k < 4; k++) {
			if (all[k]->about.number != wanted[i])
				continue;
			next[i] = *all[k];
			*all[k] = (struct cv_version){.slot = -1};
			break;
		}
	}
	for (unsigned int k = 0; k < 4; k++)
		cv_version_release(all[k]);
	r->live = next[0];
	r->shadow = next[1];
	r->previous = next[2];
}

static void activate(struct cv_rollout *r)
{
	cv_rollout_kernel_switch(r);
	cv_rollout_step("kernel-switched");
	cv_rollout_link_switch(r);
	cv_rollout_step("dataplane-switched");
	/* Both judge by it; what the kernel still has to put away takes its time elsewhere. */
	cv_rollout_on_thread(r, cv_rollout_kernel_settle, cv_rollout_settled);
}

static void write_commit(void *owner)
{
	struct cv_rollout *r = owner;

	r->job.error = cv_rollout_write(r, &r->job.next);
	if (r->job.error == 0)
		cv_rollout_step("committed");
}

static void written(void *owner)
{
	struct cv_rollout *r = owner;
	int res = r->job.error;

	cv_rollout_take_written(r);
	if (res < 0 && !cv_rollout_goes_back(r->job.change)) {
		cv_rollout_not_committed(r, res);
		return;
	}
	if (res < 0) {
		cv_diag("error",
			"policy %llu is in force again, but that cannot be written to %s (%s): "
			"a restart would not know",
			(unsigned long long)r->job.next.live, r->store.dir, strerror(-res));
		r->state = r->job.next;
	}
	r->job.committed = true;
	follow(r);
	if (r->job.change == CV_CHANGE_SHADOW)
		cv_rollout_shadow_begins(r);
	activate(r);
	cv_rollout_arm(r);
	cv_rollout_await_dataplane(r);
}

void cv_rollout_commit(struct cv_rollout *r)
{
	r->job.next = state_after(r);
	cv_rollout_on_thread(r, write_commit, written);
}
