/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the DTLS decoder. Sections are those of RFC 6347 (1.2) unless RFC 9147 (1.3) is named. */
#ifndef CV_DTLS_H
#define CV_DTLS_H

#include "dataplane/decode/reader.h"
#include "dataplane/decode/session.h"

#define DTLS_PSK_MAX 48 /* bytes of an identity that are kept for later records */

/* Handshake messages, 4.2.2 and RFC 8446 4. */
enum dtls_handshake {
	DTLS_CLIENT_HELLO = 1,
	DTLS_SERVER_HELLO = 2,
	DTLS_HELLO_VERIFY = 3,
	DTLS_CLIENT_KEY_EXCHANGE = 16,
};

/** One UDP flow. Zeroed when it begins. */
struct dtls_flow {
	uint32_t client_random,
		server_random; /* hashes, of the handshake that was told; 0 = none */
	uint32_t key_exchange; /* hash of the identity that was told */
	uint16_t suite; /* chosen by the server, 0 = not seen */
	uint8_t seen; /* a DTLS record was */
	uint8_t psk_len;
	uint8_t psk[DTLS_PSK_MAX]; /* who the client says it is, UTF-8 or hexadecimal */
};
_Static_assert(sizeof(struct dtls_flow) <= CV_FLOW_STATE_MAX, "flow state");

/** What of a handshake message is in one record. */
struct dtls_handshake_part {
	struct cv_decode *d;
	struct dtls_flow *flow;
	uint8_t type; /* enum dtls_handshake */
	bool whole; /* else only its beginning */
	const uint8_t *body;
	size_t len; /* of body */
	uint32_t size; /* of the datagram */
};

/** Tell what a handshake message says in clear, where that is new. */
void dtls_handshake(struct dtls_handshake_part *h);

/** Begin a record of the flow, with the identity known so far. */
struct cv_record *dtls_begin(struct cv_decode *d, enum cv_kind kind, const char *method,
			     uint32_t size);

#endif
