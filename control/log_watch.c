/* SPDX-License-Identifier: Apache-2.0 */
#include "control/log_watch.h"

#include "control/diag.h"

void cv_log_watch_tell(struct cv_log_watch_told *told, const struct cv_eventlog *log)
{
	for (unsigned int i = 0; i < CV_LANE_COUNT; i++) {
		enum cv_lane lane = (enum cv_lane)i;
		enum cv_log_trouble now = cv_eventlog_trouble(log, lane);

		if (now == told->trouble[i])
			continue;
		told->trouble[i] = now;
		if (now == CV_LOG_TROUBLE_NONE)
			cv_tell(CV_MESSAGE_LOG_WELL, "the disk takes events of the lane %s again",
				cv_lane_name(lane));
		else
			cv_tell(CV_MESSAGE_LOG_TROUBLE, "the disk of the lane %s %s: %s",
				cv_lane_name(lane), cv_log_trouble_text(now),
				cv_log_trouble_remedy(now));
	}
}
