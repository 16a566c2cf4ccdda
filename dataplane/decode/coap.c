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
#include "dataplane/decode/judge.h"

/* RFC 7252 4.8.2 */
#define EXCHANGE_LIFETIME_NS 247000000000ll

/*
 * Requests are judged whichever way they go: CoAP has no client's and server's end (RFC 7252 2).
 * One that is for a proxy or encrypted asks for something that cannot be seen here.
 */
static void facts(struct cv_decode *d, const struct cv_coap *m)
{
	const struct cv_app_fact path = {
		.kind = CV_APP_PATH,
		.unclear = (m->has & (CV_COAP_PATH_CUT | CV_COAP_HAS_PROXY | CV_COAP_HAS_OSCORE)),
		.text = m->path,
		.len = m->path_len,
	};
	const struct cv_app_fact method = {
		.kind = CV_APP_TYPE,
		.unclear = (m->has & CV_COAP_HAS_OSCORE),
		.from = m->code,
		.to = m->code,
	};

	if (!cv_coap_is_request(m) || m->code == CV_COAP_EMPTY)
		return;
	cv_judge_fact(d->judge, &method);
	cv_judge_fact(d->judge, &path);
}

/*
 * RFC 7252 4.2, 4.4: a message with an id that the same endpoint used to the same endpoint within
 * EXCHANGE_LIFETIME is the same message: a platform may ask two devices under one id. That its bytes
 * are the same as well lets a device through that came back with its ids from the beginning.
 */
static bool is_repeat(struct cv_decode *d, const uint8_t *data, size_t len)
{
	const uint16_t ports[2] = {d->origin->sport, d->origin->dport};
	uint64_t print = cv_decode_print(d, true, data, len);

	print = cv_print_add(print, d->origin->dst, sizeof(d->origin->dst));
	return cv_repeated(d->repeats, cv_print_add(print, ports, sizeof(ports)),
			   EXCHANGE_LIFETIME_NS);
}

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
	if (d->judge != NULL)
		facts(d, &m);
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
	if (d->judge != NULL)
		facts(d, &m);
	if (!is_repeat(d, data, len))
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
