/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_COAP_PROBE_H
#define CV_COAP_PROBE_H

#include "dataplane/decode/decoder.h"

/** probe() of the CoAP decoder, see struct cv_decoder. Streams are taken by port only. */
enum cv_probe cv_coap_probe(const uint8_t *data, size_t len, bool datagram);

#endif
