/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarm rules at work: events in, alarms out. What an event costs does not depend on how many devices
 * there are: its rules are found by the number of its name, what they remember by the number of its
 * device, deadlines are on a wheel. docs/adr/0043 says what each condition means exactly.
 *
 * Time is that of receiving, and never goes back. One thread; allocates for what is new only.
 */
#ifndef CV_ALARM_ENGINE_H
#define CV_ALARM_ENGINE_H

#include "control/alarm/rules.h"
#include "control/alarm/wheel.h"
#include "dataplane/normalize/record.h"

struct cv_alarm_engine;

/** Longest URN of a device that rules look at; the registry has none longer. */
#define CV_ALARM_URN_MAX 255
/** Devices of an alarm that are told apart; more are in it, but do not count. */
#define CV_ALARM_MEMBERS 64
/** Longest id of an alarm with its zero: "alarm:RULE:DEVICE/NAME:MILLISECONDS". */
#define CV_ALARM_NAME_MAX (6 + CV_ALARM_ID_MAX + 1 + CV_ALARM_URN_MAX + 1 + 128 + 1 + 20)
/** Longest code of an area with its zero. */
#define CV_ALARM_AREA_MAX 32
/** Longest name of a quantity with its zero. */
#define CV_ALARM_QUANTITY_MAX 128

/** What the host knows of a device; texts stay until the next question. Never NULL. */
struct cv_alarm_device {
	const char *urn;
	size_t urn_len;
	const char *kind;
	const char *tags; /* commas between */
	const char *area[CV_ALARM_LEVEL_COUNT]; /* codes by enum cv_alarm_level, "" = none */
	uint32_t interval; /* expected between reports, s, 0 = not known */
};

/* What became of events and rules; part of /v1/alarms. */
#define CV_ALARM_COUNTS(X)                                                                         \
	X(LOOKED, "looked") /* records that rules were asked about */                              \
	X(STATES_FULL, "states-full") /* not watched: rules.capacity */                            \
	X(ACTIVE_FULL, "active-full") /* not raised: rules.active */                               \
	X(GROUPS_FULL, "groups-full") /* not counted: too many areas */                            \
	X(RAISED, "raised")                                                                        \
	X(UPDATED, "updated")                                                                      \
	X(ACKNOWLEDGED, "acknowledged")                                                            \
	X(CLEARED, "cleared")                                                                      \
	X(PUT_OFF, "put-off") /* changes that the host could not take at once */
#define CV_ALARM_COUNT_ROW(id, name) CV_ALARM_COUNT_##id,
enum cv_alarm_count { CV_ALARM_COUNTS(CV_ALARM_COUNT_ROW) CV_ALARM_COUNTERS };

/** An alarm from its raise to its clear. */
struct cv_alarm {
	struct cv_wheel_node node; /* when it is cleared, if nothing comes back */
	uint64_t key; /* of rule and subject */
	char *id; /* NULL = this place is free */
	char *who, *comment; /* of the acknowledgement, NULL = there is none */
	int64_t acked_ns;
	int64_t since_ns, raised_ns, told_ns; /* began; told first; told last */
	int64_t clear_at; /* 0 = it goes on */
	double value; /* newest; NaN = none */
	uint32_t name; /* of the quantity, as the engine numbers them; 0 = none */
	uint32_t device; /* that raised it; 0 = a group did */
	uint32_t on; /* occurrences that go on */
	uint32_t n_devices; /* that were in it */
	uint32_t devices[CV_ALARM_MEMBERS];
	uint64_t restored; /* bit per device: on before a restart, and not heard of since */
	uint32_t next_free; /* of a free place */
	uint16_t rule;
	uint16_t unit;
	bool gone; /* cleared; the host has yet to take it, or it was by hand and still goes on */
	bool parked; /* free, but still on the wheel */
	uint8_t untold; /* bit per enum cv_alarm_change that the host has yet to take */
	char area[CV_ALARM_AREA_MAX]; /* "" = of none */
};

struct cv_alarm_host {
	void *owner;
	void (*device)(void *owner, uint32_t device, struct cv_alarm_device *ret);
	/**
	 * An alarm has changed. @return whether it was taken; if not it is offered again by
	 * cv_alarm_engine_retell().
	 */
	bool (*changed)(void *owner, const struct cv_alarm *alarm, enum cv_alarm_change change,
			int64_t at);
};

/**
 * @param rules taken over on success.
 * @param number of the rules, for their alarms.
 * @return 0 or -ENOMEM.
 */
int cv_alarm_engine_create(struct cv_alarm_rules *rules, uint64_t number,
			   const struct cv_alarm_host *host, struct cv_alarm_engine **ret);
/** NULL is fine. */
void cv_alarm_engine_destroy(struct cv_alarm_engine *e);

/**
 * Look at a record.
 *
 * @param device number of its device, from 1 without large holes.
 * @param version changes whenever what the host knows of devices may have.
 * @param now ns since the Unix epoch; an earlier time than the last one is taken for that.
 */
void cv_alarm_engine_event(struct cv_alarm_engine *e, uint32_t device, const struct cv_record *rec,
			   uint64_t version, int64_t now);

/**
 * Have memory fetched that an event of a device will need: at stage 0, and when that has had time to
 * come, at stage 1. Without it each event waits for what it touches.
 */
void cv_alarm_engine_fetch(const struct cv_alarm_engine *e, uint32_t device, unsigned int stage);

/** Nothing has come up to now. */
void cv_alarm_engine_advance(struct cv_alarm_engine *e, int64_t now);

/** Is there a rule about silence by the expected interval? */
bool cv_alarm_engine_watches_silence(const struct cv_alarm_engine *e);

/** A device that ought to be heard, and was not yet: rules about silence watch it from now on. */
void cv_alarm_engine_expect(struct cv_alarm_engine *e, uint32_t device, uint64_t version,
			    int64_t now);

/** Offer the host what it could not take. @return whether it has taken all. */
bool cv_alarm_engine_retell(struct cv_alarm_engine *e);

/**
 * Somebody has seen an alarm.
 *
 * @return 0; -ENOENT: there is none with this id; -EALREADY: it is acknowledged; -ENOMEM.
 */
int cv_alarm_engine_ack(struct cv_alarm_engine *e, const char *id, const char *who,
			const char *comment, int64_t now);

/**
 * Somebody says that an alarm is over, and is told as who acknowledged it. What still goes on does
 * not raise it again before it has been over.
 *
 * @return 0; -ENOENT: there is none with this id; -ENOMEM.
 */
int cv_alarm_engine_clear(struct cv_alarm_engine *e, const char *id, const char *who,
			  const char *comment, int64_t now);

/** An alarm as it was told; for cv_alarm_engine_restore(). */
struct cv_alarm_past {
	const char *id, *rule, *area, *name, *who, *comment; /* "" = none; zero-terminated */
	uint32_t device; /* that raised it, 0 = a group */
	uint32_t devices[CV_ALARM_MEMBERS];
	uint32_t n_named, n_devices;
	int64_t since_ns, raised_ns, told_ns, acked_ns;
	double value;
	uint16_t unit;
};

/**
 * Take over an alarm from before a restart, or from other rules; nothing is told.
 *
 * @return 0; -ENOENT: no rule has this id; -EEXIST; -ENOSPC; -ENOMEM.
 */
int cv_alarm_engine_restore(struct cv_alarm_engine *e, const struct cv_alarm_past *past);

const struct cv_alarm_rules *cv_alarm_engine_rules(const struct cv_alarm_engine *e);
uint64_t cv_alarm_engine_number(const struct cv_alarm_engine *e);
const struct cv_alarm_rule *cv_alarm_engine_rule(const struct cv_alarm_engine *e,
						 const struct cv_alarm *alarm);
/** Alarms by number, from 1; NULL = this one is not active, or there are no more. */
const struct cv_alarm *cv_alarm_engine_at(const struct cv_alarm_engine *e, uint32_t number);
/** One past the highest number in use. */
uint32_t cv_alarm_engine_end(const struct cv_alarm_engine *e);
const struct cv_alarm *cv_alarm_engine_find(const struct cv_alarm_engine *e, const char *id);
uint32_t cv_alarm_engine_active(const struct cv_alarm_engine *e);
/** The quantity that an alarm is of, "" = none. */
const char *cv_alarm_engine_quantity(const struct cv_alarm_engine *e, const struct cv_alarm *alarm);
/** The threshold of the alarm's rule, NaN = it has none. */
double cv_alarm_engine_threshold(const struct cv_alarm_engine *e, const struct cv_alarm *alarm);

const uint64_t *cv_alarm_engine_counts(const struct cv_alarm_engine *e);
const char *cv_alarm_count_name(enum cv_alarm_count what);
/** What is watched; memory, bytes. */
uint32_t cv_alarm_engine_states(const struct cv_alarm_engine *e);
uint64_t cv_alarm_engine_bytes(const struct cv_alarm_engine *e);

#endif
