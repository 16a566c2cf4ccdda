/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sparkplug B (Eclipse Sparkplug 3.0, ISO/IEC 20237) inside MQTT: what its three files share.
 *
 * A payload is read once into a bounded list of metrics; only then are records made, so a broken
 * payload leaves no half of itself behind.
 */
#ifndef CV_MQTT_SPARKPLUG_H
#define CV_MQTT_SPARKPLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most metrics of one payload; a larger one is not decoded. */
#define SPARKPLUG_METRICS_MAX 512

/* Datatypes, section 6.4.16. From INT8_ARRAY on they are arrays, packed into bytes. */
enum sparkplug_type {
	SPARKPLUG_UNKNOWN,
	SPARKPLUG_INT8,
	SPARKPLUG_INT16,
	SPARKPLUG_INT32,
	SPARKPLUG_INT64,
	SPARKPLUG_UINT8,
	SPARKPLUG_UINT16,
	SPARKPLUG_UINT32,
	SPARKPLUG_UINT64,
	SPARKPLUG_FLOAT,
	SPARKPLUG_DOUBLE,
	SPARKPLUG_BOOLEAN,
	SPARKPLUG_STRING,
	SPARKPLUG_DATETIME,
	SPARKPLUG_TEXT,
	SPARKPLUG_UUID,
	SPARKPLUG_TYPE_MAX = 34, /* DateTimeArray */
};

/* The protobuf field that a metric's value came in; 0 = none. */
enum sparkplug_field {
	SPARKPLUG_F_INT = 10,
	SPARKPLUG_F_LONG = 11,
	SPARKPLUG_F_FLOAT = 12,
	SPARKPLUG_F_DOUBLE = 13,
	SPARKPLUG_F_BOOLEAN = 14,
	SPARKPLUG_F_STRING = 15,
	SPARKPLUG_F_BYTES = 16,
	SPARKPLUG_F_EXTENSION = 19,
};

/* The property "Quality" of a metric, 6.4.17. */
#define SPARKPLUG_QUALITY_BAD 0
#define SPARKPLUG_QUALITY_GOOD 192

/** One metric as sent; texts point into the payload. */
struct sparkplug_metric {
	const uint8_t *name;
	const uint8_t *unit; /* property "engUnit", which is in common use */
	const uint8_t *data; /* value of a string, bytes, data set, template */
	uint64_t alias;
	uint64_t time_ms;
	uint64_t value; /* bits as sent */
	uint32_t name_len, unit_len, data_len;
	uint32_t quality; /* property "Quality" */
	uint8_t type; /* enum sparkplug_type */
	uint8_t field; /* enum sparkplug_field */
	bool has_alias, has_time, has_quality;
	bool historical, null;
};

struct sparkplug_payload {
	uint64_t time_ms, seq, bd_seq;
	bool has_time, has_seq, has_bd_seq, has_body;
	uint32_t count;
	struct sparkplug_metric metric[SPARKPLUG_METRICS_MAX];
};

/**
 * Read a payload.
 *
 * @param cut @p data is only the beginning: what is whole of it is read.
 * @return 0; -EBADMSG malformed; -E2BIG more than SPARKPLUG_METRICS_MAX metrics.
 */
int sparkplug_read(struct sparkplug_payload *p, const uint8_t *data, size_t len, bool cut);

/* mqtt_sparkplug_state.c: what edge nodes last said, and what their aliases stand for. */

/** Longest metric name kept for an alias, bytes; a longer one is cut and its users are flagged. */
#define SPARKPLUG_NAME_MAX 100
#define SPARKPLUG_NODE_SETS 512 /* powers of two */
#define SPARKPLUG_ALIAS_SETS 4096
#define SPARKPLUG_WAYS 4

/** One edge node in one direction of one connection. */
struct sparkplug_node {
	uint64_t key; /* 0 = free */
	uint64_t bd_seq; /* of its NBIRTH */
	uint32_t birth; /* what its aliases are kept under */
	uint32_t used; /* reading of the table's clock */
	uint8_t seq; /* of its last message */
	bool has_seq, has_bd_seq;
	bool doubtful; /* a message was missed, or the node is dead, since its last NBIRTH */
};

struct sparkplug_alias {
	uint64_t alias;
	uint32_t birth; /* of its node, 0 = free */
	uint32_t used;
	uint16_t unit; /* enum cv_unit */
	uint8_t type; /* enum sparkplug_type */
	bool cut;
	uint8_t name_len;
	uint8_t name[SPARKPLUG_NAME_MAX];
};

/** State of a worker; usable when zeroed. */
struct sparkplug_state {
	uint32_t clock; /* counts uses */
	uint32_t births; /* last number given to one */
	struct sparkplug_node node[SPARKPLUG_NODE_SETS][SPARKPLUG_WAYS];
	struct sparkplug_alias alias[SPARKPLUG_ALIAS_SETS][SPARKPLUG_WAYS];
	struct sparkplug_payload payload; /* work space for one message */
};

/** Key of an edge node: what @p session and direction it is seen in, and its group and name. */
uint64_t sparkplug_key(uint32_t session, bool from_client, const uint8_t *group, size_t group_len,
		       const uint8_t *edge, size_t edge_len);
/** The node of this key; one that is not known takes the place of the longest unused one. */
struct sparkplug_node *sparkplug_node(struct sparkplug_state *s, uint64_t key);
/** Begin its aliases anew: the node is born. */
void sparkplug_born(struct sparkplug_state *s, struct sparkplug_node *node);
/** Remember what the metric of a birth says of its alias. */
void sparkplug_alias_set(struct sparkplug_state *s, const struct sparkplug_node *node,
			 const struct sparkplug_metric *m);
/** What the alias stands for, or NULL. */
const struct sparkplug_alias *
sparkplug_alias_get(struct sparkplug_state *s, const struct sparkplug_node *node, uint64_t alias);

/* mqtt_sparkplug.c */
struct mqtt_packet;

/** Is the topic one of Sparkplug's, as far as @p len bytes show? */
bool sparkplug_topic(const uint8_t *topic, size_t len);
/**
 * Make records of a Sparkplug message.
 *
 * @param flags for the records.
 * @return false when the topic is not Sparkplug's; nothing was made then.
 */
bool mqtt_emit_sparkplug(struct mqtt_packet *p, uint32_t flags);
/** The same for what a host application says of itself; mqtt_sparkplug_host.c. */
bool mqtt_emit_sparkplug_host(struct mqtt_packet *p, uint32_t flags);

#endif
