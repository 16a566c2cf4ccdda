/* SPDX-License-Identifier: Apache-2.0 */
/* One CoAP message as the parts of the CoAP decoder see it. Internal to the decoder. */
#ifndef CV_COAP_MESSAGE_H
#define CV_COAP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

#define CV_COAP_TOKEN_MAX 8 /* RFC 7252 3: lengths 9-15 are reserved */
#define CV_COAP_PATH_MAX CV_TLV_MAX

enum cv_coap_type { CV_COAP_CON, CV_COAP_NON, CV_COAP_ACK, CV_COAP_RST };

#define CV_COAP_CLASS(code) ((code) >> 5)
#define CV_COAP_EMPTY 0
#define CV_COAP_CREATED 0x41 /* 2.01 */
#define CV_COAP_GET 1
#define CV_COAP_POST 2
#define CV_COAP_PUT 3
#define CV_COAP_DELETE 4
#define CV_COAP_FETCH 5 /* RFC 8132, as are the next two */
#define CV_COAP_PATCH 6
#define CV_COAP_IPATCH 7
/* Classes. 1, 6 and, over UDP, 7 are reserved (RFC 7252 3, RFC 8323 5). */
#define CV_COAP_REQUEST 0
#define CV_COAP_SUCCESS 2
#define CV_COAP_CLIENT_ERROR 4
#define CV_COAP_SERVER_ERROR 5
#define CV_COAP_SIGNAL 7

/* Options that were seen and understood. */
#define CV_COAP_HAS_OBSERVE 0x01u
#define CV_COAP_HAS_FORMAT 0x02u
#define CV_COAP_HAS_BLOCK1 0x04u
#define CV_COAP_HAS_BLOCK2 0x08u
#define CV_COAP_HAS_PATH 0x10u
#define CV_COAP_PATH_CUT 0x20u /* longer than CV_COAP_PATH_MAX */
#define CV_COAP_CUT 0x40u /* payload is only the beginning of what was sent */
#define CV_COAP_HAS_PROXY 0x80u /* Proxy-Uri or Proxy-Scheme: the target is not in Uri-Path */
#define CV_COAP_HAS_OSCORE 0x100u /* the real request is encrypted (RFC 8613) */

/* A Block option's value: number << 4 | more << 3 | size exponent (RFC 7959 2.2). */
#define CV_COAP_BLOCK_NUMBER(v) ((v) >> 4)
#define CV_COAP_BLOCK_MORE 0x8u

/* Content-Formats (IANA CoRE Parameters) that are told apart. */
enum cv_coap_format {
	CV_COAP_TEXT = 0,
	CV_COAP_LINK = 40,
	CV_COAP_XML = 41,
	CV_COAP_OCTETS = 42,
	CV_COAP_EXI = 47,
	CV_COAP_JSON = 50,
	CV_COAP_JSON_PATCH = 51,
	CV_COAP_MERGE_PATCH = 52,
	CV_COAP_CBOR = 60,
	CV_COAP_SENML_JSON = 110,
	CV_COAP_SENSML_JSON = 111,
	CV_COAP_SENML_CBOR = 112,
	CV_COAP_SENSML_CBOR = 113,
	CV_COAP_LWM2M_TLV_OLD = 1542, /* before they were registered */
	CV_COAP_LWM2M_JSON_OLD = 1543,
	CV_COAP_LWM2M_TLV = 11542,
	CV_COAP_LWM2M_JSON = 11543,
	CV_COAP_LWM2M_CBOR = 11544,
	CV_COAP_FORMAT_NONE = 0x10000, /* no Content-Format option */
};

/* Uri-Query options and Location-Path segments that are kept of a message; more are not looked at. */
#define CV_COAP_QUERIES_MAX 8
#define CV_COAP_LOCATIONS_MAX 3

/** The value of an option; points into the decoder's input. */
struct cv_coap_text {
	const uint8_t *data;
	uint32_t len; /* bytes */
};

/** A parsed message. Pointers go into the decoder's input. */
struct cv_coap {
	uint8_t type; /* enum cv_coap_type; CV_COAP_NON over TCP */
	uint8_t code; /* class << 5 | detail */
	uint8_t token_len; /* bytes, <= CV_COAP_TOKEN_MAX */
	uint16_t message_id; /* 0 over TCP */
	uint16_t path_len; /* bytes of path */
	uint32_t has; /* CV_COAP_HAS_* */
	uint32_t format; /* enum cv_coap_format or another registered number */
	uint32_t observe; /* 24 bits */
	uint32_t block1, block2; /* raw option values */
	uint32_t payload_len; /* bytes */
	uint32_t length; /* whole message on the wire, bytes */
	uint8_t queries, locations; /* how many */
	struct cv_coap_text query[CV_COAP_QUERIES_MAX];
	struct cv_coap_text location[CV_COAP_LOCATIONS_MAX];
	const uint8_t *token;
	const uint8_t *payload; /* NULL when there is none */
	uint8_t path[CV_COAP_PATH_MAX]; /* Uri-Path segments joined by '/', valid UTF-8 */
};

static inline bool cv_coap_is_request(const struct cv_coap *m)
{
	return CV_COAP_CLASS(m->code) == CV_COAP_REQUEST;
}

/**
 * Parse options and payload (RFC 7252 3.1), from behind the token to @p end.
 *
 * @param m has, format, path_len and payload are set; observe and blocks as far as has says.
 * @return CV_REJECT_NONE or why the message is malformed.
 */
enum cv_reject cv_coap_options(struct cv_coap *m, const uint8_t *at, const uint8_t *end);

/** Parse one datagram as a message. @return CV_REJECT_NONE or the reason. */
enum cv_reject cv_coap_datagram(struct cv_coap *m, const uint8_t *data, size_t len);

#endif
