/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices over HTTP: GET /v1/devices lists those that were heard, /v1/devices/ID/state the latest
 * value of each of a device's quantities, /v1/registry how the registry is, /v1/registry/ID what it
 * knows of a device.
 */
#ifndef CV_DEVICE_ROUTES_H
#define CV_DEVICE_ROUTES_H

#include "control/intake/intake.h"
#include "control/subscriber/http_server.h"

#define CV_DEVICE_ROUTES 4

/** Fill CV_DEVICE_ROUTES rows; @p intake must outlive the server. */
void cv_device_routes(struct cv_intake *intake, struct cv_http_route *rows);

/** {"registry": ..., "state": ...} for /v1/stats and /v1/status. A new reference. */
json_t *cv_device_stats(const struct cv_intake *intake);

#endif
