/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list of one is what the value itself is: groups and services may be written either way. */
static const struct cv_yaml *plain(const struct cv_yaml *n)
{
	while (n && n->kind == CV_YAML_LIST && n->n == 1 && n->first->kind == CV_YAML_SCALAR)
		n = n->first;
	return n;
}

static const char *text_of(const struct cv_yaml *n)
{
	return n && n->text ? n->text : "";
}

static bool equal(const struct cv_yaml *a, const struct cv_yaml *b);

static bool equal_lists(const struct cv_yaml *a, const struct cv_yaml *b)
{
	const struct cv_yaml *x = a->first, *y = b->first;

	for (; x && y; x = x->next, y = y->next)
		if (!equal(x, y))
			return false;
	return !x && !y;
}

static bool equal_maps(const struct cv_yaml *a, const struct cv_yaml *b)
{
	if (a->n != b->n)
		return false;
	for (const struct cv_yaml *x = a->first; x; x = x->next) {
		const struct cv_yaml *y = cv_yaml_get(b, x->key);

		if (!y || !equal(x, y))
			return false;
	}
	return true;
}

static bool equal(const struct cv_yaml *a, const struct cv_yaml *b)
{
	a = plain(a);
	b = plain(b);
	if (!a || !b || a->kind != b->kind)
		return a == b;
	if (a->kind == CV_YAML_SCALAR)
		return strcmp(text_of(a), text_of(b)) == 0;
	return a->kind == CV_YAML_LIST ? equal_lists(a, b) : equal_maps(a, b);
}

/* As YAML's flow style would write it. */
static void write_node(FILE *out, const struct cv_yaml *n)
{
	const char *between = "";

	if (n->kind == CV_YAML_SCALAR) {
		fputs(text_of(n), out);
		return;
	}
	fputc(n->kind == CV_YAML_LIST ? '[' : '{', out);
	for (const struct cv_yaml *child = n->first; child; child = child->next) {
		fputs(between, out);
		if (n->kind == CV_YAML_MAP)
			fprintf(out, "%s: ", child->key);
		write_node(out, child);
		between = ", ";
	}
	fputc(n->kind == CV_YAML_LIST ? ']' : '}', out);
}

static json_t *node_text(const struct cv_yaml *n)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	json_t *string;

	if (!n)
		return json_null();
	out = open_memstream(&text, &len);
	if (!out)
		return json_null();
	write_node(out, n);
	fclose(out);
	string = json_string(text);
	free(text);
	return string ? string : json_null();
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct texts {
	char **items; /* the tree's */
	size_t n;
};

/* The values of a list of values, or of one value. @return false: it is something else. */
static bool collect(const struct cv_yaml *n, struct texts *ret)
{
	const struct cv_yaml *first = n->kind == CV_YAML_LIST ? n->first : n;
	size_t count = n->kind == CV_YAML_LIST ? n->n : 1;

	*ret = (struct texts){.items = calloc(count + 1, sizeof(char *))};
	if (!ret->items || n->kind == CV_YAML_MAP)
		return false;
	for (const struct cv_yaml *i = first; i && ret->n < count; i = i->next) {
		if (i->kind != CV_YAML_SCALAR)
			return false;
		ret->items[ret->n++] = i->text;
	}
	qsort(ret->items, ret->n, sizeof(char *), by_text);
	return true;
}

static json_t *missing(const struct texts *from, const struct texts *in)
{
	json_t *list = json_array();

	for (size_t i = 0; i < from->n; i++)
		if (!bsearch(&from->items[i], in->items, in->n, sizeof(char *), by_text))
			json_array_append_new(list, json_string(from->items[i]));
	return list;
}

/* A field that differs: members for lists of values, both sides otherwise. */
static json_t *field_change(const char *name, const struct cv_yaml *a, const struct cv_yaml *b)
{
	struct texts x = {0}, y = {0};
	json_t *change = json_pack("{s:s}", "field", name);

	if (a && b && (a->kind == CV_YAML_LIST || b->kind == CV_YAML_LIST) && collect(a, &x) &&
	    collect(b, &y)) {
		json_object_set_new(change, "added", missing(&y, &x));
		json_object_set_new(change, "removed", missing(&x, &y));
	} else {
		json_object_set_new(change, "from", node_text(a));
		json_object_set_new(change, "to", node_text(b));
	}
	free(x.items);
	free(y.items);
	return change;
}

static json_t *field_changes(const struct cv_yaml *a, const struct cv_yaml *b)
{
	json_t *list = json_array();

	if (a->kind != CV_YAML_MAP || b->kind != CV_YAML_MAP) {
		json_array_append_new(list, field_change("", a, b));
		return list;
	}
	for (const struct cv_yaml *x = a->first; x; x = x->next) {
		const struct cv_yaml *y = cv_yaml_get(b, x->key);

		if (!y || !equal(x, y))
			json_array_append_new(list, field_change(x->key, x, y));
	}
	for (const struct cv_yaml *y = b->first; y; y = y->next)
		if (!cv_yaml_get(a, y->key))
			json_array_append_new(list, field_change(y->key, NULL, y));
	return list;
}

static void add(json_t *changes, const char *section, const char *id, const char *kind,
		json_t *more, const char *more_key)
{
	json_t *change = json_pack("{s:s, s:s, s:s}", "section", section, "id", id, "change", kind);

	if (more)
		json_object_set_new(change, more_key, more);
	json_array_append_new(changes, change);
}

/* What names an element: its key in a map, its id or name in a list. */
static const char *id_of(const struct cv_yaml *parent, const struct cv_yaml *n)
{
	const struct cv_yaml *id = cv_yaml_get(n, "id");

	if (parent->kind == CV_YAML_MAP)
		return n->key;
	if (!id)
		id = cv_yaml_get(n, "name");
	return id && id->kind == CV_YAML_SCALAR ? text_of(id) : "";
}

static int by_id(const void *a, const void *b)
{
	const struct cv_yaml *const *x = a, *const *y = b;
	return strcmp((*x)->key, (*y)->key);
}

/* Elements in the order of their ids, for files with thousands of rules; ids go into `key`, which
 * elements of lists do not use. */
struct index {
	struct cv_yaml **items;
	size_t n;
};

static bool make_index(const struct cv_yaml *parent, struct index *ret)
{
	ret->n = 0;
	ret->items = calloc(parent->n + 1, sizeof(*ret->items));
	for (struct cv_yaml *n = parent->first; ret->items && n; n = n->next) {
		const char *id = id_of(parent, n);

		if (!n->key)
			n->key = strdup(id);
		if (n->key)
			ret->items[ret->n++] = n;
	}
	if (ret->items)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_id);
	return ret->items;
}

static const struct cv_yaml *lookup(const struct index *in, const struct cv_yaml *n)
{
	struct cv_yaml *key = (struct cv_yaml *)(uintptr_t)n, **found;

	found = bsearch(&key, in->items, in->n, sizeof(*in->items), by_id);
	return found ? *found : NULL;
}

/* The ids that both have, in the order of one of them. */
static json_t *common_order(const struct cv_yaml *list, const struct index *other)
{
	json_t *ids = json_array();

	for (const struct cv_yaml *n = list->first; n; n = n->next)
		if (n->key && lookup(other, n))
			json_array_append_new(ids, json_string(n->key));
	return ids;
}

static void compare_order(json_t *changes, const char *section, const struct cv_yaml *a,
			  const struct cv_yaml *b, const struct index *in_a,
			  const struct index *in_b)
{
	json_t *before = common_order(a, in_b), *after = common_order(b, in_a);

	if (!json_equal(before, after))
		add(changes, section, "", "order",
		    json_pack("{s:O, s:O}", "from", before, "to", after), "ids");
	json_decref(before);
	json_decref(after);
}

static void compare_elements(json_t *changes, const char *section, const struct cv_yaml *a,
			     const struct cv_yaml *b)
{
	struct index in_a = {0}, in_b = {0};

	if (!make_index(a, &in_a) || !make_index(b, &in_b))
		goto out;
	for (const struct cv_yaml *x = a->first; x; x = x->next) {
		const struct cv_yaml *y = lookup(&in_b, x);

		if (!y)
			add(changes, section, x->key, "removed", node_text(x), "was");
		else if (!equal(x, y))
			add(changes, section, x->key, "changed", field_changes(x, y), "fields");
	}
	for (const struct cv_yaml *y = b->first; y; y = y->next)
		if (!lookup(&in_a, y))
			add(changes, section, y->key, "added", node_text(y), "is");
	if (a->kind == CV_YAML_LIST)
		compare_order(changes, section, a, b, &in_a, &in_b);
out:
	free(in_a.items);
	free(in_b.items);
}

static bool has_elements(const struct cv_yaml *n)
{
	return n && (n->kind == CV_YAML_MAP ||
		     (n->kind == CV_YAML_LIST && (!n->first || n->first->kind == CV_YAML_MAP)));
}

static void compare_section(json_t *changes, const char *name, const struct cv_yaml *a,
			    const struct cv_yaml *b)
{
	static const struct cv_yaml no_list = {.kind = CV_YAML_LIST},
				    no_map = {.kind = CV_YAML_MAP};
	const struct cv_yaml *some = a ? a : b;

	if (a && b && equal(a, b))
		return;
	if (!a)
		a = some->kind == CV_YAML_LIST ? &no_list : &no_map;
	if (!b)
		b = some->kind == CV_YAML_LIST ? &no_list : &no_map;
	if (has_elements(a) && has_elements(b) && a->kind == b->kind)
		compare_elements(changes, name, a, b);
	else
		add(changes, name, "", "changed", field_changes(a, b), "fields");
}

json_t *cv_policy_diff(const struct cv_yaml *a, const struct cv_yaml *b)
{
	json_t *changes = json_array();

	if (!changes)
		return NULL;
	for (const struct cv_yaml *x = a->first; x; x = x->next)
		compare_section(changes, x->key, x, cv_yaml_get(b, x->key));
	for (const struct cv_yaml *y = b->first; y; y = y->next)
		if (!cv_yaml_get(a, y->key))
			compare_section(changes, y->key, NULL, y);
	return changes;
}
