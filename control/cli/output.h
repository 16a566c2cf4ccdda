/* SPDX-License-Identifier: Apache-2.0 */
/* How things look on a terminal. */
#ifndef CV_CLI_OUTPUT_H
#define CV_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cv_table;

/**
 * A table for a person (libsmartcols). Columns whose header begins with '>' are right-aligned.
 *
 * @return NULL when memory is short; the other functions take NULL and do nothing.
 */
struct cv_table *cv_table_create(const char *const *headers, size_t n);
/** Add a row; texts are copied and cleaned of control characters, as devices may send them. */
void cv_table_row(struct cv_table *t, const char *const *cells);
/** Print and free. @return 0 or -ENOMEM. */
int cv_table_print(struct cv_table *t, FILE *out);

/**
 * Copy a text without anything that could steer a terminal: control characters (C0, DEL, C1)
 * become '?'.
 *
 * @param size of @p out, at least 1; cut at a character's border.
 */
void cv_clean_text(const char *text, char *out, size_t size);

/** 1234567 as "1,234,567". */
void cv_number_text(uint64_t value, char out[32]);
/** 1234567.8 as "1.23 M", for rates. */
void cv_rate_text(double value, char out[32]);

/** Print a document as the server gave it, indented. @return an exit code. */
int cv_print_json(const json_t *doc);

/** Colours, empty without. */
struct cv_colours {
	const char *bold, *dim, *red, *green, *yellow, *cyan, *off;
};
const struct cv_colours *cv_colours(bool colour);

/** Member of an object as unsigned number, 0 when absent. */
uint64_t cv_json_count(const json_t *object, const char *key);
/** Member of an object as text, "" when absent. */
const char *cv_json_text(const json_t *object, const char *key);
/** Sum of all numbers in an object. */
uint64_t cv_json_sum(const json_t *object);

/** One event (CloudEvent) as a line for a person, without newline. */
void cv_event_line(const json_t *event, const struct cv_colours *colours, char *out, size_t size);

#endif
