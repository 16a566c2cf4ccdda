/* SPDX-License-Identifier: Apache-2.0 */
/* A policy file of any bytes: findings, or a policy that compiles to an image that checks. */
#include <errno.h>
#include <stdlib.h>

#include "control/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_compiles(const struct cv_policy *policy, struct cv_diagnostics *diag)
{
	struct cv_generation_build *build = NULL;
	struct cv_generation *gen = NULL;
	int r;

	if (cv_generation_build_create(&build) < 0)
		abort();
	r = cv_policy_compile(policy, &(struct cv_policy_target){0}, build, diag);
	if (r == 0)
		r = cv_generation_build_finish(build, &gen);
	if (r < 0 && r != -E2BIG)
		abort();
	free(gen);
	cv_generation_build_destroy(build);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_diagnostics diag = {0};
	struct cv_policy *policy = NULL;

	if (cv_policy_parse("fuzz", (const char *)data, size, &policy, &diag) == 0)
		check_compiles(policy, &diag);
	else if (diag.errors == 0)
		abort(); /* refused without a word */
	cv_policy_free(policy);
	cv_diagnostics_free(&diag);
	return 0;
}
