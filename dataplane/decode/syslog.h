/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the syslog decoder: RFC 5424 and 3164 (messages), 5426 and 6587 (transport). */
#ifndef CV_SYSLOG_H
#define CV_SYSLOG_H

#include "dataplane/decode/decoder.h"

#define SYSLOG_PORT 514
#define SYSLOG_PRI_MAX 191

/** A part of a message; len 0 = not there. */
struct syslog_part {
	const uint8_t *data;
	size_t len;
};

/** A message taken apart. Parts point into it. */
struct syslog_message {
	uint8_t pri;
	bool rfc5424;
	uint8_t time_quality; /* enum cv_time_quality */
	int64_t ts;
	struct syslog_part host, app, proc, id, data, text;
};

/**
 * Read the priority at the beginning: '<', one to three digits, '>'.
 *
 * @return bytes of it; 0 = more are wanted to tell, -EINVAL none, -ERANGE above 191.
 */
int syslog_pri(const uint8_t *s, size_t len, uint8_t *ret);
/**
 * Take a message apart, from its priority on.
 *
 * @param rx_ns when it came: the year that RFC 3164 leaves out is the one nearest to it.
 * @return CV_REJECT_NONE, CV_REJECT_BAD_HEADER without a priority, CV_REJECT_BAD_VALUE above 191.
 */
enum cv_reject syslog_parse(const uint8_t *s, size_t len, int64_t rx_ns,
			    struct syslog_message *ret);

#endif
