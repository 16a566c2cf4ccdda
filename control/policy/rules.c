/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"
#include "control/text/nearest.h"
#include "decoder_list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(member)                                                                                 \
	.offset = offsetof(struct cv_policy_rule, member),                                         \
	.size = sizeof(((struct cv_policy_rule *)0)->member)

/* What a file may say; drop and allow are the first of enum cv_action. */
enum { DO_DROP, DO_ALLOW, DO_INSPECT };
static const char *const action_choices[] = {"drop", "allow", "inspect", NULL};
#define MODE_ROW(id, name) name,
static const char *const mode_choices[] = {CV_POLICY_MODES(MODE_ROW) NULL};

static const struct cv_field rule_fields[] = {
	{.name = "id",
	 .type = CV_FIELD_UINT,
	 AT(id),
	 .min = 1,
	 .max = UINT32_MAX,
	 .help = "Number of the rule, unique; counters, events and drops carry it."},
	{.name = "name",
	 .type = CV_FIELD_TEXT,
	 AT(name),
	 .fallback = "",
	 .help = "A few words for people."},
	{.name = "from",
	 .type = CV_FIELD_ELSEWHERE,
	 .help = "Where it comes from: `any`, a zone, a group, `ZONE/GROUP`, or a list of them."},
	{.name = "to", .type = CV_FIELD_ELSEWHERE, .help = "Where it goes, likewise."},
	{.name = "service",
	 .type = CV_FIELD_ELSEWHERE,
	 .help = "A service, a list of services, or `any`."},
	{.name = "action",
	 .type = CV_FIELD_CHOICE,
	 AT(action),
	 .choices = action_choices,
	 .help = "`inspect` is allow and decode, whatever `default.inspect` says."},
	{.name = "mode",
	 .type = CV_FIELD_CHOICE,
	 AT(mode),
	 .choices = mode_choices,
	 .fallback = "enforce",
	 .help = "`shadow`: the rule decides nothing, what it would do is counted."},
	{.name = "inspect",
	 .type = CV_FIELD_BOOL,
	 AT(inspect),
	 .fallback = "",
	 .help = "Decode the payload; where absent, `default.inspect`."},
	{.name = "exempt",
	 .type = CV_FIELD_BOOL,
	 AT(exempt),
	 .fallback = "false",
	 .help = "For alarms: no limit of single devices holds. The port's own one does."},
	{.name = "rate",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .help = "A limit, or a list of limits with different `per`."},
#define APP_ROW(id, proto)                                                                         \
	{.name = proto,                                                                            \
	 .type = CV_FIELD_ELSEWHERE,                                                               \
	 .fallback = "",                                                                           \
	 .help = "Nothing but " proto " passes, and what it may say: docs/security/"               \
		 "app-constraints.md."},
	CV_DECODERS(APP_ROW)};

const struct cv_field cv_policy_rule_schema = {
	.type = CV_FIELD_SECTION, .fields = rule_fields, .n_fields = COUNT(rule_fields)};
static const struct cv_field limit_schema = {.type = CV_FIELD_SECTION,
					     .fields = cv_policy_limit_fields,
					     .n_fields = CV_POLICY_LIMIT_FIELDS};

/* ---- services ------------------------------------------------------------------------------ */

/*
 * Number of a name: index + 1, 0 = not there. @list may be NULL when there are none; @offset is that
 * of the name in one of its @size bytes.
 */
static uint16_t find_name(const char *text, const void *list, size_t offset, size_t size, size_t n,
			  struct cv_nearest *nearest)
{
	for (size_t i = 0; i < n; i++) {
		const struct cv_policy_name *name =
			(const void *)((const char *)list + i * size + offset);

		if (strcmp(name->text, text) == 0)
			return (uint16_t)(i + 1);
		cv_nearest_offer(nearest, name->text);
	}
	return 0;
}
#define FIND(policy, list, text, nearest)                                                          \
	find_name(text, (policy)->list, offsetof(typeof(*(policy)->list), name),                   \
		  sizeof(*(policy)->list), (policy)->n_##list, nearest)

static void unknown_name(struct cv_policy_reader *r, const struct cv_yaml *node, const char *text,
			 const char *what, const struct cv_nearest *nearest)
{
	char hint[80];

	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest->best ? nearest->best : "");
	cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), nearest->best ? hint : NULL,
			"\"%.64s\" is not a %s of this file, expected one of its names or any",
			text, what);
}

static bool is_word(struct cv_policy_reader *r, const struct cv_yaml *node, const char *what)
{
	if (node->bad)
		return false;
	if (node->kind == CV_YAML_SCALAR && *node->text)
		return true;
	cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
			"expected the name of a %s, or any", what);
	return false;
}

static void read_service(struct cv_policy_reader *r, const struct cv_yaml *node,
			 struct cv_policy_refs *refs)
{
	struct cv_nearest nearest;
	uint16_t number = CV_POLICY_ANY;

	if (!is_word(r, node, "service"))
		return;
	if (strcmp(node->text, "any") != 0) {
		nearest = cv_nearest_start(node->text);
		cv_nearest_offer(&nearest, "any");
		number = FIND(r->policy, services, node->text, &nearest);
		if (!number) {
			unknown_name(r, node, node->text, "service", &nearest);
			return;
		}
	}
	refs->items[refs->n++] = number;
}

static size_t count_refs(struct cv_policy_reader *r, const struct cv_yaml *node, const char *key)
{
	size_t n = node->kind == CV_YAML_LIST ? node->n : 1;

	if (n > 0 && n <= CV_POLICY_REFS_MAX)
		return n;
	cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL, "%s: expected 1 to %d names",
			key, CV_POLICY_REFS_MAX);
	return 0;
}

static void read_services(struct cv_policy_reader *r, const struct cv_yaml *node,
			  struct cv_policy_refs *refs)
{
	size_t n = node ? count_refs(r, node, "service") : 0; /* absence is told by the schema */

	if (n == 0)
		return;
	refs->items = calloc(n, sizeof(*refs->items));
	if (!refs->items)
		r->error = -ENOMEM;
	else if (node->kind != CV_YAML_LIST)
		read_service(r, node, refs);
	for (const struct cv_yaml *c = node->first; c && refs->items; c = c->next)
		read_service(r, c, refs);
}

/* ---- ends ---------------------------------------------------------------------------------- */

static void add_end(struct cv_policy_reader *r, struct cv_policy_ends *ends,
		    struct cv_policy_end end)
{
	if (cv_policy_grow(&ends->items, ends->n, sizeof(*ends->items)) < 0)
		r->error = -ENOMEM;
	else
		ends->items[ends->n++] = end;
}

/* A group stands for all its classes. */
static void add_group(struct cv_policy_reader *r, struct cv_policy_ends *ends, uint16_t zone,
		      uint16_t group)
{
	const struct cv_policy_group *g;

	if (!group) {
		add_end(r, ends, (struct cv_policy_end){.zone = zone});
		return;
	}
	g = &r->policy->groups[group - 1];
	for (size_t i = 0; i < g->n_classes; i++)
		add_end(r, ends,
			(struct cv_policy_end){
				.zone = zone, .class_id = g->classes[i], .group = group});
}

/* "any", "ZONE", "GROUP" or "ZONE/GROUP". */
static void read_end(struct cv_policy_reader *r, const struct cv_yaml *node,
		     struct cv_policy_ends *ends)
{
	const struct cv_policy *policy = r->policy;
	struct cv_nearest nearest;
	uint16_t zone = 0, group = 0;
	char text[80];
	char *slash;

	if (!is_word(r, node, "group"))
		return;
	snprintf(text, sizeof(text), "%s", node->text);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	nearest = cv_nearest_start(text);
	cv_nearest_offer(&nearest, "any");
	if (strcmp(text, "any") != 0 || slash) {
		zone = FIND(policy, zones, text, &nearest);
		if (!zone && !slash)
			group = FIND(policy, groups, text, &nearest);
		if (!zone && !group) {
			unknown_name(r, node, text, slash ? "zone" : "group", &nearest);
			return;
		}
	}
	if (slash) {
		nearest = cv_nearest_start(slash);
		group = FIND(policy, groups, slash, &nearest);
		if (!group) {
			unknown_name(r, node, slash, "group", &nearest);
			return;
		}
	}
	add_group(r, ends, zone, group);
}

static void read_ends(struct cv_policy_reader *r, const struct cv_yaml *rule, const char *key,
		      struct cv_policy_ends *ends)
{
	const struct cv_yaml *node = cv_yaml_get(rule, key);

	if (!node || count_refs(r, node, key) == 0)
		return;
	if (node->kind != CV_YAML_LIST)
		read_end(r, node, ends);
	for (const struct cv_yaml *c = node->first; c; c = c->next)
		read_end(r, c, ends);
}

/* ---- limits -------------------------------------------------------------------------------- */

static void read_limit(struct cv_policy_reader *r, const struct cv_yaml *node,
		       struct cv_policy_rule *rule, const char *name)
{
	struct cv_place at = cv_yaml_place(r->policy->path, node);
	struct cv_policy_limit limit = {0};
	int err;

	cv_schema_defaults(&limit_schema, &limit);
	err = cv_schema_read(&limit_schema, node, &limit, name, r->policy->path, r->diag);
	if (err < 0) {
		r->error = r->error == -ENOMEM ? -ENOMEM : err;
		return;
	}
	if (rule->action == CV_ACTION_DROP) {
		cv_policy_wrong(r, at, "remove it", "a rule that drops has no rate");
	} else if (rule->limited[limit.per]) {
		cv_policy_wrong(r, at, NULL, "rate: the rule has one with this \"per\" already");
	} else if (limit.per != CV_POLICY_PER_DEVICE &&
		   (rule->limited[CV_POLICY_PER_GROUP] || rule->limited[CV_POLICY_PER_RULE])) {
		cv_policy_wrong(r, at, NULL,
				"rate: a rule has one of per: group and per: rule, not both");
	} else if (limit.per == CV_POLICY_PER_GROUP && !rule->from.items[0].group) {
		cv_policy_wrong(r, at, "name groups in from, or use per: rule",
				"rate: per: group wants a rule that is from groups");
	} else if (cv_policy_check_limit(r, node, &limit)) {
		rule->limits[limit.per] = limit;
		rule->limited[limit.per] = true;
	}
}

static void read_limits(struct cv_policy_reader *r, const struct cv_yaml *node,
			struct cv_policy_rule *rule, const char *name)
{
	char field[64];

	if (!node || node->bad || !rule->from.n)
		return;
	snprintf(field, sizeof(field), "%s.rate", name);
	if (node->kind != CV_YAML_LIST)
		read_limit(r, node, rule, field);
	for (const struct cv_yaml *c = node->first; c && node->kind == CV_YAML_LIST; c = c->next)
		read_limit(r, c, rule, field);
}

static void read_rule(struct cv_policy_reader *r, const struct cv_yaml *node, size_t index)
{
	struct cv_policy_rule *rule = &r->policy->rules[index];
	char name[32];
	int err;

	rule->line = node->line;
	rule->column = node->column;
	rule->inspect = r->policy->fallback.inspect;
	snprintf(name, sizeof(name), "rules[%zu]", index);
	cv_schema_defaults(&cv_policy_rule_schema, rule);
	err = cv_schema_read(&cv_policy_rule_schema, node, rule, name, r->policy->path, r->diag);
	if (err < 0 && r->error != -ENOMEM)
		r->error = err;
	if (node->kind != CV_YAML_MAP)
		return;
	if (rule->action == DO_INSPECT) {
		rule->action = CV_ACTION_FORWARD;
		rule->inspect = true;
	}
	read_ends(r, node, "from", &rule->from);
	read_ends(r, node, "to", &rule->to);
	read_services(r, cv_yaml_get(node, "service"), &rule->service);
	if (err == 0)
		read_limits(r, cv_yaml_get(node, "rate"), rule, name);
	if (err == 0 && r->error != -ENOMEM)
		cv_policy_read_apps(r, node, rule);
}

static int by_id(const void *a, const void *b)
{
	const struct cv_policy_rule *x = *(const struct cv_policy_rule *const *)a;
	const struct cv_policy_rule *y = *(const struct cv_policy_rule *const *)b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void check_ids(struct cv_policy_reader *r, size_t n)
{
	const struct cv_policy_rule **sorted = calloc(n, sizeof(struct cv_policy_rule *));

	if (!sorted) {
		r->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = &r->policy->rules[i];
	qsort(sorted, n, sizeof(struct cv_policy_rule *), by_id);
	for (size_t i = 1; i < n; i++) {
		struct cv_place at = {r->policy->path, sorted[i]->line, sorted[i]->column};

		if (sorted[i]->id && sorted[i]->id == sorted[i - 1]->id)
			cv_policy_wrong(r, at, NULL, "rule id %u is taken at line %u",
					sorted[i]->id, sorted[i - 1]->line);
	}
	free(sorted);
}

void cv_policy_read_rules(struct cv_policy_reader *r, const struct cv_yaml *list)
{
	size_t i = 0;

	if (!list || list->bad || (list->kind == CV_YAML_SCALAR && !*list->text && !list->quoted))
		return;
	if (list->kind != CV_YAML_LIST || list->n > CV_POLICY_RULES_MAX) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, list), NULL,
				"rules: expected a list of at most %d rules", CV_POLICY_RULES_MAX);
		return;
	}
	if (list->n == 0)
		return;
	r->policy->rules = calloc(list->n, sizeof(*r->policy->rules));
	if (!r->policy->rules) {
		r->error = -ENOMEM;
		return;
	}
	r->policy->n_rules = list->n;
	for (const struct cv_yaml *c = list->first; c; c = c->next)
		read_rule(r, c, i++);
	if (r->error != -ENOMEM)
		check_ids(r, list->n);
}
