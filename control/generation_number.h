/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of the generation a start of control runs (D15): the same as last time when
 * configuration and policy compile to the same image, one more when they do not. Kept in the log
 * folder.
 */
#ifndef CV_GENERATION_NUMBER_H
#define CV_GENERATION_NUMBER_H

#include "control/config/compile.h"

/** Compile, and find the number. As cv_config_compile() otherwise. */
int cv_generation_number(const struct cv_config *config, struct cv_generation **ret,
			 struct cv_diagnostics *diag);

/** Remember it for the next start. @return 0 or negative errno, told on stderr. */
int cv_generation_number_keep(const struct cv_config *config, const struct cv_generation *gen);

#endif
