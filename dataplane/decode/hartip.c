/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HART-IP (FieldComm Group HCF_SPEC-085), hosts and gateways or instruments of process plants: sessions,
 * and which HART commands (HCF_SPEC-081) go to which device. Values are not read.
 */
#include "dataplane/decode/judge.h"
#include "dataplane/decode/session.h"

#define HEAD 8
#define LENGTH_MAX 4096

enum offset { VERSION, TYPE, ID, STATUS, SEQUENCE, LENGTH = 6 };
enum type { REQUEST, RESPONSE, PUBLISH, NAK = 15 };
enum id { INITIATE, CLOSE, KEEP_ALIVE, TOKEN_PASSING, DIRECT, AUDIT_LOG, ID_COUNT };

/* Delimiter of a HART frame. */
#define LONG_ADDRESS 0x80u
#define EXPANSION(delimiter) ((delimiter) >> 5 & 3u)
#define ADDRESS_MASK 0x3f /* of an address's first byte: the rest is who is master, and burst */

struct hartip_message {
	struct cv_decode *d;
	const uint8_t *data;
	size_t size;
	const uint8_t *address; /* of the HART frame, NULL = none */
	uint8_t address_len; /* 1 or 5 */
	int command; /* -1 = none */
	uint16_t response; /* the frame's two status bytes, of answers */
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static enum cv_reject check_head(const uint8_t *p)
{
	if (p[VERSION] != 1 && p[VERSION] != 2)
		return CV_REJECT_BAD_HEADER;
	if ((p[TYPE] > PUBLISH && p[TYPE] != NAK) || p[ID] >= ID_COUNT)
		return CV_REJECT_UNKNOWN_TYPE;
	if (be16(p + LENGTH) < HEAD || be16(p + LENGTH) > LENGTH_MAX)
		return CV_REJECT_BAD_LENGTH;
	return CV_REJECT_NONE;
}

/* The HART frame of a token-passing message: delimiter, address, command, count, data, parity. */
static bool take_frame(struct hartip_message *m)
{
	const uint8_t *p = m->data + HEAD;
	size_t len = m->size - HEAD, at, end;
	uint8_t parity = 0;

	if (len < 5)
		return false;
	m->address_len = p[0] & LONG_ADDRESS ? 5 : 1;
	at = 1 + (size_t)m->address_len + EXPANSION(p[0]);
	if (len < at + 3)
		return false;
	end = at + 2 + p[at + 1];
	if (end + 1 != len)
		return false;
	for (size_t i = 0; i < len; i++)
		parity ^= p[i];
	if (parity != 0)
		return false;
	m->address = p + 1;
	m->command = p[at];
	if (m->data[TYPE] != REQUEST && p[at + 1] >= 2)
		m->response = be16(p + at + 2);
	return true;
}

static size_t take_device(const struct hartip_message *m, struct cv_label *l)
{
	if (m->address == NULL)
		return 0;
	cv_label_hex(l, m->address[0] & ADDRESS_MASK, 2);
	for (int i = 1; i < m->address_len; i++)
		cv_label_hex(l, m->address[i], 2);
	return l->len;
}

static void record(struct hartip_message *m, enum cv_kind kind, const char *method)
{
	static const char *const of_type[] = {"", "-answer", "-published"};
	bool up = m->data[TYPE] != REQUEST;
	struct cv_label name = {0}, device = {0}, code = {0}, flag = {0};
	struct cv_record *rec;

	cv_label_str(&name, method);
	cv_label_str(&name, m->data[TYPE] == NAK ? "-refused" : of_type[m->data[TYPE]]);
	cv_label_bytes(&name, "", 1);
	rec = cv_session_begin(m->d, kind, up, name.text, m->size);
	rec->seq = be16(m->data + SEQUENCE);
	rec->status = m->command >= 0 ? (uint16_t)m->command : m->data[ID];
	take_device(m, &device);
	cv_put_label(m->d, CV_TLV_DEVICE, &device);
	if (m->command >= 0) {
		cv_label_u32(&code, (uint32_t)m->command);
		cv_put_label(m->d, CV_TLV_CODE, &code);
	}
	if (up) {
		cv_label_hex(&flag, m->command >= 0 ? m->response : m->data[STATUS],
			     m->command >= 0 ? 4 : 2);
		cv_put_label(m->d, CV_TLV_FLAG, &flag);
	}
	cv_emit_end(m->d->emit);
}

/* Commands are told once per device and direction in a flow, and where their outcome changes. */
static void tell(struct hartip_message *m)
{
	static const char *const names[ID_COUNT] = {"initiate", "close",	  "keep-alive",
						    "command",	"direct-command", "audit-log"};
	uint8_t type = m->data[TYPE], id = m->data[ID];
	uint64_t what = (uint64_t)type << 8 | id;
	bool wrong = type == NAK || m->data[STATUS] != 0;

	if (id == KEEP_ALIVE && !wrong)
		return;
	if (m->command >= 0) {
		what |= (uint64_t)m->command << 16 | (uint64_t)m->response << 24;
		for (int i = 0; i < m->address_len; i++)
			what = what * 0x100000001b3ull + m->address[i];
	} else {
		what |= (uint64_t)m->data[STATUS] << 16;
	}
	if (id > CLOSE && !cv_told_new(m->d->flow, what))
		return;
	record(m, wrong ? CV_KIND_ERROR : id <= CLOSE ? CV_KIND_SESSION : CV_KIND_STATE, names[id]);
}

static void facts(const struct hartip_message *m)
{
	struct cv_app_fact device = {.kind = CV_APP_IDENTITY};
	struct cv_label l = {0};

	cv_judge_type(m->d->judge, m->command >= 0 ? (uint32_t)m->command : 1000u + m->data[ID]);
	device.len = take_device(m, &l);
	device.text = (const uint8_t *)l.text;
	if (device.len != 0)
		cv_judge_fact(m->d->judge, &device);
}

static int64_t hartip_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct hartip_message m = {.d = d, .data = data, .command = -1};
	enum cv_reject reject;

	if (len < HEAD)
		return cv_decode_want(d, HEAD, CV_REJECT_TRUNCATED);
	reject = check_head(data);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	m.size = be16(data + LENGTH);
	if (len < m.size)
		return cv_decode_want(d, m.size, CV_REJECT_TRUNCATED);
	if (data[ID] == TOKEN_PASSING && data[TYPE] != NAK && m.size > HEAD && !take_frame(&m)) {
		d->skip = (uint32_t)m.size;
		return CV_REJECTED(CV_REJECT_BAD_CHECKSUM);
	}
	if (d->judge != NULL)
		facts(&m);
	tell(&m);
	return (int64_t)m.size;
}

/* A session's beginning with its exact length, or a HART frame with its parity. */
static enum cv_probe hartip_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	struct hartip_message m = {.data = data};

	if (len > 0 && data[VERSION] != 1 && data[VERSION] != 2)
		return CV_PROBE_NO;
	if ((len > TYPE && data[TYPE] > PUBLISH) || (len > ID && data[ID] > TOKEN_PASSING))
		return CV_PROBE_NO;
	if (len < HEAD)
		return more;
	if (check_head(data) != CV_REJECT_NONE)
		return CV_PROBE_NO;
	m.size = be16(data + LENGTH);
	if (data[ID] != TOKEN_PASSING && !(data[ID] == INITIATE && m.size == 13))
		return CV_PROBE_NO;
	if (len < m.size)
		return more;
	if (data[ID] == TOKEN_PASSING)
		return take_frame(&m) ? CV_PROBE_YES : CV_PROBE_NO;
	/* Master type 0 or 1, and a time-out that somebody may want, ms. */
	return data[HEAD] <= 1 && data[HEAD + 1] == 0 && data[STATUS] == 0 &&
			       (!datagram || len == m.size)
		       ? CV_PROBE_YES
		       : CV_PROBE_NO;
}

static size_t hartip_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + HEAD <= len; at++) {
		if (check_head(data + at) == CV_REJECT_NONE)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_hartip = {
	.name = "hartip",
	.proto = CV_PROTO_HARTIP,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.udp_ports = {5094},
	.tcp_ports = {5094},
	.flow_size = sizeof(struct cv_told),
	.probe = hartip_probe,
	.decode = hartip_decode,
	.resync = hartip_resync,
};
