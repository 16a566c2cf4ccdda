/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints and TCP: what a sender can do to a stream must not change what is decided of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/enforce_help.h"

#define SYN FH_SYN
#define ACK FH_ACK
#define URG 0x20

static const char *const READ_0_9[] = {"read", "holding.0-9", NULL};

static struct flow_harness *modbus(struct cv_app like)
{
	return eh_new(&(struct eh_rule){.proto = CV_PROTO_MODBUS,
					.ip_proto = 6,
					.port = 502,
					.like = like,
					.pairs = READ_0_9});
}

static struct flow_harness *plain(void)
{
	return modbus((struct cv_app){.flags = 0});
}

static struct eh_bytes request(unsigned int address)
{
	struct eh_bytes b = {.len = 0};

	eh_modbus(&b, 1, 3, 2, address, 1);
	return b;
}

/* From the client at @p seq, whatever that is. */
static unsigned int send_at(struct eh_tcp *c, uint32_t seq, const void *data, size_t len)
{
	fh_tcp(c->h, &c->f, true, ACK, seq, c->seq[0], data, len);
	return eh_dropped(c->h);
}

static unsigned int send_flags(struct eh_tcp *c, bool from_client, unsigned int flags,
			       const void *data, size_t len)
{
	fh_tcp(c->h, &c->f, from_client, (uint8_t)flags, c->seq[from_client], c->seq[!from_client],
	       data, len);
	return eh_dropped(c->h);
}

/* Once refused, nothing more gets through in that direction until the connection ends. */
static void test_stays_denied(void **state)
{
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes good = request(0), bad = request(50), answer = {.len = 0};

	assert_int_equal(eh_send(&c, true, good.data, good.len), 0);
	assert_int_equal(eh_send(&c, true, bad.data, bad.len), CV_REASON_APP_DENIED);
	assert_int_equal(send_at(&c, c.seq[1], bad.data, bad.len), CV_REASON_APP_DENIED);
	assert_int_equal(send_at(&c, c.seq[1], good.data, good.len), CV_REASON_APP_DENIED);
	assert_int_equal(send_at(&c, c.seq[1] + 12, good.data, good.len), CV_REASON_APP_DENIED);
	assert_int_equal(send_at(&c, c.seq[1] + 900, good.data, 1), CV_REASON_APP_DENIED);
	assert_int_equal(send_flags(&c, true, ACK, NULL, 0), 0);
	/* The other direction goes on. */
	eh_modbus(&answer, 1, 3, 0);
	answer.data[5] = 5;
	eh_put(&answer, "\2\0\1", 3);
	assert_int_equal(eh_send(&c, false, answer.data, answer.len), 0);
	assert_int_equal(send_flags(&c, true, FH_FIN | ACK, NULL, 0), 0);
	assert_int_equal(h->counters.reason[CV_REASON_APP_DENIED], 5);
	/* A new connection begins anew. */
	c = eh_connect_at(h, 502, 70000);
	assert_int_equal(eh_send(&c, true, good.data, good.len), 0);
	flow_harness_free(h);
}

/* One allowed and one denied message in one segment: nothing of it has happened. */
static void test_pipelined(void **state)
{
	struct flow_harness *h = eh_new(
		&(struct eh_rule){.proto = CV_PROTO_MODBUS,
				  .ip_proto = 6,
				  .port = 502,
				  .pairs = (const char *const[]){"write", "holding.0-9", NULL}});
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes b = {.len = 0};

	eh_modbus(&b, 1, 6, 2, 1, 11);
	assert_int_equal(eh_send(&c, true, b.data, b.len), 0);
	eh_modbus(&b, 1, 6, 2, 50, 12);
	assert_int_equal(eh_send(&c, true, b.data, b.len), CV_REASON_APP_DENIED);
	assert_int_equal(h->records, 4);
	assert_int_equal(h->record[0].head.kind, CV_KIND_COMMAND);
	assert_int_equal(h->record[0].head.lane, CV_LANE_STATUS);
	assert_int_equal(h->record[0].head.flags & CV_FLAG_DENIED, 0);
	assert_int_equal(h->record[1].head.kind, CV_KIND_ANOMALY);
	assert_int_equal(h->record[1].head.rule, RULE);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(h->record[i].head.lane, CV_LANE_SECURITY);
		assert_true(h->record[i].head.flags & CV_FLAG_DENIED);
	}
	assert_int_equal(cv_record_tlv(&h->record[1].head, CV_TLV_NAME).len, 10);
	assert_memory_equal(cv_record_tlv(&h->record[1].head, CV_TLV_CODE).data, "holding.50", 10);
	assert_memory_equal(cv_record_tlv(&h->record[1].head, CV_TLV_METHOD).data, "write", 5);
	flow_harness_free(h);
}

/* A connection that was not seen from its start could be anywhere in a message. */
static void test_no_beginning(void **state)
{
	struct eh_bytes good = request(0);
	struct flow_harness *h = plain();
	struct eh_tcp c = {
		h, {.client_port = CLIENT_PORT, .server_port = 502, .client = 1}, {90001, 501}};

	assert_int_equal(eh_send(&c, true, good.data, good.len), CV_REASON_APP_UNJUDGED);
	send_flags(&c, true, SYN, NULL,
		   0); /* the server knows the connection: it does not answer */
	c.seq[1]++;
	assert_int_equal(eh_send(&c, true, good.data, good.len), CV_REASON_APP_UNJUDGED);
	flow_harness_free(h);
	h = plain();
	c.h = h;
	assert_int_equal(send_flags(&c, true, SYN, good.data, good.len), CV_REASON_APP_UNJUDGED);
	flow_harness_free(h);
	h = plain();
	c = eh_connect(h, 502);
	c.seq[1]--; /* the first SYN again, this time with data */
	assert_int_equal(send_flags(&c, true, SYN, good.data, good.len), CV_REASON_APP_UNJUDGED);
	flow_harness_free(h);
}

/* The client plays the server's part, too; but its frames come in where it is. */
static void test_forged_handshake(void **state)
{
	struct eh_bytes good = request(0);
	struct flow_harness *h = plain();
	struct eh_tcp c = {
		h, {.client_port = CLIENT_PORT, .server_port = 502, .client = 1}, {90000, 500}};

	h->port[1] = 1;
	send_flags(&c, true, SYN, NULL, 0);
	c.seq[1]++;
	h->port[0] = 1; /* forged */
	send_flags(&c, false, SYN | ACK, NULL, 0);
	h->port[0] = 0; /* the server's own answer */
	assert_int_equal(send_flags(&c, false, SYN | ACK, NULL, 0), CV_REASON_SPOOF);
	flow_harness_free(h);
	h = plain();
	c = eh_connect(h, 502);
	h->port[1] = 1; /* somebody else, from another port */
	assert_int_equal(eh_send(&c, true, good.data, good.len), CV_REASON_SPOOF);
	h->port[1] = 0;
	assert_int_equal(eh_send(&c, true, good.data, good.len), 0);
	flow_harness_free(h);
}

/* A SYN in an open connection, so that what follows looks like the start of another one. */
static void test_restarted(void **state)
{
	struct eh_bytes good = request(0);
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);

	assert_int_equal(eh_send(&c, true, good.data, 5), 0); /* half a message */
	c.seq[1] += 3;
	send_flags(&c, true, SYN, NULL, 0);
	c.seq[1]++;
	assert_int_equal(eh_send(&c, true, good.data, good.len), CV_REASON_APP_UNJUDGED);
	flow_harness_free(h);
}

/* First one thing, which is lost on purpose, and then another in its place. */
static void test_rewritten(void **state)
{
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes good = request(0), bad = request(50);
	uint32_t at = c.seq[1];

	assert_int_equal(send_at(&c, at, good.data, good.len), 0);
	assert_int_equal(send_at(&c, at, bad.data, bad.len), CV_REASON_APP_UNJUDGED);
	assert_int_equal(send_at(&c, at + 8, bad.data + 8, 4), CV_REASON_APP_UNJUDGED);
	assert_int_equal(send_at(&c, at, good.data, good.len), 0); /* the same, again */
	assert_int_equal(send_at(&c, at + 3, good.data + 3, 5), 0);
	/* In one piece with what comes next. */
	eh_put(&bad, good.data, good.len);
	assert_int_equal(send_at(&c, at, bad.data, bad.len), CV_REASON_APP_UNJUDGED);
	eh_put(&good, good.data, good.len);
	assert_int_equal(send_at(&c, at, good.data, good.len), 0);
	/* What has arrived does not arrive again: then it is all the same. */
	fh_tcp(h, &c.f, false, ACK, c.seq[0], at + (uint32_t)good.len, NULL, 0);
	assert_int_equal(send_at(&c, at, bad.data, bad.len), 0);
	flow_harness_free(h);
}

/* Inside a large message any byte may come in any version: where it ends was said before. */
static void test_large_repeated(void **state)
{
	struct flow_harness *h =
		eh_new(&(struct eh_rule){.proto = CV_PROTO_MQTT,
					 .ip_proto = 6,
					 .port = 1883,
					 .pairs = (const char *const[]){"publish", "a", NULL}});
	struct eh_tcp c = eh_connect(h, 1883);
	struct eh_bytes b = {.len = 0}, more = {.len = 0};
	uint32_t at;

	eh_mqtt_connect(&b, 4, "x", NULL);
	assert_int_equal(eh_send(&c, true, b.data, b.len), 0);
	at = c.seq[1];
	b.len = 0;
	eh_put(&b, "\x30\xc0\x9a\x0c\0\1a", 7); /* 200000 bytes */
	b.len = 1400;
	memset(b.data + 7, 'p', b.len - 7);
	more.len = 1400;
	memset(more.data, 'q', more.len);
	assert_int_equal(send_at(&c, at, b.data, b.len), 0);
	/* Nothing is acknowledged, and more is on its way than copies could be kept of. */
	for (uint32_t n = 1400; n + 1400 < 199000; n += 1400)
		assert_int_equal(send_at(&c, at + n, more.data, more.len), 0);
	assert_int_equal(send_at(&c, at + 140000, b.data, b.len), 0);
	assert_int_equal(send_at(&c, at + 1400, b.data + 500, 900), 0);
	assert_int_equal(send_at(&c, at, b.data, b.len), 0);
	b.data[6] = 'b'; /* another topic */
	assert_int_equal(send_at(&c, at, b.data, b.len), CV_REASON_APP_UNJUDGED);
	flow_harness_free(h);
}

/* Out of order: kept until the bytes before it come, and then judged. */
static void test_out_of_order(void **state)
{
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes good = request(0), bad = request(50);
	uint32_t at = c.seq[1];

	assert_int_equal(send_at(&c, at + 12, bad.data, bad.len), 0); /* of no use without at */
	assert_int_equal(send_at(&c, at + 12, good.data, good.len), CV_REASON_APP_UNJUDGED);
	h->now_ns += 50000000000ll; /* it is not forgotten */
	assert_int_equal(send_at(&c, at, good.data, good.len), CV_REASON_APP_DENIED);
	assert_int_equal(send_at(&c, at, good.data, good.len), CV_REASON_APP_DENIED);
	flow_harness_free(h);
}

/* A hole that nobody fills is memory for nothing: then the direction ends. */
static void test_hole_for_good(void **state)
{
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes good = request(0), bad = request(50);
	uint32_t at = c.seq[1];

	assert_int_equal(send_at(&c, at + 12, bad.data, bad.len), 0);
	for (int i = 0; i < 40; i++) {
		h->now_ns += 2000000000ll;
		assert_int_equal(send_flags(&c, false, ACK, NULL, 0), 0);
	}
	assert_int_equal(send_at(&c, at, good.data, good.len), CV_REASON_APP_UNJUDGED);
	assert_int_equal(h->counters.flow[CV_FLOW_GAP], 1);
	flow_harness_free(h);
}

/* The receiver acknowledges bytes that were never seen here: they took another way. */
static void test_bypassed(void **state)
{
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes good = request(0);

	assert_int_equal(eh_send(&c, true, good.data, good.len), 0);
	fh_tcp(h, &c.f, false, ACK, c.seq[0], c.seq[1] + 100, NULL, 0);
	assert_int_equal(send_at(&c, c.seq[1] + 100, good.data, good.len), CV_REASON_APP_UNJUDGED);
	assert_int_equal(send_at(&c, c.seq[1], good.data, good.len), CV_REASON_APP_UNJUDGED);
	flow_harness_free(h);
}

static void test_urgent_and_reset(void **state)
{
	struct eh_bytes good = request(0);
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);

	assert_int_equal(send_flags(&c, true, ACK | URG, good.data, good.len), CV_REASON_APP_PROTO);
	flow_harness_free(h);
	h = plain();
	c = eh_connect(h, 502);
	assert_int_equal(eh_send(&c, true, good.data, 5), 0);
	c.seq[1] += 7; /* in the window, but no receiver takes it */
	assert_int_equal(send_flags(&c, true, FH_RST, NULL, 0), 0);
	c.seq[1] -= 7;
	assert_int_equal(eh_send(&c, true, good.data + 5, good.len - 5), 0);
	assert_int_equal(send_flags(&c, true, FH_RST, NULL, 0), 0);
	assert_int_equal(eh_send(&c, true, good.data, good.len), CV_REASON_APP_UNJUDGED);
	flow_harness_free(h);
}

/* 2 messages a second, a burst of 4. */
static const struct cv_app LIMITED = {.flags = CV_APP_RATE_SENDER,
				      .meter = 1,
				      .cost = 500000000ull << 6,
				      .burst = 2000000000ull << 6};

static void test_rate(void **state)
{
	struct flow_harness *h = modbus(LIMITED);
	struct eh_tcp c = eh_connect(h, 502), other;
	struct eh_bytes good = request(0);

	h->mono_ns = 10000000000ull;
	for (int i = 0; i < 4; i++)
		assert_int_equal(eh_send(&c, true, good.data, good.len), 0);
	assert_int_equal(eh_send(&c, true, good.data, good.len), CV_REASON_RATE_MESSAGES);
	other = (struct eh_tcp){h, c.f, {90001, 501}};
	other.f.client = 2; /* another sender */
	fh_tcp(h, &other.f, true, SYN, 500, 0, NULL, 0);
	fh_tcp(h, &other.f, false, SYN | ACK, 90000, 501, NULL, 0);
	assert_int_equal(eh_send(&other, true, good.data, good.len), 0);
	/* What was dropped comes again, and passes when there is time for it. */
	h->mono_ns += 499000000ull;
	assert_int_equal(eh_send(&c, true, good.data, good.len), CV_REASON_RATE_MESSAGES);
	h->mono_ns += 1000000ull;
	assert_int_equal(eh_send(&c, true, good.data, good.len), 0);
	assert_int_equal(h->counters.reason[CV_REASON_RATE_MESSAGES], 2);
	flow_harness_free(h);
}

/* Many messages in one segment are paid for afterwards. */
static void test_rate_in_debt(void **state)
{
	struct flow_harness *h = modbus(LIMITED);
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes b = {.len = 0}, one = request(0);

	h->mono_ns = 10000000000ull;
	for (int i = 0; i < 20; i++)
		eh_modbus(&b, 1, 3, 2, 0, 1);
	assert_int_equal(eh_send(&c, true, b.data, b.len), 0);
	h->mono_ns += 8400000000ull; /* 20 messages are 10 s, less the burst of 2 */
	assert_int_equal(eh_send(&c, true, one.data, one.len), CV_REASON_RATE_MESSAGES);
	h->mono_ns += 100000000ull;
	assert_int_equal(eh_send(&c, true, one.data, one.len), 0);
	flow_harness_free(h);
}

static void test_shadow(void **state)
{
	struct flow_harness *h = modbus((struct cv_app){.flags = CV_APP_SHADOW});
	struct eh_tcp c = eh_connect(h, 502);
	struct eh_bytes bad = request(50);

	assert_int_equal(eh_send(&c, true, bad.data, bad.len), 0);
	assert_int_equal(eh_send(&c, true, bad.data, bad.len), 0);
	assert_int_equal(h->records, 1); /* told once */
	assert_int_equal(h->record[0].head.kind, CV_KIND_ANOMALY);
	assert_int_equal(h->record[0].head.flags & CV_FLAG_DENIED, 0);
	assert_int_equal(h->counters.reason[CV_REASON_APP_DENIED], 0);
	flow_harness_free(h);
}

static void test_fragments(void **state)
{
	struct flow_harness *h = eh_new(&(struct eh_rule){
		.proto = CV_PROTO_COAP, .ip_proto = 17, .port = 5683, .pairs = NULL});
	struct fh_flow f = {.client_port = CLIENT_PORT, .server_port = 5683, .client = 1};
	struct eh_bytes b = {.len = 0};
	uint8_t ip[256];
	size_t len;

	eh_coap(&b, 1, 0, 2, "aaaaaaaaaaaa", "bbbbbbbbbbbb");
	len = fh_udp_payload(&f, b.data, b.len, ip);
	fh_fragment(h, &f, 5, ip, 16, len - 16, false);
	assert_int_equal(eh_dropped(h), 0); /* whose it is, nobody knows */
	fh_fragment(h, &f, 5, ip, 0, 16, true);
	assert_int_equal(eh_dropped(h), CV_REASON_APP_UNJUDGED);
	fh_udp(h, &f, true, b.data, b.len);
	assert_int_equal(eh_dropped(h), 0);
	flow_harness_free(h);
}

/* Another decoder had the ports, and frames of a rule without constraints are left alone. */
static void test_other_traffic(void **state)
{
	struct flow_harness *h = plain();
	struct fh_flow f = {.client_port = CLIENT_PORT, .server_port = 1883, .client = 1};
	struct eh_bytes bad = request(50);

	fh_tcp(h, &f, true, ACK, 1, 1, bad.data, bad.len);
	assert_int_equal(eh_dropped(h), 0);
	fh_tcp(h, &f, true, ACK, 900, 1, bad.data, bad.len);
	assert_int_equal(eh_dropped(h), 0);
	flow_harness_free(h);
}

/* ---- any sender, any network --------------------------------------------------------------- */

#define MESSAGES 24
#define TOTAL (MESSAGES * 12)

static uint64_t rnd;

static uint32_t below(uint32_t n)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return (uint32_t)(rnd >> 33) % n;
}

/* The receiver: what reached it, and how far it has everything. */
struct receiver {
	uint8_t byte[TOTAL];
	bool has[TOTAL];
	uint32_t next;
};

/* A byte that may still count must not come in two versions. */
static void receive(struct receiver *r, uint32_t at, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = at > r->next ? 0 : r->next - at; i < len; i++) {
		if (r->has[at + i] && r->byte[at + i] != data[i])
			fail_msg("two versions of byte %u", at + i);
		r->byte[at + i] = data[i];
		r->has[at + i] = true;
	}
	while (r->next < TOTAL && r->has[r->next])
		r->next++;
}

/* One segment; the network may lose it behind us. @return the reason it was dropped for. */
static unsigned int deliver(struct eh_tcp *c, struct receiver *r, uint32_t at, const uint8_t *data,
			    uint32_t len, bool lost)
{
	unsigned int reason = send_at(c, 501 + at, data, len);

	if (reason == 0 && !lost)
		receive(r, at, data, len);
	if (reason == 0 && below(3) != 0)
		fh_tcp(c->h, &c->f, false, ACK, c->seq[0], 501 + r->next, NULL, 0);
	return reason;
}

/* Something else in the place of bytes that were sent before. */
static void forge(struct eh_tcp *c, struct receiver *r, const uint8_t *stream)
{
	uint8_t copy[TOTAL];
	uint32_t at = r->next > 20 ? r->next - below(20) : 0, len;

	if (at >= r->next || r->next == 0)
		return;
	len = 1 + below(r->next - at);
	memcpy(copy, stream + at, len);
	copy[below(len)] ^= (uint8_t)(1 + below(255));
	deliver(c, r, at, copy, len, false);
}

/*
 * A stream in random pieces and order, with losses before and behind us, repeats and forgeries,
 * until nothing more comes of it.
 *
 * @return how much of it the receiver has in order.
 */
static uint32_t try(const uint8_t *stream, uint32_t denied_at, unsigned int *ret_denied)
{
	struct flow_harness *h = plain();
	struct eh_tcp c = eh_connect(h, 502);
	struct receiver r = {.next = 0};
	uint32_t next;

	for (unsigned int round = 0; round < 400 && r.next < TOTAL; round++) {
		uint32_t at = r.next + (below(2) ? below(40) : 0), len = 1 + below(60);
		unsigned int reason;

		if (at >= TOTAL)
			at = r.next;
		len = len < TOTAL - at ? len : TOTAL - at;
		if (at < denied_at && at + len > denied_at && below(2))
			len = denied_at - at;
		reason = deliver(&c, &r, at, stream + at, len, below(4) == 0);
		*ret_denied += reason == CV_REASON_APP_DENIED;
		if (below(4) == 0)
			forge(&c, &r, stream);
		h->now_ns += below(3) ? 1000000 : 3000000000ll;
	}
	next = r.next;
	flow_harness_free(h);
	return next;
}

static void test_any_network(void **state)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct eh_bytes b = {.len = 0};
		uint32_t bad = seed % 2 ? MESSAGES : (uint32_t)(seed / 2 % MESSAGES), got;
		unsigned int denied = 0;

		rnd = seed * 0x9e3779b97f4a7c15ull;
		for (uint32_t i = 0; i < MESSAGES; i++)
			eh_modbus(&b, 1, 3, 2, i == bad ? 50 : i % 10, 1);
		got = try(b.data, bad * 12, &denied);
		if (bad == MESSAGES ? got != TOTAL || denied != 0
				    : got >= (bad + 1) * 12 || denied == 0)
			fail_msg("seed %u: message %u is denied, %u bytes arrived",
				 (unsigned int)seed, bad, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stays_denied),	 cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_no_beginning),	 cmocka_unit_test(test_forged_handshake),
		cmocka_unit_test(test_restarted),	 cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_large_repeated),	 cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_hole_for_good),	 cmocka_unit_test(test_bypassed),
		cmocka_unit_test(test_urgent_and_reset), cmocka_unit_test(test_rate),
		cmocka_unit_test(test_rate_in_debt),	 cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_fragments),	 cmocka_unit_test(test_other_traffic),
		cmocka_unit_test(test_any_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
