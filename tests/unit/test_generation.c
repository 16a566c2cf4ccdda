/* SPDX-License-Identifier: Apache-2.0 */
/* Images: what the builder makes checks, and every kind of damage is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/handoff/handoff.h"
#include "dataplane/policy/generation_build.h"

static const struct cv_gen_port PORT_A = {
	.name = "a", .target = "eth0", .kind = CV_PORT_AF_XDP, .side = CV_SIDE_DEVICE, .peer = 1};
static const struct cv_gen_port PORT_B = {
	.name = "b", .target = "eth1", .kind = CV_PORT_AF_XDP, .side = CV_SIDE_PLATFORM, .peer = 0};
static const struct cv_gen_prefix NET_10 = {.addr = {10}, .family = 4, .len = 8, .class_id = 1};
static const struct cv_gen_prefix NET_10_1 = {
	.addr = {10, 1}, .family = 4, .len = 16, .class_id = 2};
static const struct cv_gen_prefix NET_FD = {.addr = {0xfd}, .family = 6, .len = 8, .class_id = 1};
static const struct cv_gen_rule COAP = {
	.key = {.src_class = 1, .port = 0x3316, .ip_proto = 17, .match = CV_MATCH_DPORT},
	.rule = {.id = 7, .index = 1, .action = CV_ACTION_FORWARD, .flags = CV_RULE_INSPECT}};
static const struct cv_gen_rule ICMP = {.key = {.ip_proto = 1, .match = CV_MATCH_ANY_PORT},
					.rule = {.id = 8, .index = 2, .action = CV_ACTION_FORWARD}};

static struct cv_generation_build *builder(void)
{
	struct cv_generation_build *b = NULL;

	assert_int_equal(cv_generation_build_create(&b), 0);
	assert_int_equal(cv_generation_build_port(b, &PORT_A), 0);
	assert_int_equal(cv_generation_build_port(b, &PORT_B), 0);
	assert_int_equal(cv_generation_build_prefix(b, &NET_FD), 0);
	assert_int_equal(cv_generation_build_prefix(b, &NET_10_1), 0);
	assert_int_equal(cv_generation_build_prefix(b, &NET_10), 0);
	assert_int_equal(cv_generation_build_rule(b, &ICMP), 0);
	assert_int_equal(cv_generation_build_rule(b, &COAP), 0);
	return b;
}

static struct cv_generation *built(void)
{
	struct cv_generation_build *b = builder();
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_finish(b, &g), 0);
	cv_generation_build_destroy(b);
	return g;
}

static void test_crc32c(void **state)
{
	uint8_t zeros[32] = {0}, ramp[301];

	/* RFC 3720 B.4 gives 32 zeros; "123456789" is the customary check value. */
	assert_int_equal(cv_crc32c(0, zeros, sizeof(zeros)), 0x8a9136aau);
	assert_int_equal(cv_crc32c(0, "123456789", 9), 0xe3069283u);
	assert_int_equal(cv_crc32c_portable(0, "123456789", 9), 0xe3069283u);
	for (size_t i = 0; i < sizeof(ramp); i++)
		ramp[i] = (uint8_t)(i * 7);
	for (size_t cut = 0; cut <= sizeof(ramp); cut++) {
		uint32_t whole = cv_crc32c_portable(0, ramp, sizeof(ramp));
		uint32_t parts = cv_crc32c(0, ramp, cut);

		assert_int_equal(cv_crc32c(parts, ramp + cut, sizeof(ramp) - cut), whole);
	}
}

static void test_empty_builder_forwards_all(void **state)
{
	struct cv_generation_build *b = NULL;
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_create(&b), 0);
	assert_int_equal(cv_generation_build_finish(b, &g), 0);
	assert_int_equal(cv_generation_check(g, g->size), 0);
	assert_int_equal(g->policy.contexts[0].ip_action, CV_ACTION_FORWARD);
	assert_int_equal(g->policy.contexts[0].inspect, 1);
	assert_int_equal(g->rules.count, 0);
	free(g);
	cv_generation_build_destroy(b);
}

static void test_sections(void **state)
{
	struct cv_generation *g = built();
	const struct cv_gen_prefix *p = cv_generation_at(g, g->prefixes);
	const struct cv_gen_rule *r = cv_generation_at(g, g->rules);

	assert_int_equal(g->prefixes.count, 3);
	assert_int_equal(p[0].len, 8);
	assert_int_equal(p[1].len, 16);
	assert_int_equal(p[2].family, 6);
	assert_int_equal(g->rules.count, 2);
	assert_true(cv_gen_rule_order(&r[0], &r[1]) < 0);
	assert_int_equal(g->policy.contexts[0].probes,
			 1u << (CV_PROBE_DPORT * 4 + 1) | 1u << (CV_PROBE_ANY_PORT * 4 + 3));
	free(g);
}

/* One flipped bit anywhere is noticed, and so is every cut. */
static void test_damage(void **state)
{
	struct cv_generation *g = built();
	uint32_t size = g->size;

	for (uint32_t i = 0; i < size * 8; i++) {
		((uint8_t *)g)[i / 8] ^= (uint8_t)(1u << (i % 8));
		assert_int_not_equal(cv_generation_check(g, size), 0);
		((uint8_t *)g)[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	for (uint32_t cut = 0; cut < size; cut++)
		assert_int_not_equal(cv_generation_check(g, cut), 0);
	assert_int_equal(cv_generation_check(g, size), 0);
	free(g);
}

static void refuse_rule(const struct cv_gen_rule *rule)
{
	struct cv_generation_build *b = builder();
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_rule(b, rule), 0);
	assert_int_equal(cv_generation_build_finish(b, &g), -EINVAL);
	assert_null(g);
	cv_generation_build_destroy(b);
}

static void test_bad_rules(void **state)
{
	struct cv_gen_rule r = COAP;

	refuse_rule(&r); /* the same key twice */
	r.key.port = 1;
	r.rule.action = CV_ACTION_COUNT;
	refuse_rule(&r);
	r.rule.action = CV_ACTION_DROP;
	r.rule.id = 0;
	refuse_rule(&r);
	r.rule.id = 9;
	r.rule.limit.burst = CV_COST_MAX + 1;
	refuse_rule(&r);
	r.rule.limit.burst = 0;
	r.key.ip_proto = 1; /* a port of ICMP */
	refuse_rule(&r);
	r.key.match = CV_MATCH_FRAGMENT; /* a port of a later fragment */
	refuse_rule(&r);
	r.key.match = CV_MATCH_FRAGMENT + 1;
	refuse_rule(&r);
}

static void refuse_prefix(struct cv_gen_prefix p)
{
	struct cv_generation_build *b = builder();
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_prefix(b, &p), 0);
	assert_int_equal(cv_generation_build_finish(b, &g), -EINVAL);
	cv_generation_build_destroy(b);
}

static void test_bad_prefixes(void **state)
{
	refuse_prefix((struct cv_gen_prefix){.addr = {10}, .family = 4, .len = 8, .class_id = 3});
	refuse_prefix(
		(struct cv_gen_prefix){.addr = {11, 1}, .family = 4, .len = 8, .class_id = 3});
	refuse_prefix((struct cv_gen_prefix){.addr = {11}, .family = 4, .len = 33, .class_id = 3});
	refuse_prefix((struct cv_gen_prefix){.addr = {11}, .family = 5, .len = 8, .class_id = 3});
	refuse_prefix((struct cv_gen_prefix){.addr = {11}, .family = 4, .len = 8});
	refuse_prefix((struct cv_gen_prefix){
		.addr = {11, [4] = 1}, .family = 4, .len = 32, .class_id = 3});
}

static void refuse_port(struct cv_gen_port p)
{
	struct cv_generation_build *b = builder();
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_port(b, &p), 0);
	assert_int_equal(cv_generation_build_finish(b, &g), -EINVAL);
	cv_generation_build_destroy(b);
}

static void test_bad_ports(void **state)
{
	struct cv_gen_port p = PORT_A;

	refuse_port(p); /* name twice */
	strcpy(p.name, "c");
	p.peer = 2; /* itself */
	refuse_port(p);
	p.peer = 3; /* nobody */
	refuse_port(p);
	p.peer = CV_PEER_NONE;
	strcpy(p.target, "an-interface-name-too-long");
	refuse_port(p);
	strcpy(p.target, "eth2");
	memset(p.name, 'x', sizeof(p.name)); /* not terminated */
	refuse_port(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32c),	  cmocka_unit_test(test_empty_builder_forwards_all),
		cmocka_unit_test(test_sections),  cmocka_unit_test(test_damage),
		cmocka_unit_test(test_bad_rules), cmocka_unit_test(test_bad_prefixes),
		cmocka_unit_test(test_bad_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
