/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DLMS/COSEM (IEC 62056): meters of electricity, gas, heat and water, in one of two frames.
 *
 *     wrapper (62056-4-7), TCP and UDP 4059:  00 01 | source | destination | length | APDU
 *     HDLC (62056-46), serial servers:        7E | A LLL | addresses | control | HCS | LLC APDU | FCS | 7E
 *
 * The server is the meter. An answer does not name what it answers: requests are remembered.
 */
#include "dataplane/decode/dlms.h"

#include <string.h>

#include "dataplane/decode/fcs16.h"
#include "dataplane/decode/judge.h"

#define PORT 4059
#define WRAPPER 8 /* bytes of its head */
#define FLAG 0x7e
#define FORMAT 0xa0 /* high nibble */
#define SEGMENTED 0x08
#define LLC 3

enum fit { FIT_NO, FIT_MORE, FIT_YES };

/* A frame of HDLC taken apart; offsets from its format field, behind the flag. */
struct hdlc {
	uint16_t destination, source;
	uint8_t control;
	bool segmented;
	size_t head; /* bytes up to and with the head's check sequence, or FCS where there is no more */
	size_t size; /* up to and with FCS */
};

static enum fit wrapper_fits(const uint8_t *at, size_t len)
{
	bool from, to;

	if (at[0] != 0 || (len > 1 && at[1] != 1))
		return FIT_NO;
	if (len < WRAPPER + 1)
		return FIT_MORE;
	from = (at[2] | at[3]) != 0;
	to = (at[4] | at[5]) != 0;
	/* Modbus/TCP has no source and its length for a destination. */
	return from == to && (at[6] | at[7]) != 0 && dlms_service(at[WRAPPER]) != 0 ? FIT_YES
										    : FIT_NO;
}

/* An address of one, two or four bytes: the last has bit 0. @return its bytes, 0 = none. */
static size_t address(const uint8_t *at, size_t len, uint16_t *ret)
{
	uint32_t value = 0;

	for (size_t i = 0; i < len && i < 4; i++) {
		value = value << 7 | at[i] >> 1;
		if (at[i] & 1) {
			*ret = (uint16_t)value;
			return i + 1;
		}
	}
	return 0;
}

static bool check_matches(const uint8_t *at, size_t len)
{
	return cv_fcs16(at, len) == (at[len] | at[len + 1] << 8);
}

/* Could a frame's format field be here? Its head's check sequence has to be right; 13 bytes at most. */
static enum fit hdlc_fits(const uint8_t *at, size_t len, struct hdlc *ret)
{
	struct hdlc h = {0};
	size_t pos = 2, n;

	if (len > 0 && (at[0] & 0xf0) != FORMAT)
		return FIT_NO;
	if (len < 2)
		return FIT_MORE;
	h.segmented = at[0] & SEGMENTED;
	h.size = (at[0] & 7u) << 8 | at[1];
	for (unsigned int i = 0; i < 2; i++) {
		n = address(at + pos, len - pos, i == 0 ? &h.destination : &h.source);
		if (n == 0)
			return len - pos < 4 ? FIT_MORE : FIT_NO;
		pos += n;
	}
	if (len < pos + 3)
		return FIT_MORE;
	h.control = at[pos++];
	if (pos + 2 > h.size || !check_matches(at, pos))
		return FIT_NO;
	h.head = pos + 2;
	*ret = h;
	return FIT_YES;
}

static void facts(const struct dlms_apdu *a)
{
	const struct dlms_flow *flow = a->d->flow;
	struct cv_judge *j = a->d->judge;
	const struct cv_app_fact name = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)flow->name,
		.len = flow->name_len,
	};

	if (j == NULL)
		return;
	cv_judge_type(j, dlms_service(a->tag));
	if (flow->name_len > 0 && flow->station == a->station)
		cv_judge_fact(j, &name);
}

/* Which end sent what does not tell it by itself: the server's port, else who was connected to. */
static bool from_server(const struct cv_decode *d, uint8_t tag)
{
	if (dlms_service(tag) < DLMS_GLO_GET || tag == DLMS_EXCEPTION || dlms_is_answer(tag))
		return dlms_is_answer(tag);
	if (tag < DLMS_GENERAL_GLO)
		return false;
	if (d->origin->sport == PORT || d->origin->dport == PORT)
		return d->origin->sport == PORT;
	return d->datagram || !d->from_client;
}

static int64_t finish(struct cv_decode *d, enum cv_reject reject, size_t total,
		      const struct dlms_apdu *a)
{
	if (reject != CV_REJECT_NONE) {
		d->skip = (uint32_t)total;
		return CV_REJECTED(reject);
	}
	if (a->tag != 0)
		facts(a);
	return (int64_t)total;
}

static int64_t wrapper(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t total = WRAPPER + ((size_t)data[6] << 8 | data[7]);
	struct dlms_apdu a = {.d = d, .size = (uint32_t)total};

	if (!d->datagram && total > CV_STREAM_WINDOW) {
		d->skip = (uint32_t)total;
		return CV_REJECTED(CV_REJECT_TOO_LARGE);
	}
	if (len < total)
		return cv_decode_want(d, total, CV_REJECT_TRUNCATED);
	a.up = from_server(d, data[WRAPPER]);
	a.station = a.up ? (uint16_t)(data[2] << 8 | data[3]) : (uint16_t)(data[4] << 8 | data[5]);
	return finish(d, dlms_records(&a, data + WRAPPER, total - WRAPPER), total, &a);
}

/* Information of an I or UI frame: an APDU, or a segment of one. */
static enum cv_reject information(struct dlms_apdu *a, const struct hdlc *h, const uint8_t *at,
				  size_t len)
{
	const struct dlms_join *j = dlms_joining(a->d);
	bool numbered = !(h->control & 1); /* else UI */
	bool inside = j && numbered && dlms_is_inside(j, h->control >> 1 & 7);
	bool begins = !inside && len >= LLC && at[0] == 0xe6 && (at[1] == 0xe6 || at[1] == 0xe7);
	struct dlms_segment s = {
		.data = at + (begins ? LLC : 0),
		.len = len - (begins ? LLC : 0),
		.first = begins,
		.last = !h->segmented,
		.numbered = numbered,
		.number = h->control >> 1 & 7,
	};

	a->up = begins ? at[1] == 0xe7 : j ? j->up : a->d->datagram || !a->d->from_client;
	a->station = a->up ? h->source : h->destination;
	if (begins && !h->segmented)
		return dlms_records(a, s.data, s.len);
	len = dlms_take_segment(a, &s, &at);
	return len != 0 ? dlms_records(a, at, len) : CV_REJECT_NONE;
}

/*
 * One frame.
 *
 * @param start offset of its format field.
 */
static int64_t hdlc(struct cv_decode *d, const struct hdlc *h, const uint8_t *data, size_t len,
		    size_t start)
{
	struct dlms_apdu a = {.d = d, .size = (uint32_t)h->size + 2};
	bool has_information = !(h->control & 1) || (h->control & 0xef) == 0x03;
	enum cv_reject reject = CV_REJECT_NONE;
	size_t total = start + h->size + 1;
	const uint8_t *at = data + start;

	if (len < total)
		return cv_decode_want(d, total, CV_REJECT_TRUNCATED);
	if (data[total - 1] != FLAG)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	if (!check_matches(at, h->size - 2))
		reject = CV_REJECT_BAD_CHECKSUM;
	else if (has_information && h->size > h->head + 2)
		reject = information(&a, h, at + h->head, h->size - 2 - h->head);
	while (d->datagram && total < len && data[total] == FLAG)
		total++;
	return finish(d, reject, total, &a);
}

/* A flag ends a frame and may begin the next one too; more of them may stand between frames. */
static int64_t dlms_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t start = 0;
	struct hdlc h;

	switch (wrapper_fits(data, len)) {
	case FIT_YES:
		return wrapper(d, data, len);
	case FIT_MORE:
		return cv_decode_want(d, WRAPPER + 1, CV_REJECT_TRUNCATED);
	case FIT_NO:
		break;
	}
	while (start < len && data[start] == FLAG)
		start++;
	switch (hdlc_fits(data + start, len - start, &h)) {
	case FIT_YES:
		return hdlc(d, &h, data, len, start);
	case FIT_MORE:
		return cv_decode_want(d, len + 1, CV_REJECT_TRUNCATED);
	case FIT_NO:
		break;
	}
	return CV_REJECTED(CV_REJECT_BAD_HEADER);
}

/* One whole frame. */
static enum cv_probe dlms_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	struct hdlc h;
	size_t total;

	if (len == 0)
		return more;
	switch (wrapper_fits(data, len)) {
	case FIT_YES:
		total = WRAPPER + ((size_t)data[6] << 8 | data[7]);
		if (total > CV_STREAM_WINDOW || (datagram && total != len))
			return CV_PROBE_NO;
		if (len < total)
			return more;
		return len == total || (data[total] == 0 && len - total > 1 && data[total + 1] == 1)
			       ? CV_PROBE_YES
			       : CV_PROBE_NO;
	case FIT_MORE:
		return more;
	case FIT_NO:
		break;
	}
	if (data[0] != FLAG)
		return CV_PROBE_NO;
	switch (hdlc_fits(data + 1, len - 1, &h)) {
	case FIT_NO:
		return CV_PROBE_NO;
	case FIT_MORE:
		return more;
	case FIT_YES:
		break;
	}
	if (len < h.size + 2)
		return more;
	return data[h.size + 1] == FLAG && check_matches(data + 1, h.size - 2) ? CV_PROBE_YES
									       : CV_PROBE_NO;
}

/* In a stream of HDLC's many bytes look like a wrapper: it has small addresses and a fitting length. */
static bool wrapper_begins(const uint8_t *at)
{
	uint8_t service = dlms_service(at[WRAPPER]);
	bool invoked = service == DLMS_GET || service == DLMS_SET || service == DLMS_ACTION;

	return wrapper_fits(at, CV_RESYNC_KEEP) == FIT_YES && at[2] == 0 && at[4] == 0 &&
	       at[6] < CV_STREAM_WINDOW >> 8 &&
	       (!invoked || (at[WRAPPER + 1] > 0 && at[WRAPPER + 1] < 8));
}

static size_t dlms_resync(const uint8_t *data, size_t len)
{
	struct hdlc h;

	for (size_t at = 1; at + CV_RESYNC_KEEP <= len; at++) {
		if (wrapper_begins(data + at))
			return at;
		if (data[at] == FLAG && hdlc_fits(data + at + 1, CV_RESYNC_KEEP - 1, &h) == FIT_YES)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_dlms = {
	.name = "dlms",
	.proto = CV_PROTO_DLMS,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.udp_ports = {PORT},
	.tcp_ports = {PORT},
	.flow_size = sizeof(struct dlms_flow),
	.worker_size = sizeof(struct dlms_worker),
	.probe = dlms_probe,
	.decode = dlms_decode,
	.resync = dlms_resync,
	.flow_end = dlms_flow_end,
};
