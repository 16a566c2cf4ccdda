/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: addresses, list files of them, and other groups. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"
#include "control/text/nearest.h"

/* The group in hand. */
struct reading {
	struct cv_policy_group *group;
	uint16_t class_id;
};

static void too_many(struct cv_policy_reader *r, struct cv_policy_place at)
{
	if (r->error != -E2BIG)
		cv_policy_wrong(r, cv_policy_place(r->policy, at), NULL, "more than %u prefixes",
				CV_POLICY_LISTED_MAX);
	r->error = -E2BIG;
}

static void add_prefix(struct cv_policy_reader *r, const struct cv_prefix *prefix,
		       uint16_t class_id, struct cv_policy_place at)
{
	struct cv_policy *policy = r->policy;
	struct cv_policy_prefix *p;

	if (policy->n_prefixes >= CV_POLICY_LISTED_MAX) {
		too_many(r, at);
		return;
	}
	if (cv_policy_grow(&policy->prefixes, policy->n_prefixes, sizeof(*policy->prefixes)) < 0) {
		r->error = -ENOMEM;
		return;
	}
	p = &policy->prefixes[policy->n_prefixes++];
	*p = (struct cv_policy_prefix){.at = at};
	memcpy(p->prefix.addr, prefix->addr, sizeof(p->prefix.addr));
	p->prefix.family = prefix->family;
	p->prefix.len = prefix->len;
	p->prefix.class_id = class_id;
}

static void add_mac(struct cv_policy_reader *r, uint64_t mac, uint16_t class_id,
		    struct cv_policy_place at)
{
	struct cv_policy *policy = r->policy;

	if (policy->n_macs >= CV_POLICY_LISTED_MAX) {
		too_many(r, at);
		return;
	}
	if (cv_policy_grow(&policy->macs, policy->n_macs, sizeof(*policy->macs)) < 0) {
		r->error = -ENOMEM;
		return;
	}
	policy->macs[policy->n_macs++] =
		(struct cv_policy_mac){.at = at, .mac = {.mac = mac, .class_id = class_id}};
}

static void read_address(struct cv_policy_reader *r, const char *text, struct cv_policy_place at,
			 void *arg)
{
	const struct reading *in = arg;
	struct cv_prefix prefix;
	uint64_t mac;

	in->group->own = true;
	if (cv_policy_parse_mac(text, &mac)) {
		add_mac(r, mac, in->class_id, at);
	} else if (cv_prefix_parse(text, &prefix) < 0) {
		cv_policy_wrong(r, cv_policy_place(r->policy, at), NULL,
				"\"%.64s\" is not a prefix, expected an IPv4 or IPv6 address such "
				"as 10.1.0.0/16 or \"fd00:1::/64\", or a MAC address",
				text);
	} else if (cv_prefix_has_host_bits(&prefix)) {
		cv_policy_wrong(r, cv_policy_place(r->policy, at),
				"set the bits behind the length to zero, or use a longer one",
				"\"%.64s\" has address bits behind its length", text);
	} else {
		add_prefix(r, &prefix, in->class_id, at);
	}
}

static void read_include(struct cv_policy_reader *r, const struct cv_yaml *node,
			 struct cv_policy_group *group)
{
	struct cv_policy *policy = r->policy;
	struct cv_nearest near;
	char hint[80];

	if (node->bad || node->kind != CV_YAML_SCALAR) {
		cv_policy_wrong(r, cv_yaml_place(policy->path, node), NULL,
				"group: expected the name of a group");
		return;
	}
	near = cv_nearest_start(node->text);
	for (size_t i = 0; i < policy->n_groups; i++) {
		cv_nearest_offer(&near, policy->groups[i].name.text);
		if (strcmp(policy->groups[i].name.text, node->text) != 0)
			continue;
		if (cv_policy_grow(&group->includes, group->n_includes, sizeof(uint16_t)) < 0)
			r->error = -ENOMEM;
		else
			group->includes[group->n_includes++] = (uint16_t)i;
		return;
	}
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", near.best ? near.best : "");
	cv_policy_wrong(r, cv_yaml_place(policy->path, node), near.best ? hint : NULL,
			"\"%.64s\" is not a group of this file", node->text);
}

/* "10.0.0.0/8", "02:00:00:00:00:01", { file: list.txt }, { group: others }. */
static void read_item(struct cv_policy_reader *r, const struct cv_yaml *node, struct reading *in)
{
	struct cv_policy_place at = {.line = node->line, .column = (uint16_t)node->column};
	const struct cv_yaml *file = cv_yaml_get(node, "file"), *group = cv_yaml_get(node, "group");

	if (node->bad)
		return;
	if (node->kind == CV_YAML_SCALAR) {
		read_address(r, node->text, at, in);
	} else if (node->n == 1 && file) {
		in->group->own = true;
		cv_policy_read_list(r, file, read_address, in);
	} else if (node->n == 1 && group) {
		read_include(r, group, in->group);
	} else {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"expected an address, { file: PATH } or { group: NAME }");
	}
}

static void read_group(struct cv_policy_reader *r, const struct cv_yaml *node, size_t index)
{
	struct reading in = {&r->policy->groups[index], (uint16_t)(index + 1)};

	if (node->kind == CV_YAML_MAP && node->first) {
		read_item(r, node, &in);
		return;
	}
	if (node->kind != CV_YAML_LIST || !node->first) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"group \"%s\": expected a list of prefixes", in.group->name.text);
		return;
	}
	for (const struct cv_yaml *c = node->first; c && r->error != -ENOMEM; c = c->next)
		read_item(r, c, &in);
}

/* ---- what a group stands for --------------------------------------------------------------- */

static void add_class(struct cv_policy_reader *r, struct cv_policy_group *g, uint16_t class_id)
{
	for (size_t i = 0; i < g->n_classes; i++) {
		if (g->classes[i] == class_id)
			return;
	}
	if (cv_policy_grow(&g->classes, g->n_classes, sizeof(uint16_t)) < 0)
		r->error = -ENOMEM;
	else
		g->classes[g->n_classes++] = class_id;
}

/* As deep as there are groups, which are CV_POLICY_GROUPS_MAX at most. */
static void follow(struct cv_policy_reader *r, size_t index)
{
	struct cv_policy_group *g = &r->policy->groups[index];

	if (g->walk == 2)
		return;
	if (g->walk == 1) {
		cv_policy_wrong(r, (struct cv_place){r->policy->path, g->name.line, g->name.column},
				"take one of the includes out", "group \"%s\" contains itself",
				g->name.text);
		return;
	}
	g->walk = 1;
	if (g->own)
		add_class(r, g, (uint16_t)(index + 1));
	for (size_t i = 0; i < g->n_includes && r->error != -ENOMEM; i++) {
		const struct cv_policy_group *other = &r->policy->groups[g->includes[i]];

		follow(r, g->includes[i]);
		for (size_t k = 0; k < other->n_classes && other != g; k++)
			add_class(r, g, other->classes[k]);
	}
	g->walk = 2;
}

void cv_policy_read_groups(struct cv_policy_reader *r, const struct cv_yaml *map)
{
	struct cv_policy *policy = r->policy;
	size_t at = 0;

	if (!cv_policy_is_names(r, map, "groups", CV_POLICY_GROUPS_MAX))
		return;
	policy->groups = calloc(map->n, sizeof(*policy->groups));
	if (!policy->groups) {
		r->error = -ENOMEM;
		return;
	}
	for (const struct cv_yaml *c = map->first; c; c = c->next) {
		if (!c->bad && cv_policy_read_name(r, c, &policy->groups[policy->n_groups].name))
			policy->n_groups++;
	}
	for (const struct cv_yaml *c = map->first; c && r->error != -ENOMEM; c = c->next) {
		/* Those whose name was not read are not in the list. */
		if (at < policy->n_groups && strcmp(policy->groups[at].name.text, c->key) == 0)
			read_group(r, c, at++);
	}
	for (size_t i = 0; i < policy->n_groups && r->error != -ENOMEM; i++)
		follow(r, i);
}
