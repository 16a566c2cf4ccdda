/* SPDX-License-Identifier: Apache-2.0 */
/* Which records a message becomes: a trap and what is bound to it, what is set, how it was answered. */
#include <string.h>

#include "dataplane/decode/snmp.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define SYS_UPTIME "1.3.6.1.2.1.1.3.0"
#define TRAP_OID "1.3.6.1.6.3.1.1.4.1.0"
#define STANDARD_TRAPS                                                                             \
	"1.3.6.1.6.3.1.1.5." /* RFC 3418; 1 to 6 are RFC 1157's generic traps plus 1 */
#define GENERIC_SPECIFIC 6
#define TICKS_PER_S 100.0

/* The standard's traps, by the last number of their identifier. */
static const struct trap {
	const char *name;
	uint16_t name_id;
	uint8_t lane, kind;
} traps[] = {
	{NULL, 0, CV_LANE_ALARM, CV_KIND_ALARM}, /* any other */
	{"coldStart", CV_NAME_NETWORK_DEVICE_START, CV_LANE_STATUS, CV_KIND_STATE},
	{"warmStart", CV_NAME_NETWORK_DEVICE_START, CV_LANE_STATUS, CV_KIND_STATE},
	{"linkDown", CV_NAME_NETWORK_LINK_DOWN, CV_LANE_ALARM, CV_KIND_ALARM},
	{"linkUp", CV_NAME_NETWORK_LINK_UP, CV_LANE_STATUS, CV_KIND_STATE},
	{"authenticationFailure", CV_NAME_NETWORK_LOGIN_FAILURE, CV_LANE_SECURITY, CV_KIND_ANOMALY},
	{"egpNeighborLoss", 0, CV_LANE_ALARM, CV_KIND_ALARM},
};
#define TRAPS (sizeof(traps) / sizeof(traps[0]))

static const char *pdu_name(uint8_t pdu)
{
#define ROW(id, number, name) [number] = name,
	static const char *const names[] = {SNMP_PDUS(ROW)};
#undef ROW

	return pdu < SNMP_PDU_COUNT ? names[pdu] : "encrypted";
}

static bool equals(const struct snmp_oid *oid, const char *text)
{
	return oid->len == strlen(text) && memcmp(oid->text, text, oid->len) == 0;
}

/* Answers to an inform come from the manager. */
static bool from_device(const struct snmp_message *m)
{
	switch (m->pdu) {
	case SNMP_RESPONSE:
	case SNMP_ENCRYPTED:
		return m->d->origin->dport != SNMP_PORT && m->d->origin->sport != SNMP_TRAP_PORT;
	case SNMP_TRAP_V1:
	case SNMP_INFORM:
	case SNMP_TRAP:
	case SNMP_REPORT:
		return true;
	default:
		return false;
	}
}

static void put_label(const struct snmp_message *m, enum cv_tlv_tag tag, const struct cv_label *l)
{
	cv_emit_tlv(m->d->emit, tag, l->text, l->len);
}

static void label_address(struct cv_label *l, const uint8_t *p)
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			cv_label_str(l, ".");
		cv_label_u32(l, p[i]);
	}
}

/* The engine, or whom a v1 trap names that it was relayed for. */
static void put_device(const struct snmp_message *m)
{
	static const char digit[] = "0123456789abcdef";
	static const uint8_t nobody[4];
	struct cv_label l = {0};

	for (size_t i = 0; i < m->engine.len; i++) {
		cv_label_bytes(&l, &digit[m->engine.data[i] >> 4], 1);
		cv_label_bytes(&l, &digit[m->engine.data[i] & 0xf], 1);
	}
	if (m->pdu == SNMP_TRAP_V1 && memcmp(m->agent.data, nobody, 4) != 0 &&
	    (m->d->origin->family != 4 || memcmp(m->agent.data, m->d->origin->src, 4) != 0))
		label_address(&l, m->agent.data);
	if (l.len != 0)
		put_label(m, CV_TLV_DEVICE, &l);
}

static struct cv_record *begin(const struct snmp_message *m, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(m->d->emit, lane, kind);
	const char *name = pdu_name(m->pdu);
	bool up = from_device(m);

	rec->direction = up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = m->size;
	rec->seq = (uint32_t)m->request;
	rec->status = m->pdu;
	put_device(m);
	cv_emit_tlv(m->d->emit, CV_TLV_METHOD, name, strlen(name));
	return rec;
}

static bool known_value(const struct snmp_element *e)
{
	struct snmp_oid oid;
	uint64_t u;
	int64_t i;

	switch (e->tag) {
	case SNMP_INTEGER:
		return snmp_integer(e, &i);
	case SNMP_OID:
		return snmp_oid(e, &oid);
	case SNMP_COUNTER:
	case SNMP_GAUGE:
	case SNMP_TICKS:
	case SNMP_COUNTER64:
		return snmp_unsigned(e, &u);
	case SNMP_ADDRESS:
		return e->len == 4;
	case SNMP_NULL:
	case SNMP_NO_OBJECT:
	case SNMP_NO_INSTANCE:
	case SNMP_END_OF_VIEW:
		return e->len == 0;
	default:
		return true; /* bytes, or a type that is not known: carried */
	}
}

/* The next binding. @return false at the end or when it is malformed. */
static bool next_binding(struct cv_reader *r, struct snmp_oid *oid, struct snmp_element *value)
{
	struct cv_reader content;
	struct snmp_element name;

	return cv_reader_left(r) > 0 && snmp_enter(r, SNMP_SEQUENCE, &content) &&
	       snmp_take(&content, SNMP_OID, &name) && snmp_oid(&name, oid) &&
	       snmp_element(&content, value) && cv_reader_left(&content) == 0 && known_value(value);
}

bool snmp_check_bindings(const struct snmp_message *m)
{
	struct cv_reader r = m->bindings;
	struct snmp_element value;
	struct snmp_oid oid;

	while (cv_reader_left(&r) > 0)
		if (!next_binding(&r, &oid, &value))
			return false;
	return true;
}

static void put_octets(const struct snmp_message *m, struct cv_record *rec,
		       const struct snmp_element *e)
{
	bool text = cv_utf8_valid(e->data, e->len);

	for (size_t i = 0; i < e->len && text; i++)
		text = e->data[i] >= 0x20 || e->data[i] == '\n' || e->data[i] == '\r' ||
		       e->data[i] == '\t';
	rec->value_type = text ? CV_VALUE_TEXT : CV_VALUE_BYTES;
	cv_emit_tlv(m->d->emit, text ? CV_TLV_TEXT : CV_TLV_BYTES, e->data, e->len);
}

static void put_missing(const struct snmp_message *m, struct cv_record *rec, uint8_t tag)
{
	const char *flag = tag == SNMP_NO_OBJECT     ? "noSuchObject"
			   : tag == SNMP_NO_INSTANCE ? "noSuchInstance"
						     : "endOfMibView";

	rec->quality = CV_QUALITY_BAD;
	cv_emit_tlv(m->d->emit, CV_TLV_FLAG, flag, strlen(flag));
}

static void put_value(const struct snmp_message *m, struct cv_record *rec,
		      const struct snmp_element *e)
{
	struct cv_label l = {0};
	struct snmp_oid oid;

	switch (e->tag) {
	case SNMP_INTEGER:
		rec->value_type = CV_VALUE_I64;
		snmp_integer(e, &rec->value.i64);
		break;
	case SNMP_COUNTER:
	case SNMP_GAUGE:
	case SNMP_TICKS:
	case SNMP_COUNTER64:
		rec->value_type = CV_VALUE_U64;
		snmp_unsigned(e, &rec->value.u64);
		break;
	case SNMP_OCTETS:
		put_octets(m, rec, e);
		break;
	case SNMP_OID:
		snmp_oid(e, &oid);
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(m->d->emit, CV_TLV_TEXT, oid.text, oid.len);
		break;
	case SNMP_ADDRESS:
		label_address(&l, e->data);
		rec->value_type = CV_VALUE_TEXT;
		put_label(m, CV_TLV_TEXT, &l);
		break;
	case SNMP_NULL:
		break;
	case SNMP_NO_OBJECT:
	case SNMP_NO_INSTANCE:
	case SNMP_END_OF_VIEW:
		put_missing(m, rec, e->tag);
		break;
	default:
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(m->d->emit, CV_TLV_BYTES, e->data, e->len);
		break;
	}
}

static void emit_binding(const struct snmp_message *m, const struct snmp_oid *oid,
			 const struct snmp_element *value)
{
	bool up = from_device(m);
	struct cv_record *rec = begin(m, CV_LANE_STATUS, up ? CV_KIND_STATE : CV_KIND_COMMAND);
	char name[4 + SNMP_OID_TEXT] = "raw.";
	uint64_t ticks;

	cv_emit_tlv(m->d->emit, CV_TLV_CODE, oid->text, oid->len);
	if (equals(oid, SYS_UPTIME) && value->tag == SNMP_TICKS && snmp_unsigned(value, &ticks)) {
		rec->name_id = CV_NAME_DEVICE_UPTIME;
		rec->unit_id = CV_UNIT_OF_DEVICE_UPTIME;
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = (double)ticks / TICKS_PER_S;
	} else {
		memcpy(name + 4, oid->text, oid->len);
		cv_emit_tlv(m->d->emit, CV_TLV_NAME, name, 4 + oid->len);
		put_value(m, rec, value);
	}
	cv_emit_end(m->d->emit);
}

/* The identifier of a v1 trap as v2 would have it (RFC 3584 section 3.1). */
static void v1_trap_oid(const struct snmp_message *m, struct snmp_oid *oid)
{
	struct cv_label l = {0};

	oid->len = 0;
	if (m->generic >= 0 && m->generic < GENERIC_SPECIFIC) {
		cv_label_str(&l, STANDARD_TRAPS);
		cv_label_u32(&l, (uint32_t)m->generic + 1);
	} else {
		snmp_oid(&m->enterprise, oid);
		cv_label_str(&l, ".0.");
		cv_label_u32(&l, (uint32_t)m->specific);
	}
	if (oid->len + l.len > sizeof(oid->text))
		return;
	memcpy(oid->text + oid->len, l.text, l.len);
	oid->len += l.len;
}

/* The identifier bound to a v2 trap. @return false when there is none. */
static bool v2_trap_oid(const struct snmp_message *m, struct snmp_oid *oid)
{
	struct cv_reader r = m->bindings;
	struct snmp_element value;

	while (next_binding(&r, oid, &value))
		if (equals(oid, TRAP_OID) && value.tag == SNMP_OID)
			return snmp_oid(&value, oid);
	return false;
}

static const struct trap *find_trap(const struct snmp_oid *oid)
{
	size_t prefix = strlen(STANDARD_TRAPS);
	unsigned int n = 0;

	if (oid->len == prefix + 1 && memcmp(oid->text, STANDARD_TRAPS, prefix) == 0)
		n = (unsigned int)(oid->text[prefix] - '0');
	return n < TRAPS ? &traps[n] : &traps[0];
}

static void emit_trap(const struct snmp_message *m)
{
	char name[4 + SNMP_OID_TEXT] = "raw.";
	const struct trap *t = &traps[0];
	struct cv_record *rec;
	struct snmp_oid oid = {.len = 0};

	if (m->pdu == SNMP_TRAP_V1)
		v1_trap_oid(m, &oid);
	else if (!v2_trap_oid(m, &oid))
		oid.len = 0;
	t = find_trap(&oid);
	rec = begin(m, t->lane, t->kind);
	rec->name_id = t->name_id;
	if (t->name_id == 0 && oid.len != 0) {
		memcpy(name + 4, oid.text, oid.len);
		cv_emit_tlv(m->d->emit, CV_TLV_NAME, name, 4 + oid.len);
	}
	cv_emit_tlv(m->d->emit, CV_TLV_CODE, oid.text, oid.len);
	if (t->name != NULL)
		cv_emit_tlv(m->d->emit, CV_TLV_TEXT, t->name, strlen(t->name));
	cv_emit_end(m->d->emit);
	if (m->pdu != SNMP_TRAP_V1)
		return;
	rec = begin(m, CV_LANE_STATUS, CV_KIND_STATE);
	rec->name_id = CV_NAME_DEVICE_UPTIME;
	rec->unit_id = CV_UNIT_OF_DEVICE_UPTIME;
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = (double)m->ticks / TICKS_PER_S;
	cv_emit_end(m->d->emit);
}

static void emit_bindings(const struct snmp_message *m)
{
	struct cv_reader r = m->bindings;
	struct snmp_element value;
	struct snmp_oid oid;

	while (next_binding(&r, &oid, &value))
		if (!equals(&oid, TRAP_OID))
			emit_binding(m, &oid, &value);
}

/* One record for an answer: which error, and about what; or how many values. */
static void emit_answer(const struct snmp_message *m)
{
	bool failed = m->error != 0;
	struct cv_record *rec = begin(m, CV_LANE_STATUS, failed ? CV_KIND_ERROR : CV_KIND_STATE);
	struct cv_reader r = m->bindings;
	struct snmp_element value;
	struct snmp_oid oid;
	uint32_t count = 0;

	while (next_binding(&r, &oid, &value)) {
		count++;
		if (count == (failed ? (uint64_t)m->index : 1))
			cv_emit_tlv(m->d->emit, CV_TLV_CODE, oid.text, oid.len);
	}
	rec->value_type = failed ? CV_VALUE_I64 : CV_VALUE_U64;
	if (failed)
		rec->value.i64 = m->error;
	else
		rec->value.u64 = count;
	cv_emit_end(m->d->emit);
}

/* All that is in the clear: who talks. */
static void emit_encrypted(const struct snmp_message *m)
{
	struct cv_record *rec = begin(m, CV_LANE_STATUS, CV_KIND_STATE);
	bool text = cv_utf8_valid(m->user.data, m->user.len);

	rec->flags |= CV_FLAG_RAW;
	if (m->user.len != 0 && text)
		cv_emit_tlv(m->d->emit, CV_TLV_TEXT, m->user.data, m->user.len);
	cv_emit_end(m->d->emit);
}

void snmp_records(const struct snmp_message *m)
{
	switch (m->pdu) {
	case SNMP_TRAP_V1:
	case SNMP_INFORM:
	case SNMP_TRAP:
		emit_trap(m);
		emit_bindings(m);
		break;
	case SNMP_SET:
	case SNMP_REPORT:
		emit_bindings(m);
		break;
	case SNMP_RESPONSE:
		emit_answer(m);
		break;
	case SNMP_ENCRYPTED:
		emit_encrypted(m);
		break;
	default: /* questions */
		break;
	}
}
