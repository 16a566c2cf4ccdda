/* SPDX-License-Identifier: Apache-2.0 */
/* Names of learned services and groups: what a person would call them. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "control/offline/learn_internal.h"
#include "dataplane/decode/decoder.h"

static const struct {
	uint8_t ip_proto;
	uint16_t port;
	const char *name;
} known[] = {
	{IPPROTO_TCP, 22, "ssh"},      {IPPROTO_TCP, 53, "dns-tcp"},  {IPPROTO_UDP, 53, "dns"},
	{IPPROTO_UDP, 67, "dhcp"},     {IPPROTO_TCP, 80, "http"},     {IPPROTO_UDP, 123, "ntp"},
	{IPPROTO_UDP, 161, "snmp"},    {IPPROTO_TCP, 443, "https"},   {IPPROTO_UDP, 514, "syslog"},
	{IPPROTO_UDP, 5353, "mdns"},   {IPPROTO_TCP, 8883, "mqtts"},  {IPPROTO_UDP, 5684, "coaps"},
	{IPPROTO_TCP, 2404, "iec104"}, {IPPROTO_TCP, 4840, "opc-ua"}, {IPPROTO_ICMP, 0, "icmp"},
	{IPPROTO_ICMPV6, 0, "icmpv6"},
};

/* How many services the decoder has, of this protocol or of both. */
static uint32_t count_of(const struct cv_learn_shape *s, uint8_t decoder, uint8_t ip_proto)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_services; i++)
		n += s->services[i].decoder == decoder &&
		     (!ip_proto || s->services[i].ip_proto == ip_proto);
	return n;
}

/* "coap"; "coap-udp" where there is one by TCP too; "coap-udp-61616" where there are several. */
static void by_decoder(const struct cv_learn_shape *s, struct cv_learn_service *sv)
{
	const char *name = cv_proto_name(sv->decoder);
	const char *proto = sv->ip_proto == IPPROTO_TCP ? "tcp" : "udp";

	if (count_of(s, sv->decoder, 0) == 1)
		snprintf(sv->name, sizeof(sv->name), "%.20s", name);
	else if (count_of(s, sv->decoder, sv->ip_proto) == 1)
		snprintf(sv->name, sizeof(sv->name), "%.20s-%s", name, proto);
	else
		snprintf(sv->name, sizeof(sv->name), "%.18s-%s-%u", name, proto, sv->port);
}

static void by_number(struct cv_learn_service *sv)
{
	const char *proto = sv->ip_proto == IPPROTO_TCP	  ? "tcp"
			    : sv->ip_proto == IPPROTO_UDP ? "udp"
							  : "ip";

	snprintf(sv->name, sizeof(sv->name), "%s-%u", proto,
		 sv->port ? sv->port : (unsigned int)sv->ip_proto);
}

void cv_learn_name_services(struct cv_learn_shape *s)
{
	for (uint32_t i = 0; i < s->n_services; i++) {
		struct cv_learn_service *sv = &s->services[i];

		by_number(sv);
		for (size_t k = 0; !sv->decoder && k < sizeof(known) / sizeof(known[0]); k++) {
			if (known[k].ip_proto == sv->ip_proto && known[k].port == sv->port)
				snprintf(sv->name, sizeof(sv->name), "%s", known[k].name);
		}
		if (sv->decoder)
			by_decoder(s, sv);
	}
}

void cv_learn_name_groups(struct cv_learn_shape *s)
{
	for (uint32_t g = 0; g < s->n_groups; g++) {
		struct cv_learn_group *at = &s->groups[g];
		const char *role = at->role == CV_LEARN_SERVES ? "servers"
				   : at->role == CV_LEARN_ASKS ? "clients"
							       : "peers";
		uint32_t same = 1;

		for (uint32_t i = 0; i < g; i++)
			same += s->groups[i].main_service == at->main_service &&
				s->groups[i].role == at->role;
		if (same == 1)
			snprintf(at->name, sizeof(at->name), "%.20s-%s",
				 s->services[at->main_service].name, role);
		else
			snprintf(at->name, sizeof(at->name), "%.14s-%s-%u",
				 s->services[at->main_service].name, role, same);
	}
}
