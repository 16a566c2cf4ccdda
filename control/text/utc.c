/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/utc.h"

#include <string.h>
#include <time.h>

void cv_utc_text(int64_t seconds, char ret[CV_UTC_SIZE])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(ret, CV_UTC_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(ret, "?");
}
