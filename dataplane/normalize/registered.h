/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry knows of a record's device, where control has added it (TLVs device-kind to
 * place): as JSON, and as parts for other projections.
 */
#ifndef CV_REGISTERED_H
#define CV_REGISTERED_H

#include "dataplane/normalize/json_write.h"
#include "dataplane/normalize/record.h"

/** The four codes of an area, in the order of the words; len 0 = not stated. */
#define CV_AREA_LEVELS(X) X(city) X(district) X(street) X(community)
enum { CV_AREA_LEVEL_COUNT = 4 };

extern const char *const cv_area_level_names[CV_AREA_LEVEL_COUNT];

/** @return whether an area is stated. */
bool cv_registered_area(const struct cv_record *rec, struct cv_tlv_view ret[CV_AREA_LEVEL_COUNT]);

/** The most exact code there is; data NULL = none. */
struct cv_tlv_view cv_registered_code(const struct cv_record *rec);

/** Where the registry has the device; each part may be CV_POSITION_NONE. */
bool cv_registered_place(const struct cv_record *rec, struct cv_position *ret);

/** Tags as an array. */
void cv_tags_json(struct cv_json *j, struct cv_tlv_view tags);

/** "position":{...}; members that are not stated are left out. */
void cv_position_json(struct cv_json *j, const struct cv_position *p);

/** Extension attributes of a CloudEvent: ,"area":"...","devicekind":"..." */
void cv_registered_context_json(struct cv_json *j, const struct cv_record *rec);

/** "registry":{...}; nothing where nothing is known. */
void cv_registered_json(struct cv_json *j, const struct cv_record *rec);

#endif
