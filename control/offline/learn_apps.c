/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints on messages for a learned rule: what was said under it, and nothing else. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn_internal.h"
#include "dataplane/decode/decoder.h"
#include "dataplane/policy/app_keys.h"

/* Longer lists are not read by anybody; what they have in common takes their place. */
#define TEXTS_MAX 48u
#define RANGES_MAX 64u
#define LINE 98

/* What was said under a rule: rule << 32 | fact, and how often. */
struct saying {
	uint64_t key;
	uint64_t count;
};

struct cv_learn_sayings {
	const struct cv_learn *learn;
	struct saying *items; /* by rule, then fact */
	uint32_t n;
};

static int by_key(const void *a, const void *b)
{
	return cv_learn_by_u64(a, b); /* the key is first */
}

int cv_learn_list_sayings(const struct cv_learn *l, const struct cv_learn_shape *s,
			  struct cv_learn_sayings **ret)
{
	struct cv_learn_sayings *list = calloc(1, sizeof(*list));
	uint32_t n = 0;

	if (list)
		list->items = calloc((size_t)l->said.n + 1, sizeof(*list->items));
	if (!list || !list->items) {
		free(list);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < l->said.n; i++) {
		const struct cv_learn_said *said = cv_intern_at(&l->said, i);
		uint64_t rule = s->rule_of[said->edge];

		if (rule != CV_INTERN_NONE)
			list->items[n++] = (struct saying){rule << 32 | said->fact, said->count};
	}
	qsort(list->items, n, sizeof(*list->items), by_key);
	for (uint32_t i = 0; i < n; i++) {
		struct saying *last = &list->items[list->n - (list->n > 0)];

		if (list->n && last->key == list->items[i].key)
			last->count += list->items[i].count;
		else
			list->items[list->n++] = list->items[i];
	}
	list->learn = l;
	*ret = list;
	return 0;
}

void cv_learn_free_sayings(struct cv_learn_sayings *list)
{
	if (!list)
		return;
	free(list->items);
	free(list);
}

/* ---- the facts of one kind under one rule --------------------------------------------------- */

struct facts {
	const struct cv_learn_fact **items;
	uint32_t n;
	bool unclear; /* something was said that no list can name */
};

static const struct saying *first_of(const struct cv_learn_sayings *list, uint32_t rule)
{
	uint32_t lo = 0, hi = list->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (list->items[mid].key >> 32 < rule)
			lo = mid + 1;
		else
			hi = mid;
	}
	return &list->items[lo];
}

static int by_value(const void *a, const void *b)
{
	const struct cv_learn_fact *x = *(const struct cv_learn_fact *const *)a;
	const struct cv_learn_fact *y = *(const struct cv_learn_fact *const *)b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int gather(const struct cv_learn_sayings *list, uint32_t rule, const struct cv_app_key *key,
		  struct facts *ret)
{
	bool number = key->syntax == CV_APP_SYNTAX_NUMBERS;

	const struct saying *from = first_of(list, rule), *end = list->items + list->n, *to;
	struct facts f = {0};

	for (to = from; to < end && to->key >> 32 == rule; to++)
		;
	f.items = calloc((size_t)(to - from) + 1, sizeof(struct cv_learn_fact *));
	if (!f.items)
		return -ENOMEM;
	for (const struct saying *at = from; at < to; at++) {
		const struct cv_learn_fact *fact =
			cv_intern_at(&list->learn->facts, (uint32_t)at->key);

		if (fact->proto != key->proto || fact->kind != key->kind)
			continue;
		f.unclear = f.unclear || fact->unclear ||
			    (number && (fact->from < key->min || fact->from > key->max));
		f.items[f.n++] = fact;
	}
	qsort(f.items, f.n, sizeof(struct cv_learn_fact *), by_value);
	*ret = f;
	return 0;
}

/* ---- writing a list ------------------------------------------------------------------------- */

struct writer {
	FILE *out;
	int column;
	uint32_t written; /* values of the list so far */
};

static void write_value(struct writer *w, const char *text)
{
	int len = (int)strlen(text) + 2;

	if (w->written++)
		fputc(',', w->out);
	if (w->column + len > LINE) {
		fputs("\n          ", w->out);
		w->column = 10;
	} else if (w->written > 1) {
		fputc(' ', w->out);
	}
	fputs(text, w->out);
	w->column += len;
}

/* Topics and names may hold what means something to YAML. */
static void write_quoted(struct writer *w, const char *text)
{
	char quoted[2 * CV_LEARN_TEXT + 8] = "\"";
	size_t n = 1;

	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			quoted[n++] = '\\';
		quoted[n++] = *text;
	}
	quoted[n] = '"';
	quoted[n + 1] = 0;
	write_value(w, quoted);
}

static void write_numbers(struct writer *w, const struct cv_app_key *key, const struct facts *f)
{
	char text[16];

	for (uint32_t i = 0; i < f->n; i++) {
		const char *name = cv_app_number_name(key, f->items[i]->from);

		if (i && f->items[i]->from == f->items[i - 1]->from)
			continue;
		snprintf(text, sizeof(text), "%" PRIu32, f->items[i]->from);
		write_value(w, name ? name : text);
	}
}

static void write_range(struct writer *w, int unit, unsigned int table, uint32_t from, uint32_t to)
{
	static const char *const tables[] = {"coil", "discrete", "input", "holding"};
	char text[64];
	int n = unit < 0 ? 0 : snprintf(text, sizeof(text), "%d/", unit);

	n += snprintf(text + n, sizeof(text) - (size_t)n, "%s.%" PRIu32,
		      table < 4 ? tables[table] : "?", from);
	if (to != from)
		snprintf(text + n, sizeof(text) - (size_t)n, "-%" PRIu32, to);
	write_value(w, text);
}

/* Ranges that touch become one; too many become one per table, of all units. */
static void write_registers(struct writer *w, const struct facts *f)
{
	bool wide = f->n > RANGES_MAX;
	uint32_t i = 0;

	while (i < f->n) {
		const struct cv_learn_fact *first = f->items[i];
		uint32_t from = first->from, to = first->to;

		for (i++; i < f->n && f->items[i]->table == first->table; i++) {
			if (!wide &&
			    (f->items[i]->unit != first->unit || f->items[i]->from > to + 1))
				break;
			from = f->items[i]->from < from ? f->items[i]->from : from;
			to = f->items[i]->to > to ? f->items[i]->to : to;
		}
		write_range(w, wide ? -1 : first->unit, first->table, from,
			    to > 65535 ? 65535 : to);
	}
}

/* What all have in common: whole levels and "#", or the beginning of a name and "*". */
static void write_common(struct writer *w, const struct cv_app_key *key, const struct facts *f)
{
	bool name = key->syntax == CV_APP_SYNTAX_NAME;
	char text[sizeof(f->items[0]->text) + 4];
	size_t same = strlen(f->items[0]->text);

	for (uint32_t i = 1; i < f->n; i++) {
		size_t k = 0;

		while (k < same && f->items[i]->text[k] == f->items[0]->text[k])
			k++;
		same = k;
	}
	while (!name && same && f->items[0]->text[same - 1] != '/')
		same--;
	/* A wildcard of a filter that was subscribed to would no longer be the last level. */
	for (size_t k = 0; !name && k < same; k++) {
		if (f->items[0]->text[k] == '#')
			same = k;
	}
	snprintf(text, sizeof(text), "%.*s%s", (int)same, f->items[0]->text, name ? "*" : "#");
	write_quoted(w, text);
}

static void write_texts(struct writer *w, const struct cv_app_key *key, const struct facts *f)
{
	if (f->n > TEXTS_MAX) {
		write_common(w, key, f);
		return;
	}
	for (uint32_t i = 0; i < f->n; i++) {
		if (!i || strcmp(f->items[i]->text, f->items[i - 1]->text) != 0)
			write_quoted(w, f->items[i]->text);
	}
}

static void write_key(const struct cv_app_key *key, const struct facts *f, bool first, FILE *out)
{
	struct writer w = {.out = out};

	w.column = fprintf(out, "%s\n        %s: [", first ? "" : ",", key->name);
	if (key->syntax == CV_APP_SYNTAX_NUMBERS)
		write_numbers(&w, key, f);
	else if (key->syntax == CV_APP_SYNTAX_REGISTERS)
		write_registers(&w, f);
	else
		write_texts(&w, key, f);
	fputc(']', out);
}

/* A key can be written when lists can name all that was said; half a pair would close the other. */
static bool can_write(const struct cv_learn_sayings *list, uint32_t rule,
		      const struct cv_app_key *key)
{
	size_t count;
	const struct cv_app_key *keys = cv_app_keys(&count);

	for (size_t i = 0; i < count; i++) {
		struct facts f;
		bool unclear;

		if (keys[i].proto != key->proto || !(key->closes >> keys[i].kind & 1))
			continue;
		if (gather(list, rule, &keys[i], &f) < 0)
			return false;
		unclear = f.unclear;
		free(f.items);
		if (unclear)
			return false;
	}
	return true;
}

uint64_t cv_learn_malformed(const struct cv_learn_sayings *list, uint32_t rule)
{
	uint64_t n = 0;

	for (const struct saying *at = first_of(list, rule);
	     at < list->items + list->n && at->key >> 32 == rule; at++) {
		const struct cv_learn_fact *f =
			cv_intern_at(&list->learn->facts, (uint32_t)at->key);

		if (f->kind == CV_APP_MALFORMED)
			n += at->count;
	}
	return n;
}

void cv_learn_write_app(const struct cv_learn_sayings *list, uint32_t rule, unsigned int proto,
			FILE *out)
{
	size_t count;
	const struct cv_app_key *keys = cv_app_keys(&count);
	bool first = true;

	fprintf(out, ",\n      %s: {", cv_proto_name(proto));
	for (size_t i = 0; i < count; i++) {
		struct facts f;

		if (keys[i].proto != proto || !can_write(list, rule, &keys[i]) ||
		    gather(list, rule, &keys[i], &f) < 0)
			continue;
		if (f.n) {
			write_key(&keys[i], &f, first, out);
			first = false;
		}
		free(f.items);
	}
	fputs(" }", out);
}
