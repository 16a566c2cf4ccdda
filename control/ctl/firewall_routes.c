/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/firewall_routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/quarantine/change.h"

#define LOOK_NS 2000000u /* between looks at a change under way */
#define LOST_NS UINT64_C(5000000000) /* nobody comes for its answer any more */

static json_t *get_firewall(void *owner, const struct cv_http_query *query)
{
	struct cv_firewall_owner *o = owner;

	return o->firewall ? cv_firewall_status(o->firewall) : json_pack("{s:s}", "table", "off");
}

static json_t *get_quarantine(void *owner, const struct cv_http_query *query)
{
	struct cv_firewall_owner *o = owner;
	struct cv_diagnostics diag = {0};
	struct cv_quarantine list;
	json_t *doc = NULL;

	if (cv_firewall_list(o->config, &list, &diag) == 0)
		doc = cv_quarantine_json(&list);
	cv_quarantine_free(&list);
	cv_diagnostics_free(&diag);
	return doc;
}

static json_t *refusal(const struct cv_diagnostics *diag)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < diag->n; i++) {
		const struct cv_diagnostic *d = &diag->items[i];

		json_array_append_new(findings,
				      json_pack("{s:i, s:i, s:s}", "line", (int)d->line, "column",
						(int)d->column, "text", d->text));
	}
	return json_pack("{s:s, s:s, s:I, s:o}", "error",
			 diag->n ? diag->items[0].text : "out of memory", "hint",
			 diag->n && diag->items[0].hint ? diag->items[0].hint
							: "nothing was changed",
			 "errors", (json_int_t)diag->errors, "findings", findings);
}

/* ---- changing ------------------------------------------------------------------------------ */

static void work(void *owner)
{
	struct cv_firewall_owner *o = owner;
	struct cv_quarantine_job *job = &o->job;
	struct cv_firewall_changed done;
	struct cv_diagnostics diag = {0};
	struct cv_quarantine devices = {0};
	int r = cv_quarantine_parse("request", job->body, job->len, &devices, &diag);

	job->status = 400;
	if (r == 0) {
		r = cv_quarantine_change(o->config, job->who, job->verb, &devices, &done, &diag);
		job->status = r < 0 ? 500 : 200;
	}
	job->answer = r < 0 ? refusal(&diag) : cv_firewall_changed_json(&done);
	cv_quarantine_free(&devices);
	cv_diagnostics_free(&diag);
}

static void forget(struct cv_quarantine_job *job)
{
	free(job->body);
	json_decref(job->answer);
	*job = (struct cv_quarantine_job){0};
}

static void ended(void *owner)
{
	struct cv_firewall_owner *o = owner;

	o->job.since_ns = cv_loop_mono_ns(o->loop);
}

/* The one before is under way, or its answer is still to be fetched. */
static bool is_busy(const struct cv_firewall_owner *o)
{
	return o->task.running ||
	       (o->job.id && cv_loop_mono_ns(o->loop) - o->job.since_ns < LOST_NS);
}

/* The body is a list as in the file: one device per line. */
static int begin(struct cv_firewall_owner *o, const struct cv_http_call *call)
{
	struct cv_quarantine_job *job = &o->job;
	int r;

	forget(job);
	job->verb = call->method == CV_HTTP_POST     ? CV_FIREWALL_ADD
		    : call->method == CV_HTTP_DELETE ? CV_FIREWALL_REMOVE
						     : CV_FIREWALL_REPLACE;
	snprintf(job->who, sizeof(job->who), "%s", call->peer->who);
	job->len = call->body_len;
	job->body = malloc(call->body_len + 1);
	if (!job->body)
		return -ENOMEM;
	memcpy(job->body, call->body, call->body_len + 1);
	r = cv_task_start(&o->task);
	if (r == 0)
		job->id = call->id;
	return r;
}

static json_t *change_quarantine(void *owner, const struct cv_http_call *call,
				 struct cv_http_answer *answer)
{
	struct cv_firewall_owner *o = owner;
	json_t *doc;

	if (call->body_len > CV_QUARANTINE_FILE_MAX) {
		answer->status = 413;
		return json_pack("{s:s}", "error", "the list is too long");
	}
	if (o->job.id != call->id && !is_busy(o) && begin(o, call) < 0) {
		answer->status = 503;
		return json_pack("{s:s, s:s}", "error", "out of memory", "hint",
				 "nothing was changed");
	}
	if (o->job.id != call->id || o->task.running) {
		answer->wait_ns = LOOK_NS;
		return NULL;
	}
	answer->status = o->job.status;
	doc = json_incref(o->job.answer);
	forget(&o->job);
	return doc;
}

int cv_firewall_owner_init(struct cv_firewall_owner *o, struct cv_loop *loop,
			   const struct cv_config *config, struct cv_firewall *firewall)
{
	*o = (struct cv_firewall_owner){.config = config, .firewall = firewall, .loop = loop};
	o->task =
		(struct cv_task){.loop = loop, .work = work, .done = ended, .owner = o, .bell = -1};
	return cv_task_init(&o->task);
}

void cv_firewall_owner_release(struct cv_firewall_owner *o)
{
	cv_task_release(&o->task);
	forget(&o->job);
}

void cv_firewall_routes(struct cv_firewall_owner *owner, struct cv_http_route *ret)
{
	ret[0] = (struct cv_http_route){.path = "/v1/firewall",
					.summary = "counters of the host's firewall",
					.json = get_firewall,
					.owner = owner};
	ret[1] = (struct cv_http_route){
		.path = "/v1/quarantine",
		.summary = "devices put away; POST adds, DELETE removes, PUT replaces",
		.json = get_quarantine,
		.change = change_quarantine,
		.owner = owner};
}
