/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarms on their way into the log: records in blocks of control's own, appended one block at a
 * time. What finds no room is put off, never lost (engine.h, retell). One thread (control's loop).
 */
#ifndef CV_ALARM_OUTBOX_H
#define CV_ALARM_OUTBOX_H

#include "control/eventlog/eventlog.h"
#include "control/loop/loop.h"

/** Blocks that can wait; some 150 alarms each. */
#define CV_ALARM_OUTBOX_BLOCKS 16u

struct cv_alarm_outbox;

/** The log has taken a record, which is the @p seq th of its lane, or has refused it (@p seq 0). */
typedef void cv_alarm_logged(void *owner, const struct cv_record *rec, uint64_t seq);

/** @return 0 or negative errno. */
int cv_alarm_outbox_create(struct cv_loop *loop, struct cv_eventlog *log, cv_alarm_logged *logged,
			   void *owner, struct cv_alarm_outbox **ret);
/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_alarm_outbox_destroy(struct cv_alarm_outbox *o);

/** Where the next record goes, CV_ALARM_RECORD_ROOM bytes; NULL = there is no room now. */
uint8_t *cv_alarm_outbox_room(struct cv_alarm_outbox *o);
/** The record that was made there. */
void cv_alarm_outbox_add(struct cv_alarm_outbox *o, const struct cv_record *rec);

/** Nothing waits. */
bool cv_alarm_outbox_is_empty(const struct cv_alarm_outbox *o);
/** Records that the log has taken or refused; for the ledger. */
uint64_t cv_alarm_outbox_made(const struct cv_alarm_outbox *o);

#endif
