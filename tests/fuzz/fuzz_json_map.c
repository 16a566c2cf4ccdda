/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON payloads by a map that looks everywhere, and as flat objects. The payload is in a block of its
 * own length; every record that is made is well-formed.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/json_map.h"
#include "dataplane/policy/generation_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(8) uint8_t arena[CV_RECORD_MAX];

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	sink->lane[lane].cur = arena;
	sink->lane[lane].end = arena + sizeof(arena);
}

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	if (cv_record_check(rec, CV_RECORD_MAX) != 0)
		abort();
}

static void complete(void *arg, struct cv_record *rec)
{
	rec->status = 1;
}

/* The pointers "", /v, /v/0, /v/1/t, /d, /t and /q. */
static void add_values(struct cv_generation_build *b)
{
	static const struct {
		const char *segment[3];
		uint8_t role;
	} places[] = {
		{{NULL}, CV_JSON_VALUE},     {{"v"}, CV_JSON_VALUE},
		{{"v", "0"}, CV_JSON_VALUE}, {{"v", "1", "t"}, CV_JSON_VALUE},
		{{"d"}, CV_JSON_DEVICE},     {{"t"}, CV_JSON_TIME},
		{{"q"}, CV_JSON_QUALITY},
	};
	struct cv_gen_json_map map = {
		.filter = "#", .zone = "Z", .good = "ok", .proto = CV_PROTO_MQTT};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct cv_gen_json_value v = {
			.role = places[i].role, .factor = 0.5, .name = "raw.v"};
		size_t used = 0;

		for (; v.segments < 3 && places[i].segment[v.segments]; v.segments++) {
			size_t len = strlen(places[i].segment[v.segments]);

			memcpy(v.path + used, places[i].segment[v.segments], len);
			v.at[v.segments] = (uint8_t)used;
			v.len[v.segments] = (uint8_t)len;
			used += len;
		}
		map.count++;
		if (cv_generation_build_json_value(b, &v) != 0)
			abort();
	}
	for (map.time_format = 0; map.time_format < CV_JSON_TIMES; map.time_format++) {
		map.filter[0] = (char)('0' + map.time_format);
		if (cv_generation_build_json_map(b, &map) != 0)
			abort();
	}
}

static struct cv_generation *make(void)
{
	struct cv_generation_build *b;
	struct cv_generation *gen;

	if (cv_generation_build_create(&b) != 0)
		abort();
	add_values(b);
	if (cv_generation_build_finish(b, &gen) != 0)
		abort();
	cv_generation_build_destroy(b);
	return gen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cv_generation *gen;
	static struct cv_emit emit;
	static const struct cv_origin origin = {.ts_rx_ns = 1700000000000000000};
	struct cv_sink sink = {.refill = refill, .committed = committed};
	uint8_t topic = (uint8_t)('0' + size % 3), *copy = malloc(size ? size : 1);
	struct cv_senml_origin o = {.name = &topic,
				    .name_len = 1,
				    .code = &topic,
				    .code_len = 1,
				    .complete = complete,
				    .lane = CV_LANE_MEASUREMENT,
				    .kind = CV_KIND_MEASUREMENT};
	bool bad = false;

	if (gen == NULL)
		gen = make();
	if (copy == NULL)
		abort();
	if (size != 0)
		memcpy(copy, data, size);
	cv_emit_init(&emit, &sink);
	emit.origin = &origin;
	cv_json_map_emit(&emit, gen, CV_PROTO_MQTT, &o, copy, size, &bad);
	cv_json_flat_emit(&emit, &o, copy, size);
	free(copy);
	return 0;
}
