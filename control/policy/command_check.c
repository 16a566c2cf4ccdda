/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/compile.h"
#include "control/policy/command.h"

int cv_policy_check_command(const struct cv_policy_args *args)
{
	const char *policy = args->operands[0];
	struct cv_diagnostics diag = {0};
	struct cv_generation *gen = NULL;
	struct cv_config *config = NULL;
	int r = cv_config_default(policy, &config);

	if (r < 0)
		cv_diagnostics_add(&diag, CV_SEVERITY_ERROR, (struct cv_place){.file = policy},
				   NULL, "%s", strerror(-r));
	else
		r = cv_config_compile(config, 1, &gen, &diag);
	cv_diagnostics_tell(&diag, args->json);
	if (r == 0 && !args->json)
		printf("%s: ok, %" PRIu32 " prefixes, %" PRIu32 " rule keys\n", policy,
		       gen->prefixes.count, gen->rules.count);
	free(gen);
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return r < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}
