/* SPDX-License-Identifier: Apache-2.0 */
/*
 * However a stream is cut into segments, reordered and repeated on the way, the same events come
 * out. Each decoder's own samples are the streams.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/decode/decoder.h"
#include "tests/unit/flow_harness.h"

#define STREAM_MAX 65536
#define SEGMENTS_MAX 20000
/* How far a segment may be late, in segments: fewer than a direction may hold. */
#define REORDER 16
#define ROUNDS 40

struct stream {
	const char *sample;
	uint16_t port;
	bool from_client;
	uint8_t decoder; /* told for the port, 0 = the port is well known */
};

/* Beside these, the stream.bin of every decoder that has one. */
static const struct stream streams[] = {
	{"modbus/requests.bin", 502, true, 0},	  {"modbus/responses.bin", 502, false, 0},
	{"mqtt/v311-0-c2s.bin", 1883, true, 0},	  {"mqtt/v311-0-s2c.bin", 1883, false, 0},
	{"mqtt/v5-0-c2s.bin", 1883, true, 0},	  {"mqtt/v5-alias-0-c2s.bin", 1883, true, 0},
	{"coap/tcp-exchange.bin", 5683, true, 0},
};

struct segment {
	uint32_t off, len;
};

static uint32_t prng;

static uint32_t below(uint32_t n)
{
	prng = prng * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(prng >> 4) * n) >> 28);
}

/* Cut, repeat with other borders, and shuffle within a window. */
static size_t make_segments(struct segment *s, uint32_t len)
{
	uint32_t most = below(4) == 0 ? 3 : 1 + below(1460);
	size_t n = 0;

	for (uint32_t at = 0; at < len;) {
		uint32_t piece = 1 + below(most);

		piece = piece < len - at ? piece : len - at;
		s[n++] = (struct segment){at, piece};
		at += piece;
		if (below(8) == 0) {
			uint32_t back = below(at < 40 ? at : 40);
			uint32_t from = at - back;
			uint32_t again = back + below(20);

			s[n++] = (struct segment){from, again < len - from ? again : len - from};
		}
	}
	for (size_t i = 0; i < n; i++) {
		size_t j = i + below(REORDER);
		struct segment t = s[i];

		if (j >= n || below(3) != 0)
			continue;
		s[i] = s[j];
		s[j] = t;
	}
	return n;
}

static struct flow_harness *run(const struct stream *st, const uint8_t *data, uint32_t len,
				const struct segment *s, size_t n, uint32_t isn)
{
	struct cv_gen_hint hint = {.port = st->port, .ip_proto = 6, .decoder = st->decoder};
	struct flow_harness *h = flow_harness_new(64, st->decoder ? &hint : NULL);
	struct fh_flow f = {.client_port = 40000, .server_port = st->port, .client = 1};

	fh_tcp(h, &f, true, FH_SYN, isn - 1, 0, NULL, 0);
	fh_tcp(h, &f, false, FH_SYN | FH_ACK, isn - 1, isn, NULL, 0);
	for (size_t i = 0; i < n; i++)
		fh_tcp(h, &f, st->from_client, 0, isn + s[i].off, 0, data + s[i].off, s[i].len);
	fh_tcp(h, &f, st->from_client, FH_FIN, isn + len, 0, NULL, 0);
	flow_harness_drain(h);
	return h;
}

static void check_stream(const struct stream *st)
{
	static uint8_t data[STREAM_MAX];
	static struct segment segments[SEGMENTS_MAX];
	uint32_t len = (uint32_t)fh_sample(st->sample, data, 8192);
	struct segment whole = {0, len};
	struct flow_harness *expected = run(st, data, len, &whole, 1, 1000);

	assert_true(fh_messages(expected) > 0);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t isn = round % 2 ? 0xffffff00u + below(512) : below(0x7fffffff);
		struct flow_harness *h;
		size_t n;

		prng = round + 1;
		n = make_segments(segments, len);
		h = run(st, data, len, segments, n, isn);
		if (fh_messages(h) != fh_messages(expected) ||
		    fh_rejected(h) != fh_rejected(expected) || !fh_same_records(h, expected))
			fail_msg("%s, round %u: %u messages, %u rejected, %zu records; whole: %u, "
				 "%u, %zu",
				 st->sample, round, (unsigned int)fh_messages(h),
				 (unsigned int)fh_rejected(h), h->records,
				 (unsigned int)fh_messages(expected),
				 (unsigned int)fh_rejected(expected), expected->records);
		assert_int_equal(h->counters.flow[CV_FLOW_GAP], 0);
		assert_int_equal(h->counters.flow[CV_FLOW_OVERLAP], 0);
		flow_harness_free(h);
	}
	flow_harness_free(expected);
}

static void test_any_way_of_sending(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		check_stream(&streams[i]);
}

static void test_stream_of_every_decoder(void **state)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	unsigned int streams_found = 0;

	for (uint8_t proto = 1; proto < CV_PROTO_COUNT; proto++) {
		char sample[64], path[1024];
		struct stream st = {sample, 5000, true, proto};

		snprintf(sample, sizeof(sample), "%s/stream.bin", cv_proto_name(proto));
		snprintf(path, sizeof(path), "%s/tests/samples/%s", root ? root : ".", sample);
		if (access(path, R_OK) != 0 || !(cv_decoders[proto]->transports & CV_TRANSPORT_TCP))
			continue;
		check_stream(&st);
		streams_found++;
	}
	assert_true(streams_found > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_way_of_sending),
		cmocka_unit_test(test_stream_of_every_decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
