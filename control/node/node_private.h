/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the node's configuration: node.c holds together, node_open.c begins, node_change.c makes
 * a change, node_watch.c waits for what is to be confirmed, node_documents.c tells. */
#ifndef CV_NODE_PRIVATE_H
#define CV_NODE_PRIVATE_H

#include "control/loop/task.h"
#include "control/node/node.h"
#include "control/rollout/audit.h"
#include "control/rollout/deadline.h"
#include "control/rollout/places.h"
#include "control/rollout/step.h"
#include "control/rollout/store.h"

#define CV_NODE_ANSWERS 8
/* As many interfaces as the schema allows, two families. */
#define CV_NODE_GATEWAYS 32

/** On disk, in FILE.versions/state. */
struct cv_node_state {
	uint64_t last; /* highest number ever given */
	uint64_t live; /* in force, 0 = none was ever stored */
	uint64_t previous; /* what undo goes back to, 0 = nothing */
	int64_t since_ns; /* wall clock */
	char who[96];
	bool confirm; /* live waits to be confirmed */
	struct cv_deadline deadline;
	uint64_t starts; /* of control with what waits to be confirmed */
	bool unwritten; /* confirmed, but FILE may still be the one before */
	char file_hash[65]; /* of FILE as we left it, "" = not yet */
	uint64_t dataplane; /* process that has to start anew, 0 = none */
	int64_t audit; /* row of the change made last, 0 = is finished */
};

struct cv_node_job {
	bool busy;
	struct cv_node_request q; /* texts are ours */
	int64_t since_ns; /* wall clock */
	/* By the task: */
	int error;
	struct cv_config *fresh;
	struct cv_diagnostics diag;
	bool contact; /* somebody answered, or nobody is to be asked */
};

struct cv_node_answer {
	uint64_t id; /* 0 = free */
	int status;
	json_t *body;
};

struct cv_node {
	char path[PATH_MAX];
	char *text; /* of the running configuration */
	size_t len;
	struct cv_config *running; /* the caller's */
	bool kept; /* FILE.versions is open */
	struct cv_store store;
	struct cv_places places;
	struct cv_node_state state; /* as on disk */
	struct cv_audit *audit;

	struct cv_loop *loop;
	struct cv_node_owner owner;
	struct cv_node_job job;
	struct cv_task task;
	struct cv_op tick;
	bool stopping, again, started;
	uint64_t again_ns; /* monotonic: when to start anew, 0 = not */
	uint64_t started_ns;
	struct cv_node_answer answers[CV_NODE_ANSWERS];
	unsigned int next_answer;

	struct cv_task probe; /* is somebody there? */
	struct cv_prefix
		gateways[CV_NODE_GATEWAYS]; /* the probe's; the lists may change under it */
	size_t n_gateways;
	bool probe_answer;
	uint64_t contact_ns, probed_ns; /* monotonic: when somebody answered, and was asked */
	bool contact_known; /* somebody has answered since the change */
};

/* ---- node.c ---- */

/** Write the state. @return 0 or negative errno: the old one counts. */
int cv_node_write(struct cv_node *n, const struct cv_node_state *next);
/** Open FILE.versions, or make it. @param why set on failure. */
int cv_node_keep(struct cv_node *n, bool make, const char **why);
json_t *cv_node_refusal(const char *error, const char *hint);
/** Keep the answer of the job, and be ready for the next. */
void cv_node_end(struct cv_node *n, int status, json_t *answer);
int64_t cv_node_row(struct cv_node *n, enum cv_node_change change, const char *who, uint64_t number,
		    const char *detail, bool later);
const char *cv_node_change_name(enum cv_node_change change);
/** Put the text of the live version into FILE. @return 0 or negative errno. */
int cv_node_write_file(struct cv_node *n);
/** Leave the text in force where who acts on the host finds it: in-force.yaml beside the socket. */
void cv_node_tell_host(const struct cv_node *n);

/* ---- node_change.c ---- */

void cv_node_work(void *node);
void cv_node_worked(void *node);
/** Go back to what was before. @return 0 or negative errno. */
int cv_node_back(struct cv_node *n, enum cv_node_change why, const char *who, json_t **ret);

/* ---- node_watch.c ---- */

void cv_node_on_tick(struct cv_op *op, int res, uint32_t flags);
void cv_node_probe(void *node);
void cv_node_probed(void *node);
/** Does one of them answer? Waits up to two seconds. True where there are none. */
bool cv_node_contact(const struct cv_config *config);
void cv_node_arm(struct cv_node *n);

/* ---- node_gateway.c ---- */

/** Gateways of `network` that are to be there, because nobody else is to be asked. @return how many. */
size_t cv_node_gateways(const struct cv_config *config, struct cv_prefix ret[CV_NODE_GATEWAYS]);
/** Does the kernel know its link address? A look; who asks has sent it something before. */
bool cv_node_is_neighbour(const struct cv_prefix *address);

#endif
