/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: what the worker's tables say of a frame is what the rules say when they are read one
 * after the other. Random policies, every kind of frame, the real parser, compiler, tables and
 * judge. The check itself is checked: with the rules compiled in reverse it must find differences.
 *
 *     prop_policy [-runs=N] [-seed=S]
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/policy.h"
#include "dataplane/policy/policy_table.h"
#include "tests/random.h"

#define GROUPS 3
#define SERVICES 7

static const struct {
	const char *text;
	uint8_t ip_proto;
	uint16_t port;
} services[SERVICES] = {
	{"udp/100", 17, 100}, {"udp/200", 17, 200}, {"tcp/100", 6, 100}, {"udp", 17, 0},
	{"tcp", 6, 0},	      {"icmp", 1, 0},	    {"ip/47", 47, 0},
};

/* A frame as the rules see it. */
struct probe {
	uint16_t src, dst; /* group, 0 = none */
	uint8_t ip_proto;
	bool later;
	uint16_t sport, dport;
};

static uint64_t prng;

static unsigned int below(unsigned int n)
{
	return (unsigned int)(next_random_of(&prng) % n);
}

static void write_refs(FILE *out, const char *key, const char *prefix, unsigned int names)
{
	unsigned int n = 1 + below(2);

	fprintf(out, "%s: [", key);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int k = below(names + 1);

		fprintf(out, "%s", i ? ", " : "");
		if (k == 0)
			fputs("any", out);
		else
			fprintf(out, "%s%u", prefix, k);
	}
	fputs("], ", out);
}

static char *make_policy(size_t *len)
{
	unsigned int rules = below(7);
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		abort();
	fprintf(out, "default: { ip: %s }\ngroups:\n", below(2) ? "allow" : "drop");
	for (unsigned int i = 1; i <= GROUPS; i++)
		fprintf(out, " g%u: [10.%u.0.0/16]\n", i, i);
	fputs("services:\n", out);
	for (unsigned int i = 0; i < SERVICES; i++)
		fprintf(out, " s%u: %s\n", i + 1, services[i].text);
	fputs("rules:\n", out);
	for (unsigned int i = 1; i <= rules; i++) {
		fprintf(out, " - { id: %u, ", i);
		write_refs(out, "from", "g", GROUPS);
		write_refs(out, "to", "g", GROUPS);
		write_refs(out, "service", "s", SERVICES);
		fprintf(out, "action: %s }\n", below(2) ? "allow" : "drop");
	}
	fclose(out);
	return text;
}

static bool has(const struct cv_policy_ends *ends, uint16_t class_id)
{
	for (size_t i = 0; i < ends->n; i++) {
		uint16_t c = ends->items[i].class_id;

		if (c == CV_POLICY_ANY || c == class_id)
			return true;
	}
	return false;
}

/* Does a service of the rule speak of this protocol: with @p port or, where it is 0, without? */
static bool speaks(const struct cv_policy_rule *rule, uint8_t ip_proto, uint16_t port)
{
	for (size_t i = 0; i < rule->service.n; i++) {
		uint16_t s = rule->service.items[i];

		if (s == CV_POLICY_ANY
			    ? !port
			    : services[s - 1].ip_proto == ip_proto && services[s - 1].port == port)
			return true;
	}
	return false;
}

static bool names_some_port(const struct cv_policy_rule *rule, uint8_t ip_proto)
{
	return speaks(rule, ip_proto, 100) || speaks(rule, ip_proto, 200);
}

static bool decides(const struct cv_policy_rule *rule, const struct probe *p, bool requested)
{
	bool forth = has(&rule->from, p->src) && has(&rule->to, p->dst);
	bool back = rule->action == CV_ACTION_FORWARD && has(&rule->from, p->dst) &&
		    has(&rule->to, p->src);

	if ((forth || back) && speaks(rule, p->ip_proto, 0))
		return true;
	if (p->later)
		return rule->action == CV_ACTION_FORWARD && (forth || back) &&
		       names_some_port(rule, p->ip_proto);
	if (forth && speaks(rule, p->ip_proto, p->dport))
		return true;
	return back && !requested && speaks(rule, p->ip_proto, p->sport);
}

/* The rules read one after the other, as control/policy/policy.h words it. */
static uint32_t by_the_book(const struct cv_policy *policy, const struct probe *p)
{
	bool requested = false;

	for (size_t i = 0; i < policy->n_rules && !p->later; i++) {
		const struct cv_policy_rule *r = &policy->rules[i];

		requested |= has(&r->from, p->src) && has(&r->to, p->dst) &&
			     speaks(r, p->ip_proto, p->dport);
	}
	for (size_t i = 0; i < policy->n_rules; i++) {
		if (decides(&policy->rules[i], p, requested))
			return policy->rules[i].id;
	}
	return 0;
}

static size_t make_frame(const struct probe *p, uint8_t *frame)
{
	uint8_t *ip = frame + 14, *l4 = ip + 20;
	uint16_t total = htons(20 + 40), fragment = htons(p->later ? 100 : 0);
	uint16_t sport = htons(p->sport), dport = htons(p->dport), udp_len = htons(40);

	memset(frame, 0, 14 + 60);
	frame[12] = 0x08;
	ip[0] = 0x45;
	memcpy(ip + 2, &total, 2);
	memcpy(ip + 6, &fragment, 2);
	ip[8] = 64;
	ip[9] = p->ip_proto;
	memcpy(ip + 12, (uint8_t[4]){10, (uint8_t)(p->src ? p->src : 99), 0, 1}, 4);
	memcpy(ip + 16, (uint8_t[4]){10, (uint8_t)(p->dst ? p->dst : 99), 0, 2}, 4);
	memcpy(l4, &sport, 2);
	memcpy(l4 + 2, &dport, 2);
	if (p->ip_proto == 17)
		memcpy(l4 + 4, &udp_len, 2);
	else
		l4[12] = 0x50; /* TCP: header of 20 bytes */
	return 14 + 60;
}

/* All frames against one policy; returns how many disagree. */
static unsigned int compare(const struct cv_policy *policy, struct cv_policy_table *table)
{
	static const uint8_t protos[] = {17, 6, 1, 47};
	static const uint16_t ports[] = {100, 200, 300};
	unsigned int differences = 0;

	for (unsigned int i = 0; i < 16 * 4 * 9 * 2; i++) {
		struct probe p = {
			.src = (uint16_t)(i % 4),
			.dst = (uint16_t)(i / 4 % 4),
			.ip_proto = protos[i / 16 % 4],
			.later = i / 64 % 2,
			.sport = ports[i / 128 % 3],
			.dport = ports[i / 384 % 3],
		};
		uint8_t bytes[128];
		struct cv_frame f = {.data = bytes, .len = (uint32_t)make_frame(&p, bytes)};

		cv_policy_judge(table, NULL, &f, 1, 1);
		if (CV_VERDICT_REASON(f.verdict) >= CV_REASON_SHORT) {
			fprintf(stderr, "frame %u is not judged by the rules\n", i);
			exit(1);
		}
		differences += f.rule != by_the_book(policy, &p);
	}
	return differences;
}

static void reverse(struct cv_policy *policy)
{
	for (size_t i = 0; i < policy->n_rules / 2; i++) {
		struct cv_policy_rule spare = policy->rules[i];

		policy->rules[i] = policy->rules[policy->n_rules - 1 - i];
		policy->rules[policy->n_rules - 1 - i] = spare;
	}
}

static unsigned int check_one(struct cv_policy *policy, bool reversed)
{
	struct cv_diagnostics diag = {0};
	struct cv_generation_build *build = NULL;
	struct cv_policy_table *table = NULL;
	struct cv_generation *gen = NULL;
	unsigned int differences;

	if (cv_generation_build_create(&build) < 0)
		abort();
	cv_generation_build_head(build)->device_capacity = 64;
	if (reversed)
		reverse(policy);
	if (cv_policy_compile(policy, &(struct cv_policy_target){0}, build, &diag) < 0 ||
	    cv_generation_build_finish(build, &gen) < 0 ||
	    cv_policy_table_create(gen, NULL, &table) < 0)
		abort();
	if (reversed)
		reverse(policy);
	differences = compare(policy, table);
	cv_policy_table_destroy(table);
	free(gen);
	cv_generation_build_destroy(build);
	cv_diagnostics_free(&diag);
	return differences;
}

int main(int argc, char **argv)
{
	unsigned int runs = 300, differences = 0, seen = 0;
	unsigned long seed = 1;

	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "-runs=%u", &runs) != 1 &&
		    sscanf(argv[i], "-seed=%lu", &seed) != 1)
			return 2;
	}
	printf("seed %lu, %u policies of 1152 frames\n", seed, runs);
	prng = seed;
	for (unsigned int i = 0; i < runs; i++) {
		struct cv_diagnostics diag = {0};
		struct cv_policy *policy = NULL;
		size_t len = 0;
		char *text = make_policy(&len);
		unsigned int here;

		if (cv_policy_parse("random", text, len, &policy, &diag) < 0) {
			cv_diagnostics_print(&diag, stderr);
			return 1;
		}
		here = check_one(policy, false);
		if (here)
			printf("policy %u: %u frames judged otherwise\n%s", i, here, text);
		differences += here;
		seen += check_one(policy, true);
		cv_policy_free(policy);
		cv_diagnostics_free(&diag);
		free(text);
	}
	printf("%u differences; %u with the rules reversed\n", differences, seen);
	return differences != 0 || seen == 0;
}
