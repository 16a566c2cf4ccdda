/* SPDX-License-Identifier: Apache-2.0 */
#include "control/access/routes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/config/units.h"
#include "control/subscriber/event_query.h"

#define EXPIRES_MAX INT64_C(253402300799) /* the end of the year 9999 */

/* Members of the document that makes a principal. */
enum member_type { TEXT, NUMBER, TRUTH, TIME };

struct member {
	const char *name;
	enum member_type type;
	size_t offset, size;
	int64_t min, max; /* numbers */
};

#define SETTING(member) offsetof(struct cv_principal_settings, member)
#define SIZEOF(member) sizeof(((struct cv_principal_settings *)0)->member)
#define SCOPE_ROW(id) {#id, TEXT, SETTING(scope.id), CV_SCOPE_TEXT_MAX, 0, 0},

static const struct member members[] = {
	{"name", TEXT, SETTING(name), SIZEOF(name), 0, 0},
	{"subject", TEXT, SETTING(subject), SIZEOF(subject), 0, 0},
	CV_SCOPE_PARTS(SCOPE_ROW) /* ends in a comma */
	{"node", TRUTH, SETTING(node), SIZEOF(node), 0, 0},
	{"ack", TRUTH, SETTING(ack), SIZEOF(ack), 0, 0},
	{"max_connections", NUMBER, SETTING(connections), SIZEOF(connections), 1, 60000},
	{"max_requests", NUMBER, SETTING(requests), SIZEOF(requests), 1, 1000000},
	{"expires", TIME, SETTING(expires_s), SIZEOF(expires_s), 0, EXPIRES_MAX},
};

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

static const char *member_name(unsigned int i)
{
	return members[i].name;
}

static int wrong_member(const struct member *m, struct cv_http_refusal *why)
{
	char hint[160];

	if (m->type == TEXT)
		snprintf(hint, sizeof(hint), "a text of at most %zu bytes", m->size - 1);
	else if (m->type == TRUTH)
		snprintf(hint, sizeof(hint), "true or false");
	else if (m->type == TIME)
		snprintf(hint, sizeof(hint),
			 "Unix seconds, 0 or \"never\", a duration such as "
			 "\"90d\", or an RFC 3339 time");
	else
		snprintf(hint, sizeof(hint), "a whole number from %" PRId64 " to %" PRId64, m->min,
			 m->max);
	snprintf(why->error, sizeof(why->error), "bad value of \"%s\"", m->name);
	snprintf(why->hint, sizeof(why->hint), "expected %s", hint);
	return -EINVAL;
}

static int take_number(const struct member *m, const json_t *value, void *to)
{
	json_int_t n = json_integer_value(value);
	uint32_t small = (uint32_t)n;
	int64_t large = n;

	if (!json_is_integer(value) || n < m->min || n > m->max)
		return -EINVAL;
	memcpy(to, m->size == sizeof(small) ? (void *)&small : (void *)&large, m->size);
	return 0;
}

/* A number, or as people say it. */
static int take_time(const struct member *m, const json_t *value, int64_t now_s, int64_t *to)
{
	const char *text = json_string_value(value);
	uint64_t ns;
	int64_t at;

	if (!text)
		return take_number(m, value, to);
	if (strcmp(text, "never") == 0)
		*to = 0;
	else if (cv_units_duration(text, &ns) == 0)
		*to = now_s + (int64_t)(ns / 1000000000);
	else if (cv_event_time_parse(text, &at) == 0)
		*to = at / 1000000000;
	else
		return -EINVAL;
	return 0;
}

static int take_member(const struct member *m, const json_t *value, struct cv_principal_settings *s,
		       struct cv_http_refusal *why)
{
	char *to = (char *)s + m->offset;

	if (m->type == NUMBER)
		return take_number(m, value, to) < 0 ? wrong_member(m, why) : 0;
	if (m->type == TIME)
		return take_time(m, value, s->created_s, &s->expires_s) < 0 ? wrong_member(m, why)
									    : 0;
	if (m->type == TRUTH && json_is_boolean(value)) {
		*(bool *)to = json_is_true(value);
		return 0;
	}
	if (m->type != TEXT || !json_is_string(value) || json_string_length(value) >= m->size ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return wrong_member(m, why);
	memcpy(to, json_string_value(value), json_string_length(value) + 1);
	return 0;
}

static int take_document(const json_t *doc, struct cv_principal_settings *s,
			 struct cv_http_refusal *why)
{
	static const char list[] = "name, expires; subject, lanes, types, devices, areas, masks, "
				   "groups, ack, node, max_connections, max_requests";
	json_t *value;
	const char *key;

	*why = (struct cv_http_refusal){"the body is no JSON object with \"name\" and \"expires\"",
					"expires is Unix time in seconds, 0 = never; or \"90d\""};
	if (!json_object_get(doc, "name") || !json_object_get(doc, "expires"))
		return -EINVAL;
	json_object_foreach((json_t *)(uintptr_t)doc, key, value)
	{
		unsigned int i = 0;

		while (i < MEMBER_COUNT && strcmp(members[i].name, key) != 0)
			i++;
		if (i == MEMBER_COUNT)
			return cv_http_refuse_word(why, "member", key, list, member_name,
						   MEMBER_COUNT);
		if (take_member(&members[i], value, s, why) < 0)
			return -EINVAL;
	}
	return 0;
}

static json_t *refuse(struct cv_http_answer *answer, int status, const char *error,
		      const char *hint)
{
	answer->status = status;
	return json_pack("{s:s, s:s}", "error", error, "hint", hint);
}

static int64_t now_s(const struct cv_access_owner *o)
{
	return cv_loop_wall_ns(o->loop) / 1000000000;
}

static json_t *create(struct cv_access_owner *o, const struct cv_http_call *call,
		      struct cv_http_answer *answer)
{
	struct cv_principal_settings s = {.connections = CV_PRINCIPAL_CONNECTIONS,
					  .requests = CV_PRINCIPAL_REQUESTS,
					  .created_s = now_s(o)};
	json_t *doc = json_loadb(call->body, call->body_len, JSON_REJECT_DUPLICATES, NULL);
	struct cv_http_refusal why = {"out of memory", "try again later"};
	const struct cv_principal *p;
	char text[CV_TOKEN_SIZE];
	int res = take_document(doc, &s, &why);

	json_decref(doc);
	snprintf(s.created_by, sizeof(s.created_by), "%.127s", call->peer->who);
	s.kind = s.subject[0] ? CV_PRINCIPAL_CERTIFICATE : CV_PRINCIPAL_TOKEN;
	if (res == 0)
		res = cv_access_create(o->access, &s, text, &p, &why);
	if (res < 0)
		return refuse(answer,
			      res == -EINVAL   ? 400
			      : res == -EEXIST ? 409
			      : res == -ENOSPC ? 507
					       : 503,
			      why.error, why.hint);
	cv_access_changed(o->access, call->peer->who, "token create", p, "done");
	doc = cv_principal_json(p, s.created_s);
	if (text[0])
		json_object_set_new(doc, "token", json_string(text));
	explicit_bzero(text, sizeof(text));
	answer->status = 201;
	return doc;
}

static json_t *take_away(struct cv_access_owner *o, const struct cv_http_call *call,
			 struct cv_http_answer *answer)
{
	const struct cv_principal *p = cv_access_find(o->access, call->tail);
	json_t *doc;
	int res;

	if (!p)
		return refuse(answer, 404, "no token or certificate has this id",
			      "GET /v1/tokens lists all");
	cv_access_changed(o->access, call->peer->who, "token revoke", p, "done");
	doc = json_pack("{s:s, s:s, s:b}", "id", p->id, "name", p->settings.name, "revoked", 1);
	res = cv_access_revoke(o->access, call->tail);
	if (res == 0)
		return doc;
	json_decref(doc);
	return refuse(answer, res == -ENOSPC ? 507 : 503,
		      "it is revoked until control starts again only: the disk did not take it",
		      "see culvert status, then revoke it again");
}

static json_t *list(void *owner, const struct cv_http_query *query)
{
	const struct cv_access_owner *o = owner;

	return json_pack("{s:o, s:o}", "principals", cv_access_json(o->access, now_s(o)),
			 "refusals", cv_access_refusals_json(o->access));
}

static json_t *change(void *owner, const struct cv_http_call *call, struct cv_http_answer *answer)
{
	if (call->method == CV_HTTP_POST)
		return create(owner, call, answer);
	return refuse(answer, 405, "tokens are made with POST",
		      "POST /v1/tokens, DELETE /v1/tokens/ID");
}

static json_t *change_one(void *owner, const struct cv_http_call *call,
			  struct cv_http_answer *answer)
{
	if (call->method == CV_HTTP_DELETE)
		return take_away(owner, call, answer);
	return refuse(answer, 405, "a token is not changed, only revoked",
		      "DELETE /v1/tokens/ID, then make another");
}

void cv_access_routes(struct cv_access_owner *owner, struct cv_http_route *rows)
{
	rows[0] = (struct cv_http_route){
		.path = "/v1/tokens",
		.summary = "who may read from elsewhere: list; POST makes a token",
		.local = true,
		.json = list,
		.change = change,
		.owner = owner,
	};
	rows[1] = (struct cv_http_route){
		.path = "/v1/tokens/*",
		.summary = "DELETE ID revokes it at once",
		.local = true,
		.change = change_one,
		.owner = owner,
	};
}
