/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/alarm_routes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/host.h"
#include "control/config/units.h"
#include "control/subscriber/http_parameters.h"
#include "control/text/utc_json.h"
#include "dataplane/normalize/vocabulary.h"

#define PAGE 100u
#define PAGE_MAX 1000u
/* Alarms that a request makes the event of, to see whether it would be seen; some milliseconds. */
#define LOOKS_IN_SCOPE (4 * PAGE_MAX)
/* Longest comment of an acknowledgement, bytes; what the event has room for. */
#define COMMENT_MAX 255

static json_t *refuse(int *status, int code, const char *error, const char *hint)
{
	*status = code;
	return json_pack("{s:s, s:s}", "error", error, "hint", hint);
}

static void set_text(json_t *to, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(to, key, json_string(text));
}

static void set_number(json_t *to, const char *key, double value)
{
	if (isfinite(value))
		json_object_set_new(to, key, json_real(value));
}

/* ---- active alarms -------------------------------------------------------------------------- */

static json_t *devices_json(struct cv_alarms *a, const struct cv_alarm *alarm,
			    const struct cv_scope *scope)
{
	struct cv_alarm_urns urns = cv_alarm_host_urns(cv_alarms_intake(a));
	json_t *list = json_array();
	size_t len;

	for (uint32_t i = 0; i < alarm->n_devices; i++) {
		const char *urn = urns.urn(urns.owner, alarm->devices[i], &len);

		if (cv_scope_names(scope, urn, len))
			json_array_append_new(list, json_stringn(urn, len));
	}
	return list;
}

/*
 * Whether its event would be seen. Who may not know devices sees no alarms here: their ids name them.
 */
static bool may_see(struct cv_alarms *a, const struct cv_alarm *alarm, const struct cv_scope *scope)
{
	static _Alignas(8) uint8_t room[CV_ALARM_RECORD_ROOM]; /* control's thread */
	const struct cv_intake *in = cv_alarms_intake(a);
	const struct cv_record *seen;
	struct cv_alarm_urns urns;
	struct cv_record *rec;

	if (!scope)
		return true;
	urns = cv_alarm_host_urns(cv_alarms_intake(a));
	rec = cv_alarm_record(cv_alarms_engine(a), alarm, CV_ALARM_UPDATED, alarm->told_ns, &urns,
			      room);
	cv_alarm_host_stamp(in, alarm, rec);
	seen = cv_scope_see(scope, in->live, rec);
	return seen && cv_record_tlv(seen, CV_TLV_CORRELATION).len > 0;
}

static json_t *alarm_json(struct cv_alarms *a, const struct cv_alarm *alarm,
			  const struct cv_scope *scope)
{
	const struct cv_alarm_engine *e = cv_alarms_engine(a);
	const struct cv_alarm_rule *r = cv_alarm_engine_rule(e, alarm);
	json_t *to = json_pack("{s:s, s:s, s:s, s:i, s:s}", "id", alarm->id, "rule", r->id, "state",
			       alarm->who ? "acknowledged" : "raised", "grade", (int)r->grade,
			       "colour", cv_alarm_colour(r->grade));

	if (!cv_scope_hides(scope, CV_MASK_TEXT))
		set_text(to, "text", r->text);
	set_text(to, "name", cv_alarm_engine_quantity(e, alarm));
	set_text(to, "area", alarm->area);
	json_object_set_new(to, "devices", devices_json(a, alarm, scope));
	set_number(to, "value", alarm->value);
	set_text(to, "unit", cv_unit_text(alarm->unit));
	set_number(to, "threshold", cv_alarm_engine_threshold(e, alarm));
	json_object_set_new(to, "since", cv_utc_json_ms(alarm->since_ns));
	json_object_set_new(to, "raised", cv_utc_json_ms(alarm->raised_ns));
	json_object_set_new(to, "updated", cv_utc_json_ms(alarm->told_ns));
	if (alarm->who) {
		set_text(to, "acknowledged_by", alarm->who);
		set_text(to, "comment",
			 cv_scope_hides(scope, CV_MASK_TEXT) ? NULL : alarm->comment);
		json_object_set_new(to, "acknowledged", cv_utc_json_ms(alarm->acked_ns));
	}
	return to;
}

struct page {
	struct cv_http_refusal *why;
	uint64_t after, limit, grade;
	const char *rule;
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

static int take_grade(void *parse, const char *value)
{
	struct page *p = parse;

	return cv_http_take_number(p->why, "grade", value, CV_ALARM_GRADE_MAX, &p->grade);
}

static int take_rule(void *parse, const char *value)
{
	((struct page *)parse)->rule = value;
	return 0;
}

static json_t *counts_json(const struct cv_alarm_engine *e)
{
	const uint64_t *counts = cv_alarm_engine_counts(e);
	json_t *to = json_object();

	for (unsigned int i = 0; i < CV_ALARM_COUNTERS; i++)
		json_object_set_new(to, cv_alarm_count_name((enum cv_alarm_count)i),
				    json_integer((json_int_t)counts[i]));
	json_object_set_new(to, "states", json_integer(cv_alarm_engine_states(e)));
	json_object_set_new(to, "bytes", json_integer((json_int_t)cv_alarm_engine_bytes(e)));
	return to;
}

static bool is_wanted(const struct page *p, const struct cv_alarm_rule *r)
{
	return (!p->rule || strcmp(p->rule, r->id) == 0) && (p->grade == 0 || p->grade == r->grade);
}

static json_t *get_alarms(void *owner, const struct cv_http_query *query, int *ret_status)
{
	static const struct cv_http_parameter parameters[] = {{"after", take_after},
							      {"limit", take_limit},
							      {"grade", take_grade},
							      {"rule", take_rule},
							      {NULL, NULL}};
	struct cv_alarms *a = owner;
	const struct cv_alarm_engine *e = cv_alarms_engine(a);
	const struct cv_scope *scope = cv_http_query_scope(query);
	struct cv_http_refusal why;
	struct page p = {.why = &why, .limit = PAGE};
	uint32_t at, end = e ? cv_alarm_engine_end(e) : 0, left = LOOKS_IN_SCOPE;
	json_t *list, *to;

	if (cv_http_take_parameters(query, parameters, &p, &why) < 0)
		return refuse(ret_status, 400, why.error, why.hint);
	list = json_array();
	for (at = (uint32_t)p.after + 1;
	     at < end && json_array_size(list) < p.limit && (!scope || left > 0); at++) {
		const struct cv_alarm *alarm = cv_alarm_engine_at(e, at);

		left -= alarm != NULL;
		if (alarm && is_wanted(&p, cv_alarm_engine_rule(e, alarm)) &&
		    may_see(a, alarm, scope))
			json_array_append_new(list, alarm_json(a, alarm, scope));
	}
	to = json_pack("{s:o}", "alarms", list);
	if (at < end)
		json_object_set_new(to, "after", json_integer(at - 1));
	if (scope) /* nobody who sees some of them learns how many there are */
		return to;
	json_object_set_new(to, "active", json_integer(e ? cv_alarm_engine_active(e) : 0));
	if (e)
		json_object_set_new(to, "counts", counts_json(e));
	return to;
}

/* ---- one alarm ------------------------------------------------------------------------------ */

/* %XX of a path (RFC 3986 2.1). @return false: it is none. */
static bool decode(const char *text, size_t len, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char hex[3] = {0}, *end;

		if (n + 1 >= size)
			return false;
		if (text[i] != '%') {
			ret[n++] = text[i];
			continue;
		}
		if (len - i < 3)
			return false;
		memcpy(hex, text + i + 1, 2);
		ret[n++] = (char)strtoul(hex, &end, 16);
		if (end != hex + 2 || ret[n - 1] == '\0')
			return false;
		i += 2;
	}
	ret[n] = '\0';
	return true;
}

/* @return NULL: there is none, or none that whoever asks may see. */
static const struct cv_alarm *find_for(struct cv_alarms *a, const char *id,
				       const struct cv_http_query *query)
{
	const struct cv_alarm_engine *e = cv_alarms_engine(a);
	const struct cv_alarm *alarm = e ? cv_alarm_engine_find(e, id) : NULL;

	if (!alarm || may_see(a, alarm, cv_http_query_scope(query)))
		return alarm;
	cv_http_query_hide(query);
	return NULL;
}

static json_t *get_alarm(void *owner, const char *tail, const struct cv_http_query *query,
			 int *ret_status)
{
	struct cv_alarms *a = owner;
	const struct cv_alarm_engine *e = cv_alarms_engine(a);
	const struct cv_alarm *alarm = NULL;
	char id[CV_ALARM_NAME_MAX];

	if (e && decode(tail, strlen(tail), id, sizeof(id)))
		alarm = find_for(a, id, query);
	if (!alarm)
		return refuse(
			ret_status, 404, "no alarm with this id is active",
			"GET /v1/alarms lists those that are; the others are in the lane alarm");
	return alarm_json(a, alarm, cv_http_query_scope(query));
}

/* The body is empty, or {"comment": "..."}. @return false: neither. */
static bool comment_of(const struct cv_http_call *call, char ret[COMMENT_MAX + 1])
{
	json_t *body = NULL;
	const char *text = "";
	bool good = call->body_len == 0;

	if (!good) {
		body = json_loadb(call->body, call->body_len, 0, NULL);
		text = json_string_value(json_object_get(body, "comment"));
		good = text && strlen(text) <= COMMENT_MAX;
	}
	snprintf(ret, COMMENT_MAX + 1, "%s", good ? text : "");
	json_decref(body);
	return good;
}

/* What can be done with an alarm: POST ID and this. */
static const struct verb {
	const char *tail;
	enum cv_alarm_change change;
	int (*run)(struct cv_alarms *a, const char *id, const char *who, const char *comment);
} verbs[] = {
	{"/ack", CV_ALARM_ACKNOWLEDGED, cv_alarms_ack},
	{"/clear", CV_ALARM_CLEARED, cv_alarms_clear},
};

/* @param ret_len of the id before it. @return NULL: the path names none. */
static const struct verb *verb_of(const char *path, size_t *ret_len)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t end = strlen(verbs[i].tail);

		if (len > end && strcmp(path + len - end, verbs[i].tail) == 0) {
			*ret_len = len - end;
			return &verbs[i];
		}
	}
	return NULL;
}

static json_t *change_alarm(void *owner, const struct cv_http_call *call,
			    struct cv_http_answer *answer)
{
	char id[CV_ALARM_NAME_MAX], comment[COMMENT_MAX + 1];
	const struct verb *verb;
	size_t len = 0;
	int res;

	verb = call->method == CV_HTTP_POST ? verb_of(call->tail, &len) : NULL;
	if (!verb)
		return refuse(&answer->status, 405, "this is not what can be done with an alarm",
			      "POST /v1/alarms/ID/ack or ID/clear");
	if (!comment_of(call, comment))
		return refuse(&answer->status, 400, "the body is not right",
			      "nothing, or {\"comment\": \"at most 255 bytes\"}");
	res = decode(call->tail, len, id, sizeof(id)) && find_for(owner, id, call->query)
		      ? verb->run(owner, id, call->peer->who, comment)
		      : -ENOENT;
	if (res == -ENOENT)
		return refuse(&answer->status, 404, "no alarm with this id is active",
			      "GET /v1/alarms lists those that are");
	if (res == -EALREADY)
		return refuse(&answer->status, 409, "somebody has acknowledged it already",
			      "GET /v1/alarms/ID says who");
	if (res < 0)
		return refuse(&answer->status, 503, "out of memory", "try again later");
	return json_pack("{s:s, s:s, s:s}", "id", id, "state", cv_alarm_change_name(verb->change),
			 "acknowledged_by", call->peer->who);
}

/* ---- rules ---------------------------------------------------------------------------------- */

static json_t *rules_json(const struct cv_alarms *a)
{
	struct cv_alarm_kept kept = cv_alarms_rules(a);
	const struct cv_alarm_engine *e = cv_alarms_engine(a);

	return json_pack("{s:I, s:I, s:s, s:I}", "number", (json_int_t)kept.number, "version",
			 (json_int_t)kept.version, "by", kept.who, "rules",
			 (json_int_t)(e ? cv_alarm_engine_rules(e)->n_rules : 0));
}

static json_t *get_rules(void *owner, const struct cv_http_query *query)
{
	struct cv_alarm_kept kept = cv_alarms_rules(owner);
	json_t *to = rules_json(owner);

	json_object_set_new(to, "text", json_stringn(kept.text, kept.len));
	return to;
}

static json_t *apply_rules(void *owner, const struct cv_http_call *call,
			   struct cv_http_answer *answer)
{
	const char *sigs = cv_http_query_get(call->query, "sigs");
	struct cv_diagnostics diag = {0};
	struct cv_alarms_offer offer;
	uint64_t sigs_len = 0;
	json_t *to;
	int res;

	if (call->method != CV_HTTP_POST)
		return refuse(&answer->status, 405, "rules are replaced, not removed",
			      "POST a file with rules: []");
	if (sigs && (cv_units_integer(sigs, &sigs_len) < 0 || sigs_len > call->body_len))
		return refuse(&answer->status, 400,
			      "sigs: expected how many bytes of the body are signatures",
			      "see docs/operator/alarms.md");
	offer = (struct cv_alarms_offer){
		.text = call->body,
		.len = call->body_len - sigs_len,
		.sigs = call->body + call->body_len - sigs_len,
		.sigs_len = sigs_len,
		.who = call->peer->who,
	};
	res = cv_alarms_apply(owner, &offer, &diag);
	if (res == 0) {
		to = rules_json(owner);
	} else {
		to = refuse(&answer->status,
			    res == -EINVAL	   ? 400
			    : res == -EKEYREJECTED ? 403
			    : res == -ESTALE	   ? 409
						   : 503,
			    "the rules were not taken", "those before stay in force");
	}
	json_object_set_new(to, "findings", cv_diagnostics_json(&diag));
	cv_diagnostics_free(&diag);
	return to;
}

void cv_alarm_routes(struct cv_alarms *alarms, struct cv_http_route *rows)
{
	rows[0] = (struct cv_http_route){
		.path = "/v1/alarms",
		.summary = "alarms of rules that are active; rule=, grade=, limit=, after=",
		.reads = CV_HTTP_SCOPE,
		.document = get_alarms,
		.owner = alarms,
	};
	rows[1] = (struct cv_http_route){
		.path = "/v1/alarms/rules",
		.summary = "alarm rules in force; POST puts others in force",
		.json = get_rules,
		.change = apply_rules,
		.owner = alarms,
	};
	rows[2] = (struct cv_http_route){
		.path = "/v1/alarms/*",
		.summary = "an active alarm; POST ID/ack acknowledges it, ID/clear ends it",
		.reads = CV_HTTP_SCOPE,
		.changes = CV_HTTP_ACK,
		.item = get_alarm,
		.change = change_alarm,
		.owner = alarms,
	};
}
