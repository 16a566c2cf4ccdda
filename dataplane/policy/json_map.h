/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What JSON payloads mean, by topic or path: the layout of a generation's sections `json_maps` and
 * `json_values`. Made from the node's configuration, read by decode/json_map.c. Image format.
 */
#ifndef CV_JSON_MAP_H
#define CV_JSON_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct cv_generation;

#define CV_JSON_MAPS_MAX 256u
/** Of one map, among them those of device, time and quality: one bit each while a payload is read. */
#define CV_JSON_VALUES_MAX 64u
/** Deepest pointer, members and indexes. */
#define CV_JSON_DEPTH_MAX 8u

enum cv_json_role { CV_JSON_VALUE, CV_JSON_DEVICE, CV_JSON_TIME, CV_JSON_QUALITY, CV_JSON_ROLES };
enum cv_json_time { CV_JSON_ISO8601, CV_JSON_SECONDS, CV_JSON_MILLISECONDS, CV_JSON_TIMES };

/** Payloads of some topics. The first one that matches is used. */
struct cv_gen_json_map {
	char filter[128]; /* MQTT topic filter, zero-terminated; CoAP: the same of the path */
	char good[32]; /* the quality that is good; every other one is bad */
	char zone[8]; /* of times that state none: "Z", "+08:00" */
	uint8_t proto; /* enum cv_proto: MQTT or CoAP */
	uint8_t device_level; /* level of the topic that is the device, from 1; 0 = none */
	uint8_t time_format; /* enum cv_json_time */
	uint8_t count; /* of values */
	uint32_t first; /* index into json_values */
};
_Static_assert(sizeof(struct cv_gen_json_map) == 176, "generation layout");

/** What one place in the payload is. */
struct cv_gen_json_value {
	char path[128]; /* the pointer's segments behind each other, unescaped, not terminated */
	uint8_t at[CV_JSON_DEPTH_MAX]; /* where each segment begins */
	uint8_t len[CV_JSON_DEPTH_MAX];
	uint8_t segments; /* 0 = the payload as a whole */
	uint8_t role; /* enum cv_json_role; what follows is for values only */
	int8_t shift; /* value = number * 10^shift * factor + offset */
	uint8_t pad;
	uint16_t name_id; /* vocabulary, 0 = name */
	uint16_t unit_id; /* unit list, 0 = unit_name */
	double factor, offset;
	char name[48]; /* these are zero-terminated and may be empty */
	char unit_name[16];
	char code[32];
};
_Static_assert(sizeof(struct cv_gen_json_value) == 264, "generation layout");

/** Are the sections, which are in bounds, sound? */
bool cv_json_maps_valid(const struct cv_generation *g);

#endif
