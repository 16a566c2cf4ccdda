/* SPDX-License-Identifier: Apache-2.0 */
/* What a packet asks for, for the policy to judge: who, which topics, which filters. */
#include <string.h>

#include "dataplane/decode/judge.h"
#include "dataplane/decode/mqtt.h"

/* Packets that only a client sends, and only a broker (table 2-1). */
#define OF_CLIENT                                                                                  \
	(1u << MQTT_CONNECT | 1u << MQTT_SUBSCRIBE | 1u << MQTT_UNSUBSCRIBE | 1u << MQTT_PINGREQ)
#define OF_BROKER                                                                                  \
	(1u << MQTT_CONNACK | 1u << MQTT_SUBACK | 1u << MQTT_UNSUBACK | 1u << MQTT_PINGRESP)
/* What has to be seen whole: behind the window there may be a will or another filter. */
#define WHOLE (1u << MQTT_CONNECT | 1u << MQTT_SUBSCRIBE | 1u << MQTT_UNSUBSCRIBE)

static void state(struct mqtt_packet *p, enum cv_app_kind kind, struct mqtt_text text, bool unclear)
{
	struct mqtt_flow *flow = p->flow;
	struct cv_app_fact fact = {
		.kind = (uint8_t)kind,
		.unclear = unclear,
		.text = text.data,
		.len = text.len,
	};

	if (p->type == MQTT_CONNECT) {
		fact.client = p->client_id.data;
		fact.client_len = p->client_id.len;
	} else if (!(flow->state & MQTT_FLOW_ID_CUT)) {
		fact.client = flow->client_id;
		fact.client_len = flow->client_id_len;
	}
	cv_judge_fact(p->d->judge, &fact);
}

static void connect_facts(struct mqtt_packet *p)
{
	state(p, CV_APP_CLIENT, p->client_id, false);
	state(p, CV_APP_IDENTITY, p->client_id, false);
	if (p->topic.len != 0) /* the will's: the broker publishes it in the client's name */
		state(p, CV_APP_PUBLISH, p->topic, false);
}

/*
 * A topic alias stands for what it was last said to; one that is not known, or whose topic was too
 * long to keep, could be any topic.
 */
static void publish_facts(struct mqtt_packet *p, enum cv_app_kind kind)
{
	struct mqtt_text topic = p->topic;
	bool unclear = p->payload == NULL, cut = false;

	if (topic.len == 0)
		unclear |= p->props.alias == 0 || !mqtt_alias_get(p, &topic, &cut);
	state(p, kind, topic, unclear || cut);
}

static void filter_facts(struct mqtt_packet *p)
{
	struct cv_reader r = cv_reader(p->filters.data, p->filters.len);

	while (cv_reader_left(&r) != 0) {
		struct mqtt_text filter = {.len = cv_read_be16(&r)};
		const uint8_t *slash;

		filter.data = cv_read_bytes(&r, filter.len);
		cv_read_u8(&r);
		if (filter.data == NULL)
			break;
		/* 4.8.2: "$share/NAME/FILTER" reads what FILTER reads. Brokers of 3.1.1 know it too. */
		if (filter.len > 7 && memcmp(filter.data, "$share/", 7) == 0) {
			slash = memchr(filter.data + 7, '/', filter.len - 7);
			if (slash != NULL) {
				filter.len -= (size_t)(slash + 1 - filter.data);
				filter.data = slash + 1;
			}
		}
		state(p, CV_APP_SUBSCRIBE, filter, false);
	}
	if (r.failed)
		cv_judge_malformed(p->d->judge);
}

void mqtt_facts(struct mqtt_packet *p)
{
	struct cv_judge *j = p->d->judge;
	uint32_t type = 1u << p->type;

	if (type & (j->answers ? OF_CLIENT : OF_BROKER))
		cv_judge_malformed(j);
	if (p->cut && type & WHOLE)
		cv_judge_malformed(j);
	/* Nothing can be said of a connection whose beginning was not seen. */
	if (!(p->flow->state & MQTT_FLOW_CONNECTED))
		cv_judge_malformed(j);
	if (j->answers) {
		if (p->type == MQTT_PUBLISH)
			publish_facts(p, CV_APP_SUBSCRIBE);
		return;
	}
	cv_judge_type(j, p->type);
	if (p->type == MQTT_CONNECT)
		connect_facts(p);
	else if (p->type == MQTT_PUBLISH)
		publish_facts(p, CV_APP_PUBLISH);
	else if (p->type == MQTT_SUBSCRIBE)
		filter_facts(p);
}
