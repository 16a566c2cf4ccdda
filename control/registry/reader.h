/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices from a file: CSV (RFC 4180, with a line of column names) or NDJSON (an object per line,
 * members named as the columns). Nothing is passed over: what is no device is told with its place,
 * and the reader goes on behind it. Memory does not depend on the file.
 */
#ifndef CV_REGISTRY_READER_H
#define CV_REGISTRY_READER_H

#include <stdio.h>

#include "control/registry/device.h"

/** Longest row, bytes. */
#define CV_REGISTRY_ROW_MAX 8192

#define CV_REGISTRY_FORMATS(X)                                                                     \
	X(CSV, "csv")                                                                              \
	X(NDJSON, "ndjson")
#define CV_REGISTRY_FORMAT_ROW(id, name) CV_REGISTRY_##id,
enum cv_registry_format { CV_REGISTRY_FORMATS(CV_REGISTRY_FORMAT_ROW) CV_REGISTRY_FORMAT_COUNT };

struct cv_registry_fault {
	unsigned long line; /* from 1 */
	unsigned int column; /* characters, from 1 */
	const char *text; /* what is wrong */
	const char *hint; /* what is right, NULL = the text says it */
};

/** Told of each fault, in the order of the file. */
typedef void cv_registry_tell(void *owner, const struct cv_registry_fault *fault);

/** A piece of the row at hand and where it stands. */
struct cv_registry_cell {
	unsigned int at; /* offset in text */
	unsigned int len;
	unsigned long line;
	unsigned int column;
};

struct cv_registry_reader {
	FILE *in;
	enum cv_registry_format format;
	cv_registry_tell *tell;
	void *owner;
	uint64_t bytes; /* read so far, for progress */
	unsigned long line; /* of the next character */
	unsigned int column;
	bool begun; /* the CSV's columns are known */
	unsigned int n_columns;
	int columns[CV_REGISTRY_FIELD_COUNT + 1]; /* enum cv_registry_field_id */
	unsigned int n_cells;
	struct cv_registry_cell cells[CV_REGISTRY_FIELD_COUNT + 1];
	unsigned int used; /* of text */
	unsigned long row_line; /* where the row at hand begins */
	char text[CV_REGISTRY_ROW_MAX + 1];
};

/** @param in stays the caller's. */
void cv_registry_reader_init(struct cv_registry_reader *r, FILE *in, enum cv_registry_format format,
			     cv_registry_tell *tell, void *owner);

/**
 * The next device.
 *
 * @return 1; 0: there are no more; -EINVAL: this row is none, told, go on; -EBADMSG: the file is
 *         none, told, nothing more comes; -EIO.
 */
int cv_registry_reader_next(struct cv_registry_reader *r, struct cv_registry_device *ret);

/* ---- between the files of the reader ---------------------------------------------------------- */

/** Next byte, -1 at the end. CR in front of LF is left out. */
int cv_registry_reader_byte(struct cv_registry_reader *r);
/** Pass over what is left of the line. */
void cv_registry_reader_pass(struct cv_registry_reader *r);
/** @return -EINVAL */
int cv_registry_reader_tell(struct cv_registry_reader *r, unsigned long line, unsigned int column,
			    const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/** Take a field's text, told when it is refused. @return 0 or -EINVAL. */
int cv_registry_reader_set(struct cv_registry_reader *r, struct cv_registry_device *d,
			   unsigned int field, const struct cv_registry_cell *cell);
/** A row of CSV into cells. @return as cv_registry_reader_next(). */
int cv_registry_csv_row(struct cv_registry_reader *r);
/** A line of NDJSON into a device. @return likewise. */
int cv_registry_json_row(struct cv_registry_reader *r, struct cv_registry_device *d);

#endif
