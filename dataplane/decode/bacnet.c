/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BACnet/IP: building automation over UDP (ASHRAE 135). Here the virtual link layer (annex J.2), the
 * network layer (6.2) and the head of an APDU (20.1).
 *
 *     81 FUNCTION LENGTH [origin 6] 01 CONTROL [DNET DLEN DADR] [SNET SLEN SADR] [hops] APDU
 */
#include "dataplane/decode/bacnet.h"

#include <string.h>

#include "dataplane/decode/judge.h"

#define BVLL 0x81
#define BVLL_HEAD 4
#define ORIGIN 6 /* address and port of whom a broadcast was forwarded for */
#define NPDU_VERSION 1

/* Control octet (6.2.2). */
#define NETWORK_MESSAGE 0x80u
#define RESERVED 0x50u
#define DESTINATION 0x20u
#define SOURCE 0x08u

#define SEGMENTED 0x08u /* in the first octet of requests and complex acks */

/* Numbers for the policy: services as they are, the other layers' messages above. */
#define JUDGE_UNCONFIRMED 1000
#define JUDGE_NETWORK 2000
#define JUDGE_LINK 3000

/* Functions of the virtual link layer (J.2). */
enum function {
	RESULT,
	WRITE_TABLE,
	READ_TABLE,
	READ_TABLE_ACK,
	FORWARDED,
	REGISTER,
	READ_FOREIGN,
	READ_FOREIGN_ACK,
	DELETE_FOREIGN,
	DISTRIBUTE,
	UNICAST,
	BROADCAST,
	FUNCTION_COUNT,
};

static const char *const functions[FUNCTION_COUNT] = {
	[RESULT] = "bvlc-result",
	[WRITE_TABLE] = "write-broadcast-distribution-table",
	[READ_TABLE] = "read-broadcast-distribution-table",
	[READ_TABLE_ACK] = "read-broadcast-distribution-table-ack",
	[FORWARDED] = "forwarded-npdu",
	[REGISTER] = "register-foreign-device",
	[READ_FOREIGN] = "read-foreign-device-table",
	[READ_FOREIGN_ACK] = "read-foreign-device-table-ack",
	[DELETE_FOREIGN] = "delete-foreign-device-table-entry",
	[DISTRIBUTE] = "distribute-broadcast-to-network",
	[UNICAST] = "original-unicast-npdu",
	[BROADCAST] = "original-broadcast-npdu",
};

/* A message of the link or network layer: its number, and what it holds. */
static void emit_message(struct cv_decode *d, uint32_t size, enum cv_kind kind, const char *method,
			 uint8_t number, struct cv_reader content)
{
	struct cv_record *rec = cv_emit_begin(d->emit, CV_LANE_STATUS, kind);
	size_t left = cv_reader_left(&content);

	rec->raw_len = size;
	rec->status = number;
	rec->flags |= CV_FLAG_RAW;
	cv_emit_tlv(d->emit, CV_TLV_METHOD, method, strlen(method));
	if (left != 0) {
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(d->emit, CV_TLV_BYTES, content.cur, left);
	}
	cv_emit_end(d->emit);
}

/* Management of broadcasts. Questions and their answers make no record. */
static enum cv_reject link_message(struct cv_decode *d, uint8_t function, struct cv_reader r,
				   uint32_t size)
{
	enum cv_kind kind = CV_KIND_COMMAND;
	size_t left = cv_reader_left(&r);

	if ((function == RESULT && left != 2) || (function == REGISTER && left != 2) ||
	    (function == DELETE_FOREIGN && left != ORIGIN) ||
	    ((function == WRITE_TABLE || function == READ_TABLE_ACK ||
	      function == READ_FOREIGN_ACK) &&
	     left % 10 != 0))
		return CV_REJECT_BAD_LENGTH;
	if (d == NULL)
		return CV_REJECT_NONE;
	if (d->judge != NULL)
		cv_judge_type(d->judge, JUDGE_LINK + function);
	if (function == READ_TABLE || function == READ_FOREIGN || function == READ_TABLE_ACK ||
	    function == READ_FOREIGN_ACK)
		return CV_REJECT_NONE;
	if (function == RESULT) {
		if (r.cur[0] == 0 && r.cur[1] == 0)
			return CV_REJECT_NONE;
		kind = CV_KIND_ERROR;
	} else if (function == REGISTER) {
		kind = CV_KIND_SESSION;
	}
	emit_message(d, size, kind, functions[function], function, r);
	return CV_REJECT_NONE;
}

/* Routers among themselves (6.4). */
static enum cv_reject network_message(struct cv_decode *d, struct cv_reader *r, uint32_t size)
{
	static const char *const names[] = {
		"who-is-router-to-network", "i-am-router-to-network",
		"i-could-be-router",	    "reject-message-to-network",
		"router-busy-to-network",   "router-available-to-network",
		"initialize-routing-table", "initialize-routing-table-ack",
		"establish-connection",	    "disconnect-connection",
	};
	uint8_t number = cv_read_u8(r);
	const char *name = "network-message";

	if (number >= 0x80) /* a vendor's own */
		cv_read_be16(r);
	if (r->failed)
		return CV_REJECT_BAD_LENGTH;
	if (number < sizeof(names) / sizeof(names[0]))
		name = names[number];
	if (d == NULL)
		return CV_REJECT_NONE;
	if (d->judge != NULL)
		cv_judge_type(d->judge, JUDGE_NETWORK + number);
	emit_message(d, size, number == 3 ? CV_KIND_ERROR : CV_KIND_STATE, name, number, *r);
	return CV_REJECT_NONE;
}

/* The head of an APDU up to the service choice. @return false when it is not all there. */
static bool read_head(struct bacnet_pdu *p)
{
	struct cv_reader *r = &p->r;
	uint8_t octet = cv_read_u8(r);

	p->type = octet >> 4;
	switch (p->type) {
	case BACNET_CONFIRMED:
	case BACNET_COMPLEX_ACK:
		if (p->type == BACNET_CONFIRMED)
			cv_read_u8(r); /* what answers may be like */
		p->invoke = cv_read_u8(r);
		p->segmented = octet & SEGMENTED;
		if (p->segmented) {
			p->sequence = cv_read_u8(r);
			cv_read_u8(r); /* window */
		}
		p->service = cv_read_u8(r);
		break;
	case BACNET_UNCONFIRMED:
		p->service = cv_read_u8(r);
		break;
	case BACNET_SIMPLE_ACK:
	case BACNET_ERROR:
		p->invoke = cv_read_u8(r);
		p->service = cv_read_u8(r);
		break;
	case BACNET_SEGMENT_ACK:
		p->invoke = cv_read_u8(r);
		p->sequence = cv_read_u8(r);
		cv_read_u8(r);
		break;
	case BACNET_REJECT:
	case BACNET_ABORT:
		p->invoke = cv_read_u8(r);
		p->reason = cv_read_u8(r);
		break;
	default:
		return false;
	}
	return !r->failed;
}

/* What the message asks for; answers ask for nothing. The device is known after the quiet pass. */
static void facts(const struct bacnet_pdu *p)
{
	struct cv_label name = {0};
	struct cv_app_fact device = {.kind = CV_APP_IDENTITY};

	if (p->type == BACNET_CONFIRMED)
		cv_judge_type(p->d->judge, p->service);
	else if (p->type == BACNET_UNCONFIRMED)
		cv_judge_type(p->d->judge, JUDGE_UNCONFIRMED + p->service);
	if (p->device == BACNET_NONE)
		return;
	cv_label_u32(&name, p->device);
	device.text = (const uint8_t *)name.text;
	device.len = (uint16_t)name.len;
	cv_judge_fact(p->d->judge, &device);
}

static enum cv_reject apdu(struct bacnet_pdu *p)
{
	struct cv_reader begin;

	if (!read_head(p))
		return p->r.failed ? CV_REJECT_BAD_LENGTH : CV_REJECT_UNKNOWN_TYPE;
	begin = p->r;
	p->quiet = 1;
	if (!bacnet_service(p))
		return CV_REJECT_BAD_PAYLOAD;
	if (p->d == NULL)
		return CV_REJECT_NONE;
	if (p->d->judge != NULL)
		facts(p);
	p->quiet = 0;
	p->r = begin;
	bacnet_service(p);
	return CV_REJECT_NONE;
}

/* Behind the link layer. @param d NULL = only look. */
static enum cv_reject npdu(struct cv_decode *d, struct cv_reader r, uint32_t size)
{
	struct bacnet_pdu p = {.d = d, .size = size, .device = BACNET_NONE};
	uint8_t version = cv_read_u8(&r), control = cv_read_u8(&r), len;

	if (!r.failed && version != NPDU_VERSION)
		return CV_REJECT_BAD_HEADER;
	if (control & DESTINATION) {
		cv_read_be16(&r);
		cv_read_bytes(&r, cv_read_u8(&r));
	}
	if (control & SOURCE) {
		p.far_net = cv_read_be16(&r);
		len = cv_read_u8(&r);
		p.far = cv_read_bytes(&r, len);
		p.far_len = len;
		/* A source is one station of one network (6.2.2). */
		if (!r.failed && (len == 0 || p.far_net == 0 || p.far_net == 0xffff))
			return CV_REJECT_BAD_HEADER;
	}
	if (control & DESTINATION)
		cv_read_u8(&r); /* hops left */
	if (r.failed)
		return CV_REJECT_BAD_LENGTH;
	if (control & RESERVED) {
		if (d == NULL)
			return CV_REJECT_BAD_HEADER;
		if (d->judge != NULL)
			cv_judge_malformed(d->judge);
	}
	if (control & NETWORK_MESSAGE)
		return network_message(d, &r, size);
	p.r = r;
	return apdu(&p);
}

static enum cv_reject message(struct cv_decode *d, uint8_t function, struct cv_reader r,
			      uint32_t size)
{
	if (function == FORWARDED && cv_read_bytes(&r, ORIGIN) == NULL)
		return CV_REJECT_BAD_LENGTH;
	if (function == FORWARDED || function >= DISTRIBUTE)
		return npdu(d, r, size);
	return link_message(d, function, r, size);
}

static int64_t bacnet_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	enum cv_reject reject;
	size_t total;

	if (data[0] != BVLL)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (len < BVLL_HEAD)
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	if (data[1] >= FUNCTION_COUNT)
		return CV_REJECTED(CV_REJECT_UNKNOWN_TYPE);
	total = (size_t)data[2] << 8 | data[3];
	if (total < BVLL_HEAD)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	if (total > len)
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	reject = message(d, data[1], cv_reader(data + BVLL_HEAD, total - BVLL_HEAD),
			 (uint32_t)total);
	return reject == CV_REJECT_NONE ? (int64_t)total : CV_REJECTED(reject);
}

/* The whole datagram, down to the last tag. */
static enum cv_probe bacnet_probe(const uint8_t *data, size_t len, bool datagram)
{
	if (!datagram || len < BVLL_HEAD || data[0] != BVLL || data[1] >= FUNCTION_COUNT ||
	    ((size_t)data[2] << 8 | data[3]) != len)
		return CV_PROBE_NO;
	return message(NULL, data[1], cv_reader(data + BVLL_HEAD, len - BVLL_HEAD),
		       (uint32_t)len) == CV_REJECT_NONE
		       ? CV_PROBE_YES
		       : CV_PROBE_NO;
}

const struct cv_decoder cv_decoder_bacnet = {
	.name = "bacnet",
	.proto = CV_PROTO_BACNET,
	.transports = CV_TRANSPORT_UDP,
	/* BAC0 and those that follow when a site has several networks on one wire */
	.udp_ports = {47808, 47809, 47810, 47811},
	.probe = bacnet_probe,
	.decode = bacnet_decode,
};
