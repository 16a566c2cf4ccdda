/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-control firewall ...` and `quarantine ...`; rows in control/cli/firewall_offline.c. */
#ifndef CV_NFT_COMMAND_H
#define CV_NFT_COMMAND_H

#include "control/config/config.h"
#include "control/policy/command.h"

/** @param argv argv[0] is the command's name. @return exit code, enum cv_cli_exit. */
int cv_firewall_command(int argc, char **argv);
int cv_quarantine_command(int argc, char **argv);

/** Handlers, for the test that table and handlers agree; end with verb NULL. */
extern const struct cv_policy_handler cv_firewall_handlers[];
extern const struct cv_policy_handler cv_quarantine_handlers[];

/** Load what --config names. @return 0 or negative errno with findings. */
int cv_nft_command_config(const struct cv_policy_args *args, struct cv_config **ret,
			  struct cv_diagnostics *diag);

#endif
