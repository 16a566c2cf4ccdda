/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry as a running control has it: which device has which numbers, and the facts that
 * events are told with, in memory. It follows the file: what a step takes over is bounded, so that
 * an import of millions holds up no event. One thread (control's loop).
 *
 * Memory per device: 48 bytes of facts and 21 to 43 of the index; texts are kept once.
 */
#ifndef CV_REGISTRY_LIVE_H
#define CV_REGISTRY_LIVE_H

#include "control/registry/index.h"
#include "control/registry/store.h"
#include "control/registry/words.h"
#include "dataplane/normalize/record.h"

/** Rows that a step takes over at most; some 2 ms. */
#define CV_REGISTRY_STEP 512

struct cv_registry_facts {
	int32_t lat, lon, alt; /* CV_REGISTRY_NONE = not stated; 1e-7 degrees, mm */
	uint32_t area; /* number; 0 = none */
	uint32_t kind, owner, zone, tags; /* words */
	uint32_t interval; /* s, 0 = not stated */
};

/** Codes of an area, as words. */
struct cv_registry_area {
	uint32_t city, district, street, community;
};

struct cv_registry_live;

/** Nothing is read yet. @param path of the file; copied. @return 0 or negative errno. */
int cv_registry_live_create(const char *path, struct cv_registry_live **ret);
/** NULL is fine. */
void cv_registry_live_destroy(struct cv_registry_live *live);

/** Take over one row, in the order of changes. @return 0 or -ENOMEM, -ENOSPC. */
int cv_registry_live_take(struct cv_registry_live *live, const struct cv_registry_device *d,
			  uint64_t rev, bool removed);
/** All that the file has was taken over; one that never had a device is as if it were not there. */
void cv_registry_live_complete(struct cv_registry_live *live);

/**
 * Take over what has changed in the file, at once: for who has no loop. Not beside
 * cv_registry_follow_create().
 *
 * @return 1: there may be more; 0: all is taken over, or there is no registry; negative errno:
 *         it cannot be read now, cv_registry_live_why(): ask again later.
 */
int cv_registry_live_step(struct cv_registry_live *live);
const char *cv_registry_live_why(const struct cv_registry_live *live);

/** There is a file. */
bool cv_registry_live_is_there(const struct cv_registry_live *live);
/** There is a registry, and all of it has been read once. */
bool cv_registry_live_ready(const struct cv_registry_live *live);

/** When it was, ns since the Unix epoch; INT64_MAX before. */
int64_t cv_registry_live_ready_ns(const struct cv_registry_live *live);

/** Another one when what is known of any device has changed. @param live NULL = there is none: 0. */
uint64_t cv_registry_live_version(const struct cv_registry_live *live);

uint64_t cv_registry_live_count(const struct cv_registry_live *live);
/** Memory it takes, bytes. */
uint64_t cv_registry_live_bytes(const struct cv_registry_live *live);

/** Row and area of a device by its URN. @return row, 0 = it is not known. */
uint32_t cv_registry_live_find(const struct cv_registry_live *live, const char *urn, size_t len,
			       uint32_t *ret_area);

/**
 * Row and area of the device of a checked record: as it was stamped. What was received before all
 * of the registry was read could not be stamped; its device is looked up now.
 */
void cv_registry_live_rows(const struct cv_registry_live *live, const struct cv_record *rec,
			   uint32_t *ret_row, uint32_t *ret_area);

/** Look up the device that a record names: a component's own row goes before the device's. */
uint32_t cv_registry_live_find_record(const struct cv_registry_live *live,
				      const struct cv_record *rec, uint32_t *ret_area);

/** NULL = no device has this row. */
const struct cv_registry_facts *cv_registry_live_facts(const struct cv_registry_live *live,
						       uint32_t row);
/** Codes of an area by its number; NULL = there is none. */
const struct cv_registry_area *cv_registry_live_area(const struct cv_registry_live *live,
						     uint32_t area);
const char *cv_registry_live_word(const struct cv_registry_live *live, uint32_t word);

/** Whether one of an area's codes begins so. */
bool cv_registry_live_is_within(const struct cv_registry_live *live, uint32_t area,
				const char *code, size_t len);
/** Whether a device has that tag. */
bool cv_registry_live_has_tag(const struct cv_registry_live *live, uint32_t row, const char *tag,
			      size_t len);

/**
 * A record with what the registry knows of its device (TLVs device-kind to place). What finds no
 * room in the largest record is left out.
 *
 * @param live NULL = there is no registry.
 * @param with_place whether it may be told where the device is.
 * @param buf CV_RECORD_MAX bytes, aligned to 8.
 * @return @p rec where nothing is known, else a record in @p buf.
 */
const struct cv_record *cv_registry_live_tell(const struct cv_registry_live *live,
					      const struct cv_record *rec, bool with_place,
					      uint8_t *buf);

#endif
