/* SPDX-License-Identifier: Apache-2.0 */
/* The messages' formats (5.4), and the names that numbers stand for. */
#include "dataplane/decode/mqttsn.h"

#include "dataplane/decode/text.h"

/* Which fields a message has, in this order. */
#define FLAGS 0x01u
#define PROTOCOL 0x02u /* must be 1 */
#define DURATION 0x04u
#define TOPIC_ID 0x08u
#define MESSAGE_ID 0x10u
#define CODE 0x20u
#define NODE 0x40u /* gateway, radius: not looked at */
#define REST_TOPIC 0x100u
#define REST_CLIENT 0x200u
#define REST_DATA 0x400u
#define REST_FILTER 0x800u /* a topic, or by the flags its number or short name */
#define MAY_END 0x1000u /* the fields behind the head may all be missing */
#define MAY_REST 0x2000u /* the rest may be empty */
#define KNOWN 0x8000u

static const uint16_t formats[] = {
	[MQTTSN_ADVERTISE] = KNOWN | NODE | DURATION,
	[MQTTSN_SEARCHGW] = KNOWN | NODE,
	[MQTTSN_GWINFO] = KNOWN | NODE | REST_DATA | MAY_REST,
	[MQTTSN_CONNECT] = KNOWN | FLAGS | PROTOCOL | DURATION | REST_CLIENT,
	[MQTTSN_CONNACK] = KNOWN | CODE,
	[MQTTSN_WILLTOPICREQ] = KNOWN,
	[MQTTSN_WILLTOPIC] = KNOWN | MAY_END | FLAGS | REST_TOPIC,
	[MQTTSN_WILLMSGREQ] = KNOWN,
	[MQTTSN_WILLMSG] = KNOWN | REST_DATA | MAY_REST,
	[MQTTSN_REGISTER] = KNOWN | TOPIC_ID | MESSAGE_ID | REST_TOPIC,
	[MQTTSN_REGACK] = KNOWN | TOPIC_ID | MESSAGE_ID | CODE,
	[MQTTSN_PUBLISH] = KNOWN | FLAGS | TOPIC_ID | MESSAGE_ID | REST_DATA | MAY_REST,
	[MQTTSN_PUBACK] = KNOWN | TOPIC_ID | MESSAGE_ID | CODE,
	[MQTTSN_PUBCOMP] = KNOWN | MESSAGE_ID,
	[MQTTSN_PUBREC] = KNOWN | MESSAGE_ID,
	[MQTTSN_PUBREL] = KNOWN | MESSAGE_ID,
	[MQTTSN_SUBSCRIBE] = KNOWN | FLAGS | MESSAGE_ID | REST_FILTER,
	[MQTTSN_SUBACK] = KNOWN | FLAGS | TOPIC_ID | MESSAGE_ID | CODE,
	[MQTTSN_UNSUBSCRIBE] = KNOWN | FLAGS | MESSAGE_ID | REST_FILTER,
	[MQTTSN_UNSUBACK] = KNOWN | MESSAGE_ID,
	[MQTTSN_PINGREQ] = KNOWN | REST_CLIENT | MAY_REST,
	[MQTTSN_PINGRESP] = KNOWN,
	[MQTTSN_DISCONNECT] = KNOWN | MAY_END | DURATION,
	[MQTTSN_WILLTOPICUPD] = KNOWN | MAY_END | FLAGS | REST_TOPIC,
	[MQTTSN_WILLTOPICRESP] = KNOWN | CODE,
	[MQTTSN_WILLMSGUPD] = KNOWN | REST_DATA | MAY_REST,
	[MQTTSN_WILLMSGRESP] = KNOWN | CODE,
};

static enum cv_reject take_rest(struct mqttsn_message *m, struct cv_reader *r, uint16_t format)
{
	struct mqttsn_text rest = {r->cur, cv_reader_left(r)};

	if (!(format & (REST_TOPIC | REST_CLIENT | REST_DATA | REST_FILTER)))
		return rest.len == 0 ? CV_REJECT_NONE : CV_REJECT_BAD_LENGTH;
	if (rest.len == 0 && !(format & MAY_REST))
		return CV_REJECT_BAD_LENGTH;
	cv_read_bytes(r, rest.len);
	if (format & REST_DATA) {
		m->data = rest;
		return CV_REJECT_NONE;
	}
	if ((format & REST_FILTER) && MQTTSN_TOPIC_TYPE(m->flags) == MQTTSN_PREDEFINED) {
		if (rest.len != 2)
			return CV_REJECT_BAD_LENGTH;
		m->topic_id = (uint16_t)(rest.data[0] << 8 | rest.data[1]);
		m->has_topic_id = true;
		return CV_REJECT_NONE;
	}
	if (!cv_utf8_valid(rest.data, rest.len))
		return CV_REJECT_BAD_UTF8;
	if (format & REST_CLIENT)
		m->client_id = rest;
	else
		m->topic = rest;
	return CV_REJECT_NONE;
}

enum cv_reject mqttsn_parse(struct mqttsn_message *m, struct cv_reader *r)
{
	uint16_t format = m->type < sizeof(formats) / sizeof(formats[0]) ? formats[m->type] : 0;

	if (!(format & KNOWN))
		return CV_REJECT_UNKNOWN_TYPE;
	if ((format & MAY_END) && cv_reader_left(r) == 0)
		return CV_REJECT_NONE;
	if (format & NODE)
		cv_read_u8(r);
	if (format & FLAGS)
		m->flags = cv_read_u8(r);
	if ((format & PROTOCOL) && cv_read_u8(r) != 1 && !r->failed)
		return CV_REJECT_BAD_HEADER;
	if (format & DURATION)
		m->duration = cv_read_be16(r);
	if (format & TOPIC_ID) {
		m->topic_id = cv_read_be16(r);
		m->has_topic_id = true;
	}
	if (format & MESSAGE_ID)
		m->id = cv_read_be16(r);
	if (format & CODE)
		m->code = cv_read_u8(r);
	if (r->failed)
		return CV_REJECT_BAD_LENGTH;
	/* 5.3.4: a fourth type is reserved, and what is published has no fifth quality of service. */
	if ((format & FLAGS) && MQTTSN_TOPIC_TYPE(m->flags) > MQTTSN_SHORT)
		return CV_REJECT_BAD_HEADER;
	return take_rest(m, r, format);
}

static struct mqttsn_name *set_of(struct mqttsn_message *m, enum mqttsn_what what, uint16_t number)
{
	struct mqttsn_worker *w = m->d->worker;
	uint64_t h = (m->client ^ (uint64_t)what << 16 ^ number) * 0x9e3779b97f4a7c15ull;

	return w->name[(h >> 40) % MQTTSN_SETS];
}

static bool is(const struct mqttsn_name *n, const struct mqttsn_message *m, enum mqttsn_what what,
	       uint16_t number)
{
	return n->client == m->client && n->what == what && n->number == number;
}

const struct mqttsn_name *mqttsn_find(struct mqttsn_message *m, enum mqttsn_what what,
				      uint16_t number)
{
	struct mqttsn_worker *w = m->d->worker;
	struct mqttsn_name *set = set_of(m, what, number);

	for (int i = 0; i < MQTTSN_WAYS; i++) {
		if (is(&set[i], m, what, number)) {
			set[i].used = ++w->clock;
			return &set[i];
		}
	}
	return NULL;
}

/* The place of a name in its set: its own, a free one, or that of the one used longest ago. */
static void keep(struct mqttsn_message *m, enum mqttsn_what what, uint16_t number,
		 struct mqttsn_text text, bool cut)
{
	struct mqttsn_worker *w = m->d->worker;
	struct mqttsn_name *set = set_of(m, what, number), *place = &set[0];

	for (int i = 0; i < MQTTSN_WAYS; i++) {
		if (is(&set[i], m, what, number)) {
			place = &set[i];
			break;
		}
		if (set[i].client == 0 ||
		    (place->client != 0 && w->clock - set[i].used > w->clock - place->used))
			place = &set[i];
	}
	if (text.len > MQTTSN_NAME_MAX) {
		text.len = cv_utf8_prefix(text.data, MQTTSN_NAME_MAX);
		cut = true;
	}
	place->client = m->client;
	place->what = (uint8_t)what;
	place->number = number;
	place->used = ++w->clock;
	place->len = (uint8_t)text.len;
	place->cut = cut;
	memmove(place->text, text.data, text.len);
}

/* An answer gives the number of the topic that the request named; 0 is none (a filter's). */
static void learn_answer(struct mqttsn_message *m)
{
	const struct mqttsn_name *asked = mqttsn_find(m, MQTTSN_OF_REQUEST, m->id);
	uint8_t copy[MQTTSN_NAME_MAX];
	struct mqttsn_text name;

	if (asked == NULL || m->code != 0 || m->topic_id == 0)
		return;
	name = (struct mqttsn_text){copy, asked->len};
	memcpy(copy, asked->text, asked->len);
	keep(m, MQTTSN_OF_TOPIC, m->topic_id, name, asked->cut);
}

void mqttsn_learn(struct mqttsn_message *m)
{
	switch (m->type) {
	case MQTTSN_CONNECT:
		keep(m, MQTTSN_OF_CLIENT, 0, m->client_id, false);
		break;
	case MQTTSN_REGISTER:
		/* 6.10: the gateway says the number at once, a client asks for it with 0. */
		if (m->topic_id != 0)
			keep(m, MQTTSN_OF_TOPIC, m->topic_id, m->topic, false);
		else
			keep(m, MQTTSN_OF_REQUEST, m->id, m->topic, false);
		break;
	case MQTTSN_SUBSCRIBE:
		if (m->topic.len != 0 && MQTTSN_TOPIC_TYPE(m->flags) == MQTTSN_NORMAL)
			keep(m, MQTTSN_OF_REQUEST, m->id, m->topic, false);
		break;
	case MQTTSN_REGACK:
	case MQTTSN_SUBACK:
		learn_answer(m);
		break;
	default:
		break;
	}
}

bool mqttsn_topic(struct mqttsn_message *m, struct mqttsn_text *ret, struct cv_label *made,
		  bool *cut)
{
	bool predefined = MQTTSN_TOPIC_TYPE(m->flags) == MQTTSN_PREDEFINED;
	const struct mqttsn_name *name;

	*cut = false;
	*ret = m->topic;
	if (!m->has_topic_id || m->topic.len != 0)
		return true;
	*ret = (struct mqttsn_text){(const uint8_t *)made->text, 0};
	if (MQTTSN_TOPIC_TYPE(m->flags) == MQTTSN_SHORT) {
		uint8_t two[2] = {(uint8_t)(m->topic_id >> 8), (uint8_t)m->topic_id};

		cv_label_bytes(made, two, two[1] != 0 ? 2 : 1);
		ret->len = made->len;
		if (cv_utf8_prefix(two, made->len) == made->len)
			return true;
		made->len = 0;
	}
	name = predefined ? NULL : mqttsn_find(m, MQTTSN_OF_TOPIC, m->topic_id);
	if (name != NULL) {
		*ret = (struct mqttsn_text){name->text, name->len};
		*cut = name->cut;
		return true;
	}
	cv_label_str(made, predefined ? "predefined-" : "id-");
	cv_label_u32(made, m->topic_id);
	ret->len = made->len;
	return false;
}
