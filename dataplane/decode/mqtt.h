/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT 3.1, 3.1.1 and 5 over TCP: what the decoder's files share. Clauses are those of the OASIS
 * MQTT 5.0 standard unless 3.1 or 3.1.1 is named.
 *
 * A packet is parsed into struct mqtt_packet without side effects, so that both layouts can be
 * tried when the version is not known; then it changes the session, then it becomes records.
 */
#ifndef CV_MQTT_H
#define CV_MQTT_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/mqtt_sparkplug.h"
#include "dataplane/decode/reader.h"
#include "dataplane/decode/senml.h"

/* Control packet types, 2.1.2; 0 is reserved and stands for the will in property rules. */
enum mqtt_type {
	MQTT_WILL,
	MQTT_CONNECT,
	MQTT_CONNACK,
	MQTT_PUBLISH,
	MQTT_PUBACK,
	MQTT_PUBREC,
	MQTT_PUBREL,
	MQTT_PUBCOMP,
	MQTT_SUBSCRIBE,
	MQTT_SUBACK,
	MQTT_UNSUBSCRIBE,
	MQTT_UNSUBACK,
	MQTT_PINGREQ,
	MQTT_PINGRESP,
	MQTT_DISCONNECT,
	MQTT_AUTH,
};

/* Property identifiers that have a meaning to the decoder, 2.2.2.2. */
enum mqtt_property {
	MQTT_P_PAYLOAD_FORMAT = 1,
	MQTT_P_CONTENT_TYPE = 3,
	MQTT_P_CORRELATION_DATA = 9,
	MQTT_P_SUBSCRIPTION_ID = 11,
	MQTT_P_SESSION_EXPIRY = 17,
	MQTT_P_ASSIGNED_CLIENT_ID = 18,
	MQTT_P_AUTH_METHOD = 21,
	MQTT_P_AUTH_DATA = 22,
	MQTT_P_REASON_STRING = 31,
	MQTT_P_TOPIC_ALIAS = 35,
	MQTT_P_USER_PROPERTY = 38,
	MQTT_P_COUNT = 43,
};

/* Protocol levels, 3.1.2.2. */
enum mqtt_version { MQTT_V_UNKNOWN = 0, MQTT_V31 = 3, MQTT_V311 = 4, MQTT_V5 = 5 };

/** Longest client id kept; 3.1.3.1 wants brokers to take 23 bytes. A longer one is cut. */
#define MQTT_CLIENT_ID_MAX 64
/** Payload bytes looked at in a packet that is larger than the window. */
#define MQTT_PAYLOAD_MAX CV_TLV_MAX

#define MQTT_FLOW_CONNECTED 0x01u /* a CONNECT was seen: version and sides are proven */
#define MQTT_FLOW_SWAPPED 0x02u /* the client is the side that from_client says it is not */
#define MQTT_FLOW_ID_CUT 0x04u
/* By side, from the broker and from the client: the last packet was rejected. */
#define MQTT_FLOW_ASTRAY(from_client) ((from_client) ? 0x10u : 0x08u)

/** Session of one TCP connection; struct cv_decode.flow. */
struct mqtt_flow {
	uint32_t session; /* key of its state in the worker's tables, 0 = none yet */
	uint16_t alias_top[2]; /* highest alias kept: from the broker, from the client */
	uint8_t version; /* enum mqtt_version */
	uint8_t state; /* MQTT_FLOW_* */
	uint8_t client_id_len;
	uint8_t client_id[MQTT_CLIENT_ID_MAX]; /* UTF-8 */
};
_Static_assert(sizeof(struct mqtt_flow) <= CV_FLOW_STATE_MAX, "flow state");

/** A piece of the packet. */
struct mqtt_text {
	const uint8_t *data;
	size_t len;
};

/** Properties a record or the session makes use of (2.2.2.2). */
struct mqtt_properties {
	uint64_t seen; /* bit per identifier */
	uint16_t alias;
	bool utf8_payload;
	struct mqtt_text content_type;
	struct mqtt_text correlation;
	struct mqtt_text reason;
	struct mqtt_text client_id; /* assigned by the broker */
	struct mqtt_text method; /* authentication method */
};

struct mqtt_packet {
	struct cv_decode *d;
	struct mqtt_flow *flow;
	const uint8_t *data; /* the fixed header */
	struct cv_reader r; /* what is held behind it */
	uint32_t total; /* bytes on the wire, fixed header included */
	uint8_t type; /* enum mqtt_type */
	uint8_t flags; /* low four bits of the fixed header */
	uint8_t version; /* layout to read by; CONNECT states it */
	bool from_client;
	bool cut; /* the packet goes on behind what is held */
	uint8_t reject; /* enum cv_reject: first thing found wrong */

	uint8_t reason; /* reason or return code; the worst one of a SUBACK */
	uint8_t connect_flags; /* CONNECT flags, CONNACK acknowledge flags */
	uint16_t keep_alive; /* s */
	uint16_t id; /* packet identifier */
	struct mqtt_text client_id;
	struct mqtt_text topic; /* of a PUBLISH or a will */
	struct mqtt_text filters; /* SUBSCRIBE, UNSUBSCRIBE: all of them as sent */
	const uint8_t *payload;
	size_t payload_len; /* on the wire */
	size_t payload_held; /* of that in hand */
	struct mqtt_properties props;
};

/* mqtt_packet.c */

/**
 * Note the first thing that is wrong. Nothing is held against fields behind the end of the data:
 * the missing data itself is judged at the end (cut or not).
 */
void mqtt_fail(struct mqtt_packet *p, enum cv_reject reason);
/** Variable byte integer, 1.5.5; a fifth byte is noted as @p reason. */
uint32_t mqtt_varint(struct mqtt_packet *p, enum cv_reject reason);
/** UTF-8 string, 1.5.4. */
struct mqtt_text mqtt_string(struct mqtt_packet *p);
/** Binary data, 1.5.6. */
struct mqtt_text mqtt_binary(struct mqtt_packet *p);
/** Topic name: a string without wildcards, 4.7.1. */
struct mqtt_text mqtt_topic(struct mqtt_packet *p, enum cv_reject wildcard);

/** Fill in direction, device end, type, length and METHOD. */
void mqtt_complete(struct mqtt_packet *p, struct cv_record *rec);
/** Start a record: mqtt_complete() and DEVICE. */
struct cv_record *mqtt_begin(struct mqtt_packet *p, enum cv_lane lane, enum cv_kind kind);
/** Append a text TLV unless it is empty. */
void mqtt_tlv(struct mqtt_packet *p, enum cv_tlv_tag tag, struct mqtt_text text);
/** Record about a packet with a reason code: error from 0x80 on, else session. */
void mqtt_emit_reason(struct mqtt_packet *p);
/** The same for acknowledgements, which are worth a record only as errors. */
void mqtt_emit_refusal(struct mqtt_packet *p);

const char *mqtt_type_name(unsigned int type);

/* mqtt_facts.c */

/** State what an accepted packet asks for to d->judge. */
void mqtt_facts(struct mqtt_packet *p);

/* mqtt_properties.c */

static inline bool mqtt_has(const struct mqtt_packet *p, enum mqtt_property id)
{
	return (p->props.seen & 1ull << id) != 0;
}

/** Read a property section (2.2.2) by the rules for packet type @p where. */
void mqtt_properties(struct mqtt_packet *p, enum mqtt_type where, struct mqtt_properties *ret);

/* mqtt_reason.c */

/** May the packet at hand carry this reason code (2.4)? */
bool mqtt_reason_valid(const struct mqtt_packet *p, uint8_t code);
/** The standard's words for a code in a packet of this version and type. Never NULL. */
const char *mqtt_reason_name(const struct mqtt_packet *p, uint8_t code);

/* Parsers, one per packet type: fill the packet, note what is wrong. */
void mqtt_parse_connect(struct mqtt_packet *p);
void mqtt_parse_connack(struct mqtt_packet *p);
void mqtt_parse_disconnect(struct mqtt_packet *p); /* and AUTH */
void mqtt_parse_publish(struct mqtt_packet *p);
void mqtt_parse_ack(struct mqtt_packet *p); /* PUBACK, PUBREC, PUBREL, PUBCOMP */
void mqtt_parse_subscribe(struct mqtt_packet *p); /* and UNSUBSCRIBE */
void mqtt_parse_suback(struct mqtt_packet *p); /* and UNSUBACK */
void mqtt_parse_ping(struct mqtt_packet *p);

/* Effects of an accepted packet: session state, then records. */
void mqtt_emit_connect(struct mqtt_packet *p);
void mqtt_emit_connack(struct mqtt_packet *p);
void mqtt_emit_publish(struct mqtt_packet *p);
void mqtt_emit_subscribe(struct mqtt_packet *p);

/**
 * Bytes of a PUBLISH that parse wants to see, from the fixed header on: all of one that the window
 * holds, of a larger one all up to the payload and enough of that.
 *
 * @param len bytes at hand; the answer may grow with them and never exceeds the packet.
 */
size_t mqtt_publish_want(const struct mqtt_packet *p, size_t len);

/** Fill in what all records of a PUBLISH have: mqtt_complete(), @p flags, FLAG and CORRELATION. */
void mqtt_publish_complete(struct mqtt_packet *p, uint32_t flags, struct cv_record *rec);

/* mqtt_sync.c */
enum cv_probe mqtt_probe(const uint8_t *data, size_t len, bool datagram);
size_t mqtt_resync(const uint8_t *data, size_t len);

/* mqtt.c */

/**
 * Read a fixed header (2.1) and check it as far as it says itself what is right.
 *
 * @param version enum mqtt_version; with 0 whatever some version allows is right.
 * @param ret_total bytes of the whole packet; 0 when its length is malformed.
 * @return bytes of the header; CV_NEED_MORE; CV_REJECTED(reason).
 */
int mqtt_fixed_header(const uint8_t *data, size_t len, unsigned int version, uint32_t *ret_total);

/* mqtt_alias.c: topic aliases, 3.3.2.3.4, in the worker's bounded table. */

/** Longest topic kept for an alias, bytes; a longer one is cut and its users are flagged. */
#define MQTT_ALIAS_TOPIC_MAX 240
/** Aliases above are not kept: brokers offer 5 to 10 by default, some 65535. */
#define MQTT_ALIAS_MAX 256

/* Sets and ways of the table; a power of two. */
#define MQTT_ALIAS_SETS 2048
#define MQTT_ALIAS_WAYS 4

/** One alias; the topics are kept apart so that a set's tags fill one cache line. */
struct mqtt_alias_tag {
	uint32_t session; /* 0 = free */
	uint16_t alias;
	uint8_t from_client;
	uint8_t cut; /* the real topic is longer */
	uint32_t used; /* reading of the table's clock */
	uint16_t len;
	uint16_t pad;
};
_Static_assert(sizeof(struct mqtt_alias_tag) * MQTT_ALIAS_WAYS == 64, "one cache line");

/** struct cv_decode.worker */
struct mqtt_worker {
	struct mqtt_alias_tag tag[MQTT_ALIAS_SETS][MQTT_ALIAS_WAYS];
	uint8_t topic[MQTT_ALIAS_SETS][MQTT_ALIAS_WAYS][MQTT_ALIAS_TOPIC_MAX];
	struct cv_senml_pack pack; /* work space for one payload */
	struct sparkplug_state sparkplug;
	uint32_t sessions; /* last key given to a flow */
	uint32_t clock; /* counts uses */
};

/** Key of the packet's connection in the worker's tables, given to it when first asked for; not 0. */
uint32_t mqtt_session(struct mqtt_packet *p);
/** Remember what the packet's alias stands for. */
void mqtt_alias_set(struct mqtt_packet *p);
/**
 * What the packet's alias stands for.
 *
 * @param ret_cut the topic is only the beginning of the real one; set when true.
 * @return false: never seen, or pushed out by others.
 */
bool mqtt_alias_get(struct mqtt_packet *p, struct mqtt_text *ret, bool *ret_cut);
void mqtt_flow_end(void *flow, void *worker);

#endif
