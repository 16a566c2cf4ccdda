/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/deadline.h"

#include <string.h>
#include <time.h>

#include "control/text/boot_id.h"

#define SECOND INT64_C(1000000000)

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

struct cv_deadline cv_deadline_in(uint64_t ns)
{
	struct cv_deadline d = {
		.wall_ns = clock_ns(CLOCK_REALTIME) + (int64_t)ns,
		.boot_ns = (uint64_t)clock_ns(CLOCK_BOOTTIME) + ns,
	};

	cv_boot_id(d.boot_id);
	return d;
}

uint64_t cv_deadline_left(const struct cv_deadline *d, int64_t since_wall_ns)
{
	int64_t wall = clock_ns(CLOCK_REALTIME), left;
	char now_id[CV_BOOT_ID_SIZE];

	cv_boot_id(now_id);
	if (now_id[0] && strcmp(now_id, d->boot_id) == 0)
		left = (int64_t)d->boot_ns - clock_ns(CLOCK_BOOTTIME);
	else if (wall < since_wall_ns) /* a clock that was set back cannot tell */
		left = 0;
	else
		left = d->wall_ns - wall;
	return left > 0 ? (uint64_t)left : 0;
}
