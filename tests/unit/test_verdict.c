/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict over the worker's tables: what parses, which rule wins, what a device may send. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/policy/generation_build.h"
#include "dataplane/policy/policy_table.h"

#define DROP(reason) CV_VERDICT(CV_ACTION_DROP, CV_REASON_##reason)
#define FORWARD(reason) CV_VERDICT(CV_ACTION_FORWARD, CV_REASON_##reason)
#define SECOND 1000000000ull

/* A frame put together piece by piece in an exact-size block, so that over-reads show. */
struct bytes {
	uint8_t b[2048];
	unsigned int len;
};

static void put(struct bytes *f, const void *data, unsigned int len)
{
	memcpy(f->b + f->len, data, len);
	f->len += len;
}

#define PUT(f, ...) put(f, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void ethernet(struct bytes *f, uint16_t type)
{
	f->len = 0;
	PUT(f, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, (uint8_t)(type >> 8), (uint8_t)type);
}

/* src 10.1.0.<host>, dst 10.2.0.1 */
static void ip4(struct bytes *f, uint8_t host, uint8_t proto, uint16_t frag, uint16_t payload)
{
	uint16_t total = 20 + payload;

	PUT(f, 0x45, 0, (uint8_t)(total >> 8), (uint8_t)total, 0, 9, (uint8_t)(frag >> 8),
	    (uint8_t)frag, 64, proto, 0, 0, 10, 1, 0, host, 10, 2, 0, 1);
}

static void ip6(struct bytes *f, uint8_t next, uint16_t payload)
{
	PUT(f, 0x60, 0, 0, 0, (uint8_t)(payload >> 8), (uint8_t)payload, next, 64);
	PUT(f, 0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
	PUT(f, 0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}

static void udp(struct bytes *f, uint16_t sport, uint16_t dport, uint16_t payload)
{
	uint16_t len = 8 + payload;
	uint8_t zero[64] = {0};

	PUT(f, (uint8_t)(sport >> 8), (uint8_t)sport, (uint8_t)(dport >> 8), (uint8_t)dport,
	    (uint8_t)(len >> 8), (uint8_t)len, 0, 0);
	put(f, zero, payload);
}

static struct cv_frame judge_at(struct cv_policy_table *t, const struct bytes *f, uint64_t now)
{
	uint8_t *copy = malloc(f->len ? f->len : 1);
	struct cv_frame frame = {.data = copy, .len = f->len};

	assert_non_null(copy);
	memcpy(copy, f->b, f->len);
	cv_policy_judge(t, &frame, 1, now, true);
	free(copy);
	return frame;
}

static struct cv_frame judge(struct cv_policy_table *t, const struct bytes *f)
{
	return judge_at(t, f, SECOND);
}

static struct cv_policy_table *table(struct cv_generation_build *b)
{
	struct cv_policy_table *t = NULL;
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_finish(b, &g), 0);
	assert_int_equal(cv_policy_table_create(g, &t), 0);
	free(g);
	cv_generation_build_destroy(b);
	return t;
}

static struct cv_generation_build *policy(uint8_t ip_action)
{
	struct cv_generation_build *b = NULL;

	assert_int_equal(cv_generation_build_create(&b), 0);
	cv_generation_build_head(b)->defaults = (struct cv_policy_defaults){
		.ip_action = ip_action, .non_ip_action = CV_ACTION_FORWARD, .inspect = 1};
	return b;
}

static void prefix(struct cv_generation_build *b, int family, const char *addr, uint8_t len,
		   uint16_t class_id)
{
	struct cv_gen_prefix p = {
		.family = family == AF_INET ? 4 : 6, .len = len, .class_id = class_id};

	assert_int_equal(inet_pton(family, addr, p.addr), 1);
	assert_int_equal(cv_generation_build_prefix(b, &p), 0);
}

static void rule(struct cv_generation_build *b, uint32_t id, struct cv_rule_key key, uint8_t action)
{
	struct cv_gen_rule r = {.key = key, .rule = {.id = id, .action = action}};

	assert_int_equal(cv_generation_build_rule(b, &r), 0);
}

static void test_parse(void **state)
{
	struct cv_policy_table *t = table(policy(CV_ACTION_FORWARD));
	struct cv_frame r;
	struct bytes f;

	ethernet(&f, 0x88a8);
	PUT(&f, 0x30, 7, 0x81, 0, 0, 9, 8, 0);
	ip4(&f, 5, 17, 0, 12);
	udp(&f, 1000, 5683, 4);
	PUT(&f, 0, 0, 0); /* Ethernet padding */
	r = judge(t, &f);
	assert_int_equal(r.verdict, FORWARD(ALLOW_DEFAULT));
	assert_int_equal(r.inspect, 1);
	assert_int_equal(r.packet.vlan, 7);
	assert_int_equal(r.packet.vlan_inner, 9);
	assert_int_equal(r.packet.vlans, 2);
	assert_int_equal(r.packet.l3_off, 22);
	assert_int_equal(r.packet.l4_off, 42);
	assert_int_equal(r.packet.l3_end, 54);
	assert_int_equal(ntohs(r.packet.dport), 5683);
	assert_int_equal(ntohl(r.packet.src.v4), 0x0a010005);

	ethernet(&f, 0x0806);
	assert_int_equal(judge(t, &f).verdict, FORWARD(ALLOW_NON_IP));
	cv_policy_table_destroy(t);
}

/* Every prefix of a good frame is cut inside a header or contradicts the total length. */
static void test_truncated(void **state)
{
	struct cv_policy_table *t = table(policy(CV_ACTION_FORWARD));
	struct bytes f;
	unsigned int whole;

	ethernet(&f, 0x8100);
	PUT(&f, 0, 7, 8, 0);
	ip4(&f, 5, 17, 0, 12);
	udp(&f, 1000, 5683, 4);
	whole = f.len;
	for (f.len = 0; f.len < whole; f.len++)
		assert_int_equal(judge(t, &f).verdict, f.len < 38 ? DROP(SHORT) : DROP(BAD_IP));
	assert_int_equal(judge(t, &f).verdict, FORWARD(ALLOW_DEFAULT));
	cv_policy_table_destroy(t);
}

static void test_bad_headers(void **state)
{
	struct cv_policy_table *t = table(policy(CV_ACTION_FORWARD));
	struct bytes f;

	ethernet(&f, 0x0800);
	ip4(&f, 5, 17, 0, 8);
	udp(&f, 1, 2, 0);
	f.b[14] = 0x44;
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_IP));
	f.b[14] = 0x65;
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_IP));
	f.b[14] = 0x45;
	f.b[39] = 9; /* UDP longer than the packet */
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_L4));
	f.b[39] = 7;
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_L4));
	f.b[23] = 6; /* eight bytes of TCP */
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_L4));

	ethernet(&f, 0x86dd);
	ip6(&f, 0, 16);
	PUT(&f, 43, 0, 0, 0, 0, 0, 0, 0);
	PUT(&f, 17, 0, 0, 1, 0, 0, 0, 0); /* routing header type 0 */
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_EXT));
	f.b[54] = 0; /* a second hop-by-hop */
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_EXT));
	cv_policy_table_destroy(t);
}

static void test_extensions(void **state)
{
	struct cv_policy_table *t = table(policy(CV_ACTION_FORWARD));
	struct cv_frame r;
	struct bytes f;

	for (unsigned int count = 0; count <= 7; count++) {
		ethernet(&f, 0x86dd);
		ip6(&f, count ? 60 : 17, (uint16_t)(count * 8 + 8));
		for (unsigned int i = 1; i <= count; i++)
			PUT(&f, i < count ? 60 : 17, 0, 0, 0, 0, 0, 0, 0);
		udp(&f, 1, 5683, 0);
		r = judge(t, &f);
		if (count <= 6) {
			assert_int_equal(r.verdict, FORWARD(ALLOW_DEFAULT));
			assert_int_equal(ntohs(r.packet.dport), 5683);
			assert_int_equal(r.packet.l4_off, 54 + count * 8);
		} else {
			assert_int_equal(r.verdict, DROP(BAD_EXT));
		}
	}
	cv_policy_table_destroy(t);
}

static void test_fragments(void **state)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	struct cv_policy_table *t;
	struct cv_frame r;
	struct bytes f;

	rule(b, 1, (struct cv_rule_key){.ip_proto = 17, .match = CV_MATCH_FRAGMENT},
	     CV_ACTION_FORWARD);
	rule(b, 2, (struct cv_rule_key){.ip_proto = 17, .port = htons(5683)}, CV_ACTION_FORWARD);
	t = table(b);

	ethernet(&f, 0x0800);
	ip4(&f, 5, 17, 0x2000, 16);
	udp(&f, 1, 5683, 8);
	r = judge(t, &f);
	assert_int_equal(r.verdict, FORWARD(ALLOW));
	assert_int_equal(r.rule, 2);
	assert_int_equal(r.packet.fragment, CV_FRAG_FIRST);
	f.b[20] = 0;
	f.b[21] = 2; /* the last one, offset 16 */
	r = judge(t, &f);
	assert_int_equal(r.verdict, FORWARD(ALLOW));
	assert_int_equal(r.rule, 1);
	assert_int_equal(r.packet.dport, 0);
	assert_int_equal(r.packet.frag_off, 16);
	f.b[20] = 0x1f;
	f.b[21] = 0xff; /* ends behind 65,535 */
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_FRAG));
	f.b[20] = 0x20;
	f.b[21] = 2;
	f.b[17] = 20 + 13; /* not a multiple of eight and more to come */
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_FRAG));
	f.b[17] = 20 + 4; /* first fragment ends inside the UDP header */
	f.b[21] = 0;
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_FRAG));
	f.b[17] = 20 + 16;
	f.b[23] = 6;
	f.b[20] = 0;
	f.b[21] = 1; /* TCP at offset 8 */
	assert_int_equal(judge(t, &f).verdict, DROP(BAD_FRAG));
	cv_policy_table_destroy(t);
}

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

static void limited(struct cv_generation_build *b)
{
	/* 10 frames a second, 4 at once. */
	struct cv_gen_rule r = {.key = {.ip_proto = 17, .match = CV_MATCH_ANY_PORT},
				.rule = {.id = 3,
					 .action = CV_ACTION_FORWARD,
					 .flags = CV_RULE_POLICE,
					 .cost_packet = (SECOND / 10) << 6,
					 .burst = (SECOND / 10 * 4) << 6}};

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
	dev = cv_policy_device(t, &key, false, 0);
	assert_non_null(dev);
	assert_int_equal(dev->packets, 7);
	assert_int_equal(dev->drops, 2);
	assert_int_equal(dev->bytes, 7 * f.len);
	dev->flags |= CV_DEVICE_QUARANTINED;
	assert_int_equal(judge_at(t, &f, 9 * SECOND).verdict, DROP(QUARANTINE));
	cv_policy_table_destroy(t);
}

/* Full means NO_STATE; a device that fell silent makes room, a quarantined one does not. */
static void test_device_table_full(void **state)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	struct cv_policy_table *t;
	unsigned int passed = 0, refused = 0;
	struct bytes f;

	limited(b);
	cv_generation_build_head(b)->device_capacity = 8;
	t = table(b);
	ethernet(&f, 0x0800);
	ip4(&f, 0, 17, 0, 8);
	udp(&f, 1, 2, 0);
	for (unsigned int i = 0; i < 256; i++) {
		uint32_t verdict;

		f.b[29] = (uint8_t)i;
		verdict = judge_at(t, &f, SECOND).verdict;
		passed += verdict == FORWARD(ALLOW);
		refused += verdict == DROP(NO_STATE);
	}
	assert_true(passed >= 8);
	assert_int_equal(passed + refused, 256);
	assert_true(refused > 0);
	f.b[28] = 1;
	assert_int_equal(judge_at(t, &f, 100 * SECOND).verdict, DROP(NO_STATE));
	assert_int_equal(judge_at(t, &f, 1000 * SECOND).verdict, FORWARD(ALLOW));
	cv_policy_table_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_rule_order),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_device_limit),
		cmocka_unit_test(test_device_table_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
