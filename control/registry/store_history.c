/* SPDX-License-Identifier: Apache-2.0 */
/* Who changed the registry: a row for each change, part of the change itself. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/registry/store_private.h"

void cv_registry_store_by(struct cv_registry_store *s, const char *who, const char *what)
{
	snprintf(s->who, sizeof(s->who), "%s", who);
	snprintf(s->what, sizeof(s->what), "%s", what);
}

static int write_down(struct cv_registry_store *s)
{
	sqlite3_stmt *stmt = NULL;
	struct timespec now;
	int code, res = cv_registry_store_prepare(
			  s, "INSERT INTO changes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", &stmt);

	if (res < 0)
		return res;
	clock_gettime(CLOCK_REALTIME, &now);
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)s->rev);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)now.tv_sec);
	sqlite3_bind_text(stmt, 3, s->who, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, s->what, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 5, (sqlite3_int64)s->added);
	sqlite3_bind_int64(stmt, 6, (sqlite3_int64)s->changed);
	sqlite3_bind_int64(stmt, 7, (sqlite3_int64)s->removed);
	code = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : cv_registry_store_fault(s, code);
}

int cv_registry_store_commit(struct cv_registry_store *s)
{
	int code, res = write_down(s);

	if (res < 0)
		return res;
	code = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : cv_registry_store_fault(s, code);
}

static const char *text_of(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? text : "";
}

int cv_registry_store_history(struct cv_registry_store *s, uint64_t limit,
			      int (*visit)(void *owner, const struct cv_registry_change *c),
			      void *owner)
{
	sqlite3_stmt *stmt = NULL;
	int code = SQLITE_DONE,
	    res = cv_registry_store_prepare(
		    s,
		    "SELECT rev, time, who, what, added, changed, removed FROM changes"
		    " ORDER BY rev DESC LIMIT ?1",
		    &stmt);

	if (res < 0)
		return res;
	sqlite3_bind_int64(stmt, 1, limit ? (sqlite3_int64)limit : -1);
	while (res == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct cv_registry_change c = {
			.rev = (uint64_t)sqlite3_column_int64(stmt, 0),
			.time_s = sqlite3_column_int64(stmt, 1),
			.who = text_of(stmt, 2),
			.what = text_of(stmt, 3),
			.added = (uint64_t)sqlite3_column_int64(stmt, 4),
			.changed = (uint64_t)sqlite3_column_int64(stmt, 5),
			.removed = (uint64_t)sqlite3_column_int64(stmt, 6),
		};

		res = visit(owner, &c);
	}
	if (res == 0 && code != SQLITE_DONE)
		res = cv_registry_store_fault(s, code);
	sqlite3_finalize(stmt);
	return res;
}
