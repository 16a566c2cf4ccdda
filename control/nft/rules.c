/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the table says, in order. The management guard stands before everything that drops, so that
 * neither a policy nor a quarantine can cut it. Quarantine stands before what is established: a
 * device that is put away loses the connections it has.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>

#include "control/nft/nft_private.h"

#define HOP_LIMIT_OFFSET 7 /* RFC 8200 section 3 */
#define TYPE_OFFSET 0 /* of ICMP, RFC 792 and RFC 4443 section 2.1 */
#define DHCPV6_CLIENT 546 /* RFC 8415 section 7.2 */

static void end(struct cv_nft_rule *r, enum cv_nft_counter counter, uint32_t verdict,
		const char *comment)
{
	cv_nft_rule_count(r, counter);
	cv_nft_rule_verdict(r, verdict);
	cv_nft_rule_end(r, comment);
}

/* The first of a chain: counts and goes on. */
static void total(struct cv_nft_batch *b, enum cv_nft_chain chain, enum cv_nft_counter counter)
{
	struct cv_nft_rule r;

	cv_nft_rule_begin(&r, b, chain);
	cv_nft_rule_count(&r, counter);
	cv_nft_rule_end(&r, NULL);
}

/* The last of a chain. */
static void others(struct cv_nft_batch *b, enum cv_nft_chain chain, enum cv_nft_counter counter,
		   uint32_t verdict)
{
	struct cv_nft_rule r;

	cv_nft_rule_begin(&r, b, chain);
	end(&r, counter, verdict, NULL);
}

static void loopback(struct cv_nft_batch *b)
{
	struct cv_nft_rule r;

	cv_nft_rule_begin(&r, b, CV_NFT_INPUT);
	cv_nft_rule_interface(&r, "lo", true);
	end(&r, CV_NFT_COUNT_LOOPBACK, NF_ACCEPT, NULL);
}

static void management(struct cv_nft_batch *b, const struct cv_config_management *m)
{
	struct cv_nft_rule r;

	cv_nft_rule_begin(&r, b, CV_NFT_INPUT);
	cv_nft_rule_address(&r, &m->from, true);
	cv_nft_rule_address(&r, &m->address, false);
	cv_nft_rule_protocol(&r, m->service.ip_proto);
	cv_nft_rule_port(&r, m->service.port);
	end(&r, CV_NFT_COUNT_MANAGEMENT, NF_ACCEPT, "firewall.management");
}

/* An ICMPv6 message that did not cross a router: hop limit 255 (RFC 4861 section 7.1). */
static void from_the_link(struct cv_nft_batch *b, uint8_t from, uint8_t to,
			  enum cv_nft_counter counter)
{
	struct cv_nft_rule r;

	cv_nft_rule_begin(&r, b, CV_NFT_INPUT);
	cv_nft_rule_family(&r, NFPROTO_IPV6);
	cv_nft_rule_byte(&r, NFT_PAYLOAD_NETWORK_HEADER, HOP_LIMIT_OFFSET, 255, 255);
	cv_nft_rule_protocol(&r, IPPROTO_ICMPV6);
	cv_nft_rule_byte(&r, NFT_PAYLOAD_TRANSPORT_HEADER, TYPE_OFFSET, from, to);
	end(&r, counter, NF_ACCEPT, NULL);
}

static void quarantine(struct cv_nft_batch *b, enum cv_nft_chain chain, enum cv_nft_counter counter)
{
	struct cv_nft_rule r;

	for (unsigned int i = 0; i < CV_QUARANTINE_KIND_COUNT; i++) {
		cv_nft_rule_begin(&r, b, chain);
		cv_nft_rule_sender(&r, (enum cv_quarantine_kind)i);
		end(&r, counter, NF_DROP, NULL);
	}
}

static void established(struct cv_nft_batch *b)
{
	struct cv_nft_rule r;

	cv_nft_rule_begin(&r, b, CV_NFT_INPUT);
	cv_nft_rule_established(&r);
	end(&r, CV_NFT_COUNT_ESTABLISHED, NF_ACCEPT, NULL);
}

/* The port itself, and the VLANs on it by their usual name. */
static void sensor_port(struct cv_nft_batch *b, enum cv_nft_chain chain, const char *name,
			enum cv_nft_counter counter)
{
	static const char comment[] = "XDP passed it by mistake";
	struct cv_nft_rule r;
	char vlan[64];

	snprintf(vlan, sizeof(vlan), "%s.", name);
	cv_nft_rule_begin(&r, b, chain);
	cv_nft_rule_interface(&r, name, true);
	end(&r, counter, NF_DROP, comment);
	cv_nft_rule_begin(&r, b, chain);
	cv_nft_rule_interface(&r, vlan, false);
	end(&r, counter, NF_DROP, comment);
}

static void echo(struct cv_nft_batch *b, uint8_t nfproto, uint8_t ip_proto, uint8_t type)
{
	struct cv_nft_rule r;

	cv_nft_rule_begin(&r, b, CV_NFT_INPUT);
	cv_nft_rule_family(&r, nfproto);
	cv_nft_rule_protocol(&r, ip_proto);
	cv_nft_rule_byte(&r, NFT_PAYLOAD_TRANSPORT_HEADER, TYPE_OFFSET, type, type);
	end(&r, CV_NFT_COUNT_ESSENTIAL, NF_ACCEPT, NULL);
}

/*
 * Without these a host that drops everything else loses its own addresses: DHCPv6 answers come from
 * another address than was asked. (DHCPv4 clients listen below nftables.)
 */
static void essential(struct cv_nft_batch *b)
{
	static const struct cv_prefix link_local = {{0xfe, 0x80}, 6, 10};
	struct cv_nft_rule r;

	echo(b, NFPROTO_IPV4, IPPROTO_ICMP, ICMP_ECHO);
	echo(b, NFPROTO_IPV6, IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST);
	from_the_link(b, ND_ROUTER_ADVERT, ND_ROUTER_ADVERT, CV_NFT_COUNT_ESSENTIAL);
	cv_nft_rule_begin(&r, b, CV_NFT_INPUT);
	cv_nft_rule_address(&r, &link_local, true);
	cv_nft_rule_protocol(&r, IPPROTO_UDP);
	cv_nft_rule_port(&r, DHCPV6_CLIENT);
	end(&r, CV_NFT_COUNT_ESSENTIAL, NF_ACCEPT, NULL);
}

static void input(struct cv_nft_batch *b, const struct cv_nft_rules *rules)
{
	total(b, CV_NFT_INPUT, CV_NFT_COUNT_INPUT);
	loopback(b);
	for (size_t i = 0; i < rules->n_management; i++)
		management(b, &rules->management[i]);
	/* The guard is of no use to a peer whose neighbour discovery gets no answer. */
	from_the_link(b, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT, CV_NFT_COUNT_NEIGHBOUR);
	quarantine(b, CV_NFT_INPUT, CV_NFT_COUNT_QUARANTINED);
	established(b);
	for (size_t i = 0; i < rules->n_sensor_ports; i++)
		sensor_port(b, CV_NFT_INPUT, rules->sensor_ports[i], CV_NFT_COUNT_SENSOR_PORT);
	if (rules->drop_others)
		essential(b);
	others(b, CV_NFT_INPUT,
	       rules->drop_others ? CV_NFT_COUNT_OTHERS_DROPPED : CV_NFT_COUNT_OTHERS_ACCEPTED,
	       rules->drop_others ? NF_DROP : NF_ACCEPT);
}

static void forward(struct cv_nft_batch *b, const struct cv_nft_rules *rules)
{
	total(b, CV_NFT_FORWARD, CV_NFT_COUNT_FORWARD);
	quarantine(b, CV_NFT_FORWARD, CV_NFT_COUNT_FORWARD_QUARANTINED);
	for (size_t i = 0; i < rules->n_sensor_ports; i++)
		sensor_port(b, CV_NFT_FORWARD, rules->sensor_ports[i],
			    CV_NFT_COUNT_FORWARD_SENSOR_PORT);
	others(b, CV_NFT_FORWARD, CV_NFT_COUNT_FORWARD_OTHERS, NF_ACCEPT);
}

void cv_nft_add_rules(struct cv_nft_batch *b, const struct cv_nft_rules *rules)
{
	input(b, rules);
	forward(b, rules);
}
