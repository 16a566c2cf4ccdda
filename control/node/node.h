/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of the node's configuration: what is in force, what is tried and waits to be confirmed,
 * what there was before. FILE is the operator's: it is written when a change is confirmed, and
 * never before. Beside it lies FILE.versions:
 *
 *     FILE.versions/3/config     as it came
 *     FILE.versions/3/about.json who, when
 *     FILE.versions/state        which one is in force, and until when it may be (places.h)
 *     FILE.versions/audit.db     who did what, and what came of it
 *
 * A change is written down as what counts by one write, and then made: in place where it costs
 * nothing else, else by ending control, which its service starts again (exit status 4) and which
 * then takes the configuration that the state names. So wherever control dies, the next start finds one whole
 * configuration. The folder is made with the first change.
 *
 * One thread (control's loop); what takes long runs on a task.
 */
#ifndef CV_NODE_H
#define CV_NODE_H

#include <jansson.h>
#include <stdbool.h>

#include "control/config/config.h"
#include "control/config/schema.h"
#include "control/loop/loop.h"

struct cv_node;

#define CV_NODE_CHANGES(X)                                                                         \
	X(APPLY, "apply")                                                                          \
	X(ROLLBACK, "rollback")                                                                    \
	X(CONFIRM, "confirm")                                                                      \
	X(UNDO, "undo")                                                                            \
	X(CHECK, "diff") /* says what APPLY would do */                                            \
	X(TIMEOUT, "confirm-timeout") /* these by control itself */                                \
	X(LOST, "contact-lost")                                                                    \
	X(FAILED, "start-failed")                                                                  \
	X(FOUND, "file-changed")
#define CV_NODE_CHANGE_ROW(id, name) CV_NODE_##id,
enum cv_node_change { CV_NODE_CHANGES(CV_NODE_CHANGE_ROW) CV_NODE_CHANGE_COUNT };

struct cv_node_request {
	enum cv_node_change change;
	uint64_t id; /* of the request; its answer is asked for by it */
	const char *who;
	const char *name; /* of the file, for people */
	const char *data; /* APPLY, CHECK: the file */
	size_t len;
	uint64_t number; /* ROLLBACK: to this one */
	uint64_t confirm_ns; /* must be confirmed within; 0 = is at once */
	uint64_t expect; /* number that must be in force, 0 = any */
};

/** What control does for it. */
struct cv_node_owner {
	void *owner;
	/** The running configuration says something else now: have every part follow. */
	void (*follow)(void *owner);
	/** End in order, and start anew. */
	void (*again)(void *owner);
	/** Process id of the dataplane that is attached, 0 = none. */
	uint64_t (*dataplane)(void *owner);
};

/**
 * Find the configuration to start with; finishes or takes back what a crash interrupted.
 *
 * @param path the operator's file.
 * @param ret_config the caller's to free, after cv_node_close().
 * @return 0; as cv_config_load().
 */
int cv_node_open(const char *path, struct cv_node **ret, struct cv_config **ret_config,
		 struct cv_diagnostics *diag);

/** Everything runs: watch the time to confirm, end a dataplane that has to start anew. */
int cv_node_start(struct cv_node *n, struct cv_loop *loop, const struct cv_node_owner *owner);

/**
 * Control could not start. What waits to be confirmed is taken back, unless @p error may be over
 * with the next start.
 *
 * @return whether to start anew.
 */
bool cv_node_take_back(struct cv_node *n, int error);

/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_node_close(struct cv_node *n);

/**
 * Ask for a change.
 *
 * @return the answer where it is refused at once; NULL: it is under way.
 */
json_t *cv_node_begin(struct cv_node *n, const struct cv_node_request *request, int *ret_status);

/** The answer to a request, once. @return NULL: not yet. */
json_t *cv_node_answer(struct cv_node *n, uint64_t id, int *ret_status);

/* Documents (control/ctl/api.md). A new reference, or NULL: no memory. */
json_t *cv_node_status(const struct cv_node *n);
json_t *cv_node_history(const struct cv_node *n);
json_t *cv_node_audit(struct cv_node *n, unsigned int limit);
/** @param number 0 = the one in force. */
json_t *cv_node_export(const struct cv_node *n, uint64_t number, int *ret_status);

/** Sentences for the status' warnings are added to @p list. */
void cv_node_warn(const struct cv_node *n, json_t *list);

#endif
