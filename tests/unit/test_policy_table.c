/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule wins, which prefix is the longest, what a device may send. */
#include "tests/unit/verdict_help.h"

#include "dataplane/policy/policy_flow.h"

/* The order in policy_abi.h: the rule with the longest id list below must win as rules go away. */
static void test_rule_order(void **state)
{
	const struct cv_rule_key order[] = {
		{1, 2, htons(5683), 17, CV_MATCH_DPORT}, {1, 0, htons(5683), 17, CV_MATCH_DPORT},
		{0, 2, htons(5683), 17, CV_MATCH_DPORT}, {0, 0, htons(5683), 17, CV_MATCH_DPORT},
		{1, 2, htons(1000), 17, CV_MATCH_SPORT}, {0, 0, htons(1000), 17, CV_MATCH_SPORT},
		{1, 2, 0, 17, CV_MATCH_ANY_PORT},	 {1, 0, 0, 17, CV_MATCH_ANY_PORT},
		{0, 0, 0, 17, CV_MATCH_ANY_PORT},	 {0, 2, 0, 0, CV_MATCH_ANY_PORT},
		{0, 0, 0, 0, CV_MATCH_ANY_PORT},
	};
	const unsigned int count = sizeof(order) / sizeof(order[0]);
	struct bytes f;

	ethernet(&f, 0x0800);
	ip4(&f, 5, 17, 0, 8);
	udp(&f, 1000, 5683, 0);
	for (unsigned int first = 0; first <= count; first++) {
		struct cv_generation_build *b = policy(CV_ACTION_DROP);
		struct cv_policy_table *t;
		struct cv_frame r;

		prefix(b, AF_INET, "10.1.0.0", 16, 1);
		prefix(b, AF_INET, "10.2.0.0", 24, 2);
		prefix(b, AF_INET, "10.0.0.0", 8, 9);
		for (unsigned int i = first; i < count; i++)
			rule(b, i + 1, order[i], CV_ACTION_FORWARD);
		t = table(b);
		for (int again = 0; again < 2; again++) { /* new, then remembered */
			r = judge(t, &f);
			assert_int_equal(r.rule, first < count ? first + 1 : 0);
			assert_int_equal(r.verdict,
					 first < count ? FORWARD(ALLOW) : DROP(DENY_DEFAULT));
		}
		cv_policy_table_destroy(t);
	}
}

static void test_prefixes(void **state)
{
	static const struct {
		const char *addr;
		uint8_t len;
	} nets[] = {{"fd00::", 8},  {"fd01::", 16},  {"fd01::", 64},
		    {"fd01::", 65}, {"fd01::", 127}, {"fd01::1", 128}};
	struct bytes f;

	ethernet(&f, 0x86dd);
	ip6(&f, 58, 8);
	PUT(&f, 128, 0, 0, 0, 0, 0, 0, 0);
	/* As the longest prefixes go away the next longest class decides. */
	for (unsigned int count = 6; count > 0; count--) {
		struct cv_generation_build *b = policy(CV_ACTION_DROP);
		struct cv_policy_table *t;

		for (unsigned int i = 0; i < count; i++) {
			prefix(b, AF_INET6, nets[i].addr, nets[i].len, (uint16_t)(i + 1));
			rule(b, i + 1,
			     (struct cv_rule_key){.src_class = (uint16_t)(i + 1),
						  .ip_proto = 58,
						  .match = CV_MATCH_ANY_PORT},
			     CV_ACTION_HOST);
		}
		t = table(b);
		assert_int_equal(judge(t, &f).rule, count);
		assert_int_equal(judge(t, &f).verdict,
				 CV_VERDICT(CV_ACTION_HOST, CV_REASON_ALLOW_HOST));
		cv_policy_table_destroy(t);
	}
}

/* More single addresses in one bucket than it has ways, 0.0.0.0 among them. */
static void test_hosts_bucket(void **state)
{
	enum { HOSTS = CV_HOSTS4_WAYS + 3 };
	const uint32_t bits = cv_hosts4_bits(HOSTS);
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	uint32_t hosts[HOSTS + 1], n = 0;
	struct cv_policy_table *t;
	struct bytes f;

	/* One more than is listed. */
	for (uint32_t addr = 0; n <= HOSTS; addr++) {
		if (cv_hosts4_bucket(htonl(addr), bits) == 0)
			hosts[n++] = addr;
	}
	assert_int_equal(hosts[0], 0);
	for (uint32_t i = 0; i < HOSTS; i++) {
		char text[INET_ADDRSTRLEN];
		struct in_addr addr = {htonl(hosts[i])};

		prefix(b, AF_INET, inet_ntop(AF_INET, &addr, text, sizeof(text)), 32,
		       (uint16_t)(i + 1));
		rule(b, i + 1,
		     (struct cv_rule_key){.src_class = (uint16_t)(i + 1),
					  .ip_proto = 17,
					  .match = CV_MATCH_ANY_PORT},
		     CV_ACTION_FORWARD);
	}
	t = table(b);
	for (uint32_t i = 0; i <= HOSTS; i++) {
		udp_from(&f, hosts[i]);
		assert_int_equal(judge(t, &f).rule, i < HOSTS ? i + 1 : 0);
	}
	cv_policy_table_destroy(t);
}

/* Flows are not asked for while none comes again, and asked for again once they do. */
static void test_flows_worth(void **state)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	struct cv_policy_table *t;
	struct bytes f;

	prefix(b, AF_INET, "10.0.0.0", 8, 1);
	rule(b, 1, (struct cv_rule_key){.src_class = 1, .ip_proto = 17, .match = CV_MATCH_ANY_PORT},
	     CV_ACTION_FORWARD);
	t = table(b);
	for (uint32_t i = 0; i < 1000; i++) {
		udp_from(&f, 0x0a000000 + i);
		assert_int_equal(judge(t, &f).verdict, FORWARD(ALLOW));
	}
	assert_true(t->flow_worth < 0);
	for (uint32_t i = 0; i < 2 * FLOW_TRY * FLOW_WORTH; i++)
		assert_int_equal(judge(t, &f).verdict, FORWARD(ALLOW));
	assert_true(t->flow_worth > 0);
	cv_policy_table_destroy(t);
}

static void limited(struct cv_generation_build *b)
{
	/* 10 frames a second, 4 at once. */
	struct cv_gen_rule r = {.key = {.ip_proto = 17, .match = CV_MATCH_ANY_PORT},
				.rule = {.id = 3,
					 .action = CV_ACTION_FORWARD,
					 .flags = CV_RULE_POLICE,
					 .index = 1,
					 .limit = {.cost_packet = (SECOND / 10) << 6,
						   .burst = (SECOND / 10 * 4) << 6}}};

	assert_int_equal(cv_generation_build_rule(b, &r), 0);
}

static void test_device_limit(void **state)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	struct cv_device_key key = {.family = 4};
	struct cv_policy_table *t;
	struct cv_device *dev;
	struct bytes f;

	limited(b);
	t = table(b);
	ethernet(&f, 0x0800);
	ip4(&f, 5, 17, 0, 8);
	udp(&f, 1, 2, 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(judge_at(t, &f, SECOND).verdict, FORWARD(ALLOW));
	assert_int_equal(judge_at(t, &f, SECOND).verdict, DROP(RATE_DEVICE));
	assert_int_equal(judge_at(t, &f, SECOND + SECOND / 10).verdict, FORWARD(ALLOW));
	assert_int_equal(judge_at(t, &f, SECOND + SECOND / 10).verdict, DROP(RATE_DEVICE));
	f.b[29] = 6; /* another device has its own */
	assert_int_equal(judge_at(t, &f, SECOND).verdict, FORWARD(ALLOW));
	f.b[29] = 5;

	((uint8_t *)key.addr)[0] = 10;
	((uint8_t *)key.addr)[1] = 1;
	((uint8_t *)key.addr)[3] = 5;
	dev = cv_device_table_get(devices, &key, false, 0);
	assert_non_null(dev);
	assert_int_equal(CV_DEVICE_PACKETS(dev), 7);
	assert_int_equal(CV_DEVICE_DROPS(dev), 2);
	assert_int_equal(dev->bytes, 7 * f.len);
	cv_policy_table_destroy(t);
}

static uint32_t judge_host(struct cv_policy_table *t, uint16_t host, uint64_t now)
{
	struct bytes f;

	ethernet(&f, 0x0800);
	ip4(&f, (uint8_t)host, 17, 0, 8);
	udp(&f, 1, 2, 0);
	f.b[28] = (uint8_t)(host >> 8);
	return judge_at(t, &f, now).verdict;
}

static void exhaust(void *owner, const struct cv_device_key *key, const struct cv_device *dev)
{
	((struct cv_device *)dev)->tat = UINT64_MAX / 2;
}

/* As if another writer were at work in every cell that holds a device. */
static void mark_all(uint64_t tag)
{
	struct cv_device_bucket *b = cv_device_table_buckets(devices);

	for (uint32_t i = 1; i <= b[0].head.buckets; i++)
		for (uint32_t cell = 1; cell < CV_DEVICE_CELLS; cell++)
			((uint8_t *)b[i].tags)[cell] = (uint8_t)tag;
}

/* A flow that is remembered must not use the state of whoever has its device's place now. */
static void test_device_place_taken(void **state)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	struct cv_policy_table *t;
	unsigned int gone = 0;

	limited(b);
	cv_generation_build_head(b)->device_capacity = 8;
	t = table(b);
	for (uint16_t host = 0; host < 8; host++)
		assert_int_equal(judge_host(t, host, SECOND), FORWARD(ALLOW));
	for (uint16_t host = 256; host < 1024; host++)
		assert_int_equal(judge_host(t, host, 1000 * SECOND), FORWARD(ALLOW));
	cv_device_each(cv_device_table_buckets(devices), exhaust, NULL);
	for (uint16_t host = 0; host < 8; host++) {
		struct cv_device_key key = {.family = 4};
		bool known;

		memcpy(key.addr, (uint8_t[]){10, 1, 0, (uint8_t)host}, 4);
		known = cv_device_table_get(devices, &key, false, 0) != NULL;
		gone += !known;
		assert_int_equal(judge_host(t, host, 1001 * SECOND),
				 known ? DROP(RATE_DEVICE) : FORWARD(ALLOW));
	}
	assert_true(gone > 0);
	cv_policy_table_destroy(t);
}

/* A newcomer has room unless all that could give way is being written: NO_STATE then. */
static void test_device_table_full(void **state)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	struct cv_policy_table *t;

	limited(b);
	cv_generation_build_head(b)->device_capacity = 8;
	t = table(b);
	for (uint16_t host = 0; host < 1024; host++)
		assert_int_equal(judge_host(t, host, SECOND), FORWARD(ALLOW));
	mark_all(CV_TAG_BUSY);
	for (uint16_t host = 1024; host < 1100; host++)
		assert_int_equal(judge_host(t, host, 1000 * SECOND), DROP(NO_STATE));
	mark_all(CV_TAG_FREE);
	for (uint16_t host = 1024; host < 1100; host++)
		assert_int_equal(judge_host(t, host, 1000 * SECOND), FORWARD(ALLOW));
	cv_policy_table_destroy(t);
}

/* All that the table was made for find room, whatever the seed: a device without is refused. */
static void test_device_table_even(void **state)
{
	const uint32_t capacity = 10000;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct cv_device_table *t = NULL;
		uint32_t found = 0;

		assert_int_equal(cv_device_table_create(capacity, seed, &t), 0);
		for (uint32_t i = 0; i < capacity; i++) {
			struct cv_device_key key = {.addr = {htonl(0x0a000000 + i)}, .family = 4};

			found += cv_device_table_get(t, &key, true, 1) != NULL;
		}
		cv_device_table_destroy(t);
		assert_int_equal(found, capacity);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_order),	  cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_hosts_bucket),	  cmocka_unit_test(test_flows_worth),
		cmocka_unit_test(test_device_limit),	  cmocka_unit_test(test_device_place_taken),
		cmocka_unit_test(test_device_table_full), cmocka_unit_test(test_device_table_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
