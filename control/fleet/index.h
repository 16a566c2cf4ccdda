/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet's directory: plain files that any HTTPS server serves, and that nodes poll.
 *
 *     index, index.minisig   what is rolled out, to how many; signed (sign.h)
 *     NAME.raucb             the upgrade bundle, signed for itself (docs/operator/upgrade.md)
 *     reports/NODE.json      what became of it, put there by the nodes
 *
 * The index is JSON of at most 16 KiB with exactly the members that cv_fleet_index_write() writes.
 * What it says counts only once its signature has been checked. Any thread; nothing is kept.
 */
#ifndef CV_FLEET_INDEX_H
#define CV_FLEET_INDEX_H

#include "control/config/config.h"

#define CV_FLEET_INDEX "index"
#define CV_FLEET_SIGNATURE "index.minisig"
#define CV_FLEET_REPORTS "reports"
/** Largest index, and largest report, bytes. */
#define CV_FLEET_INDEX_MAX ((size_t)16 << 10)
#define CV_FLEET_REPORT_MAX ((size_t)4 << 10)
/** Largest bundle, bytes. */
#define CV_FLEET_BUNDLE_MAX ((uint64_t)4 << 30)
/** Newest form that is understood. */
#define CV_FLEET_FORM 1
#define CV_FLEET_HASH 65 /* SHA-256, hex, and the zero */
#define CV_FLEET_VERSION 80
#define CV_FLEET_NAME 128
#define CV_FLEET_WHY 160

struct cv_fleet_index {
	uint64_t serial; /* grows with each index, from 1 */
	int64_t created, expires; /* seconds since 1970 */
	char product[32]; /* as bundles have it: "culvert-x86-64" */
	bool halted; /* nobody begins */
	uint32_t percent; /* of the nodes that may begin, 0-100 */
	struct cv_config_window window; /* in which they may */
	char version[CV_FLEET_VERSION]; /* of the release */
	char bundle[CV_FLEET_NAME]; /* file in the directory */
	uint64_t size; /* of the bundle, bytes */
	char sha256[CV_FLEET_HASH];
};

/**
 * Read an index.
 *
 * @param why set on failure: what is wrong, CV_FLEET_WHY bytes.
 * @return 0; -EINVAL.
 */
int cv_fleet_index_parse(const char *text, size_t len, struct cv_fleet_index *ret, char *why);

/** As cv_fleet_index_parse() reads it. @param ret malloc'ed. @return 0 or -ENOMEM. */
int cv_fleet_index_write(const struct cv_fleet_index *index, char **ret);

/**
 * Is it a node's turn? A node that is among 10 percent is among 50; which ones are first is another
 * matter with each version.
 */
bool cv_fleet_selects(const struct cv_fleet_index *index, const char *node);

/* How far a node is with what the index says. id, name */
#define CV_FLEET_OUTCOMES(X)                                                                       \
	X(WAITING, "waiting") /* not its turn, not its time, or halted */                          \
	X(INSTALLING, "installing")                                                                \
	X(TRIAL, "trial") /* in the other slot, to be found good or not */                         \
	X(GOOD, "good") /* runs it, and was found well with it */                                  \
	X(FAILED, "failed") /* could not be installed, or was tried and left */
#define CV_FLEET_OUTCOME_ROW(id, name) CV_FLEET_##id,
enum cv_fleet_outcome { CV_FLEET_OUTCOMES(CV_FLEET_OUTCOME_ROW) CV_FLEET_OUTCOME_COUNT };

const char *cv_fleet_outcome_name(enum cv_fleet_outcome outcome);

struct cv_fleet_report {
	char node[64];
	char running[CV_FLEET_VERSION]; /* version of the system */
	char target[CV_FLEET_VERSION]; /* what the index wants */
	uint64_t serial; /* of that index */
	enum cv_fleet_outcome outcome;
	char detail[CV_FLEET_WHY]; /* for people */
	int64_t time; /* by the node's clock, seconds since 1970 */
};

/** Read a report; likewise. */
int cv_fleet_report_parse(const char *text, size_t len, struct cv_fleet_report *ret, char *why);
int cv_fleet_report_write(const struct cv_fleet_report *report, char **ret);

/** A name that may be a file in the directory or a node. */
bool cv_fleet_name_is_good(const char *name);

#endif
