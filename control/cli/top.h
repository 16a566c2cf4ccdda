/* SPDX-License-Identifier: Apache-2.0 */
/* The live view: what is known, and how it is drawn. */
#ifndef CV_CLI_TOP_H
#define CV_CLI_TOP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/cli/output.h"

#define CV_TOP_EVENTS 64
#define CV_TOP_LINE 512

/** Two readings of the counters a second apart and what came meanwhile. NULL = not known. */
struct cv_top {
	json_t *status, *stats, *before, *ledger;
	double seconds; /* between before and stats */
	char events[CV_TOP_EVENTS][CV_TOP_LINE]; /* ring, plain text */
	uint64_t event_count; /* since the start */
	char trouble[512]; /* why control cannot be asked; "" = all is well */
};

/** Rate of a counter, per second; @p path as in "dataplane.rx", an object stands for its sum. */
double cv_top_rate(const struct cv_top *top, const char *path);
/** The counter itself. */
uint64_t cv_top_count(const struct cv_top *top, const char *path);

/** Draw at most @p rows lines of @p columns characters. */
void cv_top_draw(const struct cv_top *top, unsigned int rows, unsigned int columns,
		 const struct cv_colours *colours, FILE *out);

/** One line with the figures, for logs and pipes. */
void cv_top_line(const struct cv_top *top, FILE *out);

/** One JSON object with the figures. */
void cv_top_json(const struct cv_top *top, FILE *out);

#endif
