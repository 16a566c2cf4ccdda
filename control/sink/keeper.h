/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sinks of a node as control sees them. One process per sink is started and watched by a keeper,
 * a small process that control forks before it opens anything; so sinks inherit nothing, and can be
 * started again when control has given up its privileges. All end with control.
 */
#ifndef CV_SINK_KEEPER_H
#define CV_SINK_KEEPER_H

#include <jansson.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/loop/loop.h"
#include "control/sink/status.h"

struct cv_sink_keeper;

/**
 * Fork the keeper; it waits for cv_sink_keeper_go(). Before threads, signals and files.
 *
 * @param ret NULL where the configuration has no sinks.
 * @param why set on failure: a sentence.
 * @return 0 or negative errno.
 */
int cv_sink_keeper_create(const struct cv_config *config, struct cv_sink_keeper **ret,
			  const char **why);

/** The API answers: start the sinks. NULL is fine. */
void cv_sink_keeper_go(struct cv_sink_keeper *k);

/** End them; what has arrived is acknowledged meanwhile. Turns the loop (may be NULL). */
void cv_sink_keeper_destroy(struct cv_sink_keeper *k, struct cv_loop *loop);

/** 0 for NULL. */
unsigned int cv_sink_keeper_count(const struct cv_sink_keeper *k);
const struct cv_sink_status *cv_sink_keeper_status(const struct cv_sink_keeper *k, unsigned int i);
const struct cv_sink_settings *cv_sink_keeper_settings(const struct cv_sink_keeper *k,
						       unsigned int i);

/** Whether its process is there. */
bool cv_sink_keeper_lives(const struct cv_sink_keeper *k);

/** For /v1/status: a list. @param log for the lag. */
json_t *cv_sinks_json(const struct cv_sink_keeper *k, const struct cv_eventlog *log);
/** Add a sentence for each sink that does not deliver. */
void cv_sinks_warn(const struct cv_sink_keeper *k, json_t *list);

/* ---- between the two sides ------------------------------------------------------------------- */

struct cv_sink_child {
	struct cv_sink_settings settings;
	struct cv_sink_status *status; /* shared */
	int settings_fd, status_fd;
	pid_t pid; /* in the keeper; 0 = none runs */
	uint64_t started_ns, start_at_ns, backoff_ns; /* monotonic */
};

/** The keeper's life: starts, watches, starts again. Ends with SIGTERM or with control. */
int cv_sink_keep(struct cv_sink_child *children, unsigned int n, int go_fd, pid_t control);

#endif
