/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest: the first file of a bundle. Its text has one right form, the one that
 * cv_manifest_write() makes.
 *
 *	culvert policy bundle 1
 *	name: city-edge
 *	version: 42
 *	created: 2026-11-21T13:00:00Z
 *	expires: 2027-02-19T13:00:00Z
 *	file: policy.yaml 1234 SHA-256-IN-HEX
 */
#ifndef CV_MANIFEST_H
#define CV_MANIFEST_H

#include "control/bundle/bundle.h"

#define CV_MANIFEST_FILE "MANIFEST"
/** Largest manifest, bytes: a line takes at most 162. */
#define CV_MANIFEST_MAX 32768

/** Is it a name for a policy or a file in a bundle? */
bool cv_manifest_name_is_good(const char *name);

/** What a file is by its name. */
enum cv_bundle_kind cv_manifest_kind(const char *name);

/**
 * Write the manifest of a bundle: head and files with their sizes and hashes.
 *
 * @return 0 or -ENOMEM.
 */
int cv_manifest_write(const struct cv_bundle *bundle, char **ret, size_t *ret_len);

/**
 * Read a manifest.
 *
 * @param bundle its path names it in findings; head and files are set, the files without data.
 * @return 0; -EINVAL with a finding; -ENOMEM.
 */
int cv_manifest_parse(const char *text, size_t len, struct cv_bundle *bundle,
		      struct cv_diagnostics *diag);

#endif
