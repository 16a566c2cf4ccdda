/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit trail: who did what to the policy, when, and what came of it. SQLite, synchronous=FULL.
 *
 * A change is written down before it is made. What cannot be written down is not done, but for two
 * things that must work when nothing else does: going back to the policy before, by hand or because
 * nobody confirmed. Their rows wait in memory and are written when there is room again.
 *
 * Any thread; it may wait for the disk, or for another one that does. Only what waits and what is lost is
 * told at once.
 */
#ifndef CV_AUDIT_H
#define CV_AUDIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct cv_audit;

struct cv_audit_entry {
	int64_t time_ns; /* wall clock */
	const char *who;
	const char *what; /* "apply", "promote", ... */
	uint64_t number; /* of the policy, 0 = none */
	const char *hash; /* "" = none */
	const char *detail; /* "" = none */
};

/**
 * Open or make the file. One that is damaged is put aside as FILE.damaged and a new one begun, with
 * a row that says so: an unreadable trail must not stop the node.
 *
 * @param why set on failure; static.
 */
int cv_audit_open(const char *path, struct cv_audit **ret, const char **why);

/**
 * Write down what is about to be done; its result reads "begun" until cv_audit_finish().
 *
 * @return row, > 0; negative errno (-ENOSPC: disk full): it is not written.
 */
int64_t cv_audit_begin(struct cv_audit *a, const struct cv_audit_entry *entry);

/** As cv_audit_begin(), but kept in memory where it cannot be written. @return row, never an error. */
int64_t cv_audit_begin_later(struct cv_audit *a, const struct cv_audit_entry *entry);

/** What came of it: "done", "refused", ... Kept in memory where it cannot be written. */
void cv_audit_finish(struct cv_audit *a, int64_t row, const char *result, const char *detail);

/** Rows that an earlier control began and did not finish: nothing came of them. */
void cv_audit_interrupted(struct cv_audit *a);

/** Rows that wait in memory. */
unsigned int cv_audit_waiting(const struct cv_audit *a);

/** Rows that found no room there either. */
unsigned int cv_audit_lost(const struct cv_audit *a);

/** Rows, newest first: [{"id", "time", "who", "what", "number", "hash", "result", "detail"}]. */
json_t *cv_audit_json(struct cv_audit *a, unsigned int limit);

/** NULL is fine. */
void cv_audit_close(struct cv_audit *a);

#endif
