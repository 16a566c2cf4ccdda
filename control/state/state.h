/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The latest value of each quantity of each device, in memory (GET /v1/devices/ID/state). What is
 * older never takes the place of what is newer: history, retained messages and late values do not.
 * One thread (control's loop). After a start it fills as devices report, and from the log (refill.h).
 *
 * Memory: a device costs 40 bytes, 21 to 43 in the index, and its URN; a quantity 40 bytes; a text
 * 32 for each 27 bytes of it. 3 million devices with a URN of 30 bytes and two quantities: 550 MB. Where
 * the bound is reached, what is held goes on to be updated, and what is new is left out and
 * counted.
 */
#ifndef CV_STATE_H
#define CV_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "control/registry/index.h"
#include "control/registry/words.h"
#include "dataplane/normalize/record.h"

/** Quantities of one device at most. */
#define CV_STATE_VALUES_MAX 256
/** Bytes of a text that are kept. */
#define CV_STATE_TEXT_MAX 108

/* What became of the records that were offered; part of /v1/stats. */
#define CV_STATE_COUNTS(X)                                                                         \
	X(TAKEN, "taken") /* the latest of its quantity now */                                     \
	X(LATE, "late") /* history, late or retained: there is a newer one */                      \
	X(OTHER, "other") /* commands, sessions, errors, ...: no value of a device */              \
	X(DEVICES_FULL, "devices-full") /* a new device, and no room */                            \
	X(VALUES_FULL, "values-full") /* a new quantity, and no room */
#define CV_STATE_COUNT_ROW(id, name) CV_STATE_##id,
enum cv_state_count { CV_STATE_COUNTS(CV_STATE_COUNT_ROW) CV_STATE_COUNT };

struct cv_state;

struct cv_state_value {
	uint32_t name_id; /* vocabulary, 0 = word */
	uint32_t word; /* the name, or the code where there is no name */
	uint32_t next; /* next value of the device, 0 = none */
	uint32_t text; /* cell of the text, 0 = none */
	int64_t time_ns; /* of the device where it can be trusted, else of receiving */
	union {
		double f64;
		int64_t i64;
		uint64_t u64; /* type none: a position, lat | lon << 32 */
	} value;
	uint16_t unit_id;
	uint8_t type; /* enum cv_value_type */
	uint8_t quality; /* enum cv_quality */
	uint8_t stage : 4; /* enum cv_stage_of_value */
	uint8_t lane : 4; /* enum cv_lane it came in */
	uint8_t kind; /* enum cv_kind */
	uint8_t proto;
	uint8_t cut; /* the text was longer */
};
_Static_assert(sizeof(struct cv_state_value) == 40, "what a quantity costs");

struct cv_state_device {
	int64_t seen_ns; /* last record of any kind, received */
	uint64_t urn; /* where its text is */
	uint32_t told_s; /* that it is not in the registry, s since the Unix epoch; 0 = never */
	uint32_t asked; /* version of the registry that row and area are of, and one; 0 = never */
	uint32_t row; /* in the registry, 0 = it is not there */
	uint32_t first; /* value, 0 = none */
	uint16_t urn_len;
	uint16_t values;
	uint32_t area;
};
_Static_assert(sizeof(struct cv_state_device) == 40, "what a device costs");

/** @param bytes the bound of all memory. @return 0 or negative errno. */
int cv_state_create(uint64_t bytes, struct cv_state **ret);
/** NULL is fine. */
void cv_state_destroy(struct cv_state *s);

/**
 * The device of that URN, made where there is none yet.
 *
 * @return its number, from 1, in the order in which they came; 0 = no room, counted.
 */
uint32_t cv_state_device(struct cv_state *s, const char *urn, size_t len);

/** The device of that URN. @return its number, 0 = it is not held. */
uint32_t cv_state_find(const struct cv_state *s, const char *urn, size_t len);

/*
 * The same in steps, so that many at a time can wait for memory together: fingerprint, fetch what
 * a step needs into the cache, take the step.
 */
uint64_t cv_state_print(const struct cv_state *s, const char *urn, size_t len);
uint32_t cv_state_find_print(const struct cv_state *s, uint64_t print);
uint32_t cv_state_device_print(struct cv_state *s, uint64_t print, const char *urn, size_t len);
void cv_state_fetch_print(const struct cv_state *s, uint64_t print);
/** @param device 0 is fine. */
void cv_state_fetch_device(const struct cv_state *s, uint32_t device);
/** What it said last, where the device itself is there. */
void cv_state_fetch_values(const struct cv_state *s, uint32_t device);

/** NULL = there is no such number. Valid until the next device is made. */
struct cv_state_device *cv_state_at(const struct cv_state *s, uint32_t device);
const char *cv_state_urn(const struct cv_state *s, const struct cv_state_device *d);
const struct cv_state_value *cv_state_value(const struct cv_state *s, uint32_t value);
/** The text of a value. @param buf CV_STATE_TEXT_MAX + 1 bytes. */
const char *cv_state_text(const struct cv_state *s, const struct cv_state_value *v, char *buf);
/** A name that the vocabulary does not have. */
const char *cv_state_word(const struct cv_state *s, uint32_t word);

/** Take what a checked record says of the device. @return what became of it; counted. */
enum cv_state_count cv_state_take(struct cv_state *s, uint32_t device, const struct cv_record *rec);

/** The same for a record of the past, read again: it takes the place of an older value only. */
enum cv_state_count cv_state_take_past(struct cv_state *s, uint32_t device,
				       const struct cv_record *rec);

const uint64_t *cv_state_counts(const struct cv_state *s);
const char *cv_state_count_name(enum cv_state_count what);
/** Devices held; values held; memory, bytes, and its bound. */
uint32_t cv_state_devices(const struct cv_state *s);
uint64_t cv_state_values(const struct cv_state *s);
uint64_t cv_state_bytes(const struct cv_state *s);
uint64_t cv_state_bound(const struct cv_state *s);

#endif
