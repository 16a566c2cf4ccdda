/* SPDX-License-Identifier: Apache-2.0 */
/* What the API says of policies (control/ctl/api.md). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/yaml.h"
#include "control/rollout/diff.h"
#include "control/rollout/rollout_private.h"
#include "control/text/utc_json.h"
#include "control/warnings.h"

static json_t *about_json(const struct cv_about *a)
{
	return json_pack("{s:I s:s s:o s:o s:o s:s s:I s:I s:I}", "number", (json_int_t)a->number,
			 "hash", a->hash, "name", cv_text_json(a->name), "who",
			 cv_text_json(a->who), "time", cv_utc_json(a->time_ns), "origin",
			 cv_origin_name(a->origin), "size", (json_int_t)a->size, "version",
			 (json_int_t)a->version, "signers", (json_int_t)a->signers);
}

static json_t *version_json(const struct cv_version *v)
{
	json_t *doc;

	if (!v->gen)
		return json_null();
	doc = about_json(&v->about);
	json_object_set_new(doc, "keys", json_integer(v->gen->rules.count));
	json_object_set_new(doc, "prefixes", json_integer(v->gen->prefixes.count));
	return doc;
}

static json_t *live_json(const struct cv_rollout *r)
{
	json_t *doc = version_json(&r->live);

	json_object_set_new(doc, "since", cv_utc_json(r->state.live_since_ns));
	json_object_set_new(doc, "by", cv_text_json(r->state.live_who));
	return doc;
}

static json_t *confirm_json(const struct cv_rollout *r)
{
	if (!r->state.confirm)
		return json_null();
	return json_pack("{s:o s:f s:I}", "deadline", cv_utc_json(r->state.deadline_wall_ns),
			 "left_s", (double)cv_rollout_left(&r->state) / 1e9, "reverts_to",
			 (json_int_t)r->state.previous);
}

static json_t *busy_json(const struct cv_job *job)
{
	if (!job->busy)
		return json_null();
	return json_pack("{s:s s:o s:o}", "change", cv_change_name(job->change), "who",
			 cv_text_json(job->who), "since", cv_utc_json(job->since_ns));
}

static const char *step_text(const struct cv_rollout *r)
{
	static const char *const names[] = {"absent", "turning", "in step", "refuses"};
	const char *why;

	return names[cv_link_policy_in_step(r->link, &why)];
}

json_t *cv_rollout_status(const struct cv_rollout *r)
{
	const char *state = r->state.confirm  ? "confirm-pending"
			    : r->state.shadow ? "shadow"
					      : "live";

	return json_pack("{s:s s:o s:o s:o s:o s:o s:I s:s s:I}", "state", state, "live",
			 live_json(r), "shadow", version_json(&r->shadow), "previous",
			 version_json(&r->previous), "confirm", confirm_json(r), "busy",
			 busy_json(&r->job), "kernel",
			 (json_int_t)(r->bpf ? cv_bpf_generation(r->bpf) : 0), "dataplane",
			 step_text(r), "audit_waiting", (json_int_t)cv_audit_waiting(r->audit));
}

static const char *role(const struct cv_rollout *r, uint64_t number)
{
	return number == r->state.live	     ? (r->state.confirm ? "confirm-pending" : "live")
	       : number == r->state.shadow   ? "shadow"
	       : number == r->state.previous ? "previous"
					     : "";
}

json_t *cv_rollout_history(const struct cv_rollout *r)
{
	uint64_t *numbers = NULL;
	int n = cv_store_list(&r->store, &numbers);
	json_t *list = json_array();

	for (int i = n - 1; i >= 0; i--) {
		struct cv_about about;
		json_t *row;

		if (cv_store_about(&r->store, numbers[i], &about) < 0)
			continue;
		row = about_json(&about);
		json_object_set_new(row, "role", json_string(role(r, about.number)));
		json_array_append_new(list, row);
	}
	free(numbers);
	return json_pack("{s:o}", "policies", list);
}

json_t *cv_rollout_audit(struct cv_rollout *r, unsigned int limit)
{
	json_t *rows = cv_audit_json(r->audit, limit);

	return rows ? json_pack("{s:o s:I}", "entries", rows, "waiting",
				(json_int_t)cv_audit_waiting(r->audit))
		    : NULL;
}

static json_t *not_there(uint64_t number, int *ret_status)
{
	char text[96];

	snprintf(text, sizeof(text), "there is no policy %llu", (unsigned long long)number);
	*ret_status = 404;
	return cv_rollout_refusal(text, "culvert policy history lists those that are kept");
}

json_t *cv_rollout_show(const struct cv_rollout *r, uint64_t number, int *ret_status)
{
	uint64_t wanted = number ? number : r->state.live;
	json_t *doc, *files = NULL;
	struct cv_about about;
	char *text;

	if (cv_store_about(&r->store, wanted, &about) < 0)
		return not_there(wanted, ret_status);
	text = cv_rollout_source(r, wanted, &files);
	if (!text) {
		json_decref(files);
		return not_there(wanted, ret_status);
	}
	doc = about_json(&about);
	json_object_set_new(doc, "files", files);
	json_object_set_new(doc, "role", json_string(role(r, wanted)));
	json_object_set_new(doc, "source", cv_text_json(text));
	free(text);
	return doc;
}

static struct cv_yaml *parse_stored(const struct cv_rollout *r, uint64_t number, json_t **ret_files)
{
	struct cv_diagnostics diag = {0};
	struct cv_yaml *root = NULL;
	char *text = cv_rollout_source(r, number, ret_files);

	if (!text)
		return NULL;
	(void)cv_yaml_parse("policy", text, strlen(text), &root, &diag);
	cv_diagnostics_free(&diag);
	free(text);
	return root;
}

static const json_t *find_file(const json_t *files, const char *name)
{
	json_t *file;
	size_t i;

	json_array_foreach((json_t *)files, i, file)
	{
		if (strcmp(json_string_value(json_object_get(file, "name")), name) == 0)
			return file;
	}
	return NULL;
}

/* List files and modules of a bundle: by their hashes. */
static void diff_files(json_t *changes, const json_t *before, const json_t *after)
{
	const char *const kinds[] = {"removed", "added"};
	const json_t *const sides[] = {before, after};

	for (int side = 0; side < 2; side++) {
		json_t *file;
		size_t i;

		json_array_foreach((json_t *)sides[side], i, file)
		{
			const char *name = json_string_value(json_object_get(file, "name"));
			const json_t *other = find_file(sides[1 - side], name);
			const char *kind = other ? "changed" : kinds[side];

			if (other && (side || json_equal((json_t *)other, file)))
				continue;
			json_array_append_new(changes,
					      json_pack("{s:s s:s s:s}", "section", "files", "id",
							name, "change", kind));
		}
	}
}

json_t *cv_rollout_diff(const struct cv_rollout *r, uint64_t a, uint64_t b, int *ret_status)
{
	json_t *doc, *changes, *before = NULL, *after = NULL;
	struct cv_yaml *x = parse_stored(r, a, &before), *y = parse_stored(r, b, &after);

	if (x && y) {
		changes = cv_policy_diff(x, y);
		diff_files(changes, before, after);
		doc = json_pack("{s:I s:I s:o}", "from", (json_int_t)a, "to", (json_int_t)b,
				"changes", changes);
	} else {
		doc = not_there(x ? b : a, ret_status);
	}
	json_decref(before);
	json_decref(after);
	cv_yaml_free(x);
	cv_yaml_free(y);
	return doc;
}

void cv_rollout_warn(const struct cv_rollout *r, json_t *list)
{
	const char *why;

	if (cv_link_policy_in_step(r->link, &why) == CV_LINK_UNFIT)
		cv_warn(list,
			"the dataplane does not take generation %llu (%s): restart "
			"culvert-dataplane",
			(unsigned long long)r->state.live, why);
	if (r->state.confirm)
		cv_warn(list, "policy %llu is reverted in %.0f s unless it is confirmed",
			(unsigned long long)r->state.live,
			(double)cv_rollout_left(&r->state) / 1e9);
	if (cv_audit_waiting(r->audit))
		cv_warn(list, "%u rows of the audit trail wait for room in %s",
			cv_audit_waiting(r->audit), r->store.dir);
	if (r->file_warning[0])
		cv_warn(list, "%s", r->file_warning);
	if (r->module_missing && r->module_missing == r->live.about.number)
		cv_warn(list, "%s", r->module_warning);
}
