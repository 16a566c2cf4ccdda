/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events under way: frames in the order in which they came, in one ring of bytes. They stay
 * until all before them are settled, so that after a lost connection they are sent again from here.
 */
#ifndef CV_SINK_WINDOW_H
#define CV_SINK_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "control/subscriber/frames.h"

enum cv_sink_entry_state { CV_ENTRY_WAITS, CV_ENTRY_SENT, CV_ENTRY_SETTLED };

struct cv_sink_entry {
	uint32_t offset; /* of the frame in the ring */
	uint16_t sends;
	uint8_t state; /* enum cv_sink_entry_state */
	uint8_t lane;
};

struct cv_sink_window;

/** @param events most of them at a time. @return 0 or -ENOMEM. */
int cv_sink_window_create(unsigned int events, struct cv_sink_window **ret);
void cv_sink_window_destroy(struct cv_sink_window *w);

/** Does one more frame of any size fit? */
bool cv_sink_window_has_room(const struct cv_sink_window *w);
/** Are as many events as there may be not settled yet? Cursors are none. */
bool cv_sink_window_is_full(const struct cv_sink_window *w);
/** Add a frame; needs room. A cursor needs no sending. */
void cv_sink_window_push(struct cv_sink_window *w, const struct cv_frame *f);

/** Next to be sent, NULL = none. @param ret_ticket names it. */
const struct cv_frame *cv_sink_window_next(struct cv_sink_window *w, uint64_t *ret_ticket);
/** It went out. @return how often it did now. */
unsigned int cv_sink_window_sent(struct cv_sink_window *w, uint64_t ticket);
/** It did not go out after all, and is the next again. */
void cv_sink_window_unsent(struct cv_sink_window *w, uint64_t ticket);
/** @return false: it was settled already, or there is no such. */
bool cv_sink_window_settle(struct cv_sink_window *w, uint64_t ticket);
/** Everything that is not settled waits again. @return settled ones behind an unsettled one. */
unsigned int cv_sink_window_rewind(struct cv_sink_window *w);

/**
 * Give up what is settled from the oldest on.
 *
 * @param ret the newest cursor among it.
 * @return whether there was one.
 */
bool cv_sink_window_advance(struct cv_sink_window *w, struct cv_member_cursor *ret);

/** Events that were sent and are not settled; frames held. */
unsigned int cv_sink_window_sent_count(const struct cv_sink_window *w);
/** Is the oldest unsettled one sent? Then @p ret is its ticket. */
bool cv_sink_window_oldest(const struct cv_sink_window *w, uint64_t *ret);

#endif
