/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control's half of the handoff over a real log, and a dataplane that this process plays over real
 * sockets. All of it asserts.
 */
#ifndef CV_NODE_FIXTURE_H
#define CV_NODE_FIXTURE_H

#include <sys/types.h>

#include "control/link/link_server.h"
#include "dataplane/handoff/link.h"
#include "tests/eventlog/log_fixture.h"

struct node {
	struct fixture fx;
	char path[300];
	struct cv_generation *gen;
	struct cv_link_server *link;
	/* the dataplane */
	pid_t process; /* whose end the link's other end is */
	int sock, doorbell;
	struct cv_handoff handoff;
	struct cv_handoff_sink sink;
	uint64_t tsc, value;
	struct cv_link_msg last; /* that node_answer() read */
};

/** For cmocka: a struct node, control and a dataplane that is not attached yet. */
int node_setup(void **state);
int node_teardown(void **state);

void node_start_control(struct node *n);
void node_stop_control(struct node *n);
/** @param blocks of each lane of its handoff, a power of two. */
void node_start_dataplane(struct node *n, uint64_t incarnation, unsigned int blocks);
void node_stop_dataplane(struct node *n);
void node_wait_ms(struct node *n, int ms);

/** @return the type of control's answer. */
int node_answer(struct node *n);

/** Control sees the process that connects: one that can be killed on its own. @return socket. */
int node_connect_process(struct node *n);
/** By such a process. @return the type of control's answer. */
int node_attach(struct node *n);
/** From this process, which does not end. */
int node_attach_here(struct node *n);

void node_emit(struct node *n, enum cv_lane lane, unsigned int count);
/** As worker and housekeeping thread do it: publish, and ring when control sleeps. */
void node_flush(struct node *n, bool force);
/** @return whether the lane's log ends there, soon. */
bool node_wait_for_end(struct node *n, enum cv_lane lane, uint64_t end);

#endif
