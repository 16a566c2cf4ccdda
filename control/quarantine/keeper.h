/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps kernel and dataplane in step with the node's list of quarantined devices, whoever changes
 * it. Reading and building run on a task. One thread (control's loop).
 */
#ifndef CV_QUARANTINE_KEEPER_H
#define CV_QUARANTINE_KEEPER_H

#include <jansson.h>

#include "control/config/config.h"
#include "control/config/diagnostics.h"
#include "control/link/link_server.h"
#include "control/loop/loop.h"

struct cv_quarantine_keeper;

/**
 * Read the list.
 *
 * @param config outlives it.
 * @return 0; negative errno with a finding.
 */
int cv_quarantine_keeper_create(struct cv_loop *loop, const struct cv_config *config,
				struct cv_quarantine_keeper **ret, struct cv_diagnostics *diag);

/** The list that was read, until cv_quarantine_keeper_start(). */
const struct cv_quarantine_image *cv_quarantine_keeper_image(const struct cv_quarantine_keeper *k);

/**
 * Give the dataplane the list, and look for changes from now on.
 *
 * @param xdp there are programs in the kernel that judge by it.
 */
int cv_quarantine_keeper_start(struct cv_quarantine_keeper *k, struct cv_link_quarantine *link,
			       bool xdp);

/** {"devices", "dataplane": "in-step" | ...}. @return a new reference or NULL. */
json_t *cv_quarantine_keeper_status(const struct cv_quarantine_keeper *k);

/** Why the list is not in force somewhere, a sentence; NULL = it is. */
const char *cv_quarantine_keeper_warning(const struct cv_quarantine_keeper *k);

/** Kernel and dataplane keep what they have. NULL is fine. */
void cv_quarantine_keeper_destroy(struct cv_quarantine_keeper *k);

#endif
