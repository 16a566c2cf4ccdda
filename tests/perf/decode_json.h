/* SPDX-License-Identifier: Apache-2.0 */
/* simdjson as a peer: the fields that the decoder keeps, into an array as the decoder has them. */
#ifndef CV_PERF_DECODE_JSON_H
#define CV_PERF_DECODE_JSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_FOUND_MAX 64

struct json_text {
	const char *data;
	size_t len;
};

/** A SenML record: "bn" and "bu" stand until the next. */
struct json_reading {
	struct json_text base_name, name, unit, text;
	double value, time;
};

/** A member of "rxpk". */
struct json_packet {
	struct json_text time, rate, coding, data;
	double frequency, rssi, snr, stat;
};

/**
 * @param capacity bytes of @p text that may be read, at least json_padding() more than @p len.
 * @return how many were found, -1 when the text was refused.
 */
int json_senml(const char *text, size_t len, size_t capacity, struct json_reading *ret);
int json_packets(const char *text, size_t len, size_t capacity, struct json_packet *ret);
size_t json_padding(void);
/** "simdjson 3.0.1, haswell": its version, and what it chose for this machine. */
const char *json_version(void);

#ifdef __cplusplus
}
#endif

#endif
