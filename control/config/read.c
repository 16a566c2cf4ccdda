/* SPDX-License-Identifier: Apache-2.0 */
/* From the tree of a file to the C structure, driven by the schema. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/text/nearest.h"

#define DOTTED_MAX 128

struct reader {
	const char *path;
	struct cv_diagnostics *diag;
	int error; /* 0, -EINVAL, -ENOMEM */
};

/* Place of a list element, at the start of each element type. */
struct element_place {
	unsigned int line, column;
};

static void read_section(struct reader *r, const struct cv_field *section,
			 const struct cv_yaml *map, char *base, const char *prefix);

static void fail(struct reader *r)
{
	if (r->error == 0)
		r->error = -EINVAL;
}

void cv_schema_defaults(const struct cv_field *section, void *base)
{
	char expected[160];
	const char *near;

	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		char *at = (char *)base + f->offset;

		if (f->type == CV_FIELD_SECTION)
			cv_schema_defaults(f, at);
		else if (f->type != CV_FIELD_LIST && f->fallback)
			cv_field_read(f, f->fallback, at, expected, sizeof(expected), &near);
	}
}

static void release_list(const struct cv_field *f, char *base)
{
	char *elements = *(char **)(base + f->offset);
	size_t n = *(size_t *)(base + f->count_offset);

	for (size_t i = 0; i < n; i++)
		cv_schema_release(f, elements + i * f->size);
	free(elements);
}

void cv_schema_release(const struct cv_field *section, void *base)
{
	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];

		if (f->type == CV_FIELD_LIST)
			release_list(f, base);
		else if (f->type == CV_FIELD_SECTION)
			cv_schema_release(f, (char *)base + f->offset);
	}
}

static void dotted(char out[DOTTED_MAX], const char *prefix, const char *name)
{
	snprintf(out, DOTTED_MAX, "%s%s%s", prefix, *prefix ? "." : "", name);
}

static void unknown_setting(struct reader *r, const struct cv_field *section,
			    const struct cv_yaml *node, const char *prefix)
{
	struct cv_nearest nearest = cv_nearest_start(node->key);
	char hint[DOTTED_MAX], expected[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < section->n_fields; i++) {
		cv_nearest_offer(&nearest, section->fields[i].name);
		if (used < sizeof(expected))
			used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s%s",
						 i ? ", " : "", section->fields[i].name);
	}
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best ? nearest.best : "");
	cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, cv_yaml_key_place(r->path, node),
			   nearest.best ? hint : NULL, "unknown setting \"%.64s\"%s%s, expected %s",
			   node->key, *prefix ? " in " : "", prefix, expected);
	fail(r);
}

static void wrong_kind(struct reader *r, const struct cv_field *f, const struct cv_yaml *node,
		       const char *name)
{
	char expected[160];

	cv_field_expect(f, expected, sizeof(expected));
	cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, cv_yaml_place(r->path, node), NULL,
			   "%s: found %s, expected %s", name, cv_yaml_kind_name(node->kind),
			   expected);
	fail(r);
}

static void read_value(struct reader *r, const struct cv_field *f, const struct cv_yaml *node,
		       char *base, const char *name)
{
	char expected[160], hint[96];
	const char *near;

	if (node->kind != CV_YAML_SCALAR) {
		wrong_kind(r, f, node, name);
		return;
	}
	if (!node->quoted && !*node->text) {
		cv_field_expect(f, expected, sizeof(expected));
		cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, cv_yaml_key_place(r->path, node),
				   NULL, "%s: the value is missing, expected %s", name, expected);
		fail(r);
		return;
	}
	if (cv_field_read(f, node->text, base + f->offset, expected, sizeof(expected), &near) == 0)
		return;
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", near ? near : "");
	cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, cv_yaml_place(r->path, node),
			   near ? hint : NULL, "%s: \"%.80s\" is not right, expected %s", name,
			   node->text, expected);
	fail(r);
}

static void read_list(struct reader *r, const struct cv_field *f, const struct cv_yaml *node,
		      char *base, const char *name)
{
	char *elements, *at;
	size_t n = 0;

	if (node->kind == CV_YAML_SCALAR && !node->quoted && !*node->text)
		return; /* "ports:" with nothing behind it is an empty list */
	if (node->kind != CV_YAML_LIST || node->n > f->max) {
		wrong_kind(r, f, node, name);
		return;
	}
	if (node->n == 0)
		return;
	elements = calloc(node->n, f->size);
	if (!elements) {
		r->error = -ENOMEM;
		return;
	}
	release_list(f, base); /* a repeated key was reported already */
	*(void **)(base + f->offset) = elements;
	*(size_t *)(base + f->count_offset) = 0;
	for (const struct cv_yaml *c = node->first; c; c = c->next) {
		struct element_place *place;
		char element_name[DOTTED_MAX];

		at = elements + n * f->size;
		place = (struct element_place *)at;
		place->line = c->line;
		place->column = c->column;
		snprintf(element_name, sizeof(element_name), "%.100s[%zu]", name, n);
		n++;
		cv_schema_defaults(f, at);
		read_section(r, f, c, at, element_name);
	}
	*(size_t *)(base + f->count_offset) = n;
}

static const struct cv_field *find_field(const struct cv_field *section, const char *key)
{
	for (size_t i = 0; i < section->n_fields; i++) {
		if (strcmp(section->fields[i].name, key) == 0)
			return &section->fields[i];
	}
	return NULL;
}

static void check_required(struct reader *r, const struct cv_field *section,
			   const struct cv_yaml *map, const char *prefix)
{
	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		char expected[160];

		if (f->type == CV_FIELD_SECTION || f->type == CV_FIELD_LIST || f->fallback ||
		    cv_yaml_get(map, f->name))
			continue;
		cv_field_expect(f, expected, sizeof(expected));
		cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, cv_yaml_place(r->path, map), NULL,
				   "%s%s\"%s\" is missing, expected %s", prefix,
				   *prefix ? ": " : "", f->name, expected);
		fail(r);
	}
}

static void read_section(struct reader *r, const struct cv_field *section,
			 const struct cv_yaml *map, char *base, const char *prefix)
{
	char name[DOTTED_MAX];

	if (map->kind != CV_YAML_MAP) {
		cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, cv_yaml_place(r->path, map), NULL,
				   "%s: found %s, expected a map of settings",
				   *prefix ? prefix : "the file", cv_yaml_kind_name(map->kind));
		fail(r);
		return;
	}
	for (const struct cv_yaml *c = map->first; c; c = c->next) {
		const struct cv_field *f = find_field(section, c->key);

		if (c->bad || (f && f->type == CV_FIELD_ELSEWHERE))
			continue;
		if (!f) {
			unknown_setting(r, section, c, prefix);
			continue;
		}
		dotted(name, prefix, f->name);
		if (f->type == CV_FIELD_SECTION)
			read_section(r, f, c, base + f->offset, name);
		else if (f->type == CV_FIELD_LIST)
			read_list(r, f, c, base, name);
		else
			read_value(r, f, c, base, name);
	}
	check_required(r, section, map, prefix);
}

int cv_schema_read(const struct cv_field *section, const struct cv_yaml *map, void *base,
		   const char *prefix, const char *path, struct cv_diagnostics *diag)
{
	struct reader r = {.path = path, .diag = diag};

	read_section(&r, section, map, base, prefix);
	return r.error;
}
