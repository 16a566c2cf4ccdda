/* SPDX-License-Identifier: Apache-2.0 */
/* Zones: where frames enter, by port and VLAN. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ZONE(member)                                                                               \
	.offset = offsetof(struct cv_policy_zone, member),                                         \
	.size = sizeof(((struct cv_policy_zone *)0)->member)
#define LIMIT(member)                                                                              \
	.type = CV_FIELD_SECTION, .offset = offsetof(struct cv_policy_zone, member),               \
	.fields = cv_policy_limit_fields, .n_fields = CV_POLICY_LIMIT_FRAMES

/* By enum cv_action: DROP, FORWARD. */
static const char *const action_choices[] = {"drop", "allow", NULL};
#define UNKNOWN_ROW(id, name) name,
static const char *const unknown_choices[] = {CV_UNKNOWNS(UNKNOWN_ROW) NULL};

static const struct cv_field zone_fields[] = {
	{.name = "ports",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .takes = "names",
	 .help = "Names of ports, a list; without it the zone is on all ports."},
	{.name = "vlans",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .takes = "numbers 0 to 4095",
	 .help = "VLAN ids and ranges (`200-299`; 0 = untagged), a list; without it all."},
	{.name = "ip",
	 .type = CV_FIELD_CHOICE,
	 ZONE(fallback.ip),
	 .choices = action_choices,
	 .fallback = "",
	 .help = "What happens to IP frames that enter here and no rule matches; as `default.ip`."},
	{.name = "non_ip",
	 .type = CV_FIELD_CHOICE,
	 ZONE(fallback.non_ip),
	 .choices = action_choices,
	 .fallback = "",
	 .help = "The same for ARP and the like; as `default.non_ip`."},
	{.name = "inspect",
	 .type = CV_FIELD_BOOL,
	 ZONE(fallback.inspect),
	 .fallback = "",
	 .help = "Decode what passes by default; as `default.inspect`."},
	{.name = "unknown",
	 .type = CV_FIELD_CHOICE,
	 ZONE(unknown),
	 .choices = unknown_choices,
	 .fallback = "allow",
	 .help = "Senders that are in no group: `drop`, `limit` by `unknown_rate` instead of the "
		 "rule's, `learn` (let pass as the rules say and remember), or no difference."},
	{.name = "unknown_rate",
	 LIMIT(unknown_limit),
	 .help = "Limit of each sender that is in no group, with `unknown: limit`."},
	{.name = "device_rate",
	 LIMIT(device_limit),
	 .help = "Limit of each sender, for rules that have none of their own."},
	{.name = "port_rate",
	 LIMIT(port_limit),
	 .help = "Limit of each port of the zone as a whole; no rule is exempt from it."},
};

const struct cv_field cv_policy_zone_schema = {
	.type = CV_FIELD_SECTION, .fields = zone_fields, .n_fields = COUNT(zone_fields)};

static void read_port(struct cv_policy_reader *r, const struct cv_yaml *node,
		      struct cv_policy_zone *zone)
{
	size_t len = node->kind == CV_YAML_SCALAR ? strlen(node->text) : 0;

	if (node->bad)
		return;
	if (len == 0 || len >= sizeof(zone->ports[0])) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"ports: expected the name of a port");
		return;
	}
	memcpy(zone->ports[zone->n_ports++], node->text, len + 1);
}

static void read_ports(struct cv_policy_reader *r, const struct cv_yaml *node,
		       struct cv_policy_zone *zone)
{
	size_t n = node && node->kind == CV_YAML_LIST ? node->n : 1;

	if (!node)
		return;
	if (n == 0 || n > CV_PORTS_MAX) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"ports: expected 1 to %u names", CV_PORTS_MAX);
		return;
	}
	zone->ports = calloc(n, sizeof(*zone->ports));
	if (!zone->ports)
		r->error = -ENOMEM;
	else if (node->kind != CV_YAML_LIST)
		read_port(r, node, zone);
	for (const struct cv_yaml *c = node->first; c && zone->ports; c = c->next)
		read_port(r, c, zone);
}

static bool parse_vlans(const char *text, uint64_t *first, uint64_t *last)
{
	const char *dash = strchr(text, '-');
	char low[8] = "";

	if (!dash)
		return cv_units_integer(text, first) == 0 && (*last = *first) < CV_VLANS;
	if (dash - text >= (ptrdiff_t)sizeof(low))
		return false;
	memcpy(low, text, (size_t)(dash - text));
	return cv_units_integer(low, first) == 0 && cv_units_integer(dash + 1, last) == 0 &&
	       *first <= *last && *last < CV_VLANS;
}

static void read_vlan(struct cv_policy_reader *r, const struct cv_yaml *node,
		      struct cv_policy_zone *zone)
{
	uint64_t first, last;

	if (node->bad)
		return;
	if (node->kind != CV_YAML_SCALAR || !parse_vlans(node->text, &first, &last)) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node), NULL,
				"vlans: expected VLAN ids from 0 (untagged) to %u, or ranges such "
				"as 200-299",
				CV_VLANS - 1);
		return;
	}
	for (; first <= last; first++)
		zone->vlans[first / 64] |= 1ull << first % 64;
}

static void read_vlans(struct cv_policy_reader *r, const struct cv_yaml *node,
		       struct cv_policy_zone *zone)
{
	if (!node)
		return;
	zone->vlans = calloc(CV_VLANS / 64, sizeof(*zone->vlans));
	if (!zone->vlans)
		r->error = -ENOMEM;
	else if (node->kind != CV_YAML_LIST)
		read_vlan(r, node, zone);
	for (const struct cv_yaml *c = node->first; c && zone->vlans; c = c->next)
		read_vlan(r, c, zone);
}

static void check_limits(struct cv_policy_reader *r, const struct cv_yaml *node,
			 const struct cv_policy_zone *zone)
{
	const struct {
		const char *key;
		const struct cv_policy_limit *limit;
	} all[] = {
		{"unknown_rate", &zone->unknown_limit},
		{"device_rate", &zone->device_limit},
		{"port_rate", &zone->port_limit},
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		const struct cv_yaml *at = cv_yaml_get(node, all[i].key);

		if (at)
			(void)cv_policy_check_limit(r, at, all[i].limit);
	}
	if (zone->unknown == CV_UNKNOWN_LIMIT && !cv_yaml_get(node, "unknown_rate"))
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node),
				"unknown_rate: { packets: 10/s }",
				"unknown: limit wants unknown_rate");
}

static void read_zone(struct cv_policy_reader *r, const struct cv_yaml *node,
		      struct cv_policy_zone *zone)
{
	int err;

	cv_schema_defaults(&cv_policy_zone_schema, zone);
	zone->fallback = r->policy->fallback;
	err = cv_schema_read(&cv_policy_zone_schema, node, zone, zone->name.text, r->policy->path,
			     r->diag);
	if (err < 0 && r->error != -ENOMEM)
		r->error = err;
	if (node->kind != CV_YAML_MAP)
		return;
	read_ports(r, cv_yaml_get(node, "ports"), zone);
	read_vlans(r, cv_yaml_get(node, "vlans"), zone);
	if (err == 0)
		check_limits(r, node, zone);
}

void cv_policy_read_zones(struct cv_policy_reader *r, const struct cv_yaml *map)
{
	struct cv_policy *policy = r->policy;

	if (!cv_policy_is_names(r, map, "zones", CV_POLICY_ZONES_MAX))
		return;
	policy->zones = calloc(map->n, sizeof(*policy->zones));
	if (!policy->zones) {
		r->error = -ENOMEM;
		return;
	}
	for (const struct cv_yaml *c = map->first; c && r->error != -ENOMEM; c = c->next) {
		struct cv_policy_zone *zone = &policy->zones[policy->n_zones];

		if (c->bad || !cv_policy_read_name(r, c, &zone->name))
			continue;
		policy->n_zones++;
		read_zone(r, c, zone);
	}
}
