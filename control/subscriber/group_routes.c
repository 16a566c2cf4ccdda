/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/group_routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/subscriber/http_parameters.h"

#define LOOK_NS 500000u /* between looks whether a cursor is on stable storage */
#define LATE_NS UINT64_C(5000000000)

static json_t *get_groups(void *owner, const struct cv_http_query *query)
{
	return json_pack("{s:o}", "groups",
			 cv_groups_json(owner, cv_http_query_scope(query),
					!cv_http_query_is_for_node(query)));
}

static json_t *refuse(struct cv_http_answer *answer, int status, const char *error,
		      const char *hint)
{
	answer->status = status;
	return json_pack("{s:s, s:s}", "error", error, "hint", hint);
}

static int take_cursor(void *parse, const char *value)
{
	*(const char **)parse = value;
	return 0;
}

/*
 * Answered when it is on stable storage. Asked again meanwhile it acknowledges again, which changes
 * nothing; where members have changed in between, that it was taken is all there is to say.
 */
static json_t *acknowledge(struct cv_groups *groups, const char *name,
			   const struct cv_http_call *call, struct cv_http_answer *answer)
{
	static const struct cv_http_parameter parameters[] = {{"cursor", take_cursor},
							      {NULL, NULL}};
	struct cv_http_refusal why;
	const char *cursor = "";
	char text[CV_CURSOR_TEXT_MAX];
	struct cv_group_ack ack;
	int res;

	if (cv_http_take_parameters(call->query, parameters, &cursor, &why) < 0)
		return refuse(answer, 400, why.error, why.hint);
	res = cv_groups_ack(groups, name, cursor, &ack, &why);
	if (res < 0)
		return refuse(answer,
			      res == -ENOENT   ? 404
			      : res == -ESTALE ? 409
					       : 400,
			      why.error, why.hint);
	if (!cv_groups_is_durable(groups, name, ack.change)) {
		if (call->held_ns > LATE_NS)
			return refuse(answer, 503, "the cursor cannot be stored",
				      "see culvert status; acknowledge again");
		answer->wait_ns = LOOK_NS;
		return NULL;
	}
	cv_group_cursor_format(&ack.cursor, cv_http_query_scope(call->query), text);
	return json_pack("{s:s, s:s}", "group", name, "cursor", text);
}

static json_t *forget(struct cv_groups *groups, const char *name, const struct cv_http_call *call,
		      struct cv_http_answer *answer)
{
	char error[CV_GROUP_NAME_MAX + 32];

	snprintf(error, sizeof(error), "no group '%.63s'", name);
	if (call->held_ns == 0 && cv_groups_remove(groups, name) < 0)
		return refuse(answer, 404, error, "GET /v1/groups lists all");
	if (!cv_groups_is_gone(groups, name) && call->held_ns < LATE_NS) {
		answer->wait_ns = LOOK_NS;
		return NULL;
	}
	return json_pack("{s:s, s:b}", "group", name, "deleted", 1);
}

/* NAME, or NAME/ack. */
static json_t *change(void *owner, const struct cv_http_call *call, struct cv_http_answer *answer)
{
	const char *verb = call->tail + strcspn(call->tail, "/");
	char name[CV_GROUP_NAME_MAX + 1];
	int n = snprintf(name, sizeof(name), "%.*s", (int)(verb - call->tail), call->tail);

	if (n >= (int)sizeof(name) || !cv_group_name_is_good(name))
		return refuse(answer, 404, "no group has such a name", "GET /v1/groups lists all");
	if (!cv_scope_has_group(cv_http_query_scope(call->query), name)) {
		cv_http_query_hide(call->query);
		return refuse(answer, 403, "this credential is not for that",
			      "GET / lists what it is for");
	}
	if (call->method == CV_HTTP_POST && strcmp(verb, "/ack") == 0)
		return acknowledge(owner, name, call, answer);
	if (call->method == CV_HTTP_DELETE && *verb == '\0')
		return forget(owner, name, call, answer);
	return refuse(answer, 405, "this is not what can be done with a group",
		      "POST /v1/groups/NAME/ack?cursor=CURSOR, DELETE /v1/groups/NAME");
}

void cv_group_routes(struct cv_groups *groups, struct cv_http_route *rows)
{
	rows[0] = (struct cv_http_route){
		.path = "/v1/groups",
		.summary = "consumer groups: cursors, members, lag",
		.reads = CV_HTTP_GROUPS,
		.json = get_groups,
		.owner = groups,
	};
	rows[1] = (struct cv_http_route){
		.path = "/v1/groups/*",
		.summary = "POST NAME/ack?cursor=CURSOR acknowledges, DELETE NAME forgets",
		.changes = CV_HTTP_GROUPS,
		.change = change,
		.owner = groups,
	};
}
