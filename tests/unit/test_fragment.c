/* SPDX-License-Identifier: Apache-2.0 */
/* IP fragments: any order, repeats, overlap, age, exhaustion; IPv4 and IPv6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/flow/fragment.h"
#include "tests/unit/flow_harness.h"

#define SECOND 1000000000ll
#define FLOW(h, e) ((h)->counters.flow[CV_FLOW_##e])

/* A CoAP POST with a text payload, as an IP payload of 64 bytes. */
static size_t datagram(const struct fh_flow *f, uint8_t *out)
{
	uint8_t coap[56] = {0x40, 0x02, 0x12, 0x34, 0xb1, 't', 0xff};

	memset(coap + 7, 'x', sizeof(coap) - 7);
	return fh_udp_payload(f, coap, sizeof(coap), out);
}

static const struct fh_flow flows[] = {
	{.client_port = 40000, .server_port = 5683, .client = 1},
	{.client_port = 40000, .server_port = 5683, .client = 1, .ipv6 = true},
};

static void test_any_order(void **state)
{
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const size_t at[] = {0, 24, 48, 64};
	uint8_t ip[128];

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		for (int o = 0; o < 6; o++) {
			struct flow_harness *h = flow_harness_new(64, NULL);

			assert_int_equal(datagram(&flows[v6], ip), 64);
			for (int i = 0; i < 3; i++) {
				int p = orders[o][i];

				fh_fragment(h, &flows[v6], 7, ip, at[p], at[p + 1] - at[p], p < 2);
				assert_int_equal(h->outcome,
						 i < 2 ? CV_OUTCOME_HELD : CV_OUTCOME_DECODED);
			}
			assert_int_equal(fh_messages(h), 1);
			assert_int_equal(FLOW(h, FRAGMENTS_DONE), 1);
			assert_int_equal(FLOW(h, FRAGMENTS_LOST), 0);
			flow_harness_free(h);
		}
	}
}

/* Two networks behind one outer VLAN use the same addresses and the same identification. */
static void test_networks_are_kept_apart(void **state)
{
	struct fh_flow f = flows[0];
	struct flow_harness *h = flow_harness_new(64, NULL);
	uint8_t ip[128], other[128];

	(void)state;
	f.vlan = 5;
	datagram(&f, ip);
	datagram(&f, other);
	other[40] = 'y';
	f.vlan_inner = 6;
	fh_fragment(h, &f, 7, ip, 0, 48, true);
	f.vlan_inner = 7;
	fh_fragment(h, &f, 7, other, 0, 48, true);
	assert_int_equal(h->outcome, CV_OUTCOME_HELD);
	f.vlan_inner = 6;
	fh_fragment(h, &f, 7, ip, 48, 16, false);
	f.vlan_inner = 7;
	fh_fragment(h, &f, 7, other, 48, 16, false);
	assert_int_equal(fh_messages(h), 2);
	assert_int_equal(FLOW(h, FRAGMENTS_LOST), 0);
	flow_harness_free(h);
}

static void test_repeat_is_ignored(void **state)
{
	struct flow_harness *h = flow_harness_new(64, NULL);
	uint8_t ip[128];

	(void)state;
	datagram(&flows[0], ip);
	fh_fragment(h, &flows[0], 7, ip, 0, 32, true);
	fh_fragment(h, &flows[0], 7, ip, 0, 32, true);
	assert_int_equal(h->outcome, CV_OUTCOME_DUPLICATE);
	fh_fragment(h, &flows[0], 8, ip, 32, 32, false); /* of another datagram */
	assert_int_equal(h->outcome, CV_OUTCOME_HELD);
	fh_fragment(h, &flows[0], 7, ip, 32, 32, false);
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	flow_harness_free(h);
}

static void test_overlap_voids_the_datagram(void **state)
{
	uint8_t ip[128], other[128];

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct flow_harness *h = flow_harness_new(64, NULL);

		datagram(&flows[v6], ip);
		memcpy(other, ip, sizeof(other));
		other[30] = 'Y';
		fh_fragment(h, &flows[v6], 7, ip, 0, 32, true);
		fh_fragment(h, &flows[v6], 7, other, 24, 16, true);
		assert_int_equal(h->outcome, CV_OUTCOME_DISCARDED);
		fh_fragment(h, &flows[v6], 7, ip, 32, 32, false); /* RFC 5722: those to come, too */
		assert_int_equal(h->outcome, CV_OUTCOME_DISCARDED);
		assert_int_equal(fh_messages(h), 0);
		assert_int_equal(FLOW(h, FRAGMENTS_LOST), 1);
		flow_harness_free(h);
	}
}

static void test_two_ends_void_the_datagram(void **state)
{
	struct flow_harness *h = flow_harness_new(64, NULL);
	uint8_t ip[128];

	(void)state;
	datagram(&flows[0], ip);
	fh_fragment(h, &flows[0], 7, ip, 48, 16, false);
	fh_fragment(h, &flows[0], 7, ip, 24, 16, false); /* ends before bytes it has */
	assert_int_equal(h->outcome, CV_OUTCOME_DISCARDED);
	flow_harness_free(h);
}

static void test_too_large(void **state)
{
	static uint8_t ip[CV_DATAGRAM_MAX + 64];
	struct flow_harness *h = flow_harness_new(64, NULL);

	(void)state;
	fh_fragment(h, &flows[0], 7, ip, CV_DATAGRAM_MAX - 8, 16, true);
	assert_int_equal(h->outcome, CV_OUTCOME_DISCARDED);
	assert_int_equal(FLOW(h, FRAGMENTS_LOST), 1);
	flow_harness_free(h);
}

static void test_age(void **state)
{
	struct flow_harness *h = flow_harness_new(64, NULL);
	uint8_t ip[128];

	(void)state;
	datagram(&flows[0], ip);
	fh_fragment(h, &flows[0], 7, ip, 0, 32, true);
	h->now_ns += 29 * SECOND;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	assert_int_equal(FLOW(h, FRAGMENTS_LOST), 0);
	h->now_ns += 2 * SECOND;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	assert_int_equal(FLOW(h, FRAGMENTS_LOST), 1);
	fh_fragment(h, &flows[0], 7, ip, 32, 32, false);
	assert_int_equal(h->outcome, CV_OUTCOME_HELD);
	flow_harness_free(h);
}

static void test_table_full(void **state)
{
	struct flow_harness *h = flow_harness_new(64, NULL);
	uint8_t ip[128];

	(void)state;
	datagram(&flows[0], ip);
	for (uint32_t id = 0; id < CV_DATAGRAMS + 10; id++) {
		h->now_ns += 1000;
		fh_fragment(h, &flows[0], id, ip, 0, 32, true);
	}
	assert_int_equal(FLOW(h, FRAGMENTS_LOST), 10);
	fh_fragment(h, &flows[0], 3, ip, 32, 32, false); /* one of the oldest: gone */
	assert_int_equal(h->outcome, CV_OUTCOME_HELD);
	fh_fragment(h, &flows[0], CV_DATAGRAMS, ip, 32, 32, false);
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	flow_harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_networks_are_kept_apart),
		cmocka_unit_test(test_repeat_is_ignored),
		cmocka_unit_test(test_overlap_voids_the_datagram),
		cmocka_unit_test(test_two_ends_void_the_datagram),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_table_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
