/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `culvert-update update VERB`: upgrades of the appliance's system, over RAUC. RAUC checks and writes
 * bundles and tells the firmware what to start; here is what belongs to Culvert: which bundles this
 * node takes, when a slot on trial is good, and what became of the last attempt (docs/adr/0047).
 */
#ifndef CV_UPDATE_H
#define CV_UPDATE_H

#include <jansson.h>
#include <stdbool.h>

#include "control/policy/command.h"
#include "control/text/boot_id.h"

/** Where the node keeps what follows; on the data partition, which both slots see. */
#define CV_UPDATE_DIR "/data/culvert/update"
/** What bundles and indexes for these nodes are marked with. */
#define CV_UPDATE_PRODUCT "culvert-x86-64"
/** Longest version of an image. */
#define CV_UPDATE_VERSION 80
#define CV_UPDATE_SLOT 8

/*
 * How far the last attempt has come. Written before the step it names, so that a power cut is seen at
 * the next start.
 */
#define CV_UPDATE_PHASES(X)                                                                        \
	X(NONE, "none") /* nothing was attempted, or the last attempt is good */                   \
	X(INSTALLING, "installing") /* the slot is being written and may be broken */              \
	X(TRIAL, "trial") /* the slot is whole and is started once */                              \
	X(FAILED, "failed") /* the slot was tried and is not good */
#define CV_UPDATE_PHASE_ROW(id, name) CV_UPDATE_##id,
enum cv_update_phase { CV_UPDATE_PHASES(CV_UPDATE_PHASE_ROW) CV_UPDATE_PHASE_COUNT };

struct cv_update_attempt {
	enum cv_update_phase phase;
	char slot[CV_UPDATE_SLOT]; /* bootname of the slot attempted: "A", "B" */
	char version[CV_UPDATE_VERSION]; /* of what is or was to be there */
	char from[CV_UPDATE_VERSION]; /* what ran then */
	char boot[CV_BOOT_ID_SIZE]; /* boot id of the start in which this was written */
	int64_t since; /* seconds of the wall clock */
	bool restore; /* the slot's first start is to bring its configuration back (generation.h) */
};

const char *cv_update_phase_name(enum cv_update_phase phase);

/**
 * Read DIR/attempt.json.
 *
 * @return 0, with phase NONE where there is no file; -EBADMSG: it is no such file; negative errno.
 */
int cv_update_read(const char *dir, struct cv_update_attempt *ret);

/** Read DIR/NAME. @param ret a new reference. @return 0; -ENOENT; -EBADMSG: no JSON; negative errno. */
int cv_update_read_json(const char *dir, const char *name, json_t **ret);

/**
 * Replace DIR/NAME whole, on the disk before this returns.
 *
 * @param doc stolen; NULL: no memory.
 * @return 0 or negative errno.
 */
int cv_update_replace(const char *dir, const char *name, json_t *doc);

/** Replace it whole, on the disk before this returns. @return 0 or negative errno. */
int cv_update_write(const char *dir, const struct cv_update_attempt *attempt);

/** Is version @p a older than @p b? Numbers within are compared as numbers; 1.0-rc1 is older than 1.0. */
bool cv_update_older(const char *a, const char *b);

/** Word of a kernel command line: "B" of "rauc.slot=B". @return 0 or -ENOENT. */
int cv_update_word(const char *cmdline, const char *key, char *ret, size_t size);

/** The running system. */
struct cv_update_self {
	char slot[CV_UPDATE_SLOT], other[CV_UPDATE_SLOT];
	char version[CV_UPDATE_VERSION];
};

/** @return 0; -ENOTSUP: this is no appliance, or was not started from a slot. */
int cv_update_self(struct cv_update_self *ret);

/**
 * Is the running system on trial?
 *
 * @param attempt as read from the disk.
 */
bool cv_update_on_trial(const struct cv_update_self *self, const struct cv_update_attempt *attempt);

/** Is it another slot that was last attempted, in another start than this? Then what was tried has been left. */
bool cv_update_was_left(const struct cv_update_self *self, const struct cv_update_attempt *attempt);

/** Is there a system in a slot ("A", "B")? */
bool cv_update_has_system(const char *slot);

/**
 * Run a program and wait.
 *
 * @param argv NULL behind the last.
 * @param ret_json what it printed, as JSON; NULL: its output goes where ours goes. NULL is stored where
 *        it was no JSON.
 * @return its exit code; 127 when it could not be started.
 */
int cv_update_run(const char *const *argv, json_t **ret_json);

/** One of those that install or go back at a time: held until the process ends. @return false: another is at it. */
bool cv_update_is_alone(void);

/**
 * Check a bundle, write it to the other slot and have that started once; for who is alone.
 *
 * @param version that the bundle is said to have, NULL: any.
 * @return exit code; what fails is told.
 */
int cv_update_install_bundle(const struct cv_policy_args *args, const char *bundle,
			     const char *version);

/** Read what a verb needs; what fails is told. @return CV_CLI_OK or an exit code. */
int cv_update_load(const struct cv_policy_args *args, struct cv_update_self *self,
		   struct cv_update_attempt *attempt);

/** The `culvert-update update ...` commands; argv[0] is "update". @return exit code. */
int cv_update_command(int argc, char **argv);

/* Handlers. Each returns an exit code. */
int cv_update_status(const struct cv_policy_args *args);
int cv_update_install(const struct cv_policy_args *args);
int cv_update_rollback(const struct cv_policy_args *args);
int cv_update_mark(const struct cv_policy_args *args);
int cv_update_confirm(const struct cv_policy_args *args);
int cv_update_restore(const struct cv_policy_args *args);
int cv_update_poll(const struct cv_policy_args *args);

#endif
