/* SPDX-License-Identifier: Apache-2.0 */
/* What is in force and what is under way, on disk (places.h): the one thing that decides which policy
 * a start of control puts in force. */
#ifndef CV_ROLLOUT_STATE_H
#define CV_ROLLOUT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "control/rollout/places.h"
#include "control/text/boot_id.h"

struct cv_state {
	uint64_t last; /* highest number ever given to a policy */
	uint64_t live; /* number of the policy in force, 0 = none yet */
	uint64_t previous; /* what revert goes back to, 0 = nothing */
	uint64_t shadow; /* judged beside live, 0 = none */
	int64_t live_since_ns; /* wall clock */
	int64_t shadow_since_ns;
	char live_who[96], shadow_who[96];

	bool confirm; /* live waits to be confirmed, else it is reverted */
	int64_t deadline_wall_ns; /* holds across boots */
	uint64_t deadline_boot_ns; /* CLOCK_BOOTTIME, holds within the boot below */
	char boot_id[CV_BOOT_ID_SIZE];

	/* Journal: what was begun and not yet decided. Empty = nothing. */
	char intent[16];
	uint64_t intent_number;
	/* Row of the audit trail, < 0 = it waits in memory, 0 = none; of the change that was made
	 * last where nothing is under way. */
	int64_t intent_audit;

	uint64_t version; /* newest bundle that was in force, 0 = none */
	char version_hash[65]; /* its SHA-256 */

	char seed_hash[65]; /* of the configuration's policy file when last taken from there */
};

struct cv_state_file {
	struct cv_places places;
};

/**
 * Open or make the file and read what it says; an empty file gives a state of zeros.
 *
 * @return 0; -EBADMSG: neither place is whole; -EBUSY: another process has it; other negative
 *         errno.
 */
int cv_state_open(const char *path, struct cv_state_file *file, struct cv_state *ret);

/** Make @p state what the next start finds. @return 0 or negative errno: the old one counts. */
int cv_state_write(struct cv_state_file *file, const struct cv_state *state);

void cv_state_close(struct cv_state_file *file);

#endif
