/* SPDX-License-Identifier: Apache-2.0 */
/* Only in the test's build of control (step.h). */
#include "control/rollout/step.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CULVERT_KILL_AT=NAME dies at that step; every step is told on stderr, so that a test finds all. */
void cv_rollout_step(const char *name)
{
	const char *wanted = getenv("CULVERT_KILL_AT");

	fprintf(stderr, "culvert-control: step: %s\n", name);
	if (wanted && strcmp(wanted, name) == 0)
		raise(SIGKILL);
}
