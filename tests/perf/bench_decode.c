/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_decode: ns per message against a peer over the same bytes, turn by turn:
 *
 *     coap_parse  header and options, against libcoap's receive path (PDU made, parsed, freed)
 *     coap        everything, two records made, against libcoap and libcbor (message and CBOR
 *                 items made, none of it normalized): what a C program would do with libraries
 *     coap_alone  everything, against libcoap parsing the CoAP layer alone
 *     hj212       everything, all records made, against the bare CRC by one table, a byte at a time
 *     hj212_crc   the same against the CRC as the decoder computes it, eight bytes at a time
 *
 *     bench_decode TURNS      prints one JSON object
 */
#include <cbor.h>
#include <coap3/coap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/decode/coap_options.h"
#include "dataplane/decode/decoder.h"
#include "dataplane/decode/hj212_crc.h"

#define ROUNDS 200000
#define SINK_SIZE (1u << 20)

static uint8_t sink_memory[SINK_SIZE] __attribute__((aligned(64)));

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	sink->lane[lane].cur = sink_memory;
	sink->lane[lane].end = sink_memory + SINK_SIZE;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* NON POST /senml, Content-Format 112, a pack of two records: temperature and humidity. */
static size_t coap_message(uint8_t *m)
{
	static const char text[] = "\x50\x02\x12\x34\xb5senml\x11\x70\xff"
				   "\x82\xa4\x21\x78\x1d"
				   "urn:dev:mac:0024befffe804ff1:"
				   "\x00\x61t\x01\x63"
				   "Cel\x02\xfb\x40\x35\x80\x00\x00\x00\x00\x00"
				   "\xa3\x00\x61h\x01\x63%RH\x02\x18\x37";

	memcpy(m, text, sizeof(text) - 1);
	return sizeof(text) - 1;
}

static size_t hj212_message(uint8_t *m)
{
	static const char data[] =
		"QN=20231115061320123;ST=22;CN=2011;PW=123456;MN=CULVERTDEMO00001;Flag=4;CP=&&"
		"DataTime=20231115061320;a34004-Rtd=14,a34004-Flag=N;a34002-Rtd=31.5,a34002-Flag=N;"
		"a21026-Rtd=6,a21026-Flag=N;a21004-Rtd=4,a21004-Flag=N;a21005-Rtd=0.427,a21005-"
		"Flag=N;"
		"a05024-Rtd=63,a05024-Flag=N;a01001-Rtd=17.2,a01001-Flag=N;a01002-Rtd=85,a01002-"
		"Flag=N;"
		"a01006-Rtd=95.1,a01006-Flag=N;a01007-Rtd=1.3,a01007-Flag=N;a01008-Rtd=11,a01008-"
		"Flag=N&&";
	size_t len = sizeof(data) - 1;

	return (size_t)sprintf((char *)m, "##%04zu%s%04X\r\n", len, data,
			       (unsigned int)cv_hj212_crc((const uint8_t *)data, len));
}

struct subject {
	const struct cv_decoder *decoder;
	struct cv_emit emit;
	struct cv_origin origin;
	struct cv_decode decode;
	struct cv_sink sink;
	uint8_t bytes[2048];
	size_t len;
};

static void prepare(struct subject *s, enum cv_proto proto, const struct cv_generation *gen,
		    bool datagram)
{
	s->decoder = cv_decoders[proto];
	s->sink.refill = refill;
	s->origin = (struct cv_origin){.family = 4,
				       .ip_proto = datagram ? 17 : 6,
				       .proto = (uint8_t)proto,
				       .ts_rx_ns = 1700000000000000000};
	cv_emit_init(&s->emit, &s->sink);
	s->emit.origin = &s->origin;
	s->decode = (struct cv_decode){
		.emit = &s->emit,
		.origin = &s->origin,
		.gen = gen,
		.datagram = datagram,
		.flow = calloc(1, CV_FLOW_STATE_MAX),
		.worker = calloc(1, s->decoder->worker_size + 1),
	};
}

static double time_decoder(struct subject *s)
{
	double start = now();

	for (int i = 0; i < ROUNDS; i++)
		if (s->decoder->decode(&s->decode, s->bytes, s->len) != (int64_t)s->len) {
			fprintf(stderr, "bench_decode: %s rejected its message\n",
				s->decoder->name);
			exit(1);
		}
	return (now() - start) / ROUNDS;
}

static double time_parse(struct subject *s)
{
	volatile const uint8_t *keep;
	struct cv_coap m;
	double start = now();

	for (int i = 0; i < ROUNDS; i++) {
		if (cv_coap_datagram(&m, s->bytes, s->len) != CV_REJECT_NONE)
			exit(1);
		keep = m.payload;
		(void)keep;
	}
	return (now() - start) / ROUNDS;
}

static void libcoap(const struct subject *s, bool with_cbor)
{
	coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, s->len);
	const uint8_t *payload;
	size_t len;

	if (!pdu || !coap_pdu_parse(COAP_PROTO_UDP, s->bytes, s->len, pdu) ||
	    !coap_get_data(pdu, &len, &payload)) {
		fputs("bench_decode: libcoap rejected the message\n", stderr);
		exit(1);
	}
	if (with_cbor) {
		struct cbor_load_result result;
		cbor_item_t *item = cbor_load(payload, len, &result);

		if (!item || cbor_array_size(item) != 2) {
			fputs("bench_decode: libcbor rejected the payload\n", stderr);
			exit(1);
		}
		cbor_decref(&item);
	}
	coap_delete_pdu(pdu);
}

static double time_libcoap(const struct subject *s)
{
	double start = now();

	for (int i = 0; i < ROUNDS; i++)
		libcoap(s, false);
	return (now() - start) / ROUNDS;
}

static double time_libcoap_libcbor(const struct subject *s)
{
	double start = now();

	for (int i = 0; i < ROUNDS; i++)
		libcoap(s, true);
	return (now() - start) / ROUNDS;
}

static double time_crc(const struct subject *s)
{
	volatile uint16_t keep;
	double start = now();

	for (int i = 0; i < ROUNDS; i++) {
		keep = cv_hj212_crc(s->bytes + 6, s->len - 12);
		(void)keep;
	}
	return (now() - start) / ROUNDS;
}

/* Annex A by one table of 256: what a program that checks these frames would have. */
static double time_crc_table(const struct subject *s)
{
	static uint16_t table[256];
	volatile uint16_t keep;
	double start;

	for (unsigned int x = 0; x < 256; x++) {
		table[x] = (uint16_t)x;
		for (int bit = 0; bit < 8; bit++)
			table[x] = (uint16_t)(table[x] >> 1 ^ (table[x] & 1 ? 0xa001 : 0));
	}
	start = now();
	for (int i = 0; i < ROUNDS; i++) {
		uint16_t crc = 0xffff;

		for (size_t at = 6; at < s->len - 6; at++)
			crc = table[(crc >> 8) ^ s->bytes[at]];
		keep = crc;
		(void)keep;
	}
	return (now() - start) / ROUNDS;
}

static uint64_t records(const struct subject *s)
{
	uint64_t n = 0;

	for (int i = 0; i < CV_LANE_COUNT; i++)
		n += s->sink.lane[i].produced;
	return n;
}

static void compare(const char *name, struct subject *s, double (*ours)(struct subject *),
		    double (*peer)(const struct subject *), int turns)
{
	printf("\"%s_bytes\": %zu, \"%s\": [", name, s->len, name);
	for (int i = 0; i < turns; i++) {
		uint64_t before = records(s);
		double a = ours(s), b = peer(s);

		printf("%s{\"culvert_ns\": %.1f, \"peer_ns\": %.1f, \"records\": %.0f}",
		       i ? ", " : "", a, b, (double)(records(s) - before) / ROUNDS);
	}
	printf("]");
}

int main(int argc, char **argv)
{
	static struct cv_generation gen;
	static struct subject coap, hj212;
	int turns = argc == 2 ? atoi(argv[1]) : 0;

	if (turns < 1) {
		fputs("usage: bench_decode TURNS\n", stderr);
		return 1;
	}
	prepare(&coap, CV_PROTO_COAP, &gen, true);
	coap.len = coap_message(coap.bytes);
	prepare(&hj212, CV_PROTO_HJ212, &gen, false);
	hj212.len = hj212_message(hj212.bytes);
	coap_startup();
	printf("{");
	compare("coap_parse", &coap, time_parse, time_libcoap, turns);
	printf(", ");
	compare("coap", &coap, time_decoder, time_libcoap_libcbor, turns);
	printf(", ");
	compare("coap_alone", &coap, time_decoder, time_libcoap, turns);
	printf(", ");
	compare("hj212", &hj212, time_decoder, time_crc_table, turns);
	printf(", ");
	compare("hj212_crc", &hj212, time_decoder, time_crc, turns);
	printf("}\n");
	return 0;
}
