/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "control/registry/transfer.h"
#include "dataplane/normalize/json_write.h"

struct exporting {
	FILE *out;
	enum cv_registry_format format;
};

int cv_registry_write_head(enum cv_registry_format format, FILE *out)
{
	for (unsigned int i = 0; format == CV_REGISTRY_CSV && i < CV_REGISTRY_FIELD_COUNT; i++)
		fprintf(out, "%s%s", i ? "," : "", cv_registry_fields[i].name);
	if (format == CV_REGISTRY_CSV)
		putc('\n', out);
	return ferror(out) ? -EIO : 0;
}

static void write_cell(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void write_csv(const struct cv_registry_device *d, FILE *out)
{
	char buf[CV_REGISTRY_TEXT_MAX];

	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		if (i > 0)
			putc(',', out);
		write_cell(cv_registry_field_get(d, i, buf), out);
	}
	putc('\n', out);
}

static void put_tags(struct cv_json *j, const char *tags)
{
	cv_json_open(j, '[');
	while (true) {
		size_t n = strcspn(tags, ",");

		cv_json_string(j, tags, n);
		tags += n;
		if (*tags++ == '\0')
			break;
	}
	cv_json_close(j, ']');
}

void cv_registry_put_members(struct cv_json *j, const struct cv_registry_device *d)
{
	char buf[CV_REGISTRY_TEXT_MAX];

	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		const struct cv_registry_field *f = &cv_registry_fields[i];
		const char *text = cv_registry_field_get(d, i, buf);

		if (!*text)
			continue;
		cv_json_key(j, f->name);
		if (f->is_number) {
			cv_json_put(j, text, strlen(text));
			j->comma = true;
		} else if (f->type == CV_REGISTRY_TAGS) {
			put_tags(j, text);
		} else {
			cv_json_string(j, text, strlen(text));
		}
	}
}

static void write_json(const struct cv_registry_device *d, FILE *out)
{
	char line[sizeof(*d) * 6 + 512]; /* each byte of a text as \u00XX at worst */
	struct cv_json j = cv_json(line, sizeof(line));

	cv_json_open(&j, '{');
	cv_registry_put_members(&j, d);
	cv_json_close(&j, '}');
	fwrite(line, 1, (size_t)(j.at - line), out);
	putc('\n', out);
}

int cv_registry_write_device(const struct cv_registry_device *d, enum cv_registry_format format,
			     FILE *out)
{
	if (format == CV_REGISTRY_CSV)
		write_csv(d, out);
	else
		write_json(d, out);
	return ferror(out) ? -EIO : 0;
}

static int visit(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	const struct exporting *e = owner;

	return cv_registry_write_device(d, e->format, e->out);
}

int cv_registry_export(struct cv_registry_store *s, const struct cv_registry_where *where,
		       enum cv_registry_format format, FILE *out)
{
	struct exporting e = {out, format};
	int res = cv_registry_write_head(format, out);

	return res < 0 ? res : cv_registry_store_each(s, where, visit, &e);
}
