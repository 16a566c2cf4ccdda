/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that make a generation of a configuration. */
#ifndef CV_CONFIG_COMPILE_PRIVATE_H
#define CV_CONFIG_COMPILE_PRIVATE_H

#include "control/config/config.h"
#include "control/config/diagnostics.h"
#include "control/text/nearest.h"
#include "dataplane/policy/generation_build.h"

/**
 * Guards for `firewall.management`. Entries without an address are for each address that the
 * interfaces of the ports have now.
 *
 * @return 0, -EINVAL with a finding, negative errno.
 */
int cv_config_add_guards(const struct cv_config *config, struct cv_policy_head *head,
			 struct cv_diagnostics *diag);

/**
 * Add an element of decode.json to a generation.
 *
 * @param values how many values were added before; increased.
 * @return 0 or -ENOMEM.
 */
int cv_config_add_json(const struct cv_config_json *j, struct cv_generation_build *build,
		       uint32_t *values);

/** How many fields and texts of vendor frames were added before. */
struct cv_config_vendor_counts {
	uint32_t fields, texts;
};

/** Add an element of decode.vendors to a generation. @return 0 or -ENOMEM. */
int cv_config_add_vendor(const struct cv_config_vendor *v, struct cv_generation_build *build,
			 struct cv_config_vendor_counts *before);

/* json.c, for both. */

/** A factor as factor × 10^shift, the factor 1 where it is a power of ten. */
double cv_config_factor(double factor, int8_t *ret_shift);
/** Canonical name by its text, or CV_NAME_NONE. @param nearest offered all names; may be NULL. */
unsigned int cv_config_name_id(const char *name, struct cv_nearest *nearest);
/** What is wrong with a name and its unit: key, hint and text; NULL key = nothing. */
struct cv_config_name_error {
	const char *key, *text;
	char hint[80];
};
struct cv_config_name_error cv_config_name_check(const char *name, const char *unit_name);

#endif
