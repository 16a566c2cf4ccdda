/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures of dropped frames: the real ring of a worker, the hub and its streams on the real loop,
 * and the file they make, read by our own reader and by tshark.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/capture/capture_hub.h"
#include "control/capture/capture_query.h"
#include "control/capture/filter_names.h"
#include "dataplane/policy/generation_build.h"
#include "dataplane/replay/capture.h"

#define FILE_MAX (4u << 20)

/* What the connection is for the server: takes output when it is ready, or leaves it there. */
struct receiver {
	struct cv_http_stream stream;
	bool stalled, done;
	uint8_t *data;
	size_t len;
};

static struct cv_loop *loop;
static struct cv_evidence *ring;
static struct cv_generation *gen;
static struct cv_capture_hub *hub;
static struct cv_http_refusal why;
static uint64_t now_ns;

static void configure(void *owner, const struct cv_evidence_config *config)
{
	cv_evidence_configure(owner, config);
}

static void drain(void *owner, cv_capture_take *take, void *to)
{
	struct cv_evidence_slot slot;

	while (cv_evidence_read(owner, &slot) == 1)
		take(to, CV_JUDGE_WORKER, &slot.head, slot.data);
}

static void counts(void *owner, struct cv_evidence_counts ret[CV_PORTS_MAX])
{
	for (unsigned int i = 0; i < CV_PORTS_MAX; i++)
		ret[i] = cv_evidence_counts(owner, i);
}

static int make_generation(void)
{
	static const char *const names[] = {"field", "city"};
	struct cv_generation_build *b;
	int res = cv_generation_build_create(&b);

	strcpy(cv_generation_build_head(b)->node, "n");
	for (unsigned int i = 0; res == 0 && i < 2; i++) {
		struct cv_gen_port port = {.kind = CV_PORT_PCAP, .peer = CV_PEER_NONE};

		strcpy(port.name, names[i]);
		strcpy(port.target, "x.pcap");
		res = cv_generation_build_port(b, &port);
	}
	if (res == 0)
		res = cv_generation_build_finish(b, &gen);
	cv_generation_build_destroy(b);
	return res;
}

static int setup(void **state)
{
	struct cv_capture_source source = {CV_JUDGE_WORKER, NULL, configure, drain, counts};
	struct cv_capture_config config = {
		.node = "n", .version = "1", .sources = &source, .source_count = 1};

	ring = aligned_alloc(64, sizeof(*ring));
	memset(ring, 0, sizeof(*ring));
	source.owner = ring;
	now_ns = 1;
	if (make_generation() < 0 || cv_loop_create(64, &loop) < 0)
		return -1;
	config.gen = gen;
	return cv_capture_hub_create(loop, &config, &hub);
}

static int teardown(void **state)
{
	cv_capture_hub_destroy(hub);
	cv_loop_destroy(loop);
	free(gen);
	free(ring);
	return 0;
}

static void take_output(void *owner)
{
	struct receiver *r = owner;
	const char *data;
	size_t len;

	if (r->stalled)
		return;
	while ((data = r->stream.ops->output(r->stream.self, &len))) {
		assert_true(r->len + len <= FILE_MAX);
		memcpy(r->data + r->len, data, len);
		r->len += len;
		r->stream.ops->sent(r->stream.self);
	}
	r->done = r->stream.ops->ended(r->stream.self);
}

static int open_capture(struct receiver *r, const char *text)
{
	struct cv_http_query query;
	struct cv_http_stream_request request = {
		.query = &query, .is_local = true, .ready = take_output, .owner = r};

	*r = (struct receiver){.data = malloc(FILE_MAX)};
	memset(&why, 0, sizeof(why));
	assert_int_equal(cv_http_query_parse(text, strlen(text), &query), 0);
	return cv_capture_hub_open(hub, &request, &r->stream, &why);
}

static void close_capture(struct receiver *r)
{
	if (r->stream.ops)
		r->stream.ops->destroy(r->stream.self);
	free(r->data);
}

/* UDP from 10.1.0.HOST to port 5683, of @p len bytes. */
static void drop(uint8_t reason, uint32_t rule, uint8_t port, uint8_t host, uint32_t len)
{
	uint8_t frame[9000] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x08, 0};
	uint32_t ip = len - 14, udp = ip - 20;
	struct cv_evidence_drop d = {
		.data = frame,
		.len = len,
		.rule = rule,
		.generation = 7,
		.ts_ns = 1777863721000000000 + (int64_t)now_ns,
		.reason = reason,
		.port = port,
	};

	memcpy(frame + 14,
	       (uint8_t[]){0x45,
			   0,
			   (uint8_t)(ip >> 8),
			   (uint8_t)ip,
			   0,
			   0,
			   0,
			   0,
			   64,
			   17,
			   0,
			   0,
			   10,
			   1,
			   0,
			   host,
			   10,
			   2,
			   0,
			   1,
			   0x20,
			   0,
			   0x16,
			   0x33,
			   (uint8_t)(udp >> 8),
			   (uint8_t)udp,
			   0,
			   0},
	       28);
	now_ns += 1000000;
	if (cv_evidence_on(ring))
		cv_evidence_offer(ring, &d, now_ns);
}

static void turn(unsigned int n)
{
	while (n-- > 0)
		assert_int_equal(cv_loop_turn(loop), 0);
}

static unsigned int frames_in(const struct receiver *r, struct cv_evidence_note *first)
{
	struct cv_capture_error error;
	struct cv_captured packet;
	struct cv_pcapng *reader;
	unsigned int n = 0;
	int res;

	assert_int_equal(cv_pcapng_open(fmemopen(r->data, r->len, "rb"), &reader, &error), 0);
	while ((res = cv_pcapng_next(reader, &packet, &error)) == 1) {
		struct cv_evidence_note note;

		assert_int_equal(
			cv_evidence_comment_parse(packet.comment, packet.comment_len, &note), 0);
		if (n++ == 0 && first)
			*first = note;
	}
	assert_int_equal(res, 0);
	cv_pcapng_close(reader);
	return n;
}

static void assert_closed(uint64_t offered, uint64_t filtered, uint64_t written, uint64_t lost)
{
	struct cv_capture_totals t;

	cv_capture_hub_totals(hub, &t);
	assert_int_equal(t.offered, offered);
	assert_int_equal(t.filtered, filtered);
	assert_int_equal(t.written, written);
	assert_int_equal(t.lost, lost);
	assert_int_equal(t.offered, t.filtered + t.written + t.lost);
}

/* Several captures at once, each with its own filter; sampling is on only while one is there. */
static void test_captures(void **state)
{
	struct receiver a, b;
	struct cv_evidence_note note;

	assert_false(cv_evidence_on(ring));
	assert_int_equal(open_capture(&a, "reason=rate-device&dropped=1"), 0);
	assert_true(cv_evidence_on(ring));
	assert_int_equal(open_capture(&b, "filter=src%20host%2010.1.0.5&count=2"), 0);
	for (unsigned int i = 0; i < 6; i++) {
		drop(CV_REASON_DENY_RULE, 20, 0, (uint8_t)i, 100);
		drop(CV_REASON_RATE_DEVICE, 12, 1, 5, 100);
		drop(CV_REASON_TAP, 12, 1, 5, 100); /* nobody wants it */
	}
	turn(2);
	assert_true(b.done);
	assert_false(a.done);
	assert_int_equal(frames_in(&b, NULL), 2);
	a.stream.ops->hangup(a.stream.self);
	assert_true(a.done);
	assert_false(cv_evidence_on(ring));
	assert_int_equal(frames_in(&a, &note), 6);
	assert_int_equal(note.rule, 12);
	assert_int_equal(note.reason, CV_REASON_RATE_DEVICE);
	assert_int_equal(note.generation, 7);
	assert_string_equal(note.device, "10.1.0.5");
	/* b: of ten at most, until it had its two: frames 2 and 4 of the ring. */
	assert_closed(12 + 4, 6 + 2, 6 + 2, 0);
	drop(CV_REASON_RATE_DEVICE, 12, 1, 5, 100);
	assert_int_equal(cv_evidence_counts(ring, 1).seen, 6);
	close_capture(&a);
	close_capture(&b);
}

/* The connection goes away in the middle. */
static void test_death(void **state)
{
	struct receiver a;

	assert_int_equal(open_capture(&a, ""), 0);
	drop(CV_REASON_DENY_RULE, 20, 0, 1, 100);
	a.stream.ops->stop(a.stream.self);
	assert_false(cv_evidence_on(ring));
	close_capture(&a);
	assert_int_equal(open_capture(&a, ""), 0);
	assert_true(cv_evidence_on(ring));
	close_capture(&a);
	assert_false(cv_evidence_on(ring));
}

static void test_duration(void **state)
{
	struct receiver a;

	assert_int_equal(open_capture(&a, "duration=50ms"), 0);
	for (unsigned int i = 0; i < 100 && !a.done; i++)
		turn(1);
	assert_true(a.done);
	assert_int_equal(frames_in(&a, NULL), 0);
	close_capture(&a);
}

/* A receiver that does not receive loses, and is told how much; others do not. */
static void test_slow(void **state)
{
	struct receiver slow, quick;
	struct cv_capture_totals t;

	assert_int_equal(open_capture(&slow, "rate=2000"), 0);
	slow.stalled = true;
	assert_int_equal(open_capture(&quick, "rate=2000"), 0);
	for (unsigned int i = 0; i < 300; i++) {
		drop(CV_REASON_DENY_RULE, 20, 0, 1, 1514);
		if (i % 50 == 49)
			turn(1);
	}
	turn(1);
	slow.stalled = false;
	slow.stream.ops->hangup(slow.stream.self);
	quick.stream.ops->hangup(quick.stream.self);
	assert_int_equal(frames_in(&quick, NULL), 300);
	cv_capture_hub_totals(hub, &t);
	assert_int_equal(t.offered, 600);
	assert_int_equal(t.written, 300 + frames_in(&slow, NULL));
	assert_int_equal(t.lost, 300 - frames_in(&slow, NULL));
	assert_in_range(t.lost, 100, 299);
	close_capture(&slow);
	close_capture(&quick);
}

static void test_too_many(void **state)
{
	struct receiver r[CV_CAPTURES_MAX], over;

	for (unsigned int i = 0; i < CV_CAPTURES_MAX; i++)
		assert_int_equal(open_capture(&r[i], "filter=udp"), 0);
	assert_int_equal(open_capture(&over, "filter=udp"), -EBUSY);
	assert_non_null(strstr(why.error, "running already"));
	close_capture(&over);
	for (unsigned int i = 0; i < CV_CAPTURES_MAX; i++)
		close_capture(&r[i]);
}

static void test_tcp(void **state)
{
	struct cv_http_query query = {.count = 0};
	struct cv_http_stream_request request = {.query = &query};
	struct cv_http_stream stream;

	assert_int_equal(cv_capture_hub_open(hub, &request, &stream, &why), -EPERM);
	assert_false(cv_evidence_on(ring));
}

/* ---- the file, for others ------------------------------------------------------------------ */

static void tshark(const char *path, const char *command, char *out, size_t size)
{
	char line[512];
	FILE *p;
	size_t n;

	snprintf(line, sizeof(line), command, path);
	p = popen(line, "r");
	assert_non_null(p);
	n = fread(out, 1, size - 1, p);
	out[n] = '\0';
	assert_int_equal(pclose(p), 0);
}

static void test_tshark(void **state)
{
	char path[] = "/tmp/test_capture.XXXXXX", out[4096];
	struct receiver a;
	int fd;

	if (system("command -v tshark capinfos >/dev/null 2>&1") != 0)
		skip();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(open_capture(&a, "filter=udp&snaplen=64&rate=1"), 0);
	for (unsigned int i = 0; i < 66; i++) /* 64 at once, 2 unsampled */
		drop(CV_REASON_DENY_RULE, 20, 1, 5, 1000);
	now_ns += 2000000000;
	drop(CV_REASON_RATE_DEVICE, 12, 1, 6, 100);
	turn(2);
	a.stream.ops->hangup(a.stream.self);
	assert_int_equal(write(fd, a.data, a.len), a.len);
	close(fd);
	tshark(path,
	       "tshark -r %s -Y 'frame.number==1 or frame.number==65' -T fields -e frame.len "
	       "-e frame.cap_len -e frame.interface_name -e frame.comment -e frame.drop_count "
	       "-e frame.time_epoch 2>/dev/null",
	       out, sizeof(out));
	assert_string_equal(out,
			    "1000\t64\tcity\tculvert: drop reason=deny-rule rule=20 generation=7 "
			    "device=10.1.0.5 judge=worker\t\t1777863721.000000001\n"
			    "100\t64\tcity\tculvert: drop reason=rate-device rule=12 generation=7 "
			    "device=10.1.0.6 judge=worker\t2\t1777863723.066000001\n");
	tshark(path, "capinfos -ci %s 2>/dev/null", out, sizeof(out));
	assert_non_null(strstr(out, "Number of packets:   65"));
	unlink(path);
	close_capture(&a);
}

/* ---- what may be asked for ----------------------------------------------------------------- */

static int query(const char *text, struct cv_capture_query *q)
{
	struct cv_http_query http;

	memset(&why, 0, sizeof(why));
	assert_int_equal(cv_http_query_parse(text, strlen(text), &http), 0);
	return cv_capture_query_parse(&http, q, &why);
}

static void refused(const char *text, const char *error)
{
	struct cv_capture_query q;

	assert_int_equal(query(text, &q), -EINVAL);
	if (!strstr(why.error, error))
		fail_msg("%s: %s", text, why.error);
	assert_true(why.hint[0]);
}

static void test_query(void **state)
{
	struct cv_capture_query q;

	assert_int_equal(query("", &q), 0);
	assert_int_equal(q.reasons >> CV_REASON_TAP & 1, 0);
	assert_int_equal(q.reasons >> CV_REASON_TX_FULL & 1, 1);
	assert_int_equal(q.reasons >> CV_REASON_ALLOW & 1, 0);
	assert_int_equal(q.snap, 2048);
	assert_int_equal(query("reason=bad-*,tap&rule=12&device=FD00:0::1&count=7&duration=5min"
			       "&snaplen=64&rate=2000",
			       &q),
			 0);
	assert_int_equal(q.reasons, 1ull << CV_REASON_TAP | 1ull << CV_REASON_BAD_IP |
					    1ull << CV_REASON_BAD_EXT | 1ull << CV_REASON_BAD_FRAG |
					    1ull << CV_REASON_BAD_L4);
	assert_int_equal(q.rule, 12);
	assert_string_equal(q.device, "fd00::1");
	assert_int_equal(q.duration_ns, 300000000000);
	assert_int_equal(query("device=0A:0b:0c:0d:0e:0f", &q), 0);
	assert_string_equal(q.device, "0a:0b:0c:0d:0e:0f");
	refused("reason=deny-rul", "did you mean 'deny-rule'?");
	refused("reason=allow", "unknown reason of a drop 'allow'");
	refused("reason=*", "unknown reason");
	refused("reason=", "unknown reason");
	refused("rule=4294967296", "bad value");
	refused("count=0", "bad value");
	refused("duration=5", "bad value");
	refused("snaplen=2049", "bad value");
	refused("device=10.1.0", "bad value");
	refused("device=0a:0b:0c:0d:0e:0g", "bad value");
	refused("rate=0", "bad value");
	refused("dropped=0", "bad value");
	refused("rules=1", "did you mean 'rule'?");
	refused("rule=1&rule=2", "bad value '2' for rule");
	refused("filter=udp%20port", "syntax error");
	refused("filter=udp&snaplen=0", "bad value"); /* frees the filter */
}

static void test_filter_names(void **state)
{
	static const char *const fine[] = {
		"udp port 5683 and src net 10.1.0.0/16",
		"ether host 02:00:00:00:00:09",
		"ether src aa-bb-cc-dd-ee-ff or ether dst aabb.ccdd.eeff",
		"ip6 and not host fd00::1",
		"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
		"icmp[icmptype] = icmp-echo",
		"vlan 100 and ip proto \\udp",
		"tcp port http or https",
		"port domain",
		"less 64 or greater 0x100",
		"src 10.1.2.3 or 10.1.2.4",
		"net 10.1",
		"ether proto 0x88cc",
		"udp portrange 1-1024",
	};
	static const char *const names[] = {
		"host example.com",
		"example.com",
		"src foo",
		"net loopbacknet",
		"gateway snup",
		"host http",
		"port http or src https",
		"host 10.1.0.1 or bad.cafe.example",
		"ip host \\nosuchname",
	};
	char word[64];

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		struct bpf_program program;
		pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);

		if (strstr(fine[i], "port ") && !getservbyname("http", "tcp"))
			continue; /* no list of services here */
		if (cv_filter_names(fine[i], word, sizeof(word)) != 0)
			fail_msg("%s: refused for %s", fine[i], word);
		if (pcap_compile(dead, &program, fine[i], 0, PCAP_NETMASK_UNKNOWN) != 0)
			fail_msg("%s: %s", fine[i], pcap_geterr(dead));
		pcap_freecode(&program);
		pcap_close(dead);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cv_filter_names(names[i], word, sizeof(word)) != -EINVAL)
			fail_msg("%s: not refused", names[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_captures), T(test_death),    T(test_duration),
		T(test_slow),	  T(test_too_many), T(test_tcp),
		T(test_tshark),	  T(test_query),    T(test_filter_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
