/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/policy_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/units.h"

#define LOOK_NS 2000000u /* between looks at a change under way */
#define LOST_NS UINT64_C(300000000000) /* its answer is not coming any more */
/* Shortest and longest time to confirm, ns. */
#define CONFIRM_MIN UINT64_C(1000000000)
#define CONFIRM_MAX (UINT64_C(7) * 86400 * 1000000000)

/* ---- reading ------------------------------------------------------------------------------- */

static json_t *get_status(void *owner, const struct cv_http_query *query)
{
	return cv_rollout_status(owner);
}

static json_t *get_history(void *owner, const struct cv_http_query *query)
{
	return cv_rollout_history(owner);
}

/* A whole number of the query. @return false: it is there and is none. */
static bool number_of(const struct cv_http_query *query, const char *key, uint64_t *ret)
{
	const char *text = cv_http_query_get(query, key);

	return !text || cv_units_integer(text, ret) == 0;
}

static json_t *get_audit(void *owner, const struct cv_http_query *query)
{
	uint64_t limit = 100;

	if (!number_of(query, "limit", &limit) || limit == 0 || limit > 10000)
		limit = 100;
	return cv_rollout_audit(owner, (unsigned int)limit);
}

static bool is_set(const struct cv_http_query *query, const char *key)
{
	const char *text = cv_http_query_get(query, key);

	return text && strcmp(text, "0") != 0;
}

static json_t *get_rules(void *owner, const struct cv_http_query *query)
{
	return cv_rollout_rules(owner, is_set(query, "shadow"));
}

static json_t *get_shadow(void *owner, const struct cv_http_query *query)
{
	return cv_rollout_shadow(owner);
}

static json_t *bad_value(const char *what)
{
	return json_pack("{s:s, s:s}", "error", what, "hint", "see control/ctl/api.md");
}

static json_t *get_show(void *owner, const struct cv_http_query *query, int *ret_status)
{
	uint64_t number = 0;

	if (!number_of(query, "number", &number)) {
		*ret_status = 400;
		return bad_value("number: expected the number of a policy");
	}
	return cv_rollout_show(owner, number, ret_status);
}

static json_t *get_diff(void *owner, const struct cv_http_query *query, int *ret_status)
{
	uint64_t a = 0, b = 0;

	if (!number_of(query, "a", &a) || !number_of(query, "b", &b) || !a) {
		*ret_status = 400;
		return bad_value("a, b: expected numbers of policies; b may be left out");
	}
	return cv_rollout_diff(owner, a, b ? b : cv_rollout_live(owner), ret_status);
}

/* ---- changing ------------------------------------------------------------------------------ */

/* If-Match: "12" (RFC 9110 13.1.1) names the policy that must be in force. @return false: bad. */
static bool expected(const char *header, uint64_t *ret)
{
	char *end;

	*ret = 0;
	if (!*header || strcmp(header, "*") == 0)
		return true;
	if (header[0] != '"')
		return false;
	*ret = strtoull(header + 1, &end, 10);
	return *ret > 0 && strcmp(end, "\"") == 0;
}

static json_t *refuse(struct cv_http_answer *answer, const char *error, const char *hint)
{
	answer->status = 400;
	return json_pack("{s:s, s:s}", "error", error, "hint", hint);
}

static json_t *begin(struct cv_rollout *r, const struct cv_http_call *call,
		     struct cv_http_answer *answer, struct cv_change_request *q)
{
	const char *confirm = cv_http_query_get(call->query, "confirm");
	json_t *no;

	q->id = call->id;
	q->who = call->peer->who;
	if (!expected(call->if_match, &q->expect))
		return refuse(answer, "If-Match: expected a policy's number in quotes",
			      "If-Match: \"12\"");
	if (confirm && (cv_units_duration(confirm, &q->confirm_ns) < 0 ||
			q->confirm_ns < CONFIRM_MIN || q->confirm_ns > CONFIRM_MAX))
		return refuse(answer, "confirm: expected a time from 1s to 7d", "confirm=5min");
	no = cv_rollout_begin(r, q, &answer->status);
	return no ? no : cv_rollout_answer(r, call->id, &answer->status);
}

static json_t *change(struct cv_rollout *r, const struct cv_http_call *call,
		      struct cv_http_answer *answer, struct cv_change_request q)
{
	json_t *body;

	if (call->method != CV_HTTP_POST) {
		answer->status = 405;
		return json_pack("{s:s, s:s}", "error", "method not allowed", "hint", "use POST");
	}
	if (call->held_ns == 0)
		body = begin(r, call, answer, &q);
	else
		body = cv_rollout_answer(r, call->id, &answer->status);
	if (!body && call->held_ns < LOST_NS)
		answer->wait_ns = LOOK_NS;
	return body;
}

static json_t *post_apply(void *owner, const struct cv_http_call *call,
			  struct cv_http_answer *answer)
{
	const char *name = cv_http_query_get(call->query, "name");
	bool shadow = is_set(call->query, "shadow");
	uint64_t sigs = 0;

	if (shadow && cv_http_query_get(call->query, "confirm"))
		return refuse(answer, "a shadow needs no confirmation", "leave out confirm");
	if (!number_of(call->query, "sigs", &sigs) || sigs > call->body_len)
		return refuse(answer, "sigs: expected how many bytes of the body are signatures",
			      "they follow the policy");
	if (call->body_len == sigs)
		return refuse(answer, "the policy is missing", "send the file as the body");
	return change(owner, call, answer,
		      (struct cv_change_request){
			      .change = shadow ? CV_CHANGE_SHADOW : CV_CHANGE_APPLY,
			      .name = name && *name ? name : "policy.yaml",
			      .data = call->body,
			      .len = call->body_len - sigs,
			      .sigs_len = sigs,
		      });
}

#define POST(function, id)                                                                         \
	static json_t *function(void *owner, const struct cv_http_call *call,                      \
				struct cv_http_answer *answer)                                     \
	{                                                                                          \
		return change(owner, call, answer,                                                 \
			      (struct cv_change_request){.change = (id), .name = "", .data = ""}); \
	}
POST(post_promote, CV_CHANGE_PROMOTE)
POST(post_confirm, CV_CHANGE_CONFIRM)
POST(post_revert, CV_CHANGE_REVERT)
POST(post_stop, CV_CHANGE_STOP_SHADOW)

void cv_policy_routes(struct cv_rollout *r, struct cv_http_route *ret)
{
	const struct cv_http_route rows[CV_POLICY_ROUTES] = {
		{.path = "/v1/policy", .summary = "what is in force", .json = get_status},
		{.path = "/v1/policy/history",
		 .summary = "policies that are kept",
		 .json = get_history},
		{.path = "/v1/policy/audit",
		 .summary = "who changed what; limit=N",
		 .json = get_audit},
		{.path = "/v1/policy/show",
		 .summary = "a policy as it came; number=N",
		 .document = get_show},
		{.path = "/v1/policy/diff",
		 .summary = "what two policies say differently; a=N, b=M",
		 .document = get_diff},
		{.path = "/v1/policy/rules",
		 .summary = "hits of every rule; shadow=1",
		 .json = get_rules},
		{.path = "/v1/policy/shadow",
		 .summary = "where the shadow differs",
		 .json = get_shadow},
		{.path = "/v1/policy/apply",
		 .summary = "POST a policy; shadow=1, confirm=5min, name=FILE, sigs=BYTES",
		 .change = post_apply},
		{.path = "/v1/policy/promote",
		 .summary = "POST: put the shadow in force; confirm=5min",
		 .change = post_promote},
		{.path = "/v1/policy/confirm",
		 .summary = "POST: keep what is in force",
		 .change = post_confirm},
		{.path = "/v1/policy/revert",
		 .summary = "POST: go back to the policy before",
		 .change = post_revert},
		{.path = "/v1/policy/shadow/stop",
		 .summary = "POST: end the shadow",
		 .change = post_stop},
	};

	for (unsigned int i = 0; i < CV_POLICY_ROUTES; i++) {
		ret[i] = rows[i];
		ret[i].owner = r;
	}
}
