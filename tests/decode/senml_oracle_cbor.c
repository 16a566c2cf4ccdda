/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cbor.h>
#include <cmocka.h>

#include "tests/decode/senml_oracle.h"

static double cbor_number(cbor_item_t *item)
{
	if (cbor_isa_uint(item))
		return (double)cbor_get_int(item);
	if (cbor_isa_negint(item))
		return -(double)((unsigned __int128)cbor_get_int(item) + 1);
	return cbor_float_get_float(item);
}

static double cbor_decimal(cbor_item_t *pair)
{
	char text[64];
	cbor_item_t **part = cbor_array_handle(pair);

	snprintf(text, sizeof(text), "%s%llue%d", cbor_isa_negint(part[1]) ? "-" : "",
		 (unsigned long long)cbor_get_int(part[1]) + cbor_isa_negint(part[1]),
		 cbor_isa_negint(part[0]) ? -1 - (int)cbor_get_int(part[0])
					  : (int)cbor_get_int(part[0]));
	return strtod(text, NULL);
}

static void cbor_text(struct model *m, int field, cbor_item_t *item)
{
	uint8_t joined[1024];
	size_t len = 0;

	if (cbor_isa_bytestring(item)) {
		set_text(m, field, "", 0);
		return;
	}
	if (cbor_string_is_definite(item)) {
		set_text(m, field, cbor_string_handle(item), cbor_string_length(item));
		return;
	}
	for (size_t i = 0; i < cbor_string_chunk_count(item); i++) {
		cbor_item_t *chunk = cbor_string_chunks_handle(item)[i];

		assert_true(len + cbor_string_length(chunk) <= sizeof(joined));
		memcpy(joined + len, cbor_string_handle(chunk), cbor_string_length(chunk));
		len += cbor_string_length(chunk);
	}
	set_text(m, field, joined, len);
}

static int cbor_field(cbor_item_t *key)
{
	static struct model label;
	double n;

	if (cbor_isa_string(key)) {
		cbor_text(&label, 0, key);
		return field_of(label.text[0], label.len[0]);
	}
	n = cbor_number(key) - CV_SENML_FIRST_LABEL;
	return n >= 0 && n < CV_SENML_FIELD_COUNT ? (int)n : -1;
}

static cbor_item_t *below_tag(cbor_item_t *item)
{
	/* The tree stays whole while the root is held. */
	item = cbor_tag_item(item);
	item->refcount--;
	return item;
}

/* A number: a decimal fraction (tag 4, RFC 8949 3.4.4) stays what it is. */
static cbor_item_t *untagged(cbor_item_t *item)
{
	while (cbor_isa_tag(item) && cbor_tag_value(item) != 4)
		item = below_tag(item);
	return item;
}

/* What is no number: tags say nothing of it, that of decimal fractions included. */
static cbor_item_t *bare(cbor_item_t *item)
{
	while (cbor_isa_tag(item))
		item = below_tag(item);
	return item;
}

static void cbor_member(struct model *m, int field, cbor_item_t *value)
{
	value = cv_senml_types[field] == CV_SENML_TYPE_NUMBER ? untagged(value) : bare(value);
	if (cbor_isa_tag(value)) {
		cbor_item_t *pair = cbor_tag_item(value);

		set_number(m, field, cbor_decimal(pair));
		cbor_decref(&pair);
	} else if (cbor_isa_string(value) || cbor_isa_bytestring(value)) {
		cbor_text(m, field, value);
	} else if (cbor_isa_float_ctrl(value) && cbor_float_ctrl_is_ctrl(value)) {
		set_number(m, field, cbor_get_bool(value));
	} else {
		set_number(m, field, cbor_number(value));
	}
}

/* libcbor 0.8 stops at tags and simple values that nobody has assigned; they are well-formed. */
static bool is_unassigned(uint8_t c)
{
	return (c >= 0xc6 && c <= 0xd4) || (c >= 0xe0 && c <= 0xf3) || c == 0xf8;
}

void same_cbor(const struct cv_senml_pack *pack, const uint8_t *data, size_t len)
{
	static struct model base, m;
	struct cbor_load_result result;
	cbor_item_t *root = cbor_load(data, len, &result), *array;
	uint32_t at = 0;

	if (!root) {
		if (!is_unassigned(data[result.error.position]))
			fail_msg("seed %#llx: libcbor error %d at %zu of %zu bytes",
				 (unsigned long long)seed, result.error.code, result.error.position,
				 len);
		return;
	}
	assert_int_equal(result.read, len);
	memset(&base, 0, sizeof(base));
	array = bare(root);
	for (size_t i = 0; i < cbor_array_size(array); i++) {
		cbor_item_t *record = bare(cbor_array_handle(array)[i]);

		memset(&m, 0, sizeof(m));
		for (size_t k = 0; k < cbor_map_size(record); k++) {
			struct cbor_pair pair = cbor_map_handle(record)[k];
			int field = cbor_field(pair.key);

			if (field >= 0)
				cbor_member(&m, field, pair.value);
		}
		same_next(pack, &at, &m, &base);
	}
	assert_int_equal(at, pack->count);
	cbor_decref(&root);
}

static cbor_item_t *cbor_integer(void)
{
	uint64_t n = next_random() >> below(64);
	cbor_item_t *item = n <= UINT8_MAX    ? cbor_build_uint8((uint8_t)n)
			    : n <= UINT16_MAX ? cbor_build_uint16((uint16_t)n)
			    : n <= UINT32_MAX ? cbor_build_uint32((uint32_t)n)
					      : cbor_build_uint64(n);

	if (below(2))
		cbor_mark_negint(item);
	return item;
}

static cbor_item_t *cbor_random_number(void)
{
	cbor_item_t *pair;

	switch (below(5)) {
	case 0:
		return cbor_integer();
	case 1:
		return cbor_build_float2((float)((int)below(2048) - 1024) / 8);
	case 2:
		return cbor_build_float4((float)below(100000) / 7);
	case 3:
		pair = cbor_new_definite_array(2);
		assert_true(cbor_array_push(pair, cbor_move(cbor_build_uint8(0))));
		cbor_set_uint8(cbor_array_handle(pair)[0], (uint8_t)below(30));
		if (below(2))
			cbor_mark_negint(cbor_array_handle(pair)[0]);
		assert_true(cbor_array_push(pair, cbor_move(cbor_build_uint32(below(1000000)))));
		return cbor_build_tag(4, cbor_move(pair));
	default:
		return cbor_build_float8(random_number());
	}
}

static cbor_item_t *cbor_random_text(const char *text)
{
	cbor_item_t *chunks;

	if (below(3))
		return cbor_build_string(text);
	chunks = cbor_new_indefinite_string();
	for (unsigned int n = below(3); n > 0; n--)
		assert_true(cbor_string_add_chunk(chunks, cbor_move(cbor_build_string("ch"))));
	assert_true(cbor_string_add_chunk(chunks, cbor_move(cbor_build_string(text))));
	return chunks;
}

static cbor_item_t *cbor_random_field(int field)
{
	char room[TEXT_MAX];

	switch (cv_senml_types[field]) {
	case CV_SENML_TYPE_TEXT:
		return cbor_random_text(field == CV_SENML_BASE_NAME ? "base" : random_text(room));
	case CV_SENML_TYPE_BOOLEAN:
		return cbor_build_bool(below(2));
	case CV_SENML_TYPE_DATA:
		return cbor_build_bytestring((cbor_data) "hi \n", 4);
	default:
		return cbor_random_number();
	}
}

static cbor_item_t *cbor_label(int field)
{
	int label = field + CV_SENML_FIRST_LABEL;
	cbor_item_t *item;

	if (below(8) == 0)
		return cbor_build_string(labels[field]);
	item = cbor_build_uint8((uint8_t)(label < 0 ? -1 - label : label));
	if (label < 0)
		cbor_mark_negint(item);
	return item;
}

static cbor_item_t *cbor_random_record(uint32_t fields)
{
	cbor_item_t *record = below(2) ? cbor_new_indefinite_map()
				       : cbor_new_definite_map((size_t)__builtin_popcount(fields));

	for (int k = 0; k < CV_SENML_FIELD_COUNT; k++) {
		if (fields >> k & 1)
			assert_true(cbor_map_add(
				record,
				(struct cbor_pair){.key = cbor_move(cbor_label(k)),
						   .value = cbor_move(cbor_random_field(k))}));
	}
	if (cbor_map_is_indefinite(record) && below(2)) {
		cbor_item_t *other = cbor_new_indefinite_array();

		assert_true(cbor_array_push(other, cbor_move(cbor_new_definite_map(0))));
		assert_true(cbor_array_push(other, cbor_move(cbor_random_number())));
		assert_true(cbor_map_add(
			record, (struct cbor_pair){.key = cbor_move(cbor_build_string("other")),
						   .value = cbor_move(other)}));
	}
	return record;
}

size_t random_cbor(uint8_t *room, size_t size)
{
	unsigned int records = 1 + below(RECORDS_MAX);
	cbor_item_t *root =
		below(2) ? cbor_new_indefinite_array() : cbor_new_definite_array(records);
	size_t len;

	for (unsigned int i = 0; i < records; i++)
		assert_true(cbor_array_push(root,
					    cbor_move(cbor_random_record(random_fields(i == 0)))));
	len = cbor_serialize(root, room, size);
	cbor_decref(&root);
	assert_true(len > 0);
	return len;
}
