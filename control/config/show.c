/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as YAML, with every default written out. */
#include <inttypes.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/config/units.h"

static uint64_t load_integer(const struct cv_field *field, const void *value)
{
	switch (field->size) {
	case 1:
		return *(const uint8_t *)value;
	case 2:
		return *(const uint16_t *)value;
	case 4:
		return *(const uint32_t *)value;
	default:
		return *(const uint64_t *)value;
	}
}

static void show_integer(const struct cv_field *field, const void *at, FILE *out)
{
	uint64_t value = load_integer(field, at);
	char text[CV_UNITS_TEXT_MAX];

	if (field->word && value == field->word_value) {
		fputs(field->word, out);
		return;
	}
	if (field->type == CV_FIELD_SIZE)
		cv_units_show_size(value, text);
	else if (field->type == CV_FIELD_DURATION)
		cv_units_show_duration(value, text);
	else
		snprintf(text, sizeof(text), "%" PRIu64 "%s", value,
			 field->type == CV_FIELD_RATE ? "/s" : "");
	fputs(text, out);
}

void cv_yaml_write_text(const char *text, FILE *out)
{
	static const char safe[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";

	/* A leading letter or slash and safe characters: nothing YAML could read otherwise. */
	if (*text && strspn(text, safe) == strlen(text) && !strchr("-._0123456789", *text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void cv_field_show(const struct cv_field *field, const void *value, FILE *out)
{
	const struct cv_config_target *target = value;
	const struct cv_config_service *service = value;
	const struct cv_config_window *window = value;
	const struct cv_prefix *prefix = value;
	char text[CV_PREFIX_TEXT_MAX];

	switch (field->type) {
	case CV_FIELD_BOOL:
		fputs(*(const bool *)value ? "true" : "false", out);
		break;
	case CV_FIELD_CHOICE:
		fputs(field->choices[*(const uint8_t *)value], out);
		break;
	case CV_FIELD_REAL:
		cv_units_show_real(*(const double *)value, text);
		fputs(text, out);
		break;
	case CV_FIELD_TARGET:
		fprintf(out, "%s:%s", cv_port_kind_name(target->kind), target->text);
		break;
	case CV_FIELD_SERVICE:
		fprintf(out, "%s/%u", service->ip_proto == 6 ? "tcp" : "udp", service->port);
		break;
	case CV_FIELD_ADDRESS:
	case CV_FIELD_PREFIX:
	case CV_FIELD_HOST_ADDRESS:
		cv_prefix_show(prefix, text);
		/* A length of all bits is left out of addresses, and told of hosts. */
		if (field->type == CV_FIELD_HOST_ADDRESS && cv_prefix_is_address(prefix))
			strcat(text, prefix->family == 4 ? "/32" : "/128");
		if (!prefix->family && field->word)
			strcpy(text, field->word);
		fputs(text, out);
		break;
	case CV_FIELD_WINDOW:
		if (window->from == window->to)
			fputs("any", out);
		else
			fprintf(out, "%02u:%02u-%02u:%02u", window->from / 60u, window->from % 60u,
				window->to / 60u, window->to % 60u);
		break;
	case CV_FIELD_LISTEN:
		fputs(*(const char *)value ? value : "off", out);
		break;
	case CV_FIELD_TEXT:
	case CV_FIELD_NAME:
	case CV_FIELD_PATH:
		fputs(value, out);
		break;
	default:
		show_integer(field, value, out);
		break;
	}
}

static bool needs_quotes(enum cv_field_type type)
{
	return type == CV_FIELD_TEXT || type == CV_FIELD_NAME || type == CV_FIELD_PATH ||
	       type == CV_FIELD_LISTEN || type == CV_FIELD_TARGET || type == CV_FIELD_ADDRESS ||
	       type == CV_FIELD_PREFIX || type == CV_FIELD_HOST_ADDRESS || type == CV_FIELD_WINDOW;
}

static void show_value(const struct cv_field *field, const void *value, FILE *out)
{
	char text[PATH_MAX + 16];
	FILE *memory;

	if (!needs_quotes(field->type)) {
		cv_field_show(field, value, out);
		return;
	}
	memory = fmemopen(text, sizeof(text), "w");
	if (!memory)
		return;
	cv_field_show(field, value, memory);
	fputc(0, memory);
	fclose(memory);
	cv_yaml_write_text(text, out);
}

/* An optional name or text that is empty is left out: "" would not be read for some types. */
static bool is_absent(const struct cv_field *field, const void *value)
{
	return (field->type == CV_FIELD_NAME || field->type == CV_FIELD_TEXT) &&
	       *(const char *)value == 0;
}

static void show_flow(const struct cv_field *section, const char *base, FILE *out);

/* A list inside an element, in flow style: on one line. */
static void show_flow_list(const struct cv_field *f, const char *base, FILE *out)
{
	size_t n = *(const size_t *)(base + f->count_offset);
	const char *elements = *(const char *const *)(base + f->offset);

	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "[ ", out);
		show_flow(f, elements + i * f->size, out);
	}
	fputs(n ? " ]" : "[]", out);
}

static void show_flow(const struct cv_field *section, const char *base, FILE *out)
{
	bool first = true;

	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		const char *value = base + f->offset;

		if (f->type != CV_FIELD_LIST && is_absent(f, value))
			continue;
		/* repeat and rate are for pcap ports only and are refused on others. */
		if (f->fallback && f->type == CV_FIELD_RATE && *(const uint64_t *)value == 0)
			continue;
		fprintf(out, "%s%s: ", first ? "{ " : ", ", f->name);
		if (f->type == CV_FIELD_LIST)
			show_flow_list(f, base, out);
		else if (f->type == CV_FIELD_SECTION)
			show_flow(f, value, out);
		else
			show_value(f, value, out);
		first = false;
	}
	fputs(first ? "{}" : " }", out);
}

static void show_section(const struct cv_field *section, const char *base, int indent, FILE *out)
{
	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		const char *at = base + f->offset;

		fprintf(out, "%*s%s:", indent, "", f->name);
		if (f->type == CV_FIELD_SECTION) {
			fputc('\n', out);
			show_section(f, at, indent + 2, out);
		} else if (f->type == CV_FIELD_LIST) {
			size_t n = *(const size_t *)(base + f->count_offset);
			const char *elements = *(const char *const *)at;

			fputs(n ? "\n" : " []\n", out);
			for (size_t k = 0; k < n; k++) {
				fprintf(out, "%*s- ", indent + 2, "");
				show_flow(f, elements + k * f->size, out);
				fputc('\n', out);
			}
		} else {
			fputc(' ', out);
			show_value(f, at, out);
			fputc('\n', out);
		}
	}
}

void cv_config_show(const struct cv_config *config, FILE *out)
{
	show_section(&cv_schema, (const char *)config, 0, out);
}
