/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-control log VERB`: looks at a log's folder; rows in control/cli/log_offline.c. */
#ifndef CV_LOGTOOL_H
#define CV_LOGTOOL_H

#include <jansson.h>

#include "control/config/config.h"
#include "control/eventlog/image.h"
#include "control/policy/command.h"

/** @param argv argv[0] is "log". @return exit code. */
int cv_log_command(int argc, char **argv);

/** In the order of the rows; for the test that holds them together. */
extern const struct cv_policy_handler cv_log_handlers[];

/** What every verb begins with. */
struct cv_logtool {
	const struct cv_policy_args *args;
	struct cv_log_image *image;
	struct cv_config *config; /* NULL = DIR was given without --config */
	uint32_t lanes; /* bit per enum cv_lane */
};

/** @return CV_CLI_OK, or the code to end with: told. cv_logtool_close() in both cases. */
int cv_logtool_open(const struct cv_policy_args *args, struct cv_logtool *ret);
void cv_logtool_close(struct cv_logtool *t);

/** "2026-11-21T13:00:00.123Z"; "" for a time that is none. */
#define CV_LOGTOOL_TIME 40
void cv_logtool_time(int64_t ns, char text[CV_LOGTOOL_TIME]);

/** Print a document and free it. @return exit code. */
int cv_logtool_print(json_t *doc);

/** A line on stderr about how far it is; only where that is a terminal. */
struct cv_logtool_progress {
	bool on;
	uint64_t done, total;
	unsigned int told; /* percent */
};
void cv_logtool_progress_start(struct cv_logtool_progress *p, uint64_t total);
void cv_logtool_progress_add(struct cv_logtool_progress *p, uint64_t bytes);
void cv_logtool_progress_end(struct cv_logtool_progress *p);

int cv_logtool_verify(const struct cv_policy_args *args);
int cv_logtool_info(const struct cv_policy_args *args);
int cv_logtool_export(const struct cv_policy_args *args);
int cv_logtool_plan(const struct cv_policy_args *args);

#endif
