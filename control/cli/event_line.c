/* SPDX-License-Identifier: Apache-2.0 */
/* An event as one line: time, lane, device, what, value. */
#include <inttypes.h>
#include <string.h>

#include "control/cli/output.h"

#define TEXT_MAX 160

/* "2026-05-04T03:02:01.123456789Z" to milliseconds: a person does not read the rest. */
static void short_time(const char *time, char *out, size_t size)
{
	const char *point = strchr(time, '.');
	int len = point ? (int)(point - time) : (int)strlen(time);

	if (point && strlen(point) > 4)
		snprintf(out, size, "%.*s%.4sZ", len, time, point);
	else
		snprintf(out, size, "%s", time);
}

/* "measurement" of "city.culvert.measurement.v1". */
static void kind_of(const char *type, char *out, size_t size)
{
	static const char prefix[] = "city.culvert.";
	const char *end;

	if (strncmp(type, prefix, sizeof(prefix) - 1) == 0)
		type += sizeof(prefix) - 1;
	end = strchr(type, '.');
	snprintf(out, size, "%.*s", end ? (int)(end - type) : (int)strlen(type), type);
}

static void value_text(const json_t *data, char *out, size_t size)
{
	const json_t *value = json_object_get(data, "value");

	if (json_is_string(value))
		snprintf(out, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(out, size, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(out, size, "%s", json_is_true(value) ? "true" : "false");
	else if (*cv_json_text(data, "reject"))
		snprintf(out, size, "%s", cv_json_text(data, "reject"));
	else if (*cv_json_text(data, "text"))
		snprintf(out, size, "%s", cv_json_text(data, "text"));
	else if (*cv_json_text(data, "reason"))
		snprintf(out, size, "%s", cv_json_text(data, "reason"));
	else
		snprintf(out, size, "%s", cv_json_text(data, "bytes"));
}

/* What a number stands for: "0, accepted". Behind a text value it is detail. */
static void append_meaning(const json_t *data, char *out, size_t size)
{
	const char *text = cv_json_text(data, "text");
	size_t len = strlen(out);

	if (json_is_number(json_object_get(data, "value")) && *text && !*cv_json_text(data, "unit"))
		snprintf(out + len, size - len, ", %s", text);
}

/* What it is about: the quantity; else kind, protocol and method. */
static void what_text(const json_t *event, const json_t *data, char *out, size_t size)
{
	const char *name = cv_json_text(data, "name"), *proto = cv_json_text(data, "proto");
	const char *method = cv_json_text(data, "method");
	char kind[32];

	kind_of(cv_json_text(event, "type"), kind, sizeof(kind));
	if (*name && strcmp(kind, "measurement") == 0)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%s%s%s%s%s%s%s", kind, *proto ? " " : "", proto,
			 *method ? " " : "", method, *name ? " " : "", name);
}

void cv_event_line(const json_t *event, const struct cv_colours *colours, char *out, size_t size)
{
	const json_t *data = json_object_get(event, "data");
	const char *lane = cv_json_text(event, "lane"), *colour = "", *quality;
	char time[40], device[TEXT_MAX], what[TEXT_MAX], value[TEXT_MAX], raw[2 * TEXT_MAX];

	short_time(cv_json_text(event, "time"), raw, sizeof(raw));
	cv_clean_text(raw, time, sizeof(time));
	cv_clean_text(cv_json_text(event, "subject"), device, sizeof(device));
	what_text(event, data, raw, sizeof(raw));
	cv_clean_text(raw, what, sizeof(what));
	value_text(data, raw, sizeof(raw));
	append_meaning(data, raw, sizeof(raw));
	cv_clean_text(raw, value, sizeof(value));
	if (strcmp(lane, "alarm") == 0)
		colour = colours->red;
	else if (strcmp(lane, "security") == 0)
		colour = colours->yellow;
	quality = cv_json_text(data, "quality");
	if (strcmp(quality, "good") == 0 || strcmp(quality, "unstated") == 0)
		quality = "";
	cv_clean_text(lane, raw, 24);
	snprintf(out, size, "%s%s%s  %s%-11s%s  %s  %s%s%s  %s", colours->dim, time, colours->off,
		 colour, raw, *colour ? colours->off : "", *device ? device : "-", colours->bold,
		 what, colours->off, value);
	cv_clean_text(cv_json_text(data, "unit"), raw, 40);
	if (*raw && strlen(out) + strlen(raw) + 2 < size)
		strcat(strcat(out, " "), raw);
	cv_clean_text(quality, raw, 24);
	if (*raw && strlen(out) + strlen(raw) + 4 < size)
		strcat(strcat(strcat(out, " ("), raw), ")");
}
