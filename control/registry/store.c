/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/store_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/text/sqlite_errno.h"

#define VERSION 1
/* "CVRG", so that file(1) and we know it for ours. */
#define APPLICATION 0x43565247

#define D_COLUMN_D(column) " " #column ","
#define D_COLUMN_A(column)
#define COLUMN_ROW(id, column, place, type, max, help) D_COLUMN_##place(column)
/* The device's own columns: "id, kind, ..., " */
#define OWN_COLUMNS CV_REGISTRY_FIELDS(COLUMN_ROW)

#define D_VALUE_D(column) " :" #column ","
#define D_VALUE_A(column)
#define VALUE_ROW(id, column, place, type, max, help) D_VALUE_##place(column)

#define D_UPDATE_D(column) " " #column " = coalesce(excluded." #column ", " #column "),"
#define D_UPDATE_A(column)
#define UPDATE_ROW(id, column, place, type, max, help) D_UPDATE_##place(column)

#define D_DIFFERS_D(column)                                                                        \
	" OR ifnull(" #column ", '') <> ifnull(coalesce(excluded." #column ", " #column "), '')"
#define D_DIFFERS_A(column)
#define DIFFERS_ROW(id, column, place, type, max, help) D_DIFFERS_##place(column)

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS areas (row INTEGER PRIMARY KEY AUTOINCREMENT,"
	" city TEXT NOT NULL, district TEXT NOT NULL, street TEXT NOT NULL,"
	" community TEXT NOT NULL, UNIQUE (city, district, street, community));"
	/* NULL or '' = not stated. */
	"CREATE TABLE IF NOT EXISTS devices (row INTEGER PRIMARY KEY AUTOINCREMENT," OWN_COLUMNS
	" area INTEGER, rev INTEGER NOT NULL, removed INTEGER NOT NULL, UNIQUE (id));"
	"CREATE INDEX IF NOT EXISTS devices_rev ON devices (rev, row);"
	"CREATE TABLE IF NOT EXISTS changes (rev INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" who TEXT NOT NULL, what TEXT NOT NULL, added INTEGER NOT NULL,"
	" changed INTEGER NOT NULL, removed INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS state (rev INTEGER NOT NULL);"
	"INSERT INTO state SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM state);" CV_SQL_PRAGMA(
		"user_version", VERSION) CV_SQL_PRAGMA("application_id", APPLICATION) "COMMIT;";

/* A removed device that comes again is as new, in its old row. */
static const char put_sql[] =
	"INSERT INTO devices (" OWN_COLUMNS " area, rev, removed)"
	" VALUES (" CV_REGISTRY_FIELDS(
		VALUE_ROW) " :area, :rev, 0)"
			   " ON CONFLICT (id) DO UPDATE SET" CV_REGISTRY_FIELDS(
				   UPDATE_ROW) " area = coalesce(excluded.area, area), rev = "
					       "excluded.rev, removed = 0"
					       " WHERE removed OR ifnull(area, 0) <> "
					       "ifnull(coalesce(excluded.area, area), "
					       "0)" CV_REGISTRY_FIELDS(DIFFERS_ROW);

#define D_CLEAR_D(column) " " #column " = CASE '" #column "' WHEN 'id' THEN " #column " END,"
#define D_CLEAR_A(column)
#define CLEAR_ROW(id, column, place, type, max, help) D_CLEAR_##place(column)
static const char remove_sql[] = "UPDATE devices SET" CV_REGISTRY_FIELDS(
	CLEAR_ROW) " area = NULL, rev = ?1, removed = 1 WHERE id = ?2 AND NOT removed";

static const enum cv_registry_field_id area_fields[4] = {
	CV_REGISTRY_FIELD_CITY, CV_REGISTRY_FIELD_DISTRICT, CV_REGISTRY_FIELD_STREET,
	CV_REGISTRY_FIELD_COMMUNITY};

int cv_registry_store_fault(struct cv_registry_store *s, int code)
{
	int res = -EIO;

	snprintf(s->why, sizeof(s->why), "%s", sqlite3_errmsg(s->db));
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		res = -EBUSY;
		break;
	case SQLITE_FULL:
		res = -ENOSPC;
		break;
	case SQLITE_NOMEM:
		res = -ENOMEM;
		break;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		res = -EACCES;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		res = -EBADMSG;
		break;
	case SQLITE_INTERRUPT:
		res = -ECANCELED;
		break;
	default:
		if (sqlite3_system_errno(s->db) == ENOSPC)
			res = -ENOSPC;
	}
	return res;
}

int cv_registry_store_prepare(struct cv_registry_store *s, const char *sql, sqlite3_stmt **stmt)
{
	int code;

	if (*stmt)
		return 0;
	code = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	return code == SQLITE_OK ? 0 : cv_registry_store_fault(s, code);
}

const char *cv_registry_store_why(const struct cv_registry_store *s)
{
	return s->why;
}

/* ---- open ----------------------------------------------------------------------------------- */

static int number(struct cv_registry_store *s, const char *sql, uint64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? 0 : cv_registry_store_fault(s, code);
}

int cv_registry_store_count(struct cv_registry_store *s, uint64_t *ret)
{
	return number(s, "SELECT count(*) FROM devices WHERE NOT removed", ret);
}

int cv_registry_store_rev(struct cv_registry_store *s, uint64_t *ret)
{
	return number(s, "SELECT rev FROM state", ret);
}

static int check_version(struct cv_registry_store *s, enum cv_registry_mode mode, const char **why)
{
	uint64_t version = 0, application = 0;
	int res = number(s, "PRAGMA user_version", &version);

	if (res == 0)
		res = number(s, "PRAGMA application_id", &application);
	if (res < 0)
		return res;
	*why = "the registry is of a newer Culvert; use that one's culvert registry export";
	if (version > VERSION)
		return -EPROTO;
	*why = "this file is no registry of Culvert";
	if (version != 0 && application != APPLICATION)
		return -EBADMSG;
	*why = "there is no registry; culvert registry import makes one";
	return version == 0 && mode == CV_REGISTRY_READ ? -ENOENT : 0;
}

static int open_database(struct cv_registry_store *s, const char *path, enum cv_registry_mode mode,
			 const char **why)
{
	int flags = mode == CV_REGISTRY_READ ? SQLITE_OPEN_READONLY
					     : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int res, code = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK)
		return cv_registry_store_fault(s, code);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, mode == CV_REGISTRY_READ ? 0 : 2000);
	res = check_version(s, mode, why);
	if (res < 0 || mode == CV_REGISTRY_READ)
		return res;
	*why = "the registry cannot be made; is its folder writable?";
	code = sqlite3_exec(s->db,
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			    "PRAGMA cache_size = -65536; PRAGMA journal_size_limit = 67108864;",
			    NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : cv_registry_store_fault(s, code);
}

static const char *why_of(int res)
{
	switch (res) {
	case -ENOSPC:
		return "the disk is full: the registry cannot be opened";
	case -EBUSY:
		return "the registry is being changed; try again";
	case -EBADMSG:
		return "the registry is damaged, or the file is none; put it aside and import it "
		       "again";
	default:
		return "the registry cannot be opened; may you read and write its folder?";
	}
}

int cv_registry_store_open(const char *path, enum cv_registry_mode mode,
			   struct cv_registry_store **ret, const char **why)
{
	struct cv_registry_store *s = calloc(1, sizeof(*s));
	const char *text = NULL;
	int res;

	*why = "no memory for the registry";
	if (!s)
		return -ENOMEM;
	res = open_database(s, path, mode, &text);
	/* What there is not cannot be opened for reading. */
	if (res == -EACCES && mode == CV_REGISTRY_READ && sqlite3_system_errno(s->db) == ENOENT) {
		text = "there is no registry; culvert registry import makes one";
		res = -ENOENT;
	}
	if (res < 0) {
		*why = text ? text : why_of(res);
		cv_registry_store_close(s);
		return res;
	}
	*ret = s;
	return 0;
}

void cv_registry_store_close(struct cv_registry_store *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->put);
	sqlite3_finalize(s->find_area);
	sqlite3_finalize(s->add_area);
	sqlite3_close(s->db); /* rolls back what is not committed */
	free(s);
}

/* ---- change --------------------------------------------------------------------------------- */

int cv_registry_store_begin(struct cv_registry_store *s)
{
	int code = sqlite3_exec(s->db, "BEGIN IMMEDIATE; UPDATE state SET rev = rev + 1", NULL,
				NULL, NULL);
	int res = code == SQLITE_OK ? cv_registry_store_rev(s, &s->rev)
				    : cv_registry_store_fault(s, code);

	s->area = 0;
	s->added = s->changed = s->removed = 0;
	if (res < 0)
		cv_registry_store_rollback(s);
	return res;
}

void cv_registry_store_rollback(struct cv_registry_store *s)
{
	s->area = 0;
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static int step_area(struct cv_registry_store *s, sqlite3_stmt *stmt, sqlite3_int64 *ret)
{
	int code;

	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(stmt, i + 1, s->area_codes[i], -1, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	*ret = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : cv_registry_store_fault(s, code);
}

/* Number of the device's area, made when it is new; 0 = all codes are empty. */
static int area_of(struct cv_registry_store *s, const struct cv_registry_device *d,
		   sqlite3_int64 *ret)
{
	bool same = s->area != 0, any = false;
	char buf[CV_REGISTRY_TEXT_MAX];
	int res;

	for (int i = 0; i < 4; i++) {
		const char *code = cv_registry_field_get(d, area_fields[i], buf);

		same = same && strcmp(code, s->area_codes[i]) == 0;
		any |= *code != '\0';
		if (!same)
			s->area = 0;
		snprintf(s->area_codes[i], sizeof(s->area_codes[i]), "%s", code);
	}
	*ret = any ? s->area : 0;
	if (!any || same)
		return 0;
	res = cv_registry_store_prepare(s,
					"SELECT row FROM areas WHERE city = ? AND district = ?"
					" AND street = ? AND community = ?",
					&s->find_area);
	if (res == 0)
		res = step_area(s, s->find_area, &s->area);
	if (res < 0 || s->area != 0) {
		*ret = s->area;
		return res;
	}
	res = cv_registry_store_prepare(s, "INSERT INTO areas VALUES (NULL, ?, ?, ?, ?)",
					&s->add_area);
	if (res == 0)
		res = step_area(s, s->add_area, ret);
	if (res == 0)
		s->area = *ret = sqlite3_last_insert_rowid(s->db);
	return res;
}

/*
 * A field that is not given is NULL, one that is cleared ''. Parameters are in the order of the
 * fields of the device itself. @return the number behind them.
 */
static int bind_fields(sqlite3_stmt *stmt, const struct cv_registry_device *d)
{
	int n = 1;

	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		const struct cv_registry_field *f = &cv_registry_fields[i];
		const char *at = (const char *)d + f->offset;
		int32_t value;

		if (CV_REGISTRY_AREA_FIELDS & 1u << i)
			continue;
		memcpy(&value, at, sizeof(value));
		if (!(d->given & 1u << i))
			sqlite3_bind_null(stmt, n);
		else if (!f->is_number)
			sqlite3_bind_text(stmt, n, at, -1, SQLITE_STATIC);
		else if (value == CV_REGISTRY_NONE)
			sqlite3_bind_text(stmt, n, "", 0, SQLITE_STATIC);
		else
			sqlite3_bind_int(stmt, n, value);
		n++;
	}
	return n;
}

int cv_registry_store_put(struct cv_registry_store *s, const struct cv_registry_device *d,
			  enum cv_registry_put *ret)
{
	int n, code, res = cv_registry_store_prepare(s, put_sql, &s->put);
	sqlite3_int64 area = 0;

	if (res == 0 && (d->given & CV_REGISTRY_AREA_FIELDS))
		res = area_of(s, d, &area);
	if (res < 0)
		return res;
	n = bind_fields(s->put, d);
	if (d->given & CV_REGISTRY_AREA_FIELDS)
		sqlite3_bind_int64(s->put, n, area);
	else
		sqlite3_bind_null(s->put, n);
	sqlite3_bind_int64(s->put, n + 1, (sqlite3_int64)s->rev);
	/* Only a new row sets it again. */
	sqlite3_set_last_insert_rowid(s->db, 0);
	code = sqlite3_step(s->put);
	sqlite3_reset(s->put);
	if (code != SQLITE_DONE)
		return cv_registry_store_fault(s, code);
	*ret = sqlite3_last_insert_rowid(s->db) != 0 ? CV_REGISTRY_ADDED
	       : sqlite3_changes(s->db) > 0	     ? CV_REGISTRY_CHANGED
						     : CV_REGISTRY_SAME;
	s->added += *ret == CV_REGISTRY_ADDED;
	s->changed += *ret == CV_REGISTRY_CHANGED;
	return 0;
}

int cv_registry_store_remove(struct cv_registry_store *s, const char *id)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(s->db, remove_sql, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, (sqlite3_int64)s->rev);
		sqlite3_bind_text(stmt, 2, id, -1, SQLITE_STATIC);
		code = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	if (code != SQLITE_DONE)
		return cv_registry_store_fault(s, code);
	if (sqlite3_changes(s->db) == 0)
		return -ENOENT;
	s->removed++;
	return 0;
}
