/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarm rules on a node: judges what the intake hands over, tells what becomes of alarms in the alarm
 * lane, and takes over what was active before a restart. One thread (control's loop).
 */
#ifndef CV_ALARM_LIVE_H
#define CV_ALARM_LIVE_H

#include "control/alarm/engine.h"
#include "control/alarm/store.h"
#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/intake/intake.h"
#include "control/loop/loop.h"

struct cv_alarms;

/**
 * Rules of the configuration, or those that were applied since it was changed last. Turns the loop:
 * what the log has of alarms is read.
 *
 * @param config, intake must outlive the alarms. The intake's judge is set.
 * @param diag what is wrong with the rules.
 * @return 0; -EINVAL with findings; another negative errno with a finding.
 */
int cv_alarms_create(struct cv_loop *loop, struct cv_eventlog *log, const struct cv_config *config,
		     struct cv_intake *intake, struct cv_alarms **ret, struct cv_diagnostics *diag);
/** What is not told yet is told first. Turns the loop. NULL is fine. */
void cv_alarms_destroy(struct cv_alarms *a);

/** NULL = there are no rules. */
struct cv_alarm_engine *cv_alarms_engine(const struct cv_alarms *a);
struct cv_intake *cv_alarms_intake(const struct cv_alarms *a);
/** The rules in force. */
struct cv_alarm_kept cv_alarms_rules(const struct cv_alarms *a);

/** Records made here that the log has taken or refused; for the ledger. */
uint64_t cv_alarms_made(const struct cv_alarms *a, enum cv_lane lane);

/** @return 0, -ENOENT, -EALREADY, -ENOMEM. */
int cv_alarms_ack(struct cv_alarms *a, const char *id, const char *who, const char *comment);
/** @return 0, -ENOENT, -ENOMEM. */
int cv_alarms_clear(struct cv_alarms *a, const char *id, const char *who, const char *comment);

/** Rules as they came, and who brought them. */
struct cv_alarms_offer {
	const char *text;
	size_t len;
	const char *sigs; /* minisign's, one behind the other */
	size_t sigs_len;
	const char *who;
};

/**
 * Put rules in force. Alarms of rules that are in both go on; those of rules that are gone are
 * cleared.
 *
 * @return 0; -EINVAL with findings; -EKEYREJECTED: not signed as the configuration asks; -ESTALE: the
 *         version is not higher than that in force; another negative errno. Nothing has changed then.
 */
int cv_alarms_apply(struct cv_alarms *a, const struct cv_alarms_offer *offer,
		    struct cv_diagnostics *diag);

/* ---- between live.c and live_rules.c ---------------------------------------------------------- */

/** Has the log taken every change of alarms? What it could not take yet is offered again. */
bool cv_alarms_told(struct cv_alarms *a);
/** Take the engine's place, whose changes are told; NULL: there are no rules. */
int cv_alarms_put_in_force(struct cv_alarms *a, struct cv_alarm_rules *rules, uint64_t number);
struct cv_alarm_store *cv_alarms_store(const struct cv_alarms *a);
const struct cv_config *cv_alarms_config(const struct cv_alarms *a);
/** What is in force when control starts. @return as cv_alarms_create(). */
int cv_alarms_start_rules(struct cv_alarms *a, struct cv_diagnostics *diag);

#endif
