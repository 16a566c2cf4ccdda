/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNP3 (IEEE 1815-2012), between masters and outstations of power and water utilities: who asks whom
 * for what. Link frames (clause 9) with their CRCs, the transport octet (clause 8) and the head of the
 * application message (clause 4); objects and values are not read.
 */
#include "dataplane/decode/crc16_table.h"
#include "dataplane/decode/dnp3.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/session.h"

#define HEAD 10 /* start, length, control, addresses, CRC */
#define BLOCK 16
#define LENGTH_MIN 5 /* control and addresses */

/* Control octet, 9.2.4.1. */
#define FROM_MASTER 0x80u
#define PRIMARY 0x40u
#define LINK_FUNCTION(control) ((control)&15u)
#define CONFIRMED_DATA 3
#define UNCONFIRMED_DATA 4
/* Transport octet, 8.2.1. */
#define TRANSPORT_FIRST 0x40u
/* Application functions of answers, 4.2.2.5: internal indications follow. */
#define RESPONSE 129
#define UNSOLICITED 130
#define AUTH_RESPONSE 131
/* Internal indications that say that something is wrong: trouble, and what of the request is. */
#define IIN_TROUBLE 0x403fu

/* Polynomial 0x3d65, reflected; each bit's contribution. */
static const uint16_t crc_table[256] =
	CRC16_TABLE(0x365e, 0x6cbc, 0xd978, 0xff89, 0xb26b, 0x29af, 0x535e, 0xa6bc);

struct dnp3_frame {
	struct cv_decode *d;
	uint16_t outstation, master;
	uint16_t iin;
	uint8_t control;
	bool application; /* a message begins here */
	uint8_t function; /* its */
	uint32_t size;
};

uint16_t dnp3_crc(const uint8_t *p, size_t len)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc >> 8 ^ crc_table[(crc ^ p[i]) & 255]);
	return (uint16_t)~crc;
}

static bool crc_good(const uint8_t *p, size_t len)
{
	uint16_t crc = dnp3_crc(p, len);

	return p[len] == (crc & 255) && p[len + 1] == crc >> 8;
}

static size_t total_of(uint8_t length)
{
	size_t data = (size_t)length - LENGTH_MIN;

	return HEAD + data + 2 * ((data + BLOCK - 1) / BLOCK);
}

static enum cv_reject check_head(const uint8_t *p)
{
	if (p[0] != 0x05 || p[1] != 0x64)
		return CV_REJECT_BAD_HEADER;
	if (p[2] < LENGTH_MIN)
		return CV_REJECT_BAD_LENGTH;
	return crc_good(p, HEAD - 2) ? CV_REJECT_NONE : CV_REJECT_BAD_CHECKSUM;
}

static bool data_good(const uint8_t *p, size_t total)
{
	for (size_t at = HEAD; at < total; at += BLOCK + 2) {
		size_t block = total - at - 2;

		if (!crc_good(p + at, block < BLOCK ? block : BLOCK))
			return false;
	}
	return true;
}

static bool has_data(uint8_t control)
{
	return (control & PRIMARY) && (LINK_FUNCTION(control) == CONFIRMED_DATA ||
				       LINK_FUNCTION(control) == UNCONFIRMED_DATA);
}

/* The first block has all that is wanted: transport octet, control, function, indications. */
static void take(struct dnp3_frame *f, const uint8_t *p)
{
	uint16_t to = (uint16_t)(p[4] | p[5] << 8), from = (uint16_t)(p[6] | p[7] << 8);
	size_t data = (size_t)p[2] - LENGTH_MIN;
	bool answer;

	f->control = p[3];
	f->outstation = f->control & FROM_MASTER ? to : from;
	f->master = f->control & FROM_MASTER ? from : to;
	if (!has_data(f->control) || data < 3 || !(p[HEAD] & TRANSPORT_FIRST))
		return;
	f->application = true;
	f->function = p[HEAD + 2];
	answer = f->function >= RESPONSE && f->function <= AUTH_RESPONSE;
	if (answer && data >= 5)
		f->iin = (uint16_t)(p[HEAD + 3] << 8 | p[HEAD + 4]);
}

const char *dnp3_function_name(uint8_t function)
{
	static const char *const names[] = {
		"confirm",
		"read",
		"write",
		"select",
		"operate",
		"direct-operate",
		"direct-operate-no-answer",
		"freeze",
		"freeze-no-answer",
		"freeze-clear",
		"freeze-clear-no-answer",
		"freeze-at-time",
		"freeze-at-time-no-answer",
		"cold-restart",
		"warm-restart",
		"initialize-data",
		"initialize-application",
		"start-application",
		"stop-application",
		"save-configuration",
		"enable-unsolicited",
		"disable-unsolicited",
		"assign-class",
		"delay-measure",
		"record-time",
		"open-file",
		"close-file",
		"delete-file",
		"file-info",
		"authenticate-file",
		"abort-file",
		"activate-configuration",
		"auth-request",
		"auth-request-no-answer",
	};

	if (function < sizeof(names) / sizeof(names[0]))
		return names[function];
	if (function == RESPONSE)
		return "response";
	if (function == UNSOLICITED)
		return "unsolicited-response";
	return function == AUTH_RESPONSE ? "auth-response" : "function";
}

const char *dnp3_link_name(uint8_t control)
{
	static const char *const primary[16] = {
		[0] = "reset-link", [2] = "test-link", [9] = "link-status-request"};
	static const char *const secondary[16] = {[0] = "link-ack",
						  [1] = "link-nack",
						  [11] = "link-status",
						  [15] = "link-not-supported"};
	const char *name = (control & PRIMARY ? primary : secondary)[LINK_FUNCTION(control)];

	return name ? name : "link";
}

/* Functions that change something: each of them is told. */
static bool commands(uint8_t function)
{
	return function >= 2 && function < RESPONSE && function != 23;
}

static void record(struct dnp3_frame *f)
{
	bool up = !(f->control & FROM_MASTER);
	const char *method =
		f->application ? dnp3_function_name(f->function) : dnp3_link_name(f->control);
	enum cv_kind kind = !f->application	    ? CV_KIND_SESSION
			    : f->iin & IIN_TROUBLE  ? CV_KIND_ERROR
			    : commands(f->function) ? CV_KIND_COMMAND
						    : CV_KIND_STATE;
	struct cv_record *rec = cv_session_begin(f->d, kind, up, method, f->size);
	struct cv_label device = {0}, master = {0}, iin = {0};

	rec->status = f->application ? f->function : f->control;
	cv_label_u32(&device, f->outstation);
	cv_label_u32(&master, f->master);
	cv_put_label(f->d, CV_TLV_DEVICE, &device);
	cv_put_label(f->d, CV_TLV_CORRELATION, &master);
	if (f->application && f->function >= RESPONSE) {
		cv_label_hex(&iin, f->iin, 4);
		cv_put_label(f->d, CV_TLV_FLAG, &iin);
	}
	cv_emit_end(f->d->emit);
}

/* Once per flow: who uses which function with whom, and each new set of indications. */
static void tell(struct dnp3_frame *f)
{
	uint64_t what = (uint64_t)f->outstation << 32 | (uint64_t)f->master << 48 | f->iin;

	if (f->application)
		what |= 1ull << 24 | (uint64_t)f->function << 16;
	else if (!has_data(f->control))
		what |= (uint64_t)(f->control & (FROM_MASTER | PRIMARY | 15u)) << 16;
	else
		return; /* goes on, or says nothing */
	if (cv_told_new(f->d->flow, what) || (f->application && commands(f->function)))
		record(f);
}

static void facts(const struct dnp3_frame *f)
{
	struct cv_app_fact device = {.kind = CV_APP_IDENTITY};
	struct cv_label l = {0};

	if (f->application)
		cv_judge_type(f->d->judge, f->function);
	else
		cv_judge_type(f->d->judge, 1000 + LINK_FUNCTION(f->control));
	cv_label_u32(&l, f->outstation);
	device.text = (const uint8_t *)l.text;
	device.len = l.len;
	cv_judge_fact(f->d->judge, &device);
}

static int64_t dnp3_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct dnp3_frame f = {.d = d};
	enum cv_reject reject;
	size_t total;

	if (len < HEAD)
		return cv_decode_want(d, HEAD, CV_REJECT_TRUNCATED);
	reject = check_head(data);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	total = total_of(data[2]);
	if (len < total)
		return cv_decode_want(d, total, CV_REJECT_TRUNCATED);
	if (!data_good(data, total)) {
		d->skip = (uint32_t)total;
		return CV_REJECTED(CV_REJECT_BAD_CHECKSUM);
	}
	f.size = (uint32_t)total;
	take(&f, data);
	if (d->judge != NULL)
		facts(&f);
	tell(&f);
	return (int64_t)total;
}

static enum cv_probe dnp3_probe(const uint8_t *data, size_t len, bool datagram)
{
	static const uint8_t start[2] = {0x05, 0x64};

	for (size_t i = 0; i < len && i < sizeof(start); i++) {
		if (data[i] != start[i])
			return CV_PROBE_NO;
	}
	if (len < HEAD)
		return datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	return check_head(data) == CV_REJECT_NONE ? CV_PROBE_YES : CV_PROBE_NO;
}

static size_t dnp3_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + HEAD <= len; at++) {
		if (data[at] == 0x05 && check_head(data + at) == CV_REJECT_NONE)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_dnp3 = {
	.name = "dnp3",
	.proto = CV_PROTO_DNP3,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.udp_ports = {20000},
	.tcp_ports = {20000},
	.flow_size = sizeof(struct cv_told),
	.probe = dnp3_probe,
	.decode = dnp3_decode,
	.resync = dnp3_resync,
};
