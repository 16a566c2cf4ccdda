/* SPDX-License-Identifier: Apache-2.0 */
/* Named services. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"

/* A protocol by name: the port IANA gave it. */
static const struct {
	const char *name;
	uint8_t ip_proto;
	uint16_t port;
} known[] = {
	{"bacnet", IPPROTO_UDP, 47808}, {"coap", IPPROTO_UDP, 5683},  {"coaps", IPPROTO_UDP, 5684},
	{"dns", IPPROTO_UDP, 53},	{"http", IPPROTO_TCP, 80},    {"https", IPPROTO_TCP, 443},
	{"iec104", IPPROTO_TCP, 2404},	{"modbus", IPPROTO_TCP, 502}, {"mqtt", IPPROTO_TCP, 1883},
	{"mqtts", IPPROTO_TCP, 8883},	{"ntp", IPPROTO_UDP, 123},    {"snmp", IPPROTO_UDP, 161},
	{"ssh", IPPROTO_TCP, 22},	{"syslog", IPPROTO_UDP, 514},
};

static bool known_protocol(const char *text, struct cv_policy_service *s)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, text) == 0) {
			s->ip_proto = known[i].ip_proto;
			s->port = known[i].port;
			return true;
		}
	}
	return false;
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
	if (known_protocol(text, s))
		return true;
	if (strncmp(text, "ip/", 3) != 0 || cv_units_integer(text + 3, &number) < 0 || number < 1 ||
	    number > 255)
		return false;
	s->ip_proto = (uint8_t)number;
	return true;
}

void cv_policy_read_services(struct cv_policy_reader *r, const struct cv_yaml *map)
{
	struct cv_policy *policy = r->policy;

	if (!cv_policy_is_names(r, map, "services", CV_POLICY_SERVICES_MAX))
		return;
	policy->services = calloc(map->n, sizeof(*policy->services));
	if (!policy->services) {
		r->error = -ENOMEM;
		return;
	}
	for (const struct cv_yaml *c = map->first; c; c = c->next) {
		struct cv_policy_service *s = &policy->services[policy->n_services];

		if (c->bad || !cv_policy_read_name(r, c, &s->name))
			continue;
		policy->n_services++;
		if (c->kind != CV_YAML_SCALAR || !parse_service(c->text, s))
			cv_policy_wrong(
				r, cv_yaml_place(policy->path, c), NULL,
				"service \"%s\": \"%.64s\" is not right, expected tcp/PORT, "
				"udp/PORT, tcp, udp, icmp, icmpv6, ip/NUMBER or a "
				"protocol such as coap",
				s->name.text, c->kind == CV_YAML_SCALAR ? c->text : "");
	}
}
