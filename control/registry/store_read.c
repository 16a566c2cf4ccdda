/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/registry/store_private.h"

#define SELECT_D(column) "d." #column ", "
#define SELECT_A(column) "a." #column ", "
#define SELECT_ROW(id, column, place, type, max, help) SELECT_##place(column)
/* The fields in their order, then these. */
#define SELECT                                                                                     \
	"SELECT " CV_REGISTRY_FIELDS(SELECT_ROW) " d.row, d.area, d.rev, d.removed FROM devices d" \
						 " LEFT JOIN areas a ON a.row = d.area "
enum { COLUMN_NUMBER = CV_REGISTRY_FIELD_COUNT, COLUMN_AREA, COLUMN_REV, COLUMN_REMOVED };

static void read_device(sqlite3_stmt *stmt, struct cv_registry_device *ret)
{
	cv_registry_device_init(ret);
	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		const struct cv_registry_field *f = &cv_registry_fields[i];
		const char *text;

		if (!f->is_number) {
			text = (const char *)sqlite3_column_text(stmt, (int)i);
			snprintf(cv_registry_field_text(ret, i), f->max + 1, "%s",
				 text ? text : "");
		} else if (sqlite3_column_type(stmt, (int)i) == SQLITE_INTEGER) {
			*cv_registry_field_number(ret, i) = sqlite3_column_int(stmt, (int)i);
		}
	}
	ret->row = (uint32_t)sqlite3_column_int64(stmt, COLUMN_NUMBER);
	ret->area = (uint32_t)sqlite3_column_int64(stmt, COLUMN_AREA);
}

/* Give every row to @p visit; frees the statement. */
static int walk(struct cv_registry_store *s, sqlite3_stmt *stmt, cv_registry_visit *visit,
		void *owner)
{
	struct cv_registry_device d;
	int code, res = 0;

	do {
		code = sqlite3_step(stmt);
		if (code != SQLITE_ROW)
			break;
		read_device(stmt, &d);
		res = visit(owner, &d, (uint64_t)sqlite3_column_int64(stmt, COLUMN_REV),
			    sqlite3_column_int(stmt, COLUMN_REMOVED) != 0);
	} while (res == 0);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		res = cv_registry_store_fault(s, code);
	sqlite3_finalize(stmt);
	return res;
}

static int copy(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	*(struct cv_registry_device *)owner = *d;
	return 0;
}

static int get(struct cv_registry_store *s, sqlite3_stmt *stmt, struct cv_registry_device *ret)
{
	struct cv_registry_device d = {0};
	int res = walk(s, stmt, copy, &d);

	if (res == 0 && d.row == 0)
		res = -ENOENT;
	if (res == 0)
		*ret = d;
	return res;
}

int cv_registry_store_get(struct cv_registry_store *s, const char *id,
			  struct cv_registry_device *ret)
{
	sqlite3_stmt *stmt = NULL;
	int res = cv_registry_store_prepare(s, SELECT "WHERE d.id = ? AND NOT d.removed", &stmt);

	if (res < 0)
		return res;
	sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	return get(s, stmt, ret);
}

int cv_registry_store_get_row(struct cv_registry_store *s, uint32_t row,
			      struct cv_registry_device *ret)
{
	sqlite3_stmt *stmt = NULL;
	int res = cv_registry_store_prepare(s, SELECT "WHERE d.row = ? AND NOT d.removed", &stmt);

	if (res < 0)
		return res;
	sqlite3_bind_int64(stmt, 1, row);
	return get(s, stmt, ret);
}

int cv_registry_store_each(struct cv_registry_store *s, const struct cv_registry_where *where,
			   cv_registry_visit *visit, void *owner)
{
	static const char sql[] =
		SELECT "WHERE d.row > ?1 AND NOT d.removed"
		       " AND (?2 IS NULL OR d.kind = ?2) AND (?3 IS NULL OR d.owner = ?3)"
		       " AND (?4 IS NULL OR d.zone = ?4)"
		       " AND (?5 IS NULL OR substr(a.city, 1, length(?5)) = ?5"
		       "  OR substr(a.district, 1, length(?5)) = ?5"
		       "  OR substr(a.street, 1, length(?5)) = ?5"
		       "  OR substr(a.community, 1, length(?5)) = ?5)"
		       " ORDER BY d.row LIMIT ?6";
	sqlite3_stmt *stmt = NULL;
	int res = cv_registry_store_prepare(s, sql, &stmt);

	if (res < 0)
		return res;
	sqlite3_bind_int64(stmt, 1, where->after);
	sqlite3_bind_text(stmt, 2, where->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, where->owner, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, where->zone, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, where->area, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 6, where->limit ? (sqlite3_int64)where->limit : -1);
	return walk(s, stmt, visit, owner);
}

struct counted {
	cv_registry_visit *visit;
	void *owner;
	uint64_t n;
};

static int count(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	struct counted *c = owner;

	c->n++;
	return c->visit(c->owner, d, rev, removed);
}

/*
 * The rest of a change, then later ones: as one comparison of (rev, row) SQLite goes through all of
 * a change from its beginning each time, and an import is one change.
 */
int cv_registry_store_changes(struct cv_registry_store *s, uint64_t rev, uint32_t row,
			      uint64_t limit, cv_registry_visit *visit, void *owner)
{
	static const char *const sql[] = {
		SELECT "WHERE d.rev = ?1 AND d.row > ?2 ORDER BY d.row LIMIT ?3",
		SELECT "WHERE d.rev > ?1 ORDER BY d.rev, d.row LIMIT ?3",
	};
	struct counted c = {visit, owner, 0};
	int res = 0;

	for (int i = 0; i < 2 && res == 0 && c.n < limit; i++) {
		sqlite3_stmt *stmt = NULL;

		res = cv_registry_store_prepare(s, sql[i], &stmt);
		if (res < 0)
			return res;
		sqlite3_bind_int64(stmt, 1, (sqlite3_int64)rev);
		if (i == 0)
			sqlite3_bind_int64(stmt, 2, row);
		sqlite3_bind_int64(stmt, 3, (sqlite3_int64)(limit - c.n));
		res = walk(s, stmt, count, &c);
	}
	return res;
}
