/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generation image from an untrusted place. Input: patches of four bytes (offset, value, kind) on
 * a good image, whose checksum is then made right so that the damage is looked at; or, with an odd
 * first byte, the image as it is. What the check lets through must build and judge, and decode by the
 * descriptions of registers, JSON payloads and makers' frames that it has.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/generation_build.h"
#include "dataplane/policy/policy_table.h"
#include "tests/decode/vendor_test.h"
#include "tests/unit/flow_harness.h"
#include "tests/verdict/generate.h"

#define DEVICES_TRIED 4096u
#define FLOWS_TRIED 4096u
#define SERIES_TRIED 4096u
#define VENDOR_PORT 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static struct cv_generation *good_image(uint64_t seed)
{
	struct cv_random r = {seed};
	struct cv_generation *g = cv_generate_policy(&r, 1);

	must(g != NULL);
	g->device_capacity = 64;
	return g;
}

/* The pointers /v/0 (a value), /d (the device), /t (the time) and /q (the quality). */
static void add_json(struct cv_generation_build *b)
{
	static const char names[] = "vdtq";
	struct cv_gen_json_map map = {.filter = "+/#",
				      .good = "ok",
				      .zone = "+08:00",
				      .proto = CV_PROTO_MQTT,
				      .device_level = 2,
				      .count = CV_JSON_ROLES};

	for (uint8_t role = 0; role < CV_JSON_ROLES; role++) {
		struct cv_gen_json_value v = {.path = {names[role], '0'},
					      .at = {0, 1},
					      .len = {1, 1},
					      .segments = role == CV_JSON_VALUE ? 2 : 1,
					      .role = role,
					      .shift = 1,
					      .factor = 2,
					      .name = "raw.v",
					      .code = "v0"};

		must(!cv_generation_build_json_value(b, &v));
	}
	must(!cv_generation_build_json_map(b, &map));
	map.proto = CV_PROTO_COAP;
	map.time_format = CV_JSON_SECONDS;
	must(!cv_generation_build_json_map(b, &map));
}

static void add_vendor(struct cv_generation_build *b)
{
	const struct cv_gen_hint hint = {VENDOR_PORT, 17, CV_PROTO_VENDOR, 0};

	for (unsigned int i = 0; i < vendor_terminal.count; i++)
		must(!cv_generation_build_vendor_field(b, &vendor_terminal_fields[i]));
	must(!cv_generation_build_vendor_text(b, &(struct cv_gen_vendor_text){0, "normal"}));
	must(!cv_generation_build_vendor_text(b, &(struct cv_gen_vendor_text){2, "high"}));
	must(!cv_generation_build_vendor(b, &vendor_terminal));
	must(!cv_generation_build_hint(b, &hint));
}

/* Everything that says what payloads mean. */
static struct cv_generation *describing_image(void)
{
	const struct cv_gen_register level = {.unit = 1,
					      .address = 100,
					      .table = CV_REG_HOLDING,
					      .type = CV_REG_U16,
					      .scale = 0.01,
					      .name = "water.level",
					      .unit_name = "m"};
	struct cv_generation_build *b;
	struct cv_generation *g = NULL;

	must(!cv_generation_build_create(&b));
	cv_generation_build_head(b)->flow_capacity = 16;
	cv_generation_build_head(b)->cleaning.series = 64;
	add_json(b);
	add_vendor(b);
	must(!cv_generation_build_register(b, &level));
	must(!cv_generation_build_finish(b, &g));
	cv_generation_build_destroy(b);
	return g;
}

/* A message by each description: the values of an image that nobody damaged are records. */
static size_t decode_by(struct cv_generation *g)
{
	/* The frame of tests/samples/vendor; a PUT with JSON (RFC 7252); a CONNECT and a PUBLISH with
	 * JSON (MQTT 3.1.1); registers asked for and told (Modbus). */
	static const uint8_t vendor[] = {
		0xa5, 0x5a, 0x00, 0x00, 0x29, 0x53, 0x48, 0x52, 0x50, 0x32, 0x35, 0x30, 0x39, 0x30,
		0x31, 0x32, 0x30, 0x34, 0xd0, 0x00, 0x00, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x09,
		0xc4, 0x02, 0x5d, 0x68, 0xff, 0xb8, 0x87, 0x02, 0x5d, 0x84, 0x3e, 0x55, 0xaa};
	static const char put[] =
		"\x40\x03\x12\x34\xb1p\x01x\x11\x32\xff{\"v\":[1],\"d\":\"x\",\"t\":1e9}";
	static const char publish[] =
		"\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a"
		"\x30\x31\0\3p/x{\"v\":[1],\"t\":\"2024-01-01T00:00:00\",\"q\":\"no\"}";
	static const uint8_t ask[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, 1};
	static const uint8_t told[] = {0, 1, 0, 0, 0, 5, 1, 3, 2, 1, 2};
	const struct fh_flow vendors = {40000, VENDOR_PORT, 1, 0, 0, false};
	const struct fh_flow coap = {40001, 5683, 1, 0, 0, false};
	const struct fh_flow modbus = {40002, 502, 1, 0, 0, false};
	const struct fh_flow mqtt = {40003, 1883, 1, 0, 0, false};
	struct flow_harness *h = flow_harness_of(g);
	size_t records;

	fh_udp(h, &vendors, true, vendor, sizeof(vendor));
	fh_udp(h, &coap, true, put, sizeof(put) - 1);
	fh_udp(h, &modbus, true, ask, sizeof(ask));
	fh_udp(h, &modbus, false, told, sizeof(told));
	fh_tcp(h, &mqtt, true, FH_SYN, 0, 0, NULL, 0);
	fh_tcp(h, &mqtt, true, FH_ACK, 1, 1, publish, sizeof(publish) - 1);
	flow_harness_drain(h);
	records = h->records;
	flow_harness_free(h);
	return records;
}

static bool can_be_tried(const struct cv_generation *g)
{
	return g->device_capacity <= DEVICES_TRIED && g->flow_capacity <= FLOWS_TRIED &&
	       g->cleaning.series <= SERIES_TRIED;
}

static void patch(struct cv_generation *g, const uint8_t *data, size_t size)
{
	uint32_t whole = g->size;

	for (size_t i = 0; i + 4 <= size; i += 4) {
		/* Half of them on the head, where the offsets and counts are. */
		uint32_t range = data[i + 3] & 1 ? (uint32_t)sizeof(*g) : whole;
		uint32_t at = (uint32_t)(data[i] << 8 | data[i + 1]) % range;

		((uint8_t *)g)[at] = data[i + 2];
	}
	if (g->size >= sizeof(*g) && g->size <= whole)
		g->crc32c = cv_generation_crc(g);
}

static void use(const struct cv_generation *g)
{
	uint8_t frame[CV_GENERATE_MAX];
	struct cv_device_table *devices = NULL;
	struct cv_policy_table *t = NULL;
	struct cv_random r = {7};
	struct cv_frame f = {.data = frame};

	if (g->device_capacity > DEVICES_TRIED)
		return;
	must(!cv_policy_table_create(g, NULL, &t));
	must(!cv_device_table_create(g->device_capacity, g->number, &devices));
	for (int i = 0; i < 20; i++) {
		f.len = cv_generate_frame(&r, frame);
		f.port = (uint8_t)(i % CV_PORTS_MAX);
		cv_policy_judge(t, devices, &f, 1, 1000);
	}
	cv_policy_table_destroy(t);
	cv_device_table_destroy(devices);
}

/* Nobody's damage: what is told otherwise would be told of nothing. */
static void check_descriptions_once(void)
{
	static bool checked;

	if (!checked)
		must(decode_by(describing_image()) == 9);
	checked = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_generation *g;
	uint32_t whole;

	check_descriptions_once();

	if (size == 0 || data[0] & 1) {
		if (!cv_generation_check(data, size))
			use((const void *)data);
		return 0;
	}
	g = data[0] & 2 ? describing_image() : good_image(data[0]);
	whole = g->size;
	patch(g, data + 1, size - 1);
	if (!cv_generation_check(g, whole)) {
		use(g);
		if (data[0] & 2 && can_be_tried(g)) {
			decode_by(g); /* which has it from here on */
			return 0;
		}
	}
	free(g);
	return 0;
}
