/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/path_nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "tests/perf/traffic.h"

static bool is_server(const struct cv_gen_prefix *p)
{
	return p->class_id == TRAFFIC_SERVER_CLASS;
}

/* Senders that all are single addresses are a hash, networks a tree of intervals. */
static void print_classes(FILE *out, const struct cv_generation *g)
{
	const struct cv_gen_prefix *p = cv_generation_at(g, g->prefixes);
	const char *flags = "";

	for (uint32_t i = 0; i < g->prefixes.count; i++)
		if (!is_server(&p[i]) && p[i].len < 32)
			flags = "flags interval;";
	fprintf(out, "map classes { type ipv4_addr : mark; %s elements = {\n", flags);
	for (uint32_t i = 0; i < g->prefixes.count; i++) {
		char addr[INET_ADDRSTRLEN];

		if (is_server(&p[i]))
			continue;
		fputs(inet_ntop(AF_INET, p[i].addr, addr, sizeof(addr)), out);
		if (p[i].len < 32)
			fprintf(out, "/%u", p[i].len);
		fprintf(out, " : %u,\n", p[i].class_id);
	}
	fprintf(out, "} }\n");
}

static void print_servers(FILE *out, const struct cv_generation *g)
{
	const struct cv_gen_prefix *p = cv_generation_at(g, g->prefixes);

	fprintf(out, "set servers { type ipv4_addr; flags interval; elements = {\n");
	for (uint32_t i = 0; i < g->prefixes.count; i++) {
		char addr[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, p[i].addr, addr, sizeof(addr));
		if (is_server(&p[i]))
			fprintf(out, "%s/%u,\n", addr, p[i].len);
	}
	fprintf(out, "} }\n");
}

static void print_rules(FILE *out, const struct cv_generation *g)
{
	const struct cv_gen_rule *r = cv_generation_at(g, g->rules);

	fprintf(out, "map rules { type mark . inet_service : verdict; counter; elements = {\n");
	for (uint32_t i = 0; i < g->rules.count; i++)
		fprintf(out, "%u . %u counter : %s,\n", r[i].key.src_class, ntohs(r[i].key.port),
			r[i].rule.action == CV_ACTION_DROP ? "drop" : "goto limited");
	fprintf(out, "} }\n");
}

int path_nft_load(const struct cv_generation *g, const char *in, const char *out)
{
	FILE *nft = popen("nft -f -", "w");

	if (!nft)
		return -errno;
	fprintf(nft, "table netdev path {\n");
	print_classes(nft, g);
	print_servers(nft, g);
	print_rules(nft, g);
	fprintf(nft,
		"set senders { type ipv4_addr; flags dynamic; size %u; }\n"
		/* As in traffic_policy(): worked out for each frame, never reached. */
		"chain limited {\n"
		"update @senders { ip saddr limit rate over 1000000000/second burst 1000000000 "
		"packets } drop\n"
		"fwd to \"%s\"\n}\n"
		"chain in {\n"
		"type filter hook ingress device \"%s\" priority 0; policy drop;\n"
		"ip daddr != @servers drop\n"
		"meta mark set ip saddr map @classes\n"
		"meta mark . udp dport vmap @rules\n"
		"}\n}\n",
		2 * g->device_capacity, out, in);
	return pclose(nft) ? -EINVAL : 0;
}

/* One of "elem": [{"elem": {"val": {"concat": [CLASS, PORT]}, "counter": {"packets": N}}}, ...]. */
static int add_hits(json_t *pair, uint64_t *hits)
{
	json_t *elem = json_object_get(json_array_get(pair, 0), "elem");
	json_int_t class_id, port, packets;

	if (json_unpack(elem, "{s:{s:[I,I]}, s:{s:I}}", "val", "concat", &class_id, &port,
			"counter", "packets", &packets) ||
	    class_id < 1 || class_id > TRAFFIC_GROUPS || port < TRAFFIC_FIRST_PORT ||
	    port >= TRAFFIC_FIRST_PORT + TRAFFIC_PORTS)
		return -EPROTO;
	hits[1 + (class_id - 1) * TRAFFIC_PORTS + port - TRAFFIC_FIRST_PORT] = (uint64_t)packets;
	return 0;
}

int path_nft_hits(uint64_t *hits)
{
	FILE *nft = popen("nft -j list map netdev path rules", "r");
	json_t *all = nft ? json_loadf(nft, 0, NULL) : NULL;
	json_t *elements = json_object_get(
		json_object_get(json_array_get(json_object_get(all, "nftables"), 1), "map"),
		"elem");
	int err = json_array_size(elements) == TRAFFIC_RULES ? 0 : -EPROTO;

	memset(hits, 0, (TRAFFIC_RULES + 1) * sizeof(*hits));
	for (size_t i = 0; i < json_array_size(elements) && !err; i++)
		err = add_hits(json_array_get(elements, i), hits);
	json_decref(all);
	if (nft && pclose(nft))
		err = -EPROTO;
	return err;
}
