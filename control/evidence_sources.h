/* SPDX-License-Identifier: Apache-2.0 */
/* Where drop evidence comes from: the rings of the XDP programs and of the workers. */
#ifndef CV_EVIDENCE_SOURCES_H
#define CV_EVIDENCE_SOURCES_H

#include "control/capture/capture_hub.h"
#include "control/link/link_server.h"
#include "ebpf/loader.h"

/** Copies of the workers of all dataplanes that are attached or being drained. */
struct cv_capture_source cv_evidence_of_workers(struct cv_link_server *link);

/** Copies of the XDP programs of all ports. @param bpf not NULL. */
struct cv_capture_source cv_evidence_of_xdp(struct cv_bpf *bpf);

#endif
