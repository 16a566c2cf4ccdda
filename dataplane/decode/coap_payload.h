/* SPDX-License-Identifier: Apache-2.0 */
/* From a CoAP message to records. Internal to the CoAP decoder. */
#ifndef CV_COAP_PAYLOAD_H
#define CV_COAP_PAYLOAD_H

#include "dataplane/decode/coap_lwm2m.h"
#include "dataplane/decode/coap_message.h"
#include "dataplane/decode/coap_pairs.h"
#include "dataplane/decode/decoder.h"
#include "dataplane/decode/senml.h"

/** State of the CoAP decoder in one worker; usable when zeroed. */
struct cv_coap_worker {
	struct cv_coap_pairs pairs;
	struct cv_senml_pack pack; /* scratch for the message at hand */
	struct lwm2m_list resources; /* likewise */
	struct lwm2m_devices devices;
};

/** Remember, pair and emit: everything a well-formed message leads to. */
void cv_coap_message(struct cv_decode *d, const struct cv_coap *m);

#endif
