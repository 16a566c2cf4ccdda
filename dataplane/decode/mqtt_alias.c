/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topic aliases of all flows of a worker in one set-associative table: fixed memory, constant
 * time. A full set gives up the entry used longest ago; its flow then meets an unknown alias, which
 * the record says (CV_FLAG_UNPAIRED).
 */
#include "dataplane/decode/mqtt.h"

#include <string.h>

static unsigned int set_of(uint32_t session, unsigned int from_client, unsigned int alias)
{
	uint64_t h = ((uint64_t)session << 32 | from_client << 16 | alias) * 0x9e3779b97f4a7c15ull;

	return (unsigned int)(h >> 40) % MQTT_ALIAS_SETS;
}

static struct mqtt_alias_tag *find(struct mqtt_worker *t, unsigned int set, uint32_t session,
				   unsigned int from_client, unsigned int alias)
{
	for (unsigned int way = 0; way < MQTT_ALIAS_WAYS; way++) {
		struct mqtt_alias_tag *tag = &t->tag[set][way];

		if (tag->session == session && tag->alias == alias &&
		    tag->from_client == from_client)
			return tag;
	}
	return NULL;
}

static struct mqtt_alias_tag *take(struct mqtt_worker *t, unsigned int set)
{
	struct mqtt_alias_tag *oldest = &t->tag[set][0];

	for (unsigned int way = 0; way < MQTT_ALIAS_WAYS; way++) {
		struct mqtt_alias_tag *tag = &t->tag[set][way];

		if (tag->session == 0)
			return tag;
		if (t->clock - tag->used > t->clock - oldest->used)
			oldest = tag;
	}
	return oldest;
}

uint32_t mqtt_session(struct mqtt_packet *p)
{
	struct mqtt_worker *t = p->d->worker;

	if (p->flow->session == 0) {
		t->sessions += t->sessions == UINT32_MAX ? 2 : 1;
		p->flow->session = t->sessions;
	}
	return p->flow->session;
}

void mqtt_alias_set(struct mqtt_packet *p)
{
	struct mqtt_worker *t = p->d->worker;
	struct mqtt_flow *flow = p->flow;
	unsigned int alias = p->props.alias, set;
	struct mqtt_alias_tag *tag;
	size_t len = p->topic.len;

	if (alias > MQTT_ALIAS_MAX)
		return;
	mqtt_session(p);
	if (alias > flow->alias_top[p->from_client])
		flow->alias_top[p->from_client] = (uint16_t)alias;
	set = set_of(flow->session, p->from_client, alias);
	tag = find(t, set, flow->session, p->from_client, alias);
	if (!tag)
		tag = take(t, set);
	if (len > MQTT_ALIAS_TOPIC_MAX) {
		len = MQTT_ALIAS_TOPIC_MAX;
		while (len > 0 && (p->topic.data[len] & 0xc0) == 0x80)
			len--;
	}
	*tag = (struct mqtt_alias_tag){
		.session = flow->session,
		.alias = (uint16_t)alias,
		.from_client = p->from_client,
		.cut = len < p->topic.len,
		.used = ++t->clock,
		.len = (uint16_t)len,
	};
	memcpy(t->topic[set][tag - t->tag[set]], p->topic.data, len);
}

bool mqtt_alias_get(struct mqtt_packet *p, struct mqtt_text *ret, bool *ret_cut)
{
	struct mqtt_worker *t = p->d->worker;
	unsigned int set;
	struct mqtt_alias_tag *tag;

	if (p->flow->session == 0)
		return false;
	set = set_of(p->flow->session, p->from_client, p->props.alias);
	tag = find(t, set, p->flow->session, p->from_client, p->props.alias);
	if (!tag)
		return false;
	tag->used = ++t->clock;
	*ret = (struct mqtt_text){t->topic[set][tag - t->tag[set]], tag->len};
	*ret_cut = tag->cut != 0;
	return true;
}

void mqtt_flow_end(void *flow, void *worker)
{
	struct mqtt_worker *t = worker;
	struct mqtt_flow *f = flow;

	for (unsigned int side = 0; f->session != 0 && side < 2; side++) {
		for (unsigned int alias = 1; alias <= f->alias_top[side]; alias++) {
			struct mqtt_alias_tag *tag =
				find(t, set_of(f->session, side, alias), f->session, side, alias);

			if (tag)
				*tag = (struct mqtt_alias_tag){0};
		}
	}
}
