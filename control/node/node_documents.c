/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/node/node_private.h"
#include "control/text/utc_json.h"
#include "control/warnings.h"

json_t *cv_node_status(const struct cv_node *n)
{
	json_t *confirm = json_null(), *busy = json_null();

	if (n->state.confirm)
		confirm = json_pack(
			"{s:o, s:f, s:I}", "deadline", cv_utc_json(n->state.deadline.wall_ns),
			"left_s",
			(double)cv_deadline_left(&n->state.deadline, n->state.since_ns) / 1e9,
			"reverts_to", (json_int_t)n->state.previous);
	if (n->job.busy)
		busy = json_pack("{s:s, s:o, s:o}", "change", cv_node_change_name(n->job.q.change),
				 "who", cv_text_json(n->job.q.who), "since",
				 cv_utc_json(n->job.since_ns));
	return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:b}", "state",
			 n->again_ns	    ? "restarting"
			 : n->state.confirm ? "confirm-pending"
					    : "live",
			 "file", n->path, "live", (json_int_t)n->state.live, "previous",
			 (json_int_t)n->state.previous, "since",
			 n->state.live ? cv_utc_json(n->state.since_ns) : json_null(), "by",
			 cv_text_json(n->state.who), "confirm", confirm, "busy", busy,
			 "dataplane_restarts", n->state.dataplane != 0);
}

json_t *cv_node_history(const struct cv_node *n)
{
	uint64_t *numbers = NULL;
	int count = n->kept ? cv_store_list(&n->store, &numbers) : 0;
	json_t *list = json_array();

	for (int i = count - 1; i >= 0; i--) {
		struct cv_about a;
		const char *role = numbers[i] == n->state.live
					   ? (n->state.confirm ? "confirm-pending" : "live")
				   : numbers[i] == n->state.previous ? "previous"
								     : "";

		if (cv_store_about(&n->store, numbers[i], &a) == 0)
			json_array_append_new(
				list, json_pack("{s:I, s:s, s:o, s:o, s:o, s:s, s:I, s:s}",
						"number", (json_int_t)a.number, "hash", a.hash,
						"name", cv_text_json(a.name), "who",
						cv_text_json(a.who), "time", cv_utc_json(a.time_ns),
						"origin", cv_origin_name(a.origin), "size",
						(json_int_t)a.size, "role", role));
	}
	free(numbers);
	return json_pack("{s:o}", "configurations", list);
}

json_t *cv_node_audit(struct cv_node *n, unsigned int limit)
{
	json_t *rows = n->kept ? cv_audit_json(n->audit, limit) : json_array();

	return rows ? json_pack("{s:o, s:I}", "entries", rows, "waiting",
				(json_int_t)(n->kept ? cv_audit_waiting(n->audit) : 0))
		    : NULL;
}

json_t *cv_node_export(const struct cv_node *n, uint64_t number, int *ret_status)
{
	char *text = NULL, error[96];
	json_t *doc;
	size_t len;

	if (number == 0 || number == n->state.live)
		return json_pack("{s:I, s:o}", "number", (json_int_t)n->state.live, "text",
				 cv_text_json(n->text));
	if (!n->kept || cv_store_read(&n->store, number, &text, &len) < 0) {
		snprintf(error, sizeof(error), "there is no configuration %llu",
			 (unsigned long long)number);
		*ret_status = 404;
		return cv_node_refusal(error, "culvert config history lists them");
	}
	doc = json_pack("{s:I, s:o}", "number", (json_int_t)number, "text", cv_text_json(text));
	free(text);
	return doc;
}

void cv_node_warn(const struct cv_node *n, json_t *list)
{
	if (n->state.confirm)
		cv_warn(list,
			"configuration %llu waits to be confirmed, %.0f s are left: culvert config "
			"confirm",
			(unsigned long long)n->state.live,
			(double)cv_deadline_left(&n->state.deadline, n->state.since_ns) / 1e9);
	if (n->state.unwritten)
		cv_warn(list, "%s is not yet what is in force: can control write to its folder?",
			n->path);
}
