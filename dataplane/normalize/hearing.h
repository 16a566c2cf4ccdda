/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hearings: a radio frame is heard by every gateway around, and each tells of it. It is one event:
 * what it says, as the gateway with the best signal has it, and who heard it. So the first copy waits
 * for the others for a moment (hold), and is told then.
 *
 * A decoder makes the record of a frame with whoever heard it (cv_hearing_mark()) and no records of
 * the signal; those are made of the best one when the frame is told. What the policy denies does not
 * get here, so that a denied gateway has heard nothing. Later copies are told from news by the
 * memory of repeats (CV_FLAG_DUPLICATE on the record) and are only counted.
 *
 *     heard = told + copies + those that wait
 *
 * Bounded: where too many wait, the oldest is told early. One owner: a worker.
 */
#ifndef CV_HEARING_H
#define CV_HEARING_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/normalize/emit.h"
#include "dataplane/normalize/repeats.h"

/** Frames that wait at the same time, for each worker; 5 MiB. */
#define CV_HEARINGS_MAX 4096u
/** Bytes of a record without its gateways: more than a LoRaWAN frame can say. */
#define CV_HEARING_RECORD 832
/** Frames told in one step of ageing. */
#define CV_HEARINGS_STEP 256

/** A frame that waits. */
struct cv_hearing {
	uint64_t print;
	int64_t until_ns; /* by the worker's clock for ageing */
	uint32_t next; /* in its bucket, CV_HEARING_NONE ends */
	uint16_t len; /* of the record */
	uint8_t count; /* of gateways */
	bool cut; /* more heard it */
	struct cv_gateway gateway[CV_GATEWAYS_MAX]; /* the best first */
	_Alignas(8) uint8_t record[CV_HEARING_RECORD]; /* the best one's, without gateways */
};
#define CV_HEARING_NONE UINT32_MAX

struct cv_hearings {
	struct cv_hearing *slot; /* a ring: all wait for the same time */
	uint32_t *bucket; /* first of those with the same low bits */
	uint32_t max; /* that wait; there is one slot more */
	uint32_t mask; /* of buckets */
	uint32_t first, count;
	int64_t hold_ns; /* 0 = told at once */
	int64_t now_ns; /* set by the owner before each message */
	struct cv_repeats *repeats; /* remembers what was told */
	/* Since the start. */
	uint64_t heard; /* copies that gateways told of */
	uint64_t told; /* frames told */
	uint64_t copies; /* of frames that wait or were told */
	uint64_t early; /* of told: too many waited */
};

/**
 * The only allocation.
 *
 * @param max that wait, a power of two.
 * @param repeats in use for as long as this is.
 * @return 0 or -ENOMEM.
 */
int cv_hearings_setup(struct cv_hearings *h, uint32_t max, int64_t hold_ns,
		      struct cv_repeats *repeats);
/** A zeroed or half set up object is fine. */
void cv_hearings_release(struct cv_hearings *h);

/** The record under construction is of a radio frame. @param print of the whole frame, not 0. */
void cv_hearing_mark(struct cv_emit *e, uint64_t print);

/**
 * Append who heard the frame; the last TLV of its record. What is no number is not stated.
 *
 * @param id EUI of the gateway, 0 = not known.
 */
void cv_hearing_gateway(struct cv_emit *e, uint64_t id, double rssi, double snr);

/**
 * A finished record that was marked has happened. Called by the emit functions.
 *
 * @param rec is not the sink's any more.
 * @return false: it is a record as any other, its mark removed.
 */
bool cv_hearing_take(struct cv_hearings *h, struct cv_emit *e, struct cv_record *rec);

/** Tell the frames whose time is over, a bounded number. */
void cv_hearings_age(struct cv_hearings *h, struct cv_emit *e);
/** Tell all that wait. */
void cv_hearings_drain(struct cv_hearings *h, struct cv_emit *e);

#endif
