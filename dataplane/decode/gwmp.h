/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the GWMP decoder: what LoRaWAN gateways and network servers say over Semtech's UDP
 * protocol, versions 1 and 2 (PROTOCOL.TXT of its packet forwarder, to whose sections comments refer).
 */
#ifndef CV_GWMP_H
#define CV_GWMP_H

#include "dataplane/decode/json_read.h"
#include "dataplane/decode/lorawan.h"

/* Identifiers, section 3 to 5. */
enum gwmp_id {
	GWMP_PUSH_DATA,
	GWMP_PUSH_ACK,
	GWMP_PULL_DATA,
	GWMP_PULL_RESP,
	GWMP_PULL_ACK,
	GWMP_TX_ACK,
	GWMP_ID_COUNT,
};

/** Most receptions of one datagram; a gateway's radio hands over eight at a time. */
#define GWMP_PACKETS_MAX 64

/** A member of "rxpk", or "txpk". Texts point into the datagram. */
struct gwmp_packet {
	struct cv_senml_text time, frequency, rate, coding, data;
	double rssi, snr;
	bool has_rssi, has_snr, has_data;
	bool damaged; /* "stat" is -1 */
};

/* Members of "stat" that are records. */
enum gwmp_number {
	GWMP_LATITUDE,
	GWMP_LONGITUDE,
	GWMP_ALTITUDE,
	GWMP_RECEIVED,
	GWMP_RECEIVED_GOOD,
	GWMP_FORWARDED,
	GWMP_ACKNOWLEDGED,
	GWMP_DOWNLINKS,
	GWMP_SENT,
	GWMP_TEMPERATURE,
	GWMP_NUMBER_COUNT,
};

/** All of a datagram's JSON. struct cv_decode.worker */
struct gwmp_content {
	unsigned int count;
	uint32_t stat; /* bit per enum gwmp_number; bit 31: there was a "stat" */
	struct cv_senml_text stat_time;
	struct cv_senml_text error; /* of "txpk_ack" */
	double number[GWMP_NUMBER_COUNT];
	struct gwmp_packet packet[GWMP_PACKETS_MAX];
};
#define GWMP_HAS_STAT (1u << 31)

/** What a flow knows: who the gateway is. Zeroed when the flow begins. */
struct gwmp_flow {
	uint64_t gateway; /* EUI, 0 = not seen yet */
};

struct gwmp_message {
	struct cv_decode *d;
	uint64_t gateway;
	uint16_t token;
	uint8_t id; /* enum gwmp_id */
	uint32_t size; /* bytes on the wire */
};

/**
 * Read the JSON of a datagram.
 *
 * @return CV_REJECT_NONE, or why not.
 */
enum cv_reject gwmp_json(struct gwmp_content *c, const uint8_t *text, size_t len);

/** The records of a message with JSON. */
void gwmp_emit_content(const struct gwmp_message *m, const struct gwmp_content *c);
/** A gateway that was not heard of before in this flow asks for downlinks. */
void gwmp_emit_session(const struct gwmp_message *m);
/** What became of a downlink; of the datagram's JSON where it has some. */
void gwmp_emit_sent(const struct gwmp_message *m, const struct gwmp_content *c);

#endif
