/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/config_routes.h"

#include <stdlib.h>
#include <string.h>

#include "control/config/units.h"

#define LOOK_NS 2000000u /* between looks at a change under way */
#define LOST_NS UINT64_C(120000000000) /* its answer is not coming any more */
/* Shortest and longest time to confirm, ns. */
#define CONFIRM_MIN UINT64_C(1000000000)
#define CONFIRM_MAX (UINT64_C(7) * 86400 * 1000000000)

/* ---- reading --------------------------------------------------------------------------------- */

static json_t *get_status(void *owner, const struct cv_http_query *query)
{
	return cv_node_status(owner);
}

static json_t *get_history(void *owner, const struct cv_http_query *query)
{
	return cv_node_history(owner);
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
	return cv_node_audit(owner, (unsigned int)limit);
}

static json_t *bad_value(const char *what)
{
	return json_pack("{s:s, s:s}", "error", what, "hint", "see control/ctl/api.md");
}

static json_t *get_export(void *owner, const struct cv_http_query *query, int *ret_status)
{
	uint64_t number = 0;

	if (!number_of(query, "number", &number)) {
		*ret_status = 400;
		return bad_value("number: expected the number of a configuration");
	}
	return cv_node_export(owner, number, ret_status);
}

/* ---- changing -------------------------------------------------------------------------------- */

/* If-Match: "12" (RFC 9110 13.1.1) names the configuration that must be in force. */
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

static json_t *begin(struct cv_node *n, const struct cv_http_call *call,
		     struct cv_http_answer *answer, struct cv_node_request *q)
{
	const char *confirm = cv_http_query_get(call->query, "confirm");
	json_t *body;

	q->id = call->id;
	q->who = call->peer->who;
	if (!expected(call->if_match, &q->expect))
		return refuse(answer, "If-Match: expected a configuration's number in quotes",
			      "If-Match: \"12\"");
	if (confirm && (cv_units_duration(confirm, &q->confirm_ns) < 0 ||
			q->confirm_ns < CONFIRM_MIN || q->confirm_ns > CONFIRM_MAX))
		return refuse(answer, "confirm: expected a time from 1s to 7d", "confirm=5min");
	body = cv_node_begin(n, q, &answer->status);
	return body ? body : cv_node_answer(n, call->id, &answer->status);
}

static json_t *change(struct cv_node *n, const struct cv_http_call *call,
		      struct cv_http_answer *answer, struct cv_node_request q)
{
	json_t *body;

	if (call->method != CV_HTTP_POST) {
		answer->status = 405;
		return json_pack("{s:s, s:s}", "error", "method not allowed", "hint", "use POST");
	}
	if (call->held_ns == 0)
		body = begin(n, call, answer, &q);
	else
		body = cv_node_answer(n, call->id, &answer->status);
	if (!body && call->held_ns < LOST_NS)
		answer->wait_ns = LOOK_NS;
	return body;
}

static json_t *post_file(void *owner, const struct cv_http_call *call,
			 struct cv_http_answer *answer, enum cv_node_change what)
{
	const char *name = cv_http_query_get(call->query, "name");

	if (call->body_len == 0)
		return refuse(answer, "the configuration is missing", "send the file as the body");
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

	if (!number_of(call->query, "number", &q.number) || q.number == 0)
		return refuse(answer, "number: expected the number of a configuration",
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
