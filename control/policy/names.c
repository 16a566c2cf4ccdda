/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of addresses and named services. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/address.h"
#include "control/policy/parse.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static bool read_name(struct cv_policy_reader *r, const struct cv_yaml *node,
		      struct cv_policy_name *name)
{
	const char *path = r->policy->path;
	size_t len = strlen(node->key);

	if (len == 0 || len >= sizeof(name->text) || strspn(node->key, NAME_CHARS) != len) {
		cv_policy_wrong(r, cv_yaml_key_place(path, node), NULL,
				"\"%.64s\" is not a name, expected at most %zu letters, digits, "
				"'.', '_' and '-'",
				node->key, sizeof(name->text) - 1);
		return false;
	}
	if (strcmp(node->key, "any") == 0) {
		cv_policy_wrong(r, cv_yaml_key_place(path, node), NULL,
				"\"any\" is taken: it stands for everything");
		return false;
	}
	memcpy(name->text, node->key, len + 1);
	name->line = node->key_line;
	name->column = node->key_column;
	return true;
}

static int add_prefix(struct cv_policy *policy, const struct cv_policy_prefix *prefix)
{
	size_t n = policy->n_prefixes;

	if ((n & (n - 1)) == 0) {
		struct cv_policy_prefix *grown =
			reallocarray(policy->prefixes, n ? n * 2 : 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		policy->prefixes = grown;
	}
	policy->prefixes[policy->n_prefixes++] = *prefix;
	return 0;
}

static void read_prefix(struct cv_policy_reader *r, const struct cv_yaml *node, uint16_t class_id)
{
	struct cv_policy_prefix prefix = {.line = node->line, .column = node->column};
	struct cv_place at = cv_yaml_place(r->policy->path, node);
	struct cv_prefix parsed;

	if (node->bad)
		return;
	if (node->kind != CV_YAML_SCALAR || cv_prefix_parse(node->text, &parsed) < 0) {
		cv_policy_wrong(r, at, NULL,
				"\"%.64s\" is not a prefix, expected an IPv4 or IPv6 address such "
				"as 10.1.0.0/16 or \"fd00:1::/64\"",
				node->kind == CV_YAML_SCALAR ? node->text : "");
		return;
	}
	if (cv_prefix_has_host_bits(&parsed)) {
		cv_policy_wrong(r, at,
				"set the bits behind the length to zero, or use a longer one",
				"\"%.64s\" has address bits behind its length", node->text);
		return;
	}
	if (r->policy->n_prefixes >= CV_POLICY_PREFIXES_MAX) {
		if (r->error != -E2BIG)
			cv_policy_wrong(r, at, NULL, "more than %d prefixes",
					CV_POLICY_PREFIXES_MAX);
		r->error = -E2BIG;
		return;
	}
	memcpy(prefix.prefix.addr, parsed.addr, sizeof(prefix.prefix.addr));
	prefix.prefix.family = parsed.family;
	prefix.prefix.len = parsed.len;
	prefix.prefix.class_id = class_id;
	if (add_prefix(r->policy, &prefix) < 0)
		r->error = -ENOMEM;
}

static void read_group(struct cv_policy_reader *r, const struct cv_yaml *node)
{
	struct cv_policy *policy = r->policy;
	struct cv_policy_group *group = &policy->groups[policy->n_groups];

	if (!read_name(r, node, &group->name))
		return;
	policy->n_groups++;
	if (node->kind != CV_YAML_LIST || !node->first) {
		cv_policy_wrong(r, cv_yaml_place(policy->path, node), NULL,
				"group \"%s\": expected a list of prefixes", group->name.text);
		return;
	}
	for (const struct cv_yaml *c = node->first; c; c = c->next)
		read_prefix(r, c, (uint16_t)policy->n_groups);
}

/* Is there anything to read, and is it a map of a size that is allowed? */
static bool is_names(struct cv_policy_reader *r, const struct cv_yaml *map, const char *what,
		     size_t max)
{
	if (!map || map->bad || (map->kind == CV_YAML_SCALAR && !*map->text && !map->quoted))
		return false;
	if (map->kind != CV_YAML_MAP || map->n > max) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, map), NULL,
				"%s: expected a map of at most %zu names", what, max);
		return false;
	}
	return map->n > 0;
}

void cv_policy_read_groups(struct cv_policy_reader *r, const struct cv_yaml *map)
{
	if (!is_names(r, map, "groups", CV_POLICY_GROUPS_MAX))
		return;
	r->policy->groups = calloc(map->n, sizeof(*r->policy->groups));
	if (!r->policy->groups) {
		r->error = -ENOMEM;
		return;
	}
	for (const struct cv_yaml *c = map->first; c; c = c->next) {
		if (!c->bad)
			read_group(r, c);
	}
}

static bool parse_service(const char *text, struct cv_policy_service *s)
{
	static const struct {
		const char *name;
		uint8_t ip_proto;
	} protocols[] = {{"tcp", IPPROTO_TCP},
			 {"udp", IPPROTO_UDP},
			 {"icmp", IPPROTO_ICMP},
			 {"icmpv6", IPPROTO_ICMPV6}};
	uint64_t number;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		size_t len = strlen(protocols[i].name);

		if (strncmp(text, protocols[i].name, len) != 0)
			continue;
		s->ip_proto = protocols[i].ip_proto;
		if (!text[len])
			return true;
		if (i > 1 || text[len] != '/')
			continue;
		if (cv_units_integer(text + len + 1, &number) < 0 || number < 1 || number > 65535)
			return false;
		s->port = (uint16_t)number;
		return true;
	}
	if (strncmp(text, "ip/", 3) != 0 || cv_units_integer(text + 3, &number) < 0 || number < 1 ||
	    number > 255)
		return false;
	s->ip_proto = (uint8_t)number;
	return true;
}

void cv_policy_read_services(struct cv_policy_reader *r, const struct cv_yaml *map)
{
	struct cv_policy *policy = r->policy;

	if (!is_names(r, map, "services", CV_POLICY_SERVICES_MAX))
		return;
	policy->services = calloc(map->n, sizeof(*policy->services));
	if (!policy->services) {
		r->error = -ENOMEM;
		return;
	}
	for (const struct cv_yaml *c = map->first; c; c = c->next) {
		struct cv_policy_service *s = &policy->services[policy->n_services];

		if (c->bad || !read_name(r, c, &s->name))
			continue;
		policy->n_services++;
		if (c->kind != CV_YAML_SCALAR || !parse_service(c->text, s))
			cv_policy_wrong(
				r, cv_yaml_place(policy->path, c), NULL,
				"service \"%s\": \"%.64s\" is not right, expected tcp/PORT, "
				"udp/PORT, tcp, udp, icmp, icmpv6 or ip/NUMBER",
				s->name.text, c->kind == CV_YAML_SCALAR ? c->text : "");
	}
}
