/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints on messages in words: the lists of a rule as a policy has them. */
#include <inttypes.h>
#include <string.h>

#include "control/offline/trace.h"
#include "dataplane/decode/decoder.h"
#include "dataplane/policy/app_keys.h"

/* Values of a list that are shown. */
#define SHOWN 12u

static const struct cv_app_key *key_of(unsigned int proto, unsigned int kind)
{
	size_t count;
	const struct cv_app_key *keys = cv_app_keys(&count);

	for (size_t i = 0; i < count; i++) {
		if (keys[i].proto == proto && keys[i].kind == kind)
			return &keys[i];
	}
	return NULL;
}

static int show_number(const struct cv_app_key *key, const struct cv_app_range *r, char *text)
{
	const char *name = r->from == r->to ? cv_app_number_name(key, r->from) : NULL;

	if (name)
		return snprintf(text, CV_TRACE_TEXT, "%s", name);
	if (r->from == r->to)
		return snprintf(text, CV_TRACE_TEXT, "%" PRIu32, r->from);
	return snprintf(text, CV_TRACE_TEXT, "%" PRIu32 "-%" PRIu32, r->from, r->to);
}

static void show_registers(const struct cv_app_range *r, char *text)
{
	static const char *const tables[] = {"coil", "discrete", "input", "holding"};
	int n = 0;

	if (r->unit_from != 0 || r->unit_to != 255)
		n = r->unit_from == r->unit_to
			    ? snprintf(text, CV_TRACE_TEXT, "%u/", r->unit_from)
			    : snprintf(text, CV_TRACE_TEXT, "%u-%u/", r->unit_from, r->unit_to);
	n += snprintf(text + n, CV_TRACE_TEXT - (size_t)n, "%s",
		      r->table < 4 ? tables[r->table] : "?");
	if (r->from == 0 && r->to == 65535)
		return;
	n += snprintf(text + n, CV_TRACE_TEXT - (size_t)n, ".%" PRIu32, r->from);
	if (r->to != r->from)
		snprintf(text + n, CV_TRACE_TEXT - (size_t)n, "-%" PRIu32, r->to);
}

static void show_value(const struct cv_apps *apps, const struct cv_app_key *key,
		       const struct cv_app_constraint *c, uint32_t i, char *text)
{
	const struct cv_app_range *ranges = cv_apps_at(apps, apps->ranges);
	const struct cv_app_pattern *patterns = cv_apps_at(apps, apps->patterns);
	const char *texts = cv_apps_at(apps, apps->texts);

	if (key->syntax == CV_APP_SYNTAX_NUMBERS)
		show_number(key, &ranges[c->first + i], text);
	else if (key->syntax == CV_APP_SYNTAX_REGISTERS)
		show_registers(&ranges[c->first + i], text);
	else
		snprintf(text, CV_TRACE_TEXT, "%.*s", (int)patterns[c->first + i].len,
			 texts + patterns[c->first + i].text);
}

/* The rule's list of a kind, NULL = it has none. */
static const struct cv_app_constraint *list_of(const struct cv_apps *apps, const struct cv_app *app,
					       unsigned int kind)
{
	const struct cv_app_constraint *c = cv_apps_at(apps, apps->constraints);

	for (uint32_t i = 0; i < app->count; i++) {
		if (c[app->first + i].kind == kind)
			return &c[app->first + i];
	}
	return NULL;
}

json_t *cv_trace_app_json(const struct cv_generation *gen, uint16_t number)
{
	const struct cv_apps *apps = cv_generation_apps(gen);
	const struct cv_app *app = cv_apps_get(apps, number);
	json_t *o = app ? json_pack("{ss}", "protocol", cv_proto_name(app->proto)) : json_null();

	for (unsigned int kind = 0; app && kind < CV_APP_CONSTRAINT_KINDS; kind++) {
		const struct cv_app_key *key = key_of(app->proto, kind);
		const struct cv_app_constraint *c = list_of(apps, app, kind);
		json_t *list;

		if (!key || (!c && !(app->closed >> kind & 1)))
			continue;
		list = json_array();
		for (uint32_t i = 0; c && i < c->count; i++) {
			char text[CV_TRACE_TEXT];

			show_value(apps, key, c, i, text);
			json_array_append_new(list, json_string(text));
		}
		json_object_set_new(o, key->name, list);
	}
	return o;
}

void cv_trace_app(const struct cv_generation *gen, uint16_t number, const char *indent, FILE *out)
{
	json_t *o = cv_trace_app_json(gen, number), *list;
	const char *name;

	if (!json_is_object(o)) {
		json_decref(o);
		return;
	}
	fprintf(out, "%sonly %s", indent, json_string_value(json_object_get(o, "protocol")));
	json_object_foreach(o, name, list)
	{
		size_t n = json_array_size(list);

		if (!json_is_array(list))
			continue;
		fprintf(out, "; %s: ", name);
		for (size_t i = 0; i < n && i < SHOWN; i++)
			fprintf(out, "%s%s", i ? ", " : "",
				json_string_value(json_array_get(list, i)));
		if (n > SHOWN)
			fprintf(out, " and %zu more", n - SHOWN);
		if (!n)
			fputs("nothing", out);
	}
	fputc('\n', out);
	json_decref(o);
}
