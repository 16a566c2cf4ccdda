/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_NOTIFY_H
#define CV_NOTIFY_H

/** Tell the service manager (sd_notify(3)), if there is one: "READY=1". */
void cv_notify(const char *state);

#endif
