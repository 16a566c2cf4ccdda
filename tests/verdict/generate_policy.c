/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verdict/generate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/generation_build.h"

#define CLASSES 5u
#define PREFIXES 60u
#define RULES 700u

uint64_t cv_random(struct cv_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t cv_below(struct cv_random *r, uint32_t n)
{
	return (uint32_t)((cv_random(r) >> 32) * n >> 32);
}

int cv_once_in(struct cv_random *r, uint32_t n)
{
	return cv_below(r, n) == 0;
}

/* Nested in what the frames' addresses use: 10/8 and fd00::/8, few bits set beyond. */
static struct cv_gen_prefix random_prefix(struct cv_random *r)
{
	struct cv_gen_prefix p = {.class_id = (uint16_t)(1 + cv_below(r, CLASSES))};
	unsigned int bytes;

	p.family = cv_once_in(r, 2) ? 4 : 6;
	bytes = p.family == 4 ? 4 : 16;
	p.len = (uint8_t)cv_below(r, bytes * 8 + 1);
	p.addr[0] = p.family == 4 ? 10 : 0xfd;
	for (unsigned int i = 1; i < bytes; i++)
		p.addr[i] = (uint8_t)cv_below(r, 4);
	for (unsigned int bit = p.len; bit < bytes * 8; bit++)
		p.addr[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
	return p;
}

static struct cv_rule_key random_key(struct cv_random *r, uint32_t shapes)
{
	static const uint16_t ports[] = {0, 53, 502, 1883, 5683, 9000};
	static const uint8_t protos[] = {0, 1, 6, 6, 17, 17, 47, 58, 60};
	struct cv_rule_key k = {.match = (uint8_t)cv_below(r, 4)};

	if (k.match == CV_MATCH_DPORT || k.match == CV_MATCH_SPORT) {
		k.ip_proto = cv_once_in(r, 2) ? IPPROTO_TCP : IPPROTO_UDP;
		k.port = htons(ports[cv_below(r, sizeof(ports) / sizeof(ports[0]))]);
	} else {
		k.ip_proto = protos[cv_below(r, sizeof(protos))];
		if (k.match == CV_MATCH_FRAGMENT && !k.ip_proto)
			k.ip_proto = IPPROTO_UDP;
	}
	if (shapes & 1)
		k.src_class = (uint16_t)cv_below(r, CLASSES + 1);
	if (shapes & 2)
		k.dst_class = (uint16_t)cv_below(r, CLASSES + 1);
	return k;
}

/* Limits of the order of the time that passes between a device's frames, some to the very edge. */
static struct cv_rule random_rule(struct cv_random *r, uint32_t id)
{
	struct cv_rule rule = {.id = id};

	rule.action = cv_once_in(r, 4)	 ? CV_ACTION_DROP
		      : cv_once_in(r, 4) ? CV_ACTION_HOST
					 : CV_ACTION_FORWARD;
	rule.flags = (uint8_t)cv_below(r, 4);
	if (!cv_once_in(r, 3))
		rule.cost_packet = (uint64_t)(1 + cv_below(r, 4000000)) << 6;
	if (!cv_once_in(r, 3))
		rule.cost_byte16 = (uint64_t)(1 + cv_below(r, 20000)) << 16;
	rule.burst = cv_once_in(r, 3) ? rule.cost_packet * (1 + cv_below(r, 4))
				      : (uint64_t)(1 + cv_below(r, 20000000)) << 6;
	return rule;
}

static int add_rules(struct cv_random *r, struct cv_generation_build *b)
{
	/* Some policies lack kinds of key, so that probes are seen to be right. */
	uint32_t shapes = cv_below(r, 8), matches = cv_once_in(r, 3) ? cv_below(r, 16) : 15;
	uint32_t count = cv_once_in(r, 10) ? 0 : cv_below(r, RULES), used = 0;
	/* A rule for everything hides the default: most policies do without. */
	int catch_all = cv_once_in(r, 4);
	struct cv_gen_rule rules[RULES];
	int err = 0;

	if (shapes > 3)
		shapes = 3;
	for (uint32_t i = 0; i < count; i++) {
		struct cv_rule_key key = random_key(r, shapes);

		if (!catch_all && !key.ip_proto && !key.src_class && !key.dst_class)
			continue;
		if (matches >> key.match & 1)
			rules[used++] = (struct cv_gen_rule){key, random_rule(r, i + 1)};
	}
	qsort(rules, used, sizeof(rules[0]), cv_gen_rule_order);
	for (uint32_t i = 0; i < used && !err; i++) {
		if (!i || cv_gen_rule_order(&rules[i - 1], &rules[i]))
			err = cv_generation_build_rule(b, &rules[i]);
	}
	return err;
}

static int add_prefixes(struct cv_random *r, struct cv_generation_build *b)
{
	struct cv_gen_prefix prefixes[PREFIXES];
	uint32_t count = cv_below(r, PREFIXES);
	int err = 0;

	for (uint32_t i = 0; i < count; i++)
		prefixes[i] = random_prefix(r);
	qsort(prefixes, count, sizeof(prefixes[0]), cv_gen_prefix_order);
	for (uint32_t i = 0; i < count && !err; i++) {
		if (!i || cv_gen_prefix_order(&prefixes[i - 1], &prefixes[i]))
			err = cv_generation_build_prefix(b, &prefixes[i]);
	}
	return err;
}

struct cv_generation *cv_generate_policy(struct cv_random *r, uint64_t number)
{
	struct cv_generation_build *b = NULL;
	struct cv_generation *g = NULL;
	struct cv_generation *head;

	if (cv_generation_build_create(&b))
		return NULL;
	head = cv_generation_build_head(b);
	head->number = number;
	/* In turn, so that a short run meets all of them. */
	head->defaults.ip_action = (uint8_t)(number % CV_ACTION_COUNT);
	head->defaults.non_ip_action = (uint8_t)(number / CV_ACTION_COUNT % CV_ACTION_COUNT);
	head->defaults.inspect = (uint8_t)cv_below(r, 2);
	head->device_capacity = 1u << 17;
	if (!add_prefixes(r, b) && !add_rules(r, b))
		(void)cv_generation_build_finish(b, &g);
	cv_generation_build_destroy(b);
	return g;
}
