/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of alarms outlives a control: the records of those that are active, as they are in the log,
 * up to where; and the rules in force. The log has the same, so that what is not written yet is
 * read again from there. SQLite, written behind. One thread (control's loop).
 */
#ifndef CV_ALARM_STORE_H
#define CV_ALARM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

/** Name of the file in log.dir. */
#define CV_ALARM_FILE "alarms.db"

struct cv_alarm_store;

/** Rules that were put in force; texts are the store's, "" = none. */
struct cv_alarm_kept {
	uint64_t number; /* from 1; 0 = there are none */
	uint64_t version; /* that the file itself says */
	const char *text; /* of the file */
	size_t len;
	const char *who; /* who put it in force */
	const char *config; /* SHA-256 of the configuration's file then */
};

/**
 * @param why set on failure to a sentence; static.
 * @return 1: made anew; 0; -EPROTO: it is of a newer Culvert, and stays as it was; other negative errno. A
 *         damaged file is put aside and made anew.
 */
int cv_alarm_store_open(const char *path, struct cv_alarm_store **ret, const char **why);
/** Writes what is not written. NULL is fine. */
void cv_alarm_store_close(struct cv_alarm_store *s);

/** The log has this record of an alarm. Takes it over, or forgets an alarm that is cleared. */
void cv_alarm_store_take(struct cv_alarm_store *s, const struct cv_record *rec);
/** The log has all up to @p seq, and so has the store. */
void cv_alarm_store_up_to(struct cv_alarm_store *s, uint64_t seq);
uint64_t cv_alarm_store_seq(const struct cv_alarm_store *s);

/** Write what has changed. @return 0 or negative errno: it is tried again with the next. */
int cv_alarm_store_flush(struct cv_alarm_store *s);

/** Records of the alarms that are active. */
void cv_alarm_store_each(const struct cv_alarm_store *s,
			 void (*each)(void *owner, const struct cv_record *rec), void *owner);

struct cv_alarm_kept cv_alarm_store_rules(const struct cv_alarm_store *s);
/** On stable storage when this returns. @return 0 or negative errno. */
int cv_alarm_store_keep_rules(struct cv_alarm_store *s, const struct cv_alarm_kept *rules);

#endif
