/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/rollout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/diag.h"
#include "control/rollout/rollout_private.h"

#define NAME_ROW(id, name) name,
static const char *const change_names[] = {CV_CHANGES(NAME_ROW)};

const char *cv_change_name(enum cv_change change)
{
	return change_names[change];
}

uint64_t cv_rollout_live(const struct cv_rollout *r)
{
	return r->live.about.number;
}

const struct cv_generation *cv_rollout_live_image(const struct cv_rollout *r)
{
	return r->live.gen;
}

const struct cv_generation *cv_rollout_shadow_image(const struct cv_rollout *r)
{
	return r->shadow.gen;
}

void cv_version_release(struct cv_version *v)
{
	free(v->gen);
	free(v->would);
	free(v->module);
	*v = (struct cv_version){.slot = -1};
}

json_t *cv_rollout_refusal(const char *error, const char *hint)
{
	json_t *text = json_string(error);

	return json_pack("{s:o, s:s}", "error", text ? text : json_string("not UTF-8"), "hint",
			 hint);
}

static void release_job(struct cv_job *job)
{
	cv_version_release(&job->fresh);
	cv_diagnostics_free(&job->diag);
	json_decref(job->answer);
	free(job->data);
	*job = (struct cv_job){.fresh = {.slot = -1}};
}

/* On the thread: whatever the end of a change has to do with the disk. */
static void write_end(void *owner)
{
	struct cv_rollout *r = owner;
	struct cv_job *job = &r->job;

	if (!job->committed && job->fresh.about.number) {
		cv_store_abandon(&r->store);
		cv_store_remove(&r->store, job->fresh.about.number);
	}
	if (!job->committed)
		cv_rollout_write_nothing_begun(r);
	else if (cv_rollout_brings(job->change))
		cv_store_prune(&r->store, (const uint64_t[]){r->state.live, r->state.shadow,
							     r->state.previous});
	if (job->audit)
		cv_audit_finish(r->audit, job->audit, job->result, job->detail);
	cv_rollout_step("audit-finished");
}

static void end(void *owner)
{
	struct cv_rollout *r = owner;
	struct cv_answer *a = &r->answers[r->next_answer++ % CV_ANSWERS];

	cv_rollout_take_written(r);
	json_decref(a->body);
	*a = (struct cv_answer){.id = r->job.id, .status = r->job.status, .body = r->job.answer};
	r->job.answer = NULL;
	release_job(&r->job);
	cv_rollout_link_would(r);
}

void cv_rollout_end(struct cv_rollout *r, int status, json_t *answer, const char *result,
		    const char *detail)
{
	r->job.status = status;
	r->job.answer = answer;
	r->job.result = result;
	snprintf(r->job.detail, sizeof(r->job.detail), "%s", detail);
	cv_rollout_on_thread(r, write_end, end);
}

json_t *cv_rollout_answer(struct cv_rollout *r, uint64_t id, int *ret_status)
{
	for (unsigned int i = 0; i < CV_ANSWERS; i++) {
		struct cv_answer *a = &r->answers[i];
		json_t *body = a->body;

		if (a->id != id || !body)
			continue;
		*ret_status = a->status;
		*a = (struct cv_answer){0};
		return body;
	}
	return NULL;
}

int cv_rollout_start(struct cv_rollout *r, struct cv_bpf *bpf, struct cv_link_policy *link)
{
	r->bpf = bpf;
	r->link = link;
	return cv_rollout_load_others(r);
}

void cv_rollout_close(struct cv_rollout *r)
{
	if (!r)
		return;
	r->stopping = true;
	cv_task_release(&r->task);
	cv_loop_cancel(r->loop, &r->wait);
	cv_loop_cancel(r->loop, &r->confirm);
	while ((r->wait.pending || r->confirm.pending) && cv_loop_turn(r->loop) == 0)
		;
	release_job(&r->job);
	for (unsigned int i = 0; i < CV_ANSWERS; i++)
		json_decref(r->answers[i].body);
	cv_version_release(&r->live);
	cv_version_release(&r->shadow);
	cv_version_release(&r->previous);
	free(r->base);
	cv_audit_close(r->audit);
	cv_state_close(&r->file);
	free(r);
}

const char *cv_rollout_dir(const struct cv_rollout *r)
{
	return r->store.dir;
}

void cv_rollout_note(struct cv_rollout *r, const char *who, const char *what, const char *result,
		     const char *detail)
{
	const struct cv_audit_entry entry = {
		.time_ns = cv_loop_wall_ns(r->loop),
		.who = who,
		.what = what,
		.hash = "",
		.detail = detail,
	};

	cv_audit_finish(r->audit, cv_audit_begin_later(r->audit, &entry), result, "");
}
