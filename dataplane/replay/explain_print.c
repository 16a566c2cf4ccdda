/* SPDX-License-Identifier: Apache-2.0 */
/* An explained message, for people and as JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/replay/one_message.h"

#include "protocol_titles.h" /* generated: titles, from the pages in docs/protocols */

#define BYTES_IN_LINE 8
#define NAME_WIDTH 26

/* A line of up to BYTES_IN_LINE bytes, filled up where something stands behind. @return how many. */
static uint32_t print_bytes(const struct cv_one_message *m, const struct cv_explain_field *f,
			    uint32_t from, bool fill, FILE *out)
{
	uint32_t n = f->len - from < BYTES_IN_LINE ? f->len - from : BYTES_IN_LINE;

	fprintf(out, "%04x ", f->at + from);
	for (uint32_t i = 0; i < n; i++) {
		if (f->secret)
			fputs(" **", out);
		else
			fprintf(out, " %02x", m->data[f->at + from + i]);
	}
	if (fill)
		fprintf(out, "%*s", 3 * (int)(BYTES_IN_LINE - n), "");
	return n;
}

/* Control characters of a device are not for a terminal. */
static void print_clean(const char *text, FILE *out)
{
	for (; *text != '\0'; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static void print_field(const struct cv_one_message *m, const struct cv_explain_field *f, FILE *out)
{
	uint32_t at = 0;
	int width = NAME_WIDTH - 2 * f->depth;

	if (f->group)
		fprintf(out, "%04x %*s", f->at, 3 * BYTES_IN_LINE, "");
	else
		at = print_bytes(m, f, 0, true, out);
	fprintf(out, "  %*s%-*s", 2 * f->depth, "", f->value[0] || f->meaning[0] ? width : 0,
		f->name);
	if (f->value[0] != '\0') {
		fputc(' ', out);
		print_clean(f->value, out);
	}
	if (f->meaning[0] != '\0') {
		fputs(f->value[0] ? "  (" : " (", out);
		print_clean(f->meaning, out);
		fputc(')', out);
	}
	fputc('\n', out);
	while (!f->group && at < f->len) {
		at += print_bytes(m, f, at, false, out);
		fputc('\n', out);
	}
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* The fewest digits that read back as the same number. */
static void shortest(double v, char *out, size_t size)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, size, "%.*g", digits, v);
		if (strtod(out, NULL) == v)
			return;
	}
}

/* "measurement air.pm2_5 35.2 ug/m3, good, 2023-11-14T22:13:20.000000000Z" */
static void print_event(const json_t *event, FILE *out)
{
	static const char *const more[] = {"text",  "reject",	   "quality",
					   "stage", "device_time", "subject"};
	const json_t *data = json_object_get(event, "data");
	const json_t *value = json_object_get(data, "value");
	const char *type = text_of(event, "type"), *kind = strstr(type, "culvert.");
	const char *name = text_of(data, "name"), *unit = text_of(data, "unit");
	char number[40] = "";

	if (json_is_real(value))
		shortest(json_real_value(value), number, sizeof(number));
	else if (json_is_integer(value))
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(number, sizeof(number), "%s", json_is_true(value) ? "true" : "false");
	kind = kind ? kind + strlen("culvert.") : type;
	fprintf(out, "  %.*s", (int)strcspn(kind, "."), kind);
	name = name[0] ? name : text_of(data, "method");
	if (name[0] != '\0')
		fputc(' ', out);
	print_clean(name, out);
	if (number[0] != '\0')
		fprintf(out, " %s%s%s", number, unit[0] ? " " : "", unit);
	if (json_is_string(value)) {
		fputc(' ', out);
		print_clean(json_string_value(value), out);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		const char *text = text_of(data, more[i]);

		if (text[0] == '\0')
			text = text_of(event, more[i]);
		if (text[0] == '\0')
			continue;
		fputs(", ", out);
		print_clean(text, out);
	}
	fputc('\n', out);
}

static json_t *parse_events(const char *events)
{
	json_t *list = json_array();

	while (*events != '\0') {
		size_t len = strcspn(events, "\n");
		json_t *event = json_loadb(events, len, 0, NULL);

		if (event != NULL)
			json_array_append_new(list, event);
		events += len + (events[len] == '\n');
	}
	return list;
}

static json_t *field_json(const struct cv_one_message *m, const struct cv_explain_field *f)
{
	json_t *o = json_pack("{sI sI si ss}", "offset", (json_int_t)f->at, "length",
			      (json_int_t)f->len, "depth", f->depth, "name", f->name);
	char *hex = f->group || f->secret ? NULL : malloc(2 * (size_t)f->len + 1);

	if (hex != NULL) {
		for (uint32_t i = 0; i < f->len; i++)
			snprintf(hex + 2 * (size_t)i, 3, "%02x", m->data[f->at + i]);
		json_object_set_new(o, "bytes", json_string(hex));
	}
	free(hex);
	if (f->value[0] != '\0')
		json_object_set_new(o, "value", json_string(f->value));
	if (f->meaning[0] != '\0')
		json_object_set_new(o, "meaning", json_string(f->meaning));
	return o;
}

/* The events stand in it as they are: no number is read and written again. */
static int print_json(const struct cv_one_message *m, const struct cv_explain *x,
		      const char *events, FILE *out)
{
	json_t *fields = json_array(), *o;
	char *text;

	for (unsigned int i = 0; i < x->count; i++)
		json_array_append_new(fields, field_json(m, &x->field[i]));
	o = json_pack("{ss ss ss sI so}", "protocol", cv_proto_name(m->proto), "title",
		      titles[m->proto], "transport", m->tcp ? "tcp" : "udp", "length",
		      (json_int_t)m->len, "fields", fields);
	if (o != NULL && x->missing[0] != '\0')
		json_object_set_new(o, "missing", json_string(x->missing));
	text = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
	json_decref(o);
	if (text == NULL)
		return -ENOMEM;
	fprintf(out, "%.*s,\n  \"events\": [", (int)(strlen(text) - 2), text);
	free(text);
	for (const char *sep = "\n"; *events != '\0'; sep = ",\n") {
		size_t len = strcspn(events, "\n");

		fprintf(out, "%s    %.*s", sep, (int)len, events);
		events += len + (events[len] == '\n');
	}
	fputs("\n  ]\n}\n", out);
	return ferror(out) ? -EIO : 0;
}

static void print_text(const struct cv_one_message *m, const struct cv_explain *x,
		       const json_t *events, FILE *out)
{
	json_t *event;
	size_t i;

	fprintf(out, "%s: %s; %zu bytes over %s%s\n\n", cv_proto_name(m->proto), titles[m->proto],
		m->len, m->tcp ? "TCP" : "UDP", m->found ? ", known by its content" : "");
	if (!cv_explain_knows(m->proto))
		fprintf(out, "(there is no layout of %s to explain it by)\n",
			cv_proto_name(m->proto));
	for (unsigned int f = 0; f < x->count; f++)
		print_field(m, &x->field[f], out);
	if (x->missing[0] != '\0')
		fprintf(out, "%04zx  ends early: %s is missing\n", m->len, x->missing);
	fprintf(out, "\n%zu event%s%s\n", json_array_size(events),
		json_array_size(events) == 1 ? "" : "s", json_array_size(events) ? ":" : "");
	json_array_foreach((json_t *)events, i, event) print_event(event, out);
}

int cv_explain_print(const struct cv_one_message *m, const struct cv_explain *x, const char *events,
		     FILE *out)
{
	json_t *list;
	int err = 0;

	if (m->json) {
		err = print_json(m, x, events, out);
	} else {
		list = parse_events(events);
		print_text(m, x, list, out);
		json_decref(list);
	}
	if (fflush(out) != 0 && err == 0)
		err = -errno;
	return err;
}
