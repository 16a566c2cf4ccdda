/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Semtech's UDP protocol between LoRaWAN gateways and their network server, versions 1 and 2: a
 * datagram is version, token (2), identifier, in what gateways send their EUI (8), and JSON.
 */
#include "dataplane/decode/gwmp.h"
#include "dataplane/decode/judge.h"

#define HEAD 4
#define EUI 8

static const struct kind {
	bool from_gateway; /* has its EUI */
	bool json; /* must have some */
	bool may_json;
} kinds[GWMP_ID_COUNT] = {
	[GWMP_PUSH_DATA] = {true, true, true},
	[GWMP_PULL_DATA] = {.from_gateway = true},
	[GWMP_PULL_RESP] = {false, true, true},
	[GWMP_TX_ACK] = {true, false, true},
};

static uint64_t read_eui(const uint8_t *p)
{
	uint64_t eui = 0;

	for (int i = 0; i < EUI; i++)
		eui = eui << 8 | p[i];
	return eui;
}

/* Some senders send the zero behind their text as well. */
static size_t without_end(const uint8_t *data, size_t len)
{
	while (len > 0 && (data[len - 1] == '\0' || data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	return len;
}

static void facts(const struct gwmp_message *m)
{
	struct cv_label gateway = {0};
	struct cv_app_fact device = {.kind = CV_APP_IDENTITY};

	cv_judge_type(m->d->judge, m->id);
	if (m->gateway == 0)
		return;
	cv_label_hex(&gateway, m->gateway, 16);
	device.text = (const uint8_t *)gateway.text;
	device.len = gateway.len;
	cv_judge_fact(m->d->judge, &device);
}

static void emit(struct gwmp_message *m, const struct gwmp_content *c, bool new_gateway)
{
	if (m->id == GWMP_PUSH_DATA || m->id == GWMP_PULL_RESP)
		gwmp_emit_content(m, c);
	else if (m->id == GWMP_TX_ACK)
		gwmp_emit_sent(m, c);
	else if (m->id == GWMP_PULL_DATA && new_gateway)
		gwmp_emit_session(m);
}

static int64_t gwmp_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct gwmp_message m = {.d = d, .size = (uint32_t)len};
	struct gwmp_content *content = d->worker;
	struct gwmp_flow *flow = d->flow;
	bool new_gateway = false;
	enum cv_reject reject;
	size_t head, text;

	if (len < HEAD)
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	if (data[0] != 1 && data[0] != 2)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (data[3] >= GWMP_ID_COUNT)
		return CV_REJECTED(CV_REJECT_UNKNOWN_TYPE);
	m.token = (uint16_t)(data[1] << 8 | data[2]);
	m.id = data[3];
	head = HEAD + (kinds[m.id].from_gateway ? EUI : 0);
	if (len < head)
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	text = without_end(data + head, len - head);
	if (text == 0 ? kinds[m.id].json : !kinds[m.id].may_json)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	reject = gwmp_json(content, data + head, text);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	if (kinds[m.id].from_gateway) {
		m.gateway = read_eui(data + HEAD);
		new_gateway = m.gateway != flow->gateway;
		flow->gateway = m.gateway;
	}
	m.gateway = flow->gateway;
	if (d->judge != NULL)
		facts(&m);
	emit(&m, content, new_gateway);
	return (int64_t)len;
}

static bool contains(const uint8_t *data, size_t len, const char *word)
{
	size_t n = strlen(word);
	const uint8_t *at = data, *end = data + len;

	while ((size_t)(end - at) >= n && (at = memchr(at, word[0], (size_t)(end - at))) != NULL) {
		if ((size_t)(end - at) >= n && memcmp(at, word, n) == 0)
			return true;
		at++;
	}
	return false;
}

/* Only what has the protocol's own JSON is sure: an acknowledgement is four bytes of anything. */
static enum cv_probe gwmp_probe(const uint8_t *data, size_t len, bool datagram)
{
	struct cv_json_in j;
	size_t head, n;

	if (!datagram || len < HEAD || (data[0] != 1 && data[0] != 2) || data[3] >= GWMP_ID_COUNT)
		return CV_PROBE_NO;
	head = HEAD + (kinds[data[3]].from_gateway ? EUI : 0);
	if (!kinds[data[3]].may_json || len <= head || data[head] != '{')
		return CV_PROBE_NO;
	n = without_end(data + head, len - head);
	j = (struct cv_json_in){.at = data + head, .end = data + head + n};
	if (!cv_json_in_skip(&j) || j.at != j.end)
		return CV_PROBE_NO;
	if (data[3] == GWMP_PUSH_DATA)
		return contains(data + head, n, "\"rxpk\"") || contains(data + head, n, "\"stat\"")
			       ? CV_PROBE_YES
			       : CV_PROBE_NO;
	return contains(data + head, n, "\"txpk") ? CV_PROBE_YES : CV_PROBE_NO;
}

const struct cv_decoder cv_decoder_gwmp = {
	.name = "gwmp",
	.proto = CV_PROTO_GWMP,
	.transports = CV_TRANSPORT_UDP,
	.udp_ports = {1700, 1680},
	.flow_size = sizeof(struct gwmp_flow),
	.worker_size = sizeof(struct gwmp_content),
	.probe = gwmp_probe,
	.decode = gwmp_decode,
};
