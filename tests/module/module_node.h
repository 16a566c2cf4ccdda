/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node in the kernel with modules behind its verdict, between two veth pairs (veth_lab.h). All of
 * it asserts.
 */
#ifndef CV_MODULE_NODE_H
#define CV_MODULE_NODE_H

#include <stdbool.h>

#include "ebpf/module.h"
#include "tests/verdict/veth_lab.h"

struct node_object {
	char *bytes;
	size_t size;
};

/** Modules of the command line: coap_burst, codes, and one that is refused. */
extern struct node_object node_burst, node_codes, node_refused;

/**
 * Enter the lab with the three objects that the command line names.
 *
 * @param tests runs the test group. @return exit code.
 */
int node_run_tests(int argc, char **argv, int (*tests)(void));

/**
 * UDP 5683 is forwarded (in the kernel: there is no dataplane), ICMP and the guard's UDP 22 go to
 * the host, the rest is denied.
 *
 * @param swapped the ports have each other's number. @return to be freed.
 */
struct cv_generation *node_generation(uint64_t number, bool swapped);

/** 10.0.0.1 to 10.0.0.2: a CoAP GET in UDP, or with another protocol just bytes. */
void node_frame(uint8_t f[60], uint8_t proto, uint16_t sport, uint16_t dport, uint16_t id);
void node_send_coap(uint16_t sport, uint16_t id, int count);

struct cv_bpf *node_start(uint64_t number);
/** Nothing of it is left. */
void node_stop(struct cv_bpf *b);
/** In force at once, on all ports. */
void node_install(struct cv_bpf *b, const struct node_object *o);

/** The module in force; each of its runs is counted in one place. */
struct cv_bpf_module node_module(const struct cv_bpf *b);
bool node_has_module(const struct cv_bpf *b);
/** Frames judged on the first port. */
uint64_t node_judged(const struct cv_bpf *b);
/** What the module `codes` was told of the last frame. */
struct cv_module_frame node_saw(void);

#endif
