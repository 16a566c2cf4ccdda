/* SPDX-License-Identifier: Apache-2.0 */
/* Only in the test's build of control (step.h). */
#include "control/rollout/step.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for a step's name. */
#define NAME_SIZE 64

/* The step that CULVERT_KILL_FILE asks for now: "" = none. */
static void read_wanted(char name[NAME_SIZE])
{
	const char *path = getenv("CULVERT_KILL_FILE");
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!f || fscanf(f, "%63s", name) != 1)
		name[0] = '\0';
	if (f)
		fclose(f);
}

/* Dies at the step that a file names, so that a test can choose while control runs; every step is
 * told on stderr, so that a test finds all. */
void cv_rollout_step(const char *name)
{
	char wanted[NAME_SIZE];

	read_wanted(wanted);
	fprintf(stderr, "culvert-control: step: %s\n", name);
	if (strcmp(wanted, name) == 0)
		raise(SIGKILL);
}
