/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/policy_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/ctl/change_call.h"

#define LOST_NS UINT64_C(300000000000) /* its answer is not coming any more */

/* ---- reading ------------------------------------------------------------------------------- */

static json_t *get_status(void *owner, const struct cv_http_query *query)
{
	return cv_rollout_status(owner);
}

static json_t *get_history(void *owner, const struct cv_http_query *query)
{
	return cv_rollout_history(owner);
}

static json_t *get_audit(void *owner, const struct cv_http_query *query)
{
	return cv_rollout_audit(owner, cv_query_limit(query));
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

static json_t *get_show(void *owner, const struct cv_http_query *query, int *ret_status)
{
	uint64_t number = 0;

	if (!cv_query_number(query, "number", &number)) {
		*ret_status = 400;
		return cv_query_bad_value("number: expected the number of a policy");
	}
	return cv_rollout_show(owner, number, ret_status);
}

static json_t *get_diff(void *owner, const struct cv_http_query *query, int *ret_status)
{
	uint64_t a = 0, b = 0;

	if (!cv_query_number(query, "a", &a) || !cv_query_number(query, "b", &b) || !a) {
		*ret_status = 400;
		return cv_query_bad_value("a, b: expected numbers of policies; b may be left out");
	}
	return cv_rollout_diff(owner, a, b ? b : cv_rollout_live(owner), ret_status);
}

/* ---- changing ------------------------------------------------------------------------------ */

static json_t *begin(void *owner, void *request, const struct cv_change_head *head, int *ret_status)
{
	struct cv_change_request *q = request;

	q->id = head->id;
	q->who = head->who;
	q->expect = head->expect;
	q->confirm_ns = head->confirm_ns;
	return cv_rollout_begin(owner, q, ret_status);
}

static json_t *answer_of(void *owner, uint64_t id, int *ret_status)
{
	return cv_rollout_answer(owner, id, ret_status);
}

static json_t *change(void *owner, const struct cv_http_call *call, struct cv_http_answer *answer,
		      struct cv_change_request q)
{
	static const struct cv_change_kind kind = {
		.bad_match = "If-Match: expected a policy's number in quotes",
		.lost_ns = LOST_NS,
		.begin = begin,
		.answer = answer_of,
	};

	return cv_change_call(&kind, owner, &q, call, answer);
}

static json_t *post_apply(void *owner, const struct cv_http_call *call,
			  struct cv_http_answer *answer)
{
	const char *name = cv_http_query_get(call->query, "name");
	bool shadow = is_set(call->query, "shadow");
	uint64_t sigs = 0;

	if (shadow && cv_http_query_get(call->query, "confirm"))
		return cv_change_refuse(answer, "a shadow needs no confirmation",
					"leave out confirm");
	if (!cv_query_number(call->query, "sigs", &sigs) || sigs > call->body_len)
		return cv_change_refuse(answer,
					"sigs: expected how many bytes of the body are signatures",
					"they follow the policy");
	if (call->body_len == sigs)
		return cv_change_refuse(answer, "the policy is missing",
					"send the file as the body");
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
