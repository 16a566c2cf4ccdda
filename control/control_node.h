/* SPDX-License-Identifier: Apache-2.0 */
/* What the life of the configuration (control/node) asks of control. */
#ifndef CV_CONTROL_NODE_H
#define CV_CONTROL_NODE_H

#include "control/control.h"

/** Find the configuration to start with. @return 0 or negative errno, told. */
int cv_control_load_config(struct cv_control *c, const char *path);

/** Everything runs: the configuration may be changed. @return 0 or negative errno. */
int cv_control_watch_config(struct cv_control *c);

/** Settings of the log, as the running configuration has them. */
struct cv_eventlog_config cv_control_log_config(const struct cv_control *c);

/** What one address may take of the API, likewise. */
struct cv_peer_limits cv_control_peer_limits(const struct cv_control *c);

#endif
