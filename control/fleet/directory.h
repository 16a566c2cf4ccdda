/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's directory as who publishes has it: index and signature written, reports counted. */
#ifndef CV_FLEET_DIRECTORY_H
#define CV_FLEET_DIRECTORY_H

#include "control/bundle/sign.h"
#include "control/fleet/index.h"

/** Most nodes of a fleet. */
#define CV_FLEET_NODES_MAX 100000

/**
 * Read DIR/index. Signatures are not looked at: it is our own.
 *
 * @return 0; -ENOENT; -EINVAL and others with a finding.
 */
int cv_fleet_load(const char *dir, struct cv_fleet_index *ret, struct cv_diagnostics *diag);

/**
 * Sign and write DIR/index, with a serial higher than any before and this moment as its time. A node
 * that reads between the two files refuses them once.
 *
 * @param index serial and times are set.
 * @param seconds how long it holds.
 * @return 0 or negative errno with a finding.
 */
int cv_fleet_store(const char *dir, struct cv_fleet_index *index, int64_t seconds,
		   const struct cv_secret_key *key, struct cv_diagnostics *diag);

/**
 * Put a bundle into the directory, and its name, size and hash into an index.
 *
 * @return 0 or negative errno with a finding.
 */
int cv_fleet_add_bundle(const char *dir, const char *bundle, struct cv_fleet_index *index,
			struct cv_diagnostics *diag);

/** How nodes stand to the release of an index. */
struct cv_fleet_tally {
	unsigned int nodes; /* known by a report that can be read */
	unsigned int selected; /* whose turn it is or was */
	unsigned int by_outcome[CV_FLEET_OUTCOME_COUNT]; /* of the selected */
	unsigned int lost; /* selected, and silent since they began */
	unsigned int strange; /* files that are no report of the node they are named after */
};

/** Called for each report that is one. @param is_lost silent since it began. */
typedef void cv_fleet_visit(void *owner, const struct cv_fleet_report *report, bool is_selected,
			    bool is_lost);

/**
 * Count the reports.
 *
 * @param lost_after seconds without a word from a node that installs or tries.
 * @param visit NULL = only count.
 * @return 0, also where there is no report; negative errno with a finding.
 */
int cv_fleet_count(const char *dir, const struct cv_fleet_index *index, int64_t lost_after,
		   struct cv_fleet_tally *ret, cv_fleet_visit *visit, void *owner,
		   struct cv_diagnostics *diag);

#define CV_FLEET_STEPS(X)                                                                          \
	X(WAIT, "wait")                                                                            \
	X(ADVANCE, "advance") /* to the next stage */                                              \
	X(HALT, "halt") /* too many are not well */                                                \
	X(HALTED, "halted") /* it is, and stays so until somebody resumes */                       \
	X(COMPLETE, "complete")
#define CV_FLEET_STEP_ROW(id, name) CV_FLEET_STEP_##id,
enum cv_fleet_step { CV_FLEET_STEPS(CV_FLEET_STEP_ROW) CV_FLEET_STEP_COUNT };

const char *cv_fleet_step_name(enum cv_fleet_step step);

/**
 * What is to be done next.
 *
 * @param tolerate so many percent of the nodes of a stage may be lost or have failed; as many need not
 *        be done when the next stage begins.
 * @param all_asked the stage has stood for long enough that each of its nodes has asked; before that
 *        those who spoke first would stand for all, and none of them need be of the stage.
 */
enum cv_fleet_step cv_fleet_decide(const struct cv_fleet_index *index,
				   const struct cv_fleet_tally *tally, unsigned int tolerate,
				   bool all_asked);

/** `culvert-control fleet VERB`; argv[0] is "fleet". @return exit code. */
int cv_fleet_command(int argc, char **argv);

#endif
