/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies and frames for the differential test: random, but built along the structure of the
 * formats, so that they reach behind the first check. All from one seed.
 */
#ifndef CV_GENERATE_H
#define CV_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/generation.h"
#include "dataplane/policy/quarantine_image.h"

/** Longest frame that cv_generate_frame() makes, bytes. */
#define CV_GENERATE_MAX 1600u

/** Ports that frames come in by, and MAC addresses that some come from. */
#define CV_GENERATE_PORTS 3u
#define CV_GENERATE_MACS 40u

struct cv_random {
	uint64_t state;
};

uint64_t cv_random(struct cv_random *r);

/** Evenly from 0 to n - 1; n >= 1. */
uint32_t cv_below(struct cv_random *r, uint32_t n);

/** True once in @p n. */
int cv_once_in(struct cv_random *r, uint32_t n);

/** A policy that uses some or all shapes of rule. @return NULL: no memory. free() it. */
struct cv_generation *cv_generate_policy(struct cv_random *r, uint64_t number);

/** One of the MAC addresses, as cv_load_mac() gives it. */
uint64_t cv_generate_mac(uint32_t number);

/** A frame, good or bad, into @p frame of CV_GENERATE_MAX bytes. @return its length. */
uint32_t cv_generate_frame(struct cv_random *r, uint8_t *frame);

/** A source address of the kind that frames have, as a device key; to seed devices. */
void cv_generate_device(struct cv_random *r, struct cv_device_key *key);

/** A list of devices to put away, now and then an empty one. @return NULL: no memory. free() it. */
struct cv_quarantine_image *cv_generate_quarantine(struct cv_random *r);

#endif
