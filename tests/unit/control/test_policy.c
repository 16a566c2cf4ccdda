/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files: every kind of error with its place, and what the compiled keys hold. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "control/policy/policy.h"

static const char sample[] =
	"default: { ip: drop, non_ip: allow, inspect: true }\n"
	"groups: { sensors: [10.1.0.0/16, \"fd00:1::/64\"], platform: [10.2.0.0/24] }\n"
	"services: { coap: udp/5683, mqtt: tcp/1883, ping: icmp }\n"
	"rules:\n"
	"  - { id: 10, from: sensors, to: platform, service: [coap, mqtt], action: allow,\n"
	"      rate: { packets: 1000/s, bytes: 1MB/s, burst: 200ms } }\n"
	"  - { id: 15, from: any, to: platform, service: ping, action: allow, inspect: false }\n"
	"  - { id: 20, from: any, to: any, service: any, action: drop }\n";

static int parse(const char *text, struct cv_policy **ret, struct cv_diagnostics *diag)
{
	return cv_policy_parse("p.yaml", text, strlen(text), ret, diag);
}

static struct cv_generation *compile(const char *text, struct cv_diagnostics *diag)
{
	struct cv_generation_build *build = NULL;
	struct cv_generation *gen = NULL;
	struct cv_policy *policy = NULL;
	int r = parse(text, &policy, diag);

	if (r < 0)
		cv_diagnostics_print(diag, stderr);
	assert_int_equal(r, 0);
	assert_int_equal(cv_generation_build_create(&build), 0);
	assert_int_equal(cv_policy_compile(policy, &(struct cv_policy_target){0}, build, diag), 0);
	assert_int_equal(cv_generation_build_finish(build, &gen), 0);
	cv_generation_build_destroy(build);
	cv_policy_free(policy);
	return gen;
}

static const struct cv_rule *find(const struct cv_generation *gen, uint16_t src, uint16_t dst,
				  uint8_t proto, uint16_t port, enum cv_match match)
{
	const struct cv_gen_rule *rules = cv_generation_at(gen, gen->rules);
	struct cv_rule_key key = {.src_class = src,
				  .dst_class = dst,
				  .port = htons(port),
				  .ip_proto = proto,
				  .match = (uint8_t)match};

	for (uint32_t i = 0; i < gen->rules.count; i++) {
		if (memcmp(&rules[i].key, &key, sizeof(key)) == 0)
			return &rules[i].rule;
	}
	return NULL;
}

static void sample_is_compiled(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_generation *gen = compile(sample, &diag);
	const struct cv_rule *r;

	assert_int_equal(diag.n, 0);
	assert_int_equal(gen->policy.contexts[0].ip_action, CV_ACTION_DROP);
	assert_int_equal(gen->policy.contexts[0].non_ip_action, CV_ACTION_FORWARD);
	assert_int_equal(gen->prefixes.count, 3);

	r = find(gen, 1, 2, 17, 5683, CV_MATCH_DPORT);
	assert_non_null(r);
	assert_int_equal(r->id, 10);
	assert_int_equal(r->action, CV_ACTION_FORWARD);
	assert_int_equal(r->flags, CV_RULE_INSPECT | CV_RULE_POLICE);
	assert_int_equal(r->limit.cost_packet, 1000000ull << 6);
	assert_int_equal(r->limit.cost_byte16, 1000ull << 16);
	assert_true(r->limit.burst == 200000000ull << 6);

	/* The answer is allowed and inspected; the platform is not limited by the sensors' rate. */
	r = find(gen, 2, 1, 17, 5683, CV_MATCH_SPORT);
	assert_non_null(r);
	assert_int_equal(r->flags, CV_RULE_INSPECT);
	assert_int_equal(r->limit.burst, 0);
	r = find(gen, 1, 2, 6, 0, CV_MATCH_FRAGMENT);
	assert_non_null(r);
	assert_int_equal(r->id, 10);
	r = find(gen, 0, 2, 1, 0, CV_MATCH_ANY_PORT);
	assert_non_null(r);
	assert_int_equal(r->id, 15);
	assert_int_equal(r->flags, 0);
	r = find(gen, 0, 0, 0, 0, CV_MATCH_ANY_PORT);
	assert_non_null(r);
	assert_int_equal(r->action, CV_ACTION_DROP);
	assert_null(find(gen, 1, 2, 17, 80, CV_MATCH_DPORT));
	free(gen);
}

/* An earlier, wider rule keeps its word over a later, closer one. */
static void order_of_the_file_decides(void **state)
{
	static const char text[] = "default: { ip: allow }\n"
				   "groups: { a: [10.1.0.0/16], b: [10.2.0.0/16] }\n"
				   "services: { web: tcp/80 }\n"
				   "rules:\n"
				   " - { id: 1, from: a, to: any, service: any, action: drop }\n"
				   " - { id: 2, from: any, to: b, service: web, action: allow }\n"
				   " - { id: 3, from: a, to: b, service: web, action: allow }\n";
	struct cv_diagnostics diag = {0};
	struct cv_generation *gen = compile(text, &diag);
	const struct cv_rule *r = find(gen, 1, 2, 6, 80, CV_MATCH_DPORT);

	assert_non_null(r);
	assert_int_equal(r->id, 1);
	r = find(gen, 0, 2, 6, 80, CV_MATCH_DPORT);
	assert_non_null(r);
	assert_int_equal(r->id, 2);
	assert_int_equal(diag.warnings, 1);
	assert_int_equal(diag.items[0].line, 7);
	assert_non_null(strstr(diag.items[0].text, "rule 3 never decides: rule 1 at line 5"));
	cv_diagnostics_free(&diag);
	free(gen);
}

struct bad {
	const char *text;
	unsigned int line, column;
	const char *finding;
	const char *hint;
};

#define D "default: { ip: drop }\n"
#define G "groups: { a: [10.1.0.0/16], b: [10.2.0.0/16] }\n"
#define RULE(rest) D G "services: { s: udp/1 }\nrules:\n- { " rest " }\n"
static const struct bad bad_files[] = {
	{"{}\n", 1, 1, "\"default\" is missing", "ip: drop"},
	{"default: { ip: allo }\n", 1, 16, "expected drop or allow", "\"allow\""},
	{"default: { }\n", 1, 10, "\"ip\" is missing", NULL},
	{D "rule: []\n", 2, 1, "unknown setting \"rule\"", "\"rules\""},
	{D "groups: [a]\n", 2, 9, "expected a map", NULL},
	{D "groups: { any: [10.1.0.0/16] }\n", 2, 11, "\"any\" is taken", NULL},
	{D "groups: { \"a b\": [10.1.0.0/16] }\n", 2, 11, "is not a name", NULL},
	{D "groups: { a: 10.1.0.0/16 }\n", 2, 14, "expected a list of prefixes", NULL},
	{D "groups: { a: [10.1.0.0/33] }\n", 2, 15, "is not a prefix", NULL},
	{D "groups: { a: [10.1.0/16] }\n", 2, 15, "is not a prefix", NULL},
	{D "groups: { a: [10.1.0.1/16] }\n", 2, 15, "address bits behind its length", NULL},
	{D "groups: { a: [\"fd00::/129\"] }\n", 2, 15, "is not a prefix", NULL},
	{D "groups:\n a: [10.1.0.0/16]\n b: [10.1.2.0/24]\n", 4, 6,
	 "of group \"b\" overlaps one of group \"a\" at line 3 column 6", NULL},
	{D "groups:\n a: [\"fd00::1\"]\n b: [\"fd00::1/128\"]\n", 4, 6, "overlaps", NULL},
	{D "services: { s: upd/5 }\n", 2, 16, "expected tcp/PORT", NULL},
	{D "services: { s: tcp/0 }\n", 2, 16, "expected tcp/PORT", NULL},
	{D "services: { s: icmp/8 }\n", 2, 16, "expected tcp/PORT", NULL},
	{D "services: { s: ip/256 }\n", 2, 16, "expected tcp/PORT", NULL},
	{D "rules: 5\n", 2, 8, "expected a list", NULL},
	{D "rules: [ 5 ]\n", 2, 10, "rules[0]: found a value", NULL},
	{RULE("id: 0, from: a, to: b, service: s, action: drop"), 5, 9, "from 1 to", NULL},
	{RULE("from: a, to: b, service: s, action: drop"), 5, 3, "\"id\" is missing", NULL},
	{RULE("id: 1, to: b, service: s, action: drop"), 5, 3, "\"from\" is missing", NULL},
	{RULE("id: 1, from: c, to: b, service: s, action: drop"), 5, 18,
	 "\"c\" is not a group of this file", "did you mean"},
	{RULE("id: 1, from: a, to: [b, x1y2], service: s, action: drop"), 5, 29,
	 "\"x1y2\" is not a group", NULL},
	{RULE("id: 1, from: a, to: b, service: [], action: drop"), 5, 37, "expected 1 to", NULL},
	{RULE("id: 1, from: a, to: b, service: s, action: reject"), 5, 48, "drop, allow or inspect",
	 NULL},
	{RULE("id: 1, from: a, to: b, service: s, action: drop, rate: { packets: 1/s }"), 5, 60,
	 "has no rate", NULL},
	{RULE("id: 1, from: a, to: b, service: s, action: allow, rate: { }"), 5, 61,
	 "expected packets, bytes or both", NULL},
	{RULE("id: 1, from: a, to: b, service: s, action: allow, rate: { packets: 5 }"), 5, 72,
	 "expected a rate such as", NULL},
	{RULE("id: 1, from: a, to: b, service: s, action: allow, rate: { packets: 2/s }"), 5, 61,
	 "does not fit the burst, expected a burst of at least 501ms", NULL},
	{RULE("id: 1, from: a, to: b, service: s, action: allow, rate: { packets: 1/h }"), 5, 61,
	 "slower than one full frame in 1000 s", NULL},
	{RULE("id: 1, from: a, to: b, service: s, action: drop }\n"
	      "- { id: 1, from: b, to: a, service: s, action: drop"),
	 6, 3, "rule id 1 is taken at line 5", NULL},
};

static void every_error_has_its_place(void **state)
{
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		const struct bad *bad = &bad_files[i];
		struct cv_diagnostics diag = {0};
		struct cv_policy *policy = NULL;
		const struct cv_diagnostic *d;

		assert_int_equal(parse(bad->text, &policy, &diag), -EINVAL);
		assert_null(policy);
		d = diag.items;
		if (diag.errors != 1 || !strstr(d->text, bad->finding) || d->line != bad->line ||
		    d->column != bad->column ||
		    (bad->hint && (!d->hint || !strstr(d->hint, bad->hint)))) {
			cv_diagnostics_print(&diag, stderr);
			fail_msg("file %zu: expected %u:%u %s", i, bad->line, bad->column,
				 bad->finding);
		}
		cv_diagnostics_free(&diag);
	}
}

static void repeated_prefix_is_a_warning(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_generation *gen = compile(
		D "groups: { a: [10.1.0.0/16, 10.1.2.0/24, 10.1.0.0/16], b: [10.2.0.0/16] }\n",
		&diag);

	assert_int_equal(diag.warnings, 2);
	assert_int_equal(gen->prefixes.count, 3);
	cv_diagnostics_free(&diag);
	free(gen);
}

/* Rules that multiply beyond the bound are refused, not built. */
static void too_many_keys_are_refused(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_generation_build *build = NULL;
	struct cv_policy *policy = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	fputs(D "groups:\n", out);
	for (int i = 0; i < 200; i++)
		fprintf(out, " g%d: [10.%d.0.0/16]\n", i, i);
	fputs("services: { s: udp/1 }\nrules:\n - { id: 1, action: allow, service: s, from: [",
	      out);
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < 200; i++)
			fprintf(out, "%sg%d", i ? ", " : "", i);
		fputs(side ? "] }\n" : "], to: [", out);
	}
	fclose(out);
	assert_int_equal(parse(text, &policy, &diag), 0);
	assert_int_equal(cv_generation_build_create(&build), 0);
	assert_int_equal(cv_policy_compile(policy, &(struct cv_policy_target){0}, build, &diag),
			 -E2BIG);
	assert_int_equal(diag.errors, 1);
	cv_generation_build_destroy(build);
	cv_policy_free(policy);
	cv_diagnostics_free(&diag);
	free(text);
}

/* Constraints: both ways of a rule have them, and each group's limit is its own. */
static void constraints_are_compiled(void **state)
{
	static const char text[] =
		"default: { ip: drop }\n"
		"groups: { a: [10.1.0.0/16], b: [10.2.0.0/16], p: [10.9.0.0/24] }\n"
		"services: { mqtt: tcp/1883 }\n"
		"bindings: [{ protocol: mqtt, identity: m1, vlan: 7 }]\n"
		"rules:\n"
		"  - { id: 1, from: [a, b], to: p, service: mqtt, action: allow,\n"
		"      rate: { messages: 2/s, burst: 5s, per: group }, mqtt: { publish: [up/#] } "
		"}\n";
	struct cv_diagnostics diag = {0};
	struct cv_generation *gen = compile(text, &diag);
	const struct cv_apps *apps = cv_generation_apps(gen);
	const struct cv_app *app[2], *back;
	const struct cv_rule *r;

	assert_non_null(apps);
	for (uint16_t group = 1; group <= 2; group++) {
		r = find(gen, group, 3, 6, 1883, CV_MATCH_DPORT);
		assert_non_null(r);
		assert_true(r->flags & CV_RULE_INSPECT);
		app[group - 1] = cv_apps_get(apps, r->app);
		assert_non_null(app[group - 1]);
		assert_int_equal(app[group - 1]->cost, 500000000ull << 6);
		assert_int_equal(app[group - 1]->burst, 5000000000ull << 6);
		assert_int_equal(app[group - 1]->flags, 0);
		back = cv_apps_get(apps, find(gen, 3, group, 6, 1883, CV_MATCH_SPORT)->app);
		assert_non_null(back);
		assert_int_equal(back->flags, CV_APP_ANSWERS);
		assert_int_equal(back->meter, 0);
	}
	assert_int_not_equal(app[0]->meter, app[1]->meter);
	assert_int_equal(apps->bound, 1u << app[0]->proto);
	free(gen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample_is_compiled),
		cmocka_unit_test(order_of_the_file_decides),
		cmocka_unit_test(every_error_has_its_place),
		cmocka_unit_test(repeated_prefix_is_a_warning),
		cmocka_unit_test(too_many_keys_are_refused),
		cmocka_unit_test(constraints_are_compiled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
