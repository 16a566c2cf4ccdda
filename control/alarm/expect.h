/* SPDX-License-Identifier: Apache-2.0 */
/* What must come of alarm rules: lines "STATE RULE SUBJECT", in their order. */
#ifndef CV_ALARM_EXPECT_H
#define CV_ALARM_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "control/config/diagnostics.h"

struct cv_alarm_expected {
	unsigned int line;
	char *change, *rule, *subject; /* subject is a glob */
};

struct cv_alarm_expect {
	char *path;
	struct cv_alarm_expected *lines;
	size_t n, met; /* lines; those met so far */
	size_t wrong; /* changes that did not come or were not expected */
};

/** @param text not zero-terminated. @return 0, -EINVAL with findings, -ENOMEM. */
int cv_alarm_expect_parse(const char *path, const char *text, size_t len,
			  struct cv_alarm_expect **ret, struct cv_diagnostics *diag);
int cv_alarm_expect_load(const char *path, struct cv_alarm_expect **ret,
			 struct cv_diagnostics *diag);
/** NULL is fine. */
void cv_alarm_expect_free(struct cv_alarm_expect *x);

/** A change has come: hold it against the next line; what is wrong goes to stderr. */
void cv_alarm_expect_meet(struct cv_alarm_expect *x, const char *change, const char *rule,
			  const char *subject);
/** No more come. @return whether all was as expected. */
bool cv_alarm_expect_end(struct cv_alarm_expect *x);

#endif
