/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/policy/parse.h"
#include "control/text/nearest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(member)                                                                                 \
	.offset = offsetof(struct cv_policy_rule, member),                                         \
	.size = sizeof(((struct cv_policy_rule *)0)->member)

/* By enum cv_action: DROP, FORWARD. */
static const char *const action_choices[] = {"drop", "allow", NULL};

static const struct cv_field limit_fields[] = {
	{.name = "packets", .type = CV_FIELD_PACKET_RATE, AT(limit.packets), .fallback = ""},
	{.name = "bytes", .type = CV_FIELD_BYTE_RATE, AT(limit.bytes), .fallback = ""},
	{.name = "burst",
	 .type = CV_FIELD_DURATION,
	 AT(limit.burst_ns),
	 .fallback = "100ms",
	 .min = 1000,
	 /* CV_COST_MAX in ns << 6 is 1099 s. */
	 .max = 1000000000000},
};

static const struct cv_field rule_fields[] = {
	{.name = "id", .type = CV_FIELD_UINT, AT(id), .min = 1, .max = UINT32_MAX},
	{.name = "from", .type = CV_FIELD_ELSEWHERE},
	{.name = "to", .type = CV_FIELD_ELSEWHERE},
	{.name = "service", .type = CV_FIELD_ELSEWHERE},
	{.name = "action", .type = CV_FIELD_CHOICE, AT(action), .choices = action_choices},
	{.name = "inspect", .type = CV_FIELD_BOOL, AT(inspect), .fallback = ""},
	{.name = "rate",
	 .type = CV_FIELD_SECTION,
	 .fields = limit_fields,
	 .n_fields = COUNT(limit_fields)},
};

static const struct cv_field rule_schema = {
	.type = CV_FIELD_SECTION, .fields = rule_fields, .n_fields = COUNT(rule_fields)};

/* Number of a group or service by name: index + 1, 0 = any, -1 = unknown. */
static int find_name(const struct cv_policy *policy, bool service, const char *text,
		     struct cv_nearest *nearest)
{
	size_t n = service ? policy->n_services : policy->n_groups;

	cv_nearest_offer(nearest, "any");
	if (strcmp(text, "any") == 0)
		return CV_POLICY_ANY;
	for (size_t i = 0; i < n; i++) {
		const char *name =
			service ? policy->services[i].name.text : policy->groups[i].name.text;

		if (strcmp(name, text) == 0)
			return (int)i + 1;
		cv_nearest_offer(nearest, name);
	}
	return -1;
}

static void read_ref(struct cv_policy_reader *r, const struct cv_yaml *node, bool service,
		     struct cv_policy_refs *refs)
{
	const char *what = service ? "service" : "group";
	struct cv_nearest nearest;
	char hint[80];
	int number;

	if (node->bad)
		return;
	if (node->kind != CV_YAML_SCALAR || !*node->text) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"expected the name of a %s, or any", what);
		return;
	}
	nearest = cv_nearest_start(node->text);
	number = find_name(r->policy, service, node->text, &nearest);
	if (number < 0) {
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?",
			 nearest.best ? nearest.best : "");
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), nearest.best ? hint : NULL,
				"\"%.64s\" is not a %s of this file, expected one of its names or "
				"any",
				node->text, what);
		return;
	}
	refs->items[refs->n++] = (uint16_t)number;
}

static void read_refs(struct cv_policy_reader *r, const struct cv_yaml *rule, const char *key,
		      struct cv_policy_refs *refs)
{
	const struct cv_yaml *node = cv_yaml_get(rule, key);
	bool service = strcmp(key, "service") == 0;
	size_t n = node && node->kind == CV_YAML_LIST ? node->n : 1;

	if (!node)
		return; /* told by the schema */
	if (n == 0 || n > CV_POLICY_GROUPS_MAX) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"%s: expected 1 to %d names", key, CV_POLICY_GROUPS_MAX);
		return;
	}
	refs->items = calloc(n, sizeof(*refs->items));
	if (!refs->items) {
		r->error = -ENOMEM;
		return;
	}
	if (node->kind != CV_YAML_LIST) {
		read_ref(r, node, service, refs);
		return;
	}
	for (const struct cv_yaml *c = node->first; c; c = c->next)
		read_ref(r, c, service, refs);
}

/* Time one frame of the largest size costs, ns: Ethernet, two VLAN tags, 1500 bytes of IP. */
static double frame_cost_ns(const struct cv_policy_limit *limit)
{
	double cost = 0;

	if (limit->packets.amount)
		cost += (double)limit->packets.period_ns / (double)limit->packets.amount;
	if (limit->bytes.amount)
		cost += 1522.0 * (double)limit->bytes.period_ns / (double)limit->bytes.amount;
	return cost;
}

static void check_limit(struct cv_policy_reader *r, const struct cv_yaml *node,
			struct cv_policy_rule *rule)
{
	struct cv_place at = cv_yaml_place(r->policy->path, node);
	double cost = frame_cost_ns(&rule->limit);
	char least[CV_UNITS_TEXT_MAX];

	if (rule->action == CV_ACTION_DROP) {
		cv_policy_wrong(r, at, "remove it", "a rule that drops has no rate");
		return;
	}
	if (cost == 0) {
		cv_policy_wrong(r, at, NULL, "rate: expected packets, bytes or both");
		return;
	}
	if (cost > 1e12) {
		cv_policy_wrong(
			r, at, NULL,
			"rate: slower than one full frame in 1000 s, expected a faster one");
		return;
	}
	/* A frame passes when its cost fits the burst: a shorter one would let nothing pass. */
	if ((double)rule->limit.burst_ns < cost) {
		cv_units_show_duration((uint64_t)(cost / 1e6 + 1) * 1000000, least);
		cv_policy_wrong(r, at, NULL,
				"rate: a full frame does not fit the burst, expected a burst of at "
				"least %s",
				least);
		return;
	}
	rule->limited = true;
}

static void read_rule(struct cv_policy_reader *r, const struct cv_yaml *node, size_t index)
{
	struct cv_policy_rule *rule = &r->policy->rules[index];
	const struct cv_yaml *rate = cv_yaml_get(node, "rate");
	char name[32];
	int err;

	rule->line = node->line;
	rule->column = node->column;
	rule->inspect = r->policy->fallback.inspect;
	snprintf(name, sizeof(name), "rules[%zu]", index);
	cv_schema_defaults(&rule_schema, rule);
	err = cv_schema_read(&rule_schema, node, rule, name, r->policy->path, r->diag);
	if (err < 0 && r->error != -ENOMEM)
		r->error = err;
	if (node->kind != CV_YAML_MAP)
		return;
	read_refs(r, node, "from", &rule->from);
	read_refs(r, node, "to", &rule->to);
	read_refs(r, node, "service", &rule->service);
	if (rate && err == 0)
		check_limit(r, rate, rule);
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
