/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a file a person wrote: every finding with its place, what was expected and,
 * where there is one, the nearest right word. Bounded; findings beyond the bound are counted.
 */
#ifndef CV_DIAGNOSTICS_H
#define CV_DIAGNOSTICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Most findings kept; a file with more is told how many it has. */
#define CV_DIAGNOSTICS_MAX 200

enum cv_severity { CV_SEVERITY_ERROR, CV_SEVERITY_WARNING };

struct cv_diagnostic {
	char *file;
	unsigned int line; /* from 1; 0 = the file as a whole */
	unsigned int column; /* characters, from 1 */
	enum cv_severity severity;
	char *text; /* what is wrong and what was expected */
	char *hint; /* what to do about it, NULL = none */
};

/** Starts as all zeros. */
struct cv_diagnostics {
	struct cv_diagnostic *items; /* by place within a file */
	size_t n;
	size_t errors; /* found, kept or not */
	size_t warnings;
	bool no_memory; /* a finding could not be kept for want of memory */
};

/** A place in a file. */
struct cv_place {
	const char *file;
	unsigned int line, column;
};

/**
 * Add a finding. The texts are copied.
 *
 * @param hint a sentence without a full stop, or NULL.
 * @param fmt printf format of the text.
 */
void cv_diagnostics_add(struct cv_diagnostics *d, enum cv_severity severity, struct cv_place at,
			const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * Add an error that concerns a file as a whole.
 *
 * @param hint as above. @param text without a place for anything. @return @p error.
 */
int cv_diagnostics_fail(struct cv_diagnostics *d, const char *file, int error, const char *hint,
			const char *text);

/** What was found in file @p from is told of @p to: who sent its text knows it by that name. */
void cv_diagnostics_rename(struct cv_diagnostics *d, const char *from, const char *to);

/** Write one line per finding, "file:line:column: error: text (hint)". */
void cv_diagnostics_print(const struct cv_diagnostics *d, FILE *out);

/**
 * Write one JSON object: {"errors": N, "warnings": N, "findings": [...]}.
 *
 * @return 0 or -ENOMEM, -EIO.
 */
int cv_diagnostics_print_json(const struct cv_diagnostics *d, FILE *out);

/** The findings as a list of objects; a new reference, NULL: no memory. */
json_t *cv_diagnostics_json(const struct cv_diagnostics *d);

/** Tell them: to a person on stderr, or as JSON on stdout. */
void cv_diagnostics_tell(const struct cv_diagnostics *d, bool json);

/** Free the findings; @p d is empty and usable again. */
void cv_diagnostics_free(struct cv_diagnostics *d);

#endif
