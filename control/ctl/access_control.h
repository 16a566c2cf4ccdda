/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_ACCESS_CONTROL_H
#define CV_ACCESS_CONTROL_H

#include <limits.h>

#include "control/access/routes.h"
#include "control/access/tls.h"
#include "control/config/config.h"
#include "control/rollout/rollout.h"

/**
 * Open the table of principals beside the policies; what happens to it goes to the audit trail.
 * Where it cannot be read control goes on, and nobody is let in by it: told on stderr.
 *
 * @param ret access is NULL then.
 */
void cv_access_control_open(struct cv_loop *loop, struct cv_rollout *rollout,
			    struct cv_access_owner *ret);

/** TLS of the API as it is configured; paths live here. */
struct cv_tls_control {
	struct cv_tls *tls; /* NULL = api.tls.listen is off */
	struct cv_tls_files files;
	char cert[PATH_MAX], key[PATH_MAX], client_ca[PATH_MAX];
};

/** @return 0; negative errno, told on stderr. */
int cv_tls_control_open(const struct cv_config *config, struct cv_tls_control *ret);

/** Once a second: have the files changed? What came of it is told on stderr. */
void cv_tls_control_watch(struct cv_tls_control *t);

void cv_tls_control_close(struct cv_tls_control *t);

#endif
