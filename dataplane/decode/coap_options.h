/* SPDX-License-Identifier: Apache-2.0 */
/* Walking the options of a CoAP message (RFC 7252 3.1). Internal to the CoAP decoder. */
#ifndef CV_COAP_OPTIONS_H
#define CV_COAP_OPTIONS_H

#include "dataplane/decode/coap_message.h"

#define CV_COAP_PAYLOAD_MARKER 0xff

#define CV_COAP_OPTION_OBSERVE 6
#define CV_COAP_OPTION_LOCATION_PATH 8
#define CV_COAP_OPTION_OSCORE 9
#define CV_COAP_OPTION_URI_PATH 11
#define CV_COAP_OPTION_CONTENT_FORMAT 12
#define CV_COAP_OPTION_URI_QUERY 15
#define CV_COAP_OPTION_BLOCK2 23
#define CV_COAP_OPTION_BLOCK1 27
#define CV_COAP_OPTION_PROXY_URI 35
#define CV_COAP_OPTION_PROXY_SCHEME 39

struct cv_coap_option {
	uint32_t number;
	uint32_t len;
	const uint8_t *value;
};

/*
 * Delta or length that did not fit its nibble: 13 means one more byte and 13 to add, 14 two more
 * and 269. Moves *at, to NULL when bytes are missing.
 */
static inline uint32_t cv_coap_extended(uint32_t nibble, const uint8_t **at, const uint8_t *end)
{
	const uint8_t *p = *at;
	ptrdiff_t more = nibble - 12;

	if (end - p < more) {
		*at = NULL;
		return 0;
	}
	*at = p + more;
	return more == 1 ? 13 + (uint32_t)p[0] : 269 + ((uint32_t)p[0] << 8 | p[1]);
}

/**
 * Step to the option at *@p at, which is not the payload marker.
 *
 * @param o number of the option before, 0 at first; updated.
 */
static inline enum cv_reject cv_coap_next_option(struct cv_coap_option *o, const uint8_t **at,
						 const uint8_t *end)
{
	const uint8_t *p = *at;
	uint32_t delta = *p >> 4, len = *p & 0xf;

	p++;
	if (delta == 15 || len == 15) /* reserved */
		return CV_REJECT_BAD_OPTION;
	if (delta > 12) {
		delta = cv_coap_extended(delta, &p, end);
		if (!p)
			return CV_REJECT_TRUNCATED;
	}
	if (len > 12) {
		len = cv_coap_extended(len, &p, end);
		if (!p)
			return CV_REJECT_TRUNCATED;
	}
	o->number += delta;
	if (o->number > UINT16_MAX)
		return CV_REJECT_BAD_OPTION;
	if (len > (size_t)(end - p))
		return CV_REJECT_TRUNCATED;
	o->value = p;
	o->len = len;
	*at = p + len;
	return CV_REJECT_NONE;
}

#endif
