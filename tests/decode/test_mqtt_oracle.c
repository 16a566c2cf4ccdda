/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mosquitto's own conformance data as oracle: 3,484 packets, each with what the broker did at the
 * end of its sequence. Where a watcher of the wire judges otherwise than a broker, the class of
 * the disagreement is named here and its count is fixed: a new one is a failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/mqtt_test.h"

#define FIELDS 7
enum field { VERSION, DIRECTION, VERDICT, CONNECTED, SOURCE, NAME, HEX };

/* Accepted by us although the broker disconnects in the end. */
static struct {
	const char *part; /* of the case's name */
	const char *why;
	unsigned int count, want;
} classes[] = {
	{"[MQTT-3.1.0-1]", "no CONNECT before it: to us the flow is in mid-stream", 0, 30},
	{" U+00", "control character in a string: 1.5.4 only warns of it", 0, 32},
	{" 0x00", "control character in the user name: as above", 0, 8},
	{"non-zero session expiry", "refused for what CONNECT said: a matter of the session", 0, 2},
	{"DISCONNECT", "orderly end: the broker closes because it is asked to", 0, 28},
	{"FLOW / QoS", "acknowledgement of the wrong QoS's flow: no matter of syntax", 0, 22},
	{"QoS 2 Dup flow", "the fourth repetition ends it, these are the first three", 0, 6},
	{"[MQTT-3.1.0-2] #0", "first of two CONNECTs: the second is the wrong one", 0, 1},
	{"[MQTT-3.1.0-2] #2", "second CONNECT, given to a new flow by this test", 0, 1},
	{"empty client ID", "refused by CONNACK 2, which is an answer and not a parse error", 0, 2},
	{"tiny max packet", "the broker cannot answer in two bytes", 0, 1},
	{"unsupported authentication method", "broker configuration", 0, 1},
	{"payload-format-indicator=2", "undefined value, which older brokers passed on", 0, 1},
	{"topic alias > max", "the broker's limit, not known from this packet", 0, 1},
	{"(two byte integer) no topic", "alias never set: flagged unpaired", 0, 1},
	{"AUTH / F0 long", "no method was agreed on: a matter of the session", 0, 1},
};

static unsigned int rows, accepted, rejected, replies;

static void classify(char *const *f)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strstr(f[NAME], classes[i].part)) {
			classes[i].count++;
			return;
		}
	}
	fail_msg("%s: the broker disconnects, we accept %s", f[NAME], f[HEX]);
}

static void judge(void *arg, char *const *f)
{
	bool from_client = strcmp(f[DIRECTION], "c2s") == 0;
	bool broker_accepts = strcmp(f[VERDICT], "accepted") == 0;
	struct decode_run *r = mqtt_run();
	bool ok;

	if (strcmp(f[CONNECTED], "True") == 0)
		mqtt_connect(r, atoi(f[VERSION]));
	decode_segment_hex(r, from_client, f[HEX]);
	if (r->messages == 0 && r->rejected == 0)
		decode_segment_hex(r, from_client, "00"); /* ends inside its length */
	ok = r->rejected == 0 && r->messages == 1 && decode_pending(r, from_client) == 0;
	if (!ok && r->rejected == 0)
		fail_msg("%s: neither accepted nor rejected %s", f[NAME], f[HEX]);
	if (!ok && (broker_accepts || !from_client))
		fail_msg("%s: we reject %s as %s", f[NAME], f[HEX], cv_reject_name(r->reject[0]));
	if (!from_client)
		replies++; /* the verdict is on the client; what the broker sends is right */
	else if (ok && !broker_accepts)
		classify(f);
	else
		*(ok ? &accepted : &rejected) += 1;
	rows++;
	decode_run_free(r);
}

static void test_verdicts(void **state)
{
	unsigned int wrong = 0;

	if (decode_vectors("mqtt_mosquitto.tsv", FIELDS, judge, NULL) == 0)
		skip();
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].count == classes[i].want)
			continue;
		print_error("%u, not %u: %s\n", classes[i].count, classes[i].want, classes[i].why);
		wrong++;
	}
	print_message("%u packets: %u accepted and %u rejected as by the broker, %u replies\n",
		      rows, accepted, rejected, replies);
	assert_int_equal(rows, 3484);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_verdicts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
