/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cli/output.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "control/cli/command.h"

#define CELL_MAX 256

struct cv_table {
	struct libscols_table *scols;
	size_t columns;
	bool failed;
};

struct cv_table *cv_table_create(const char *const *headers, size_t n)
{
	struct cv_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->scols = scols_new_table();
	t->columns = n;
	t->failed = !t->scols;
	for (size_t i = 0; i < n && !t->failed; i++) {
		bool right = headers[i][0] == '>';

		if (!scols_table_new_column(t->scols, headers[i] + right, 0,
					    right ? SCOLS_FL_RIGHT : 0))
			t->failed = true;
	}
	return t;
}

void cv_table_row(struct cv_table *t, const char *const *cells)
{
	struct libscols_line *line;
	char text[CELL_MAX];

	if (!t || t->failed)
		return;
	line = scols_table_new_line(t->scols, NULL);
	t->failed = !line;
	for (size_t i = 0; i < t->columns && !t->failed; i++) {
		cv_clean_text(cells[i], text, sizeof(text));
		if (scols_line_set_data(line, i, text) < 0)
			t->failed = true;
	}
}

int cv_table_print(struct cv_table *t, FILE *out)
{
	int r = !t || t->failed ? -ENOMEM : 0;

	if (r == 0) {
		scols_table_set_stream(t->scols, out);
		r = scols_print_table(t->scols);
	}
	if (t)
		scols_unref_table(t->scols);
	free(t);
	return r;
}

void cv_clean_text(const char *text, char *out, size_t size)
{
	size_t used = 0;

	while (*text) {
		unsigned char c = (unsigned char)*text;
		size_t len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

		if (used + len >= size || strnlen(text, len) < len)
			break;
		/* C1 controls are U+0080 to U+009F, C2 80 to C2 9F in UTF-8. */
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xc0) ||
		    (c == 0xc2 && (unsigned char)text[1] < 0xa0)) {
			out[used++] = '?';
		} else {
			memcpy(out + used, text, len);
			used += len;
		}
		text += len;
	}
	out[used] = 0;
}

void cv_number_text(uint64_t value, char out[32])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value), used = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = 0;
}

void cv_rate_text(double value, char out[32])
{
	static const char *const units[] = {"", " k", " M", " G", " T"};
	size_t u = 0;

	while (value >= 999.5 && u < 4) {
		value /= 1000;
		u++;
	}
	snprintf(out, 32, "%.*f%s",
		 value == (double)(uint64_t)value && u == 0 ? 0
		 : value < 9.995			    ? 2
		 : value < 99.95			    ? 1
							    : 0,
		 value, units[u]);
}

int cv_print_json(const json_t *doc)
{
	if (json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DBL_DIG)) < 0 ||
	    putchar('\n') == EOF)
		return CV_CLI_OUTPUT;
	return CV_CLI_OK;
}

const struct cv_colours *cv_colours(bool colour)
{
	static const struct cv_colours none = {"", "", "", "", "", "", ""};
	static const struct cv_colours some = {
		.bold = "\033[1m",
		.dim = "\033[2m",
		.red = "\033[31m",
		.green = "\033[32m",
		.yellow = "\033[33m",
		.cyan = "\033[36m",
		.off = "\033[0m",
	};

	return colour ? &some : &none;
}

uint64_t cv_json_count(const json_t *object, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(object, key));

	return v > 0 ? (uint64_t)v : 0;
}

const char *cv_json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

uint64_t cv_json_sum(const json_t *object)
{
	uint64_t sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (json_is_integer(value) && json_integer_value(value) > 0)
			sum += (uint64_t)json_integer_value(value);
	}
	return sum;
}
