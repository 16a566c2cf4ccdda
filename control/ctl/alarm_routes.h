/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarms over HTTP: GET /v1/alarms those that are active, GET /v1/alarms/ID one of them, POST
 * /v1/alarms/ID/ack says that somebody has seen it, ID/clear that it is over; GET and POST /v1/alarms/rules.
 */
#ifndef CV_ALARM_ROUTES_H
#define CV_ALARM_ROUTES_H

#include "control/alarm/live.h"
#include "control/subscriber/http_server.h"

#define CV_ALARM_ROUTES 3

/** Fill CV_ALARM_ROUTES rows; @p alarms must outlive the server. */
void cv_alarm_routes(struct cv_alarms *alarms, struct cv_http_route *rows);

#endif
