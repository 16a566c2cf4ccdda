/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/config_routes.h"

#include <stdlib.h>
#include <string.h>

#include "control/ctl/change_call.h"

#define LOST_NS UINT64_C(120000000000) /* its answer is not coming any more */

/* ---- reading --------------------------------------------------------------------------------- */

static json_t *get_status(void *owner, const struct cv_http_query *query)
{
	return cv_node_status(owner);
}

static json_t *get_history(void *owner, const struct cv_http_query *query)
{
	return cv_node_history(owner);
}

static json_t *get_audit(void *owner, const struct cv_http_query *query)
{
	return cv_node_audit(owner, cv_query_limit(query));
}

static json_t *get_export(void *owner, const struct cv_http_query *query, int *ret_status)
{
	uint64_t number = 0;

	if (!cv_query_number(query, "number", &number)) {
		*ret_status = 400;
		return cv_query_bad_value("number: expected the number of a configuration");
	}
	return cv_node_export(owner, number, ret_status);
}

/* ---- changing -------------------------------------------------------------------------------- */

static json_t *begin(void *owner, void *request, const struct cv_change_head *head, int *ret_status)
{
	struct cv_node_request *q = request;

	q->id = head->id;
	q->who = head->who;
	q->expect = head->expect;
	q->confirm_ns = head->confirm_ns;
	return cv_node_begin(owner, q, ret_status);
}

static json_t *answer_of(void *owner, uint64_t id, int *ret_status)
{
	return cv_node_answer(owner, id, ret_status);
}

static json_t *change(void *owner, const struct cv_http_call *call, struct cv_http_answer *answer,
		      struct cv_node_request q)
{
	static const struct cv_change_kind kind = {
		.bad_match = "If-Match: expected a configuration's number in quotes",
		.lost_ns = LOST_NS,
		.begin = begin,
		.answer = answer_of,
	};

	return cv_change_call(&kind, owner, &q, call, answer);
}

static json_t *post_file(void *owner, const struct cv_http_call *call,
			 struct cv_http_answer *answer, enum cv_node_change what)
{
	const char *name = cv_http_query_get(call->query, "name");

	if (call->body_len == 0)
		return cv_change_refuse(answer, "the configuration is missing",
					"send the file as the body");
	return change(owner, call, answer,
		      (struct cv_node_request){.change = what,
					       .name = name && *name ? name : "config.yaml",
					       .data = call->body,
					       .len = call->body_len});
}

static json_t *post_apply(void *owner, const struct cv_http_call *call,
			  struct cv_http_answer *answer)
{
	return post_file(owner, call, answer, CV_NODE_APPLY);
}

static json_t *post_diff(void *owner, const struct cv_http_call *call,
			 struct cv_http_answer *answer)
{
	return post_file(owner, call, answer, CV_NODE_CHECK);
}

static json_t *post_rollback(void *owner, const struct cv_http_call *call,
			     struct cv_http_answer *answer)
{
	struct cv_node_request q = {.change = CV_NODE_ROLLBACK, .name = "", .data = ""};

	if (!cv_query_number(call->query, "number", &q.number) || q.number == 0)
		return cv_change_refuse(answer, "number: expected the number of a configuration",
					"culvert config history lists them");
	return change(owner, call, answer, q);
}

static json_t *post_confirm(void *owner, const struct cv_http_call *call,
			    struct cv_http_answer *answer)
{
	return change(owner, call, answer,
		      (struct cv_node_request){.change = CV_NODE_CONFIRM, .name = "", .data = ""});
}

static json_t *post_undo(void *owner, const struct cv_http_call *call,
			 struct cv_http_answer *answer)
{
	return change(owner, call, answer,
		      (struct cv_node_request){.change = CV_NODE_UNDO, .name = "", .data = ""});
}

void cv_config_routes(struct cv_node *n, struct cv_http_route *ret)
{
	const struct cv_http_route rows[CV_CONFIG_ROUTES] = {
		{.path = "/v1/config",
		 .summary = "which configuration is in force",
		 .json = get_status},
		{.path = "/v1/config/history",
		 .summary = "configurations that are kept",
		 .json = get_history},
		{.path = "/v1/config/audit",
		 .summary = "who changed what; limit=N",
		 .local = true,
		 .json = get_audit},
		{.path = "/v1/config/export",
		 .summary = "a configuration as it came; number=N",
		 .local = true,
		 .document = get_export},
		{.path = "/v1/config/diff",
		 .summary = "POST a configuration: what it changes, and at which cost",
		 .change = post_diff},
		{.path = "/v1/config/apply",
		 .summary = "POST a configuration; confirm=5min, name=FILE",
		 .change = post_apply},
		{.path = "/v1/config/confirm",
		 .summary = "POST: keep what is in force",
		 .change = post_confirm},
		{.path = "/v1/config/undo",
		 .summary = "POST: go back to the configuration before; confirm=5min",
		 .change = post_undo},
		{.path = "/v1/config/rollback",
		 .summary = "POST: go back to number=N; confirm=5min",
		 .change = post_rollback},
	};

	for (unsigned int i = 0; i < CV_CONFIG_ROUTES; i++) {
		ret[i] = rows[i];
		ret[i].owner = n;
	}
}
