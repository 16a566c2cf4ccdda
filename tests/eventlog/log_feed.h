/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program over a log fixture that does what lines on standard input tell it; "add LANE COUNT TEXT"
 * appends COUNT events of 16 devices in turn, with TEXT bytes of text each, and says "added"; after
 * "devices N", answered by "devices", they are of N, at most 255.
 */
#ifndef CV_LOG_FEED_H
#define CV_LOG_FEED_H

#include "tests/eventlog/log_fixture.h"

struct feed {
	struct fixture *fx;
	struct cv_op input;
	char line[256];
	bool have_line, at_end;
	unsigned int devices;
	uint64_t source_seq[CV_LANE_COUNT], added[CV_LANE_COUNT];
};

/** @param resume go on with the numbers of a log that was there, after a kill too. */
void feed_init(struct feed *feed, struct fixture *fx, bool resume);

/**
 * Turn the loop until the input ends; lines other than "add" go to @p obey.
 *
 * @return 0, or what the loop failed with.
 */
int feed_run(struct feed *feed, void (*obey)(const char *line));

#endif
