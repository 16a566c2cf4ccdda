/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_LOG_WATCH_H
#define CV_LOG_WATCH_H

#include "control/eventlog/eventlog.h"

/** What was last told of each lane's disk; zeroed by its owner. */
struct cv_log_watch_told {
	enum cv_log_trouble trouble[CV_LANE_COUNT];
};

/** Tell what has changed since; once a second, on the loop's thread. */
void cv_log_watch_tell(struct cv_log_watch_told *told, const struct cv_eventlog *log);

#endif
