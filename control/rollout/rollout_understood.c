/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the policies that were in force this version of Culvert understands. */
#include <string.h>

#include "control/rollout/rollout_private.h"

/* Rows of the audit trail in which it is looked for. */
#define ROWS_LOOKED_AT 1000

static bool is_understood(const struct cv_rollout *r, uint64_t number)
{
	struct cv_version v = {.slot = -1};
	struct cv_diagnostics ignored = {0};
	char why[512];
	bool is = cv_store_about(&r->store, number, &v.about) == 0 &&
		  cv_rollout_compile(r, number, &v, &ignored, why, sizeof(why)) == 0;

	cv_version_release(&v);
	cv_diagnostics_free(&ignored);
	return is;
}

static bool was_put_in_force(const json_t *row)
{
	static const char *const of_start[] = {CV_START_FROM_CONFIGURATION,
					       CV_START_FOR_CONFIGURATION, CV_START_UNDERSTOOD};
	static const enum cv_change changes[] = {CV_CHANGE_APPLY, CV_CHANGE_PROMOTE,
						 CV_CHANGE_REVERT, CV_CHANGE_TIMEOUT};
	const char *what = json_string_value(json_object_get(row, "what"));

	if (strcmp(json_string_value(json_object_get(row, "result")), "done") != 0)
		return false;
	for (size_t i = 0; i < sizeof(of_start) / sizeof(of_start[0]); i++) {
		if (strcmp(what, of_start[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		if (strcmp(what, cv_change_name(changes[i])) == 0)
			return true;
	}
	return false;
}

uint64_t cv_rollout_last_understood(const struct cv_rollout *r, uint64_t refused)
{
	json_t *rows = cv_audit_json(r->audit, ROWS_LOOKED_AT), *row;
	uint64_t number, found = 0;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		number = (uint64_t)json_integer_value(json_object_get(row, "number"));
		if (number == refused || !was_put_in_force(row) || !is_understood(r, number))
			continue;
		found = number;
		break;
	}
	json_decref(rows);
	return found;
}
