/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/store.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/table.h"
#include "control/registry/print.h"
#include "control/text/sqlite_errno.h"

/* One that is kept, or that was and is still in the file. */
struct kept {
	uint64_t key; /* 0 = this place is free */
	char *id;
	struct cv_record *rec; /* NULL = cleared */
	uint32_t next_free; /* place + 1 */
	bool dirty;
};

struct cv_alarm_store {
	sqlite3 *db;
	struct cv_registry_key key;
	struct cv_alarm_table table; /* place + 1 by key */
	struct kept *kept;
	uint32_t n, room;
	uint32_t free; /* place + 1, 0 = none */
	uint32_t *changed; /* places, in the order in which they changed */
	uint32_t n_changed, changed_room;
	uint64_t seq, seq_written;
	struct cv_alarm_kept rules;
	char *text, *who, *config;
};

/* Of the file's form. Files of before it was written have 0, and the same form. */
#define VERSION 1

static const char schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
	"CREATE TABLE IF NOT EXISTS active (id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT "
	"ROWID;"
	"CREATE TABLE IF NOT EXISTS log (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT "
	"NULL);"
	"CREATE TABLE IF NOT EXISTS rules (number INTEGER PRIMARY KEY, version INTEGER NOT NULL,"
	" text BLOB NOT NULL, who TEXT NOT NULL, config TEXT NOT NULL);";

static struct kept *find(struct cv_alarm_store *s, const char *id, size_t len, uint64_t *ret_key)
{
	uint32_t place;

	*ret_key = cv_registry_print(&s->key, id, len) | 1;
	place = cv_alarm_table_find(&s->table, *ret_key);
	return place ? &s->kept[place - 1] : NULL;
}

static struct kept *make(struct cv_alarm_store *s, uint64_t key, const char *id, size_t len)
{
	uint32_t place = s->free ? s->free - 1 : s->n, room = s->room ? 2 * s->room : 64;
	uint32_t next_free;
	struct kept *kept;

	if (place == s->room) {
		kept = realloc(s->kept, room * sizeof(*kept));
		if (!kept)
			return NULL;
		s->kept = kept;
		s->room = room;
	}
	kept = &s->kept[place];
	next_free = place < s->n ? kept->next_free : 0;
	*kept = (struct kept){.key = key, .id = strndup(id, len), .next_free = next_free};
	if (!kept->id || cv_alarm_table_set(&s->table, key, place + 1) < 0) {
		free(kept->id);
		*kept = (struct kept){.next_free = next_free};
		return NULL;
	}
	if (place < s->n)
		s->free = next_free;
	else
		s->n++;
	return kept;
}

/* @return whether it will be written. */
static bool mark(struct cv_alarm_store *s, struct kept *k)
{
	uint32_t room = s->changed_room ? 2 * s->changed_room : 64, *changed;

	if (k->dirty)
		return true;
	if (s->n_changed == s->changed_room) {
		changed = realloc(s->changed, room * sizeof(*changed));
		if (!changed)
			return false;
		s->changed = changed;
		s->changed_room = room;
	}
	s->changed[s->n_changed++] = (uint32_t)(k - s->kept);
	k->dirty = true;
	return true;
}

static bool put(struct cv_alarm_store *s, const struct cv_record *rec, bool is_new)
{
	struct cv_tlv_view id = cv_record_tlv(rec, CV_TLV_CORRELATION);
	struct cv_alarm_view view;
	struct cv_record *copy = NULL;
	struct kept *k;
	uint64_t key;

	if (!cv_record_alarm(rec, &view) || id.len == 0)
		return true;
	k = find(s, (const char *)id.data, id.len, &key);
	if (!k && view.note.change == CV_ALARM_CLEARED)
		return true;
	if (view.note.change != CV_ALARM_CLEARED) {
		copy = malloc(rec->size);
		if (!copy)
			return false;
		memcpy(copy, rec, rec->size);
	}
	if (!k)
		k = make(s, key, (const char *)id.data, id.len);
	if (!k || (is_new && !mark(s, k))) {
		free(copy);
		return false;
	}
	free(k->rec);
	k->rec = copy;
	return true;
}

void cv_alarm_store_take(struct cv_alarm_store *s, const struct cv_record *rec)
{
	/* What finds no memory is not said to be there: the log has it. */
	(void)put(s, rec, true);
}

void cv_alarm_store_up_to(struct cv_alarm_store *s, uint64_t seq)
{
	s->seq = seq;
}

uint64_t cv_alarm_store_seq(const struct cv_alarm_store *s)
{
	return s->seq;
}

void cv_alarm_store_each(const struct cv_alarm_store *s,
			 void (*each)(void *owner, const struct cv_record *rec), void *owner)
{
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->kept[i].rec)
			each(owner, s->kept[i].rec);
	}
}

/* ---- reading -------------------------------------------------------------------------------- */

static int each_row(struct cv_alarm_store *s, const char *sql,
		    bool (*row)(struct cv_alarm_store *s, sqlite3_stmt *q))
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(q)) == SQLITE_ROW)
		code = row(s, q) ? SQLITE_OK : SQLITE_NOMEM;
	sqlite3_finalize(q);
	return code == SQLITE_DONE ? 0 : cv_sqlite_errno(s->db, code);
}

static bool active_row(struct cv_alarm_store *s, sqlite3_stmt *q)
{
	_Alignas(8) uint8_t copy[CV_RECORD_MAX];
	const struct cv_record *rec = (const struct cv_record *)(const void *)copy;
	int size = sqlite3_column_bytes(q, 0);
	const void *data = sqlite3_column_blob(q, 0);

	if (!data || size < (int)sizeof(*rec) || size > CV_RECORD_MAX)
		return true;
	memcpy(copy, data, (size_t)size);
	return cv_record_check(rec, (size_t)size) < 0 || put(s, rec, false);
}

static bool seq_row(struct cv_alarm_store *s, sqlite3_stmt *q)
{
	s->seq = s->seq_written = (uint64_t)sqlite3_column_int64(q, 0);
	return true;
}

static bool rules_row(struct cv_alarm_store *s, sqlite3_stmt *q)
{
	int len = sqlite3_column_bytes(q, 2);
	const struct cv_alarm_kept rules = {
		.number = (uint64_t)sqlite3_column_int64(q, 0),
		.version = (uint64_t)sqlite3_column_int64(q, 1),
		.len = (size_t)len,
	};

	s->text = strndup(len ? (const char *)sqlite3_column_blob(q, 2) : "", (size_t)len);
	s->who = strdup((const char *)sqlite3_column_text(q, 3));
	s->config = strdup((const char *)sqlite3_column_text(q, 4));
	if (!s->text || !s->who || !s->config)
		return false;
	s->rules = rules;
	s->rules.text = s->text;
	s->rules.who = s->who;
	s->rules.config = s->config;
	return true;
}

static int load(struct cv_alarm_store *s)
{
	int res = each_row(s, "SELECT record FROM active", active_row);

	if (res == 0)
		res = each_row(s, "SELECT seq FROM log", seq_row);
	if (res == 0)
		res = each_row(s,
			       "SELECT number, version, text, who, config FROM rules"
			       " ORDER BY number DESC LIMIT 1",
			       rules_row);
	return res;
}

static int open_database(const char *path, struct cv_alarm_store *s)
{
	int code = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	int version = 0, res;

	res = code == SQLITE_OK ? cv_sqlite_version(s->db, VERSION, &version)
				: cv_sqlite_errno(s->db, code);
	if (res == 0) {
		code = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
		res = code == SQLITE_OK ? load(s) : cv_sqlite_errno(s->db, code);
	}
	/* On a full disk it is read all the same, and marked another time. */
	if (res == 0 && version != VERSION)
		(void)sqlite3_exec(s->db, CV_SQL_PRAGMA("user_version", VERSION), NULL, NULL, NULL);
	if (res < 0) {
		sqlite3_close(s->db);
		s->db = NULL;
	}
	return res;
}

int cv_alarm_store_open(const char *path, struct cv_alarm_store **ret, const char **why)
{
	struct cv_alarm_store *s = calloc(1, sizeof(*s));
	char aside[PATH_MAX];
	int res = s ? cv_registry_key_make(&s->key) : -ENOMEM;

	*why = "no memory for alarms";
	if (res == 0)
		res = open_database(path, s);
	if (res == -EBADMSG && snprintf(aside, sizeof(aside), "%s.damaged", path) < PATH_MAX &&
	    rename(path, aside) == 0)
		res = open_database(path, s);
	if (res < 0) {
		*why = res == -EPROTO
			       ? "it is of a newer Culvert: run that one, or move the file away"
			       : "alarms.db in log.dir cannot be opened; is the folder "
				 "writable, the disk full?";
		cv_alarm_store_close(s);
		return res;
	}
	s->rules.text = s->text ? s->text : "";
	s->rules.who = s->who ? s->who : "";
	s->rules.config = s->config ? s->config : "";
	*ret = s;
	return s->seq == 0;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int run(struct cv_alarm_store *s, const char *sql, const char *id, const void *blob,
	       int size, int64_t number)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);

	if (code == SQLITE_OK && id)
		code = sqlite3_bind_text(q, 1, id, -1, SQLITE_STATIC);
	if (code == SQLITE_OK && blob)
		code = sqlite3_bind_blob(q, 2, blob, size, SQLITE_STATIC);
	if (code == SQLITE_OK && !id)
		code = sqlite3_bind_int64(q, 1, number);
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	sqlite3_finalize(q);
	return code == SQLITE_DONE ? 0 : cv_sqlite_errno(s->db, code);
}

static int write_changed(struct cv_alarm_store *s)
{
	int res = 0;

	for (uint32_t i = 0; res == 0 && i < s->n_changed; i++) {
		const struct kept *k = &s->kept[s->changed[i]];

		if (k->rec)
			res = run(s, "REPLACE INTO active VALUES (?1, ?2)", k->id, k->rec,
				  k->rec->size, 0);
		else
			res = run(s, "DELETE FROM active WHERE id = ?1", k->id, NULL, 0, 0);
	}
	if (res == 0)
		res = run(s, "REPLACE INTO log VALUES (1, ?1)", NULL, NULL, 0, (int64_t)s->seq);
	return res;
}

/* They are in the file, or out of it. */
static void settle(struct cv_alarm_store *s)
{
	for (uint32_t i = 0; i < s->n_changed; i++) {
		struct kept *k = &s->kept[s->changed[i]];

		k->dirty = false;
		if (k->rec)
			continue;
		cv_alarm_table_remove(&s->table, k->key);
		free(k->id);
		*k = (struct kept){.next_free = s->free};
		s->free = s->changed[i] + 1;
	}
	s->n_changed = 0;
	s->seq_written = s->seq;
}

static int end_change(struct cv_alarm_store *s, int res)
{
	int code = sqlite3_exec(s->db, res == 0 ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);

	if (res == 0 && code != SQLITE_OK) {
		res = cv_sqlite_errno(s->db, code);
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return res;
}

int cv_alarm_store_flush(struct cv_alarm_store *s)
{
	int res;

	if (s->n_changed == 0 && s->seq == s->seq_written)
		return 0;
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return -EBUSY;
	res = end_change(s, write_changed(s));
	if (res == 0)
		settle(s);
	return res;
}

struct cv_alarm_kept cv_alarm_store_rules(const struct cv_alarm_store *s)
{
	return s->rules;
}

static int write_rules(struct cv_alarm_store *s, const struct cv_alarm_kept *r)
{
	sqlite3_stmt *q = NULL;
	int code =
		sqlite3_prepare_v2(s->db, "INSERT INTO rules VALUES (?, ?, ?, ?, ?)", -1, &q, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_int64(q, 1, (int64_t)r->number);
		sqlite3_bind_int64(q, 2, (int64_t)r->version);
		sqlite3_bind_blob(q, 3, r->text, (int)r->len, SQLITE_STATIC);
		sqlite3_bind_text(q, 4, r->who, -1, SQLITE_STATIC);
		sqlite3_bind_text(q, 5, r->config, -1, SQLITE_STATIC);
		code = sqlite3_step(q);
	}
	sqlite3_finalize(q);
	return code == SQLITE_DONE ? 0 : cv_sqlite_errno(s->db, code);
}

int cv_alarm_store_keep_rules(struct cv_alarm_store *s, const struct cv_alarm_kept *rules)
{
	char *text = strndup(rules->text, rules->len), *who = strdup(rules->who),
	     *config = strdup(rules->config);
	int res = text && who && config ? 0 : -ENOMEM;

	if (res == 0 && sqlite3_exec(s->db, "PRAGMA synchronous=FULL; BEGIN IMMEDIATE", NULL, NULL,
				     NULL) != SQLITE_OK)
		res = -EBUSY;
	if (res == 0)
		res = end_change(s, write_rules(s, rules));
	sqlite3_exec(s->db, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
	if (res < 0) {
		free(text);
		free(who);
		free(config);
		return res;
	}
	free(s->text);
	free(s->who);
	free(s->config);
	s->text = text;
	s->who = who;
	s->config = config;
	s->rules = *rules;
	s->rules.text = text;
	s->rules.who = who;
	s->rules.config = config;
	return 0;
}

void cv_alarm_store_close(struct cv_alarm_store *s)
{
	if (!s)
		return;
	if (s->db)
		(void)cv_alarm_store_flush(s);
	sqlite3_close(s->db);
	for (uint32_t i = 0; i < s->n; i++) {
		free(s->kept[i].id);
		free(s->kept[i].rec);
	}
	free(s->kept);
	free(s->changed);
	free(s->table.slots);
	free(s->text);
	free(s->who);
	free(s->config);
	free(s);
}
