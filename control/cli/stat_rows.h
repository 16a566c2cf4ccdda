/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/stats as flat rows in the order of the flow; for tables and rates. */
#ifndef CV_CLI_STAT_ROWS_H
#define CV_CLI_STAT_ROWS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct cv_stat_row {
	char stage[24]; /* "packet", "verdict", ... */
	char name[80];
	uint64_t value;
};

struct cv_stat_rows {
	struct cv_stat_row *items;
	size_t n;
};

/** @return 0 or -ENOMEM. */
int cv_stat_rows_read(const json_t *stats, struct cv_stat_rows *ret);
void cv_stat_rows_free(struct cv_stat_rows *rows);

/** Value of the same row in @p rows, 0 when there is none. */
uint64_t cv_stat_rows_find(const struct cv_stat_rows *rows, const struct cv_stat_row *row);

#endif
