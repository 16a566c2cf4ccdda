/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody may see of the events: areas x lanes x types x devices, and what of each event is taken
 * away before anything else looks at it. Compiled once; evaluated on the record. What is out of scope is
 * as if it were not there: filters see the record as it is after masking, so that they cannot be
 * asked about what is hidden.
 */
#ifndef CV_SCOPE_H
#define CV_SCOPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/registry/live.h"
#include "control/subscriber/http_refusal.h"
#include "dataplane/normalize/record.h"

/* How a scope is written, in the API, on the command line and in the database: "" = all, none. */
#define CV_SCOPE_PARTS(X)                                                                          \
	X(lanes) /* "alarm,status" */                                                              \
	X(types) /* "measurement,state" */                                                         \
	X(devices) /* URNs, globs: "urn:dev:hj212:4403*" */                                        \
	X(areas) /* codes of the registry, or how they begin: "4403,310115" */                     \
	X(groups) /* consumer groups it may read as and acknowledge for; "" = none */              \
	X(masks) /* "device,position" */

/* What can be taken away. */
#define CV_MASKS(X)                                                                                \
	X(DEVICE, "device") /* who it is: identity, parts, request ids, gateways, addresses */     \
	X(ADDRESS, "address") /* addresses and ports of both ends; VLAN */                         \
	X(POSITION, "position") /* where it is */                                                  \
	X(TEXT, "text") /* texts and raw payloads */

#define CV_MASK_ROW(id, name) CV_MASK_##id,
enum cv_mask { CV_MASKS(CV_MASK_ROW) CV_MASK_COUNT };

/** Longest part of a scope, bytes with the zero. */
#define CV_SCOPE_TEXT_MAX 1024

#define CV_SCOPE_PART(id) char id[CV_SCOPE_TEXT_MAX];
struct cv_scope_text {
	CV_SCOPE_PARTS(CV_SCOPE_PART)
};

struct cv_scope {
	uint32_t lanes; /* bit per enum cv_lane */
	uint64_t types; /* bit per enum cv_kind */
	uint32_t masks; /* bit per enum cv_mask */
	char *devices; /* globs with commas between, NULL = all */
	char *areas; /* beginnings of codes with commas between, NULL = all */
	char *groups; /* names and globs with commas between, NULL = none */
	uint64_t print; /* the same for scopes that show the same; not 0 */
};

/** Name of a mask; "?" for an unknown number. */
const char *cv_mask_name(unsigned int mask);

/**
 * Compile a scope.
 *
 * @param ret set on success; the caller frees it with cv_scope_release().
 * @return 0; -EINVAL with @p why filled; -ENOMEM likewise.
 */
int cv_scope_parse(const struct cv_scope_text *text, struct cv_scope *ret,
		   struct cv_http_refusal *why);

void cv_scope_release(struct cv_scope *scope);

/**
 * What may be seen of a record.
 *
 * A gap record of a lane in scope is: it counts what is missing there, of whatever types it was. The
 * area is that of the device when the record was made; an alarm's is its own where it is one of an
 * area. What no area is known of is in none.
 *
 * @param scope NULL = everything.
 * @param live where areas are looked up; NULL = there is no registry, and nothing in any area.
 * @return NULL: nothing; @p rec; or a copy with parts taken away, valid until the next call.
 */
const struct cv_record *cv_scope_see(const struct cv_scope *scope,
				     const struct cv_registry_live *live,
				     const struct cv_record *rec);

/** Whether a device's URN may be told at all. */
bool cv_scope_names(const struct cv_scope *scope, const char *urn, size_t len);

/**
 * Whether a device may be known of, beside its records.
 *
 * @param area of the device, by the registry; 0 = none.
 */
bool cv_scope_knows(const struct cv_scope *scope, const struct cv_registry_live *live,
		    const char *urn, size_t len, uint32_t area);

/** Whether a value that came so may be. */
bool cv_scope_has(const struct cv_scope *scope, unsigned int lane, unsigned int kind);

/** Whether a consumer group may be used. @param scope NULL = all of them. */
bool cv_scope_has_group(const struct cv_scope *scope, const char *name);

/** Whether it hides some lanes or types. */
bool cv_scope_is_partial(const struct cv_scope *scope);

/** Whether a part is taken away. @param scope NULL: nothing is. */
bool cv_scope_hides(const struct cv_scope *scope, enum cv_mask mask);

/** Lanes that may be seen, bit per lane. @param scope NULL = all. */
uint32_t cv_scope_lanes(const struct cv_scope *scope);

#endif
