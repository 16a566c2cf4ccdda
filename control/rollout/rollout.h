/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a policy on this node: what is in force (live), what is judged beside it (shadow),
 * what revert goes back to (previous), and whether live still waits to be confirmed.
 *
 * A change is prepared everywhere first: checked, compiled, stored, built in the kernel and in the
 * dataplane. Only when nothing can fail any more is it written down as what counts (state.h), and
 * then made by one store in each of the two. Wherever control dies, one whole policy is in force,
 * and the next start brings disk, kernel and dataplane to the same. One change at a time.
 *
 * One thread (control's loop); what takes long runs on a task.
 */
#ifndef CV_ROLLOUT_H
#define CV_ROLLOUT_H

#include <jansson.h>
#include <stdbool.h>

#include "control/config/config.h"
#include "control/link/link_server.h"
#include "control/loop/loop.h"
#include "ebpf/loader.h"

struct cv_rollout;

/** What can be asked for. */
#define CV_CHANGES(X)                                                                              \
	X(APPLY, "apply")                                                                          \
	X(SHADOW, "apply-shadow")                                                                  \
	X(PROMOTE, "promote")                                                                      \
	X(CONFIRM, "confirm")                                                                      \
	X(REVERT, "revert")                                                                        \
	X(STOP_SHADOW, "stop-shadow")                                                              \
	X(TIMEOUT, "confirm-timeout") /* by control itself */

#define CV_CHANGE_ROW(id, name) CV_CHANGE_##id,
enum cv_change { CV_CHANGES(CV_CHANGE_ROW) CV_CHANGE_COUNT };

const char *cv_change_name(enum cv_change change);

struct cv_change_request {
	enum cv_change change;
	uint64_t id; /* of the request; its answer is asked for by it */
	const char *who;
	const char *name; /* APPLY, SHADOW: of the file, for people */
	const char *data; /* the file */
	size_t len;
	size_t sigs_len; /* signatures, which follow the file */
	uint64_t confirm_ns; /* APPLY, PROMOTE: must be confirmed within; 0 = is at once */
	uint64_t expect; /* number that must be in force, 0 = any */
};

/**
 * Find out what is to be in force: what the store says, or the configuration's policy where none
 * was ever applied. Finishes or takes back what a crash interrupted.
 *
 * @param ret_gen the image to start with; the rollout's, lives as long.
 * @param diag findings of a policy that does not compile.
 * @return 0 or negative errno, told in @p diag or on stderr.
 */
int cv_rollout_open(struct cv_loop *loop, const struct cv_config *config, struct cv_rollout **ret,
		    const struct cv_generation **ret_gen, struct cv_diagnostics *diag);

/** The kernel and the link are there: prepare what is kept beside the policy in force. */
int cv_rollout_start(struct cv_rollout *r, struct cv_bpf *bpf, struct cv_link_policy *link);

/** NULL is fine. */
void cv_rollout_close(struct cv_rollout *r);

/** The directory that policies, their state and the audit trail are in. */
const char *cv_rollout_dir(const struct cv_rollout *r);

/** Write a row of the audit trail that is about no policy; it may have to wait in memory. */
void cv_rollout_note(struct cv_rollout *r, const char *who, const char *what, const char *result,
		     const char *detail);

/**
 * Ask for a change.
 *
 * @param ret_status HTTP status of the answer.
 * @return the answer where it is refused at once; NULL: it is under way.
 */
json_t *cv_rollout_begin(struct cv_rollout *r, const struct cv_change_request *request,
			 int *ret_status);

/** The answer to a request, once. @return NULL: not yet. */
json_t *cv_rollout_answer(struct cv_rollout *r, uint64_t id, int *ret_status);

/** Number of the generation in force. */
uint64_t cv_rollout_live(const struct cv_rollout *r);

/** The image in force, and its shadow or NULL; valid until the loop goes on. */
const struct cv_generation *cv_rollout_live_image(const struct cv_rollout *r);
const struct cv_generation *cv_rollout_shadow_image(const struct cv_rollout *r);

/* Documents (control/ctl/api.md). A new reference, or NULL: no memory. */
json_t *cv_rollout_status(const struct cv_rollout *r);
json_t *cv_rollout_history(const struct cv_rollout *r);
json_t *cv_rollout_audit(struct cv_rollout *r, unsigned int limit);
/** @param ret_status set where the answer is an error. Number 0: the one in force. */
json_t *cv_rollout_show(const struct cv_rollout *r, uint64_t number, int *ret_status);
json_t *cv_rollout_diff(const struct cv_rollout *r, uint64_t a, uint64_t b, int *ret_status);

/** Hits of rules: of the shadow, or of the policy in force. */
json_t *cv_rollout_rules(const struct cv_rollout *r, bool shadow);
json_t *cv_rollout_shadow(const struct cv_rollout *r);

/** Sentences for the status' warnings are added to @p list. */
void cv_rollout_warn(const struct cv_rollout *r, json_t *list);

#endif
