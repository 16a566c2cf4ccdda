/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the Basics Station decoder: LoRaWAN gateways and their network server (LNS protocol), JSON
 * in WebSocket messages (RFC 6455).
 */
#ifndef CV_STATION_H
#define CV_STATION_H

#include "dataplane/decode/http_head.h"
#include "dataplane/decode/json_read.h"
#include "dataplane/decode/lorawan.h"

/* Values of "msgtype"; a row's place is its number for policies, from 1. */
#define STATION_TYPES(X)                                                                           \
	X(VERSION, "version")                                                                      \
	X(ROUTER_CONFIG, "router_config")                                                          \
	X(JREQ, "jreq")                                                                            \
	X(UPDF, "updf")                                                                            \
	X(PROPDF, "propdf")                                                                        \
	X(DNMSG, "dnmsg")                                                                          \
	X(DNTXED, "dntxed")                                                                        \
	X(TIMESYNC, "timesync")                                                                    \
	X(RMTSH, "rmtsh")                                                                          \
	X(RUNCMD, "runcmd")                                                                        \
	X(DNSCHED, "dnsched")
#define STATION_TYPE_ROW(id, name) STATION_##id,
enum station_type { STATION_OTHER, STATION_TYPES(STATION_TYPE_ROW) STATION_TYPE_COUNT };

/** struct cv_decode.flow */
struct station_flow {
	uint64_t gateway; /* EUI, 0 = not seen */
	bool framed[2]; /* per direction: the handshake is over */
};

/** struct cv_decode.worker: one message, unmasked. */
struct station_worker {
	uint8_t text[CV_STREAM_WINDOW];
};

/**
 * Tell what a message says.
 *
 * @return CV_REJECT_NONE, or why it is none.
 */
enum cv_reject station_message(struct cv_decode *d, const uint8_t *text, size_t len, size_t size);

#endif
