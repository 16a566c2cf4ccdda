/* SPDX-License-Identifier: Apache-2.0 */
/* The programs in the kernel over the life of control. */
#ifndef CV_CONTROL_BPF_H
#define CV_CONTROL_BPF_H

#include "control/control.h"

/** Attach to the af_xdp ports, if there are any. @return 0 or negative errno, which it has told. */
int cv_control_load_bpf(struct cv_control *c);

/** Give them up in order, or leave them. @param in_use a dataplane gets its frames from them. */
void cv_control_stop_bpf(struct cv_control *c, bool in_use);

#endif
