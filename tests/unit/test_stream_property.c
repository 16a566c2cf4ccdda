/* SPDX-License-Identifier: Apache-2.0 */
/*
 * However a stream is cut into segments, reordered and repeated on the way, over IPv4 or IPv6, in no
 * VLAN, one or two, the same events come out; and so for a datagram, whole or in fragments. Each
 * decoder's own samples are the streams and datagrams.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/decode/decoder.h"
#include "tests/decode/vendor_test.h"
#include "tests/unit/flow_harness.h"

#define STREAM_MAX 65536
#define DATAGRAM_MAX 1400
#define PORT 5000 /* nobody's */
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

/* What lies under TCP and UDP. */
struct under {
	uint8_t vlan, vlan_inner;
	bool ipv6;
};

static const struct under unders[] = {
	{0, 0, false}, {0, 0, true}, {7, 0, false}, {7, 0, true}, {7, 9, false}, {7, 9, true},
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

/* What makers' frames look like is in the generation; the description is that of test_vendor.c. */
static struct flow_harness *harness_of(const struct cv_gen_hint *hint)
{
	struct cv_generation_build *b;
	struct cv_generation *gen;

	if (hint->decoder != CV_PROTO_VENDOR)
		return flow_harness_new(64, hint->decoder ? hint : NULL);
	if (cv_generation_build_create(&b) != 0)
		abort();
	cv_generation_build_head(b)->flow_capacity = 64;
	for (unsigned int i = 0; i < vendor_terminal.count; i++) {
		if (cv_generation_build_vendor_field(b, &vendor_terminal_fields[i]) != 0)
			abort();
	}
	if (cv_generation_build_vendor_text(b, &(struct cv_gen_vendor_text){0, "normal"}) != 0 ||
	    cv_generation_build_vendor_text(b, &(struct cv_gen_vendor_text){2, "high"}) != 0 ||
	    cv_generation_build_vendor(b, &vendor_terminal) != 0 ||
	    cv_generation_build_hint(b, hint) != 0 || cv_generation_build_finish(b, &gen) != 0)
		abort();
	cv_generation_build_destroy(b);
	return flow_harness_of(gen);
}

static struct flow_harness *run(const struct stream *st, const struct under *u, const uint8_t *data,
				uint32_t len, const struct segment *s, size_t n, uint32_t isn)
{
	const struct cv_gen_hint hint = {.port = st->port, .ip_proto = 6, .decoder = st->decoder};
	struct flow_harness *h = harness_of(&hint);
	struct fh_flow f = {40000, st->port, 1, u->vlan, u->vlan_inner, u->ipv6};

	fh_tcp(h, &f, true, FH_SYN, isn - 1, 0, NULL, 0);
	fh_tcp(h, &f, false, FH_SYN | FH_ACK, isn - 1, isn, NULL, 0);
	for (size_t i = 0; i < n; i++)
		fh_tcp(h, &f, st->from_client, 0, isn + s[i].off, 0, data + s[i].off, s[i].len);
	fh_tcp(h, &f, st->from_client, FH_FIN, isn + len, 0, NULL, 0);
	flow_harness_drain(h);
	return h;
}

/* Records say by which addresses and in which VLAN they came: here nobody asks. */
static struct flow_harness *without_under(struct flow_harness *h)
{
	for (size_t i = 0; i < h->records; i++) {
		struct cv_record *head = &h->record[i].head;

		head->family = 0;
		head->vlan = 0;
		memset(head->src, 0, sizeof(head->src));
		memset(head->dst, 0, sizeof(head->dst));
	}
	return h;
}

static void check_same(const char *sample, unsigned int round, const struct flow_harness *h,
		       const struct flow_harness *expected)
{
	if (fh_messages(h) == fh_messages(expected) && fh_rejected(h) == fh_rejected(expected) &&
	    fh_same_records(h, expected))
		return;
	fail_msg("%s, round %u: %u messages, %u rejected, %zu records; as it is: %u, %u, %zu",
		 sample, round, (unsigned int)fh_messages(h), (unsigned int)fh_rejected(h),
		 h->records, (unsigned int)fh_messages(expected),
		 (unsigned int)fh_rejected(expected), expected->records);
}

static void check_stream(const struct stream *st)
{
	static uint8_t data[STREAM_MAX];
	static struct segment segments[SEGMENTS_MAX];
	uint32_t len = (uint32_t)fh_sample(st->sample, data, 8192);
	struct segment whole = {0, len};
	struct flow_harness *expected =
		without_under(run(st, &unders[0], data, len, &whole, 1, 1000));

	assert_true(fh_messages(expected) > 0);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t isn = round % 2 ? 0xffffff00u + below(512) : below(0x7fffffff);
		const struct under *u = &unders[round % (sizeof(unders) / sizeof(unders[0]))];
		struct flow_harness *h;
		size_t n;

		prng = round + 1;
		n = make_segments(segments, len);
		h = without_under(run(st, u, data, len, segments, n, isn));
		check_same(st->sample, round, h, expected);
		assert_int_equal(h->counters.flow[CV_FLOW_GAP], 0);
		assert_int_equal(h->counters.flow[CV_FLOW_OVERLAP], 0);
		flow_harness_free(h);
	}
	flow_harness_free(expected);
}

static bool over(unsigned int proto, unsigned int transport)
{
	return cv_decoders[proto]->transports & transport;
}

/* Every decoder of streams has one: its stream.bin, or one of those above, or described frames. */
static void test_stream_of_every_decoder(void **state)
{
	bool has[CV_PROTO_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		check_stream(&streams[i]);
		has[cv_proto_by_name(streams[i].sample, strcspn(streams[i].sample, "/"))] = true;
	}
	check_stream(&(struct stream){"vendor/frames.bin", PORT, true, CV_PROTO_VENDOR});
	has[CV_PROTO_VENDOR] = true;
	for (unsigned int proto = 1; proto < CV_PROTO_COUNT; proto++) {
		char sample[64];

		if (!over(proto, CV_TRANSPORT_TCP) || has[proto])
			continue;
		snprintf(sample, sizeof(sample), "%s/stream.bin", cv_proto_name(proto));
		check_stream(&(struct stream){sample, PORT, true, (uint8_t)proto});
	}
}

/* One datagram; in @p pieces fragments, the last one first where @p back. */
static struct flow_harness *run_datagram(unsigned int proto, const struct under *u,
					 const uint8_t *data, size_t len, size_t pieces, bool back)
{
	const struct cv_gen_hint hint = {.port = PORT, .ip_proto = 17, .decoder = (uint8_t)proto};
	struct flow_harness *h = harness_of(&hint);
	struct fh_flow f = {40000, PORT, 1, u->vlan, u->vlan_inner, u->ipv6};
	uint8_t payload[DATAGRAM_MAX + 8];
	size_t all = fh_udp_payload(&f, data, len, payload);
	size_t step = (all / pieces + 8) & ~(size_t)7;

	if (pieces == 1)
		fh_udp(h, &f, true, data, len);
	for (size_t i = 0; pieces > 1 && i < pieces; i++) {
		size_t at = (back ? pieces - 1 - i : i) * step;

		if (at < all)
			fh_fragment(h, &f, 77, payload, at, all - at < step ? all - at : step,
				    all - at > step);
	}
	flow_harness_drain(h);
	return without_under(h);
}

static void check_datagram(unsigned int proto, const char *sample)
{
	uint8_t data[DATAGRAM_MAX];
	size_t len = fh_sample(sample, data, sizeof(data));
	struct flow_harness *expected = run_datagram(proto, &unders[0], data, len, 1, false);

	for (unsigned int round = 0; round < 6 * 4; round++) {
		const struct under *u = &unders[round % 6];
		struct flow_harness *h =
			run_datagram(proto, u, data, len, 1 + round / 6, round % 2 != 0);

		check_same(sample, round, h, expected);
		flow_harness_free(h);
	}
	flow_harness_free(expected);
}

/* Every sample of every decoder over UDP, also what is rejected. */
static void test_datagrams_of_every_decoder(void **state)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");

	(void)state;
	for (unsigned int proto = 1; proto < CV_PROTO_COUNT; proto++) {
		char folder[1024], sample[512];
		unsigned int samples = 0;
		struct dirent *e;
		DIR *dir;

		if (!over(proto, CV_TRANSPORT_UDP))
			continue;
		snprintf(folder, sizeof(folder), "%s/tests/samples/%s", root ? root : ".",
			 cv_proto_name(proto));
		dir = opendir(folder);
		assert_non_null(dir);
		while ((e = readdir(dir)) != NULL) {
			if (strstr(e->d_name, ".bin") == NULL)
				continue;
			snprintf(sample, sizeof(sample), "%s/%s", cv_proto_name(proto), e->d_name);
			check_datagram(proto, sample);
			samples++;
		}
		closedir(dir);
		assert_true(samples > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream_of_every_decoder),
		cmocka_unit_test(test_datagrams_of_every_decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
