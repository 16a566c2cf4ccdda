/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a subscriber who does not keep up: it waits for as long as the log keeps what it
 * has not read, or it is disconnected beyond a bound. Either way it holds one buffer at most.
 */
#ifndef CV_EVENT_SLOW_H
#define CV_EVENT_SLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "control/subscriber/http_refusal.h"

struct cv_event_slow {
	bool disconnect; /* false: it waits */
	uint64_t events, bytes, ns; /* how far behind is too far; 0 = no bound */
};

/** How far behind somebody is. */
struct cv_event_lag {
	bool was_up_to_date; /* false: it reads history, and has not come to its end yet */
	uint64_t events, bytes; /* that it has not been given yet */
	uint64_t ns; /* since it was up to date */
	uint64_t stuck_ns; /* since it took anything of what is being sent to it */
};

/**
 * Take max_lag: "10000" events, "64MiB" of the log, "30s", with commas between them.
 *
 * @return 0, or -EINVAL with @p why filled.
 */
int cv_event_slow_parse(const char *value, struct cv_event_slow *slow, struct cv_http_refusal *why);

/** The stricter of what the node and what the subscriber itself asks for. */
struct cv_event_slow cv_event_slow_stricter(const struct cv_event_slow *a,
					    const struct cv_event_slow *b);

bool cv_event_slow_is_beyond(const struct cv_event_slow *slow, const struct cv_event_lag *lag);

#endif
