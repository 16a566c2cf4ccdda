/* SPDX-License-Identifier: Apache-2.0 */
#include "control/capture/filter_names.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Words of pcap-filter(7) that make sense on Ethernet; the first five begin a qualifier. */
static const char *const words[] = {
	"src",	      "dst",	   "ether",    "link",	   "ip",	"ip6",	     "arp",
	"rarp",	      "tcp",	   "udp",      "sctp",	   "icmp",	"icmp6",     "igmp",
	"igrp",	      "pim",	   "vrrp",     "carp",	   "ah",	"esp",	     "atalk",
	"aarp",	      "decnet",	   "lat",      "sca",	   "moprc",	"mopdl",     "iso",
	"esis",	      "es-is",	   "isis",     "is-is",	   "l1",	"l2",	     "iih",
	"lsp",	      "snp",	   "csnp",     "psnp",	   "clnp",	"stp",	     "ipx",
	"netbeui",    "mask",	   "proto",    "type",	   "less",	"greater",   "byte",
	"broadcast",  "multicast", "and",      "or",	   "not",	"len",	     "length",
	"inbound",    "outbound",  "ifindex",  "vlan",	   "mpls",	"pppoed",    "pppoes",
	"geneve",     "llc",	   "icmptype", "icmpcode", "icmp6type", "icmp6code", "tcpflags",
	"protochain", "port",	   "host",     "net",	   "gateway",	"portrange", "vxlan",
	"loopback",   "fddi",	   "tr",       "wlan",	   "ppp",	"slip",
};

enum { PREFIXES = 3 };
static const char *const prefixes[PREFIXES] = {"icmp-", "icmp6-", "tcp-"};

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static bool is_known(const char *word)
{
	for (size_t i = 0; i < PREFIXES; i++)
		if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return is_one_of(word, words, sizeof(words) / sizeof(words[0]));
}

/* Digits, hex numbers, addresses of all kinds: with ':' or without any letter beyond f. */
static bool is_number(const char *word)
{
	const char *digits = strncasecmp(word, "0x", 2) == 0 ? word + 2 : word;

	if (strchr(word, ':'))
		return true;
	if (strspn(word, "0123456789.-") == strlen(word))
		return true;
	/* 0x1f; aa-bb-cc-dd-ee-ff and aabb.ccdd.eeff */
	return strspn(digits, "0123456789abcdefABCDEF") == strlen(digits)
		       ? digits != word
		       : strspn(word, "0123456789abcdefABCDEF.-") == strlen(word) &&
				 strlen(word) >= 11;
}

static bool is_local_name(const char *word)
{
	return getservbyname(word, NULL) || getprotobyname(word);
}

/*
 * Which names a bare word stands for is said by the qualifier before it, and holds for the words
 * that follow: "port http or https". A direction or protocol begins anew, with hosts.
 */
static bool is_wanted(const char *word, bool *ports)
{
	static const char *const hosts[] = {"host", "net", "gateway", "src", "dst"};
	static const char *const locals[] = {"port", "portrange", "proto", "protochain"};

	if (is_one_of(word, locals, sizeof(locals) / sizeof(locals[0]))) {
		*ports = true;
		return false;
	}
	if (is_one_of(word, hosts, sizeof(hosts) / sizeof(hosts[0]))) {
		*ports = false;
		return false;
	}
	if (is_number(word) || (is_known(word) && !strchr(word, '.')))
		return false;
	return !*ports || !is_local_name(word);
}

int cv_filter_names(const char *expression, char *ret, size_t size)
{
	bool ports = false;

	while (*expression) {
		char word[256];
		size_t len = 0;

		while (isalnum((unsigned char)expression[len]) ||
		       (expression[len] && strchr("-_.:\\", expression[len])))
			len++;
		if (len == 0) {
			expression++;
			continue;
		}
		/* A backslash says that a keyword is meant as a name. */
		snprintf(word, sizeof(word), "%.*s", (int)len, expression);
		if (word[0] == '\\' ? !is_local_name(word + 1) : is_wanted(word, &ports)) {
			snprintf(ret, size, "%s", word);
			return -EINVAL;
		}
		expression += len;
	}
	return 0;
}
