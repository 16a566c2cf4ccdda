/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One LoRaWAN frame by several gateways, of Semtech's protocol and of Basics Station, through the
 * whole pipeline. The frames are the one published with PROTOCOL.TXT's examples and made from
 * LoRaWAN 1.0.4, 4.
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/unit/enforce_help.h"

#define MS 1000000ll
/* 40 f17dbe49 00 0200 01 95437876 2b11ff0d: 49be7df1, frame 2, port 1 */
#define UPLINK "QPF9vkkAAgABlUN4disR/w0="
#define UPLINK_JSON                                                                                \
	"{\"msgtype\":\"updf\",\"MHdr\":64,\"DevAddr\":1237220849,\"FCtrl\":0,\"FCnt\":2,"         \
	"\"FOpts\":\"\",\"FPort\":1,\"FRMPayload\":\"95437876\",\"MIC\":234819883,"                \
	"\"upinfo\":{\"rssi\":%d,\"snr\":9.25}}"
/* The same with frame 3, as a confirmed one, as a downlink, as a maker's own. */
#define NEXT "QPF9vkkAAwABlUN4disR/w0="
#define CONFIRMED "gPF9vkkAAgABlUN4disR/w0="
#define DOWNLINK "YPF9vkkAAgABlUN4disR/w0="
#define PROPRIETARY "4PF9vkkAAgABlUN4disR/w0="
/* 00 0102030405060708 1112131415161718 1234 01020304 */
#define JOIN "AAECAwQFBgcIERITFBUWFxgSNAECAwQ="

static struct flow_harness *harness(int64_t hold_ns)
{
	struct cv_generation_build *b;
	struct cv_generation *gen;

	eh_must(cv_generation_build_create(&b) == 0);
	cv_generation_build_head(b)->flow_capacity = 256;
	cv_generation_build_head(b)->cleaning.repeats = 1;
	cv_generation_build_head(b)->cleaning.series = 64;
	cv_generation_build_head(b)->cleaning.gateway_hold_ns = hold_ns;
	eh_must(cv_generation_build_finish(b, &gen) == 0);
	cv_generation_build_destroy(b);
	return flow_harness_of(gen);
}

/* A push-data of gateway aa555a00000001NN with this JSON. */
static void push(struct flow_harness *h, unsigned int gateway, const char *json)
{
	struct fh_flow f = {.client_port = 40000, .server_port = 1700, .client = (uint8_t)gateway};
	struct eh_bytes b = {.len = 0};

	eh_put(&b, (uint8_t[]){2, 0x12, 0x34, 0, 0xaa, 0x55, 0x5a, 0, 0, 0, 1, (uint8_t)gateway},
	       12);
	eh_put(&b, json, strlen(json));
	fh_udp(h, &f, true, b.data, b.len);
}

static void hear(struct flow_harness *h, unsigned int gateway, const char *data, int rssi)
{
	char json[256];

	snprintf(json, sizeof(json),
		 "{\"rxpk\":[{\"freq\":486.3,\"rssi\":%d,\"lsnr\":5.1,\"data\":\"%s\"}]}", rssi,
		 data);
	push(h, gateway, json);
}

/* A Basics Station with EUI aa555a00000001NN. */
static struct eh_tcp station(struct flow_harness *h, unsigned int gateway)
{
	struct eh_tcp c = {.h = h, .f = {(uint16_t)(41000 + gateway), 1887, 1, 0, 0, false}};
	char text[200];

	c.seq[0] = 90001;
	c.seq[1] = 501;
	fh_tcp(h, &c.f, true, FH_SYN, 500, 0, NULL, 0);
	fh_tcp(h, &c.f, false, FH_SYN | FH_ACK, 90000, 501, NULL, 0);
	snprintf(text, sizeof(text),
		 "GET /gateway/aa555a00000001%02x HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", gateway);
	eh_send(&c, true, text, strlen(text));
	return c;
}

static void station_hear(struct eh_tcp *c, const char *format, int rssi)
{
	struct eh_bytes b = {.len = 0};
	char text[400];

	snprintf(text, sizeof(text), format, rssi);
	eh_u8(&b, 0x81);
	eh_u8(&b, 126);
	eh_u16(&b, (unsigned int)strlen(text));
	eh_put(&b, text, strlen(text));
	eh_send(c, true, b.data, b.len);
}

/* Let the time of the hold go by. */
static void wait(struct flow_harness *h, int64_t ms)
{
	h->now_ns += ms * MS;
	cv_pipeline_tick(h->pipeline, h->now_ns);
}

/* The n-th event of a frame that was told, and the gateways in it. */
static unsigned int frame(const struct flow_harness *h, size_t n,
			  struct cv_gateway g[CV_GATEWAYS_MAX])
{
	for (size_t i = 0; i < h->records; i++) {
		const struct cv_record *rec = &h->record[i].head;

		if (rec->kind != CV_KIND_MEASUREMENT && n-- == 0)
			return cv_record_gateways(rec, g);
	}
	fail_msg("no such frame");
	return 0;
}

static void account(const struct flow_harness *h, uint64_t heard, uint64_t told, uint64_t copies)
{
	assert_int_equal(h->counters.flow[CV_FLOW_RADIO_HEARD], heard);
	assert_int_equal(h->counters.flow[CV_FLOW_RADIO_TOLD], told);
	assert_int_equal(h->counters.flow[CV_FLOW_RADIO_COPIES], copies);
	assert_int_equal(h->counters.flow[CV_FLOW_RADIO_WAITING], heard - told - copies);
}

static void gateways_of_both_protocols(void **state)
{
	struct flow_harness *h = harness(200 * MS);
	struct eh_tcp c = station(h, 3);
	struct cv_gateway g[CV_GATEWAYS_MAX];

	(void)state;
	hear(h, 1, UPLINK, -90);
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	h->now_ns += 50 * MS;
	station_hear(&c, UPLINK_JSON, -50);
	h->now_ns += 50 * MS;
	hear(h, 2, UPLINK, -70);
	assert_int_equal(h->outcome, CV_OUTCOME_REPEATED);
	account(h, 3, 0, 2);
	assert_int_equal(h->records, 0);
	wait(h, 99);
	assert_int_equal(h->records, 0);
	wait(h, 20);
	assert_int_equal(h->records, 3);
	account(h, 3, 1, 2);
	assert_int_equal(frame(h, 0, g), 3);
	assert_int_equal(g[0].id, 0xaa555a0000000103);
	assert_true(g[0].rssi == -50 && g[0].snr == 9.25);
	assert_int_equal(g[1].id, 0xaa555a0000000102);
	assert_true(g[1].rssi == -70 && g[1].snr == 5.1);
	assert_int_equal(g[2].id, 0xaa555a0000000101);
	assert_int_equal(h->record[0].head.proto, CV_PROTO_STATION);
	assert_int_equal(h->record[1].head.name_id, CV_NAME_DEVICE_RSSI);
	assert_true(h->record[1].head.value.f64 == -50);
	assert_int_equal(h->counters.repeated[CV_PROTO_GWMP], 1);
	assert_int_equal(h->counters.repeated[CV_PROTO_STATION], 1);
	hear(h, 4, UPLINK, -10); /* too late */
	assert_int_equal(h->counters.repeated[CV_PROTO_GWMP], 2);
	wait(h, 300);
	account(h, 4, 1, 3);
	assert_int_equal(h->records, 3);
	flow_harness_free(h);
}

/* What is one event and what is not. */
static void which_frames_are_one(void **state)
{
	static const struct {
		const char *data;
		uint64_t told; /* of three copies; 0 = not counted, each is an event */
	} rows[] = {{UPLINK, 1}, {CONFIRMED, 1},   {JOIN, 1}, {DOWNLINK, 0},
		    {"QPF9", 0}, {PROPRIETARY, 0}, {"", 0}};
	struct cv_gateway g[CV_GATEWAYS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow_harness *h = harness(200 * MS);

		for (unsigned int k = 1; k <= 3; k++)
			hear(h, k, rows[i].data, -80 - (int)k);
		wait(h, 300);
		account(h, 3 * rows[i].told, rows[i].told, 2 * rows[i].told);
		assert_int_equal(h->records, rows[i].told ? 3 : 9);
		assert_int_equal(h->counters.repeated[CV_PROTO_GWMP], 2 * rows[i].told);
		assert_int_equal(frame(h, 0, g), rows[i].told ? 3 : 1);
		assert_int_equal(g[0].id, 0xaa555a0000000101);
		flow_harness_free(h);
	}
}

/* Damaged on air: what the frame was is not known. */
static void damaged_frames_are_their_gateways(void **state)
{
	struct flow_harness *h = harness(200 * MS);

	(void)state;
	for (unsigned int k = 1; k <= 2; k++)
		push(h, k, "{\"rxpk\":[{\"stat\":-1,\"rssi\":-9,\"data\":\"" UPLINK "\"}]}");
	account(h, 0, 0, 0);
	assert_int_equal(h->records, 4);
	flow_harness_free(h);
}

/* A datagram is a repeat when all of it is; each frame in it counts by itself. */
static void several_frames_in_a_datagram(void **state)
{
	struct flow_harness *h = harness(200 * MS);

	(void)state;
	hear(h, 1, UPLINK, -80);
	push(h, 2, "{\"rxpk\":[{\"data\":\"" UPLINK "\"},{\"data\":\"" NEXT "\"}]}");
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	push(h, 3, "{\"rxpk\":[{\"data\":\"" UPLINK "\"},{\"data\":\"" NEXT "\"}]}");
	assert_int_equal(h->outcome, CV_OUTCOME_REPEATED);
	push(h, 4, "{\"rxpk\":[{\"data\":\"" UPLINK "\"}],\"stat\":{\"rxnb\":1}}");
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	assert_int_equal(h->counters.repeated[CV_PROTO_GWMP], 1);
	account(h, 6, 0, 4);
	flow_harness_drain(h);
	account(h, 6, 2, 4);
	assert_int_equal(h->records, 1 + 3 + 1); /* stat; with and without signal */
	flow_harness_free(h);
}

static void without_hold(void **state)
{
	struct flow_harness *h = harness(0);

	(void)state;
	hear(h, 1, UPLINK, -90);
	assert_int_equal(h->records, 3);
	hear(h, 2, UPLINK, -50);
	assert_int_equal(h->records, 3);
	account(h, 2, 1, 1);
	flow_harness_free(h);
}

/* Gateways wait for nobody when the worker stops. */
static void a_worker_that_stops(void **state)
{
	struct flow_harness *h = harness(200 * MS);

	(void)state;
	hear(h, 1, UPLINK, -90);
	account(h, 1, 0, 0);
	cv_pipeline_stop(h->pipeline);
	account(h, 1, 1, 0);
	assert_int_equal(h->records, 3);
	flow_harness_free(h);
}

/* A gateway at the wrong place has heard nothing, whether it is the first or a later one. */
static void denied_gateways_have_heard_nothing(void **state)
{
	struct cv_gateway g[CV_GATEWAYS_MAX];

	(void)state;
	for (unsigned int order = 0; order < 2; order++) {
		struct flow_harness *h = eh_new(&(struct eh_rule){
			.proto = CV_PROTO_GWMP,
			.ip_proto = 17,
			.port = 1700,
			.identity = "aa555a0000000109", /* at VLAN 7, where it is not */
			.gateway_hold_ns = 200 * MS,
		});
		size_t told;

		if (order == 1)
			hear(h, 1, UPLINK, -90);
		hear(h, 9, UPLINK, -10);
		assert_int_equal(eh_dropped(h), CV_REASON_SPOOF);
		hear(h, 2, UPLINK, -80);
		if (order == 0)
			hear(h, 1, UPLINK, -90);
		account(h, 2, 0, 1);
		told = h->records; /* of the refusal */
		for (size_t i = 0; i < told; i++)
			assert_int_equal(h->record[i].head.lane, CV_LANE_SECURITY);
		wait(h, 300);
		assert_int_equal(h->records, told + 3);
		memmove(h->record, h->record + told, 3 * sizeof(*h->record));
		assert_int_equal(frame(h, 0, g), 2);
		assert_int_equal(g[0].id, 0xaa555a0000000102);
		assert_int_equal(g[1].id, 0xaa555a0000000101);
		flow_harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateways_of_both_protocols),
		cmocka_unit_test(which_frames_are_one),
		cmocka_unit_test(damaged_frames_are_their_gateways),
		cmocka_unit_test(several_frames_in_a_datagram),
		cmocka_unit_test(without_hold),
		cmocka_unit_test(a_worker_that_stops),
		cmocka_unit_test(denied_gateways_have_heard_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
