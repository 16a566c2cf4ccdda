/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cli/top.h"

#include <float.h>
#include <string.h>

/* Writes lines of a bounded width and counts them. */
struct screen {
	FILE *out;
	unsigned int rows, columns, used;
};

static const json_t *find(const json_t *doc, const char *path)
{
	char key[64];

	while (doc && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		doc = json_object_get(doc, key);
		path += len + (path[len] == '.');
	}
	return doc;
}

/* A number, or the sum of the numbers anywhere in an object. */
static uint64_t total(const json_t *value)
{
	uint64_t sum = 0;
	const char *key;
	json_t *member;

	if (json_is_integer(value))
		return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
	json_object_foreach((json_t *)value, key, member) sum += total(member);
	return sum;
}

/* Sum of one member over all objects of an object: produced over all lanes. */
static uint64_t over(const json_t *doc, const char *path, const char *member)
{
	uint64_t sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)find(doc, path), key, value) sum +=
		total(json_object_get(value, member));
	return sum;
}

uint64_t cv_top_count(const struct cv_top *top, const char *path)
{
	return total(find(top->stats, path));
}

static double rate(const struct cv_top *top, uint64_t now, uint64_t before)
{
	if (!top->before || top->seconds <= 0 || now < before)
		return 0;
	return (double)(now - before) / top->seconds;
}

double cv_top_rate(const struct cv_top *top, const char *path)
{
	return rate(top, cv_top_count(top, path), total(find(top->before, path)));
}

static double rate_over(const struct cv_top *top, const char *path, const char *member)
{
	return rate(top, over(top->stats, path, member), over(top->before, path, member));
}

/* One line: colour escapes take no room, everything else does, a UTF-8 character one column. */
static void put(struct screen *s, const char *text)
{
	unsigned int column = 0;

	if (s->used >= s->rows)
		return;
	for (; *text; text++) {
		if (*text == '\033') {
			while (*text && *text != 'm')
				fputc(*text++, s->out);
			if (!*text)
				break;
			fputc(*text, s->out);
			continue;
		}
		column += ((unsigned char)*text & 0xc0) != 0x80;
		if (column <= s->columns)
			fputc(*text, s->out);
	}
	fputs("\033[K\r\n", s->out);
	s->used++;
}

static void draw_head(struct screen *s, const struct cv_top *top, const struct cv_colours *c)
{
	const json_t *dataplane = json_object_get(top->status, "dataplane");
	const char *state = cv_json_text(top->ledger, "state");
	bool attached = json_is_true(json_object_get(dataplane, "attached"));
	char line[512], node[80];

	cv_clean_text(cv_json_text(top->status, "node"), node, sizeof(node));
	snprintf(line, sizeof(line),
		 "%sculvert%s %s  generation %llu  dataplane %s%s%s  ledger %s%s%s", c->bold,
		 c->off, node, (unsigned long long)cv_json_count(top->status, "generation"),
		 attached ? c->green : c->red, attached ? "attached" : "not running", c->off,
		 strcmp(state, "closed") == 0 ? c->green
		 : strcmp(state, "open") == 0 ? c->red
					      : c->yellow,
		 *state ? state : "?", c->off);
	put(s, line);
	if (*top->trouble) {
		snprintf(line, sizeof(line), "%s%s%s", c->red, top->trouble, c->off);
		put(s, line);
	}
	put(s, "");
}

static void draw_stage(struct screen *s, const struct cv_colours *c, const char *stage,
		       const char *what, double per_second, uint64_t sum)
{
	char line[256], speed[32], count[32];

	cv_rate_text(per_second, speed);
	cv_number_text(sum, count);
	snprintf(line, sizeof(line), "%s%-10s%s %-14s %10s/s %20s", c->cyan, stage, c->off, what,
		 speed, count);
	put(s, line);
}

static void draw_stages(struct screen *s, const struct cv_top *top, const struct cv_colours *c)
{
	static const struct {
		const char *stage, *what, *path, *member;
	} stages[] = {
		{"packet", "received", "dataplane.rx", NULL},
		{"verdict", "forwarded", "dataplane.forwarded", NULL},
		{"", "dropped", "dataplane.dropped", NULL},
		{"decode", "inspected", "dataplane.inspected", NULL},
		{"", "messages", "dataplane.protocols", "messages"},
		{"", "rejected", "dataplane.protocols", "rejected"},
		{"normalize", "records", "dataplane.lanes", "produced"},
		{"handoff", "handed", "dataplane.lanes", "handed"},
		{"", "shed", "dataplane.lanes", "shed"},
		{"log", "logged", "log.lanes", "logged"},
		{"", "refused", "log.lanes", "refused"},
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		const char *path = stages[i].path, *member = stages[i].member;

		draw_stage(s, c, stages[i].stage, stages[i].what,
			   member ? rate_over(top, path, member) : cv_top_rate(top, path),
			   member ? over(top->stats, path, member) : cv_top_count(top, path));
	}
	put(s, "");
}

/* "allow 12,345 (1.2 k/s)   deny-rule 3 (0/s)": as many as fit in two lines. */
static void draw_reasons(struct screen *s, const struct cv_top *top, const struct cv_colours *c)
{
	const json_t *reasons = find(top->stats, "dataplane.reasons");
	char line[1024];
	size_t used = (size_t)snprintf(line, sizeof(line), "%sverdicts%s  ", c->cyan, c->off);
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)reasons, key, value)
	{
		char name[48], count[32], speed[32], path[96];

		cv_clean_text(key, name, sizeof(name));
		snprintf(path, sizeof(path), "dataplane.reasons.%s", name);
		cv_number_text(total(value), count);
		cv_rate_text(cv_top_rate(top, path), speed);
		if (used < sizeof(line))
			used += (size_t)snprintf(line + used, sizeof(line) - used, " %s %s (%s/s) ",
						 name, count, speed);
	}
	put(s, line);
}

static void draw_lanes(struct screen *s, const struct cv_top *top, const struct cv_colours *c)
{
	const json_t *lanes = find(top->stats, "dataplane.lanes");
	char line[1024];
	size_t used = (size_t)snprintf(line, sizeof(line), "%slanes%s     ", c->cyan, c->off);
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)lanes, key, value)
	{
		char name[32], count[32];
		uint64_t shed = cv_json_count(value, "shed");

		cv_clean_text(key, name, sizeof(name));
		cv_number_text(cv_json_count(value, "produced"), count);
		if (used < sizeof(line))
			used += (size_t)snprintf(line + used, sizeof(line) - used, " %s %s%s ",
						 name, count, shed ? " (shed some)" : "");
	}
	put(s, line);
	put(s, "");
}

void cv_top_draw(const struct cv_top *top, unsigned int rows, unsigned int columns,
		 const struct cv_colours *c, FILE *out)
{
	struct screen s = {.out = out, .rows = rows > 1 ? rows - 1 : 1, .columns = columns};
	uint64_t room, first;

	fputs("\033[H", out);
	draw_head(&s, top, c);
	draw_stages(&s, top, c);
	draw_reasons(&s, top, c);
	draw_lanes(&s, top, c);
	room = s.rows > s.used ? s.rows - s.used : 0;
	if (room > CV_TOP_EVENTS)
		room = CV_TOP_EVENTS;
	first = top->event_count > room ? top->event_count - room : 0;
	for (uint64_t i = first; i < top->event_count; i++)
		put(&s, top->events[i % CV_TOP_EVENTS]);
	fputs("\033[J", out);
	fflush(out);
}

void cv_top_line(const struct cv_top *top, FILE *out)
{
	static const struct {
		const char *name, *path, *member;
	} figures[] = {
		{"rx", "dataplane.rx", NULL},
		{"fwd", "dataplane.forwarded", NULL},
		{"drop", "dataplane.dropped", NULL},
		{"msg", "dataplane.protocols", "messages"},
		{"rejected", "dataplane.protocols", "rejected"},
		{"logged", "log.lanes", "logged"},
		{"shed", "dataplane.lanes", "shed"},
	};
	const char *state = cv_json_text(top->ledger, "state");
	char speed[32];

	if (*top->trouble) {
		fprintf(out, "%s\n", top->trouble);
		return;
	}
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		const char *path = figures[i].path, *member = figures[i].member;

		cv_rate_text(member ? rate_over(top, path, member) : cv_top_rate(top, path), speed);
		fprintf(out, "%s %s/s  ", figures[i].name, speed);
	}
	fprintf(out, "ledger %s", *state ? state : "?");
	if (top->event_count)
		fprintf(out, "  | %s", top->events[(top->event_count - 1) % CV_TOP_EVENTS]);
	fputc('\n', out);
	fflush(out);
}

void cv_top_json(const struct cv_top *top, FILE *out)
{
	json_t *doc =
		json_pack("{s:O*, s:O*, s:O*, s:s*}", "status", top->status, "stats", top->stats,
			  "ledger", top->ledger, "trouble", *top->trouble ? top->trouble : NULL);

	if (doc && json_dumpf(doc, out, JSON_COMPACT | JSON_REAL_PRECISION(DBL_DIG)) == 0)
		fputc('\n', out);
	fflush(out);
	json_decref(doc);
}
