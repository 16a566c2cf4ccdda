/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames as they arrive at interfaces, for a bounded time: a tap by AF_PACKET that changes nothing
 * of what passes. A port that Culvert's XDP program steers to the dataplane shows nothing here,
 * since its frames leave the kernel before a tap sees them; learn from a mirror then, or before
 * the node takes over. One thread.
 */
#ifndef CV_LIVE_H
#define CV_LIVE_H

#include "control/offline/source.h"

#define CV_LIVE_MAX 16

struct cv_live;

/**
 * Listen on interfaces: frames they receive, not those they send.
 *
 * @param filter libpcap expression, NULL = all.
 * @return 0; negative errno with @p error set, which says what to do.
 */
int cv_live_open(char *const *interfaces, int count, const char *filter, struct cv_live **ret,
		 struct cv_source_error *error);

/**
 * Take frames in until the time is over or @p stop is set by a signal; all that arrived until then.
 *
 * @param take called for each frame.
 * @param progress tell on stderr every two seconds.
 * @return 0, or negative errno with @p error set.
 */
int cv_live_run(struct cv_live *live, uint64_t duration_ns, const volatile int *stop, bool progress,
		void (*take)(void *arg, const struct cv_source_frame *frame), void *arg,
		struct cv_source_error *error);

/** Frames that came too fast for us, so far. */
uint64_t cv_live_lost(const struct cv_live *live);

/** NULL is fine. */
void cv_live_close(struct cv_live *live);

#endif
