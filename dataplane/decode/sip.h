/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the SIP decoder: RFC 3261, and GB/T 28181-2016 and 2022 on it. */
#ifndef CV_SIP_H
#define CV_SIP_H

#include "dataplane/decode/http_head.h"
#include "dataplane/decode/session.h"

#define SIP_DEVICE_MAX 64

/** struct cv_decode.flow: the last request told, per direction. */
struct sip_flow {
	uint64_t last[2];
};

struct sip_message {
	struct cv_decode *d;
	struct cv_http_head head;
	struct cv_http_text body;
	size_t size;
	struct cv_http_text from, to; /* users of the addresses */
	struct cv_http_text call, sequence; /* Call-ID, CSeq */
	struct cv_http_text device; /* which of the two is the device */
	bool up; /* the device sends it */
	unsigned int method; /* place in the list of methods, from 1; 0 = an answer, or unknown */
};

/** Tell a request that is new, or an answer that refuses. */
void sip_emit(struct sip_message *m);

#endif
