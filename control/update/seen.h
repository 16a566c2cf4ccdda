/* SPDX-License-Identifier: Apache-2.0 */
/* What a node remembers of its fleet, in fleet.json beside attempt.json. */
#ifndef CV_UPDATE_SEEN_H
#define CV_UPDATE_SEEN_H

#include "control/fleet/index.h"

struct cv_update_seen {
	uint64_t serial; /* of the newest index that was taken, 0 = none */
	char sha256[CV_FLEET_HASH]; /* of its bytes */
	char version[CV_FLEET_VERSION]; /* of the release tried last */
	uint64_t tries; /* to install that */
};

/** @return 0, all zeros where there is no file; -EBADMSG: it is no such file; negative errno. */
int cv_update_seen_read(const char *dir, struct cv_update_seen *ret);

/** Replace it whole, on the disk before this returns. @return 0 or negative errno. */
int cv_update_seen_write(const char *dir, const struct cv_update_seen *seen);

#endif
