/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTP: the health of the clocks (RFC 5905; versions 1 to 4). A passive node learns from an answer what
 * the server says of itself, and from a question and its answer how far the server's clock is from
 * this node's:
 *
 *     offset = ((T2 - seen question) + (T3 - seen answer)) / 2      RFC 5905 section 8
 *     delay = (seen answer - seen question) - (T3 - T2)
 *
 * Modes 6 and 7 query and change a server from afar and were abused for amplification: whoever speaks
 * them is told in the security lane.
 */
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/reader.h"
#include "dataplane/normalize/vocabulary.h"

#define NTP_PORT 123
#define HEADER 48
#define CONTROL_HEADER 12 /* RFC 9327 section 2 */
#define PRIVATE_HEADER 8
#define STRATUM_MAX 15 /* 16 and above: not synchronized */
#define EPOCH 2208988800ll /* seconds from 1900 to 1970 */
#define NS 1000000000ll

enum mode { SYMMETRIC = 1, PASSIVE, CLIENT, SERVER, BROADCAST, CONTROL, PRIVATE };

static const char *const modes[] = {"reserved", "symmetric-active", "symmetric-passive", "client",
				    "server",	"broadcast",	    "control",		 "private"};

/** The question that waits for its answer; both directions of a flow share it. */
struct ntp_flow {
	uint64_t asked; /* its transmit timestamp as sent, 0 = none */
	int64_t seen_ns;
};
_Static_assert(sizeof(struct ntp_flow) <= CV_FLOW_STATE_MAX, "flow state is bounded");

/** A header taken apart. */
struct ntp_packet {
	uint8_t leap, version, mode, stratum;
	uint8_t reference[4];
	uint64_t origin, receive, transmit; /* as sent */
	uint32_t size;
};

static uint64_t read_stamp(struct cv_reader *r)
{
	uint64_t seconds = cv_read_be32(r);

	return seconds << 32 | cv_read_be32(r);
}

/* The first era ended in 2036; what looks older than 1968 is of the next (RFC 4330 section 3). */
static int64_t to_ns(uint64_t stamp)
{
	int64_t seconds = (int64_t)(stamp >> 32);
	int64_t fraction = (int64_t)(((stamp & UINT32_MAX) * (uint64_t)NS) >> 32);

	if (seconds < 1ll << 31)
		seconds += 1ll << 32;
	return (seconds - EPOCH) * NS + fraction;
}

static struct cv_record *begin(const struct cv_decode *d, const struct ntp_packet *p,
			       enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(d->emit, lane, kind);

	rec->direction = p->mode == CLIENT ? CV_DIR_DOWN : CV_DIR_UP;
	rec->device_end = p->mode == CLIENT ? CV_DEVICE_END_DST : CV_DEVICE_END_SRC;
	rec->raw_len = p->size;
	rec->status = p->mode;
	cv_emit_tlv(d->emit, CV_TLV_METHOD, modes[p->mode], strlen(modes[p->mode]));
	return rec;
}

/* Four letters for stratum 0 and 1, else what is mostly an IPv4 address. */
static size_t reference_text(const struct ntp_packet *p, struct cv_label *l)
{
	size_t n = 0;

	if (p->stratum <= 1) {
		while (n < 4 && p->reference[n] > ' ' && p->reference[n] < 0x7f)
			n++;
		cv_label_bytes(l, p->reference, n);
		return n;
	}
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			cv_label_str(l, ".");
		cv_label_u32(l, p->reference[i]);
	}
	return l->len;
}

static void put_leap(const struct cv_decode *d, struct cv_record *rec, const struct ntp_packet *p)
{
	static const char *const flags[] = {"", "leap-insert", "leap-delete", "unsynchronized"};

	rec->quality = CV_QUALITY_GOOD;
	if (p->leap == 3 || p->stratum == 0 || p->stratum > STRATUM_MAX)
		rec->quality = CV_QUALITY_BAD;
	if (p->leap != 0)
		cv_emit_tlv(d->emit, CV_TLV_FLAG, flags[p->leap], strlen(flags[p->leap]));
}

static void put_time(struct cv_record *rec, uint64_t stamp)
{
	if (stamp == 0)
		return;
	rec->time_quality = CV_TIME_DEVICE;
	rec->ts_device_ns = to_ns(stamp);
}

/* A server that does not want to be asked so often, or at all (RFC 5905 section 7.4). */
static void emit_kiss(const struct cv_decode *d, const struct ntp_packet *p)
{
	struct cv_record *rec = begin(d, p, CV_LANE_STATUS, CV_KIND_ERROR);
	struct cv_label code = {0};

	put_leap(d, rec, p);
	if (reference_text(p, &code) != 0)
		cv_emit_tlv(d->emit, CV_TLV_CODE, code.text, code.len);
	cv_emit_end(d->emit);
}

static void emit_stratum(const struct cv_decode *d, const struct ntp_packet *p, uint32_t flags)
{
	struct cv_record *rec = begin(d, p, CV_LANE_STATUS, CV_KIND_STATE);
	struct cv_label reference = {0};

	rec->flags |= flags;
	rec->name_id = CV_NAME_CLOCK_STRATUM;
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = p->stratum;
	put_time(rec, p->transmit);
	put_leap(d, rec, p);
	if (reference_text(p, &reference) != 0)
		cv_emit_tlv(d->emit, CV_TLV_TEXT, reference.text, reference.len);
	cv_emit_end(d->emit);
}

static void emit_seconds(const struct cv_decode *d, const struct ntp_packet *p, uint16_t name,
			 int64_t ns)
{
	struct cv_record *rec = begin(d, p, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);

	rec->name_id = name;
	rec->unit_id = (uint16_t)CV_UNIT_OF_CLOCK_OFFSET;
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = (double)ns / (double)NS;
	put_time(rec, p->transmit);
	put_leap(d, rec, p);
	cv_emit_end(d->emit);
}

/* A server's answer. @return whether its question was seen. */
static bool emit_offset(const struct cv_decode *d, const struct ntp_packet *p)
{
	struct ntp_flow *flow = d->flow;
	int64_t asked = flow->seen_ns, now = d->origin->ts_rx_ns;
	bool paired = p->origin != 0 && p->origin == flow->asked;
	int64_t t2 = to_ns(p->receive), t3 = to_ns(p->transmit);

	if (!paired)
		return false;
	flow->asked = 0; /* a second answer to it is none */
	emit_seconds(d, p, CV_NAME_CLOCK_OFFSET, (t2 - asked) / 2 + (t3 - now) / 2);
	emit_seconds(d, p, CV_NAME_CLOCK_DELAY, (now - asked) - (t3 - t2));
	return true;
}

static void time_packet(struct cv_decode *d, const struct ntp_packet *p)
{
	struct ntp_flow *flow = d->flow;
	bool answered = true;

	if (p->mode == CLIENT) {
		flow->asked = p->transmit;
		flow->seen_ns = d->origin->ts_rx_ns;
		return;
	}
	if (p->stratum == 0 && p->mode == SERVER) {
		emit_kiss(d, p);
		return;
	}
	if (p->mode == SERVER)
		answered = emit_offset(d, p);
	emit_stratum(d, p, answered ? 0 : CV_FLAG_UNPAIRED);
}

/* "control, operation 2, answer", "private, request 42" */
static void emit_remote(const struct cv_decode *d, const struct ntp_packet *p, const uint8_t *data)
{
	struct cv_record *rec = begin(d, p, CV_LANE_SECURITY, CV_KIND_ANOMALY);
	bool answer = p->mode == CONTROL ? data[1] & 0x80 : data[0] & 0x80;
	struct cv_label l = {0};

	rec->direction = answer ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = answer ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	cv_label_str(&l, modes[p->mode]);
	cv_label_str(&l, p->mode == CONTROL ? ", operation " : ", request ");
	cv_label_u32(&l, p->mode == CONTROL ? data[1] & 0x1fu : data[3]);
	if (answer)
		cv_label_str(&l, ", answer");
	cv_emit_tlv(d->emit, CV_TLV_TEXT, l.text, l.len);
	cv_emit_end(d->emit);
}

/* Modes 6 and 7 have headers of their own. */
static int64_t remote(struct cv_decode *d, struct ntp_packet *p, const uint8_t *data, size_t len)
{
	if (len < (p->mode == CONTROL ? CONTROL_HEADER : PRIVATE_HEADER))
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	if (d->judge != NULL)
		cv_judge_type(d->judge, p->mode);
	p->size = (uint32_t)len;
	emit_remote(d, p, data);
	return (int64_t)len;
}

static int64_t ntp_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct cv_reader r = cv_reader(data, len);
	struct ntp_packet p = {.size = (uint32_t)len};
	const uint8_t *reference;
	uint8_t first = cv_read_u8(&r);

	p.leap = first >> 6;
	p.version = first >> 3 & 7;
	p.mode = first & 7;
	if (p.version == 0 || p.version > 4)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (p.mode == 0)
		return CV_REJECTED(CV_REJECT_BAD_VALUE);
	if (p.mode >= CONTROL)
		return remote(d, &p, data, len);
	p.stratum = cv_read_u8(&r);
	cv_read_bytes(&r, 10); /* poll, precision, root delay and dispersion */
	reference = cv_read_bytes(&r, sizeof(p.reference));
	read_stamp(&r); /* when the clock was last set */
	p.origin = read_stamp(&r);
	p.receive = read_stamp(&r);
	p.transmit = read_stamp(&r);
	if (r.failed)
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	/* Extension fields and a message authentication code are whole words. */
	if (cv_reader_left(&r) % 4 != 0)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	memcpy(p.reference, reference, sizeof(p.reference));
	if (d->judge != NULL)
		cv_judge_type(d->judge, p.mode);
	time_packet(d, &p);
	return (int64_t)len;
}

/* No probe: 48 bytes of anything would do. */
const struct cv_decoder cv_decoder_ntp = {
	.name = "ntp",
	.proto = CV_PROTO_NTP,
	.transports = CV_TRANSPORT_UDP,
	.udp_ports = {NTP_PORT},
	.flow_size = sizeof(struct ntp_flow),
	.decode = ntp_decode,
};
