/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IEC 60870-5-104: telecontrol over TCP. Framing, the sequence numbers, and what a stranger's bytes
 * have to look like to be taken for it.
 *
 *     68 LENGTH C1 C2 C3 C4 [ASDU]
 *
 * I frames number what they carry, S frames acknowledge, U frames start, stop and test (-104, 5.1).
 * There is no check code: what holds a frame together is that an ASDU's length follows from its type
 * and number of objects.
 */
#include "dataplane/decode/iec104.h"

#include <string.h>

#include "dataplane/decode/judge.h"
#include "dataplane/decode/reader.h"

#define START 0x68
#define LENGTH_MIN 4
#define LENGTH_MAX 253
#define NUMBER_MASK 0x7fffu
#define TEST_BIT 0x80u
#define NEGATIVE_BIT 0x40u
#define CAUSE_MASK 0x3fu

/** Both directions of a connection; index is the side that sends. */
struct iec104_flow {
	uint16_t next[2]; /* number of the I frame that comes next */
	bool known[2];
};
_Static_assert(sizeof(struct iec104_flow) <= CV_FLOW_STATE_MAX, "flow state is bounded");

/* Functions of U frames: bit and name. Exactly one is set (-104, 5.1). */
static const struct {
	uint8_t octet;
	bool test;
	const char *name;
} functions[] = {
	{0x07, false, "STARTDT act"}, {0x0b, false, "STARTDT con"}, {0x13, false, "STOPDT act"},
	{0x23, false, "STOPDT con"},  {0x43, true, "TESTFR act"},   {0x83, true, "TESTFR con"},
};

static const char *function_name(uint8_t octet, bool *test)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (functions[i].octet == octet) {
			*test = functions[i].test;
			return functions[i].name;
		}
	}
	return NULL;
}

enum format { FORMAT_I, FORMAT_S, FORMAT_U, FORMAT_BAD };

/* Of a head that is all there. */
static enum format format_of(const uint8_t *head)
{
	const uint8_t *c = head + 2;
	bool test, none = c[1] == 0 && c[2] == 0 && c[3] == 0;

	if (!(c[0] & 1))
		return c[2] & 1 ? FORMAT_BAD : FORMAT_I;
	if (c[0] == 1)
		return c[1] == 0 && !(c[2] & 1) && head[1] == LENGTH_MIN ? FORMAT_S : FORMAT_BAD;
	if (none && head[1] == LENGTH_MIN && function_name(c[0], &test) != NULL)
		return FORMAT_U;
	return FORMAT_BAD;
}

/* "send sequence number 7, expected 5" */
static void odd(struct cv_decode *d, uint32_t size, const char *what, uint16_t number,
		uint16_t expected)
{
	struct cv_record *rec = cv_emit_begin(d->emit, CV_LANE_SECURITY, CV_KIND_ANOMALY);
	struct cv_label text = {0};

	rec->raw_len = size;
	rec->seq = number;
	cv_label_str(&text, what);
	cv_label_str(&text, " sequence number ");
	cv_label_u32(&text, number);
	cv_label_str(&text, ", expected ");
	cv_label_u32(&text, expected);
	cv_emit_tlv(d->emit, CV_TLV_TEXT, text.text, text.len);
	cv_emit_end(d->emit);
}

/*
 * N(S) counts up by one, N(R) does not run ahead of what was sent (-104, 5.1). What was before the
 * first frame that is seen is not known.
 */
static void check_numbers(struct cv_decode *d, const uint8_t *head, enum format format)
{
	struct iec104_flow *flow = d->flow;
	unsigned int me = d->from_client ? 0 : 1, other = 1 - me;
	uint32_t size = 2u + head[1];
	uint16_t send = (uint16_t)((head[2] | head[3] << 8) >> 1);
	uint16_t receive = (uint16_t)((head[4] | head[5] << 8) >> 1);
	uint16_t ahead = (uint16_t)((receive - flow->next[other]) & NUMBER_MASK);

	if (flow->known[other] && ahead != 0 && ahead <= NUMBER_MASK / 2) {
		odd(d, size, "receive", receive, flow->next[other]);
		flow->known[other] = false;
	}
	if (format != FORMAT_I)
		return;
	if (flow->known[me] && send != flow->next[me])
		odd(d, size, "send", send, flow->next[me]);
	flow->next[me] = (uint16_t)((send + 1) & NUMBER_MASK);
	flow->known[me] = true;
}

/* Which end is the station? The ASDU tells for most types, else the port or who connected. */
static uint8_t direction_of(const struct cv_decode *d, const struct iec104_asdu *a)
{
	if (a->id < 45 || a->id == 70)
		return CV_DIR_UP;
	if (a->id < 120)
		return a->cause == IEC104_ACTIVATION || a->cause == IEC104_DEACTIVATION ||
				       a->cause == IEC104_REQUEST
			       ? CV_DIR_DOWN
			       : CV_DIR_UP;
	if (d->origin->dport == IEC104_PORT)
		return CV_DIR_DOWN;
	if (d->origin->sport == IEC104_PORT)
		return CV_DIR_UP;
	return d->from_client ? CV_DIR_DOWN : CV_DIR_UP;
}

/* A session begins or ends; tests of an idle connection are no news. */
static void session(struct cv_decode *d, uint8_t octet)
{
	struct cv_record *rec;
	bool test = true, up;
	const char *name = function_name(octet, &test);

	if (test)
		return;
	rec = cv_emit_begin(d->emit, CV_LANE_STATUS, CV_KIND_SESSION);
	/* The controlling station starts and stops, the other confirms (-104, 5.3). */
	up = octet == 0x0b || octet == 0x23;
	rec->direction = up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = IEC104_HEAD;
	cv_emit_tlv(d->emit, CV_TLV_METHOD, name, strlen(name));
	cv_emit_end(d->emit);
}

static void facts(const struct iec104_asdu *a)
{
	struct cv_label common = {0};
	struct cv_app_fact address = {.kind = CV_APP_IDENTITY};

	cv_label_u32(&common, a->common);
	address.text = (const uint8_t *)common.text;
	address.len = (uint16_t)common.len;
	/* No station sends these: receivers differ in what they make of them. */
	if (iec104_cause_name(a->cause) == NULL || a->common == 0)
		cv_judge_malformed(a->d->judge);
	cv_judge_type(a->d->judge, a->id);
	cv_judge_fact(a->d->judge, &address);
}

/* @return CV_REJECT_NONE, or why the content of an I frame cannot be. */
static enum cv_reject asdu(struct cv_decode *d, const uint8_t *apdu, size_t len)
{
	struct cv_reader r = cv_reader(apdu + IEC104_HEAD, len - IEC104_HEAD);
	struct iec104_asdu a = {.d = d, .size = (uint32_t)len};
	uint8_t qualifier, cause;

	a.send = (uint16_t)((apdu[2] | apdu[3] << 8) >> 1);
	a.id = cv_read_u8(&r);
	qualifier = cv_read_u8(&r);
	cause = cv_read_u8(&r);
	a.originator = cv_read_u8(&r);
	a.common = cv_read_u8(&r);
	a.common = (uint16_t)(a.common | cv_read_u8(&r) << 8);
	if (r.failed)
		return CV_REJECT_BAD_LENGTH;
	a.type = iec104_type(a.id);
	a.sequence = qualifier >> 7;
	a.count = qualifier & 0x7f;
	a.cause = cause & CAUSE_MASK;
	a.negative = cause & NEGATIVE_BIT;
	a.test = cause & TEST_BIT;
	a.direction = direction_of(d, &a);
	a.objects = r.cur;
	a.objects_len = cv_reader_left(&r);
	if (a.id == 0)
		return CV_REJECT_UNKNOWN_TYPE; /* not used (7.2.1) */
	if (a.type->label != NULL && !iec104_fits(a.id, qualifier, a.objects_len))
		return CV_REJECT_BAD_PAYLOAD;
	if (d->judge != NULL)
		facts(&a);
	if (a.type->label != NULL)
		iec104_records(&a);
	else
		iec104_raw(&a);
	return CV_REJECT_NONE;
}

static int64_t iec104_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	enum cv_reject reject = CV_REJECT_NONE;
	enum format format;
	size_t total;

	if (data[0] != START)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (len < 2)
		return cv_decode_want(d, IEC104_HEAD, CV_REJECT_TRUNCATED);
	if (data[1] < LENGTH_MIN || data[1] > LENGTH_MAX)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	total = 2 + (size_t)data[1];
	if (len < IEC104_HEAD)
		return cv_decode_want(d, total, CV_REJECT_TRUNCATED);
	format = format_of(data);
	if (format == FORMAT_BAD)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (len < total)
		return cv_decode_want(d, total, CV_REJECT_TRUNCATED);
	if (format != FORMAT_U)
		check_numbers(d, data, format);
	if (format == FORMAT_U)
		session(d, data[2]);
	else if (format == FORMAT_I)
		reject = asdu(d, data, total);
	if (reject == CV_REJECT_NONE)
		return (int64_t)total;
	d->skip = (uint32_t)total;
	return CV_REJECTED(reject);
}

enum fit { FIT_NO, FIT_MORE, FIT_WEAK, FIT_YES };

/* Does an APDU begin here? Looks at no more than CV_RESYNC_KEEP bytes. */
static enum fit fit(const uint8_t *data, size_t len)
{
	const uint8_t *asdu = data + IEC104_HEAD;
	enum format format;

	if (data[0] != START)
		return FIT_NO;
	if (len > 1 && (data[1] < LENGTH_MIN || data[1] > LENGTH_MAX))
		return FIT_NO;
	if (len < IEC104_HEAD)
		return FIT_MORE;
	format = format_of(data);
	if (format == FORMAT_BAD)
		return FIT_NO;
	if (format == FORMAT_S)
		return FIT_WEAK; /* any number may stand in it */
	if (format == FORMAT_U)
		return FIT_YES;
	if (data[1] < LENGTH_MIN + IEC104_ASDU_HEAD)
		return FIT_NO;
	if (len < IEC104_HEAD + IEC104_ASDU_HEAD)
		return FIT_MORE;
	if (iec104_type(asdu[0])->label == NULL ||
	    iec104_cause_name(asdu[2] & CAUSE_MASK) == NULL || (asdu[4] == 0 && asdu[5] == 0))
		return FIT_NO;
	return iec104_fits(asdu[0], asdu[1], (size_t)data[1] - LENGTH_MIN - IEC104_ASDU_HEAD)
		       ? FIT_YES
		       : FIT_NO;
}

/* Whole APDUs up to the last byte: one that says something, or two that acknowledge. */
static enum cv_probe iec104_probe(const uint8_t *data, size_t len, bool datagram)
{
	unsigned int weight = 0;
	size_t at = 0;

	if (datagram)
		return CV_PROBE_NO;
	while (at < len) {
		enum fit f = fit(data + at, len - at);
		size_t total;

		if (f == FIT_NO)
			return CV_PROBE_NO;
		if (f == FIT_MORE)
			return CV_PROBE_MORE;
		total = 2 + (size_t)data[at + 1];
		if (total > len - at)
			return CV_PROBE_MORE;
		weight += f == FIT_YES ? 2 : 1;
		at += total;
	}
	return weight < 2 ? CV_PROBE_MORE : CV_PROBE_YES;
}

static size_t iec104_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at < len; at++) {
		enum fit f = fit(data + at, len - at);

		if (f == FIT_MORE)
			return len; /* it lies in what is kept; nothing behind it comes first */
		if (f != FIT_NO)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_iec104 = {
	.name = "iec104",
	.proto = CV_PROTO_IEC104,
	.transports = CV_TRANSPORT_TCP,
	.tcp_ports = {IEC104_PORT},
	.flow_size = sizeof(struct iec104_flow),
	.probe = iec104_probe,
	.decode = iec104_decode,
	.resync = iec104_resync,
};
