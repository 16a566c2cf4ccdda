/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/diagnostics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_names[] = {"error", "warning"};

/* Findings of one file are told from top to bottom, whatever order they were found in. */
static void insert(struct cv_diagnostics *d, const struct cv_diagnostic *item)
{
	size_t at = d->n++;

	while (at > 0) {
		const struct cv_diagnostic *before = &d->items[at - 1];

		if (strcmp(before->file, item->file) != 0 || before->line < item->line ||
		    (before->line == item->line && before->column <= item->column))
			break;
		d->items[at] = *before;
		at--;
	}
	d->items[at] = *item;
}

void cv_diagnostics_add(struct cv_diagnostics *d, enum cv_severity severity, struct cv_place at,
			const char *hint, const char *fmt, ...)
{
	struct cv_diagnostic item = {.line = at.line, .column = at.column, .severity = severity};
	struct cv_diagnostic *grown;
	va_list ap;

	if (severity == CV_SEVERITY_ERROR)
		d->errors++;
	else
		d->warnings++;
	if (d->n >= CV_DIAGNOSTICS_MAX)
		return;

	va_start(ap, fmt);
	if (vasprintf(&item.text, fmt, ap) < 0)
		item.text = NULL;
	va_end(ap);
	item.file = strdup(at.file ? at.file : "");
	item.hint = hint ? strdup(hint) : NULL;
	grown = reallocarray(d->items, d->n + 1, sizeof(*grown));
	if (grown)
		d->items = grown;
	if (!item.text || !item.file || (hint && !item.hint) || !grown) {
		d->no_memory = true;
		free(item.text);
		free(item.file);
		free(item.hint);
		return;
	}
	insert(d, &item);
}

int cv_diagnostics_fail(struct cv_diagnostics *d, const char *file, int error, const char *hint,
			const char *text)
{
	cv_diagnostics_add(d, CV_SEVERITY_ERROR, (struct cv_place){.file = file}, hint, "%s", text);
	return error;
}

void cv_diagnostics_rename(struct cv_diagnostics *d, const char *from, const char *to)
{
	for (size_t i = 0; i < d->n; i++) {
		char *name = strcmp(d->items[i].file, from) == 0 ? strdup(to) : NULL;

		if (!name)
			continue;
		free(d->items[i].file);
		d->items[i].file = name;
	}
}

void cv_diagnostics_print(const struct cv_diagnostics *d, FILE *out)
{
	size_t found = d->errors + d->warnings;

	for (size_t i = 0; i < d->n; i++) {
		const struct cv_diagnostic *item = &d->items[i];

		if (item->line)
			fprintf(out, "%s:%u:%u: ", item->file, item->line, item->column);
		else
			fprintf(out, "%s: ", item->file);
		fprintf(out, "%s: %s", severity_names[item->severity], item->text);
		if (item->hint)
			fprintf(out, " (%s)", item->hint);
		fputc('\n', out);
	}
	if (found > d->n)
		fprintf(out, "... and %zu more\n", found - d->n);
}

json_t *cv_diagnostics_json(const struct cv_diagnostics *d)
{
	json_t *findings = json_array();

	for (size_t i = 0; findings && i < d->n; i++) {
		const struct cv_diagnostic *it = &d->items[i];
		json_t *row =
			json_pack("{s:s, s:i, s:i, s:s, s:s, s:s*}", "file", it->file, "line",
				  (int)it->line, "column", (int)it->column, "severity",
				  severity_names[it->severity], "text", it->text, "hint", it->hint);

		/* The texts quote the file; jansson refuses what is not UTF-8. */
		if (!row)
			row = json_pack("{s:i, s:i, s:s, s:s}", "line", (int)it->line, "column",
					(int)it->column, "severity", severity_names[it->severity],
					"text", "not printable: the file is not UTF-8 here");
		if (json_array_append_new(findings, row) < 0) {
			json_decref(findings);
			return NULL;
		}
	}
	return findings;
}

int cv_diagnostics_print_json(const struct cv_diagnostics *d, FILE *out)
{
	json_t *findings = cv_diagnostics_json(d);
	json_t *root = json_pack("{s:I, s:I, s:o}", "errors", (json_int_t)d->errors, "warnings",
				 (json_int_t)d->warnings, "findings", findings);
	int r = root ? 0 : -ENOMEM;

	if (r == 0 && (json_dumpf(root, out, JSON_INDENT(2)) < 0 || fputc('\n', out) == EOF))
		r = -EIO;
	json_decref(root);
	return r;
}

void cv_diagnostics_tell(const struct cv_diagnostics *d, bool json)
{
	if (json)
		cv_diagnostics_print_json(d, stdout);
	else
		cv_diagnostics_print(d, stderr);
}

void cv_diagnostics_free(struct cv_diagnostics *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].file);
		free(d->items[i].text);
		free(d->items[i].hint);
	}
	free(d->items);
	*d = (struct cv_diagnostics){0};
}
