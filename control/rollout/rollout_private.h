/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the rollout: rollout.c holds together, _refuse.c, _change.c and _commit.c make a change,
 * _recover.c and _start.c begin, _documents.c tells. */
#ifndef CV_ROLLOUT_PRIVATE_H
#define CV_ROLLOUT_PRIVATE_H

#include "control/config/diagnostics.h"
#include "control/loop/task.h"
#include "control/rollout/audit.h"
#include "control/rollout/rollout.h"
#include "control/rollout/state.h"
#include "control/rollout/step.h"
#include "control/rollout/store.h"

/** Answers kept for requests that have not come back for them. */
#define CV_ANSWERS 16

/** A policy that is compiled. */
struct cv_version {
	struct cv_about about; /* number 0 = none */
	struct cv_generation *gen; /* NULL = none */
	int slot; /* in the kernel, -1 = none */
	struct cv_generation *would; /* with its rules in shadow mode enforced, NULL = has none */
	uint32_t would_place; /* slot of that + 1, 0 = none; while it is in force */
	void *module; /* BPF object of its bundle, NULL = none */
	size_t module_size;
};

struct cv_answer {
	uint64_t id; /* 0 = free */
	int status;
	json_t *body;
};

/** The change under way. */
struct cv_job {
	bool busy;
	enum cv_change change;
	uint64_t id;
	char who[96];
	int64_t since_ns; /* wall clock */
	uint64_t confirm_ns;
	int64_t audit; /* row */
	struct cv_version fresh; /* APPLY, SHADOW: what is being prepared */
	char *data; /* the file */
	size_t len, sigs_len; /* signatures follow the file */
	uint8_t newest_sha256[32]; /* of the newest bundle that was in force */
	/* By the thread: */
	int error;
	const char *what; /* was not done, where that is an error; static */
	char why[512];
	struct cv_state next; /* what the commit writes */
	struct cv_state written; /* what it has written, for the loop to take over */
	bool has_written;
	struct cv_diagnostics diag;
	/* Waiting for the dataplane. */
	uint64_t deadline_ns; /* monotonic */
	bool committed;
	/* How it ended, for the thread that writes that down. */
	int status;
	json_t *answer; /* owned */
	const char *result; /* static */
	char detail[700];
};

struct cv_rollout {
	struct cv_loop *loop;
	const struct cv_config *config;
	struct cv_store store;
	struct cv_state_file file;
	struct cv_state state; /* as on disk */
	struct cv_audit *audit;
	struct cv_bpf *bpf; /* NULL = no af_xdp port */
	struct cv_link_policy *link;
	struct cv_version live, shadow, previous;
	struct cv_generation
		*base; /* a copy of the first image: the node's ports, for all its life */
	struct cv_job job;
	struct cv_task task;
	struct cv_op wait; /* for the dataplane */
	struct cv_op confirm; /* the deadline */
	struct cv_answer answers[CV_ANSWERS];
	unsigned int next_answer;
	uint64_t shadow_judged, shadow_differ; /* the kernel's counters when the shadow began */
	uint64_t module_missing; /* number of the policy whose module did not load at the start */
	char module_warning[400]; /* and why */
	char file_warning[640]; /* the configuration's policy file is not what is in force */
	bool stopping;
};

/* ---- rollout.c ---- */

void cv_version_release(struct cv_version *v);

/** {"error", "hint"}. */
json_t *cv_rollout_refusal(const char *error, const char *hint);

/** Write down how the job ended, keep its answer, and be ready for the next. @param answer taken. @param result static. */
void cv_rollout_end(struct cv_rollout *r, int status, json_t *answer, const char *result,
		    const char *detail);

/* ---- rollout_file.c ---- */

/** May the job's file be used: signatures, expiry, version? @return 0 or negative errno. */
int cv_rollout_verify(const struct cv_rollout *r, struct cv_job *job);

/* What a start does, in the audit trail. */
#define CV_START_FROM_CONFIGURATION "take from configuration"
#define CV_START_FOR_CONFIGURATION "compile for a new configuration"
#define CV_START_UNDERSTOOD "go back from what is not understood"

/** The policy that was in force last, is not @p refused and compiles; 0 = none. */
uint64_t cv_rollout_last_understood(const struct cv_rollout *r, uint64_t refused);

/**
 * Compile a stored policy.
 *
 * @param stored its number in the store, 0 = the one being written.
 * @param v its about says number, hash and name; image and module are set.
 * @param why @p size bytes, set where @p diag has no finding.
 */
int cv_rollout_compile(const struct cv_rollout *r, uint64_t stored, struct cv_version *v,
		       struct cv_diagnostics *diag, char *why, size_t size);

/** Have the next policy that is built in the kernel run this module, or none. */
int cv_rollout_stage_module(struct cv_rollout *r, const struct cv_version *v, char *why,
			    size_t size);

/** The policy file of a stored policy, malloc'ed, and what else its bundle has. */
char *cv_rollout_source(const struct cv_rollout *r, uint64_t number, json_t **ret_files);

/* ---- rollout_recover.c ---- */

/** A change that was interrupted, a deadline that passed meanwhile: the state is as it should be. */
void cv_rollout_recover(struct cv_rollout *r);

/* ---- rollout_start.c ---- */

/** Build shadow and previous in the kernel and offer them to the dataplane. */
int cv_rollout_load_others(struct cv_rollout *r);

/* ---- rollout_refuse.c ---- */

/** @return the answer to a request that cannot be, with its HTTP status; NULL = it may begin. */
json_t *cv_rollout_refuse(const struct cv_rollout *r, const struct cv_change_request *q,
			  int *ret_status);

/* ---- rollout_change.c ---- */

void cv_rollout_on_wait(struct cv_op *op, int res, uint32_t flags);
/** The kernel has put away what is not used any more. */
void cv_rollout_settled(void *rollout);
/** Committed: answer when the dataplane judges by it, or says that it does not. */
void cv_rollout_await_dataplane(struct cv_rollout *r);
/** The commit could not be written: nothing is changed. */
void cv_rollout_not_committed(struct cv_rollout *r, int error);

/* ---- rollout_write.c ---- */

/** Does the change bring a policy that is not there yet? */
bool cv_rollout_brings(enum cv_change change);
/** Does it go back? That works when nothing else does. */
bool cv_rollout_goes_back(enum cv_change change);
/**
 * What waits for a disk, for the kernel or long: work() on a thread, then done() on the loop; here and now
 * where no thread can be had. One at a time.
 */
void cv_rollout_on_thread(struct cv_rollout *r, void (*work)(void *rollout),
			  void (*done)(void *rollout));
/** On the thread: what is about to happen is on disk before anything happens. @return 0 or negative errno. */
int cv_rollout_write_down(struct cv_rollout *r);
/** On the thread: write what counts from now on. @return 0 or negative errno. */
int cv_rollout_write(struct cv_rollout *r, const struct cv_state *next);
/** On the thread: the journal says that nothing is under way. */
void cv_rollout_write_nothing_begun(struct cv_rollout *r);
/** On the loop: what the thread has written is the state. */
void cv_rollout_take_written(struct cv_rollout *r);

/* ---- rollout_commit.c ---- */

/** Write down what counts from now on, and make it so. Ends the job where it cannot. */
void cv_rollout_commit(struct cv_rollout *r);
/** Set the deadline of @p state, @p ns from now; 0 = needs no confirmation. */
void cv_rollout_set_deadline(struct cv_state *state, uint64_t ns);
/** Until the deadline, ns; 0 = it is over, or no clock can tell. */
uint64_t cv_rollout_left(const struct cv_state *state);
/** Watch the deadline of a policy that waits to be confirmed. */
void cv_rollout_arm(struct cv_rollout *r);
void cv_rollout_on_confirm(struct cv_op *op, int res, uint32_t flags);

/* ---- rollout_hits.c ---- */

/** What the kernel has counted so far was not of the shadow that begins now. */
void cv_rollout_shadow_begins(struct cv_rollout *r);

/* ---- rollout_link.c ---- */

/** Have the dataplane judge as the kernel does: by live, beside it shadow; previous is kept. */
void cv_rollout_link_switch(struct cv_rollout *r);

/**
 * Have it judge the rules in shadow mode of the policy in force beside it, where nothing else is.
 * For when a change is over: it waits for nothing.
 */
void cv_rollout_link_would(struct cv_rollout *r);

/* ---- rollout_kernel.c ---- */

/** The slot of the version in force, which the loader has filled. */
void cv_rollout_kernel_adopt(struct cv_rollout *r);

/** Build a version beside what is in force. @return 0, or negative errno with @p why filled. */
int cv_rollout_kernel_prepare(struct cv_rollout *r, struct cv_version *v, char *why, size_t size);
void cv_rollout_kernel_abandon(struct cv_rollout *r, struct cv_version *v);
/** One store: judge by live, shadow and previous as they are now. */
void cv_rollout_kernel_switch(struct cv_rollout *r);
/** What must follow before the next is prepared: memory goes back, and the rules in shadow mode of
 * the policy in force are judged beside it. Waits for the kernel, so it is the task's. */
void cv_rollout_kernel_settle(void *rollout);

#endif
