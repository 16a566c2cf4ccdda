/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any record that cv_record_check() lets pass, in every projection, with a gap behind it: it fits,
 * other people's parsers take it (jansson, libcbor), and SenML says the same in JSON and in CBOR,
 * value for value. Input: the record.
 */
#include <cbor.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/projection/projection.h"
#include "tests/fuzz/fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* SenML has all digits of a number, more than jansson has for integers. */
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL)

static char text[2 * CV_PROJECTION_ROOM + 64];

static size_t project(enum cv_event_format format, const struct cv_record *rec)
{
	const struct cv_projection_ops *ops = cv_projections[format].ops;
	struct cv_member_cursor next = {.at.next = {1, 2, 3, 4}, .epoch = rec->packet};
	struct cv_projection_at at = {
		.node = "no de\"7", .seq = rec->packet, .next = &next, .first = true};
	struct cv_log_gap gap = {.lane = rec->lane, .from = 7, .to = 1u << 20};
	struct cv_json out = cv_json(text, sizeof(text));
	char *before;

	gap.reason = cv_gap_reason_name(CV_GAP_DAMAGED);
	gap.ts_ns = 1777863721123456789;
	if (ops->begin)
		ops->begin(&out);
	before = out.at;
	ops->record(&out, &at, rec);
	if ((size_t)(out.at - before) > CV_PROJECTION_ROOM)
		abort();
	at.first = false;
	at.seq = gap.from;
	ops->gap(&out, &at, &gap, CV_GAP_DAMAGED);
	if (ops->idle)
		ops->idle(&out);
	if (ops->end)
		ops->end(&out);
	if (out.failed)
		abort();
	return (size_t)(out.at - text);
}

static json_t *parse(enum cv_event_format format, const struct cv_record *rec)
{
	size_t len = project(format, rec);
	json_error_t error;
	json_t *doc = json_loadb(text, len, FLAGS, &error);

	if (!json_is_array(doc) || json_array_size(doc) < 2) {
		fprintf(stderr, "%s: %.*s\n", error.text, (int)len, text);
		abort();
	}
	return doc;
}

static void check_lines(const struct cv_record *rec)
{
	size_t len = project(CV_EVENT_NDJSON, rec);
	char *end = memchr(text, '\n', len);
	json_t *event = end ? json_loadb(text, (size_t)(end - text),
					 JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL)
			    : NULL;

	if (!event || (json_object_get(event, "cursor") != NULL) != (rec->packet != 0))
		abort();
	json_decref(event);
}

/* Value of a label, by number or by name; NULL = absent. */
static cbor_item_t *member(cbor_item_t *map, int label, const char *word)
{
	struct cbor_pair *pairs = cbor_map_handle(map);

	for (size_t i = 0; i < cbor_map_size(map); i++) {
		cbor_item_t *key = pairs[i].key;

		if (word ? cbor_isa_string(key) && cbor_string_length(key) == strlen(word) &&
				    memcmp(cbor_string_handle(key), word, strlen(word)) == 0
			 : cbor_isa_uint(key) && cbor_get_int(key) == (uint64_t)label)
			return pairs[i].value;
	}
	return NULL;
}

static double number(cbor_item_t *item)
{
	if (cbor_isa_uint(item))
		return (double)cbor_get_int(item);
	if (cbor_isa_negint(item))
		return -1.0 - (double)cbor_get_int(item);
	return cbor_float_get_float(item);
}

static void same_text(cbor_item_t *item, const json_t *want)
{
	if (!item != !want)
		abort();
	if (item && (cbor_string_length(item) != json_string_length(want) ||
		     memcmp(cbor_string_handle(item), json_string_value(want),
			    json_string_length(want)) != 0))
		abort();
}

static double json_double(const json_t *v)
{
	/* Digits beyond 63 bits are a real number to jansson, since it was told so. */
	return json_number_value(v);
}

static void same_value(cbor_item_t *map, const json_t *want)
{
	cbor_item_t *v = member(map, 2, NULL), *vb = member(map, 4, NULL);
	const json_t *jv = json_object_get(want, "v"), *jb = json_object_get(want, "vb");

	if (!v != !jv || !vb != !jb)
		abort();
	if (v && number(v) != json_double(jv))
		abort();
	if (vb && cbor_get_bool(vb) != json_is_true(jb))
		abort();
	same_text(member(map, 3, NULL), json_object_get(want, "vs"));
	if (!member(map, 8, NULL) != !json_object_get(want, "vd"))
		abort();
	if (member(map, 8, NULL) && (cbor_bytestring_length(member(map, 8, NULL)) * 4 + 2) / 3 !=
					    json_string_length(json_object_get(want, "vd")))
		abort();
}

static void same_time(cbor_item_t *map, const json_t *want)
{
	cbor_item_t *t = member(map, 6, NULL), **pair;
	const json_t *jt = json_object_get(want, "t");
	double seconds;

	if (!t != !jt)
		abort();
	if (!t)
		return;
	if (cbor_isa_tag(t)) {
		cbor_item_t *fraction = cbor_tag_item(t);

		pair = cbor_array_handle(fraction);
		if (number(pair[0]) != -9)
			abort();
		seconds = (double)cbor_get_int(pair[1]) / 1e9;
		cbor_decref(&fraction);
	} else {
		seconds = number(t);
	}
	if (fabs(seconds - json_number_value(jt)) > 1e-6 * fabs(seconds))
		abort();
}

static void check_senml(const struct cv_record *rec)
{
	json_t *want = json_loadb(text, project(CV_EVENT_SENML, rec),
				  JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	size_t len = project(CV_EVENT_SENML_CBOR, rec);
	struct cbor_load_result res;
	cbor_item_t *pack = cbor_load((const unsigned char *)text, len, &res);

	if (!pack || res.read != len || !cbor_isa_array(pack) || !cbor_array_is_indefinite(pack) ||
	    cbor_array_size(pack) != json_array_size(want))
		abort();
	for (size_t i = 0; i < cbor_array_size(pack); i++) {
		cbor_item_t *map = cbor_array_handle(pack)[i];
		const json_t *row = json_array_get(want, i);

		if (!cbor_isa_map(map) || cbor_map_size(map) != json_object_size(row))
			abort();
		same_text(member(map, 0, NULL), json_object_get(row, "n"));
		same_text(member(map, 1, NULL), json_object_get(row, "u"));
		same_text(member(map, 0, "id"), json_object_get(row, "id"));
		same_value(map, row);
		same_time(map, row);
	}
	cbor_decref(&pack);
	json_decref(want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_record *rec = fuzz_record(data, size);

	if (rec) {
		check_lines(rec);
		json_decref(parse(CV_EVENT_BATCH, rec));
		json_decref(parse(CV_EVENT_SENML, rec));
		json_decref(parse(CV_EVENT_NGSI_LD, rec));
		check_senml(rec);
		project(CV_EVENT_SSE, rec);
		project(CV_EVENT_FRAMES, rec);
	}
	free(rec);
	return 0;
}
