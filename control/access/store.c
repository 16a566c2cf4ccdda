/* SPDX-License-Identifier: Apache-2.0 */
#include "control/access/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/text/sqlite_errno.h"

/*
 * A version of Culvert that knows no areas, which an update may fall back to, would let whoever has
 * some see all the others: such rows are in a table that it does not look into.
 */
#define TABLES(X)                                                                                  \
	X("principals")                                                                            \
	X("principals_of_areas")

#define MAKE_TABLE(name)                                                                           \
	"CREATE TABLE IF NOT EXISTS " name " (id TEXT PRIMARY KEY, kind TEXT NOT NULL,"            \
	" name TEXT NOT NULL, hash BLOB NOT NULL, subject TEXT NOT NULL, lanes TEXT NOT NULL,"     \
	" types TEXT NOT NULL, devices TEXT NOT NULL, masks TEXT NOT NULL, node INTEGER NOT NULL," \
	" connections INTEGER NOT NULL, requests INTEGER NOT NULL, created INTEGER NOT NULL,"      \
	" expires INTEGER NOT NULL, created_by TEXT NOT NULL);"

/* Of the file's form: tables and columns that an older version may pass over do not change it. */
#define VERSION 1

static const char schema[] =
	"PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;" TABLES(
		MAKE_TABLE);

/* Columns that a file of an older version has not. */
#define ADDED_COLUMNS(X)                                                                           \
	X("areas", "TEXT NOT NULL DEFAULT ''")                                                     \
	X("use_groups", "TEXT NOT NULL DEFAULT ''")                                                \
	X("ack", "INTEGER NOT NULL DEFAULT 0")

#define COLUMNS                                                                                    \
	"id, kind, name, hash, subject, lanes, types, devices, masks, node, connections, "         \
	"requests, created, expires, created_by, areas, use_groups, ack"

/* Made before SQLite does, with its mode; one that others may write would let them in. */
static int check_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	int res = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		res = -errno;
	else if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
		 (st.st_mode & (S_IRWXG | S_IRWXO)))
		res = -EPERM;
	close(fd);
	return res;
}

static bool has_column(sqlite3 *db, const char *table, const char *column)
{
	return sqlite3_table_column_metadata(db, NULL, table, column, NULL, NULL, NULL, NULL,
					     NULL) == SQLITE_OK;
}

/* Each by itself: a start that was cut off goes on where it was. */
static int add_columns(sqlite3 *db)
{
	static const struct {
		const char *table, *column, *add;
	} rows[] = {
#define ADDED_ROW(column, type)                                                                    \
	{"principals", column, "ALTER TABLE principals ADD COLUMN " column " " type},              \
		{"principals_of_areas", column,                                                    \
		 "ALTER TABLE principals_of_areas ADD COLUMN " column " " type},
		ADDED_COLUMNS(ADDED_ROW)};
	int code = SQLITE_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && code == SQLITE_OK; i++) {
		if (!has_column(db, rows[i].table, rows[i].column))
			code = sqlite3_exec(db, rows[i].add, NULL, NULL, NULL);
	}
	return code;
}

static int prepare_tables(sqlite3 *db)
{
	int code = sqlite3_exec(db, schema, NULL, NULL, NULL);

	return code == SQLITE_OK ? add_columns(db) : code;
}

int cv_access_store_open(const char *path, sqlite3 **ret)
{
	sqlite3 *db = NULL;
	int res = check_file(path);
	int code, version = 0;

	if (res < 0)
		return res;
	code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	res = code == SQLITE_OK ? 0 : cv_sqlite_errno(db, code);
	if (res == 0) {
		sqlite3_busy_timeout(db, 1000); /* somebody may read the file with a tool */
		res = cv_sqlite_version(db, VERSION, &version);
	}
	if (res == 0) {
		code = prepare_tables(db);
		res = code == SQLITE_OK ? 0 : cv_sqlite_errno(db, code);
	}
	/* On a full disk it is read all the same, and marked another time. */
	if (res == 0 && version != VERSION)
		(void)sqlite3_exec(db, CV_SQL_PRAGMA("user_version", VERSION), NULL, NULL, NULL);
	if (res == 0) {
		*ret = db;
		return 0;
	}
	sqlite3_close(db);
	return res;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static bool take_text(sqlite3_stmt *stmt, int column, char *ret, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	size_t n = (size_t)sqlite3_column_bytes(stmt, column);

	if (!text || n >= size || strlen(text) != n)
		return false;
	memcpy(ret, text, n + 1);
	return true;
}

static bool take_kind(sqlite3_stmt *stmt, int column, enum cv_principal_kind *ret)
{
	char text[16];

	if (!take_text(stmt, column, text, sizeof(text)))
		return false;
	for (unsigned int i = 0; i < CV_PRINCIPAL_KIND_COUNT; i++) {
		if (strcmp(text, cv_principal_kind_name(i)) == 0) {
			*ret = (enum cv_principal_kind)i;
			return true;
		}
	}
	return false;
}

static bool take_row(sqlite3_stmt *stmt, struct cv_principal *p)
{
	struct cv_principal_settings *s = &p->settings;
	int hash_size = sqlite3_column_bytes(stmt, 3);

	if (!take_text(stmt, 0, p->id, sizeof(p->id)) || !cv_token_id_is_good(p->id) ||
	    !take_kind(stmt, 1, &s->kind) || !take_text(stmt, 2, s->name, sizeof(s->name)) ||
	    !take_text(stmt, 4, s->subject, sizeof(s->subject)) ||
	    !take_text(stmt, 5, s->scope.lanes, sizeof(s->scope.lanes)) ||
	    !take_text(stmt, 6, s->scope.types, sizeof(s->scope.types)) ||
	    !take_text(stmt, 7, s->scope.devices, sizeof(s->scope.devices)) ||
	    !take_text(stmt, 8, s->scope.masks, sizeof(s->scope.masks)) ||
	    !take_text(stmt, 14, s->created_by, sizeof(s->created_by)) ||
	    !take_text(stmt, 15, s->scope.areas, sizeof(s->scope.areas)) ||
	    !take_text(stmt, 16, s->scope.groups, sizeof(s->scope.groups)))
		return false;
	if (hash_size != (s->kind == CV_PRINCIPAL_TOKEN ? CV_TOKEN_HASH_SIZE : 0))
		return false;
	if (hash_size > 0)
		memcpy(p->hash, sqlite3_column_blob(stmt, 3), (size_t)hash_size);
	s->node = sqlite3_column_int(stmt, 9) == 1;
	s->ack = sqlite3_column_int(stmt, 17) == 1;
	s->connections = (uint32_t)sqlite3_column_int64(stmt, 10);
	s->requests = (uint32_t)sqlite3_column_int64(stmt, 11);
	s->created_s = sqlite3_column_int64(stmt, 12);
	s->expires_s = sqlite3_column_int64(stmt, 13);
	return s->connections > 0 && s->requests > 0 && s->expires_s >= 0;
}

int cv_access_store_read(sqlite3 *db, int (*take)(void *owner, struct cv_principal *p), void *owner)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db,
				      "SELECT " COLUMNS " FROM principals UNION ALL SELECT " COLUMNS
				      " FROM principals_of_areas ORDER BY created, id",
				      -1, &stmt, NULL);
	int res = code == SQLITE_OK ? 0 : cv_sqlite_errno(db, code);

	while (res == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct cv_principal *p = calloc(1, sizeof(*p));

		if (!p)
			res = -ENOMEM;
		else if (!take_row(stmt, p))
			res = -EBADMSG;
		if (res < 0)
			free(p);
		else
			res = take(owner, p);
	}
	if (res == 0 && code != SQLITE_DONE)
		res = cv_sqlite_errno(db, code);
	sqlite3_finalize(stmt);
	return res;
}

static void bind_text(sqlite3_stmt *stmt, int column, const char *text)
{
	sqlite3_bind_text(stmt, column, text, -1, SQLITE_STATIC);
}

int cv_access_store_add(sqlite3 *db, const struct cv_principal *p)
{
	const struct cv_principal_settings *s = &p->settings;
	sqlite3_stmt *stmt = NULL;
	static const char values[] = "(" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
	char text[512];
	int code;

	snprintf(text, sizeof(text), "INSERT INTO principals%s%s",
		 s->scope.areas[0] ? "_of_areas" : "", values);
	code = sqlite3_prepare_v2(db, text, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		bind_text(stmt, 1, p->id);
		bind_text(stmt, 2, cv_principal_kind_name(s->kind));
		bind_text(stmt, 3, s->name);
		sqlite3_bind_blob(stmt, 4, p->hash,
				  s->kind == CV_PRINCIPAL_TOKEN ? CV_TOKEN_HASH_SIZE : 0,
				  SQLITE_STATIC);
		bind_text(stmt, 5, s->subject);
		bind_text(stmt, 6, s->scope.lanes);
		bind_text(stmt, 7, s->scope.types);
		bind_text(stmt, 8, s->scope.devices);
		bind_text(stmt, 9, s->scope.masks);
		sqlite3_bind_int(stmt, 10, s->node);
		sqlite3_bind_int64(stmt, 11, s->connections);
		sqlite3_bind_int64(stmt, 12, s->requests);
		sqlite3_bind_int64(stmt, 13, s->created_s);
		sqlite3_bind_int64(stmt, 14, s->expires_s);
		bind_text(stmt, 15, s->created_by);
		bind_text(stmt, 16, s->scope.areas);
		bind_text(stmt, 17, s->scope.groups);
		sqlite3_bind_int(stmt, 18, s->ack);
		code = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : cv_sqlite_errno(db, code);
}

static int remove_from(sqlite3 *db, const char *text, const char *id)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, text, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		bind_text(stmt, 1, id);
		code = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : cv_sqlite_errno(db, code);
}

int cv_access_store_remove(sqlite3 *db, const char *id)
{
#define REMOVE(name) "DELETE FROM " name " WHERE id = ?",
	static const char *const texts[] = {TABLES(REMOVE)};
	int res = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && res == 0; i++)
		res = remove_from(db, texts[i], id);
	return res;
}
