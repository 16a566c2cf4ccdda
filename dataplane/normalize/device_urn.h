/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_DEVICE_URN_H
#define CV_DEVICE_URN_H

#include "dataplane/normalize/json_write.h"
#include "dataplane/normalize/record.h"

/**
 * Most bytes of a device URN: every byte of the identity and of the component becomes %XX. A valid
 * URN has no character that JSON escapes.
 */
#define CV_DEVICE_URN_MAX (2 * CV_TLV_MAX * 3 + 64)

/**
 * Who the record is about, as a URN (RFC 8141), without quotes:
 *
 * - the TLV device when it is a URN itself;
 * - urn:dev:<protocol>:<TLV device> (RFC 9039, "otherbody");
 * - urn:dev:ip:<address of the device's end>, IPv6 as eight groups of four digits with '-';
 *
 * followed by "_<TLV sub>" where the device has components. Nothing is written when the record
 * names no device.
 *
 * @return whether there is one.
 */
bool cv_device_urn(const struct cv_record *rec, struct cv_json *j);

/** The same without the component: how cv_device_urn() begins. */
bool cv_device_urn_whole(const struct cv_record *rec, struct cv_json *j);

#endif
