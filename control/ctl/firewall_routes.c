/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/firewall_routes.h"

#include <errno.h>

static json_t *get_firewall(void *owner, const struct cv_http_query *query)
{
	struct cv_firewall_owner *o = owner;

	return o->firewall ? cv_firewall_status(o->firewall) : json_pack("{s:s}", "table", "off");
}

static json_t *get_quarantine(void *owner, const struct cv_http_query *query)
{
	struct cv_firewall_owner *o = owner;
	struct cv_diagnostics diag = {0};
	struct cv_quarantine list;
	json_t *doc = NULL;

	if (cv_firewall_list(o->config, &list, &diag) == 0)
		doc = cv_quarantine_json(&list);
	cv_quarantine_free(&list);
	cv_diagnostics_free(&diag);
	return doc;
}

static json_t *refusal(const struct cv_diagnostics *diag)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < diag->n; i++) {
		const struct cv_diagnostic *d = &diag->items[i];

		json_array_append_new(findings,
				      json_pack("{s:i, s:i, s:s}", "line", (int)d->line, "column",
						(int)d->column, "text", d->text));
	}
	return json_pack("{s:s, s:s, s:I, s:o}", "error",
			 diag->n ? diag->items[0].text : "out of memory", "hint",
			 diag->n && diag->items[0].hint ? diag->items[0].hint
							: "nothing was changed",
			 "errors", (json_int_t)diag->errors, "findings", findings);
}

/* The body is a list as in the file: one device per line. */
static json_t *change_quarantine(void *owner, const struct cv_http_call *call,
				 struct cv_http_answer *answer)
{
	enum cv_firewall_verb verb = call->method == CV_HTTP_POST     ? CV_FIREWALL_ADD
				     : call->method == CV_HTTP_DELETE ? CV_FIREWALL_REMOVE
								      : CV_FIREWALL_REPLACE;
	struct cv_firewall_owner *o = owner;
	struct cv_firewall_changed done;
	struct cv_diagnostics diag = {0};
	struct cv_quarantine devices = {0};
	json_t *doc;
	int r;

	if (call->body_len > CV_QUARANTINE_FILE_MAX) {
		answer->status = 413;
		return json_pack("{s:s}", "error", "the list is too long");
	}
	r = cv_quarantine_parse("request", call->body, call->body_len, &devices, &diag);
	answer->status = 400;
	if (r == 0) {
		r = cv_firewall_change(o->config, verb, &devices, &done, &diag);
		answer->status = r < 0 ? 500 : 200;
	}
	doc = r < 0 ? refusal(&diag) : cv_firewall_changed_json(&done);
	cv_quarantine_free(&devices);
	cv_diagnostics_free(&diag);
	return doc;
}

void cv_firewall_routes(struct cv_firewall_owner *owner, struct cv_http_route *ret)
{
	ret[0] = (struct cv_http_route){.path = "/v1/firewall",
					.summary = "counters of the host's firewall",
					.json = get_firewall,
					.owner = owner};
	ret[1] = (struct cv_http_route){
		.path = "/v1/quarantine",
		.summary = "devices put away; POST adds, DELETE removes, PUT replaces",
		.json = get_quarantine,
		.change = change_quarantine,
		.owner = owner};
}
