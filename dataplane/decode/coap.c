/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP: RFC 7252 with Observe (RFC 7641), block-wise transfer (RFC 7959) and TCP (RFC 8323).
 * What it makes of a message is described in docs/protocols/coap.md.
 */
#include "dataplane/decode/coap_options.h"
#include "dataplane/decode/coap_payload.h"
#include "dataplane/decode/coap_probe.h"
#include "dataplane/decode/coap_tcp.h"
#include "dataplane/decode/decoder.h"

static int64_t decode_stream(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct cv_coap m;
	uint32_t header = 0;
	int64_t length = cv_coap_frame(&m, data, len, &header);
	size_t held = (uint64_t)length < len ? (size_t)length : len;
	enum cv_reject bad;

	if (length < 0)
		return length;
	if (length == 0 || ((uint64_t)length > held && !d->window_full)) {
		d->need = (uint32_t)length;
		return CV_NEED_MORE;
	}
	bad = cv_coap_options(&m, data + header, data + held);
	if ((uint64_t)length > held) { /* larger than the window: the payload's end is not held */
		m.has |= CV_COAP_CUT;
		if (bad || !m.payload)
			bad = CV_REJECT_TOO_LARGE;
	}
	if (bad)
		return CV_REJECTED(bad);
	cv_coap_message(d, &m);
	return length;
}

static int64_t decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct cv_coap m;
	enum cv_reject bad;

	if (!d->datagram)
		return decode_stream(d, data, len);
	bad = cv_coap_datagram(&m, data, len);
	if (bad)
		return CV_REJECTED(bad);
	cv_coap_message(d, &m);
	return (int64_t)len;
}

const struct cv_decoder cv_decoder_coap = {
	.name = "coap",
	.proto = CV_PROTO_COAP,
	.transports = CV_TRANSPORT_UDP | CV_TRANSPORT_TCP,
	.udp_ports = {5683},
	.tcp_ports = {5683},
	.worker_size = sizeof(struct cv_coap_worker),
	.probe = cv_coap_probe,
	.decode = decode,
};
