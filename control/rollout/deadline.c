/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/deadline.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

static void boot_id(char ret[40])
{
	FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");

	ret[0] = '\0';
	if (!in)
		return;
	if (!fgets(ret, 40, in))
		ret[0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	fclose(in);
}

struct cv_deadline cv_deadline_in(uint64_t ns)
{
	struct cv_deadline d = {
		.wall_ns = clock_ns(CLOCK_REALTIME) + (int64_t)ns,
		.boot_ns = (uint64_t)clock_ns(CLOCK_BOOTTIME) + ns,
	};

	boot_id(d.boot_id);
	return d;
}

uint64_t cv_deadline_left(const struct cv_deadline *d, int64_t since_wall_ns)
{
	int64_t wall = clock_ns(CLOCK_REALTIME), left;
	char now_id[40];

	boot_id(now_id);
	if (now_id[0] && strcmp(now_id, d->boot_id) == 0)
		left = (int64_t)d->boot_ns - clock_ns(CLOCK_BOOTTIME);
	else if (wall < since_wall_ns) /* a clock that was set back cannot tell */
		left = 0;
	else
		left = d->wall_ns - wall;
	return left > 0 ? (uint64_t)left : 0;
}
