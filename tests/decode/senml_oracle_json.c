/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/decode/senml_oracle.h"

void same_json(const struct cv_senml_pack *pack, const char *text, size_t len)
{
	static struct model base, m;
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_DECODE_INT_AS_REAL, &error), *record, *value;
	const char *key;
	uint32_t at = 0;
	size_t i;

	/* A number beyond a double in a field that is skipped is no concern of ours. */
	if (!root && json_error_code(&error) == json_error_numeric_overflow)
		return;
	if (!json_is_array(root))
		fail_msg("seed %#llx: jansson does not take %.*s", (unsigned long long)seed,
			 (int)len, text);
	memset(&base, 0, sizeof(base));
	json_array_foreach(root, i, record)
	{
		memset(&m, 0, sizeof(m));
		json_object_foreach(record, key, value)
		{
			int field = field_of(key, strlen(key));

			if (field < 0)
				continue;
			if (json_is_string(value))
				set_text(&m, field, json_string_value(value),
					 json_string_length(value));
			else
				set_number(&m, field,
					   json_is_boolean(value) ? json_is_true(value)
								  : json_real_value(value));
		}
		same_next(pack, &at, &m, &base);
	}
	assert_int_equal(at, pack->count);
	json_decref(root);
}

static json_t *json_field(int field)
{
	char room[TEXT_MAX];

	switch (cv_senml_types[field]) {
	case CV_SENML_TYPE_TEXT:
		return json_string(field == CV_SENML_BASE_NAME ? "base" : random_text(room));
	case CV_SENML_TYPE_BOOLEAN:
		return json_boolean(below(2));
	case CV_SENML_TYPE_DATA:
		return json_string("aGkgCg");
	default:
		return below(2) ? json_real(random_number()) : json_integer((int)next_random());
	}
}

char *random_json(void)
{
	static const size_t flags[] = {JSON_COMPACT, JSON_INDENT(2), JSON_ENSURE_ASCII,
				       JSON_ESCAPE_SLASH | JSON_ENSURE_ASCII, 0};
	json_t *root = json_array();
	unsigned int records = 1 + below(RECORDS_MAX);
	char *text;

	for (unsigned int i = 0; i < records; i++) {
		json_t *record = json_object();
		uint32_t fields = random_fields(i == 0);

		for (int k = 0; k < CV_SENML_FIELD_COUNT; k++) {
			if (fields >> k & 1)
				json_object_set_new(record, labels[k], json_field(k));
		}
		if (below(4) == 0)
			json_object_set_new(record, "other",
					    json_pack("[{s:f},n,[],{}]", "v", random_number()));
		json_array_append_new(root, record);
	}
	text = json_dumps(root, flags[below(5)] | JSON_REAL_PRECISION(17));
	json_decref(root);
	return text;
}
