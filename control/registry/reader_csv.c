/* SPDX-License-Identifier: Apache-2.0 */
/* CSV as RFC 4180 has it; a line may also end with LF alone. */
#include <errno.h>

#include "control/registry/reader.h"

enum state { BEGIN, PLAIN, QUOTED, CLOSED }; /* of a cell */

struct row {
	struct cv_registry_reader *r;
	enum state state;
	struct cv_registry_cell *cell;
	unsigned int column; /* of the character at hand */
	unsigned long line;
};

static int add(struct row *w, int c)
{
	struct cv_registry_reader *r = w->r;

	if (c == 0)
		return cv_registry_reader_tell(r, w->line, w->column, "a text file in UTF-8",
					       "a zero byte, or a damaged byte order mark");
	if (r->used == CV_REGISTRY_ROW_MAX)
		return cv_registry_reader_tell(
			r, w->cell->line, w->cell->column,
			w->state == QUOTED ? "is a quote not closed?" : "is this the right file?",
			"the row is longer than %d bytes", CV_REGISTRY_ROW_MAX);
	r->text[r->used++] = (char)c;
	return 0;
}

static int end_cell(struct row *w)
{
	struct cv_registry_reader *r = w->r;

	w->cell->len = r->used - w->cell->at;
	/* Room for the zero is left because the comma, quote or line end took none. */
	r->text[r->used] = '\0';
	r->used += r->used < CV_REGISTRY_ROW_MAX;
	w->state = BEGIN;
	r->n_cells++;
	return 0;
}

static int begin_cell(struct row *w)
{
	struct cv_registry_reader *r = w->r;

	if (r->n_cells > CV_REGISTRY_FIELD_COUNT)
		return cv_registry_reader_tell(r, w->line, w->column, NULL,
					       "more columns than there are");
	w->cell = &r->cells[r->n_cells];
	*w->cell = (struct cv_registry_cell){
		.at = r->used,
		.line = w->line,
		.column = w->column,
	};
	return 0;
}

/* @return 0 go on, 1 the row is complete, -EINVAL told. */
static int take(struct row *w, int c)
{
	if (w->state == QUOTED) {
		if (c != '"')
			return add(w, c);
		w->state = CLOSED;
		return 0;
	}
	if (w->state == CLOSED && c == '"') { /* two of them are one */
		w->state = QUOTED;
		return add(w, c);
	}
	if (c == ',' || c == '\n') {
		end_cell(w);
		w->column++;
		return c == '\n' ? 1 : begin_cell(w);
	}
	if (w->state == BEGIN && c == '"') {
		w->state = QUOTED;
		return 0;
	}
	if (w->state == CLOSED || c == '"')
		return cv_registry_reader_tell(w->r, w->line, w->column,
					       "put the whole value in quotes, and quotes in it "
					       "twice",
					       w->state == CLOSED ? "text behind the closing quote"
								  : "a quote within a value");
	w->state = PLAIN;
	return add(w, c);
}

int cv_registry_csv_row(struct cv_registry_reader *r)
{
	struct row w = {.r = r};
	int c, res;

	do { /* an empty line is no row */
		w.line = r->line;
		w.column = r->column;
		c = cv_registry_reader_byte(r);
	} while (c == '\n');
	if (c < 0)
		return 0;
	r->row_line = w.line;
	r->used = 0;
	r->n_cells = 0;
	res = begin_cell(&w);
	while (c >= 0 && res == 0) {
		res = take(&w, c);
		if (res != 0)
			break;
		w.line = r->line;
		w.column = r->column;
		c = cv_registry_reader_byte(r);
	}
	if (res == 0 && w.state == QUOTED)
		return cv_registry_reader_tell(r, w.cell->line, w.cell->column, NULL,
					       "the quote is not closed");
	if (res == 0)
		res = end_cell(&w) == 0 ? 1 : -EINVAL;
	if (res < 0 && c != '\n')
		cv_registry_reader_pass(r);
	return res;
}
