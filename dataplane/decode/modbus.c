/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modbus/TCP: framing. Every ADU has a seven-byte MBAP header (guide 3.1.3); several may share a
 * segment, and one may be cut by it.
 */
#include "dataplane/decode/judge.h"
#include "dataplane/decode/modbus.h"
#include "dataplane/decode/reader.h"

#define LENGTH_MIN 2 /* unit and function */
#define LENGTH_MAX 254 /* unit and a PDU of 253 bytes (section 4.1) */
#define LENGTH_MAX_FOREIGN 255 /* UMAS (function 90) has PDUs of 254 */

static bool is_of(const struct modbus_adu *adu, bool request)
{
	return !(request && adu->function & MODBUS_EXCEPTION) &&
	       modbus_check(adu, request) == CV_REJECT_NONE;
}

/*
 * The end that opened the connection, or was seen first where that was before our time, unless the
 * first message that only one side can send is the other side's.
 */
static bool is_asker(struct modbus_flow *flow, const struct modbus_adu *adu, bool from_client)
{
	bool asks = is_of(adu, true);

	if (!flow->settled && asks != is_of(adu, false)) {
		flow->settled = true;
		flow->turned = asks != from_client;
	}
	return from_client != flow->turned;
}

/*
 * Who asks? The well-known port tells; on another one the end that opened the connection, and in
 * a datagram whatever was asked before.
 */
static bool is_request(const struct cv_decode *d, const struct modbus_adu *adu)
{
	if (d->origin->dport == MODBUS_PORT)
		return true;
	if (d->origin->sport == MODBUS_PORT)
		return false;
	if (!d->datagram)
		return is_asker(d->flow, adu, d->from_client);
	return !(adu->function & MODBUS_EXCEPTION) && !modbus_expected(d->flow, adu);
}

static enum cv_reject modbus_adu(struct cv_decode *d, const struct modbus_adu *adu)
{
	bool request = is_request(d, adu);
	enum cv_reject reject;

	/* Who asks is not left to guesses where a rule says it: towards the service all is asked. */
	if (d->judge != NULL && d->judge->app != NULL && !d->judge->answers)
		request = true;
	reject = modbus_check(adu, request);
	if (reject != CV_REJECT_NONE)
		return reject;
	if (d->judge != NULL && request)
		modbus_facts(d, adu);
	if (!request)
		return modbus_response(d, adu);
	modbus_request(d, adu);
	return CV_REJECT_NONE;
}

/* A header that is wrong as far as it can be seen. */
static enum cv_reject check_header(const uint8_t *data, size_t len)
{
	struct cv_reader r = cv_reader(data, len);
	uint16_t protocol, length;
	uint8_t function;

	cv_read_be16(&r);
	protocol = cv_read_be16(&r);
	if (!r.failed && protocol != 0)
		return CV_REJECT_BAD_HEADER;
	length = cv_read_be16(&r);
	if (!r.failed && (length < LENGTH_MIN || length > LENGTH_MAX_FOREIGN))
		return CV_REJECT_BAD_LENGTH;
	cv_read_u8(&r);
	function = cv_read_u8(&r);
	if (!r.failed && length > LENGTH_MAX && modbus_function_name(function))
		return CV_REJECT_BAD_LENGTH;
	return CV_REJECT_NONE;
}

static int64_t modbus_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct cv_reader r = cv_reader(data, len);
	struct modbus_adu adu = {0};
	enum cv_reject reject = check_header(data, len);
	uint16_t length;

	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	adu.transaction = cv_read_be16(&r);
	cv_read_be16(&r);
	length = cv_read_be16(&r);
	adu.unit = cv_read_u8(&r);
	adu.function = cv_read_u8(&r);
	adu.body_len = (size_t)length - LENGTH_MIN;
	adu.size = MODBUS_MBAP_SIZE - 1u + length;
	if (!r.failed)
		adu.body = cv_read_bytes(&r, adu.body_len);
	if (r.failed) {
		d->need = len < MODBUS_MBAP_SIZE + 1 ? MODBUS_MBAP_SIZE + 1 : adu.size;
		return d->datagram ? CV_REJECTED(CV_REJECT_TRUNCATED) : CV_NEED_MORE;
	}
	reject = modbus_adu(d, &adu);
	if (reject == CV_REJECT_NONE)
		return adu.size;
	d->skip = adu.size;
	return CV_REJECTED(reject);
}

/* Strict: known functions with the right lengths, one behind the other up to the last byte. */
static enum cv_probe modbus_probe(const uint8_t *data, size_t len, bool datagram)
{
	size_t at = 0;

	while (at < len) {
		enum modbus_fit fit = modbus_plausible(data + at, len - at);
		size_t size;

		if (fit == MODBUS_FIT_NO || (fit == MODBUS_FIT_MORE && datagram))
			return CV_PROBE_NO;
		if (fit == MODBUS_FIT_MORE)
			return CV_PROBE_MORE;
		size = MODBUS_MBAP_SIZE - 1u + data[at + 5];
		if (size > len - at)
			return datagram ? CV_PROBE_NO : CV_PROBE_MORE;
		at += size;
	}
	return len == 0 ? CV_PROBE_MORE : CV_PROBE_YES;
}

static size_t modbus_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at < len; at++) {
		enum modbus_fit fit = modbus_plausible(data + at, len - at);

		if (fit == MODBUS_FIT_YES)
			return at;
		if (fit == MODBUS_FIT_MORE)
			return len; /* it lies in what is kept; nothing behind it comes first */
	}
	return len;
}

const struct cv_decoder cv_decoder_modbus = {
	.name = "modbus",
	.proto = CV_PROTO_MODBUS,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.udp_ports = {MODBUS_PORT},
	.tcp_ports = {MODBUS_PORT},
	.flow_size = sizeof(struct modbus_flow),
	.worker_size = sizeof(struct modbus_worker),
	.probe = modbus_probe,
	.decode = modbus_decode,
	.resync = modbus_resync,
	.flow_end = modbus_flow_end,
};
