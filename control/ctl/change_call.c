/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/change_call.h"

#include <stdlib.h>
#include <string.h>

#include "control/config/units.h"

#define LOOK_NS 2000000u /* between looks at a change under way */
/* Shortest and longest time to confirm, ns. */
#define CONFIRM_MIN UINT64_C(1000000000)
#define CONFIRM_MAX (UINT64_C(7) * 86400 * 1000000000)
/* Entries of a trail: without limit=, and at most. */
#define LIMIT 100u
#define LIMIT_MAX 10000u

bool cv_query_number(const struct cv_http_query *query, const char *key, uint64_t *ret)
{
	const char *text = cv_http_query_get(query, key);

	return !text || cv_units_integer(text, ret) == 0;
}

unsigned int cv_query_limit(const struct cv_http_query *query)
{
	uint64_t limit = LIMIT;

	if (!cv_query_number(query, "limit", &limit) || limit == 0 || limit > LIMIT_MAX)
		return LIMIT;
	return (unsigned int)limit;
}

json_t *cv_query_bad_value(const char *what)
{
	return json_pack("{s:s, s:s}", "error", what, "hint", "see control/ctl/api.md");
}

/* If-Match: "12" (RFC 9110 13.1.1) names what must be in force. @return false: bad. */
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

json_t *cv_change_refuse(struct cv_http_answer *answer, const char *error, const char *hint)
{
	answer->status = 400;
	return json_pack("{s:s, s:s}", "error", error, "hint", hint);
}

static json_t *begin(const struct cv_change_kind *kind, void *owner, void *request,
		     const struct cv_http_call *call, struct cv_http_answer *answer)
{
	const char *confirm = cv_http_query_get(call->query, "confirm");
	struct cv_change_head head = {.id = call->id, .who = call->peer->who};
	json_t *body;

	if (!expected(call->if_match, &head.expect))
		return cv_change_refuse(answer, kind->bad_match, "If-Match: \"12\"");
	if (confirm && (cv_units_duration(confirm, &head.confirm_ns) < 0 ||
			head.confirm_ns < CONFIRM_MIN || head.confirm_ns > CONFIRM_MAX))
		return cv_change_refuse(answer, "confirm: expected a time from 1s to 7d",
					"confirm=5min");
	body = kind->begin(owner, request, &head, &answer->status);
	return body ? body : kind->answer(owner, call->id, &answer->status);
}

json_t *cv_change_call(const struct cv_change_kind *kind, void *owner, void *request,
		       const struct cv_http_call *call, struct cv_http_answer *answer)
{
	json_t *body;

	if (call->method != CV_HTTP_POST) {
		answer->status = 405;
		return json_pack("{s:s, s:s}", "error", "method not allowed", "hint", "use POST");
	}
	if (call->held_ns == 0)
		body = begin(kind, owner, request, call, answer);
	else
		body = kind->answer(owner, call->id, &answer->status);
	if (!body && call->held_ns < kind->lost_ns)
		answer->wait_ns = LOOK_NS;
	return body;
}
