/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody may see of the events: lanes x types x devices, and what of each event is taken away
 * before anything else looks at it. Compiled once; evaluated on the record. What is out of scope is
 * as if it were not there: filters see the record as it is after masking, so that they cannot be
 * asked about what is hidden.
 */
#ifndef CV_SCOPE_H
#define CV_SCOPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/subscriber/http_refusal.h"
#include "dataplane/normalize/record.h"

/* How a scope is written, in the API, on the command line and in the database: "" = all, none. */
#define CV_SCOPE_PARTS(X)                                                                          \
	X(lanes) /* "alarm,status" */                                                              \
	X(types) /* "measurement,state" */                                                         \
	X(devices) /* URNs, globs: "urn:dev:hj212:4403*" */                                        \
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
 * A gap record of a lane in scope is: it counts what is missing there, of whatever types it was.
 *
 * @param scope NULL = everything.
 * @return NULL: nothing; @p rec; or a copy with parts taken away, valid until the next call.
 */
const struct cv_record *cv_scope_see(const struct cv_scope *scope, const struct cv_record *rec);

/** Lanes that may be seen, bit per lane. @param scope NULL = all. */
uint32_t cv_scope_lanes(const struct cv_scope *scope);

#endif
