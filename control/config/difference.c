/* SPDX-License-Identifier: Apache-2.0 */
/* What two configurations say differently, by the schema, and what the change costs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/text/utc_json.h"

#define PATH_SIZE 192

#define COST_NAME_ROW(id, name) name,
static const char *const cost_names[] = {CV_COSTS(COST_NAME_ROW)};

const char *cv_cost_name(enum cv_cost cost)
{
	return cost < CV_COST_COUNT ? cost_names[cost] : "unknown";
}

struct walk {
	json_t *rows;
	enum cv_cost worst;
};

static void compare(struct walk *w, const struct cv_field *section, const char *a, const char *b,
		    const char *path, enum cv_cost cost);

/* As the file would have it. @return malloc'ed, NULL: no memory. */
static char *value_text(const struct cv_field *f, const void *value)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	cv_field_show(f, value, out);
	fclose(out);
	return text;
}

static json_t *text_json(const char *text)
{
	return text ? cv_text_json(text) : json_null();
}

static void tell(struct walk *w, const char *path, const char *from, const char *to,
		 enum cv_cost cost)
{
	json_array_append_new(w->rows, json_pack("{s:s, s:o, s:o, s:s}", "setting", path, "from",
						 text_json(from), "to", text_json(to), "cost",
						 cv_cost_name(cost)));
	if (cost > w->worst)
		w->worst = cost;
}

static void compare_value(struct walk *w, const struct cv_field *f, const char *a, const char *b,
			  const char *path, enum cv_cost cost)
{
	char *from, *to;

	if (f->type == CV_FIELD_ELSEWHERE)
		return;
	from = value_text(f, a + f->offset);
	to = value_text(f, b + f->offset);
	if (!from || !to || strcmp(from, to) != 0)
		tell(w, path, from, to, cost);
	free(from);
	free(to);
}

/* What an element is known by: its name where it has one. */
static const char *name_of(const struct cv_field *list, const char *element)
{
	for (size_t i = 0; i < list->n_fields; i++)
		if (strcmp(list->fields[i].name, "name") == 0 &&
		    list->fields[i].type == CV_FIELD_NAME)
			return element + list->fields[i].offset;
	return NULL;
}

struct elements {
	const char *first;
	size_t n;
};

static struct elements elements_of(const struct cv_field *f, const char *base)
{
	return (struct elements){*(const char *const *)(base + f->offset),
				 *(const size_t *)(base + f->count_offset)};
}

static const char *find(const struct cv_field *f, struct elements in, const char *element,
			size_t at)
{
	const char *name = name_of(f, element);

	if (!name)
		return at < in.n ? in.first + at * f->size : NULL;
	for (size_t i = 0; i < in.n; i++)
		if (strcmp(name_of(f, in.first + i * f->size), name) == 0)
			return in.first + i * f->size;
	return NULL;
}

static void element_path(const struct cv_field *f, const char *path, const char *element, size_t at,
			 char ret[PATH_SIZE])
{
	const char *name = name_of(f, element);

	if (name)
		snprintf(ret, PATH_SIZE, "%.140s[%.40s]", path, name);
	else
		snprintf(ret, PATH_SIZE, "%.140s[%zu]", path, at);
}

static void compare_list(struct walk *w, const struct cv_field *f, const char *a, const char *b,
			 const char *path, enum cv_cost cost)
{
	struct elements old = elements_of(f, a), new = elements_of(f, b);
	char name[PATH_SIZE];

	for (size_t i = 0; i < old.n; i++) {
		const char *element = old.first + i * f->size, *other = find(f, new, element, i);

		element_path(f, path, element, i, name);
		if (other)
			compare(w, f, element, other, name, cost);
		else
			tell(w, name, "there", NULL, cost);
	}
	for (size_t i = 0; i < new.n; i++) {
		const char *element = new.first + i * f->size;

		element_path(f, path, element, i, name);
		if (!find(f, old, element, i))
			tell(w, name, NULL, "there", cost);
	}
}

static void compare(struct walk *w, const struct cv_field *section, const char *a, const char *b,
		    const char *path, enum cv_cost cost)
{
	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		enum cv_cost own = f->cost != CV_COST_NOTHING ? f->cost : cost;
		char name[PATH_SIZE];

		snprintf(name, sizeof(name), "%.150s%s%.40s", path, *path ? "." : "", f->name);
		if (f->type == CV_FIELD_SECTION)
			compare(w, f, a + f->offset, b + f->offset, name, own);
		else if (f->type == CV_FIELD_LIST)
			compare_list(w, f, a, b, name, own);
		else
			compare_value(w, f, a, b, name, own);
	}
}

int cv_config_differences(const struct cv_config *a, const struct cv_config *b, json_t **ret,
			  enum cv_cost *ret_cost)
{
	struct walk w = {.rows = json_array()};

	if (!w.rows)
		return -ENOMEM;
	compare(&w, &cv_schema, (const char *)a, (const char *)b, "", cv_schema.cost);
	*ret = w.rows;
	*ret_cost = w.worst;
	return 0;
}

/* The other one frees what is replaced. */
static void swap(char *a, char *b, size_t size)
{
	char kept[sizeof(void *)];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

static void take_live(const struct cv_field *section, char *to, char *from, enum cv_cost cost)
{
	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		enum cv_cost own = f->cost != CV_COST_NOTHING ? f->cost : cost;

		if (f->type == CV_FIELD_SECTION) {
			take_live(f, to + f->offset, from + f->offset, own);
		} else if (own >= CV_COST_CONTROL || f->type == CV_FIELD_ELSEWHERE) {
			continue;
		} else if (f->type == CV_FIELD_LIST) {
			swap(to + f->offset, from + f->offset, sizeof(void *));
			swap(to + f->count_offset, from + f->count_offset, sizeof(size_t));
		} else {
			memcpy(to + f->offset, from + f->offset, f->size);
		}
	}
}

void cv_config_take_live(struct cv_config *running, struct cv_config *fresh)
{
	take_live(&cv_schema, (char *)running, (char *)fresh, cv_schema.cost);
}
