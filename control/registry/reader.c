/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void cv_registry_reader_init(struct cv_registry_reader *r, FILE *in, enum cv_registry_format format,
			     cv_registry_tell *tell, void *owner)
{
	memset(r, 0, offsetof(struct cv_registry_reader, text));
	r->in = in;
	r->format = format;
	r->tell = tell;
	r->owner = owner;
	r->line = 1;
	r->column = 1;
}

int cv_registry_reader_byte(struct cv_registry_reader *r)
{
	int c = getc_unlocked(r->in);

	/* A byte order mark is no text (RFC 3629 section 6). */
	if (r->bytes == 0 && c == 0xef) {
		if (getc_unlocked(r->in) != 0xbb || getc_unlocked(r->in) != 0xbf)
			c = 0; /* no UTF-8: refused wherever it lands */
		else
			c = getc_unlocked(r->in);
		r->bytes = 3;
	}
	if (c == EOF)
		return -1;
	r->bytes++;
	if (c == '\r') {
		int next = getc_unlocked(r->in);

		if (next != '\n') {
			ungetc(next, r->in);
		} else {
			r->bytes++;
			c = '\n';
		}
	}
	if (c == '\n') {
		r->line++;
		r->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		r->column++;
	}
	return c;
}

void cv_registry_reader_pass(struct cv_registry_reader *r)
{
	int c;

	do {
		c = cv_registry_reader_byte(r);
	} while (c >= 0 && c != '\n');
}

int cv_registry_reader_tell(struct cv_registry_reader *r, unsigned long line, unsigned int column,
			    const char *hint, const char *fmt, ...)
{
	char text[256];
	struct cv_registry_fault fault = {.line = line, .column = column, .hint = hint};
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	/* What is quoted may be anything. */
	for (char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	fault.text = text;
	r->tell(r->owner, &fault);
	return -EINVAL;
}

int cv_registry_reader_set(struct cv_registry_reader *r, struct cv_registry_device *d,
			   unsigned int field, const struct cv_registry_cell *cell)
{
	const char *why;

	if (cv_registry_field_set(d, field, r->text + cell->at, cell->len, &why) == 0)
		return 0;
	return cv_registry_reader_tell(r, cell->line, cell->column, why, "%s is wrong: \"%.60s\"",
				       cv_registry_fields[field].name, r->text + cell->at);
}

/* ---- CSV ------------------------------------------------------------------------------------ */

static int take_column(struct cv_registry_reader *r, unsigned int i)
{
	const struct cv_registry_cell *cell = &r->cells[i];
	const char *name = r->text + cell->at, *near;
	int field = cv_registry_field_find(name, cell->len);
	char hint[64];

	if (field < 0) {
		near = cv_registry_field_nearest(name);
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", near ? near : "");
		return cv_registry_reader_tell(r, cell->line, cell->column,
					       near ? hint
						    : "culvert help registry import lists "
						      "the columns",
					       "no column \"%.60s\"", name);
	}
	for (unsigned int k = 0; k < i; k++) {
		if (r->columns[k] == field)
			return cv_registry_reader_tell(r, cell->line, cell->column, NULL,
						       "the column %s comes twice", name);
	}
	r->columns[i] = field;
	return 0;
}

/* The first row says what the columns are; without it no other row means anything. */
static int begin_csv(struct cv_registry_reader *r)
{
	int res = cv_registry_csv_row(r);
	bool id = false;

	if (res == 0) {
		cv_registry_reader_tell(r, 1, 1, "the first line names the columns: id,kind,...",
					"the file is empty");
		return -EBADMSG;
	}
	if (res < 0)
		return res == -EINVAL ? -EBADMSG : res;
	r->n_columns = r->n_cells;
	for (unsigned int i = 0; i < r->n_columns; i++) {
		r->columns[i] = -1;
		if (take_column(r, i) < 0)
			res = -EBADMSG;
		id |= r->columns[i] == CV_REGISTRY_FIELD_ID;
	}
	if (!id && res > 0) {
		cv_registry_reader_tell(r, r->row_line, 1, "the URN of each device",
					"there is no column id");
		res = -EBADMSG;
	}
	r->begun = res > 0;
	return res;
}

static int next_csv(struct cv_registry_reader *r, struct cv_registry_device *d)
{
	int res = r->begun ? 1 : begin_csv(r);

	if (res > 0)
		res = cv_registry_csv_row(r);
	if (res <= 0)
		return res;
	if (r->n_cells != r->n_columns)
		return cv_registry_reader_tell(r, r->row_line, 1,
					       "as many as the first line has, also where they are "
					       "empty",
					       "%u columns, not %u", r->n_cells, r->n_columns);
	for (unsigned int i = 0; i < r->n_cells; i++) {
		if (cv_registry_reader_set(r, d, (unsigned int)r->columns[i], &r->cells[i]) < 0)
			res = -EINVAL;
	}
	return res;
}

/* ---- both ----------------------------------------------------------------------------------- */

static unsigned int column_of(const struct cv_registry_reader *r, unsigned int field)
{
	for (unsigned int i = 0; r->format == CV_REGISTRY_CSV && i < r->n_columns; i++) {
		if (r->columns[i] == (int)field)
			return r->cells[i].column;
	}
	return 1;
}

int cv_registry_reader_next(struct cv_registry_reader *r, struct cv_registry_device *ret)
{
	unsigned int field;
	const char *why;
	int res;

	cv_registry_device_init(ret);
	res = r->format == CV_REGISTRY_CSV ? next_csv(r, ret) : cv_registry_json_row(r, ret);
	if (ferror(r->in))
		return -EIO;
	if (res > 0 && cv_registry_device_check(ret, &field, &why) < 0)
		res = cv_registry_reader_tell(r, r->row_line, column_of(r, field), NULL, "%s", why);
	return res;
}
