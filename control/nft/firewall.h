/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's firewall as the configuration describes it, and the node's list of quarantined devices:
 * the file `quarantine` in log.dir. One process changes the list at a time; others wait.
 */
#ifndef CV_FIREWALL_H
#define CV_FIREWALL_H

#include <jansson.h>

#include "control/config/config.h"
#include "control/nft/nft.h"
#include "control/nft/quarantine.h"

/**
 * Put the table of a configuration in place, with the list of quarantined devices. Asks nothing of
 * nftables where the configuration has no firewall.
 *
 * @param diag what is wrong, and what to do about it.
 * @return 0; negative errno with a finding, and nothing was changed then.
 */
int cv_firewall_apply(const struct cv_config *config, struct cv_diagnostics *diag);

/** The firewall of a node that runs. */
struct cv_firewall;

/**
 * Put the table in place and keep an eye on it.
 *
 * @param config outlives it.
 * @param ret NULL where the configuration has no firewall.
 * @param diag warnings on success too: a table is left from when there was a firewall.
 * @return 0; negative errno with a finding.
 */
int cv_firewall_start(const struct cv_config *config, struct cv_firewall **ret,
		      struct cv_diagnostics *diag);

/**
 * Put the table back if somebody else has removed or changed it (a reload of nftables.service
 * begins with "flush ruleset"). To be called now and then; costs one question to the kernel.
 *
 * @param diag a warning when it was put back; a finding when that failed.
 * @return 0 it was in place; 1 put back; negative errno.
 */
int cv_firewall_watch(struct cv_firewall *f, struct cv_diagnostics *diag);

/** Is the table in place, as of the last look? */
bool cv_firewall_in_place(const struct cv_firewall *f);

/** As cv_firewall_document(), without counting elements. @return a new reference or NULL. */
json_t *cv_firewall_status(struct cv_firewall *f);

/** Let go of it; the table stays, and goes on protecting. NULL is fine. */
void cv_firewall_stop(struct cv_firewall *f);

/** Path of the list. @param ret PATH_MAX bytes. @return 0 or -ENAMETOOLONG. */
int cv_firewall_list_path(const struct cv_config *config, char *ret);

/**
 * Read the list; a node that has none yet has an empty one.
 *
 * @return 0; negative errno with a finding.
 */
int cv_firewall_list(const struct cv_config *config, struct cv_quarantine *ret,
		     struct cv_diagnostics *diag);

enum cv_firewall_verb { CV_FIREWALL_ADD, CV_FIREWALL_REMOVE, CV_FIREWALL_REPLACE };

/** What a change did. */
struct cv_firewall_changed {
	size_t changed; /* devices that came or went */
	size_t n; /* devices on the list now */
	bool in_force; /* false: there is no table; the next start of control puts them in */
	bool crossing; /* false: no program is loaded in front of a port; likewise */
};

/**
 * Change the list and the sets in the kernel: nftables' for what goes to the node, XDP's for what
 * crosses it. All have the change or none has: the list is on the disk before the kernel takes it,
 * and takes its place behind. The dataplane gets it from control, which sees the new list.
 *
 * @param devices what to add, to remove, or the whole new list.
 * @return 0; negative errno with a finding.
 */
int cv_firewall_change(const struct cv_config *config, enum cv_firewall_verb verb,
		       const struct cv_quarantine *devices, struct cv_firewall_changed *ret,
		       struct cv_diagnostics *diag);

/** {"devices": ["10.1.2.3", ...]}. @return a new reference or NULL. */
json_t *cv_quarantine_json(const struct cv_quarantine *list);

/** {"changed": N, "devices": N, "in_force": BOOL, "crossing": BOOL}. @return a new reference or NULL. */
json_t *cv_firewall_changed_json(const struct cv_firewall_changed *done);

/**
 * What nftables has of ours: {"table": "ours", "input": {...}, "forward": {...}, "quarantined":
 * {...}}; without a table only "table": "absent" or "foreign".
 *
 * @param elements count what the sets hold, which takes 1 us per device.
 * @return a new reference; NULL with @p why set.
 */
json_t *cv_firewall_document(struct cv_nft *nft, bool elements, struct cv_nft_why *why);

#endif
