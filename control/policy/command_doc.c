/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/command.h"
#include "control/policy/policy.h"

int cv_policy_doc_command(const struct cv_policy_args *args)
{
	cv_policy_write_doc(stdout);
	return CV_CLI_OK;
}
