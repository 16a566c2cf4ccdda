/* SPDX-License-Identifier: Apache-2.0 */
/* What app_build.c gathers and app_image.c lays out. */
#ifndef CV_APP_BUILD_PRIVATE_H
#define CV_APP_BUILD_PRIVATE_H

#include "dataplane/policy/app_build.h"

struct cv_app_list {
	uint8_t *data;
	size_t count, capacity, element;
};

enum { APPS, CONSTRAINTS, RANGES, PATTERNS, PLACES, IDENTITIES, TEXTS, TABLES };

struct cv_app_build {
	struct cv_app_list list[TABLES]; /* IDENTITIES: in order of adding, place them at the end */
	struct cv_app app; /* of the rule in hand */
	struct cv_app_list value[CV_APP_CONSTRAINT_KINDS]; /* its ranges or patterns */
	uint32_t meters;
};

#endif
