/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generations: which system was in use with which configuration. Each slot has at most one, in
 * DIR/generations/SLOT.json. It is kept when the slot is left for the other one, kept once more by the first
 * start of the other one (nobody can change the configuration between that and the last moment of the
 * slot), and brings the configuration back with the system (docs/adr/0047).
 *
 * The steps, each one replacing of one file, so that a power cut falls between two of them:
 *
 *     before the way:    A.json: what A has      attempt.json: trial of B, restore or not
 *     B's first start:   A.json: closed          culvert.yaml: B's       attempt.json: restored
 *     A, when B failed:  culvert.yaml: A's       A.json: not closed      attempt.json: failed
 */
#ifndef CV_UPDATE_GENERATION_H
#define CV_UPDATE_GENERATION_H

#include <stddef.h>
#include <stdint.h>

#include "control/update/update.h"

/** The node's configuration; on the data partition, as CV_UPDATE_DIR is. */
#define CV_UPDATE_CONFIG "/data/culvert/culvert.yaml"

struct cv_update_generation {
	uint64_t number; /* 1 for the first; one more with each slot that becomes good */
	char version[CV_UPDATE_VERSION]; /* of the system */
	bool closed; /* kept by the first start of the other slot */
	char *config; /* text of the configuration, NULL = there was none */
	size_t len;
};

void cv_update_generation_release(struct cv_update_generation *g);

/**
 * Read what is kept of a slot.
 *
 * @param version of the system in the slot where it is known, else NULL: that of another one is none.
 * @param ret release it.
 * @return 0; -ENOENT; -EBADMSG; negative errno.
 */
int cv_update_generation_read(const char *dir, const char *slot, const char *version,
			      struct cv_update_generation *ret);

/** Number of the running system; of one on trial that never had one: which it will have. */
uint64_t cv_update_generation_number(const char *dir, const struct cv_update_self *self);

/** Keep what runs, before the other slot is made the next. @param config the node's file. @return 0 or negative errno. */
int cv_update_generation_leave(const char *dir, const char *config,
			       const struct cv_update_self *self);

/** The slot is written anew: what was kept of it is of no use. */
void cv_update_generation_forget(const char *dir, const char *slot);

/** The running slot was on trial, and is good: it has a number from now on. @return 0 or negative errno. */
int cv_update_generation_good(const char *dir, const struct cv_update_self *self);

/** Is the kept configuration another one than the node's file has? */
bool cv_update_generation_differs(const struct cv_update_generation *g, const char *config);

/**
 * The first start of a slot on trial, before anybody reads the configuration: close the generation of the
 * other slot; where the attempt says so, put this one's configuration in its place. May be called again.
 *
 * @param attempt follows what is on the disk.
 * @return 1: another configuration is there now; 0: the same; negative errno: the same.
 */
int cv_update_generation_enter(const char *dir, const char *config,
			       const struct cv_update_self *self,
			       struct cv_update_attempt *attempt);

/**
 * A start of a slot that was left, when what was tried was not well, or the firmware started it by itself: put
 * the configuration back that it had. May be called again. A configuration of which nothing else is kept goes to CONFIG.replaced.
 *
 * @return as cv_update_generation_enter().
 */
int cv_update_generation_return(const char *dir, const char *config,
				const struct cv_update_self *self);

#endif
