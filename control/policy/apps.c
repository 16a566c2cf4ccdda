/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constraints on messages: the member of a rule that is called like a protocol
 *     modbus: { read: [holding.0-99], malformed: drop, identities: bound, mode: enforce }
 * What its lists may say is in one place, dataplane/policy/app_keys.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/apps.h"
#include "control/policy/contexts.h"
#include "control/policy/parse.h"
#include "control/text/nearest.h"
#include "decoder_list.h"

#define NS_PER_COST 64 /* cv_app.cost is ns << 6 */

/* What may stand beside the protocol's own keys: a word, and the flag of the other one. */
static const struct {
	const char *name, *usual, *other;
	uint8_t flag;
} options[] = {
	{"malformed", "drop", "pass", CV_APP_MALFORMED_PASS},
	{"identities", "any", "bound", CV_APP_BOUND_ONLY},
	{"mode", "enforce", "shadow", CV_APP_SHADOW},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static const char *proto_name(unsigned int proto)
{
#define NAME_ROW(id, name) name,
	static const char *const names[] = {CV_PROTOS(NAME_ROW)};

	return names[proto];
}

static bool read_option(struct cv_policy_reader *r, const struct cv_yaml *node, struct cv_app *app)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		if (strcmp(node->key, options[i].name) != 0)
			continue;
		if (node->kind == CV_YAML_SCALAR && strcmp(node->text, options[i].other) == 0)
			app->flags |= options[i].flag;
		else if (node->kind != CV_YAML_SCALAR || strcmp(node->text, options[i].usual) != 0)
			cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
					"%s: expected %s or %s", node->key, options[i].usual,
					options[i].other);
		return true;
	}
	return false;
}

static void unknown_key(struct cv_policy_reader *r, const struct cv_yaml *node, unsigned int proto)
{
	struct cv_nearest nearest = cv_nearest_start(node->key);
	char hint[80] = "", all[200] = "";
	size_t count;
	const struct cv_app_key *keys = cv_app_keys(&count);

	for (size_t i = 0; i < count; i++) {
		if (keys[i].proto != proto)
			continue;
		cv_nearest_offer(&nearest, keys[i].name);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s, ", keys[i].name);
	}
	for (size_t i = 0; i < OPTIONS; i++) {
		cv_nearest_offer(&nearest, options[i].name);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", options[i].name,
			 i + 1 < OPTIONS ? ", " : "");
	}
	if (nearest.best)
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best);
	cv_policy_wrong(r, cv_yaml_key_place(r->policy->path, node), *hint ? hint : NULL,
			"%s has no \"%.40s\", expected one of %s", proto_name(proto), node->key,
			all);
}

static void read_value(struct cv_policy_reader *r, const struct cv_yaml *node,
		       const struct cv_app_key *key)
{
	struct cv_place at = cv_yaml_place(r->policy->path, node);
	const char *why = NULL;
	int err;

	if (node->bad)
		return;
	if (node->kind != CV_YAML_SCALAR) {
		cv_policy_wrong(r, at, NULL, "%s: expected %s", key->name,
				cv_app_syntax_text(key->syntax));
		return;
	}
	err = cv_app_build_value(r->policy->apps, key, node->text, strlen(node->text), &why);
	if (err == -EINVAL)
		cv_policy_wrong(r, at, NULL, "%s: \"%.64s\" %s", key->name, node->text, why);
	else if (err == -E2BIG)
		cv_policy_wrong(r, at, "use wider patterns or ranges",
				"%s: more than one list can hold (%u patterns, %u ranges)",
				key->name, CV_APP_PATTERNS_MAX, CV_APP_RANGES_MAX);
	else if (err < 0)
		r->error = err;
}

static void read_key(struct cv_policy_reader *r, const struct cv_yaml *node, unsigned int proto)
{
	const struct cv_app_key *key = cv_app_key_find(proto, node->key, strlen(node->key));

	if (key == NULL) {
		unknown_key(r, node, proto);
		return;
	}
	cv_app_build_key(r->policy->apps, key);
	if (node->kind != CV_YAML_LIST)
		read_value(r, node, key);
	for (const struct cv_yaml *c = node->first; c && node->kind == CV_YAML_LIST; c = c->next)
		read_value(r, c, key);
}

/* The limit of messages that a rule has, in whatever `per`. NULL = none. */
static const struct cv_policy_limit *messages_of(const struct cv_policy_rule *rule)
{
	for (unsigned int per = 0; per < CV_POLICY_PER_COUNT; per++) {
		if (rule->limited[per] && rule->limits[per].messages.amount != 0)
			return &rule->limits[per];
	}
	return NULL;
}

static void set_limit(struct cv_policy_reader *r, const struct cv_yaml *node,
		      const struct cv_policy_rule *rule, struct cv_app *app)
{
	const struct cv_policy_limit *l = messages_of(rule);
	struct cv_place at = cv_yaml_place(r->policy->path, node);
	double ns;

	if (l == NULL)
		return;
	ns = (double)l->messages.period_ns / (double)l->messages.amount;
	if (ns * NS_PER_COST > (double)CV_COST_MAX) {
		cv_policy_wrong(r, at, NULL, "rate: slower than one message in 1000 s");
	} else if (ns > (double)l->burst_ns) {
		cv_policy_wrong(r, at, "give it a longer burst",
				"rate: a message does not fit the burst: nothing would pass");
	} else {
		app->cost = (uint64_t)(ns * NS_PER_COST + 0.5);
		app->burst = l->burst_ns * NS_PER_COST;
		app->flags |= l->per == CV_POLICY_PER_DEVICE ? CV_APP_RATE_SENDER : 0;
		app->meter = cv_app_build_meter(r->policy->apps);
	}
}

static bool is_right_rule(struct cv_policy_reader *r, const struct cv_yaml *node,
			  const struct cv_policy_rule *rule)
{
	struct cv_place at = cv_yaml_key_place(r->policy->path, node);

	if (rule->action == CV_ACTION_DROP) {
		cv_policy_wrong(r, at, "remove it", "a rule that drops asks for no messages");
		return false;
	}
	for (size_t i = 0; i < rule->service.n; i++) {
		const struct cv_policy_service *s =
			&r->policy->services[rule->service.items[i] - 1];

		if (rule->service.items[i] != CV_POLICY_ANY && s->port != 0)
			continue;
		cv_policy_wrong(r, at, "name services with a port",
				"%s: only the port tells requests from answers, and this rule is "
				"for services without one",
				node->key);
		return false;
	}
	return true;
}

/* A limit per group: the same constraints, with a meter for each group. */
static int group_apps(struct cv_policy *policy, struct cv_policy_rule *rule)
{
	int err = 0;

	if (!rule->limited[CV_POLICY_PER_GROUP] ||
	    rule->limits[CV_POLICY_PER_GROUP].messages.amount == 0)
		return 0;
	rule->group_apps = calloc(rule->from.n, sizeof(*rule->group_apps));
	if (!rule->group_apps)
		return -ENOMEM;
	for (size_t i = 0; err == 0 && i < rule->from.n; i++) {
		size_t same = 0;

		while (rule->from.items[same].group != rule->from.items[i].group)
			same++;
		if (same < i)
			rule->group_apps[i] = rule->group_apps[same];
		else
			err = cv_app_build_again(policy->apps, rule->app,
						 cv_app_build_meter(policy->apps),
						 &rule->group_apps[i]);
	}
	return err;
}

static void read_app(struct cv_policy_reader *r, const struct cv_yaml *node,
		     struct cv_policy_rule *rule, unsigned int proto)
{
	struct cv_app app = {.proto = (uint8_t)proto};
	int err;

	if (node->bad || !is_right_rule(r, node, rule))
		return;
	if (node->kind != CV_YAML_MAP) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"%s: expected a map, {} to let this protocol pass and no other",
				node->key);
		return;
	}
	for (const struct cv_yaml *c = node->first; c; c = c->next)
		read_option(r, c, &app);
	set_limit(r, node, rule, &app);
	cv_app_build_begin(r->policy->apps, &app);
	for (const struct cv_yaml *c = node->first; c; c = c->next) {
		if (!c->bad && !read_option(r, c, &(struct cv_app){0}))
			read_key(r, c, proto);
	}
	err = cv_app_build_end(r->policy->apps, &rule->app, &rule->app_answers);
	if (err == 0)
		err = group_apps(r->policy, rule);
	if (err == -E2BIG)
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"more than %u rules and groups with constraints", CV_APPS_MAX);
	else if (err < 0)
		r->error = err;
	rule->inspect = true;
}

void cv_policy_read_apps(struct cv_policy_reader *r, const struct cv_yaml *map,
			 struct cv_policy_rule *rule)
{
	const struct cv_yaml *found = NULL;

	for (unsigned int proto = 1; proto < CV_PROTO_COUNT; proto++) {
		const struct cv_yaml *node = cv_yaml_get(map, proto_name(proto));

		if (node == NULL)
			continue;
		if (found != NULL) {
			cv_policy_wrong(
				r, cv_yaml_key_place(r->policy->path, node), "make it two rules",
				"a rule is for one protocol, and this one is for %s already",
				found->key);
			return;
		}
		found = node;
		read_app(r, node, rule, proto);
	}
	if (found == NULL && messages_of(rule) != NULL)
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, map),
				"add a member such as mqtt: {}",
				"rate: messages are counted where the rule names their protocol");
}

uint16_t cv_policy_app_of(const struct cv_policy_rule *rule, bool answer, uint16_t src_class)
{
	if (answer)
		return rule->app_answers;
	for (size_t i = 0; rule->group_apps && i < rule->from.n; i++) {
		if (rule->from.items[i].class_id == src_class)
			return rule->group_apps[i];
	}
	return rule->app;
}

int cv_policy_add_apps(const struct cv_policy *policy, struct cv_generation_build *build,
		       struct cv_diagnostics *diag)
{
	struct cv_app_pattern twice = {0};
	struct cv_apps *apps = NULL;
	int err;

	if (cv_app_build_empty(policy->apps))
		return 0;
	err = cv_app_build_finish(policy->apps, &apps, &twice);
	if (err == -EEXIST) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = policy->path},
				   NULL, "identity \"%.*s\" is bound to two places", (int)twice.len,
				   cv_app_build_text(policy->apps, twice));
		return -EINVAL;
	}
	if (err == 0)
		err = cv_generation_build_apps(build, apps);
	free(apps);
	return err;
}
