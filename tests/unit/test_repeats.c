/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that were delivered before: the memory of them, and the pipeline of each protocol that asks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/normalize/repeats.h"
#include "tests/unit/enforce_help.h"

#define SECOND 1000000000ll

static void test_memory(void **state)
{
	struct cv_repeats r = {0};

	assert_false(cv_repeated(NULL, 1, SECOND));
	assert_int_equal(cv_repeats_setup(&r, 64, 7), 0);
	assert_false(cv_repeated(&r, 5, SECOND));
	assert_true(cv_repeated(&r, 5, SECOND));
	assert_false(cv_repeated(&r, 0, SECOND)); /* a print like any other */
	assert_true(cv_repeated(&r, 0, SECOND));
	assert_int_equal(r.found, 2);
	r.now_ns = SECOND; /* its lifetime is over */
	assert_false(cv_repeated(&r, 5, SECOND));
	cv_repeats_settle(&r, true);
	cv_repeat_begin(&r, 5, 3 * SECOND);
	cv_repeats_settle(&r, true);
	r.now_ns += 2 * SECOND;
	assert_true(cv_repeated(&r, 5, SECOND));
	cv_repeats_release(&r);
}

static void test_not_delivered(void **state)
{
	struct cv_repeats r = {0};
	struct cv_repeats_mark mark;

	assert_int_equal(cv_repeats_setup(&r, 256, 7), 0);
	cv_repeated(&r, 1, SECOND);
	mark = cv_repeats_mark(&r);
	cv_repeated(&r, 2, SECOND);
	cv_repeated(&r, 3, SECOND);
	cv_repeats_back(&r, mark);
	cv_repeats_settle(&r, true);
	assert_true(cv_repeated(&r, 1, SECOND));
	/* Nor is a repeat one where the message is refused after all. */
	mark = cv_repeats_mark(&r);
	assert_true(cv_repeated(&r, 1, SECOND));
	cv_repeats_back(&r, mark);
	assert_int_equal(r.found, 1);
	assert_false(cv_repeated(&r, 2, SECOND));
	cv_repeats_settle(&r, false);
	assert_false(cv_repeated(&r, 2, SECOND));
	/* More than can wait are not remembered, and none is taken for a repeat. */
	for (uint64_t i = 0; i < 2 * CV_REPEATS_PENDING; i++)
		assert_false(cv_repeated(&r, 100 + i, SECOND));
	cv_repeats_settle(&r, false);
	for (uint64_t i = 0; i < 2 * CV_REPEATS_PENDING; i++)
		assert_false(cv_repeated(&r, 100 + i, SECOND));
	cv_repeats_release(&r);
}

/* A full set forgets what would end first; nothing new is lost. */
static void test_crowded(void **state)
{
	struct cv_repeats r = {0};

	assert_int_equal(cv_repeats_setup(&r, CV_REPEAT_WAYS, 7), 0);
	for (uint64_t i = 1; i <= CV_REPEAT_WAYS + 1; i++)
		assert_false(cv_repeated(&r, i, (int64_t)(10 + i) * SECOND));
	cv_repeats_settle(&r, true);
	assert_int_equal(r.crowded, 1);
	assert_true(cv_repeated(&r, CV_REPEAT_WAYS + 1, SECOND));
	assert_true(cv_repeated(&r, 2, SECOND));
	assert_false(cv_repeated(&r, 1, SECOND));
	cv_repeats_release(&r);
}

/* Every bit of a message and its length tell in its print. */
static void test_print(void **state)
{
	uint8_t data[40] = {0};
	uint64_t seen[40 * 8 + 41], n = 0;

	for (size_t len = 0; len <= sizeof(data); len++)
		seen[n++] = cv_print_add(99, data, len);
	for (size_t bit = 0; bit < sizeof(data) * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		seen[n++] = cv_print_add(99, data, sizeof(data));
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (uint64_t i = 0; i < n; i++)
		for (uint64_t k = 0; k < i; k++)
			assert_true(seen[i] != seen[k]);
	assert_true(cv_print_add(98, data, sizeof(data)) != cv_print_add(99, data, sizeof(data)));
}

/* What the pipeline made of all so far. */
static void made(const struct flow_harness *h, unsigned int proto, uint64_t messages,
		 uint64_t repeated, size_t records)
{
	assert_int_equal(h->counters.messages[proto], messages);
	assert_int_equal(h->counters.repeated[proto], repeated);
	assert_int_equal(h->records, records);
}

/* A request that carries a value. */
static void post(struct eh_bytes *b, unsigned int code)
{
	b->len = 0;
	eh_coap(b, code, 0, 1, "t");
	eh_put(b,
	       "\xff"
	       "21.5",
	       5);
}

static void test_coap(void **state)
{
	struct flow_harness *h = flow_harness_new(64, NULL);
	struct fh_flow f = {.client_port = 40000, .server_port = 5683, .client = 1};
	struct eh_bytes b = {.len = 0};

	post(&b, 2);
	fh_udp(h, &f, true, b.data, b.len);
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	h->now_ns += 4 * SECOND; /* nobody acknowledged it */
	fh_udp(h, &f, true, b.data, b.len);
	assert_int_equal(h->outcome, CV_OUTCOME_REPEATED);
	made(h, CV_PROTO_COAP, 2, 1, 1);
	f.client = 2; /* another device with the same id */
	fh_udp(h, &f, true, b.data, b.len);
	f.client = 1;
	b.data[3]++;
	fh_udp(h, &f, true, b.data, b.len);
	b.data[3]--;
	made(h, CV_PROTO_COAP, 4, 1, 3);
	h->now_ns += 247 * SECOND; /* EXCHANGE_LIFETIME: the id may be used again */
	fh_udp(h, &f, true, b.data, b.len);
	made(h, CV_PROTO_COAP, 5, 1, 4);
	flow_harness_free(h);
}

/* A station that comes back on another connection sends what was not answered again. */
static void test_hj212(void **state)
{
	static const char numbered[] = "QN=20240101000000001;ST=22;CN=2011;PW=1;MN=A1;Flag=5;"
				       "CP=&&DataTime=20240101000000;a01001-Rtd=1.5&&",
			  other[] = "QN=20240101000000002;ST=22;CN=2011;PW=1;MN=A1;Flag=5;"
				    "CP=&&DataTime=20240101000000;a01001-Rtd=1.5&&",
			  bare[] = "ST=22;CN=2011;PW=1;MN=A1;CP=&&a01001-Rtd=1.5&&";
	struct flow_harness *h = flow_harness_new(64, NULL);
	struct eh_tcp c = eh_connect(h, 7000);
	struct eh_bytes b = {.len = 0};

	eh_hj212(&b, numbered);
	eh_send(&c, true, b.data, b.len);
	c = eh_connect_at(h, 7000, 70000);
	eh_send(&c, true, b.data, b.len);
	made(h, CV_PROTO_HJ212, 2, 1, 1);
	b.len = 0;
	eh_hj212(&b, other);
	eh_hj212(&b, bare); /* without a number nobody can tell */
	eh_hj212(&b, bare);
	eh_send(&c, true, b.data, b.len);
	made(h, CV_PROTO_HJ212, 5, 1, 4);
	flow_harness_free(h);
}

/* A PUBLISH with QoS 1. */
static void publish(struct eh_bytes *b, unsigned int head, unsigned int id, const char *payload)
{
	struct eh_bytes body = {.len = 0};

	eh_text(&body, "a/b");
	eh_u16(&body, id);
	eh_put(&body, payload, strlen(payload));
	b->len = 0;
	eh_mqtt(b, head, &body);
}

static void test_mqtt(void **state)
{
	struct flow_harness *h = flow_harness_new(64, NULL);
	struct eh_tcp c = eh_connect(h, 1883);
	struct eh_bytes b = {.len = 0};
	size_t session;

	eh_mqtt_connect(&b, 4, "dev1", NULL);
	eh_send(&c, true, b.data, b.len);
	session = h->records;
	publish(&b, 0x32, 5, "21.5");
	eh_send(&c, true, b.data, b.len);
	publish(&b, 0x3a, 5, "21.5"); /* DUP */
	eh_send(&c, true, b.data, b.len);
	made(h, CV_PROTO_MQTT, 3, 1, session + 1);
	publish(&b, 0x32, 5, "21.5"); /* the id is free again: a new message */
	eh_send(&c, true, b.data, b.len);
	publish(&b, 0x3a, 6, "21.5"); /* DUP, but the first one did not come by */
	eh_send(&c, true, b.data, b.len);
	made(h, CV_PROTO_MQTT, 5, 1, session + 3);
	c = eh_connect_at(h, 1883, 70000); /* 4.4: again on the next connection */
	b.len = 0;
	eh_mqtt_connect(&b, 4, "dev1", NULL);
	eh_send(&c, true, b.data, b.len);
	publish(&b, 0x3a, 6, "21.5");
	eh_send(&c, true, b.data, b.len);
	made(h, CV_PROTO_MQTT, 7, 2, 2 * session + 3);
	flow_harness_free(h);
}

/* What the policy did not let through has not been delivered. */
static void test_denied(void **state)
{
	static const char *const pairs[] = {"methods", "post", NULL};
	struct flow_harness *h = eh_new(&(struct eh_rule){
		.proto = CV_PROTO_COAP, .ip_proto = 17, .port = 5683, .pairs = pairs});
	struct fh_flow f = {.client_port = 40000, .server_port = 5683, .client = 1};
	struct eh_bytes b = {.len = 0};

	post(&b, 3);
	for (int i = 0; i < 2; i++) {
		fh_udp(h, &f, true, b.data, b.len);
		assert_int_equal(eh_dropped(h), CV_REASON_APP_DENIED);
		assert_int_equal(h->counters.repeated[CV_PROTO_COAP], 0);
	}
	post(&b, 2);
	for (uint64_t i = 0; i < 2; i++) {
		fh_udp(h, &f, true, b.data, b.len);
		assert_int_equal(eh_dropped(h), 0);
		assert_int_equal(h->counters.repeated[CV_PROTO_COAP], i);
	}
	flow_harness_free(h);
}

/* What found no memory has not been delivered either. */
static void test_shed(void **state)
{
	struct flow_harness *h = flow_harness_new(64, NULL);
	struct fh_flow f = {.client_port = 40000, .server_port = 5683, .client = 1};
	struct eh_bytes b = {.len = 0};

	post(&b, 2);
	fh_udp(h, &f, true, b.data, b.len);
	h->full = true;
	b.data[3]++;
	fh_udp(h, &f, true, b.data, b.len);
	assert_int_equal(h->records, 1);
	h->full = false;
	fh_udp(h, &f, true, b.data, b.len);
	made(h, CV_PROTO_COAP, 3, 0, 2);
	flow_harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),	cmocka_unit_test(test_not_delivered),
		cmocka_unit_test(test_crowded), cmocka_unit_test(test_print),
		cmocka_unit_test(test_coap),	cmocka_unit_test(test_hj212),
		cmocka_unit_test(test_mqtt),	cmocka_unit_test(test_denied),
		cmocka_unit_test(test_shed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
