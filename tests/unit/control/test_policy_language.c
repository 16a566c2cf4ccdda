/* SPDX-License-Identifier: Apache-2.0 */
/* Zones, groups of groups and files, bindings, modes and limits: what they compile to and how
 * mistakes in them are told. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/policy/policy.h"
#include "tests/unit/verdict_help.h"

static const struct cv_gen_port ports[] = {{.name = "field", .peer = 1}, {.name = "up", .peer = 0}};

static struct cv_generation *compile_as(const char *path, const char *text, bool shadow)
{
	struct cv_policy_target target = {.ports = ports, .n_ports = 2, .shadow = shadow};
	struct cv_generation_build *build = NULL;
	struct cv_generation *gen = NULL;
	struct cv_policy *policy = NULL;
	struct cv_diagnostics diag = {0};
	int r = cv_policy_parse(path, text, strlen(text), &policy, &diag);

	if (r == 0) {
		assert_int_equal(cv_generation_build_create(&build), 0);
		r = cv_policy_compile(policy, &target, build, &diag);
	}
	cv_diagnostics_print(&diag, stderr);
	assert_int_equal(r, 0);
	assert_int_equal(cv_generation_build_finish(build, &gen), 0);
	cv_generation_build_destroy(build);
	cv_policy_free(policy);
	cv_diagnostics_free(&diag);
	return gen;
}

static struct cv_policy_table *tables(const char *text)
{
	struct cv_generation *gen = compile_as("p.yaml", text, false);
	struct cv_policy_table *t = NULL;

	assert_int_equal(cv_policy_table_create(gen, NULL, &t), 0);
	cv_device_table_destroy(devices);
	assert_int_equal(cv_device_table_create(1024, 1, &devices), 0);
	free(gen);
	return t;
}

/* A UDP frame from 10.1.0.host to 10.2.0.1, in by @p port, in @p vlan (0 = untagged). */
static struct cv_frame frame_in(struct cv_policy_table *t, unsigned int port, uint16_t vlan,
				uint8_t host, uint16_t dport, uint64_t now)
{
	struct cv_frame f = {.port = (uint8_t)port};
	struct bytes b;

	b.len = 0;
	PUT(&b, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, host);
	if (vlan)
		PUT(&b, 0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan);
	PUT(&b, 8, 0);
	ip4(&b, host, 17, 0, 8);
	udp(&b, 4000, dport, 0);
	f.data = b.b;
	f.len = b.len;
	cv_policy_judge(t, devices, &f, 1, now);
	return f;
}

static void test_zones(void **state)
{
	struct cv_policy_table *t =
		tables("default: { ip: allow }\n"
		       "zones:\n"
		       "  field: { ports: [field], ip: drop }\n"
		       "  meters: { ports: [field], vlans: [100, 200-201], ip: drop }\n"
		       "  up: { ports: [up] }\n"
		       "groups: { g: [10.1.0.0/24] }\n"
		       "services: { coap: udp/5683, other: udp/7 }\n"
		       "rules:\n"
		       "  - { id: 1, from: field, to: up, service: coap, action: allow }\n"
		       "  - { id: 2, from: meters/g, to: any, service: other, action: allow }\n"
		       "  - { id: 3, from: up, to: field, service: other, action: drop }\n");

	assert_int_equal(frame_in(t, 0, 0, 1, 5683, SECOND).rule, 1);
	assert_int_equal(frame_in(t, 0, 0, 1, 7, SECOND).verdict, DROP(DENY_DEFAULT));
	assert_int_equal(frame_in(t, 0, 100, 1, 5683, SECOND).verdict, DROP(DENY_DEFAULT));
	assert_int_equal(frame_in(t, 0, 100, 1, 7, SECOND).rule, 2);
	assert_int_equal(frame_in(t, 0, 201, 1, 7, SECOND).rule, 2);
	assert_int_equal(frame_in(t, 0, 202, 1, 7, SECOND).verdict, DROP(DENY_DEFAULT));
	assert_int_equal(frame_in(t, 1, 0, 1, 7, SECOND).verdict, DROP(DENY_RULE));
	assert_int_equal(frame_in(t, 1, 100, 1, 7, SECOND).verdict, FORWARD(ALLOW_DEFAULT));
	assert_int_equal(frame_in(t, 1, 0, 1, 5683, SECOND).verdict, FORWARD(ALLOW_DEFAULT));
	cv_policy_table_destroy(t);
}

static void test_unknown_devices(void **state)
{
	static const char text[] =
		"default: { ip: allow }\n"
		"zones: { field: { ports: [field], unknown: %s, unknown_rate: { packets: 1/s, "
		"burst: 1s } } }\n"
		"groups: { g: [10.1.0.7] }\n"
		"rules: [{ id: 1, from: any, to: any, service: any, action: allow }]\n";
	char policy[512];
	struct cv_policy_table *t;

	snprintf(policy, sizeof(policy), text, "drop");
	t = tables(policy);
	assert_int_equal(frame_in(t, 0, 0, 7, 1, SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 8, 1, SECOND).verdict, DROP(UNKNOWN));
	assert_int_equal(frame_in(t, 1, 0, 8, 1, SECOND).verdict, FORWARD(ALLOW));
	cv_policy_table_destroy(t);
	snprintf(policy, sizeof(policy), text, "limit");
	t = tables(policy);
	assert_int_equal(frame_in(t, 0, 0, 8, 1, SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 8, 1, SECOND).verdict, DROP(RATE_UNKNOWN));
	assert_int_equal(frame_in(t, 0, 0, 7, 1, SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 7, 1, SECOND).verdict, FORWARD(ALLOW));
	cv_policy_table_destroy(t);
	snprintf(policy, sizeof(policy), text, "learn");
	t = tables(policy);
	assert_int_equal(frame_in(t, 0, 0, 8, 1, SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 7, 1, SECOND).verdict, FORWARD(ALLOW));
	{
		struct cv_device_key key = {.family = 4};

		memcpy(key.addr, (const uint8_t[]){10, 1, 0, 8}, 4);
		assert_int_equal(cv_device_table_get(devices, &key, false, 0)->flags,
				 CV_DEVICE_LEARNED);
		((uint8_t *)key.addr)[3] = 7;
		assert_null(cv_device_table_get(devices, &key, false, 0));
	}
	cv_policy_table_destroy(t);
}

static void test_shared_limits(void **state)
{
	struct cv_policy_table *t = tables(
		"default: { ip: drop }\n"
		"zones: { field: { ports: [field], port_rate: { packets: 4/s, burst: 1s },\n"
		"                  device_rate: { packets: 1/s, burst: 1s } } }\n"
		"groups: { a: [10.1.0.1, 10.1.0.2], b: [10.1.0.3], all: [{ group: a }, { group: b "
		"}] }\n"
		"services: { one: udp/1, two: udp/2, three: udp/3 }\n"
		"rules:\n"
		"  - { id: 1, from: all, to: any, service: one, action: allow, exempt: true,\n"
		"      rate: { packets: 2/s, burst: 1s, per: group } }\n"
		"  - { id: 2, from: any, to: any, service: two, action: allow }\n"
		"  - { id: 3, from: [a, b], to: any, service: three, action: allow, exempt: true,\n"
		"      rate: { packets: 1/s, burst: 1s, per: group } }\n");

	/* The group as it is named shares: a and b are one in rule 1, two in rule 3. */
	assert_int_equal(frame_in(t, 0, 0, 1, 1, 10 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 3, 1, 10 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 2, 1, 10 * SECOND).verdict, DROP(RATE_GROUP));
	assert_int_equal(frame_in(t, 0, 0, 1, 3, 20 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 3, 3, 20 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 2, 3, 20 * SECOND).verdict, DROP(RATE_GROUP));
	/* The zone's limit of each device, and the port's, which nothing is exempt from. */
	assert_int_equal(frame_in(t, 0, 0, 9, 2, 30 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 9, 2, 30 * SECOND).verdict, DROP(RATE_DEVICE));
	assert_int_equal(frame_in(t, 0, 0, 1, 1, 30 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 1, 1, 30 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 1, 3, 30 * SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(frame_in(t, 0, 0, 3, 3, 30 * SECOND).verdict, DROP(RATE_PORT));
	cv_policy_table_destroy(t);
}

static void test_bindings(void **state)
{
	struct cv_policy_table *t =
		tables("default: { ip: allow }\n"
		       "bindings:\n"
		       "  - { identity: 10.1.0.7, mac: \"02:00:00:00:00:07\", vlan: 100 }\n"
		       "  - { identity: 10.1.0.8, mac: \"02:00:00:00:00:09\" }\n"
		       "  - { identity: \"02:00:00:00:00:0a\", prefix: 10.9.0.0/16 }\n");

	assert_int_equal(frame_in(t, 0, 100, 7, 1, SECOND).verdict, FORWARD(ALLOW_DEFAULT));
	assert_int_equal(frame_in(t, 0, 0, 7, 1, SECOND).verdict, DROP(SPOOF));
	assert_int_equal(frame_in(t, 0, 0, 8, 1, SECOND).verdict, DROP(SPOOF));
	assert_int_equal(frame_in(t, 0, 0, 10, 1, SECOND).verdict, DROP(SPOOF));
	assert_int_equal(frame_in(t, 0, 0, 11, 1, SECOND).verdict, FORWARD(ALLOW_DEFAULT));
	cv_policy_table_destroy(t);
}

static void test_mac_groups(void **state)
{
	struct cv_policy_table *t =
		tables("default: { ip: drop }\n"
		       "groups: { cams: [\"02:00:00:00:00:05\"], net: [10.1.0.0/16] }\n"
		       "rules:\n"
		       "  - { id: 1, from: cams, to: any, service: any, action: allow }\n"
		       "  - { id: 2, from: net, to: any, service: any, action: drop }\n");

	assert_int_equal(frame_in(t, 0, 0, 5, 1, SECOND).rule, 1);
	assert_int_equal(frame_in(t, 0, 0, 6, 1, SECOND).rule, 2);
	cv_policy_table_destroy(t);
}

static void test_modes(void **state)
{
	static const char text[] =
		"default: { ip: allow }\n"
		"services: { s: udp/9 }\n"
		"rules:\n"
		"  - { id: 1, from: any, to: any, service: s, action: drop, mode: off }\n"
		"  - { id: 2, from: any, to: any, service: s, action: drop, mode: shadow }\n"
		"  - { id: 3, from: any, to: any, service: s, action: inspect }\n";
	struct cv_generation *shadow = compile_as("p.yaml", text, true);
	struct cv_policy_table *t = tables(text), *beside = NULL;
	struct cv_judgement j;
	struct cv_frame f;
	uint32_t n;

	assert_int_equal(cv_policy_table_create(shadow, NULL, &beside), 0);
	f = frame_in(t, 0, 0, 1, 9, SECOND);
	assert_int_equal(f.rule, 3);
	assert_int_equal(f.inspect, 1);
	cv_policy_judge_shadow(beside, NULL, &f, 1, SECOND, &j);
	assert_int_equal(j.rule, 2);
	assert_int_equal(j.verdict, DROP(DENY_RULE));
	assert_int_equal(cv_policy_hits(beside, &n)[2].would_drop, 1);
	assert_int_equal(n, 4);
	assert_int_equal(cv_policy_hits(t, &n)[3].packets, 1);
	cv_policy_table_destroy(t);
	cv_policy_table_destroy(beside);
	free(shadow);
}

/* ---- files --------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_list_files(void **state)
{
	static const char text[] = "default: { ip: drop }\n"
				   "groups: { g: { file: list.txt } }\n"
				   "bindings: [{ file: bound.txt }]\n";
	char dir[] = "/tmp/culvert-policy-XXXXXX", path[64], list[64], bound[64];
	struct cv_diagnostics diag = {0};
	struct cv_policy *policy = NULL;
	struct cv_generation *gen;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/p.yaml", dir);
	snprintf(list, sizeof(list), "%s/list.txt", dir);
	snprintf(bound, sizeof(bound), "%s/bound.txt", dir);
	write_file(list, "# sensors\n10.1.0.1\n  10.1.0.2\t# lobby\r\n\n02:00:00:00:00:01\n");
	write_file(bound, "10.1.0.1 mac=02:00:00:00:00:01  vlan=7\n");
	gen = compile_as(path, text, false);
	assert_int_equal(gen->prefixes.count, 2);
	assert_int_equal(gen->macs.count, 1);
	assert_int_equal(gen->bindings.count, 1);
	free(gen);

	/* Every wrong line is told, with its file and number. */
	write_file(list, "10.1.0.1\n10.1.0.300\n10.1.0.0/8\nx\n");
	write_file(bound, "10.1.0.1 mca=02:00:00:00:00:01\n10.1.0.1\n");
	assert_int_equal(cv_policy_parse(path, text, strlen(text), &policy, &diag), -EINVAL);
	assert_int_equal(diag.errors, 5);
	for (size_t i = 0; i < diag.n; i++)
		assert_string_equal(diag.items[i].file, i < 3 ? list : bound);
	assert_int_equal(diag.items[0].line, 2);
	assert_int_equal(diag.items[2].line, 4);
	cv_diagnostics_free(&diag);
	unlink(list);
	assert_int_equal(cv_policy_parse(path, text, strlen(text), &policy, &diag), -EINVAL);
	assert_non_null(strstr(diag.items[0].text, "cannot read the list file"));
	cv_diagnostics_free(&diag);
	unlink(bound);
	rmdir(dir);
}

/* ---- mistakes ------------------------------------------------------------------------------ */

static const struct mistake {
	const char *text, *wrong;
	unsigned int line;
} mistakes[] = {
	{"groups: { a: [{ group: b }], b: [{ group: a }] }\n", "contains itself", 2},
	{"groups: { a: [{ group: a }] }\n", "contains itself", 2},
	{"groups: { a: [{ group: bb }], b: [10.0.0.0/8] }\n", "is not a group", 2},
	{"groups: { a: [10.0.0.0/8, \"02:00:00:00:00:01\"],\n b: [\"02:00:00:00:00:01\"] "
	 "}\n",
	 "this MAC address of group", 3},
	{"zones: { a: { ports: [field] } }\ngroups: { a: [10.0.0.0/8] }\n", "is the name of a zone",
	 3},
	{"zones: { a: { ports: [field] },\n b: { ports: [field] } }\n", "in common with", 3},
	{"zones: { a: { ports: [xfield] } }\n", "there is no port", 2},
	{"zones: { a: { vlans: [4096] } }\n", "expected VLAN ids", 2},
	{"zones: { a: { vlans: [9-3] } }\n", "expected VLAN ids", 2},
	{"zones: { a: { unknown: limit } }\n", "wants unknown_rate", 2},
	{"zones: { a: { unknown: maybe } }\n", "is not right", 2},
	{"zones: { a: { port_rate: { packets: 1/s, burst: 1ms } } }\n", "does not fit", 2},
	{"bindings: [{ identity: 10.0.0.0/8, vlan: 1 }]\n", "is not right", 2},
	{"bindings: [{ identity: 10.0.0.1 }]\n", "wants a place", 2},
	{"bindings: [{ identity: 10.0.0.1, vlan: 1 },\n { identity: 10.0.0.1, vlan: 2 }]\n",
	 "bound already", 3},
	{"rules: [{ id: 1, from: up/x, to: any, service: any, action: allow }]\n", "is not a zone",
	 2},
	{"rules: [{ id: 1, from: any, to: any, service: any, action: allow,\n"
	 "  rate: { packets: 1/s, burst: 1s, per: group } }]\n",
	 "wants a rule that is from groups", 3},
	{"rules: [{ id: 1, from: any, to: any, service: any, action: allow, rate: [\n"
	 "  { packets: 1/s, burst: 1s, per: rule }, { packets: 2/s, burst: 1s, per: rule "
	 "}] }]\n",
	 "already", 3},
	{"rules: [{ id: 1, from: any, to: any, service: any, action: allow, mode: on }]\n",
	 "is not right", 2},
};

static void expect_mistake(const struct mistake *m)
{
	struct cv_policy_target target = {.ports = ports, .n_ports = 2};
	struct cv_generation_build *build = NULL;
	struct cv_diagnostics diag = {0};
	struct cv_policy *policy = NULL;
	char text[512];
	int r;

	snprintf(text, sizeof(text), "default: { ip: drop }\n%s", m->text);
	assert_int_equal(cv_generation_build_create(&build), 0);
	r = cv_policy_parse("p.yaml", text, strlen(text), &policy, &diag);
	if (r == 0)
		r = cv_policy_compile(policy, &target, build, &diag);
	if (r >= 0 || diag.n == 0 || !strstr(diag.items[0].text, m->wrong) ||
	    diag.items[0].line != m->line) {
		fprintf(stderr, "%s", text);
		cv_diagnostics_print(&diag, stderr);
		fail();
	}
	cv_diagnostics_free(&diag);
	cv_generation_build_destroy(build);
	cv_policy_free(policy);
}

static void test_mistakes(void **state)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		expect_mistake(&mistakes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones),	      cmocka_unit_test(test_unknown_devices),
		cmocka_unit_test(test_shared_limits), cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_mac_groups),    cmocka_unit_test(test_modes),
		cmocka_unit_test(test_list_files),    cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
