/* SPDX-License-Identifier: Apache-2.0 */
/* Command numbers of HJ 212-2017 6.6.5 and of HJ 212-2025 as far as known. */
#include "dataplane/decode/hj212.h"

#define UP(cn, kind, stage, name)                                                                  \
	{                                                                                          \
		cn, CV_DIR_UP, CV_KIND_##kind, CV_STAGE_##stage, name                              \
	}
#define DOWN(cn, name)                                                                             \
	{                                                                                          \
		cn, CV_DIR_DOWN, CV_KIND_STATE, CV_STAGE_REALTIME, name                            \
	}
/* Asked for by the platform and answered by the device under the same number. */
#define BOTH(cn, kind, stage, name)                                                                \
	{                                                                                          \
		cn, CV_DIR_UNKNOWN, CV_KIND_##kind, CV_STAGE_##stage, name                         \
	}

static const struct hj212_command commands[] = {
	DOWN(1000, "set-timeout-and-repeats"),
	DOWN(1002, "set-device-id"),
	BOTH(1011, STATE, REALTIME, "device-time"),
	DOWN(1012, "set-device-time"),
	UP(1013, STATE, REALTIME, "time-calibration-wanted"),
	DOWN(1014, "set-key"),
	BOTH(1061, STATE, REALTIME, "realtime-interval"),
	DOWN(1062, "set-realtime-interval"),
	BOTH(1063, STATE, REALTIME, "minute-interval"),
	DOWN(1064, "set-minute-interval"),
	DOWN(1072, "set-password"),
	BOTH(2011, STATE, REALTIME, "realtime-data"),
	DOWN(2012, "stop-realtime-data"),
	BOTH(2013, STATE, REALTIME, "raw-data"),
	BOTH(2021, STATE, REALTIME, "device-state"),
	DOWN(2022, "stop-device-state"),
	BOTH(2031, STATE, DAY, "day-data"),
	BOTH(2041, STATE, DAY, "device-running-time"),
	BOTH(2051, STATE, MINUTE, "minute-data"),
	BOTH(2052, STATE, REALTIME, "noise-single"),
	BOTH(2061, STATE, HOUR, "hour-data"),
	BOTH(2062, STATE, REALTIME, "self-check"),
	UP(2081, STATE, REALTIME, "restart"),
	DOWN(3011, "calibrate"),
	DOWN(3012, "sample-now"),
	DOWN(3013, "clean"),
	DOWN(3014, "compare-sampling"),
	BOTH(3015, STATE, REALTIME, "retain-sample"),
	DOWN(3016, "set-sampling-period"),
	BOTH(3017, STATE, REALTIME, "sampling-period"),
	BOTH(3018, STATE, REALTIME, "sampling-time"),
	BOTH(3019, STATE, REALTIME, "device-id"),
	BOTH(3020, STATE, REALTIME, "device-information"),
	DOWN(3021, "set-device-parameter"),
	UP(9011, STATE, REALTIME, "request-acknowledged"),
	UP(9012, STATE, REALTIME, "execution-result"),
	BOTH(9013, STATE, REALTIME, "notice-acknowledged"),
	BOTH(9014, STATE, REALTIME, "data-acknowledged"),
	UP(9021, SESSION, REALTIME, "login"),
	DOWN(9022, "login-acknowledged"),
};

const struct hj212_command *hj212_command(uint16_t cn)
{
	static const struct hj212_command unknown = {0, CV_DIR_UNKNOWN, CV_KIND_STATE,
						     CV_STAGE_REALTIME, NULL};
	size_t low = 0, high = sizeof(commands) / sizeof(commands[0]);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (commands[mid].cn < cn)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < sizeof(commands) / sizeof(commands[0]) && commands[low].cn == cn)
		return &commands[low];
	return &unknown;
}
