/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_COAP_TCP_H
#define CV_COAP_TCP_H

#include "dataplane/decode/coap_message.h"

/**
 * Frame one message of a stream (RFC 8323 3.2).
 *
 * @param ret_header bytes up to the options, with code and token; set when the header is complete.
 * @return length of the whole message; 0 when more bytes are needed to tell; or
 *         -(enum cv_reject).
 */
int64_t cv_coap_frame(struct cv_coap *m, const uint8_t *data, size_t len, uint32_t *ret_header);

#endif
