/* SPDX-License-Identifier: Apache-2.0 */
/* What parses, what is dropped for which reason. */
#include "tests/unit/verdict_help.h"

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

/* IP protocol 0 is not "any": its frames meet rules of any protocol in their own order. */
static void test_protocol_zero(void **state)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	struct cv_policy_table *t;
	struct bytes f;

	prefix(b, AF_INET, "10.1.0.0", 16, 1);
	rule(b, 1, (struct cv_rule_key){.ip_proto = 6, .match = CV_MATCH_ANY_PORT},
	     CV_ACTION_FORWARD);
	rule(b, 2, (struct cv_rule_key){.src_class = 1, .match = CV_MATCH_ANY_PORT},
	     CV_ACTION_FORWARD);
	rule(b, 3, (struct cv_rule_key){.match = CV_MATCH_ANY_PORT}, CV_ACTION_FORWARD);
	t = table(b);
	ethernet(&f, 0x0800);
	ip4(&f, 5, 0, 0, 0);
	assert_int_equal(judge(t, &f).rule, 2);
	cv_policy_table_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	    cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bad_headers), cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_fragments),   cmocka_unit_test(test_protocol_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
