/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_HARNESS_H
#define CV_HARNESS_H

#include "ebpf/loader_internal.h"

/**
 * Load the embedded object, test program included, without pins and without attaching it: port 0
 * of a handle that cv_bpf_install() and cv_bpf_counters() work on. @p b zeroed by the caller, to be
 * given to cv_harness_stop() in any case.
 *
 * @return 0 or negative errno.
 */
int cv_harness_start(struct cv_bpf *b, uint32_t devices);

void cv_harness_stop(struct cv_bpf *b);

#endif
