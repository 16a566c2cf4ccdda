/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the MQTT-SN decoder. Clauses are those of MQTT-SN 1.2 (2013). */
#ifndef CV_MQTTSN_H
#define CV_MQTTSN_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/reader.h"
#include "dataplane/decode/senml.h"
#include "dataplane/decode/session.h"

/* Message types, 5.2.2. */
#define MQTTSN_TYPES(X)                                                                            \
	X(0x00, ADVERTISE, "advertise")                                                            \
	X(0x01, SEARCHGW, "searchgw")                                                              \
	X(0x02, GWINFO, "gwinfo")                                                                  \
	X(0x04, CONNECT, "connect")                                                                \
	X(0x05, CONNACK, "connack")                                                                \
	X(0x06, WILLTOPICREQ, "willtopicreq")                                                      \
	X(0x07, WILLTOPIC, "willtopic")                                                            \
	X(0x08, WILLMSGREQ, "willmsgreq")                                                          \
	X(0x09, WILLMSG, "willmsg")                                                                \
	X(0x0a, REGISTER, "register")                                                              \
	X(0x0b, REGACK, "regack")                                                                  \
	X(0x0c, PUBLISH, "publish")                                                                \
	X(0x0d, PUBACK, "puback")                                                                  \
	X(0x0e, PUBCOMP, "pubcomp")                                                                \
	X(0x0f, PUBREC, "pubrec")                                                                  \
	X(0x10, PUBREL, "pubrel")                                                                  \
	X(0x12, SUBSCRIBE, "subscribe")                                                            \
	X(0x13, SUBACK, "suback")                                                                  \
	X(0x14, UNSUBSCRIBE, "unsubscribe")                                                        \
	X(0x15, UNSUBACK, "unsuback")                                                              \
	X(0x16, PINGREQ, "pingreq")                                                                \
	X(0x17, PINGRESP, "pingresp")                                                              \
	X(0x18, DISCONNECT, "disconnect")                                                          \
	X(0x1a, WILLTOPICUPD, "willtopicupd")                                                      \
	X(0x1b, WILLTOPICRESP, "willtopicresp")                                                    \
	X(0x1c, WILLMSGUPD, "willmsgupd")                                                          \
	X(0x1d, WILLMSGRESP, "willmsgresp")
#define MQTTSN_TYPE_ROW(number, id, name) MQTTSN_##id = number,
enum mqttsn_type { MQTTSN_TYPES(MQTTSN_TYPE_ROW) MQTTSN_FORWARDED = 0xfe };

/* Flags, 5.3.4. */
#define MQTTSN_DUP 0x80u
#define MQTTSN_QOS(flags) ((flags) >> 5 & 3u) /* 3 is -1: without a connection */
#define MQTTSN_RETAIN 0x10u
#define MQTTSN_WILL 0x08u
#define MQTTSN_CLEAN 0x04u
#define MQTTSN_TOPIC_TYPE(flags) ((flags)&3u)
enum mqttsn_topic_type { MQTTSN_NORMAL, MQTTSN_PREDEFINED, MQTTSN_SHORT };

#define MQTTSN_NAME_MAX 128 /* bytes of a topic or client id that are kept */
#define MQTTSN_SETS 1024
#define MQTTSN_WAYS 4

/* What a remembered name is of. */
enum mqttsn_what {
	MQTTSN_OF_TOPIC = 1, /* number: topic id */
	MQTTSN_OF_REQUEST, /* number: message id of a REGISTER or SUBSCRIBE not answered yet */
	MQTTSN_OF_CLIENT, /* number: 0 */
};

/** One name of one client. */
struct mqttsn_name {
	uint64_t client; /* flow, and node behind a forwarder; 0 = free */
	uint32_t used; /* reading of the table's clock */
	uint16_t number;
	uint8_t what; /* enum mqttsn_what */
	uint8_t len;
	bool cut; /* the real name is longer */
	uint8_t text[MQTTSN_NAME_MAX];
};

/** struct cv_decode.worker: names of all flows in one set-associative table. */
struct mqttsn_worker {
	struct mqttsn_name name[MQTTSN_SETS][MQTTSN_WAYS];
	struct cv_senml_pack pack;
	uint32_t flows; /* last number given to a flow */
	uint32_t clock;
};

/** struct cv_decode.flow */
struct mqttsn_flow {
	uint32_t number; /* 0 = none yet */
};

struct mqttsn_text {
	const uint8_t *data;
	size_t len;
};

/** A message taken apart. */
struct mqttsn_message {
	struct cv_decode *d;
	uint64_t client; /* key of its names */
	struct mqttsn_text node; /* wireless node behind a forwarder */
	uint32_t size; /* bytes on the wire, encapsulation included */
	uint8_t type; /* enum mqttsn_type */
	bool from_client;
	uint8_t flags;
	uint8_t code; /* return code */
	bool has_topic_id;
	uint16_t topic_id, id, duration;
	struct mqttsn_text topic; /* as sent */
	struct mqttsn_text client_id; /* likewise */
	struct mqttsn_text data;
};

/** Read the message at @p r, behind length and type. @return CV_REJECT_NONE, or why not. */
enum cv_reject mqttsn_parse(struct mqttsn_message *m, struct cv_reader *r);

/** Remember what the message says of names. */
void mqttsn_learn(struct mqttsn_message *m);
/** The name of a number; NULL: never said, or pushed out by others. */
const struct mqttsn_name *mqttsn_find(struct mqttsn_message *m, enum mqttsn_what what,
				      uint16_t number);
/**
 * The topic of a PUBLISH or SUBSCRIBE.
 *
 * @return false where it is not known: @p ret is the number then ("id-7", "predefined-7").
 */
bool mqttsn_topic(struct mqttsn_message *m, struct mqttsn_text *ret, struct cv_label *made,
		  bool *cut);

void mqttsn_facts(struct mqttsn_message *m);
void mqttsn_emit(struct mqttsn_message *m);
const char *mqttsn_type_name(uint8_t type);

#endif
