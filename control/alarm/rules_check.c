/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of rules cannot say: the lists of `match`, and what belongs together. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/rules_read.h"
#include "control/text/nearest.h"
#include "dataplane/normalize/vocabulary.h"

#define BIT(kind) (1u << CV_KIND_##kind)
#define TYPES_OF_VALUES (BIT(MEASUREMENT) | BIT(STATE) | BIT(ALARM))
#define TYPES_OF_LIFE (TYPES_OF_VALUES | BIT(SESSION) | BIT(ERROR))
#define TYPES_ALLOWED (TYPES_OF_LIFE | BIT(COMMAND))

/* ---- match ---------------------------------------------------------------------------------- */

static bool is_text(struct cv_alarm_reader *r, const struct cv_yaml *node, const char *key)
{
	if (node->bad)
		return false;
	if (node->kind == CV_YAML_SCALAR && *node->text && strlen(node->text) <= 255 &&
	    !strpbrk(node->text, " \t\n,"))
		return true;
	cv_alarm_wrong(
		r, cv_yaml_place(r->rules->path, node), NULL,
		"match.%s: expected a word of at most 255 bytes without blanks and commas, or "
		"a list of them",
		key);
	return false;
}

static void read_words(struct cv_alarm_reader *r, const struct cv_yaml *node, const char *key,
		       struct cv_alarm_words *words)
{
	const struct cv_yaml *item = node->kind == CV_YAML_LIST ? node->first : node;
	size_t n = node->kind == CV_YAML_LIST ? node->n : 1;

	if (n == 0 || n > CV_ALARM_WORDS_MAX) {
		cv_alarm_wrong(r, cv_yaml_place(r->rules->path, node),
			       n ? NULL : "leave it out, and anything matches",
			       "match.%s: expected 1 to %d words", key, CV_ALARM_WORDS_MAX);
		return;
	}
	if (words->items)
		return; /* the key twice was told */
	words->items = calloc(n, sizeof(*words->items));
	if (!words->items) {
		r->error = -ENOMEM;
		return;
	}
	for (; n > 0; n--, item = item->next) {
		if (!is_text(r, item, key))
			continue;
		words->items[words->n] = strdup(item->text);
		if (!words->items[words->n]) {
			r->error = -ENOMEM;
			return;
		}
		words->n++;
	}
}

static void read_type(struct cv_alarm_reader *r, const struct cv_yaml *node, uint32_t *types)
{
	struct cv_nearest nearest;
	char hint[64];

	if (!is_text(r, node, "types"))
		return;
	nearest = cv_nearest_start(node->text);
	for (unsigned int i = 0; i < CV_KIND_COUNT; i++) {
		if (!(TYPES_ALLOWED >> i & 1))
			continue;
		if (strcmp(cv_kind_name(i), node->text) == 0) {
			*types |= 1u << i;
			return;
		}
		cv_nearest_offer(&nearest, cv_kind_name(i));
	}
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best ? nearest.best : "");
	cv_alarm_wrong(r, cv_yaml_place(r->rules->path, node), nearest.best ? hint : NULL,
		       "match.types: \"%.40s\" is not right, expected measurement, state, alarm, "
		       "session, command or error",
		       node->text);
}

/* Names that no event can have are a slip of the pen, unless they are raw ones. */
static void check_names(struct cv_alarm_reader *r, const struct cv_yaml *node)
{
	const struct cv_yaml *item = node->kind == CV_YAML_LIST ? node->first : node;

	r->rules->n_names += node->kind == CV_YAML_LIST ? node->n : 1;
	if (r->rules->n_names > CV_ALARM_NAMES_MAX) {
		cv_alarm_wrong(r, cv_yaml_place(r->rules->path, node), "use globs",
			       "match.names: more than %d names in all rules", CV_ALARM_NAMES_MAX);
		return;
	}
	for (; item; item = node->kind == CV_YAML_LIST ? item->next : NULL) {
		struct cv_nearest nearest;
		bool known = item->kind != CV_YAML_SCALAR || strchr(item->text, '*') ||
			     strncmp(item->text, "raw.", 4) == 0;
		char hint[80];

		if (known)
			continue;
		nearest = cv_nearest_start(item->text);
		for (unsigned int i = 1; !known && i < CV_NAME_COUNT; i++) {
			known = strcmp(cv_name_text(i), item->text) == 0;
			if (*cv_name_text(i) && r->diag->warnings < CV_DIAGNOSTICS_MAX)
				cv_nearest_offer(&nearest, cv_name_text(i));
		}
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?",
			 nearest.best ? nearest.best : "");
		if (!known)
			cv_diagnostics_add(
				r->diag, CV_SEVERITY_WARNING, cv_yaml_place(r->rules->path, item),
				nearest.best ? hint : NULL,
				"match.names: \"%.64s\" is not in the vocabulary; only a "
				"device that says so itself matches",
				item->text);
	}
}

void cv_alarm_read_match(struct cv_alarm_reader *r, const struct cv_yaml *node,
			 struct cv_alarm_rule *rule)
{
	struct cv_alarm_match *m = &rule->match;
	struct {
		const char *key;
		struct cv_alarm_words *words;
	} lists[] = {{"names", &m->names},
		     {"devices", &m->devices},
		     {"kinds", &m->kinds},
		     {"tags", &m->tags},
		     {"areas", &m->areas}};
	const struct cv_yaml *types, *list;
	/* Reports unknown keys; the keys themselves are read here. */
	int err = node ? cv_schema_read(&cv_alarm_match_schema, node, NULL, "match", r->rules->path,
					r->diag)
		       : 0;

	if (err < 0 && r->error == 0)
		r->error = err;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		list = cv_yaml_get(node, lists[i].key);
		if (list)
			read_words(r, list, lists[i].key, lists[i].words);
		if (list && i == 0)
			check_names(r, list);
	}
	types = cv_yaml_get(node, "types");
	if (types && types->kind != CV_YAML_LIST)
		read_type(r, types, &m->types);
	for (const struct cv_yaml *c = types ? types->first : NULL; c; c = c->next)
		read_type(r, c, &m->types);
}

/* ---- a rule --------------------------------------------------------------------------------- */

/* Exactly one of two keys. A side that is not written is NaN. @return which: 0, 1, -1 told. */
static int one_of(struct cv_alarm_reader *r, const struct cv_yaml *section, const char *a,
		  const char *b)
{
	bool has_a = cv_yaml_get(section, a) != NULL, has_b = cv_yaml_get(section, b) != NULL;

	if (has_a != has_b)
		return has_b;
	cv_alarm_wrong(r, cv_yaml_key_place(r->rules->path, section), NULL,
		       "%s: expected one of %s and %s", section->key, a, b);
	return -1;
}

static void check_threshold(struct cv_alarm_reader *r, const struct cv_yaml *s,
			    struct cv_alarm_rule *rule)
{
	const struct cv_yaml *clear = cv_yaml_get(s, "clear");
	int side = one_of(r, s, "above", "below");

	if (side < 0)
		return;
	if (side == 0)
		rule->threshold.below = NAN;
	else
		rule->threshold.above = NAN;
	if (!clear)
		rule->threshold.clear = side ? rule->threshold.below : rule->threshold.above;
	else if (side == 0 ? rule->threshold.clear > rule->threshold.above
			   : rule->threshold.clear < rule->threshold.below)
		cv_alarm_wrong(
			r, cv_yaml_place(r->rules->path, clear), NULL,
			"threshold.clear lies beyond %s: it would be cleared as it is raised",
			side ? "below" : "above");
}

static void check_rate(struct cv_alarm_reader *r, const struct cv_yaml *s,
		       struct cv_alarm_rule *rule)
{
	int side = one_of(r, s, "above", "below");

	if (side == 0)
		rule->rate.below = NAN;
	else if (side == 1)
		rule->rate.above = NAN;
}

static void check_stuck(struct cv_alarm_reader *r, const struct cv_yaml *s,
			struct cv_alarm_rule *rule)
{
	if (rule->stuck.tolerance < 0)
		cv_alarm_wrong(r, cv_yaml_place(r->rules->path, cv_yaml_get(s, "tolerance")), NULL,
			       "stuck.tolerance: expected a number from 0");
}

static void check_silence(struct cv_alarm_reader *r, const struct cv_yaml *s,
			  struct cv_alarm_rule *rule)
{
	if (one_of(r, s, "after", "factor") == 1 &&
	    (rule->silence.factor < 1 || rule->silence.factor > 1000))
		cv_alarm_wrong(r, cv_yaml_place(r->rules->path, cv_yaml_get(s, "factor")), NULL,
			       "silence.factor: expected a number from 1 to 1000");
}

static void check_count(struct cv_alarm_reader *r, const struct cv_yaml *s,
			struct cv_alarm_rule *rule)
{
	rule->count.of = CV_ALARM_OF_NAMES; /* until all rules are read */
	if (cv_yaml_get(s, "of") && rule->match.names.n)
		cv_alarm_wrong(
			r, cv_yaml_place(r->rules->path, cv_yaml_get(s, "of")),
			"leave match out: that of the other rule holds",
			"count.of: a rule counts what another one raises, or what it matches "
			"itself");
	if (rule->merge.by != CV_ALARM_MERGE_NONE)
		cv_alarm_wrong(r, cv_yaml_key_place(r->rules->path, s), "leave merge.by out",
			       "count makes one alarm of each group already");
}

/* The one condition of a rule. @return its node, NULL: told. */
static const struct cv_yaml *find_condition(struct cv_alarm_reader *r, const struct cv_yaml *map,
					    struct cv_alarm_rule *rule)
{
	const struct cv_yaml *found = NULL;

	for (unsigned int i = 0; i < CV_ALARM_CONDITION_COUNT; i++) {
		const struct cv_yaml *node = cv_yaml_get(map, cv_alarm_condition_name(i));

		if (!node)
			continue;
		if (found) {
			cv_alarm_wrong(r, cv_yaml_key_place(r->rules->path, node),
				       "make it two rules",
				       "a rule has one condition, and this one has %s already",
				       found->key);
			return NULL;
		}
		found = node;
		rule->condition = (uint8_t)i;
	}
	if (!found)
		cv_alarm_wrong(r, cv_yaml_place(r->rules->path, map), NULL,
			       "a condition is missing, expected one of threshold, rate, stuck, "
			       "silence and count");
	return found && found->kind == CV_YAML_MAP ? found : NULL;
}

void cv_alarm_check_rule(struct cv_alarm_reader *r, const struct cv_yaml *map,
			 struct cv_alarm_rule *rule)
{
	static void (*const checks[])(struct cv_alarm_reader *, const struct cv_yaml *,
				      struct cv_alarm_rule *) = {
		[CV_ALARM_THRESHOLD] = check_threshold, [CV_ALARM_RATE] = check_rate,
		[CV_ALARM_STUCK] = check_stuck,		[CV_ALARM_SILENCE] = check_silence,
		[CV_ALARM_COUNT] = check_count,
	};
	const struct cv_yaml *condition = find_condition(r, map, rule);

	if (!condition)
		return;
	checks[rule->condition](r, condition, rule);
	if (rule->match.types == 0)
		rule->match.types =
			rule->condition == CV_ALARM_SILENCE ? TYPES_OF_LIFE : TYPES_OF_VALUES;
	if (rule->match.names.n == 0 && rule->condition != CV_ALARM_SILENCE &&
	    !cv_yaml_get(condition, "of"))
		cv_alarm_wrong(r, cv_yaml_place(r->rules->path, map),
			       "match: { names: tank.pressure }",
			       "match.names is missing: %s is about a quantity",
			       cv_alarm_condition_name(rule->condition));
}

/* ---- rules among each other ----------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct cv_alarm_rule *x = *(const struct cv_alarm_rule *const *)a;
	const struct cv_alarm_rule *y = *(const struct cv_alarm_rule *const *)b;
	int order = strcmp(x->id, y->id);

	return order ? order : x < y ? -1 : x > y;
}

static struct cv_place place_of(const struct cv_alarm_reader *r, const struct cv_alarm_rule *rule)
{
	return (struct cv_place){r->rules->path, rule->line, rule->column};
}

static void check_ids(struct cv_alarm_reader *r)
{
	const struct cv_alarm_rule **sorted = calloc(r->rules->n_rules + 1, sizeof(const void *));

	if (!sorted) {
		r->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < r->rules->n_rules; i++)
		sorted[i] = &r->rules->rules[i];
	qsort(sorted, r->rules->n_rules, sizeof(const void *), by_id);
	for (size_t i = 1; i < r->rules->n_rules; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0)
			cv_alarm_wrong(r, place_of(r, sorted[i]), NULL,
				       "\"%s\" is the id of the rule at line %u already",
				       sorted[i]->id, sorted[i - 1]->line);
	}
	free(sorted);
}

static void resolve_count(struct cv_alarm_reader *r, struct cv_alarm_rule *rule)
{
	struct cv_nearest nearest = cv_nearest_start(rule->count.rule);
	int of = cv_alarm_rules_find(r->rules, rule->count.rule);
	char hint[80];

	if (of >= 0 && r->rules->rules[of].condition != CV_ALARM_COUNT) {
		rule->count.of = (uint32_t)of;
		return;
	}
	if (of >= 0) {
		cv_alarm_wrong(r, place_of(r, rule), NULL,
			       "count.of: \"%s\" is a count itself, and those are of no device",
			       rule->count.rule);
		return;
	}
	for (size_t i = 0; i < r->rules->n_rules; i++)
		cv_nearest_offer(&nearest, r->rules->rules[i].id);
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best ? nearest.best : "");
	cv_alarm_wrong(r, place_of(r, rule), nearest.best ? hint : NULL,
		       "count.of: no rule of this file has the id \"%s\"", rule->count.rule);
}

void cv_alarm_check_rules(struct cv_alarm_reader *r)
{
	check_ids(r);
	for (size_t i = 0; i < r->rules->n_rules; i++) {
		struct cv_alarm_rule *rule = &r->rules->rules[i];

		if (rule->condition == CV_ALARM_COUNT && *rule->count.rule)
			resolve_count(r, rule);
	}
}
