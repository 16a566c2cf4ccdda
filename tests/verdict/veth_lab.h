/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two veth pairs in a network namespace of the test's own: cvt-a and cvt-b are ports, what is sent
 * on cvt-ap and cvt-bp comes in there.
 */
#ifndef CV_VETH_LAB_H
#define CV_VETH_LAB_H

#include <stddef.h>
#include <stdint.h>

#include "ebpf/loader.h"

#define CV_LAB_SKIP 77

/** Folder for pins, set by cv_lab_enter(). */
extern char cv_lab_pins[64];

/** @return 0; CV_LAB_SKIP, with the reason on stdout, where there is no right to. */
int cv_lab_enter(void);

/** @return 0 or -1. */
int cv_lab_run(const char *command);

struct cv_gen_port cv_lab_port(const char *name, const char *target, uint8_t peer, uint8_t on_loss);

/** Load a generation as control does. Asserts. @param g freed. */
struct cv_bpf *cv_lab_load(struct cv_generation *g);

/** Send a frame @p count times into an interface. Asserts. */
void cv_lab_send(const char *interface, const void *frame, size_t len, int count);

/** Frames judged, and frames by where they went: equal when the ledger closes. */
uint64_t cv_lab_seen(const struct cv_xdp_counts *c);
uint64_t cv_lab_path_sum(const struct cv_xdp_counts *c);

/** XDP runs in softirq: counters once so many frames were seen, or after twenty seconds. */
struct cv_xdp_counts cv_lab_counts_after(const struct cv_bpf *b, unsigned int port,
					 uint64_t packets);

#endif
