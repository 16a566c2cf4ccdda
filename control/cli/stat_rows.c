/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cli/stat_rows.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cli/output.h"

struct collector {
	struct cv_stat_rows rows;
	int error;
};

__attribute__((format(printf, 4, 5))) static void add(struct collector *c, const char *stage,
						      uint64_t value, const char *fmt, ...)
{
	size_t n = c->rows.n;
	struct cv_stat_row *row;
	va_list ap;

	if (c->error)
		return;
	if ((n & (n - 1)) == 0) {
		row = reallocarray(c->rows.items, n ? n * 2 : 1, sizeof(*row));
		if (!row) {
			c->error = -ENOMEM;
			return;
		}
		c->rows.items = row;
	}
	row = &c->rows.items[c->rows.n++];
	memset(row, 0, sizeof(*row));
	row->value = value;
	snprintf(row->stage, sizeof(row->stage), "%s", stage);
	va_start(ap, fmt);
	vsnprintf(row->name, sizeof(row->name), fmt, ap);
	va_end(ap);
}

/* Every number of an object as "PREFIX KEY". */
static void add_members(struct collector *c, const char *stage, const char *prefix,
			const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (json_is_integer(value))
			add(c, stage, cv_json_count(object, key), "%s%s%.60s", prefix,
			    *prefix ? " " : "", key);
	}
}

/* Every object in an object by its members. */
static void add_objects(struct collector *c, const char *stage, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		char prefix[40];

		snprintf(prefix, sizeof(prefix), "%.39s", key);
		add_members(c, stage, prefix, value);
	}
}

static void add_protocols(struct collector *c, const json_t *protocols)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)protocols, key, value)
	{
		char prefix[64];

		if (!cv_json_count(value, "messages") &&
		    !cv_json_sum(json_object_get(value, "rejected")))
			continue;
		add(c, "decode", cv_json_count(value, "messages"), "%.39s messages", key);
		add(c, "decode", cv_json_count(value, "repeated"), "%.39s repeated", key);
		snprintf(prefix, sizeof(prefix), "%.39s rejected", key);
		add_members(c, "decode", prefix, json_object_get(value, "rejected"));
	}
}

static void add_dataplane(struct collector *c, const json_t *d)
{
	add_objects(c, "packet", json_object_get(d, "ports"));
	add(c, "packet", cv_json_count(d, "rx"), "rx");
	add(c, "packet", cv_json_count(d, "rx_bytes"), "rx bytes");
	add_members(c, "verdict", "", json_object_get(d, "reasons"));
	add(c, "verdict", cv_json_count(d, "forwarded"), "forwarded");
	add(c, "verdict", cv_json_count(d, "host"), "host");
	add_members(c, "verdict", "dropped", json_object_get(d, "dropped"));
	add(c, "decode", cv_json_count(d, "inspected"), "inspected");
	add_members(c, "decode", "", json_object_get(d, "outcome"));
	add_protocols(c, json_object_get(d, "protocols"));
	add_members(c, "flow", "", json_object_get(d, "flow"));
	add_objects(c, "handoff", json_object_get(d, "lanes"));
}

static void add_log(struct collector *c, const json_t *log)
{
	const json_t *lanes = json_object_get(log, "lanes");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)lanes, key, value)
	{
		char prefix[64];

		snprintf(prefix, sizeof(prefix), "%.39s", key);
		add_members(c, "log", prefix, value);
		snprintf(prefix, sizeof(prefix), "%.39s refused", key);
		add_members(c, "log", prefix, json_object_get(value, "refused"));
	}
	add_members(c, "log", "", log);
}

int cv_stat_rows_read(const json_t *stats, struct cv_stat_rows *ret)
{
	struct collector c = {0};
	json_t *subscriber;
	size_t i;

	add_objects(&c, "xdp", json_object_get(stats, "xdp"));
	add_dataplane(&c, json_object_get(stats, "dataplane"));
	add_log(&c, json_object_get(stats, "log"));
	add_members(&c, "evidence", "", json_object_get(stats, "evidence"));
	add_objects(&c, "evidence", json_object_get(stats, "evidence"));
	json_array_foreach(json_object_get(stats, "subscribers"), i, subscriber)
	{
		uint64_t id = cv_json_count(subscriber, "id");

		add(&c, "subscriber", cv_json_count(subscriber, "sent"), "%llu sent",
		    (unsigned long long)id);
		add(&c, "subscriber", cv_json_count(subscriber, "lag"), "%llu lag",
		    (unsigned long long)id);
	}
	if (c.error) {
		cv_stat_rows_free(&c.rows);
		return c.error;
	}
	*ret = c.rows;
	return 0;
}

void cv_stat_rows_free(struct cv_stat_rows *rows)
{
	free(rows->items);
	*rows = (struct cv_stat_rows){0};
}

uint64_t cv_stat_rows_find(const struct cv_stat_rows *rows, const struct cv_stat_row *row)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (strcmp(rows->items[i].stage, row->stage) == 0 &&
		    strcmp(rows->items[i].name, row->name) == 0)
			return rows->items[i].value;
	}
	return 0;
}
