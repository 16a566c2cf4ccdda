/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of decode.json: what must be right in them, and what the worker gets of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/compile_private.h"
#include "control/config/schema.h"
#include "control/text/nearest.h"
#include "dataplane/normalize/vocabulary.h"

#define WHOLE "payload"
#define RAW "raw."

/* One unescaped character of a pointer (RFC 6901 3), or -1. */
static int pointer_char(const char **at)
{
	char c = *(*at)++;

	if (c != '~')
		return (unsigned char)c;
	c = *(*at)++;
	return c == '0' ? '~' : c == '1' ? '/' : -1;
}

/* @return what is wrong, or NULL. Sets path and segments of @p v. */
static const char *read_pointer(const char *text, struct cv_gen_json_value *v)
{
	size_t used = 0;

	v->segments = 0;
	if (strcmp(text, WHOLE) == 0)
		return NULL;
	if (*text != '/')
		return "a JSON pointer begins with /";
	while (*text == '/') {
		if (v->segments == CV_JSON_DEPTH_MAX)
			return "the pointer has more than 8 parts";
		v->at[v->segments] = (uint8_t)used;
		for (text++; *text != '\0' && *text != '/';) {
			int c = pointer_char(&text);

			if (c < 0)
				return "in a JSON pointer ~ is followed by 0 or 1";
			v->path[used++] = (char)c;
		}
		v->len[v->segments] = (uint8_t)(used - v->at[v->segments]);
		v->segments++;
	}
	return NULL;
}

/* MQTT 4.7.1. @return what is wrong, or NULL. */
static const char *filter_error(const char *filter)
{
	for (const char *c = filter; *c; c++) {
		bool begins = c == filter || c[-1] == '/';

		if (*c == '#' && (!begins || c[1] != '\0'))
			return "# is the last level of a topic filter, by itself";
		if (*c == '+' && (!begins || (c[1] != '\0' && c[1] != '/')))
			return "+ is a level of a topic filter by itself";
	}
	return NULL;
}

/* Level of "topic:N", 0 where it is something else, -1 where N is wrong. */
static int device_level(const char *device)
{
	char *end;
	long n;

	if (strncmp(device, "topic:", 6) != 0)
		return 0;
	n = strtol(device + 6, &end, 10);
	return device[6] >= '1' && device[6] <= '9' && *end == '\0' && n <= 32 ? (int)n : -1;
}

static bool zone_valid(const char *zone)
{
	static const char form[] = "+00:00";

	if (strcmp(zone, "Z") == 0)
		return true;
	if (strlen(zone) != strlen(form) || (*zone != '+' && *zone != '-'))
		return false;
	for (size_t i = 1; form[i]; i++) {
		if (form[i] == ':' ? zone[i] != ':' : zone[i] < '0' || zone[i] > '9')
			return false;
	}
	return strtol(zone + 1, NULL, 10) <= 14 && zone[4] <= '5';
}

unsigned int cv_config_name_id(const char *name, struct cv_nearest *nearest)
{
	for (unsigned int id = 1; id < CV_NAME_COUNT; id++) {
		const char *text = cv_name_text(id);

		if (strcmp(text, name) == 0)
			return id;
		if (nearest != NULL && *text)
			cv_nearest_offer(nearest, text);
	}
	return CV_NAME_NONE;
}

static void check_pointer(struct cv_list_check *c, const char *key, const char *text)
{
	struct cv_gen_json_value v;
	const char *error = read_pointer(text, &v);

	if (error != NULL)
		cv_list_wrong(c, key, "/data/temperature", error);
}

struct cv_config_name_error cv_config_name_check(const char *name, const char *unit_name)
{
	struct cv_nearest nearest = cv_nearest_start(name);
	struct cv_config_name_error error = {0};

	if (strncmp(name, RAW, strlen(RAW)) == 0)
		return error;
	if (cv_config_name_id(name, &nearest) == CV_NAME_NONE) {
		snprintf(error.hint, sizeof(error.hint), "did you mean \"%s\"?",
			 nearest.best ? nearest.best : RAW "...");
		error.key = "name";
		error.text = "name is not in the vocabulary; one of your own begins with raw.";
	} else if (unit_name[0]) {
		strcpy(error.hint, "factor: 0.001");
		error.key = "unit_name";
		error.text = "a canonical name has its own unit: leave unit_name out, and convert "
			     "with factor";
	}
	return error;
}

static void check_value(struct cv_list_check *c, const struct cv_config_json_value *v)
{
	struct cv_config_name_error error = cv_config_name_check(v->name, v->unit_name);

	check_pointer(c, "pointer", v->pointer);
	if (v->factor == 0)
		cv_list_wrong(c, "factor", NULL, "factor is 0: every value would be the offset");
	if (error.key != NULL)
		cv_list_wrong(c, error.key, error.hint, error.text);
}

static void check_one(struct cv_list_check *c, const struct cv_config_json *j)
{
	const struct cv_yaml *element = c->list ? c->list->first : NULL;
	struct cv_list_check values = *c;
	const char *error = filter_error(j->topic);

	if (error != NULL)
		cv_list_wrong(c, "topic", "site/+/sensor/#", error);
	if (device_level(j->device) < 0)
		cv_list_wrong(c, "device", "topic:2",
			      "the level of a topic is a number from 1 to 32");
	else if (j->device[0] == '/')
		check_pointer(c, "device", j->device);
	else if (device_level(j->device) == 0 && strcmp(j->device, "client") != 0)
		cv_list_wrong(c, "device", NULL, "device is client, topic:N or a JSON pointer");
	if (j->time[0])
		check_pointer(c, "time", j->time);
	if (j->quality[0])
		check_pointer(c, "quality", j->quality);
	if (!zone_valid(j->time_zone))
		cv_list_wrong(c, "time_zone", "+08:00",
			      "time_zone is Z or a distance as in +08:00");
	if (j->n_values == 0)
		cv_list_wrong(c, "values", NULL, "values is missing, expected at least one");
	for (size_t i = 0; element != NULL && i < c->n; i++)
		element = element->next;
	values.list = cv_yaml_get(element, "values");
	for (values.n = 0; values.n < j->n_values; values.n++)
		check_value(&values, &j->values[values.n]);
	if (values.error)
		c->error = values.error;
}

int cv_config_check_json(const struct cv_config *config, const struct cv_yaml *list,
			 struct cv_diagnostics *diag)
{
	struct cv_list_check c = {.config = config, .diag = diag, .list = list};

	for (c.n = 0; c.n < config->n_json; c.n++)
		check_one(&c, &config->json[c.n]);
	return c.error;
}

/* A factor that is a power of ten moves the decimal point before anything is rounded. */
double cv_config_factor(double factor, int8_t *ret_shift)
{
	*ret_shift = 0;
	for (int i = -15; i <= 15; i++) {
		char text[8];

		snprintf(text, sizeof(text), "1e%d", i);
		if (strtod(text, NULL) != factor)
			continue;
		*ret_shift = (int8_t)i;
		return 1;
	}
	return factor;
}

static int add_role(struct cv_generation_build *build, const char *pointer, uint8_t role,
		    struct cv_gen_json_map *map)
{
	struct cv_gen_json_value out = {.role = role, .factor = 1};

	read_pointer(pointer, &out);
	map->count++;
	return cv_generation_build_json_value(build, &out);
}

static int add_value(struct cv_generation_build *build, const struct cv_config_json_value *v,
		     struct cv_gen_json_map *map)
{
	struct cv_gen_json_value out = {.role = CV_JSON_VALUE, .offset = v->offset};

	read_pointer(v->pointer, &out);
	out.factor = cv_config_factor(v->factor, &out.shift);
	out.name_id = (uint16_t)cv_config_name_id(v->name, NULL);
	out.unit_id = (uint16_t)(out.name_id ? cv_name_unit(out.name_id)
					     : cv_unit_by_text(v->unit_name, strlen(v->unit_name)));
	memcpy(out.name, v->name, sizeof(out.name));
	memcpy(out.unit_name, v->unit_name, sizeof(out.unit_name));
	memcpy(out.code, v->code, sizeof(out.code));
	map->count++;
	return cv_generation_build_json_value(build, &out);
}

int cv_config_add_json(const struct cv_config_json *j, struct cv_generation_build *build,
		       uint32_t *values)
{
	struct cv_gen_json_map map = {
		.proto = j->decoder == 0 ? CV_PROTO_MQTT : CV_PROTO_COAP, /* cv_json_decoders */
		.device_level = (uint8_t)device_level(j->device),
		.time_format = j->time_format,
		.first = *values,
	};
	int r = 0;

	memcpy(map.filter, j->topic, sizeof(map.filter));
	memcpy(map.good, j->good, sizeof(map.good));
	memcpy(map.zone, j->time_zone, sizeof(map.zone));
	if (j->device[0] == '/')
		r = add_role(build, j->device, CV_JSON_DEVICE, &map);
	if (r == 0 && j->time[0])
		r = add_role(build, j->time, CV_JSON_TIME, &map);
	if (r == 0 && j->quality[0])
		r = add_role(build, j->quality, CV_JSON_QUALITY, &map);
	for (size_t i = 0; r == 0 && i < j->n_values; i++)
		r = add_value(build, &j->values[i], &map);
	*values += map.count;
	return r < 0 ? r : cv_generation_build_json_map(build, &map);
}
