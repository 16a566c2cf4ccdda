/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_parameters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/config/units.h"
#include "control/text/nearest.h"

static int refuse_key(const char *key, const struct cv_http_parameter *rows,
		      struct cv_http_refusal *why)
{
	struct cv_nearest near = cv_nearest_start(key);
	size_t at;

	at = (size_t)snprintf(why->hint, sizeof(why->hint), "allowed:");
	for (const struct cv_http_parameter *r = rows; r->key; r++) {
		cv_nearest_offer(&near, r->key);
		if (at < sizeof(why->hint))
			at += (size_t)snprintf(why->hint + at, sizeof(why->hint) - at, "%s %s",
					       r == rows ? "" : ",", r->key);
	}
	if (near.best)
		snprintf(why->error, sizeof(why->error),
			 "unknown parameter '%.100s', did you mean '%s'?", key, near.best);
	else
		snprintf(why->error, sizeof(why->error), "unknown parameter '%.100s'", key);
	return -EINVAL;
}

int cv_http_take_parameters(const struct cv_http_query *query, const struct cv_http_parameter *rows,
			    void *parse, struct cv_http_refusal *why)
{
	for (unsigned int i = 0; i < query->count; i++) {
		const struct cv_http_param *param = &query->param[i];
		const struct cv_http_parameter *row = rows;

		while (row->key && strcmp(row->key, param->key) != 0)
			row++;
		if (!row->key)
			return refuse_key(param->key, rows, why);
		if (cv_http_query_get(query, param->key) != param->value)
			return cv_http_refuse_value(why, param->key, param->value, "give it once");
		if (row->take(parse, param->value) < 0)
			return -EINVAL;
	}
	return 0;
}

int cv_http_take_number(struct cv_http_refusal *why, const char *key, const char *value,
			uint64_t max, uint64_t *ret)
{
	if (cv_units_integer(value, ret) == 0 && *ret <= max)
		return 0;
	snprintf(why->error, sizeof(why->error), "%s=%.20s is no number up to %llu", key, value,
		 (unsigned long long)max);
	snprintf(why->hint, sizeof(why->hint), "give a whole number");
	return -EINVAL;
}
