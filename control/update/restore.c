/* SPDX-License-Identifier: Apache-2.0 */
/* restore: what each start does before anybody reads the configuration. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/host/host.h"
#include "control/update/generation.h"

/*
 * No way from one slot to the other is under way: who runs now and was left before has been started by the
 * firmware, because the other one rots or somebody chose so at its menu.
 */
static bool is_over(const struct cv_update_attempt *attempt)
{
	return attempt->phase == CV_UPDATE_NONE || attempt->phase == CV_UPDATE_FAILED;
}

int cv_update_restore(const struct cv_policy_args *args)
{
	struct cv_update_attempt attempt;
	struct cv_update_self self;
	char why[160];
	int r = 0, code;

	/* When control has begun it is too late: the file may have been changed for this system. */
	if (access(CV_HOST_IN_FORCE, F_OK) == 0)
		return CV_CLI_OK;
	code = cv_update_load(args, &self, &attempt);
	if (code != CV_CLI_OK)
		return code;
	if (cv_update_on_trial(&self, &attempt))
		r = cv_update_generation_enter(CV_UPDATE_DIR, CV_UPDATE_CONFIG, &self, &attempt);
	else if (cv_update_was_left(&self, &attempt) || is_over(&attempt))
		r = cv_update_generation_return(CV_UPDATE_DIR, CV_UPDATE_CONFIG, &self);
	if (r > 0)
		printf("slot %s, version %s: its own configuration is back\n", self.slot,
		       self.version);
	if (r >= 0)
		return CV_CLI_OK;
	snprintf(why, sizeof(why),
		 "the configuration stays as it is, and may be of another version: "
		 "%s",
		 strerror(-r));
	return cv_policy_say(args, CV_CLI_OUTPUT, why);
}
