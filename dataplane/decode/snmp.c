/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SNMP: traps and informs of network equipment, cameras, power supplies and cabinets, and the outline
 * of what managers ask. UDP 161 and 162.
 *
 *     SEQUENCE { version, community, PDU }                            v1, v2c
 *     SEQUENCE { 3, SEQUENCE { id, size, flags, model }, USM, data }  v3
 *
 * The community is a password: it does not leave the decoder.
 */
#include "dataplane/decode/snmp.h"

#include "dataplane/decode/judge.h"

#define V1 0
#define V2C 1
#define V3 3
#define FLAG_PRIVATE 0x02u /* msgFlags (RFC 3412 section 6.4) */
#define ENGINE_MAX 32 /* bytes of an engine id (RFC 3411 section 5) */

/* request id, error status, error index (for GetBulk: how many of what); bindings */
static bool read_pdu(struct snmp_message *m, struct cv_reader *r)
{
	return snmp_take_integer(r, &m->request) && snmp_take_integer(r, &m->error) &&
	       snmp_take_integer(r, &m->index) && snmp_enter(r, SNMP_SEQUENCE, &m->bindings) &&
	       cv_reader_left(r) == 0;
}

/* enterprise, agent address, generic and specific trap, time stamp, bindings (RFC 1157 4.1.6) */
static bool read_trap_v1(struct snmp_message *m, struct cv_reader *r)
{
	struct snmp_element ticks;
	uint64_t stamp;

	if (!snmp_take(r, SNMP_OID, &m->enterprise) || !snmp_take(r, SNMP_ADDRESS, &m->agent) ||
	    m->agent.len != 4 || !snmp_take_integer(r, &m->generic) ||
	    !snmp_take_integer(r, &m->specific) || !snmp_take(r, SNMP_TICKS, &ticks) ||
	    !snmp_unsigned(&ticks, &stamp))
		return false;
	m->ticks = (int64_t)stamp;
	return snmp_enter(r, SNMP_SEQUENCE, &m->bindings) && cv_reader_left(r) == 0;
}

static enum cv_reject any_pdu(struct snmp_message *m, struct cv_reader *r)
{
	struct snmp_element pdu;
	struct snmp_oid oid;
	struct cv_reader content;

	if (!snmp_element(r, &pdu))
		return CV_REJECT_BAD_LENGTH;
	if (pdu.tag < SNMP_PDU_TAG || pdu.tag >= SNMP_PDU_TAG + SNMP_PDU_COUNT)
		return CV_REJECT_UNKNOWN_TYPE;
	m->pdu = pdu.tag - SNMP_PDU_TAG;
	/* Each version has PDUs of its own (RFC 3584 section 3). */
	if (m->version == V1 ? m->pdu > SNMP_TRAP_V1 : m->pdu == SNMP_TRAP_V1)
		return CV_REJECT_BAD_VALUE;
	content = cv_reader(pdu.data, pdu.len);
	if (m->pdu == SNMP_TRAP_V1) {
		if (!read_trap_v1(m, &content) || !snmp_oid(&m->enterprise, &oid))
			return CV_REJECT_BAD_PAYLOAD;
	} else if (!read_pdu(m, &content)) {
		return CV_REJECT_BAD_PAYLOAD;
	}
	return snmp_check_bindings(m) ? CV_REJECT_NONE : CV_REJECT_BAD_PAYLOAD;
}

/* engine id, boots, time, user, authentication and privacy parameters (RFC 3414 section 2.4) */
static bool read_usm(struct snmp_message *m, const struct snmp_element *parameters)
{
	struct cv_reader r = cv_reader(parameters->data, parameters->len), content;
	struct snmp_element ignored;
	int64_t boots, time;

	return snmp_enter(&r, SNMP_SEQUENCE, &content) &&
	       snmp_take(&content, SNMP_OCTETS, &m->engine) && m->engine.len <= ENGINE_MAX &&
	       snmp_take_integer(&content, &boots) && snmp_take_integer(&content, &time) &&
	       snmp_take(&content, SNMP_OCTETS, &m->user) && m->user.len <= ENGINE_MAX &&
	       snmp_take(&content, SNMP_OCTETS, &ignored) &&
	       snmp_take(&content, SNMP_OCTETS, &ignored);
}

static enum cv_reject read_v3(struct snmp_message *m, struct cv_reader *r)
{
	struct snmp_element flags, parameters, engine, name, sealed;
	struct cv_reader global, scoped;
	int64_t id, size, model;

	if (!snmp_enter(r, SNMP_SEQUENCE, &global) || !snmp_take_integer(&global, &id) ||
	    !snmp_take_integer(&global, &size) || !snmp_take(&global, SNMP_OCTETS, &flags) ||
	    flags.len != 1 || !snmp_take_integer(&global, &model) ||
	    !snmp_take(r, SNMP_OCTETS, &parameters))
		return CV_REJECT_BAD_HEADER;
	m->request = id;
	if (model == 3 && !read_usm(m, &parameters)) /* user-based; others are not looked into */
		return CV_REJECT_BAD_HEADER;
	if (flags.data[0] & FLAG_PRIVATE) {
		m->pdu = SNMP_ENCRYPTED;
		return snmp_take(r, SNMP_OCTETS, &sealed) ? CV_REJECT_NONE : CV_REJECT_BAD_PAYLOAD;
	}
	if (!snmp_enter(r, SNMP_SEQUENCE, &scoped) || !snmp_take(&scoped, SNMP_OCTETS, &engine) ||
	    !snmp_take(&scoped, SNMP_OCTETS, &name))
		return CV_REJECT_BAD_PAYLOAD;
	return any_pdu(m, &scoped);
}

/* @return CV_REJECT_NONE when all of it is a message; then m is filled. */
static enum cv_reject read_message(struct snmp_message *m, const uint8_t *data, size_t len)
{
	struct cv_reader r = cv_reader(data, len), content;
	struct snmp_element community, e;
	int64_t version;

	if (data[0] != SNMP_SEQUENCE)
		return CV_REJECT_BAD_HEADER;
	if (!snmp_element(&r, &e))
		return r.failed ? CV_REJECT_TRUNCATED : CV_REJECT_BAD_LENGTH;
	m->size = (uint32_t)(r.cur - data);
	content = cv_reader(e.data, e.len);
	if (!snmp_take_integer(&content, &version) ||
	    (version != V1 && version != V2C && version != V3))
		return CV_REJECT_BAD_HEADER;
	m->version = (uint8_t)version;
	if (version == V3)
		return read_v3(m, &content);
	if (!snmp_take(&content, SNMP_OCTETS, &community))
		return CV_REJECT_BAD_HEADER;
	return any_pdu(m, &content);
}

static void facts(const struct snmp_message *m)
{
	static const char digit[] = "0123456789abcdef";
	struct cv_app_fact engine = {.kind = CV_APP_IDENTITY};
	char text[2 * ENGINE_MAX];

	cv_judge_type(m->d->judge, m->pdu);
	if (m->engine.len == 0)
		return;
	for (size_t i = 0; i < m->engine.len; i++) {
		text[2 * i] = digit[m->engine.data[i] >> 4];
		text[2 * i + 1] = digit[m->engine.data[i] & 0xf];
	}
	engine.text = (const uint8_t *)text;
	engine.len = (uint16_t)(2 * m->engine.len);
	cv_judge_fact(m->d->judge, &engine);
}

static int64_t snmp_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct snmp_message m = {.d = d};
	enum cv_reject reject = read_message(&m, data, len);

	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	if (d->judge != NULL)
		facts(&m);
	snmp_records(&m);
	return m.size;
}

/* All of the datagram, down to the last sub-identifier. */
static enum cv_probe snmp_probe(const uint8_t *data, size_t len, bool datagram)
{
	struct snmp_message m = {.d = NULL};

	if (!datagram || len == 0 || data[0] != SNMP_SEQUENCE)
		return CV_PROBE_NO;
	return read_message(&m, data, len) == CV_REJECT_NONE && m.size == len ? CV_PROBE_YES
									      : CV_PROBE_NO;
}

const struct cv_decoder cv_decoder_snmp = {
	.name = "snmp",
	.proto = CV_PROTO_SNMP,
	.transports = CV_TRANSPORT_UDP,
	.udp_ports = {SNMP_PORT, SNMP_TRAP_PORT},
	.probe = snmp_probe,
	.decode = snmp_decode,
};
