/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-control alarm VERB`; rows in control/cli/alarm_offline.c. */
#ifndef CV_ALARM_COMMAND_H
#define CV_ALARM_COMMAND_H

#include "control/policy/command.h"

/** @param argv argv[0] is "alarm". @return exit code. */
int cv_alarm_command(int argc, char **argv);

/** In the order of the rows; for the test that holds them together. */
extern const struct cv_policy_handler cv_alarm_handlers[];

int cv_alarm_command_sign(const struct cv_policy_args *args);
int cv_alarm_command_test(const struct cv_policy_args *args);

#endif
