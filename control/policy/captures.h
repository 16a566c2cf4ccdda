/* SPDX-License-Identifier: Apache-2.0 */
/* Captures as the offline verbs are given them, and every frame of them in turn. One thread. */
#ifndef CV_CAPTURES_H
#define CV_CAPTURES_H

#include "control/offline/source.h"
#include "control/policy/command.h"
#include "dataplane/policy/generation.h"

struct cv_captures {
	const struct cv_policy_args *args; /* whose --filter holds */
	struct cv_source_input *inputs; /* owned */
	unsigned int count;
	bool merge; /* side by side, by time; else one behind the other */
	bool cut; /* one of them ended early */
};

/**
 * Index of a port that the arguments name.
 *
 * @return -EINVAL there is none of that name, which is told on stderr.
 */
int cv_captures_port(const struct cv_policy_args *args, const struct cv_generation *gen,
		     const char *name);

/**
 * Captures after --pcap and behind the first operand; --port says where those behind it came in.
 *
 * @param ret to be released after any return.
 * @return 0; -ENOMEM; -EINVAL the arguments are wrong, which is told on stderr.
 */
int cv_captures_gather(const struct cv_policy_args *args, const struct cv_generation *gen,
		       struct cv_captures *ret);

/**
 * All frames, until one gives another exit code than CV_CLI_OK. A capture that ends early is told
 * on stderr and sets @p c->cut.
 *
 * @return exit code: that of the frame, or CV_CLI_INPUT with a word on stderr.
 */
int cv_captures_play(struct cv_captures *c,
		     int (*each)(void *owner, const struct cv_source_frame *), void *owner);

void cv_captures_release(struct cv_captures *c);

#endif
