/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT-SN 1.2, MQTT for sensors that have no TCP: a datagram is a message, perhaps in the capsule of
 * a forwarder.
 */
#include "dataplane/decode/mqttsn.h"

#include "dataplane/decode/text.h"

#define CLIENT_ID_MAX 23 /* 5.3.1 */

/* Length and type: one byte, or 01 and two. @return bytes of the head, 0 = not all there. */
static size_t read_head(const uint8_t *data, size_t len, size_t *size)
{
	if (len >= 1 && data[0] != 1) {
		*size = data[0];
		return len >= 2 ? 2 : 0;
	}
	if (len < 4)
		return 0;
	*size = (size_t)(data[1] << 8 | data[2]);
	return 4;
}

/* Messages that only a client sends. */
static bool client_sends(uint8_t type)
{
	return type == MQTTSN_CONNECT || type == MQTTSN_WILLTOPIC || type == MQTTSN_WILLMSG ||
	       type == MQTTSN_SUBSCRIBE || type == MQTTSN_UNSUBSCRIBE || type == MQTTSN_PINGREQ ||
	       type == MQTTSN_SEARCHGW || type == MQTTSN_WILLTOPICUPD || type == MQTTSN_WILLMSGUPD;
}

static bool gateway_sends(uint8_t type)
{
	return type == MQTTSN_ADVERTISE || type == MQTTSN_GWINFO || type == MQTTSN_CONNACK ||
	       type == MQTTSN_WILLTOPICREQ || type == MQTTSN_WILLMSGREQ || type == MQTTSN_SUBACK ||
	       type == MQTTSN_UNSUBACK || type == MQTTSN_PINGRESP || type == MQTTSN_WILLTOPICRESP ||
	       type == MQTTSN_WILLMSGRESP;
}

static void set_client(struct mqttsn_message *m)
{
	struct mqttsn_worker *w = m->d->worker;
	struct mqttsn_flow *flow = m->d->flow;
	uint32_t node = 0x811c9dc5u; /* FNV-1a */

	if (flow->number == 0) {
		w->flows += w->flows == UINT32_MAX ? 2 : 1;
		flow->number = w->flows;
	}
	for (size_t i = 0; i < m->node.len; i++)
		node = (node ^ m->node.data[i]) * 0x01000193u;
	m->client = (uint64_t)flow->number << 32 | node;
}

static int64_t mqttsn_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct mqttsn_message m = {.d = d, .size = (uint32_t)len};
	size_t size, head = read_head(data, len, &size);
	enum cv_reject reject;
	struct cv_reader r;

	/* 5.4.20: control and wireless node, then the message. */
	if (head != 0 && data[head - 1] == MQTTSN_FORWARDED) {
		if (size < head + 1 || size > len)
			return CV_REJECTED(CV_REJECT_BAD_LENGTH);
		m.node = (struct mqttsn_text){data + head + 1, size - head - 1};
		data += size;
		len -= size;
		head = read_head(data, len, &size);
	}
	if (head == 0)
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	if (size < head || size != len)
		return CV_REJECTED(size > len ? CV_REJECT_TRUNCATED : CV_REJECT_BAD_LENGTH);
	m.type = data[head - 1];
	r = cv_reader(data + head, size - head);
	reject = mqttsn_parse(&m, &r);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	m.from_client = client_sends(m.type) || (!gateway_sends(m.type) && d->from_client);
	set_client(&m);
	mqttsn_learn(&m);
	if (d->judge != NULL)
		mqttsn_facts(&m);
	mqttsn_emit(&m);
	return m.size;
}

/* A CONNECT with its protocol id, flags and a client id that people can read; others are too short. */
static enum cv_probe mqttsn_probe(const uint8_t *data, size_t len, bool datagram)
{
	size_t size, head = read_head(data, len, &size);

	if (!datagram || head == 0 || size != len || data[head - 1] != MQTTSN_CONNECT ||
	    len < head + 5 || len > head + 4 + CLIENT_ID_MAX)
		return CV_PROBE_NO;
	if ((data[head] & ~(MQTTSN_WILL | MQTTSN_CLEAN)) != 0 || data[head + 1] != 1)
		return CV_PROBE_NO;
	for (size_t i = head + 4; i < len; i++) {
		if (data[i] <= ' ' || data[i] > '~')
			return CV_PROBE_NO;
	}
	return CV_PROBE_YES;
}

const struct cv_decoder cv_decoder_mqttsn = {
	.name = "mqttsn",
	.proto = CV_PROTO_MQTTSN,
	.transports = CV_TRANSPORT_UDP,
	.udp_ports = {1883, 1884},
	.flow_size = sizeof(struct mqttsn_flow),
	.worker_size = sizeof(struct mqttsn_worker),
	.probe = mqttsn_probe,
	.decode = mqttsn_decode,
};
