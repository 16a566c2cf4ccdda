/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-control registry VERB`; rows in control/cli/registry_offline.c. */
#ifndef CV_REGISTRY_COMMAND_H
#define CV_REGISTRY_COMMAND_H

#include <jansson.h>

#include "control/policy/command.h"
#include "control/registry/transfer.h"

/** @param argv argv[0] is "registry". @return exit code. */
int cv_registry_command(int argc, char **argv);

/** In the order of the rows; for the test that holds them together. */
extern const struct cv_policy_handler cv_registry_handlers[];

/* ---- between the files of the verbs ----------------------------------------------------------- */

/** Open the registry that the options name. @return CV_CLI_OK, or the code to end with: told. */
int cv_registry_command_open(const struct cv_policy_args *args, enum cv_registry_mode mode,
			     struct cv_registry_store **ret);
/** --format, else by a file's name. @return CV_CLI_OK or CV_CLI_USAGE, told. */
int cv_registry_command_format(const struct cv_policy_args *args, const char *file,
			       enum cv_registry_format *ret);
/** --area and its like. */
struct cv_registry_where cv_registry_command_where(const struct cv_policy_args *args);
/** Say what the store failed with. @return exit code. */
int cv_registry_command_fault(const struct cv_policy_args *args, const struct cv_registry_store *s,
			      int res);
/** What is known of a device as an object; NULL: no memory. */
json_t *cv_registry_device_json(const struct cv_registry_device *d);
/** Print a document and free it. @return exit code. */
int cv_registry_command_print(json_t *doc);

int cv_registry_command_import(const struct cv_policy_args *args);
int cv_registry_command_export(const struct cv_policy_args *args);
int cv_registry_command_show(const struct cv_policy_args *args);
int cv_registry_command_list(const struct cv_policy_args *args);
int cv_registry_command_set(const struct cv_policy_args *args);
int cv_registry_command_remove(const struct cv_policy_args *args);
int cv_registry_command_history(const struct cv_policy_args *args);

#endif
