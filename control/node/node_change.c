/* SPDX-License-Identifier: Apache-2.0 */
/* Making a change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/compile.h"
#include "control/diag.h"
#include "control/node/node_private.h"
#include "control/text/sha256_text.h"
#include "control/text/utc.h"

/* The answer is on its way before control goes. */
#define AGAIN_NS UINT64_C(300000000)

/* ---- refusals -------------------------------------------------------------------------------- */

static json_t *refuse(int *ret_status, int status, const char *error, const char *hint)
{
	*ret_status = status;
	return cv_node_refusal(error, hint);
}

static json_t *refuse_busy(const struct cv_node *n, int *ret_status)
{
	char text[320], when[CV_UTC_SIZE];

	if (n->job.busy) {
		cv_utc_text(n->job.since_ns / 1000000000, when);
		snprintf(text, sizeof(text), "%s is changing the configuration (%s, since %s)",
			 n->job.q.who, cv_node_change_name(n->job.q.change), when);
		return refuse(ret_status, 409, text, "try again when it is done");
	}
	if (n->again_ns || n->again) {
		snprintf(text, sizeof(text),
			 "control is starting anew for configuration %llu of %s",
			 (unsigned long long)n->state.live, n->state.who);
		return refuse(ret_status, 409, text, "try again in a second");
	}
	cv_utc_text(n->state.deadline.wall_ns / 1000000000, when);
	snprintf(text, sizeof(text), "configuration %llu of %s waits to be confirmed until %s",
		 (unsigned long long)n->state.live, n->state.who, when);
	return refuse(ret_status, 409, text,
		      "culvert config confirm keeps it, culvert config undo takes it back");
}

static json_t *refuse_request(const struct cv_node *n, const struct cv_node_request *q,
			      int *ret_status)
{
	bool changes = q->change == CV_NODE_APPLY || q->change == CV_NODE_ROLLBACK;
	char text[160];

	if (n->job.busy || n->again_ns || n->again || (n->state.confirm && changes))
		return refuse_busy(n, ret_status);
	if (q->expect && q->expect != n->state.live) {
		snprintf(text, sizeof(text), "configuration %llu is in force, not %llu",
			 (unsigned long long)n->state.live, (unsigned long long)q->expect);
		return refuse(ret_status, 412, text, "look at culvert config history");
	}
	if (q->change == CV_NODE_CONFIRM && !n->state.confirm)
		return refuse(ret_status, 409, "nothing waits to be confirmed",
			      "it was confirmed, or has gone back: culvert config history");
	if (q->change == CV_NODE_UNDO && !n->state.previous)
		return refuse(ret_status, 409, "there is nothing to go back to",
			      "culvert config history");
	return NULL;
}

/* ---- preparing ------------------------------------------------------------------------------- */

/* On the task: read, check, compile; nothing of it is kept but the finding that it can be. */
void cv_node_work(void *node)
{
	struct cv_node *n = node;
	struct cv_node_job *job = &n->job;
	struct cv_generation *gen = NULL;

	job->error = cv_config_parse(n->path, job->q.data, job->q.len, &job->fresh, &job->diag);
	if (job->error == 0)
		job->error = cv_config_compile(job->fresh, 1, &gen, &job->diag);
	free(gen);
	/* It was read as if it lay there, for the files that it names. */
	cv_diagnostics_rename(&job->diag, n->path, job->q.name);
	/* Gateways may be others than now: they must be there afterwards. */
	job->contact =
		job->error == 0 && (job->fresh->n_contacts == 0 || cv_node_contact(job->fresh));
}

static json_t *wrong_file(struct cv_node_job *job)
{
	return json_pack("{s:s, s:s, s:o}", "error", "the configuration is not right", "hint",
			 "nothing is changed", "findings", cv_diagnostics_json(&job->diag));
}

/* ---- making ---------------------------------------------------------------------------------- */

static json_t *answer(struct cv_node *n, json_t *changes, enum cv_cost cost)
{
	return json_pack("{s:s, s:o, s:o}", "cost", cv_cost_name(cost), "changes", changes,
			 "config", cv_node_status(n));
}

/* What is written down is made so. The running configuration becomes what @p fresh says, or
 * control starts anew and takes it from the disk. */
static void activate(struct cv_node *n, struct cv_config *fresh, char *text, size_t len,
		     enum cv_cost cost)
{
	if (cost >= CV_COST_CONTROL) {
		n->again_ns = cv_loop_mono_ns(n->loop) + AGAIN_NS;
		free(text);
		return;
	}
	cv_config_take_live(n->running, fresh);
	n->owner.follow(n->owner.owner);
	free(n->text);
	n->text = text;
	n->len = len;
	cv_node_tell_host(n);
	cv_rollout_step("config-live");
}

/* A version of its own for what runs, so that there is something to go back to. */
static int keep_running(struct cv_node *n, const char **why)
{
	struct cv_node_state next;
	struct cv_about about = {.number = 1, .origin = CV_ORIGIN_CONFIG, .who = "the file"};
	int res = cv_node_keep(n, true, why);

	if (res < 0 || n->state.live)
		return res;
	next = n->state;
	about.size = n->len;
	about.time_ns = cv_loop_wall_ns(n->loop);
	snprintf(about.name, sizeof(about.name), "%.120s",
		 strrchr(n->path, '/') ? strrchr(n->path, '/') + 1 : n->path);
	cv_sha256_text(n->text, n->len, about.hash);
	res = cv_store_begin(&n->store, n->text, n->len, NULL, 0);
	if (res == 0)
		res = cv_store_keep(&n->store, &about);
	cv_rollout_step("config-first");
	next.last = next.live = 1;
	next.since_ns = about.time_ns;
	snprintf(next.who, sizeof(next.who), "the file");
	memcpy(next.file_hash, about.hash, sizeof(next.file_hash));
	return res == 0 ? cv_node_write(n, &next) : res;
}

static int store_fresh(struct cv_node *n, uint64_t number)
{
	const struct cv_node_request *q = &n->job.q;
	struct cv_about about = {
		.number = number, .size = q->len, .time_ns = cv_loop_wall_ns(n->loop)};
	int res;

	snprintf(about.name, sizeof(about.name), "%s", q->name);
	snprintf(about.who, sizeof(about.who), "%s", q->who);
	cv_sha256_text(q->data, q->len, about.hash);
	res = cv_store_begin(&n->store, q->data, q->len, NULL, 0);
	return res == 0 ? cv_store_keep(&n->store, &about) : res;
}

/* Where nothing waits to be confirmed the file follows at once. */
static void settle(struct cv_node *n, int64_t row)
{
	struct cv_node_state next;

	if (n->state.unwritten && cv_node_write_file(n) < 0)
		cv_tell(CV_MESSAGE_CONFIG_UNWRITTEN,
			"%s cannot be written; the next start tries again", n->path);
	cv_audit_finish(n->audit, row, "done", "");
	next = n->state;
	next.audit = 0;
	(void)cv_node_write(n, &next);
	cv_store_prune(&n->store, (const uint64_t[]){n->state.live, n->state.previous, 0});
}

static int commit(struct cv_node *n, enum cv_cost cost, int64_t *ret_row)
{
	const struct cv_node_request *q = &n->job.q;
	struct cv_node_state next = n->state;
	int64_t row = cv_node_row(n, q->change, q->who, next.last + 1, q->name, false);
	int res = row < 0 ? (int)row : store_fresh(n, next.last + 1);

	*ret_row = row;
	cv_rollout_step("config-stored");
	if (res < 0)
		return res;
	next.previous = next.live;
	next.live = ++next.last;
	next.since_ns = cv_loop_wall_ns(n->loop);
	snprintf(next.who, sizeof(next.who), "%s", q->who);
	next.confirm = q->confirm_ns > 0;
	next.deadline = cv_deadline_in(q->confirm_ns);
	next.starts = 0;
	next.unwritten = !next.confirm;
	next.dataplane = cost == CV_COST_DATAPLANE ? n->owner.dataplane(n->owner.owner) : 0;
	next.audit = row;
	res = cv_node_write(n, &next);
	cv_rollout_step("config-committed");
	return res;
}

static json_t *cannot_keep(struct cv_node *n, int res, const char *why, int *ret_status)
{
	char text[PATH_MAX + 200];

	*ret_status = res == -ENOSPC ? 507 : 503;
	snprintf(text, sizeof(text), "nothing is changed: %s (%s)",
		 *why ? why : "the configuration cannot be stored", strerror(-res));
	return cv_node_refusal(text,
			       res == -EROFS || res == -EACCES
				       ? "the folder of the file must be one that control may "
					 "write to (docs/operator/node.md)"
				       : "make room, or see the kernel's log");
}

static json_t *apply(struct cv_node *n, json_t *changes, enum cv_cost cost, int *ret_status)
{
	const char *why = "";
	char *text = malloc(n->job.q.len + 1);
	int64_t row = 0;
	int res = text ? keep_running(n, &why) : -ENOMEM;

	if (res == 0)
		res = commit(n, cost, &row);
	if (res < 0) {
		free(text);
		json_decref(changes);
		if (row > 0)
			cv_audit_finish(n->audit, row, "refused", strerror(-res));
		return cannot_keep(n, res, why, ret_status);
	}
	memcpy(text, n->job.q.data, n->job.q.len);
	text[n->job.q.len] = '\0';
	settle(n, row);
	n->contact_ns = cv_loop_mono_ns(n->loop);
	n->contact_known = n->job.contact;
	activate(n, n->job.fresh, text, n->job.q.len, cost);
	cv_node_arm(n);
	return answer(n, changes, cost);
}

void cv_node_worked(void *node)
{
	struct cv_node *n = node;
	struct cv_node_job *job = &n->job;
	json_t *changes = NULL, *body;
	enum cv_cost cost;
	int status = 200;

	if (job->error == 0)
		job->error = cv_config_differences(n->running, job->fresh, &changes, &cost);
	if (job->error < 0) {
		cv_node_end(n, job->error == -ENOMEM ? 503 : 422, wrong_file(job));
		return;
	}
	if (job->q.change == CV_NODE_CHECK)
		body = answer(n, changes, cost);
	else
		body = apply(n, changes, cost, &status);
	if (body && status == 200 && job->diag.n > 0)
		json_object_set_new(body, "findings", cv_diagnostics_json(&job->diag));
	if (body && status == 200 && !job->contact)
		json_object_set_new(body, "note",
				    json_string("none of management.contact answers now: their "
						"silence takes nothing back until one has"));
	cv_node_end(n, status, body);
}

/* ---- back, confirm --------------------------------------------------------------------------- */

/* Put in force what is written down as in force: after going back. */
static void become_live(struct cv_node *n)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *fresh = NULL;
	enum cv_cost cost = CV_COST_CONTROL;
	json_t *changes = NULL;
	char *text = NULL;
	size_t len = 0;
	struct cv_node_state next = n->state;

	if (cv_store_read(&n->store, n->state.live, &text, &len) == 0 &&
	    cv_config_parse(n->path, text, len, &fresh, &diag) == 0)
		(void)cv_config_differences(n->running, fresh, &changes, &cost);
	if (cost == CV_COST_DATAPLANE) {
		next.dataplane = n->owner.dataplane(n->owner.owner);
		(void)cv_node_write(n, &next);
	}
	activate(n, fresh, text, len, fresh ? cost : CV_COST_CONTROL);
	json_decref(changes);
	cv_config_free(fresh);
	cv_diagnostics_free(&diag);
}

int cv_node_back(struct cv_node *n, enum cv_node_change why, const char *who, json_t **ret)
{
	struct cv_node_state next = n->state;
	char detail[64];
	int64_t row;
	int res;

	snprintf(detail, sizeof(detail), "back from %llu", (unsigned long long)next.live);
	row = cv_node_row(n, why, who, next.previous, detail, true);
	next.live = n->state.previous;
	next.previous = 0;
	next.confirm = false;
	next.since_ns = cv_deadline_in(0).wall_ns;
	snprintf(next.who, sizeof(next.who), "%s", who);
	next.unwritten = true; /* where the file itself was applied it holds what is taken back */
	next.audit = row > 0 ? row : 0;
	res = cv_node_write(n, &next);
	cv_rollout_step("config-back");
	if (res < 0) {
		/* In force all the same: the disk may be why. */
		cv_diag("error", "going back to configuration %llu cannot be written down (%s)",
			(unsigned long long)next.live, strerror(-res));
		n->state = next;
	}
	settle(n, row);
	if (n->started)
		become_live(n);
	*ret = cv_node_status(n);
	return 0;
}

static json_t *confirm(struct cv_node *n, const struct cv_node_request *q, int *ret_status)
{
	struct cv_node_state next = n->state;
	int64_t row = cv_node_row(n, CV_NODE_CONFIRM, q->who, next.live, "", false);
	int res;

	if (row < 0)
		return cannot_keep(n, (int)row, "the audit trail cannot be written", ret_status);
	next.confirm = false;
	next.unwritten = true;
	next.audit = row;
	res = cv_node_write(n, &next);
	cv_rollout_step("config-confirmed");
	if (res < 0) {
		cv_audit_finish(n->audit, row, "refused", strerror(-res));
		return cannot_keep(n, res, "", ret_status);
	}
	settle(n, row);
	return json_pack("{s:o}", "config", cv_node_status(n));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static json_t *start_job(struct cv_node *n, const struct cv_node_request *q, int *ret_status)
{
	struct cv_node_job *job = &n->job;
	char *data = malloc(q->len + 1);

	*job = (struct cv_node_job){.q = *q, .since_ns = cv_loop_wall_ns(n->loop)};
	job->q.who = strdup(q->who);
	job->q.name = strdup(q->name);
	job->q.data = data;
	job->busy = true;
	if (data) {
		memcpy(data, q->data, q->len);
		data[q->len] = '\0';
	}
	if (!data || !job->q.who || !job->q.name || cv_task_start(&n->task) < 0) {
		cv_node_end(n, 503, NULL);
		return refuse(ret_status, 503, "out of memory", "try again later");
	}
	return NULL;
}

/* A version that is kept, as if it came anew: its number is the next. */
static json_t *apply_stored(struct cv_node *n, const struct cv_node_request *q, uint64_t number,
			    int *ret_status)
{
	struct cv_node_request again = *q;
	char name[64], text[96];
	json_t *no;
	char *data = NULL;

	if (!n->kept || cv_store_read(&n->store, number, &data, &again.len) < 0) {
		snprintf(text, sizeof(text), "there is no configuration %llu",
			 (unsigned long long)number);
		return refuse(ret_status, 404, text, "culvert config history lists them");
	}
	snprintf(name, sizeof(name), "configuration %llu", (unsigned long long)number);
	again.name = name;
	again.data = data;
	again.change = CV_NODE_ROLLBACK;
	no = start_job(n, &again, ret_status);
	free(data);
	return no;
}

json_t *cv_node_begin(struct cv_node *n, const struct cv_node_request *q, int *ret_status)
{
	json_t *no = refuse_request(n, q, ret_status), *body;

	if (no)
		return no;
	switch (q->change) {
	case CV_NODE_CONFIRM:
		return confirm(n, q, ret_status);
	case CV_NODE_UNDO:
		if (!n->state.confirm)
			return apply_stored(n, q, n->state.previous, ret_status);
		(void)cv_node_back(n, CV_NODE_UNDO, q->who, &body);
		return json_pack("{s:o}", "config", body);
	case CV_NODE_ROLLBACK:
		return apply_stored(n, q, q->number, ret_status);
	default:
		return start_job(n, q, ret_status);
	}
}
