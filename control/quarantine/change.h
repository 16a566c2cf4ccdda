/* SPDX-License-Identifier: Apache-2.0 */
/* A change of the quarantine as people make it: by the command or the API, and written down. */
#ifndef CV_QUARANTINE_CHANGE_H
#define CV_QUARANTINE_CHANGE_H

#include "control/nft/firewall.h"

/**
 * As cv_firewall_change(), with a row in the audit trail: who, what, which devices, and what came of
 * it. What cannot be written down is not done. Blocks for as long as kernel and disk take.
 *
 * @param who for the row.
 */
int cv_quarantine_change(const struct cv_config *config, const char *who,
			 enum cv_firewall_verb verb, const struct cv_quarantine *devices,
			 struct cv_firewall_changed *ret, struct cv_diagnostics *diag);

#endif
