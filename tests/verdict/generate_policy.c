/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verdict/generate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/app_build.h"
#include "dataplane/policy/generation_build.h"
#include "decoder_list.h"

#define CLASSES 5u
#define PREFIXES 60u
#define RULES 700u
#define METERS 6u
#define CONTEXTS 3u

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
	uint32_t match = cv_below(r, CV_MATCH_COUNT);
	struct cv_rule_key k = {
		.match = CV_KEY_MATCH(match, cv_once_in(r, 2) ? 0 : cv_below(r, CONTEXTS))};

	if (match == CV_MATCH_DPORT || match == CV_MATCH_SPORT) {
		k.ip_proto = cv_once_in(r, 2) ? IPPROTO_TCP : IPPROTO_UDP;
		k.port = htons(ports[cv_below(r, sizeof(ports) / sizeof(ports[0]))]);
	} else {
		k.ip_proto = protos[cv_below(r, sizeof(protos))];
		if (match == CV_MATCH_FRAGMENT && !k.ip_proto)
			k.ip_proto = IPPROTO_UDP;
	}
	if (shapes & 1)
		k.src_class = (uint16_t)cv_below(r, CLASSES + 1);
	if (shapes & 2)
		k.dst_class = (uint16_t)cv_below(r, CLASSES + 1);
	return k;
}

/* Limits of the order of the time that passes between a device's frames, some to the very edge. */
static struct cv_limit random_limit(struct cv_random *r)
{
	struct cv_limit l = {0};

	if (!cv_once_in(r, 3))
		l.cost_packet = (uint64_t)(1 + cv_below(r, 4000000)) << 6;
	if (!cv_once_in(r, 3))
		l.cost_byte16 = (uint64_t)(1 + cv_below(r, 20000)) << 16;
	l.burst = cv_once_in(r, 3) ? l.cost_packet * (1 + cv_below(r, 4))
				   : (uint64_t)(1 + cv_below(r, 20000000)) << 6;
	return l;
}

static struct cv_rule random_rule(struct cv_random *r, uint32_t id, int metered)
{
	struct cv_rule rule = {.id = id, .index = id};

	rule.action = cv_once_in(r, 4)	 ? CV_ACTION_DROP
		      : cv_once_in(r, 4) ? CV_ACTION_HOST
					 : CV_ACTION_FORWARD;
	rule.flags = (uint8_t)(cv_below(r, 4) | (cv_once_in(r, 8) ? CV_RULE_EXEMPT : 0));
	if (metered && cv_once_in(r, 2))
		rule.meter = 1 + CV_PORTS_MAX + cv_below(r, METERS);
	rule.app = (uint16_t)cv_below(r, 3);
	rule.limit = random_limit(r);
	return rule;
}
static int add_rules(struct cv_random *r, struct cv_generation_build *b, int metered)
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
		if (matches >> CV_KEY_KIND(key.match) & 1)
			rules[used++] = (struct cv_gen_rule){key, random_rule(r, i + 1, metered)};
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

/* The addresses frames come from, see cv_generate_mac(). */
static int add_macs(struct cv_random *r, struct cv_generation_build *b)
{
	int err = 0;

	for (uint64_t i = 0; i < CV_GENERATE_MACS && !err; i++) {
		struct cv_gen_mac m = {.mac = cv_generate_mac((uint32_t)i),
				       .class_id = (uint16_t)(1 + cv_below(r, CLASSES))};

		if (cv_once_in(r, 3))
			err = cv_generation_build_mac(b, &m);
	}
	return err;
}

/* The places frames come from, so that most bindings hold for some of them. */
static struct cv_binding random_place(struct cv_random *r)
{
	struct cv_binding b = {.flags = (uint8_t)(1 + cv_below(r, CV_BIND_FLAGS))};

	b.mac = cv_generate_mac(cv_below(r, CV_GENERATE_MACS));
	b.vlan = cv_once_in(r, 4) ? 5 : 0;
	b.family = cv_once_in(r, 2) ? 4 : 6;
	((uint8_t *)b.mask)[0] = 0xff;
	((uint8_t *)b.addr)[0] = b.family == 4 ? 10 : 0xfd;
	if (cv_once_in(r, 2)) {
		((uint8_t *)b.mask)[1] = 0xff;
		((uint8_t *)b.addr)[1] = (uint8_t)cv_below(r, 3);
	}
	return b;
}

static int add_bindings(struct cv_random *r, struct cv_generation_build *b)
{
	struct cv_gen_binding all[40];
	unsigned int n = cv_below(r, 40);
	int err = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct cv_device_key device;

		cv_generate_device(r, &device);
		all[i] = (struct cv_gen_binding){.place = random_place(r)};
		if (cv_once_in(r, 3))
			all[i].key = (struct cv_binding_key){
				.id = {cv_generate_mac(cv_below(r, CV_GENERATE_MACS))},
				.kind = CV_BINDING_OF_MAC};
		else
			all[i].key = (struct cv_binding_key){.id = {device.addr[0], device.addr[1]},
							     .kind = device.family};
	}
	qsort(all, n, sizeof(all[0]), cv_gen_binding_order);
	for (unsigned int i = 0; i < n && !err; i++) {
		if (!i || cv_gen_binding_order(&all[i - 1], &all[i]))
			err = cv_generation_build_binding(b, &all[i]);
	}
	return err;
}

/* Shared limits; rules take theirs by number, so these come first. */
static int add_meters(struct cv_random *r, struct cv_generation_build *b)
{
	int err = 0;

	for (unsigned int port = 0; port < 3 && !err; port++) {
		struct cv_limit limit = random_limit(r);

		limit.cost_packet /= 100;
		limit.cost_byte16 /= 100;
		err = cv_generation_build_port_limit(b, port, &limit);
	}
	for (unsigned int i = 0; i < METERS && !err; i++) {
		struct cv_gen_meter m = {.limit = random_limit(r),
					 .reason = i % 2 ? CV_REASON_RATE_GROUP
							 : CV_REASON_RATE_RULE};
		uint32_t number;

		err = cv_generation_build_meter(b, &m, &number);
	}
	return err;
}

/* Rules take theirs by number: 1 and 2. What they say is no matter of the verdict. */
static int add_apps(struct cv_generation_build *b)
{
	struct cv_app_pattern twice;
	struct cv_app_build *ab = NULL;
	struct cv_apps *apps = NULL;
	uint16_t app, answers;
	const char *why;
	int err = cv_app_build_create(&ab);

	if (err)
		return err;
	cv_app_build_begin(ab, &(struct cv_app){.proto = CV_PROTO_MODBUS});
	err = cv_app_build_value(ab, cv_app_key_find(CV_PROTO_MODBUS, "read", 4), "holding.0-9", 11,
				 &why);
	if (!err)
		err = cv_app_build_end(ab, &app, &answers);
	if (!err)
		err = cv_app_build_finish(ab, &apps, &twice);
	if (!err)
		err = cv_generation_build_apps(b, apps);
	free(apps);
	cv_app_build_destroy(ab);
	return err;
}

static int add_places(struct cv_random *r, struct cv_generation_build *b)
{
	int err = 0;

	for (unsigned int port = 0; port < CV_GENERATE_PORTS && !err; port++) {
		err = cv_generation_build_place(b, port, 0, (uint8_t)cv_below(r, CONTEXTS));
		if (!err)
			err = cv_generation_build_place(b, port, 5, (uint8_t)cv_below(r, CONTEXTS));
	}
	return err;
}

static void add_guard(struct cv_policy_head *h)
{
	struct cv_guard *g = &h->guards[h->n_guards++];

	/* The address that frames meet again and again; TCP to port 502 of it. */
	*g = (struct cv_guard){.family = 4, .ip_proto = IPPROTO_TCP, .port = htons(502)};
	((uint8_t *)g->addr)[0] = 10;
	((uint8_t *)g->addr)[1] = 1;
	((uint8_t *)g->from)[0] = 10;
	((uint8_t *)g->from_mask)[0] = 0xff;
	g = &h->guards[h->n_guards++];
	*g = (struct cv_guard){.family = 6};
	((uint8_t *)g->addr)[0] = 0xfd;
	((uint8_t *)g->addr)[15] = 1;
}

/* In turn, so that a short run meets all of them. */
static void set_contexts(struct cv_random *r, struct cv_policy_head *h, uint64_t number)
{
	for (unsigned int i = 0; i < CONTEXTS; i++) {
		struct cv_context *c = &h->contexts[i];

		c->ip_action = (uint8_t)((number + i) % CV_ACTION_COUNT);
		c->non_ip_action = (uint8_t)((number + i) / CV_ACTION_COUNT % CV_ACTION_COUNT);
		c->inspect = (uint8_t)cv_below(r, 2);
		if (cv_once_in(r, 2))
			c->unknown = (uint8_t)cv_below(r, CV_UNKNOWN_COUNT);
		if (cv_once_in(r, 3))
			c->device_limit = random_limit(r);
		/* A stranger seldom comes twice: by a limit as wide as a device's few are refused. */
		c->unknown_limit = random_limit(r);
		c->unknown_limit.cost_packet *= 16;
		c->unknown_limit.cost_byte16 *= 16;
	}
}

static int add_all(struct cv_random *r, struct cv_generation_build *b)
{
	int metered = cv_once_in(r, 2);
	int err = metered ? add_meters(r, b) : 0;

	if (!err && cv_once_in(r, 4))
		err = add_macs(r, b);
	if (!err && cv_once_in(r, 4))
		err = add_bindings(r, b);
	if (!err)
		err = add_places(r, b);
	if (!err)
		err = add_apps(b);
	if (!err)
		err = add_prefixes(r, b);
	return err ? err : add_rules(r, b, metered);
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
	set_contexts(r, &head->policy, number);
	if (cv_once_in(r, 2))
		add_guard(&head->policy);
	head->device_capacity = 1u << 17;
	if (!add_all(r, b))
		(void)cv_generation_build_finish(b, &g);
	cv_generation_build_destroy(b);
	return g;
}
