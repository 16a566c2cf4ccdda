/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters a resource takes: one table that parses them and refuses what is not in it. */
#ifndef CV_HTTP_PARAMETERS_H
#define CV_HTTP_PARAMETERS_H

#include <stdint.h>

#include "control/subscriber/http_query.h"
#include "control/subscriber/http_refusal.h"

struct cv_http_parameter {
	const char *key;
	/** @return 0, or -EINVAL with the refusal filled. */
	int (*take)(void *parse, const char *value);
};

/**
 * Give every parameter of a query to its row.
 *
 * @param rows ends with key NULL.
 * @return 0; -EINVAL with @p why filled: one is unknown, given twice, or was refused by its row.
 */
int cv_http_take_parameters(const struct cv_http_query *query, const struct cv_http_parameter *rows,
			    void *parse, struct cv_http_refusal *why);

/** A whole number of digits up to @p max. @return 0, or -EINVAL with @p why filled. */
int cv_http_take_number(struct cv_http_refusal *why, const char *key, const char *value,
			uint64_t max, uint64_t *ret);

#endif
