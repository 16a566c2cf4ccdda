/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a change, so that a test can kill control at each of them. Only the test's build of
 * control has them; in every other they are nothing.
 */
#ifndef CV_ROLLOUT_STEP_H
#define CV_ROLLOUT_STEP_H

#ifdef CV_ROLLOUT_STEPS
/** Kill the process here when this is the step that the environment names. */
void cv_rollout_step(const char *name);
#else
static inline void cv_rollout_step(const char *name)
{
	(void)name;
}
#endif

#endif
