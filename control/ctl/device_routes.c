/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/device_routes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/http_parameters.h"
#include "control/text/utc_json.h"
#include "dataplane/normalize/vocabulary.h"

#define PAGE 100u
#define PAGE_MAX 1000u
/* Devices that a request looks at, at most; where each is looked up, some milliseconds. */
#define LOOKS (20 * PAGE_MAX)
#define LOOKS_IN_SCOPE (4 * PAGE_MAX)

static json_t *refuse(int *status, int code, const char *error, const char *hint)
{
	json_t *text = json_string(error);

	*status = code;
	return json_pack("{s:o, s:s}", "error", text ? text : json_string("no such device"), "hint",
			 hint);
}

/* Texts of devices may be no UTF-8. */
static json_t *text_json(const char *text, size_t len)
{
	json_t *string = json_stringn(text, len);

	return string ? string : json_null();
}

/* ---- what the registry knows ---------------------------------------------------------------- */

static void set_word(json_t *to, const char *key, const struct cv_registry_live *live,
		     uint32_t word)
{
	if (word)
		json_object_set_new(to, key, json_string(cv_registry_live_word(live, word)));
}

static void set_degrees(json_t *to, const char *key, int32_t v, double per_unit)
{
	if (v != CV_REGISTRY_NONE)
		json_object_set_new(to, key, json_real(v / per_unit));
}

static json_t *tags_json(const char *tags)
{
	json_t *list = json_array();

	while (*tags) {
		size_t n = strcspn(tags, ",");

		json_array_append_new(list, json_stringn(tags, n));
		tags += n + (tags[n] == ',');
	}
	return list;
}

static json_t *facts_json(const struct cv_registry_live *live, uint32_t row,
			  const struct cv_scope *scope)
{
	const struct cv_registry_facts *f = cv_registry_live_facts(live, row);
	const struct cv_registry_area *a;
	json_t *to;

	if (!f)
		return json_null();
	to = json_object();
	set_word(to, "kind", live, f->kind);
	set_word(to, "owner", live, f->owner);
	if (!cv_scope_hides(scope, CV_MASK_POSITION)) {
		set_degrees(to, "lat", f->lat, 1e7);
		set_degrees(to, "lon", f->lon, 1e7);
		set_degrees(to, "alt", f->alt, 1e3);
	}
	a = cv_registry_live_area(live, f->area);
	if (a) {
		set_word(to, "city", live, a->city);
		set_word(to, "district", live, a->district);
		set_word(to, "street", live, a->street);
		set_word(to, "community", live, a->community);
	}
	set_word(to, "zone", live, f->zone);
	if (f->interval)
		json_object_set_new(to, "interval", json_integer(f->interval));
	if (f->tags)
		json_object_set_new(to, "tags", tags_json(cv_registry_live_word(live, f->tags)));
	return to;
}

/* What a device's last record was stamped with; one that was not is looked up. */
static uint32_t row_of(const struct cv_intake *in, const struct cv_state_device *d)
{
	uint32_t area;

	return d->row ? d->row
		      : cv_registry_live_find(in->live, cv_state_urn(in->state, d), d->urn_len,
					      &area);
}

/* ---- what whoever asks may know -------------------------------------------------------------- */

/* Its area as the registry has it now; a component without a row of its own is where its device is. */
static uint32_t area_of(const struct cv_intake *in, const struct cv_state_device *d)
{
	const struct cv_registry_facts *f = cv_registry_live_facts(in->live, row_of(in, d));

	return f ? f->area : 0;
}

/* What is in scope of a device. */
struct seen {
	int64_t at_ns; /* last record that may be seen of it */
	unsigned int values;
};

/* @return false: it is as if it were not there. */
static bool may_see(const struct cv_intake *in, const struct cv_scope *scope,
		    const struct cv_state_device *d, struct seen *ret)
{
	const struct cv_state_value *v;

	*ret = (struct seen){.at_ns = d->seen_ns, .values = d->values};
	if (scope && !cv_scope_knows(scope, in->live, cv_state_urn(in->state, d), d->urn_len,
				     scope->areas ? area_of(in, d) : 0))
		return false;
	if (!cv_scope_is_partial(scope))
		return true;
	*ret = (struct seen){.at_ns = INT64_MIN};
	for (uint32_t at = d->first; at; at = v->next) {
		v = cv_state_value(in->state, at);
		if (!cv_scope_has(scope, v->lane, v->kind))
			continue;
		ret->values++;
		ret->at_ns = v->time_ns > ret->at_ns ? v->time_ns : ret->at_ns;
	}
	return ret->values > 0;
}

/* ---- the latest values ---------------------------------------------------------------------- */

static json_t *position_json(uint64_t packed)
{
	int32_t lat = (int32_t)(uint32_t)packed, lon = (int32_t)(uint32_t)(packed >> 32);
	json_t *to = json_object();

	set_degrees(to, "lat", lat, 1e7);
	set_degrees(to, "lon", lon, 1e7);
	return to;
}

static json_t *plain_value(const struct cv_state_value *v)
{
	char digits[24];

	switch (v->type) {
	case CV_VALUE_F64:
		return isfinite(v->value.f64) ? json_real(v->value.f64) : json_null();
	case CV_VALUE_I64:
		return json_integer(v->value.i64);
	case CV_VALUE_U64:
		if (v->value.u64 <= INT64_MAX)
			return json_integer((json_int_t)v->value.u64);
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v->value.u64);
		return json_string(digits);
	case CV_VALUE_BOOL:
		return json_boolean(v->value.u64 != 0);
	default:
		return json_null();
	}
}

/* Not a text, and not a position, where these are taken away. */
static void set_value(json_t *to, const struct cv_state *s, const struct cv_state_value *v,
		      const struct cv_scope *scope)
{
	char buf[CV_STATE_TEXT_MAX + 1];
	const char *text = cv_scope_hides(scope, CV_MASK_TEXT) ? "" : cv_state_text(s, v, buf);

	if (v->type == CV_VALUE_NONE && !cv_scope_hides(scope, CV_MASK_POSITION))
		json_object_set_new(to, "position", position_json(v->value.u64));
	else if (v->type == CV_VALUE_TEXT && !cv_scope_hides(scope, CV_MASK_TEXT))
		json_object_set_new(to, "value", text_json(text, strlen(text)));
	else if (v->type != CV_VALUE_NONE && v->type != CV_VALUE_TEXT)
		json_object_set_new(to, "value", plain_value(v));
	if (*text && v->type != CV_VALUE_TEXT)
		json_object_set_new(to, "text", text_json(text, strlen(text)));
	if (v->cut && *text)
		json_object_set_new(to, "truncated", json_true());
}

static json_t *value_json(const struct cv_state *s, const struct cv_state_value *v,
			  const struct cv_scope *scope)
{
	const char *name = v->name_id ? cv_name_text(v->name_id) : cv_state_word(s, v->word);
	json_t *to = json_object();

	if (*name)
		json_object_set_new(to, "name", text_json(name, strlen(name)));
	json_object_set_new(to, "type", json_string(cv_kind_name(v->kind)));
	set_value(to, s, v, scope);
	if (*cv_unit_text(v->unit_id))
		json_object_set_new(to, "unit", json_string(cv_unit_text(v->unit_id)));
	if (v->quality != CV_QUALITY_UNSTATED)
		json_object_set_new(to, "quality", json_string(cv_quality_name(v->quality)));
	if (v->stage != CV_STAGE_REALTIME)
		json_object_set_new(to, "stage", json_string(cv_stage_name(v->stage)));
	json_object_set_new(to, "time", cv_utc_json_ms(v->time_ns));
	return to;
}

static json_t *device_json(const struct cv_intake *in, const struct cv_state_device *d,
			   const struct seen *seen)
{
	json_t *to = json_object();

	json_object_set_new(to, "id", text_json(cv_state_urn(in->state, d), d->urn_len));
	json_object_set_new(to, "seen", cv_utc_json_ms(seen->at_ns));
	json_object_set_new(to, "registered", json_boolean(row_of(in, d) != 0));
	json_object_set_new(to, "values", json_integer(seen->values));
	return to;
}

static json_t *state_json(const struct cv_intake *in, const struct cv_state_device *d,
			  const struct seen *seen, const struct cv_scope *scope)
{
	json_t *to = device_json(in, d, seen), *values = json_array();
	const struct cv_state_value *v;

	for (uint32_t at = d->first; at; at = v->next) {
		v = cv_state_value(in->state, at);
		if (cv_scope_has(scope, v->lane, v->kind))
			json_array_append_new(values, value_json(in->state, v, scope));
	}
	json_object_set_new(to, "values", values);
	json_object_set_new(to, "registry", facts_json(in->live, row_of(in, d), scope));
	return to;
}

/* ---- resources ------------------------------------------------------------------------------ */

/* %XX of a path (RFC 3986 2.1); a URN's own are written as %25XX. @return length, -EINVAL. */
static int decode(const char *text, size_t len, char ret[CV_HTTP_TARGET_MAX + 1])
{
	int n = 0;

	for (size_t i = 0; i < len; i++) {
		char hex[3] = {0}, *end;

		if (text[i] != '%') {
			ret[n++] = text[i];
			continue;
		}
		if (len - i < 3)
			return -EINVAL;
		memcpy(hex, text + i + 1, 2);
		ret[n++] = (char)strtoul(hex, &end, 16);
		if (end != hex + 2 || ret[n - 1] == '\0')
			return -EINVAL;
		i += 2;
	}
	ret[n] = '\0';
	return n;
}

static json_t *get_state(void *owner, const char *tail, const struct cv_http_query *query,
			 int *ret_status)
{
	static const char suffix[] = "/state";
	const struct cv_scope *scope = cv_http_query_scope(query);
	const struct cv_intake *in = owner;
	size_t len = strlen(tail), end = sizeof(suffix) - 1;
	char urn[CV_HTTP_TARGET_MAX + 1];
	uint32_t device = 0;
	struct seen seen;
	int n;

	if (len <= end || strcmp(tail + len - end, suffix) != 0)
		return refuse(ret_status, 404, "no such resource", "GET /v1/devices/ID/state");
	n = decode(tail, len - end, urn);
	if (n > 0)
		device = cv_state_find(in->state, urn, (size_t)n);
	/* Who did not escape the URN meant it as it stands. */
	if (device == 0)
		device = cv_state_find(in->state, tail, len - end);
	if (device != 0 && may_see(in, scope, cv_state_at(in->state, device), &seen))
		return state_json(in, cv_state_at(in->state, device), &seen, scope);
	if (device != 0)
		cv_http_query_hide(query);
	return refuse(ret_status, 404, "no device of that name was heard since the start",
		      "GET /v1/devices lists those that were; ID is an event's subject");
}

struct page {
	struct cv_http_refusal *why;
	uint64_t after, limit;
	bool unknown; /* those only that the registry does not have */
};

static int take_after(void *parse, const char *value)
{
	struct page *p = parse;

	return cv_http_take_number(p->why, "after", value, UINT32_MAX, &p->after);
}

static int take_limit(void *parse, const char *value)
{
	struct page *p = parse;

	return cv_http_take_number(p->why, "limit", value, PAGE_MAX, &p->limit);
}

static int take_unknown(void *parse, const char *value)
{
	((struct page *)parse)->unknown = strcmp(value, "0") != 0;
	return 0;
}

/* Bounded work for each request: a page looks at so many devices, whoever of them it shows. */
static json_t *get_devices(void *owner, const struct cv_http_query *query, int *ret_status)
{
	static const struct cv_http_parameter parameters[] = {{"after", take_after},
							      {"limit", take_limit},
							      {"unknown", take_unknown},
							      {NULL, NULL}};
	const struct cv_scope *scope = cv_http_query_scope(query);
	const struct cv_intake *in = owner;
	struct cv_http_refusal why;
	struct page p = {.why = &why, .limit = PAGE};
	json_t *devices, *to;
	struct seen seen;
	uint32_t at;

	if (cv_http_take_parameters(query, parameters, &p, &why) < 0)
		return refuse(ret_status, 400, why.error, why.hint);
	devices = json_array();
	at = (uint32_t)p.after;
	for (uint32_t left = scope ? LOOKS_IN_SCOPE : LOOKS;
	     left > 0 && json_array_size(devices) < p.limit; left--) {
		const struct cv_state_device *d =
			at < UINT32_MAX ? cv_state_at(in->state, at + 1) : NULL;

		if (!d)
			break;
		at++;
		if ((!p.unknown || row_of(in, d) == 0) && may_see(in, scope, d, &seen))
			json_array_append_new(devices, device_json(in, d, &seen));
	}
	to = json_pack("{s:o}", "devices", devices);
	if (!scope)
		json_object_set_new(to, "count", json_integer(cv_state_devices(in->state)));
	if (at < cv_state_devices(in->state))
		json_object_set_new(to, "next", json_integer(at));
	return to;
}

json_t *cv_device_stats(const struct cv_intake *in)
{
	json_t *records = json_object(), *values = json_object();

	for (unsigned int i = 0; i < CV_INTAKE_COUNT; i++)
		json_object_set_new(records, cv_intake_count_name((enum cv_intake_count)i),
				    json_integer((json_int_t)in->counts[i]));
	for (unsigned int i = 0; i < CV_STATE_COUNT; i++)
		json_object_set_new(values, cv_state_count_name((enum cv_state_count)i),
				    json_integer((json_int_t)cv_state_counts(in->state)[i]));
	return json_pack("{s:{s:b, s:I, s:I, s:I, s:o}, s:{s:I, s:I, s:I, s:I, s:o}}", "registry",
			 "ready", cv_registry_live_ready(in->live), "devices",
			 (json_int_t)cv_registry_live_count(in->live), "bytes",
			 (json_int_t)cv_registry_live_bytes(in->live), "told", (json_int_t)in->told,
			 "records", records, "state", "devices",
			 (json_int_t)cv_state_devices(in->state), "values",
			 (json_int_t)cv_state_values(in->state), "bytes",
			 (json_int_t)cv_state_bytes(in->state), "bound",
			 (json_int_t)cv_state_bound(in->state), "records", values);
}

static json_t *get_registry(void *owner, const struct cv_http_query *query)
{
	return cv_device_stats(owner);
}

static json_t *get_facts(void *owner, const char *tail, const struct cv_http_query *query,
			 int *ret_status)
{
	const struct cv_scope *scope = cv_http_query_scope(query);
	const struct cv_intake *in = owner;
	char urn[CV_HTTP_TARGET_MAX + 1];
	uint32_t area, row = 0;
	const char *id = urn;
	json_t *to;
	int n = decode(tail, strlen(tail), urn);

	if (n > 0)
		row = cv_registry_live_find(in->live, urn, (size_t)n, &area);
	if (row == 0) {
		id = tail;
		row = cv_registry_live_find(in->live, tail, strlen(tail), &area);
	}
	if (row != 0 && !cv_scope_knows(scope, in->live, id, strlen(id), area)) {
		cv_http_query_hide(query);
		row = 0;
	}
	if (row == 0)
		return refuse(ret_status, 404, "the registry has no device of that name",
			      "culvert registry list; ID is an event's subject");
	to = facts_json(in->live, row, scope);
	json_object_set_new(to, "id", text_json(id, strlen(id)));
	return to;
}

void cv_device_routes(struct cv_intake *intake, struct cv_http_route *rows)
{
	const struct cv_http_route routes[CV_DEVICE_ROUTES] = {
		{.path = "/v1/devices",
		 .summary = "devices that were heard; after=, limit=, unknown=1",
		 .reads = CV_HTTP_SCOPE,
		 .document = get_devices,
		 .owner = intake},
		{.path = "/v1/devices/*",
		 .summary = "ID/state: the latest value of each quantity of a device",
		 .reads = CV_HTTP_SCOPE,
		 .item = get_state,
		 .owner = intake},
		{.path = "/v1/registry",
		 .summary = "registry and latest values: devices, memory, counters",
		 .json = get_registry,
		 .owner = intake},
		{.path = "/v1/registry/*",
		 .summary = "what the registry knows of a device",
		 .reads = CV_HTTP_SCOPE,
		 .item = get_facts,
		 .owner = intake},
	};

	memcpy(rows, routes, sizeof(routes));
}
