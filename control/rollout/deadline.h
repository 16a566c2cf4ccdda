/* SPDX-License-Identifier: Apache-2.0 */
/* A moment that is found again after a restart: by the clock that nobody sets within a boot, by the
 * wall clock across boots. */
#ifndef CV_DEADLINE_H
#define CV_DEADLINE_H

#include <stdint.h>

#include "control/text/boot_id.h"

struct cv_deadline {
	int64_t wall_ns; /* holds across boots */
	uint64_t boot_ns; /* CLOCK_BOOTTIME, holds within the boot below */
	char boot_id[CV_BOOT_ID_SIZE];
};

/** In @p ns from now. */
struct cv_deadline cv_deadline_in(uint64_t ns);

/**
 * Until the deadline, ns; 0 = it is over, or no clock can tell.
 *
 * @param since_wall_ns when it was set; a wall clock before that was set back.
 */
uint64_t cv_deadline_left(const struct cv_deadline *d, int64_t since_wall_ns);

#endif
