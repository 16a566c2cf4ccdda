/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints and bindings on what a fire-alarm unit and its centre say, through the whole pipeline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/enforce_help.h"

#define UNIT 0x379

/* A frame with one data unit; the address is the unit's, at the end that is told. */
static void frame(struct eh_bytes *b, unsigned int command, const void *app, size_t len,
		  unsigned int unit, bool up)
{
	uint8_t head[27] = {'@', '@', 1, 0, 1, 1, 0x20, 0x3a, 9, 0x1a, 9, 12};
	uint8_t *address = head + (up ? 12 : 18);
	unsigned int sum = 0;

	address[0] = (uint8_t)unit;
	address[1] = (uint8_t)(unit >> 8);
	head[24] = (uint8_t)len;
	head[26] = (uint8_t)command;
	b->len = 0;
	eh_put(b, head, sizeof(head));
	eh_put(b, app, len);
	for (size_t i = 2; i < b->len; i++)
		sum += b->data[i];
	eh_u8(b, (uint8_t)sum);
	eh_put(b, "##", 2);
}

static unsigned int sends(uint8_t flags, uint8_t vlan, const struct eh_bytes *b, bool from_client)
{
	static const char *const pairs[] = {
		"messages", "send-component-state",
		"messages", "heartbeat",
		"messages", "3000",
		"answers",  "confirm",
		"answers",  "4061-4091",
		NULL,
	};
	struct flow_harness *h = eh_new(&(struct eh_rule){.proto = CV_PROTO_GB26875,
							  .ip_proto = 6,
							  .port = 5200,
							  .like = {.flags = flags},
							  .pairs = pairs,
							  .identity = "000000000379"});
	struct fh_flow f = {.client_port = 40000, .server_port = 5200, .client = 1, .vlan = vlan};
	unsigned int reason;

	fh_tcp(h, &f, true, FH_SYN, 500, 0, NULL, 0);
	fh_tcp(h, &f, false, FH_SYN | FH_ACK, 90000, 501, NULL, 0);
	fh_tcp(h, &f, from_client, FH_ACK, from_client ? 501 : 90001, from_client ? 90001 : 501,
	       b->data, b->len);
	reason = eh_dropped(h);
	flow_harness_free(h);
	return reason;
}

/* One component's state; blanks for its description. */
static size_t component_state(uint8_t *app)
{
	memset(app, ' ', 48);
	memcpy(app, (uint8_t[]){2, 1, 1, 1, 40, 10, 0, 2, 0, 2, 0}, 11);
	memcpy(app + 42, (uint8_t[]){2, 0x3a, 9, 0x1a, 9, 12}, 6);
	return 48;
}

static void test_messages(void **state)
{
	static const uint8_t initialize[] = {89, 1, 0}, read_state[] = {81, 1, 0};
	struct eh_bytes b;
	uint8_t app[48];
	size_t len = component_state(app);

	frame(&b, 2, app, len, UNIT + 1, true);
	assert_int_equal(sends(0, 0, &b, true), 0);
	frame(&b, 2, NULL, 0, UNIT + 1, true);
	assert_int_equal(sends(0, 0, &b, true), 0);
	frame(&b, 5, app, len, UNIT + 1, true); /* nobody asked: 5002 is not listed */
	assert_int_equal(sends(0, 0, &b, true), CV_REASON_APP_DENIED);
	frame(&b, 4, read_state, sizeof(read_state), UNIT + 1, false);
	assert_int_equal(sends(0, 0, &b, false), 0);
	frame(&b, 1, initialize, sizeof(initialize), UNIT + 1, false);
	assert_int_equal(sends(0, 0, &b, false), CV_REASON_APP_DENIED);
	frame(&b, 3, NULL, 0, UNIT + 1, false);
	assert_int_equal(sends(0, 0, &b, false), 0);
	/* A standard type that is not as the standard has it. */
	frame(&b, 2, app, len - 1, UNIT + 1, true);
	assert_int_equal(sends(0, 0, &b, true), CV_REASON_APP_PROTO);
	assert_int_equal(sends(CV_APP_MALFORMED_PASS, 0, &b, true), 0);
}

static void test_identity(void **state)
{
	struct eh_bytes b;
	uint8_t app[48];
	size_t len = component_state(app);

	frame(&b, 2, app, len, UNIT, true);
	assert_int_equal(sends(0, 7, &b, true), 0);
	assert_int_equal(sends(0, 8, &b, true), CV_REASON_SPOOF);
	frame(&b, 2, app, len, 0, true); /* no address */
	assert_int_equal(sends(0, 8, &b, true), 0);
	assert_int_equal(sends(CV_APP_BOUND_ONLY, 8, &b, true), CV_REASON_APP_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
