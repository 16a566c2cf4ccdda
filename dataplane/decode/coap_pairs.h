/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests in flight and observations: what a response's token refers to. A response names no
 * resource (RFC 7252 5.3.1), so its path is remembered from the request.
 *
 * Open addressing in fixed memory: a key has CV_COAP_WAYS places, and where all are taken the
 * longest unused entry gives way. Time is frame time. One table per worker, single thread, usable
 * when zeroed.
 */
#ifndef CV_COAP_PAIRS_H
#define CV_COAP_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/decode/coap_message.h"
#include "dataplane/normalize/emit.h"

#define CV_COAP_PAIRS 8192 /* power of two */
#define CV_COAP_WAYS 8
#define CV_COAP_PAIR_PATH 116 /* bytes of path remembered */

struct cv_coap_key {
	uint8_t client[16], server[16]; /* server is zero for a multicast request */
	uint8_t token[CV_COAP_TOKEN_MAX]; /* zero behind the token */
	uint16_t client_port, server_port; /* host order */
	uint16_t vlan; /* addresses repeat across VLANs */
	uint8_t token_len;
	uint8_t transport; /* IP protocol, top bit: IPv6 */
};
_Static_assert(sizeof(struct cv_coap_key) == 48, "hashed and compared as six words");

struct cv_coap_pair {
	struct cv_coap_key key;
	int64_t used_ns; /* last request or response, frame time */
	uint16_t path_len;
	bool observe; /* lives as long as notifications come */
	bool path_cut;
	uint8_t path[CV_COAP_PAIR_PATH];
};

struct cv_coap_pairs {
	uint32_t tag[CV_COAP_PAIRS]; /* hash of the entry's key, 0 = free */
	struct cv_coap_pair pair[CV_COAP_PAIRS];
};

/** Remember request @p m, seen at @p o; a request with the same key is replaced. */
void cv_coap_pairs_add(struct cv_coap_pairs *pairs, const struct cv_coap *m,
		       const struct cv_origin *o);

/**
 * The request that response @p m, seen at @p o, belongs to.
 *
 * @return NULL when there is none or it is too old; valid until the next add.
 */
const struct cv_coap_pair *cv_coap_pairs_find(struct cv_coap_pairs *pairs, const struct cv_coap *m,
					      const struct cv_origin *o);

#endif
