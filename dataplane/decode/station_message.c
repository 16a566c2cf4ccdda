/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a message, read once, and its records. */
#include "dataplane/decode/judge.h"
#include "dataplane/decode/session.h"
#include "dataplane/decode/station.h"
#include "dataplane/decode/text.h"

/* Numbers that are wanted. "Fcnt" is how some servers' own tests write it. */
#define NUMBERS(X)                                                                                 \
	X(MHDR, "MHdr")                                                                            \
	X(MHDR2, "MHDR")                                                                           \
	X(ADDRESS, "DevAddr")                                                                      \
	X(CONTROL, "FCtrl")                                                                        \
	X(COUNT, "FCnt")                                                                           \
	X(COUNT2, "Fcnt")                                                                          \
	X(PORT, "FPort")                                                                           \
	X(CODE, "MIC")                                                                             \
	X(NONCE, "DevNonce")                                                                       \
	X(RATE, "DR")                                                                              \
	X(FREQUENCY, "Freq")                                                                       \
	X(RSSI, "rssi")                                                                            \
	X(SNR, "snr")                                                                              \
	X(PROTOCOL, "protocol")
#define TEXTS(X)                                                                                   \
	X(TYPE, "msgtype")                                                                         \
	X(OPTIONS, "FOpts")                                                                        \
	X(PAYLOAD, "FRMPayload")                                                                   \
	X(JOIN_EUI, "JoinEui")                                                                     \
	X(DEVICE_EUI, "DevEui")                                                                    \
	X(PDU, "pdu")                                                                              \
	X(ROUTER, "router")                                                                        \
	X(STATION, "station")                                                                      \
	X(MODEL, "model")                                                                          \
	X(REGION, "region")                                                                        \
	X(ERROR, "error")
#define ID(id, name) id,
#define NAME(id, name) name,
enum number { NUMBERS(ID) NUMBER_COUNT };
enum text { TEXTS(ID) TEXT_COUNT };
static const char *const number_names[] = {NUMBERS(NAME)};
static const char *const text_names[] = {TEXTS(NAME)};
#define TYPE_NAME(id, name) [STATION_##id] = name,
static const char *const type_names[STATION_TYPE_COUNT] = {STATION_TYPES(TYPE_NAME)};

struct message {
	struct cv_decode *d;
	size_t size;
	unsigned int type; /* enum station_type */
	uint32_t has; /* bit per enum number */
	double number[NUMBER_COUNT];
	struct cv_senml_text text[TEXT_COUNT];
};

static int find(const char *const *names, int count, const struct cv_senml_text *name)
{
	for (int i = 0; i < count; i++) {
		if (name->len == strlen(names[i]) && memcmp(name->data, names[i], name->len) == 0)
			return i;
	}
	return -1;
}

static bool read_object(struct message *m, struct cv_json_in *j, int depth);

static bool read_value(struct message *m, struct cv_json_in *j, const struct cv_senml_text *name,
		       int depth)
{
	uint8_t c = j->at < j->end ? *j->at : 0;
	int i;

	if (c == '"' && (i = find(text_names, TEXT_COUNT, name)) >= 0)
		return cv_json_in_string(j, &m->text[i]);
	if ((c == '-' || (c >= '0' && c <= '9')) &&
	    (i = find(number_names, NUMBER_COUNT, name)) >= 0) {
		m->has |= 1u << i;
		return cv_json_in_number(j, &m->number[i]);
	}
	/* How it was heard stands one deeper. */
	if (c == '{' && depth == 0 && name->len == 6 && memcmp(name->data, "upinfo", 6) == 0)
		return read_object(m, j, depth + 1);
	return cv_json_in_skip(j);
}

static bool read_object(struct message *m, struct cv_json_in *j, int depth)
{
	struct cv_senml_text name;
	bool first = true;
	int more;

	if (!cv_json_in_token(j, '{'))
		return false;
	while ((more = cv_json_in_member(j, &first, &name)) == 1) {
		if (!read_value(m, j, &name, depth))
			return false;
	}
	return more == 0;
}

/* A number of whole ones in 32 bits; signed where it is an address or a code. */
static uint32_t whole(const struct message *m, enum number i)
{
	double v = m->number[i];

	if (!(m->has & 1u << i) || !(v >= -2147483648.0 && v <= 4294967295.0))
		return 0;
	return v < 0 ? (uint32_t)(int32_t)v : (uint32_t)v;
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes in hexadecimal; @return their number, -1 when it is something else or more than @p max. */
static int unhex(const struct cv_senml_text *t, uint8_t *to, size_t max)
{
	if (t->len % 2 != 0 || t->len / 2 > max)
		return -1;
	for (size_t i = 0; i < t->len / 2; i++) {
		int high = digit(t->data[2 * i]), low = digit(t->data[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return (int)(t->len / 2);
}

/* "01-02-03-04-05-06-07-08", or an ID6 like "::1" or "1:2:3:4" of groups of sixteen bits. */
static uint64_t eui(const struct cv_senml_text *t)
{
	uint64_t value = 0, group = 0;
	bool ids = t->len != 0 && memchr(t->data, ':', t->len) != NULL;

	for (size_t i = 0; i < t->len; i++) {
		int d = digit(t->data[i]);

		if (ids && t->data[i] == ':') {
			value = value << 16 | group;
			group = 0;
		} else if (ids && d >= 0) {
			group = (group << 4 | (unsigned int)d) & 0xffff;
		} else if (d >= 0) {
			value = value << 4 | (unsigned int)d;
		} else if (t->data[i] != '-') {
			return 0;
		}
	}
	return ids ? value << 16 | group : value;
}

static void put_how(struct cv_label *l, const struct message *m)
{
	if (m->has & 1u << FREQUENCY) {
		cv_label_u32(l, whole(m, FREQUENCY));
		cv_label_str(l, " Hz");
	}
	if (m->has & 1u << RATE) {
		cv_label_str(l, l->len ? " DR" : "DR");
		cv_label_u32(l, whole(m, RATE));
	}
}

static uint64_t gateway(const struct message *m)
{
	return ((const struct station_flow *)m->d->flow)->gateway;
}

static void radio_record(const struct message *m, const struct lorawan_frame *f, bool up)
{
	struct lorawan_radio radio = {
		.d = m->d,
		.gateway = gateway(m),
		.has_rssi = up && (m->has & 1u << RSSI),
		.has_snr = up && (m->has & 1u << SNR),
		.rssi = m->number[RSSI],
		.snr = m->number[SNR],
		.direction = up ? CV_DIR_UP : CV_DIR_DOWN,
		.raw_len = (uint32_t)m->size,
	};

	put_how(&radio.how, m);
	if (lorawan_records(f, &radio))
		cv_repeat_found(m->d->repeats);
}

static void take_code(const struct message *m, struct lorawan_frame *f)
{
	uint32_t code = whole(m, CODE);

	f->has_mic = (m->has & 1u << CODE) != 0;
	for (int i = 0; i < 4; i++)
		f->mic[i] = (uint8_t)(code >> 8 * i);
}

static enum cv_reject uplink(const struct message *m)
{
	const struct cv_senml_text *payload = &m->text[PAYLOAD];
	uint8_t options[15], content[LORAWAN_PHY_MAX];
	struct lorawan_frame f = {.port = -1, .options = options, .payload = content};
	int n = unhex(&m->text[OPTIONS], options, sizeof(options));
	int len = unhex(payload, content, sizeof(content));

	if (n < 0 || payload->len > 2 * sizeof(content))
		return CV_REJECT_BAD_VALUE;
	f.options_len = (uint8_t)n;
	f.payload_len = (size_t)len;
	if (len < 0) { /* not hexadecimal: as it is */
		f.payload = payload->data;
		f.payload_len = payload->len;
	}
	take_code(m, &f);
	if (m->type == STATION_PROPDF) {
		f.type = LORAWAN_PROPRIETARY;
	} else if (m->type == STATION_JREQ) {
		f.type = LORAWAN_JOIN_REQUEST;
		f.join_eui = eui(&m->text[JOIN_EUI]);
		f.device_eui = eui(&m->text[DEVICE_EUI]);
		f.count = (uint16_t)whole(m, NONCE);
	} else {
		f.type = (uint8_t)(whole(m, MHDR) | whole(m, MHDR2)) >> 5;
		if (f.type < LORAWAN_UP || f.type > LORAWAN_CONFIRMED_DOWN)
			return CV_REJECT_BAD_VALUE;
		f.address = whole(m, ADDRESS);
		f.fctrl = (uint8_t)whole(m, CONTROL);
		f.count = (uint16_t)(whole(m, COUNT) | whole(m, COUNT2));
		if ((m->has & 1u << PORT) && m->number[PORT] >= 0 && m->number[PORT] <= 255)
			f.port = (int16_t)m->number[PORT];
	}
	radio_record(m, &f, true);
	return CV_REJECT_NONE;
}

static enum cv_reject downlink(const struct message *m)
{
	uint8_t phy[LORAWAN_PHY_MAX];
	int len = unhex(&m->text[PDU], phy, sizeof(phy));
	struct lorawan_frame f;

	if (len < 0)
		return CV_REJECT_BAD_VALUE;
	lorawan_parse(&f, phy, (size_t)len);
	radio_record(m, &f, false);
	return CV_REJECT_NONE;
}

static void put(struct cv_decode *d, enum cv_tlv_tag tag, const struct cv_senml_text *t)
{
	uint8_t text[128];
	bool cut = false;
	size_t n = t->len != 0 ? cv_senml_text_copy(t, text, sizeof(text), &cut) : 0;

	n = cv_utf8_prefix(text, n);
	if (n != 0)
		cv_emit_tlv(d->emit, tag, text, n);
}

/* What the gateway and its server say of themselves. */
static void session(const struct message *m, enum cv_kind kind, bool up)
{
	struct cv_record *rec = cv_session_begin(m->d, kind, up, type_names[m->type], m->size);
	uint64_t device = m->type == STATION_DNTXED ? eui(&m->text[DEVICE_EUI]) : 0;
	struct cv_label l = {0}, sub = {0};

	rec->status = (uint16_t)m->type;
	if (device != 0)
		cv_label_hex(&l, device, 16);
	if (gateway(m) != 0)
		cv_label_hex(device ? &sub : &l, gateway(m), 16);
	cv_put_label(m->d, CV_TLV_DEVICE, &l);
	cv_put_label(m->d, CV_TLV_SUB, &sub);
	put(m->d, CV_TLV_CODE, &m->text[m->type == STATION_VERSION ? MODEL : REGION]);
	put(m->d, CV_TLV_TEXT, &m->text[m->type == STATION_VERSION ? STATION : ERROR]);
	cv_emit_end(m->d->emit);
}

static void facts(const struct message *m)
{
	struct cv_app_fact device = {.kind = CV_APP_IDENTITY};
	struct cv_label l = {0};

	cv_judge_type(m->d->judge, m->type);
	if (gateway(m) == 0)
		return;
	cv_label_hex(&l, gateway(m), 16);
	device.text = (const uint8_t *)l.text;
	device.len = l.len;
	cv_judge_fact(m->d->judge, &device);
}

static enum cv_reject tell(const struct message *m)
{
	switch (m->type) {
	case STATION_UPDF:
	case STATION_JREQ:
	case STATION_PROPDF:
		return uplink(m);
	case STATION_DNMSG:
		return downlink(m);
	case STATION_VERSION:
		session(m, CV_KIND_SESSION, true);
		break;
	case STATION_ROUTER_CONFIG:
		session(m, CV_KIND_SESSION, false);
		break;
	case STATION_DNTXED:
		session(m, CV_KIND_STATE, true);
		break;
	case STATION_RMTSH: /* somebody works on the gateway itself */
	case STATION_RUNCMD:
		session(m, CV_KIND_COMMAND, false);
		break;
	default:
		break;
	}
	return CV_REJECT_NONE;
}

enum cv_reject station_message(struct cv_decode *d, const uint8_t *text, size_t len, size_t size)
{
	struct cv_json_in j = {.at = text, .end = text + len};
	struct message m = {.d = d, .size = size};
	struct station_flow *flow = d->flow;
	uint64_t router;

	if (!read_object(&m, &j, 0))
		return CV_REJECT_BAD_PAYLOAD;
	cv_json_in_space(&j);
	if (j.at != j.end)
		return CV_REJECT_BAD_PAYLOAD;
	for (unsigned int i = 1; i < STATION_TYPE_COUNT; i++) {
		if (m.text[TYPE].len == strlen(type_names[i]) &&
		    memcmp(m.text[TYPE].data, type_names[i], m.text[TYPE].len) == 0)
			m.type = i;
	}
	/* The question for the server's address names the gateway: {"router": ID6}. */
	router = m.text[TYPE].len == 0 ? eui(&m.text[ROUTER]) : 0;
	if (router != 0)
		flow->gateway = router;
	if (d->judge != NULL)
		facts(&m);
	return tell(&m);
}
