/* SPDX-License-Identifier: Apache-2.0 */
/* Messages under constraints, protocol by protocol: what passes, what does not, and ways around. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/enforce_help.h"

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL, NULL})

/* ---- Modbus -------------------------------------------------------------------------------- */

static struct flow_harness *modbus(const char *const *pairs)
{
	return eh_new(&(struct eh_rule){
		.proto = CV_PROTO_MODBUS, .ip_proto = 6, .port = 502, .pairs = pairs});
}

/* One request on a connection of its own. */
static unsigned int modbus_asks(const char *const *pairs, const struct eh_bytes *b)
{
	struct flow_harness *h = modbus(pairs);
	struct eh_tcp c = eh_connect(h, 502);
	unsigned int reason = eh_send(&c, true, b->data, b->len);

	flow_harness_free(h);
	return reason;
}

#define MODBUS(want, pairs, ...)                                                                   \
	do {                                                                                       \
		struct eh_bytes bytes = {.len = 0};                                                \
		eh_modbus(&bytes, __VA_ARGS__);                                                    \
		assert_int_equal(modbus_asks(pairs, &bytes), want);                                \
	} while (0)

static void test_modbus(void **state)
{
	const char *const *p =
		PAIRS("read", "1-4/holding.0-9", "write", "1/holding.5", "write", "1/coil.0-15");

	MODBUS(0, p, 1, 3, 2, 0, 10);
	MODBUS(CV_REASON_APP_DENIED, p, 1, 3, 2, 0, 11);
	MODBUS(CV_REASON_APP_DENIED, p, 5, 3, 2, 0, 1);
	MODBUS(CV_REASON_APP_DENIED, p, 1, 4, 2, 0, 1);
	MODBUS(0, p, 1, 6, 2, 5, 99);
	MODBUS(CV_REASON_APP_DENIED, p, 1, 6, 2, 6, 99);
	MODBUS(CV_REASON_APP_DENIED, p, 2, 6, 2, 5, 99);
	MODBUS(CV_REASON_APP_DENIED, p, 0, 6, 2, 5, 99); /* broadcast */
	MODBUS(0, p, 1, 22, 3, 5, 0xff, 1); /* mask write */
	MODBUS(CV_REASON_APP_DENIED, p, 1, 22, 3, 4, 0xff, 1);
	MODBUS(0, p, 1, 5, 2, 15, 0xff00);
	MODBUS(CV_REASON_APP_DENIED, p, 1, 5, 2, 16, 0xff00);
	MODBUS(CV_REASON_APP_DENIED, p, 1, 8, 2, 0, 0); /* diagnostics touch no register */
	MODBUS(CV_REASON_APP_DENIED, p, 1, 90, 2, 0, 0); /* nor do makers' own functions */
	MODBUS(CV_REASON_APP_DENIED, p, 1, 17, 0);
	MODBUS(CV_REASON_APP_DENIED, p, 1, 24, 1, 0); /* the queue reaches beyond register 9 */
	MODBUS(CV_REASON_APP_DENIED, p, 1, 3, 2, 65535, 2); /* wraps around */
	MODBUS(CV_REASON_APP_DENIED, p, 1, 0x83, 2, 0, 1); /* an exception is no request */
}

/* Function 23 has a range to read and one to write: both count. */
static void test_modbus_read_write(void **state)
{
	const char *const *p = PAIRS("read", "holding.0-9", "write", "holding.100-109");
	static const struct {
		unsigned int read, write, want;
	} rows[] = {
		{0, 100, 0},
		{9, 100, CV_REASON_APP_DENIED},
		{0, 109, CV_REASON_APP_DENIED},
		{100, 0, CV_REASON_APP_DENIED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct eh_bytes b = {.len = 0};

		eh_modbus(&b, 1, 23, 4, rows[i].read, 2, rows[i].write, 2);
		b.data[5] += 5;
		eh_u8(&b, 4);
		eh_put(&b, "\0\1\0\2", 4);
		assert_int_equal(modbus_asks(p, &b), rows[i].want);
	}
}

/* Servers that trust the quantity and servers that trust the byte count would write differently. */
static void test_modbus_two_lengths(void **state)
{
	struct eh_bytes b = {.len = 0};

	eh_modbus(&b, 1, 16, 2, 0, 1);
	b.data[5] += 5;
	eh_u8(&b, 4);
	eh_put(&b, "\0\1\0\2", 4);
	assert_int_equal(modbus_asks(PAIRS("write", "holding.0-9"), &b), CV_REASON_APP_PROTO);
}

/* A request in the tail of another, for servers that go by the function's length. */
static void test_modbus_smuggled(void **state)
{
	struct eh_bytes b = {.len = 0}, inner = {.len = 0};

	eh_modbus(&inner, 1, 6, 2, 0, 1);
	eh_modbus(&b, 1, 3, 2, 0, 1);
	b.data[5] += (uint8_t)inner.len;
	eh_put(&b, inner.data, inner.len);
	assert_int_equal(modbus_asks(PAIRS("functions", "3"), &b), CV_REASON_APP_PROTO);
	b.len = 0;
	eh_modbus(&b, 1, 8, 2, 0, 0);
	b.data[5] += (uint8_t)inner.len;
	eh_put(&b, inner.data, inner.len);
	assert_int_equal(modbus_asks(PAIRS("functions", "8"), &b), CV_REASON_APP_PROTO);
}

/* Towards the service all is asked, also what could be an answer to what was asked before. */
static void test_modbus_disguised(void **state)
{
	struct flow_harness *h = eh_new(&(struct eh_rule){.proto = CV_PROTO_MODBUS,
							  .ip_proto = 17,
							  .port = 1502,
							  .pairs = PAIRS("read", "holding.0-9")});
	struct fh_flow f = {.client_port = CLIENT_PORT, .server_port = 1502, .client = 1};
	struct eh_bytes b = {.len = 0};

	eh_modbus(&b, 1, 6, 2, 50, 1);
	fh_udp(h, &f, false, b.data, b.len); /* "asked" by the server: nothing to be judged */
	fh_udp(h, &f, true, b.data, b.len);
	assert_int_equal(eh_dropped(h), CV_REASON_APP_DENIED);
	flow_harness_free(h);
}

static void test_not_the_protocol(void **state)
{
	struct eh_bytes b = {.len = 0};

	eh_put(&b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
	assert_int_equal(modbus_asks(PAIRS("functions", "3"), &b), CV_REASON_APP_PROTO);
	b.len = 0;
	eh_mqtt_connect(&b, 4, "x", NULL); /* another protocol that is known */
	assert_int_equal(modbus_asks(PAIRS("functions", "3"), &b), CV_REASON_APP_PROTO);
}

/* ---- MQTT ---------------------------------------------------------------------------------- */

static const char *const MQTT_PAIRS[] = {"publish", "up/%c/#", "subscribe", "down/%c/+",
					 "clients", "meter-*", NULL};

static struct flow_harness *mqtt(const char *const *pairs)
{
	return eh_new(&(struct eh_rule){
		.proto = CV_PROTO_MQTT, .ip_proto = 6, .port = 1883, .pairs = pairs});
}

static struct eh_tcp mqtt_connected(struct flow_harness *h, unsigned int level)
{
	struct eh_tcp c = eh_connect(h, 1883);
	struct eh_bytes b = {.len = 0};

	eh_mqtt_connect(&b, level, "meter-7", NULL);
	assert_int_equal(eh_send(&c, true, b.data, b.len), 0);
	return c;
}

static unsigned int mqtt_sends(const char *const *pairs, unsigned int level,
			       const struct eh_bytes *b, bool from_client)
{
	struct flow_harness *h = mqtt(pairs);
	struct eh_tcp c = mqtt_connected(h, level);
	unsigned int reason = eh_send(&c, from_client, b->data, b->len);

	flow_harness_free(h);
	return reason;
}

static unsigned int publishes(unsigned int level, const char *topic, bool from_client)
{
	struct eh_bytes b = {.len = 0};

	eh_mqtt_publish(&b, level, topic, 0, "21.5");
	return mqtt_sends(MQTT_PAIRS, level, &b, from_client);
}

static unsigned int subscribes(unsigned int level, const char *filter, const char *another)
{
	struct eh_bytes b = {.len = 0};

	eh_mqtt_subscribe(&b, level, filter, another);
	return mqtt_sends(MQTT_PAIRS, level, &b, true);
}

static void test_mqtt_topics(void **state)
{
	for (unsigned int level = 4; level <= 5; level++) {
		assert_int_equal(publishes(level, "up/meter-7/t", true), 0);
		assert_int_equal(publishes(level, "up/meter-8/t", true), CV_REASON_APP_DENIED);
		assert_int_equal(publishes(level, "down/meter-7/t", true), CV_REASON_APP_DENIED);
		assert_int_equal(publishes(level, "$SYS/x", true), CV_REASON_APP_DENIED);
		/* What the broker sends has to be what the client may read. */
		assert_int_equal(publishes(level, "down/meter-7/t", false), 0);
		assert_int_equal(publishes(level, "up/meter-7/t", false), CV_REASON_APP_DENIED);
		assert_int_equal(subscribes(level, "down/meter-7/+", NULL), 0);
		assert_int_equal(subscribes(level, "down/meter-7/#", NULL), CV_REASON_APP_DENIED);
		assert_int_equal(subscribes(level, "#", NULL), CV_REASON_APP_DENIED);
		assert_int_equal(subscribes(level, "down/meter-7/a", "down/+/a"),
				 CV_REASON_APP_DENIED);
		assert_int_equal(subscribes(level, "$share/g/down/meter-7/a", NULL), 0);
		assert_int_equal(subscribes(level, "$share/g/#", NULL), CV_REASON_APP_DENIED);
	}
}

static unsigned int connects(const char *const *pairs, unsigned int level, const char *client,
			     const char *will)
{
	struct flow_harness *h = mqtt(pairs);
	struct eh_tcp c = eh_connect(h, 1883);
	struct eh_bytes b = {.len = 0};
	unsigned int reason;

	eh_mqtt_connect(&b, level, client, will);
	reason = eh_send(&c, true, b.data, b.len);
	flow_harness_free(h);
	return reason;
}

static void test_mqtt_connect(void **state)
{
	for (unsigned int level = 4; level <= 5; level++) {
		assert_int_equal(connects(MQTT_PAIRS, level, "meter-9", NULL), 0);
		assert_int_equal(connects(MQTT_PAIRS, level, "pump-9", NULL), CV_REASON_APP_DENIED);
		assert_int_equal(connects(MQTT_PAIRS, level, "", NULL), CV_REASON_APP_DENIED);
		assert_int_equal(connects(MQTT_PAIRS, level, "meter-9", "up/meter-9/x"), 0);
		assert_int_equal(connects(MQTT_PAIRS, level, "meter-9", "up/meter-7/x"),
				 CV_REASON_APP_DENIED);
		/* The name must not turn the pattern of its own topics into one of all. */
		assert_int_equal(connects(MQTT_PAIRS, level, "meter-+", "up/meter-+/x"),
				 CV_REASON_APP_PROTO);
	}
}

/* A topic said once and meant ever after. */
static void test_mqtt_alias(void **state)
{
	static const struct {
		const char *first;
		unsigned int alias, used, want;
	} rows[] = {
		{"up/meter-7/t", 3, 3, 0},
		{"up/meter-7/t", 3, 4, CV_REASON_APP_DENIED}, /* never said */
		{"up/meter-7/t", 300, 300, CV_REASON_APP_DENIED}, /* not kept */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow_harness *h = mqtt(MQTT_PAIRS);
		struct eh_tcp c = mqtt_connected(h, 5);
		struct eh_bytes b = {.len = 0};

		eh_mqtt_publish(&b, 5, rows[i].first, rows[i].alias, "1");
		assert_int_equal(eh_send(&c, true, b.data, b.len), 0);
		b.len = 0;
		eh_mqtt_publish(&b, 5, "", rows[i].used, "2");
		assert_int_equal(eh_send(&c, true, b.data, b.len), rows[i].want);
		/* And it cannot be made to mean something else. */
		b.len = 0;
		eh_mqtt_publish(&b, 5, "up/meter-8/t", 3, "3");
		assert_int_equal(eh_send(&c, true, b.data, b.len), CV_REASON_APP_DENIED);
		flow_harness_free(h);
	}
}

/* Where all topics are allowed, one that cannot be known is none of them. */
static void test_mqtt_unknown_alias(void **state)
{
	struct eh_bytes b = {.len = 0};

	eh_mqtt_publish(&b, 5, "", 9, "2");
	assert_int_equal(mqtt_sends(PAIRS("publish", "#"), 5, &b, true), CV_REASON_APP_DENIED);
	b.len = 0;
	eh_mqtt_publish(&b, 5, "x", 9, "2");
	assert_int_equal(mqtt_sends(PAIRS("publish", "#"), 5, &b, true), 0);
}

static void test_mqtt_roles(void **state)
{
	struct flow_harness *h = mqtt(MQTT_PAIRS);
	struct eh_tcp c = eh_connect(h, 1883);
	struct eh_bytes b = {.len = 0};

	eh_mqtt_publish(&b, 4, "up/meter-7/t", 0, "1");
	assert_int_equal(eh_send(&c, true, b.data, b.len), CV_REASON_APP_PROTO); /* no CONNECT */
	flow_harness_free(h);
	b.len = 0;
	eh_mqtt_subscribe(&b, 4, "down/meter-7/a", NULL);
	assert_int_equal(mqtt_sends(MQTT_PAIRS, 4, &b, false), CV_REASON_APP_PROTO);
	b.len = 0;
	eh_put(&b, "\xd0\0", 2); /* PINGRESP from a client */
	assert_int_equal(mqtt_sends(MQTT_PAIRS, 4, &b, true), CV_REASON_APP_PROTO);
	b.len = 0;
	eh_put(&b, "\xc0\0", 2);
	assert_int_equal(mqtt_sends(PAIRS("packets", "connect"), 4, &b, true),
			 CV_REASON_APP_DENIED);
	assert_int_equal(mqtt_sends(PAIRS("packets", "connect", "packets", "pingreq"), 4, &b, true),
			 0);
}

/* More filters than the window holds: those behind it are not known. */
static void test_mqtt_large_subscribe(void **state)
{
	struct flow_harness *h = mqtt(MQTT_PAIRS);
	struct eh_tcp c = mqtt_connected(h, 4);
	struct eh_bytes b = {.len = 0};
	unsigned int reason = 0;

	eh_u8(&b, 0x82);
	eh_put(&b, "\x82\x27", 2); /* 4994 bytes: 2 and 312 filters of 16 */
	eh_u16(&b, 9);
	for (int i = 0; i < 312; i++) {
		eh_text(&b, "down/meter-7/");
		eh_u8(&b, 0);
	}
	for (size_t at = 0; reason == 0 && at < b.len; at += 1400)
		reason = eh_send(&c, true, b.data + at, b.len - at < 1400 ? b.len - at : 1400);
	assert_int_equal(reason, CV_REASON_APP_PROTO);
	flow_harness_free(h);
}

/* Of a large PUBLISH only the head is looked at: it decides, and the rest passes. */
static void test_mqtt_large_publish(void **state)
{
	for (int denied = 0; denied < 2; denied++) {
		struct flow_harness *h = mqtt(MQTT_PAIRS);
		struct eh_tcp c = mqtt_connected(h, 4);
		struct eh_bytes b = {.len = 0};
		unsigned int reason = 0;

		eh_u8(&b, 0x30);
		eh_put(&b, "\xb0\x36", 2); /* 6960 bytes */
		eh_text(&b, denied ? "up/meter-8/blob" : "up/meter-7/blob");
		b.len = 3 + 6960;
		memset(b.data + 20, 'x', b.len - 20);
		for (size_t at = 0; reason == 0 && at < b.len; at += 1400)
			reason = eh_send(&c, true, b.data + at,
					 b.len - at < 1400 ? b.len - at : 1400);
		assert_int_equal(reason, denied ? CV_REASON_APP_DENIED : 0);
		flow_harness_free(h);
	}
}

/* ---- CoAP ---------------------------------------------------------------------------------- */

static unsigned int coap_sends(const char *const *pairs, const struct eh_bytes *b, bool from_client)
{
	struct flow_harness *h = eh_new(&(struct eh_rule){
		.proto = CV_PROTO_COAP, .ip_proto = 17, .port = 5683, .pairs = pairs});
	struct fh_flow f = {.client_port = 40000, .server_port = 5683, .client = 1};
	unsigned int reason;

	fh_udp(h, &f, from_client, b->data, b->len);
	reason = eh_dropped(h);
	flow_harness_free(h);
	return reason;
}

#define COAP(want, from_client, ...)                                                               \
	do {                                                                                       \
		struct eh_bytes bytes = {.len = 0};                                                \
		eh_coap(&bytes, __VA_ARGS__);                                                      \
		assert_int_equal(coap_sends(PAIRS("methods", "get", "methods", "put", "paths",     \
						  "s/+/t", "paths", "open/#"),                     \
					    &bytes, from_client),                                  \
				 want);                                                            \
	} while (0)

static void test_coap(void **state)
{
	COAP(0, true, 1, 0, 3, "s", "7", "t");
	COAP(0, true, 3, 0, 1, "open");
	COAP(CV_REASON_APP_DENIED, true, 2, 0, 1, "open"); /* POST */
	COAP(CV_REASON_APP_DENIED, true, 4, 0, 1, "open"); /* DELETE */
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 2, "s", "7");
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 0); /* the root */
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 1, "s/7/t"); /* one segment is not three */
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 3, "s", "..", "t");
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 3, "s", "", "t");
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 3, "s", "7%2Fx", "t");
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 3, "open", "..", "admin");
	COAP(CV_REASON_APP_DENIED, true, 1, 0, 3, "", "open", "x");
	COAP(CV_REASON_APP_DENIED, true, 1, 39, 1, "open"); /* for a proxy */
	COAP(CV_REASON_APP_DENIED, true, 1, 35, 1, "open");
	COAP(CV_REASON_APP_DENIED, true, 2, 9, 1, "open"); /* OSCORE: what it asks is hidden */
	COAP(0, true, 0, 0, 0); /* ping */
	COAP(0, false, 0x45, 0, 0); /* 2.05 */
	/* CoAP has no server's end: a request that comes back is a request. */
	COAP(CV_REASON_APP_DENIED, false, 4, 0, 1, "open");
	COAP(0, false, 1, 0, 1, "open");
}

static void test_coap_malformed(void **state)
{
	struct eh_bytes b = {.len = 0};

	eh_put(&b, "\x40\x01\0\7\xff", 5);
	assert_int_equal(coap_sends(PAIRS("paths", "#"), &b, true), CV_REASON_APP_PROTO);
	b.len = 0;
	eh_put(&b, "##0101QN=2016", 13); /* looks like another protocol */
	assert_int_equal(coap_sends(PAIRS("paths", "#"), &b, true), CV_REASON_APP_PROTO);
}

/* ---- HJ 212 -------------------------------------------------------------------------------- */

static struct flow_harness *hj212(const char *const *pairs, uint8_t flags)
{
	return eh_new(&(struct eh_rule){.proto = CV_PROTO_HJ212,
					.ip_proto = 6,
					.port = 9000,
					.like = {.flags = flags},
					.pairs = pairs,
					.identity = "88888880000001"});
}

static unsigned int hj212_sends(uint8_t flags, uint8_t vlan, const char *segment, bool from_client)
{
	struct flow_harness *h =
		hj212(PAIRS("commands", "2011", "commands", "9014", "answers", "9014"), flags);
	struct fh_flow f = {.client_port = 40000, .server_port = 9000, .client = 1, .vlan = vlan};
	struct eh_bytes b = {.len = 0};
	unsigned int reason;

	eh_hj212(&b, segment);
	fh_tcp(h, &f, true, FH_SYN, 500, 0, NULL, 0);
	fh_tcp(h, &f, false, FH_SYN | FH_ACK, 90000, 501, NULL, 0);
	fh_tcp(h, &f, from_client, FH_ACK, from_client ? 501 : 90001, from_client ? 90001 : 501,
	       b.data, b.len);
	reason = eh_dropped(h);
	flow_harness_free(h);
	return reason;
}

static void test_hj212(void **state)
{
	static const char up[] = "ST=32;CN=2011;PW=1;MN=9;CP=&&DataTime=20160801085857&&";
	static const char set[] = "ST=32;CN=1012;PW=1;MN=9;CP=&&&&";
	static const char ack[] = "ST=91;CN=9014;PW=1;MN=9;CP=&&&&";
	static const char twice[] = "ST=32;CN=2011;CN=1012;PW=1;MN=9;CP=&&&&";
	static const char disguised[] = "ST=32;cn=1012;CN=2011;PW=1;MN=9;CP=&&&&";

	assert_int_equal(hj212_sends(0, 0, up, true), 0);
	assert_int_equal(hj212_sends(0, 0, set, true), CV_REASON_APP_DENIED);
	assert_int_equal(hj212_sends(0, 0, ack, false), 0);
	assert_int_equal(hj212_sends(0, 0, set, false), CV_REASON_APP_DENIED);
	assert_int_equal(hj212_sends(0, 0, up, false), CV_REASON_APP_DENIED); /* not an answer */
	assert_int_equal(hj212_sends(0, 0, twice, true), CV_REASON_APP_PROTO);
	assert_int_equal(hj212_sends(0, 0, disguised, true), CV_REASON_APP_PROTO);
}

static void test_identity(void **state)
{
	static const char bound[] = "ST=32;CN=2011;PW=1;MN=88888880000001;CP=&&&&";
	static const char other[] = "ST=32;CN=2011;PW=1;MN=88888880000002;CP=&&&&";

	assert_int_equal(hj212_sends(0, 7, bound, true), 0);
	assert_int_equal(hj212_sends(0, 8, bound, true), CV_REASON_SPOOF);
	assert_int_equal(hj212_sends(0, 8, other, true), 0);
	assert_int_equal(hj212_sends(CV_APP_BOUND_ONLY, 7, bound, true), 0);
	assert_int_equal(hj212_sends(CV_APP_BOUND_ONLY, 7, other, true), CV_REASON_APP_DENIED);
}

/* Bindings hold under every rule that inspects, constraints or not. */
static void test_identity_without_constraints(void **state)
{
	static const char bound[] = "ST=32;CN=2011;PW=1;MN=88888880000001;CP=&&&&";
	struct flow_harness *h = hj212(NULL, 0);
	struct fh_flow f = {.client_port = 40000, .server_port = 9001, .client = 1, .vlan = 7};
	struct eh_bytes b = {.len = 0};

	eh_hj212(&b, bound);
	fh_tcp(h, &f, true, FH_ACK, 1, 1, b.data, b.len);
	assert_int_equal(eh_dropped(h), 0);
	f.vlan = 8;
	fh_tcp(h, &f, true, FH_ACK, 1, 1, b.data, b.len);
	assert_int_equal(eh_dropped(h), CV_REASON_SPOOF);
	fh_tcp(h, &f, true, FH_ACK, 1, 1, b.data, b.len); /* again */
	assert_int_equal(eh_dropped(h), CV_REASON_SPOOF);
	assert_int_equal(h->record[h->records - 1].head.lane, CV_LANE_SECURITY);
	flow_harness_free(h);
}

/* A device is counted by what it calls itself where that is vouched for, wherever it sends from. */
static void test_rate_of_identity(void **state)
{
	static const char bound[] = "ST=32;CN=2011;PW=1;MN=88888880000001;CP=&&&&";
	struct flow_harness *h = eh_new(&(struct eh_rule){.proto = CV_PROTO_HJ212,
							  .ip_proto = 17,
							  .port = 9000,
							  .like = {.flags = CV_APP_RATE_SENDER,
								   .meter = 1,
								   .cost = 500000000ull << 6,
								   .burst = 2000000000ull << 6},
							  .identity = "88888880000001"});
	struct fh_flow f = {.client_port = 40000, .server_port = 9000, .client = 1, .vlan = 7};
	struct eh_bytes b = {.len = 0};

	h->mono_ns = 10000000000ull;
	eh_hj212(&b, bound);
	for (int i = 0; i < 4; i++) {
		fh_udp(h, &f, true, b.data, b.len);
		assert_int_equal(eh_dropped(h), 0);
	}
	f.client = 2;
	fh_udp(h, &f, true, b.data, b.len); /* who it is is known only now */
	assert_int_equal(eh_dropped(h), 0);
	fh_udp(h, &f, true, b.data, b.len);
	assert_int_equal(eh_dropped(h), CV_REASON_RATE_MESSAGES);
	flow_harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modbus),
		cmocka_unit_test(test_modbus_read_write),
		cmocka_unit_test(test_modbus_two_lengths),
		cmocka_unit_test(test_modbus_smuggled),
		cmocka_unit_test(test_modbus_disguised),
		cmocka_unit_test(test_not_the_protocol),
		cmocka_unit_test(test_mqtt_topics),
		cmocka_unit_test(test_mqtt_connect),
		cmocka_unit_test(test_mqtt_alias),
		cmocka_unit_test(test_mqtt_unknown_alias),
		cmocka_unit_test(test_mqtt_roles),
		cmocka_unit_test(test_mqtt_large_subscribe),
		cmocka_unit_test(test_mqtt_large_publish),
		cmocka_unit_test(test_coap),
		cmocka_unit_test(test_coap_malformed),
		cmocka_unit_test(test_hj212),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_identity_without_constraints),
		cmocka_unit_test(test_rate_of_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
