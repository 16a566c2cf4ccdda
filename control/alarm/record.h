/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms as records of the alarm lane, both ways: what is told is all that a restart needs. */
#ifndef CV_ALARM_RECORD_H
#define CV_ALARM_RECORD_H

#include "control/alarm/engine.h"

/** Room that cv_alarm_record() asks for, bytes. */
#define CV_ALARM_RECORD_ROOM (2 * CV_RECORD_MAX)

/** Who knows the URNs. */
struct cv_alarm_urns {
	void *owner;
	/** URN of a device. */
	const char *(*urn)(void *owner, uint32_t device, size_t *ret_len);
	/** Number of the device with a URN, made where there is none; 0 = no room. */
	uint32_t (*device)(void *owner, const char *urn, size_t len);
};

/**
 * Write what became of an alarm. The caller stamps it with row and area.
 *
 * @param at CV_ALARM_RECORD_ROOM bytes, 8-aligned.
 * @return the record, at @p at.
 */
struct cv_record *cv_alarm_record(const struct cv_alarm_engine *e, const struct cv_alarm *a,
				  enum cv_alarm_change change, int64_t now,
				  const struct cv_alarm_urns *urns, uint8_t *at);

/** What a record says of an alarm, with room for its texts. */
struct cv_alarm_told {
	struct cv_alarm_past past; /* points into this */
	enum cv_alarm_change change;
	char id[CV_TLV_MAX + 1], rule[CV_TLV_MAX + 1], name[CV_TLV_MAX + 1];
	char area[CV_ALARM_AREA_MAX], who[CV_TLV_MAX + 1], comment[CV_TLV_MAX + 1];
};

/**
 * Read it back.
 *
 * @return false: the record is of no alarm that a rule raised.
 */
bool cv_alarm_record_read(const struct cv_record *rec, const struct cv_alarm_urns *urns,
			  struct cv_alarm_told *ret);

#endif
