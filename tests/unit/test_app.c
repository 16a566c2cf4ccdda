/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints on messages: what each kind of list allows, and what an image of them may not be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/policy/app_build.h"
#include "dataplane/policy/generation.h"
#include "decoder_list.h"

static struct cv_app_build *builder(void)
{
	struct cv_app_build *b = NULL;

	assert_int_equal(cv_app_build_create(&b), 0);
	return b;
}

static void begin(struct cv_app_build *b, unsigned int proto)
{
	cv_app_build_begin(b, &(struct cv_app){.proto = (uint8_t)proto});
}

static int add(struct cv_app_build *b, unsigned int proto, const char *key, const char *value)
{
	const struct cv_app_key *k = cv_app_key_find(proto, key, strlen(key));
	const char *why = NULL;
	int err;

	assert_non_null(k);
	err = cv_app_build_value(b, k, value, strlen(value), &why);
	if (err == -EINVAL)
		assert_non_null(why);
	return err;
}

/* Key and value pairs up to NULL. */
static void add_all(struct cv_app_build *b, unsigned int proto, const char *const *pairs)
{
	for (; *pairs != NULL; pairs += 2)
		assert_int_equal(add(b, proto, pairs[0], pairs[1]), 0);
}

static struct cv_apps *finish(struct cv_app_build *b)
{
	struct cv_app_pattern twice;
	struct cv_apps *a = NULL;

	assert_int_equal(cv_app_build_finish(b, &a, &twice), 0);
	assert_int_equal(cv_apps_check(a, a->size), 0);
	cv_app_build_destroy(b);
	return a;
}

/* One app; number 1 towards the service, 2 back. */
static struct cv_apps *one_app(unsigned int proto, const char *const *pairs)
{
	struct cv_app_build *b = builder();
	uint16_t app, answers;

	begin(b, proto);
	add_all(b, proto, pairs);
	assert_int_equal(cv_app_build_end(b, &app, &answers), 0);
	assert_int_equal(app, 1);
	assert_int_equal(answers, 2);
	return finish(b);
}

#define APP(proto, ...) one_app(CV_PROTO_##proto, (const char *const[]){__VA_ARGS__, NULL, NULL})

static bool allows_number(const struct cv_apps *a, enum cv_app_kind kind, uint32_t n)
{
	return cv_app_allows(a, cv_apps_get(a, 1),
			     &(struct cv_app_fact){.kind = (uint8_t)kind, .from = n, .to = n});
}

static bool allows_text(const struct cv_apps *a, enum cv_app_kind kind, const char *text)
{
	const struct cv_app_fact f = {
		.kind = (uint8_t)kind,
		.text = (const uint8_t *)text,
		.len = strlen(text),
		.client = (const uint8_t *)"meter-7",
		.client_len = 7,
	};

	return cv_app_allows(a, cv_apps_get(a, 1), &f);
}

static bool allows_range(const struct cv_apps *a, enum cv_app_kind kind, unsigned int unit,
			 unsigned int table, uint32_t from, uint32_t to)
{
	const struct cv_app_fact f = {.kind = (uint8_t)kind,
				      .unit = (uint8_t)unit,
				      .table = (uint8_t)table,
				      .from = from,
				      .to = to};

	return cv_app_allows(a, cv_apps_get(a, 1), &f);
}

static void test_numbers(void **state)
{
	struct cv_apps *a = APP(HJ212, "commands", "2011", "commands", "2051-2061");

	assert_true(allows_number(a, CV_APP_TYPE, 2011));
	assert_true(allows_number(a, CV_APP_TYPE, 2051));
	assert_true(allows_number(a, CV_APP_TYPE, 2061));
	assert_false(allows_number(a, CV_APP_TYPE, 2012));
	assert_false(allows_number(a, CV_APP_TYPE, 2062));
	assert_false(allows_number(a, CV_APP_TYPE, 0));
	free(a);
	a = APP(COAP, "methods", "get", "methods", "5");
	assert_true(allows_number(a, CV_APP_TYPE, 1));
	assert_true(allows_number(a, CV_APP_TYPE, 5));
	assert_false(allows_number(a, CV_APP_TYPE, 3));
	assert_true(allows_text(a, CV_APP_PATH, "any/where")); /* no list of paths: any */
	free(a);
}

static void test_registers(void **state)
{
	struct cv_apps *a = APP(MODBUS, "read", "holding.0-9", "read", "holding.10-19", "read",
				"1-4/coil", "write", "2/holding.5", "read", "holding.65535");

	assert_true(allows_range(a, CV_APP_READ, 1, CV_REG_HOLDING, 0, 9));
	assert_true(allows_range(a, CV_APP_READ, 0, CV_REG_HOLDING, 3, 15)); /* two ranges as one */
	assert_false(allows_range(a, CV_APP_READ, 1, CV_REG_HOLDING, 15, 20));
	assert_false(allows_range(a, CV_APP_READ, 1, CV_REG_INPUT, 0, 0));
	assert_true(allows_range(a, CV_APP_READ, 4, CV_REG_COIL, 0, 65535));
	assert_false(allows_range(a, CV_APP_READ, 5, CV_REG_COIL, 0, 0));
	assert_false(allows_range(a, CV_APP_READ, 0, CV_REG_COIL, 0, 0)); /* broadcast */
	assert_true(allows_range(a, CV_APP_WRITE, 2, CV_REG_HOLDING, 5, 5));
	assert_false(allows_range(a, CV_APP_WRITE, 2, CV_REG_HOLDING, 5, 6));
	assert_false(allows_range(a, CV_APP_WRITE, 0, CV_REG_HOLDING, 5, 5));
	assert_true(allows_range(a, CV_APP_READ, 9, CV_REG_HOLDING, 65535, 65535));
	assert_false(allows_range(a, CV_APP_READ, 9, CV_REG_HOLDING, 65535, 65536)); /* no wrap */
	free(a);
}

/* Registers without functions: only those functions that name registers. */
static void test_implied_functions(void **state)
{
	struct cv_apps *a = APP(MODBUS, "read", "holding.0-9");

	for (unsigned int n = 1; n < 256; n++)
		assert_int_equal(allows_number(a, CV_APP_TYPE, n),
				 (n >= 1 && n <= 4) || n == 23 || n == 24);
	assert_false(allows_range(a, CV_APP_WRITE, 1, CV_REG_HOLDING, 0, 0)); /* closed too */
	free(a);
	a = APP(MODBUS, "write", "coil.1");
	for (unsigned int n = 1; n < 256; n++)
		assert_int_equal(allows_number(a, CV_APP_TYPE, n),
				 n == 5 || n == 6 || n == 15 || n == 16 || n == 22 || n == 23);
	free(a);
	a = APP(MODBUS, "functions", "write-single-coil", "read", "holding.0");
	assert_true(allows_number(a, CV_APP_TYPE, 5));
	assert_false(allows_number(a, CV_APP_TYPE, 3));
	free(a);
}

/* Filter, what is asked, whether it is covered: MQTT 4.7 and what follows from it. */
static void test_topics(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool want;
	} rows[] = {
		{"a/b", "a/b", true},
		{"a/b", "a/b/", false},
		{"a/b", "/a/b", false},
		{"a/b", "A/b", false},
		{"a/+", "a/b", true},
		{"a/+", "a/", true},
		{"a/+", "a", false},
		{"a/+", "a/b/c", false},
		{"a/+", "a/+", true},
		{"a/+", "a/#", false},
		{"a/#", "a", true},
		{"a/#", "a/b/c", true},
		{"a/#", "a/#", true},
		{"a/#", "a/+/c", true},
		{"a/#", "#", false},
		{"a/#", "+/b", false},
		{"a/#", "ab", false},
		{"#", "#", true},
		{"#", "a/b", true},
		{"#", "/", true},
		{"#", "$SYS/x", false},
		{"+/x", "$SYS/x", false},
		{"$SYS/#", "$SYS/x", true},
		{"+/+", "+/+", true},
		{"+/b", "+/+", false},
		{"+", "#", false},
		{"+/+/#", "a", false},
		{"a/b/#", "a/+", false},
		{"d/%c/up", "d/meter-7/up", true},
		{"d/%c/up", "d/meter-8/up", false},
		{"d/%c/up", "d/+/up", false},
		{"d/%c/#", "d/meter-7/x/y", true},
		{"+/b/#", "a/b", true},
		{"a//b", "a//b", true},
		{"a/+/b", "a//b", true},
		{"a/b", "a/b#", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cv_apps *a = APP(MQTT, "subscribe", rows[i].pattern);

		if (allows_text(a, CV_APP_SUBSCRIBE, rows[i].text) != rows[i].want)
			fail_msg("%s and %s", rows[i].pattern, rows[i].text);
		free(a);
	}
}

/* The client's own name must not become a wildcard. */
static void test_client_in_topic(void **state)
{
	static const char *const names[] = {"+", "#", "a/b", "", "x+y"};
	struct cv_apps *a = APP(MQTT, "subscribe", "d/%c/#");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char topic[32];
		struct cv_app_fact f = {.kind = CV_APP_SUBSCRIBE,
					.text = (const uint8_t *)topic,
					.client = (const uint8_t *)names[i],
					.client_len = strlen(names[i])};

		snprintf(topic, sizeof(topic), "d/%s/x", names[i]);
		f.len = strlen(topic);
		assert_false(cv_app_allows(a, cv_apps_get(a, 1), &f));
	}
	free(a);
}

static void test_paths(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool want;
	} rows[] = {
		{"a/b", "a/b", true},
		{"a/+", "a/b", true},
		{"a/+", "a/", false},
		{"a/+", "a/..", false},
		{"a/+", "a/.", false},
		{"a/+", "a/x%2Fy", false},
		{"a/#", "a/b/../c", false},
		{"a/#", "a//b", false},
		{"a/#", "a", true},
		{"a/#", "a/b/c", true},
		{"a/x%2Fy", "a/x%2Fy", true},
		{"a//b", "a//b", true},
		{"", "", true},
		{"", "a", false},
		{"#", "", true},
		{"+", "", false},
		{"a", "/a", false},
		{"#", "/a", false},
		{"+", "$x", true},
		{"a", "a/", false},
		{"+/b", "a/b", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cv_apps *a = APP(COAP, "paths", rows[i].pattern);

		if (allows_text(a, CV_APP_PATH, rows[i].path) != rows[i].want)
			fail_msg("%s and %s", rows[i].pattern, rows[i].path);
		free(a);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool want;
	} rows[] = {
		{"meter-*", "meter-", true},
		{"meter-*", "meter-7/x", true},
		{"meter-*", "Meter-7", false},
		{"*-7", "meter-7", true},
		{"m*r*7", "meter-77", true},
		{"m*r*8", "meter-77", false},
		{"*", "", true},
		{"a", "", false},
		{"a*b*c", "aXbXbXc", true},
		{"+", "x", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cv_apps *a = APP(MQTT, "clients", rows[i].pattern);

		if (allows_text(a, CV_APP_CLIENT, rows[i].name) != rows[i].want)
			fail_msg("%s and %s", rows[i].pattern, rows[i].name);
		free(a);
	}
}

/* A list closes its kind, an empty one too, and publish closes subscribe. */
static void test_closed(void **state)
{
	struct cv_app_build *b = builder();
	uint16_t app, answers;
	struct cv_apps *a;

	begin(b, CV_PROTO_MQTT);
	assert_int_equal(cv_app_build_key(b, cv_app_key_find(CV_PROTO_MQTT, "publish", 7)), 0);
	assert_int_equal(cv_app_build_end(b, &app, &answers), 0);
	a = finish(b);
	assert_false(allows_text(a, CV_APP_PUBLISH, "a"));
	assert_false(allows_text(a, CV_APP_SUBSCRIBE, "a"));
	assert_true(allows_text(a, CV_APP_CLIENT, "a"));
	assert_true(cv_apps_get(a, 2)->flags & CV_APP_ANSWERS);
	assert_null(cv_apps_get(a, 3));
	assert_null(cv_apps_get(a, 0));
	free(a);
}

static void test_bad_values(void **state)
{
	static const struct {
		unsigned int proto;
		const char *key, *value;
	} rows[] = {
		{CV_PROTO_MODBUS, "functions", "0"},
		{CV_PROTO_MODBUS, "functions", "256"},
		{CV_PROTO_MODBUS, "functions", "4-3"},
		{CV_PROTO_MODBUS, "functions", "read-everything"},
		{CV_PROTO_MODBUS, "functions", ""},
		{CV_PROTO_MODBUS, "functions", "-"},
		{CV_PROTO_MODBUS, "functions", "3-"},
		{CV_PROTO_MODBUS, "functions", "99999999999999999999"},
		{CV_PROTO_MODBUS, "read", "0-9"},
		{CV_PROTO_MODBUS, "read", "holding.65536"},
		{CV_PROTO_MODBUS, "read", "holding."},
		{CV_PROTO_MODBUS, "read", "256/holding.1"},
		{CV_PROTO_MODBUS, "read", "/holding.1"},
		{CV_PROTO_MODBUS, "read", "1/"},
		{CV_PROTO_MODBUS, "write", "holdings.1"},
		{CV_PROTO_MQTT, "publish", "a/#/b"},
		{CV_PROTO_MQTT, "publish", "a#"},
		{CV_PROTO_MQTT, "publish", "a/b+"},
		{CV_PROTO_MQTT, "publish", ""},
		{CV_PROTO_MQTT, "clients", ""},
		{CV_PROTO_MQTT, "packets", "16"},
		{CV_PROTO_COAP, "paths", "a/+b"},
		{CV_PROTO_COAP, "methods", "push"},
	};
	struct cv_app_build *b = builder();
	const char *why;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(b, rows[i].proto);
		if (add(b, rows[i].proto, rows[i].key, rows[i].value) != -EINVAL)
			fail_msg("%s: %s", rows[i].key, rows[i].value);
	}
	begin(b, CV_PROTO_MQTT); /* a key of another protocol */
	assert_int_equal(
		cv_app_build_value(b, cv_app_key_find(CV_PROTO_COAP, "paths", 5), "a", 1, &why),
		-EINVAL);
	cv_app_build_destroy(b);
}

static void test_too_many_values(void **state)
{
	struct cv_app_build *b = builder();
	char value[16];

	begin(b, CV_PROTO_MQTT);
	for (unsigned int i = 0; i < CV_APP_PATTERNS_MAX; i++) {
		snprintf(value, sizeof(value), "t/%u", i);
		assert_int_equal(add(b, CV_PROTO_MQTT, "publish", value), 0);
	}
	assert_int_equal(add(b, CV_PROTO_MQTT, "publish", "t/more"), -E2BIG);
	cv_app_build_destroy(b);
}

#define IDENTITIES 200000u

static size_t identity(char *text, size_t size, unsigned int n)
{
	return (size_t)snprintf(text, size, "88888880000%08u", n);
}

static void test_identities(void **state)
{
	struct cv_app_build *b = builder();
	struct cv_binding place = {.flags = CV_BIND_VLAN};
	struct cv_apps *a;
	char text[32];

	for (unsigned int i = 0; i < IDENTITIES; i++) {
		place.vlan = (uint16_t)(i / 1000);
		assert_int_equal(cv_app_build_identity(b, CV_PROTO_HJ212, text,
						       identity(text, sizeof(text), i), &place),
				 0);
	}
	a = finish(b);
	assert_int_equal(a->places.count, IDENTITIES / 1000);
	for (unsigned int i = 0; i < IDENTITIES; i++) {
		size_t len = identity(text, sizeof(text), i);
		const struct cv_binding *p =
			cv_app_place(a, CV_PROTO_HJ212, (const uint8_t *)text, len);

		assert_non_null(p);
		assert_int_equal(p->vlan, i / 1000);
		assert_null(cv_app_place(a, CV_PROTO_MQTT, (const uint8_t *)text, len));
		assert_null(cv_app_place(a, CV_PROTO_HJ212, (const uint8_t *)text, len - 1));
	}
	free(a);
}

static void test_identity_twice(void **state)
{
	struct cv_app_build *b = builder();
	struct cv_binding here = {.flags = CV_BIND_VLAN, .vlan = 7}, there = here;
	struct cv_app_pattern twice = {0};
	struct cv_apps *a = NULL;

	there.vlan = 8;
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_MQTT, "x", 1, &here), 0);
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_MQTT, "y", 1, &there), 0);
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_MQTT, "x", 1, &here), 0);
	assert_int_equal(cv_app_build_finish(b, &a, &twice), 0);
	free(a);
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_MQTT, "x", 1, &there), 0);
	assert_int_equal(cv_app_build_finish(b, &a, &twice), -EEXIST);
	assert_int_equal(twice.len, 1);
	assert_int_equal(cv_app_build_text(b, twice)[0], 'x');
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_COAP, "x", 1, &here), -EINVAL);
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_MQTT, "", 0, &here), -EINVAL);
	cv_app_build_destroy(b);
}

static struct cv_apps *rich(void)
{
	struct cv_app_build *b = builder();
	struct cv_binding place = {.flags = CV_BIND_VLAN, .vlan = 7};
	struct cv_app limited = {.proto = CV_PROTO_MODBUS, .cost = 64, .burst = 640};
	uint16_t app, answers;

	begin(b, CV_PROTO_MQTT);
	add_all(b, CV_PROTO_MQTT,
		(const char *const[]){"publish", "a/+/#", "subscribe", "b/%c", "clients", "m*",
				      "packets", "connect", NULL});
	assert_int_equal(cv_app_build_end(b, &app, &answers), 0);
	limited.meter = cv_app_build_meter(b);
	cv_app_build_begin(b, &limited);
	add_all(b, CV_PROTO_MODBUS, (const char *const[]){"read", "1/input.3-9", NULL});
	assert_int_equal(cv_app_build_end(b, &app, &answers), 0);
	assert_int_equal(cv_app_build_again(b, app, cv_app_build_meter(b), &answers), 0);
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_MQTT, "m1", 2, &place), 0);
	assert_int_equal(cv_app_build_identity(b, CV_PROTO_HJ212, "m2", 2, &place), 0);
	return finish(b);
}

/* What the check lets through may be asked anything; the sanitizers watch. */
static void ask(const struct cv_apps *a)
{
	for (uint32_t i = 1; i <= a->apps.count; i++) {
		const struct cv_app *app = cv_apps_get(a, (uint16_t)i);

		for (unsigned int kind = 0; kind < CV_APP_CONSTRAINT_KINDS; kind++)
			cv_app_allows(a, app,
				      &(struct cv_app_fact){.kind = (uint8_t)kind,
							    .from = 4,
							    .to = 9,
							    .text = (const uint8_t *)"a/b/c",
							    .len = 5});
	}
	for (unsigned int proto = 0; proto < CV_PROTO_COUNT; proto++)
		cv_app_place(a, proto, (const uint8_t *)"m1", 2);
}

/* Every byte of the image in turn takes other values; the check holds or the answers do. */
static void test_damage(void **state)
{
	struct cv_apps *a = rich();
	uint32_t size = a->size;
	unsigned int refused = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint8_t *copy = malloc(size);

		assert_non_null(copy);
		for (unsigned int flip = 1; flip < 256; flip = flip * 2 + 1) {
			memcpy(copy, a, size);
			copy[i] ^= (uint8_t)flip;
			if (cv_apps_check(copy, size) == 0)
				ask((const void *)copy);
			else
				refused++;
		}
		free(copy);
	}
	assert_true(refused > size);
	for (uint32_t cut = 0; cut < size; cut++)
		assert_int_equal(cv_apps_check(a, cut), -EBADMSG);
	free(a);
}

/* The list that documentation and parser share says something about each key. */
static void test_keys(void **state)
{
	size_t count;
	const struct cv_app_key *keys = cv_app_keys(&count);

	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(cv_app_key_find(keys[i].proto, keys[i].name, strlen(keys[i].name)),
				 &keys[i]);
		assert_true(keys[i].closes & 1u << keys[i].kind);
		assert_true(strlen(keys[i].help) > 5);
		assert_string_not_equal(cv_app_syntax_text(keys[i].syntax), "?");
	}
	assert_null(cv_app_key_find(CV_PROTO_COAP, "read", 4));
	assert_string_equal(cv_app_number_name(cv_app_key_find(CV_PROTO_MODBUS, "functions", 9), 5),
			    "write-single-coil");
	assert_string_equal(cv_app_identity_name(CV_PROTO_HJ212), "MN");
	assert_null(cv_app_identity_name(CV_PROTO_COAP));
}

/* The page that people read has every key as the list has it. */
static void test_page(void **state)
{
	static char page[65536];
	char path[1024], row[512];
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	const struct cv_app_key *keys;
	size_t count;
	FILE *f;

	snprintf(path, sizeof(path), "%s/docs/security/app-constraints.md", root ? root : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
	fclose(f);
	keys = cv_app_keys(&count);
	for (size_t i = 0; i < count; i++) {
		snprintf(row, sizeof(row), "| %s | `%s` | %s | %s |\n",
			 cv_proto_name(keys[i].proto), keys[i].name, keys[i].help,
			 cv_app_syntax_text(keys[i].syntax));
		if (strstr(page, row) == NULL)
			fail_msg("not in docs/security/app-constraints.md: %s", row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_implied_functions),
		cmocka_unit_test(test_topics),
		cmocka_unit_test(test_client_in_topic),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_too_many_values),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_identity_twice),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
