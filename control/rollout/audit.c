/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/audit.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/text/sqlite_errno.h"

/* Reverts and results while the disk is full; more are lost, and counted. */
#define WAITING_MAX 256
/* Rows in memory are known by numbers below 0. */
#define IS_WAITING(row) ((row) < 0)

struct waiting {
	int64_t row; /* >= 1: result of a row that is written; < 0: a row of its own */
	bool finished;
	struct cv_audit_entry entry; /* texts are ours */
	char *result;
};

struct cv_audit {
	pthread_mutex_t lock; /* of all below: changes are written by threads of their own */
	sqlite3 *db;
	struct waiting waiting[WAITING_MAX];
	atomic_uint n; /* read without the lock, too */
	int64_t next; /* row number in memory */
	atomic_uint lost; /* no room here either; likewise */
};

static const char schema[] =
	"PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
	"CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" time TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, number INTEGER NOT NULL,"
	" hash TEXT NOT NULL, result TEXT NOT NULL, detail TEXT NOT NULL);";

/* RFC 3339 with milliseconds. */
static void time_text(int64_t ns, char ret[40])
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(ret, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret + n, 40 - n, ".%03dZ", (int)(ns % 1000000000 / 1000000));
}

static int open_database(const char *path, sqlite3 **ret)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	int res;

	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(db, 1000); /* somebody may read the file with a tool */
		code = sqlite3_exec(db, schema, NULL, NULL, NULL);
	}
	if (code == SQLITE_OK) {
		*ret = db;
		return 0;
	}
	res = cv_sqlite_errno(db, code);
	sqlite3_close(db);
	return res;
}

static void retry(struct cv_audit *a);

static int insert(struct cv_audit *a, const struct cv_audit_entry *e, const char *result,
		  int64_t *ret)
{
	static const char sql[] = "INSERT INTO audit(time, who, what, number, hash, result, detail)"
				  " VALUES (?, ?, ?, ?, ?, ?, ?)";
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(a->db, sql, -1, &stmt, NULL);
	char when[40];

	time_text(e->time_ns, when);
	if (code == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, when, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, e->who, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 3, e->what, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 4, (sqlite3_int64)e->number);
		sqlite3_bind_text(stmt, 5, e->hash, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 6, result, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 7, e->detail, -1, SQLITE_STATIC);
		code = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	if (code != SQLITE_DONE)
		return cv_sqlite_errno(a->db, code);
	*ret = sqlite3_last_insert_rowid(a->db);
	return 0;
}

static int update(struct cv_audit *a, int64_t row, const char *result, const char *detail)
{
	static const char sql[] =
		"UPDATE audit SET result = ?1, detail = CASE WHEN ?2 = '' THEN detail"
		" WHEN detail = '' THEN ?2 ELSE detail || ': ' || ?2 END"
		" WHERE id = ?3 AND result IN ('begun', 'interrupted')";
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(a->db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, result, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, detail, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 3, row);
		code = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : cv_sqlite_errno(a->db, code);
}

static int64_t begin(struct cv_audit *a, const struct cv_audit_entry *entry)
{
	int64_t row;
	int res;

	retry(a);
	res = insert(a, entry, "begun", &row);
	return res < 0 ? res : row;
}

static void forget(struct waiting *w)
{
	free((char *)(uintptr_t)w->entry.who);
	free((char *)(uintptr_t)w->entry.what);
	free((char *)(uintptr_t)w->entry.hash);
	free((char *)(uintptr_t)w->entry.detail);
	free(w->result);
}

static struct waiting *remember(struct cv_audit *a, const struct cv_audit_entry *e,
				const char *result)
{
	struct waiting *w = &a->waiting[a->n];

	if (a->n == WAITING_MAX) {
		a->lost++;
		return NULL;
	}
	*w = (struct waiting){.entry = *e, .result = strdup(result)};
	w->entry.who = strdup(e->who);
	w->entry.what = strdup(e->what);
	w->entry.hash = strdup(e->hash);
	w->entry.detail = strdup(e->detail);
	if (!w->result || !w->entry.who || !w->entry.what || !w->entry.hash || !w->entry.detail) {
		forget(w);
		a->lost++;
		return NULL;
	}
	a->n++;
	return w;
}

static int64_t begin_later(struct cv_audit *a, const struct cv_audit_entry *entry)
{
	int64_t row = begin(a, entry);
	struct waiting *w;

	if (row > 0)
		return row;
	row = --a->next;
	w = remember(a, entry, "begun");
	if (w)
		w->row = row;
	return row;
}

static void finish(struct cv_audit *a, int64_t row, const char *result, const char *detail)
{
	const struct cv_audit_entry only_result = {
		.who = "", .what = "", .hash = "", .detail = detail};
	struct waiting *w;

	for (unsigned int i = 0; IS_WAITING(row) && i < a->n; i++) {
		char *text = strdup(result), *more = strdup(detail);

		w = &a->waiting[i];
		if (w->row != row || !text || !more) {
			free(text);
			free(more);
			continue;
		}
		free(w->result);
		w->result = text;
		w->finished = true;
		if (!*detail) {
			free(more);
			return;
		}
		free((char *)(uintptr_t)w->entry.detail);
		w->entry.detail = more;
		return;
	}
	if (row <= 0 || update(a, row, result, detail) == 0)
		return;
	w = remember(a, &only_result, result);
	if (w)
		w->row = row;
}

void cv_audit_interrupted(struct cv_audit *a)
{
	/* On a full disk they stay as they are until a later start. */
	(void)sqlite3_exec(a->db, "UPDATE audit SET result = 'interrupted' WHERE result = 'begun'",
			   NULL, NULL, NULL);
}

static bool write_waiting(struct cv_audit *a, const struct waiting *w)
{
	int64_t row;

	if (IS_WAITING(w->row))
		return w->finished && insert(a, &w->entry, w->result, &row) == 0;
	return update(a, w->row, w->result, w->entry.detail) == 0;
}

static void retry(struct cv_audit *a)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < a->n; i++) {
		if (write_waiting(a, &a->waiting[i]))
			forget(&a->waiting[i]);
		else
			a->waiting[kept++] = a->waiting[i];
	}
	a->n = kept;
}

unsigned int cv_audit_waiting(const struct cv_audit *a)
{
	return a->n;
}

unsigned int cv_audit_lost(const struct cv_audit *a)
{
	return a->lost;
}

static json_t *text_of(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	json_t *string = json_string(text ? text : "");

	return string ? string : json_string("?");
}

static json_t *rows_of(struct cv_audit *a, unsigned int limit)
{
	static const char sql[] = "SELECT id, time, who, what, number, hash, result, detail"
				  " FROM audit ORDER BY id DESC LIMIT ?";
	sqlite3_stmt *stmt = NULL;
	json_t *rows = json_array();

	retry(a);
	if (sqlite3_prepare_v2(a->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		json_decref(rows);
		return NULL;
	}
	sqlite3_bind_int64(stmt, 1, limit);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		json_array_append_new(rows,
				      json_pack("{s:I s:o s:o s:o s:I s:o s:o s:o}", "id",
						(json_int_t)sqlite3_column_int64(stmt, 0), "time",
						text_of(stmt, 1), "who", text_of(stmt, 2), "what",
						text_of(stmt, 3), "number",
						(json_int_t)sqlite3_column_int64(stmt, 4), "hash",
						text_of(stmt, 5), "result", text_of(stmt, 6),
						"detail", text_of(stmt, 7)));
	sqlite3_finalize(stmt);
	return rows;
}

/* ---- for all ---------------------------------------------------------------------------------- */

static int64_t locked(struct cv_audit *a, const struct cv_audit_entry *entry,
		      int64_t (*add)(struct cv_audit *a, const struct cv_audit_entry *entry))
{
	int64_t row;

	pthread_mutex_lock(&a->lock);
	row = add(a, entry);
	pthread_mutex_unlock(&a->lock);
	return row;
}

int64_t cv_audit_begin(struct cv_audit *a, const struct cv_audit_entry *entry)
{
	return locked(a, entry, begin);
}

int64_t cv_audit_begin_later(struct cv_audit *a, const struct cv_audit_entry *entry)
{
	return locked(a, entry, begin_later);
}

void cv_audit_finish(struct cv_audit *a, int64_t row, const char *result, const char *detail)
{
	pthread_mutex_lock(&a->lock);
	finish(a, row, result, detail);
	pthread_mutex_unlock(&a->lock);
}

json_t *cv_audit_json(struct cv_audit *a, unsigned int limit)
{
	json_t *rows;

	pthread_mutex_lock(&a->lock);
	rows = rows_of(a, limit);
	pthread_mutex_unlock(&a->lock);
	return rows;
}

int cv_audit_open(const char *path, struct cv_audit **ret, const char **why)
{
	struct cv_audit *a = calloc(1, sizeof(*a));
	char aside[PATH_MAX];
	bool damaged = false;
	int res;

	*why = "no memory for the audit trail";
	if (!a)
		return -ENOMEM;
	pthread_mutex_init(&a->lock, NULL);
	res = open_database(path, &a->db);
	if (res == -EBADMSG && snprintf(aside, sizeof(aside), "%s.damaged", path) < PATH_MAX &&
	    rename(path, aside) == 0) {
		damaged = true;
		res = open_database(path, &a->db);
	}
	if (res < 0) {
		*why = res == -ENOSPC ? "the disk is full: the audit trail cannot be opened"
				      : "the audit trail cannot be opened; is its folder writable?";
		free(a);
		return res;
	}
	if (damaged) {
		struct timespec now;
		struct cv_audit_entry entry = {
			.who = "culvert-control",
			.what = "audit",
			.hash = "",
			.detail = "the trail before this row was damaged and put aside",
		};

		clock_gettime(CLOCK_REALTIME, &now);
		entry.time_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
		cv_audit_finish(a, cv_audit_begin_later(a, &entry), "done", "");
	}
	*ret = a;
	return 0;
}

void cv_audit_close(struct cv_audit *a)
{
	if (!a)
		return;
	retry(a);
	for (unsigned int i = 0; i < a->n; i++)
		forget(&a->waiting[i]);
	sqlite3_close(a->db);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
