/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/diag.h"
#include "control/node/node_private.h"
#include "control/text/read_file.h"
#include "control/text/replace_file.h"
#include "control/text/sha256_text.h"

#define FILE_MAX ((size_t)16 << 20)

#define CHANGE_NAME_ROW(id, name) name,
static const char *const change_names[] = {CV_NODE_CHANGES(CHANGE_NAME_ROW)};

const char *cv_node_change_name(enum cv_node_change change)
{
	return change_names[change];
}

json_t *cv_node_refusal(const char *error, const char *hint)
{
	json_t *text = json_string(error);

	return json_pack("{s:o, s:s}", "error", text ? text : json_string("not UTF-8"), "hint",
			 hint);
}

/* ---- on disk --------------------------------------------------------------------------------- */

static json_t *state_json(const struct cv_node_state *s)
{
	return json_pack("{s:I s:I s:I s:I s:s s:b s:I s:I s:s s:I s:b s:s s:I s:I}", "last",
			 (json_int_t)s->last, "live", (json_int_t)s->live, "previous",
			 (json_int_t)s->previous, "since", (json_int_t)s->since_ns, "who", s->who,
			 "confirm", s->confirm, "deadline_wall", (json_int_t)s->deadline.wall_ns,
			 "deadline_boot", (json_int_t)s->deadline.boot_ns, "boot_id",
			 s->deadline.boot_id, "starts", (json_int_t)s->starts, "unwritten",
			 s->unwritten, "file_hash", s->file_hash, "dataplane",
			 (json_int_t)s->dataplane, "audit", (json_int_t)s->audit);
}

static int state_from(json_t *doc, struct cv_node_state *ret)
{
	json_int_t last, live, previous, since, wall, boot, starts, dataplane, audit;
	const char *who, *boot_id, *hash;
	int confirm, unwritten;

	if (json_unpack(doc, "{s:I s:I s:I s:I s:s s:b s:I s:I s:s s:I s:b s:s s:I s:I}", "last",
			&last, "live", &live, "previous", &previous, "since", &since, "who", &who,
			"confirm", &confirm, "deadline_wall", &wall, "deadline_boot", &boot,
			"boot_id", &boot_id, "starts", &starts, "unwritten", &unwritten,
			"file_hash", &hash, "dataplane", &dataplane, "audit", &audit) < 0)
		return -EBADMSG;
	*ret = (struct cv_node_state){
		.last = (uint64_t)last,
		.live = (uint64_t)live,
		.previous = (uint64_t)previous,
		.since_ns = since,
		.confirm = confirm,
		.deadline = {.wall_ns = wall, .boot_ns = (uint64_t)boot},
		.starts = (uint64_t)starts,
		.unwritten = unwritten,
		.dataplane = (uint64_t)dataplane,
		.audit = audit,
	};
	snprintf(ret->who, sizeof(ret->who), "%s", who);
	snprintf(ret->deadline.boot_id, sizeof(ret->deadline.boot_id), "%s", boot_id);
	snprintf(ret->file_hash, sizeof(ret->file_hash), "%s", hash);
	return 0;
}

int cv_node_write(struct cv_node *n, const struct cv_node_state *next)
{
	char text[CV_PLACES_TEXT_MAX + 1];
	json_t *doc = state_json(next);
	size_t len = doc ? json_dumpb(doc, text, sizeof(text), JSON_COMPACT) : 0;
	int res = -ENOMEM;

	json_decref(doc);
	if (len > 0 && len <= CV_PLACES_TEXT_MAX)
		res = cv_places_write(&n->places, text, len);
	if (res == 0)
		n->state = *next;
	return res;
}

static int read_state(struct cv_node *n, const char *dir)
{
	char path[PATH_MAX + 16], text[CV_PLACES_TEXT_MAX + 1];
	json_t *doc = NULL;
	int res;

	snprintf(path, sizeof(path), "%s/state", dir);
	res = cv_places_open(path, &n->places, text);
	if (res < 0 || !text[0])
		return res;
	doc = json_loads(text, 0, NULL);
	res = doc ? state_from(doc, &n->state) : -EBADMSG;
	json_decref(doc);
	return res;
}

int cv_node_keep(struct cv_node *n, bool make, const char **why)
{
	char dir[PATH_MAX], audit[PATH_MAX + 16];
	int res;

	*why = "the folder of its versions cannot be opened";
	if (n->kept)
		return 0;
	if (snprintf(dir, sizeof(dir), "%s.versions", n->path) >= (int)sizeof(n->store.dir))
		return -ENAMETOOLONG;
	if (!make && access(dir, F_OK) < 0)
		return -ENOENT;
	res = cv_store_open(dir, "config", &n->store);
	if (res == 0)
		res = read_state(n, dir);
	if (res == -EBUSY)
		*why = "another control has its versions open";
	snprintf(audit, sizeof(audit), "%s/audit.db", dir);
	if (res == 0)
		res = cv_audit_open(audit, &n->audit, why);
	if (res < 0)
		cv_places_close(&n->places);
	n->kept = res == 0;
	return res;
}

/* Written beside, synced, renamed; the folder synced. */
static int replace_file(const char *path, const char *text, size_t len)
{
	char beside[PATH_MAX + 16], folder[PATH_MAX];
	struct stat old;
	mode_t mode = stat(path, &old) == 0 ? old.st_mode & 0777 : 0640;
	int res;

	snprintf(beside, sizeof(beside), "%s.new", path);
	snprintf(folder, sizeof(folder), "%s", path);
	res = cv_write_file(beside, text, len, mode);
	cv_rollout_step("config-file-beside");
	if (res == 0 && rename(beside, path) < 0)
		res = -errno;
	if (res < 0)
		(void)unlink(beside);
	else
		(void)cv_sync_folder(dirname(folder));
	return res;
}

/* On a tmpfs beside the socket: it is made anew by each start. */
void cv_node_tell_host(const struct cv_node *n)
{
	char folder[CV_SOCKET_PATH_MAX], path[CV_SOCKET_PATH_MAX + 16];
	int res;

	snprintf(folder, sizeof(folder), "%s", n->running->api_socket);
	snprintf(path, sizeof(path), "%s/in-force.yaml", dirname(folder));
	res = replace_file(path, n->text, n->len);
	if (res < 0)
		cv_diag("warning",
			"%s cannot be written (%s): network, time and login stay as "
			"they are",
			path, strerror(-res));
}

/* Is it a version we have, as where the operator's file itself was applied? */
static bool is_stored(const struct cv_node *n, const char *hash)
{
	uint64_t *numbers = NULL;
	int count = cv_store_list(&n->store, &numbers);
	struct cv_about about;
	bool found = false;

	for (int i = 0; i < count && !found; i++)
		found = cv_store_about(&n->store, numbers[i], &about) == 0 &&
			strcmp(about.hash, hash) == 0;
	free(numbers);
	return found;
}

/* Neither what we left there nor what comes: somebody edits it; that is not thrown away. */
static void save_edits(const struct cv_node *n, const char *fresh_hash)
{
	char hash[65], aside[PATH_MAX + 16], *text = NULL;
	size_t len = 0;

	if (cv_read_file(n->path, FILE_MAX, &text, &len) < 0)
		return;
	cv_sha256_text(text, len, hash);
	free(text);
	if (strcmp(hash, fresh_hash) == 0 || strcmp(hash, n->state.file_hash) == 0 ||
	    is_stored(n, hash))
		return;
	snprintf(aside, sizeof(aside), "%s.edited", n->path);
	if (rename(n->path, aside) == 0)
		cv_diag("warning", "%s was edited by hand meanwhile: that is now %s", n->path,
			aside);
}

int cv_node_write_file(struct cv_node *n)
{
	struct cv_node_state next = n->state;
	char *text = NULL;
	size_t len = 0;
	int res = cv_store_read(&n->store, n->state.live, &text, &len);

	if (res == 0) {
		cv_sha256_text(text, len, next.file_hash);
		save_edits(n, next.file_hash);
		res = replace_file(n->path, text, len);
	}
	cv_rollout_step("config-file-renamed");
	if (res == 0) {
		next.unwritten = false;
		(void)cv_node_write(n, &next); /* else the next start writes the file again */
	}
	free(text);
	return res;
}

int64_t cv_node_row(struct cv_node *n, enum cv_node_change change, const char *who, uint64_t number,
		    const char *detail, bool later)
{
	struct cv_about about = {0};
	struct timespec now;
	struct cv_audit_entry entry = {
		.who = who,
		.what = change_names[change],
		.number = number,
		.hash = about.hash,
		.detail = detail,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	entry.time_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	(void)cv_store_about(&n->store, number, &about);
	return later ? cv_audit_begin_later(n->audit, &entry) : cv_audit_begin(n->audit, &entry);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void job_release(struct cv_node_job *job)
{
	free((char *)(uintptr_t)job->q.who);
	free((char *)(uintptr_t)job->q.name);
	free((char *)(uintptr_t)job->q.data);
	cv_config_free(job->fresh);
	cv_diagnostics_free(&job->diag);
	*job = (struct cv_node_job){0};
}

void cv_node_end(struct cv_node *n, int status, json_t *answer)
{
	struct cv_node_answer *a = &n->answers[n->next_answer++ % CV_NODE_ANSWERS];

	json_decref(a->body);
	*a = (struct cv_node_answer){.id = n->job.q.id, .status = status, .body = answer};
	job_release(&n->job);
}

json_t *cv_node_answer(struct cv_node *n, uint64_t id, int *ret_status)
{
	for (unsigned int i = 0; i < CV_NODE_ANSWERS; i++) {
		struct cv_node_answer *a = &n->answers[i];
		json_t *body = a->body;

		if (a->id != id || !body)
			continue;
		*ret_status = a->status;
		*a = (struct cv_node_answer){0};
		return body;
	}
	return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

int cv_node_start(struct cv_node *n, struct cv_loop *loop, const struct cv_node_owner *owner)
{
	int res;

	n->loop = loop;
	n->owner = *owner;
	n->started_ns = cv_loop_mono_ns(loop);
	n->contact_ns = n->started_ns;
	n->task = (struct cv_task){
		.loop = loop, .work = cv_node_work, .done = cv_node_worked, .owner = n};
	n->probe = (struct cv_task){
		.loop = loop, .work = cv_node_probe, .done = cv_node_probed, .owner = n};
	res = cv_task_init(&n->task);
	if (res == 0)
		res = cv_task_init(&n->probe);
	if (res < 0)
		return res;
	n->started = true;
	n->tick = (struct cv_op){.done = cv_node_on_tick, .owner = n};
	cv_node_tell_host(n);
	cv_node_arm(n);
	return 0;
}

void cv_node_close(struct cv_node *n)
{
	if (!n)
		return;
	n->stopping = true;
	if (n->started) {
		cv_loop_cancel(n->loop, &n->tick);
		while (n->tick.pending && cv_loop_turn(n->loop) == 0)
			;
		cv_task_release(&n->task);
		cv_task_release(&n->probe);
	}
	job_release(&n->job);
	for (unsigned int i = 0; i < CV_NODE_ANSWERS; i++)
		json_decref(n->answers[i].body);
	cv_audit_close(n->audit);
	if (n->kept)
		cv_places_close(&n->places);
	free(n->text);
	free(n);
}
