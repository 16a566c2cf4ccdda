/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to the commit: is everybody ready for it? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/diag.h"
#include "control/rollout/rollout_private.h"
#include "control/text/sha256_text.h"

/* Between looks at the dataplane while it builds. */
#define LOOK_NS 2000000u
/* A dataplane that has not built a policy by then is taken to be unable to. */
#define BUILD_NS UINT64_C(60000000000)
/* It is ready and has only to turn over: longer than any poll of its lcore. */
#define TURN_NS UINT64_C(3000000000)

static int status_of(int error)
{
	switch (error) {
	case -EINVAL:
	case -E2BIG:
		return 422;
	case -EKEYREJECTED:
	case -EKEYEXPIRED:
	case -ESTALE:
		return 403;
	case -ENOSPC:
	case -EDQUOT:
		return 507;
	case -ENOMEM:
	case -EAGAIN:
		return 503;
	default:
		return 500;
	}
}

static json_t *failure(const struct cv_rollout *r, int error, const char *what)
{
	char text[700];
	json_t *body;

	if (error == -ENOSPC || error == -EDQUOT)
		snprintf(text, sizeof(text), "%s: the disk of %.400s is full", what, r->store.dir);
	else
		snprintf(text, sizeof(text), "%s%s%s", what, r->job.why[0] ? ": " : "",
			 r->job.why[0]	      ? r->job.why
			 : r->job.diag.errors ? ""
					      : strerror(-error));
	body = cv_rollout_refusal(text, "what was in force is still in force");
	json_object_set_new(body, "findings", cv_diagnostics_json(&r->job.diag));
	return body;
}

static void give_up(struct cv_rollout *r, int status, int error, const char *what)
{
	json_t *answer = failure(r, error, what);
	const char *text = json_string_value(json_object_get(answer, "error"));
	char detail[700];

	snprintf(detail, sizeof(detail), "%s", text ? text : what);
	for (size_t i = 0; i < r->job.diag.n; i++) { /* the first error says enough */
		const struct cv_diagnostic *it = &r->job.diag.items[i];

		if (it->severity != CV_SEVERITY_ERROR)
			continue;
		snprintf(detail, sizeof(detail), "%u:%u: %.600s", it->line, it->column, it->text);
		break;
	}
	if (r->job.fresh.about.number) {
		if (r->link)
			cv_link_policy_withdraw(r->link, r->job.fresh.about.number);
		cv_rollout_kernel_abandon(r, &r->job.fresh);
	}
	cv_rollout_end(r, status, answer, "refused", detail);
}

/* ---- on the task --------------------------------------------------------------------------- */

static int store_and_compile(struct cv_rollout *r, struct cv_job *job)
{
	struct cv_about *about = &job->fresh.about;
	int res = cv_rollout_verify(r, job);

	if (res < 0)
		return res;
	res = cv_store_begin(&r->store, job->data, job->len, job->data + job->len, job->sigs_len);
	if (res < 0) {
		snprintf(job->why, sizeof(job->why), "%s", strerror(-res));
		return res;
	}
	cv_rollout_step("stored-new");
	res = cv_rollout_compile(r, 0, &job->fresh, &job->diag, job->why, sizeof(job->why));
	if (res < 0)
		return res;
	cv_rollout_step("compiled");
	about->crc32c = job->fresh.gen->crc32c;
	res = cv_store_keep(&r->store, about);
	if (res < 0)
		snprintf(job->why, sizeof(job->why), "%s", strerror(-res));
	cv_rollout_step("stored");
	return res;
}

/* The first thread of a change; nothing has happened before. */
static void prepare(void *owner)
{
	struct cv_rollout *r = owner;
	struct cv_job *job = &r->job;

	job->error = cv_rollout_write_down(r);
	job->what = "the change was not begun";
	if (job->error < 0 || !cv_rollout_brings(job->change))
		return;
	job->what = "the policy was not taken";
	job->error = store_and_compile(r, job);
	if (job->error == 0)
		job->error = cv_rollout_kernel_prepare(r, &job->fresh, job->why, sizeof(job->why));
	cv_rollout_step("kernel-prepared");
}

/* ---- back on the loop ---------------------------------------------------------------------- */

static void prepared(void *owner)
{
	struct cv_rollout *r = owner;
	const char *why = "";
	int res = r->job.error;

	cv_rollout_take_written(r);
	if (res < 0) {
		give_up(r, status_of(res), res, r->job.what);
		return;
	}
	if (!cv_rollout_brings(r->job.change)) {
		cv_rollout_commit(r);
		return;
	}
	res = cv_link_policy_offer(r->link, r->job.fresh.gen, &why);
	if (res < 0) {
		snprintf(r->job.why, sizeof(r->job.why), "%s", why);
		give_up(r, status_of(res), res, "the dataplane cannot be offered the policy");
		return;
	}
	cv_rollout_step("offered");
	r->job.deadline_ns = cv_loop_mono_ns(r->loop) + BUILD_NS;
	cv_loop_timer(r->loop, &r->wait, LOOK_NS);
}

static void look_if_built(struct cv_rollout *r)
{
	const char *why;
	enum cv_link_readiness ready =
		cv_link_policy_ready(r->link, r->job.fresh.about.number, &why);

	if (ready == CV_LINK_READY || ready == CV_LINK_ABSENT) {
		cv_rollout_step("dataplane-prepared");
		cv_rollout_commit(r);
		return;
	}
	if (ready == CV_LINK_UNFIT) {
		snprintf(r->job.why, sizeof(r->job.why), "%s", why);
		give_up(r, 503, -EIO, "the dataplane refuses the policy");
	} else if (cv_loop_mono_ns(r->loop) >= r->job.deadline_ns) {
		give_up(r, 503, -ETIMEDOUT, "the dataplane does not answer");
	} else {
		cv_loop_timer(r->loop, &r->wait, LOOK_NS);
	}
}

static json_t *done_answer(const struct cv_rollout *r, const char *note)
{
	json_t *body = json_pack("{s:s, s:s, s:o, s:o}", "result", "done", "change",
				 cv_change_name(r->job.change), "policy", cv_rollout_status(r),
				 "findings", cv_diagnostics_json(&r->job.diag));

	if (*note)
		json_object_set_new(body, "note", json_string(note));
	return body;
}

static void look_if_turned(struct cv_rollout *r)
{
	char note[200] = "";
	const char *why;
	enum cv_link_readiness state = cv_link_policy_in_step(r->link, &why);

	if (r->task.running ||
	    (state == CV_LINK_WAITING && cv_loop_mono_ns(r->loop) < r->job.deadline_ns)) {
		cv_loop_timer(r->loop, &r->wait, LOOK_NS);
		return;
	}
	if (state == CV_LINK_WAITING)
		snprintf(note, sizeof(note), "the dataplane has not said yet that it judges by it");
	else if (state == CV_LINK_UNFIT)
		snprintf(note, sizeof(note), "the dataplane does not judge by it: %s", why);
	else if (state == CV_LINK_ABSENT)
		snprintf(note, sizeof(note), "no dataplane is attached; it gets it when it comes");
	cv_rollout_end(r, 200, done_answer(r, note), "done", note);
}

void cv_rollout_await_dataplane(struct cv_rollout *r)
{
	r->job.deadline_ns = cv_loop_mono_ns(r->loop) + TURN_NS;
	look_if_turned(r);
}

void cv_rollout_settled(void *owner)
{
	/* The wait for the dataplane looks for it. */
}

void cv_rollout_on_wait(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_rollout *r = op->owner;

	if (res != -ETIME || r->stopping)
		return;
	if (r->job.committed)
		look_if_turned(r);
	else
		look_if_built(r);
}

void cv_rollout_not_committed(struct cv_rollout *r, int error)
{
	snprintf(r->job.why, sizeof(r->job.why), "%s", strerror(-error));
	give_up(r, status_of(error), error, "the change cannot be written down");
}

/* ---- asking -------------------------------------------------------------------------------- */

static int fill_fresh(struct cv_rollout *r, const struct cv_change_request *q)
{
	struct cv_about *about = &r->job.fresh.about;

	*about = (struct cv_about){
		.number = r->state.last + 1,
		.size = q->len,
		.origin = CV_ORIGIN_APPLY,
		.time_ns = cv_loop_wall_ns(r->loop),
	};
	snprintf(about->name, sizeof(about->name), "%s", q->name);
	snprintf(about->who, sizeof(about->who), "%s", q->who);
	r->job.data = malloc(q->len + q->sigs_len + 1);
	if (!r->job.data)
		return -ENOMEM;
	memcpy(r->job.data, q->data, q->len + q->sigs_len);
	r->job.len = q->len;
	r->job.sigs_len = q->sigs_len;
	cv_sha256_text(q->data, q->len, about->hash);
	return 0;
}

json_t *cv_rollout_begin(struct cv_rollout *r, const struct cv_change_request *q, int *ret_status)
{
	json_t *no = cv_rollout_refuse(r, q, ret_status);
	int res = 0;

	if (no)
		return no;
	r->job = (struct cv_job){
		.busy = true,
		.change = q->change,
		.id = q->id,
		.since_ns = cv_loop_wall_ns(r->loop),
		.confirm_ns = q->confirm_ns,
		.fresh = {.slot = -1},
	};
	snprintf(r->job.who, sizeof(r->job.who), "%s", q->who);
	if (cv_rollout_brings(q->change))
		res = fill_fresh(r, q);
	if (res < 0)
		give_up(r, status_of(res), res, "the change was not begun");
	else
		cv_rollout_on_thread(r, prepare, prepared);
	return NULL;
}
