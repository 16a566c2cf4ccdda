/* SPDX-License-Identifier: Apache-2.0 */
/* From a message to records, and what the policy is told. */
#include "dataplane/decode/cayenne.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/mqttsn.h"
#include "dataplane/decode/text.h"

#define NAME_ROW(number, id, name)                                                                 \
	case number:                                                                               \
		return name;

const char *mqttsn_type_name(uint8_t type)
{
	switch (type) {
		MQTTSN_TYPES(NAME_ROW)
	default:
		return "?";
	}
}

/* 5.3.10. */
static const char *code_name(uint8_t code)
{
	static const char *const names[] = {"accepted", "congestion", "invalid topic id",
					    "not supported"};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : "refused";
}

/* Who: the client of the flow, or of the node behind the forwarder, whose number is the sub. */
static void put_client(struct mqttsn_message *m)
{
	const struct mqttsn_name *client = mqttsn_find(m, MQTTSN_OF_CLIENT, 0);
	struct cv_label node = {0};

	for (size_t i = 0; i < m->node.len && i < 16; i++)
		cv_label_hex(&node, m->node.data[i], 2);
	if (m->client_id.len != 0)
		cv_emit_tlv(m->d->emit, CV_TLV_DEVICE, m->client_id.data, m->client_id.len);
	else if (client != NULL)
		cv_emit_tlv(m->d->emit, CV_TLV_DEVICE, client->text, client->len);
	cv_put_label(m->d, CV_TLV_SUB, &node);
}

static void complete(struct mqttsn_message *m, struct cv_record *rec)
{
	rec->direction = m->from_client ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = m->from_client ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = m->size;
	rec->status = m->type;
	rec->seq = m->id;
	cv_put_str(m->d, CV_TLV_METHOD, mqttsn_type_name(m->type));
}

static struct cv_record *begin(struct mqttsn_message *m, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(m->d->emit, CV_LANE_STATUS, kind);

	complete(m, rec);
	put_client(m);
	return rec;
}

/* What all records of a published message have. */
struct published {
	struct mqttsn_message *m;
	uint32_t flags;
};

static void complete_published(void *arg, struct cv_record *rec)
{
	struct published *p = arg;
	uint8_t flags = p->m->flags;
	struct cv_label l = {0};

	complete(p->m, rec);
	rec->flags |= p->flags;
	if (flags & MQTTSN_DUP)
		rec->flags |= CV_FLAG_DUPLICATE;
	if (flags & MQTTSN_RETAIN)
		rec->stage = CV_STAGE_RETAINED;
	cv_label_str(&l, "qos ");
	cv_label_str(&l, MQTTSN_QOS(flags) == 3 ? "-" : "");
	cv_label_u32(&l, MQTTSN_QOS(flags) == 3 ? 1 : MQTTSN_QOS(flags));
	cv_label_str(&l, flags & MQTTSN_RETAIN ? " retain" : "");
	cv_put_label(p->m->d, CV_TLV_FLAG, &l);
}

static bool emit_senml(struct published *p, struct mqttsn_text topic)
{
	struct mqttsn_message *m = p->m;
	struct cv_senml_pack *pack = &((struct mqttsn_worker *)m->d->worker)->pack;
	const struct mqttsn_name *client = mqttsn_find(m, MQTTSN_OF_CLIENT, 0);
	struct cv_senml_origin origin = {
		.name = topic.data,
		.name_len = topic.len,
		.device = client ? client->text : NULL,
		.device_len = client ? client->len : 0,
		.code = topic.data,
		.code_len = topic.len,
		.complete = complete_published,
		.arg = p,
		.lane = CV_LANE_MEASUREMENT,
		.kind = CV_KIND_MEASUREMENT,
	};

	if (m->data.len <= 2 || m->data.data[0] != '[' || m->data.data[1] != '{' ||
	    cv_senml_json(pack, m->data.data, m->data.len, false) < 0 || pack->count == 0)
		return false;
	cv_senml_emit(m->d->emit, pack, &origin);
	return true;
}

static void complete_cayenne(void *arg, struct cv_record *rec)
{
	struct published *p = arg;

	complete_published(p, rec);
	put_client(p->m);
}

/* CayenneLPP says nowhere what it is: the topic's last level has to ("a/b/lpp"). */
static bool emit_cayenne(struct published *p, struct mqttsn_text topic)
{
	static const uint8_t level[] = {'/', 'l', 'p', 'p'};
	const struct cv_cayenne_origin origin = {.complete = complete_cayenne, .arg = p};
	struct mqttsn_text data = p->m->data;

	if (topic.len < sizeof(level) ||
	    memcmp(topic.data + topic.len - sizeof(level), level, sizeof(level)) != 0 ||
	    cv_cayenne_check(data.data, data.len) != 0)
		return false;
	cv_cayenne_emit(p->m->d->emit, data.data, data.len, &origin);
	return true;
}

/* A number, a text, or bytes: what nobody says. */
static void put_value(struct mqttsn_message *m, struct cv_record *rec)
{
	struct mqttsn_text data = m->data;

	if (data.len == 0)
		return;
	if (cv_text_number(data.data, data.len, &rec->value.f64)) {
		rec->value_type = CV_VALUE_F64;
		return;
	}
	if (cv_utf8_valid(data.data, data.len)) {
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(m->d->emit, CV_TLV_TEXT, data.data, data.len);
		return;
	}
	rec->value_type = CV_VALUE_BYTES;
	rec->flags |= CV_FLAG_RAW;
	cv_emit_tlv(m->d->emit, CV_TLV_BYTES, data.data, data.len);
}

static void emit_published(struct mqttsn_message *m)
{
	struct published p = {.m = m};
	struct mqttsn_text topic;
	struct cv_label made = {0};
	struct cv_record *rec;
	bool cut;

	if (!mqttsn_topic(m, &topic, &made, &cut))
		p.flags |= CV_FLAG_UNPAIRED;
	if (cut)
		p.flags |= CV_FLAG_TRUNCATED;
	if (emit_senml(&p, topic) || emit_cayenne(&p, topic))
		return;
	rec = cv_emit_begin(m->d->emit, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
	complete_published(&p, rec);
	put_client(m);
	cv_emit_tlv(m->d->emit, CV_TLV_NAME, topic.data, topic.len);
	put_value(m, rec);
	cv_emit_end(m->d->emit);
}

static void emit_session(struct mqttsn_message *m)
{
	struct mqttsn_text topic = {0};
	struct cv_label made = {0};
	struct cv_record *rec;
	bool cut = false;

	rec = begin(m, CV_KIND_SESSION);
	if (m->has_topic_id || m->topic.len != 0)
		mqttsn_topic(m, &topic, &made, &cut);
	if (topic.len != 0)
		cv_emit_tlv(m->d->emit, CV_TLV_NAME, topic.data, topic.len);
	if (m->type == MQTTSN_CONNECT || m->duration != 0) { /* keep alive, sleep: s */
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = m->duration;
	}
	if (m->data.len != 0 && m->type != MQTTSN_GWINFO)
		put_value(m, rec);
	cv_emit_end(m->d->emit);
}

static void emit_refusal(struct mqttsn_message *m)
{
	struct cv_label code = {0};

	begin(m, CV_KIND_ERROR);
	cv_label_u32(&code, m->code);
	cv_put_label(m->d, CV_TLV_CODE, &code);
	cv_put_str(m->d, CV_TLV_TEXT, code_name(m->code));
	cv_emit_end(m->d->emit);
}

void mqttsn_emit(struct mqttsn_message *m)
{
	switch (m->type) {
	case MQTTSN_PUBLISH:
		emit_published(m);
		break;
	case MQTTSN_CONNECT:
	case MQTTSN_DISCONNECT:
	case MQTTSN_REGISTER:
	case MQTTSN_SUBSCRIBE:
	case MQTTSN_UNSUBSCRIBE:
	case MQTTSN_WILLTOPIC:
	case MQTTSN_WILLMSG:
	case MQTTSN_WILLTOPICUPD:
	case MQTTSN_WILLMSGUPD:
		emit_session(m);
		break;
	default: /* acknowledgements, searches and pings are counted only */
		if (m->code != 0)
			emit_refusal(m);
		break;
	}
}

static void state(struct mqttsn_message *m, enum cv_app_kind kind)
{
	const struct mqttsn_name *client = mqttsn_find(m, MQTTSN_OF_CLIENT, 0);
	struct cv_app_fact fact = {.kind = (uint8_t)kind};
	struct mqttsn_text topic;
	struct cv_label made = {0};
	bool cut;

	if (kind == CV_APP_CLIENT || kind == CV_APP_IDENTITY) {
		fact.text = m->client_id.data;
		fact.len = m->client_id.len;
	} else {
		fact.unclear = !mqttsn_topic(m, &topic, &made, &cut) || cut;
		fact.text = topic.data;
		fact.len = topic.len;
	}
	if (client != NULL && !client->cut) {
		fact.client = client->text;
		fact.client_len = client->len;
	}
	cv_judge_fact(m->d->judge, &fact);
}

void mqttsn_facts(struct mqttsn_message *m)
{
	struct cv_judge *j = m->d->judge;

	if (j->answers) {
		if (m->type == MQTTSN_PUBLISH)
			state(m, CV_APP_SUBSCRIBE);
		return;
	}
	cv_judge_type(j, m->type);
	switch (m->type) {
	case MQTTSN_CONNECT:
		state(m, CV_APP_CLIENT);
		state(m, CV_APP_IDENTITY);
		break;
	case MQTTSN_WILLTOPIC:
	case MQTTSN_WILLTOPICUPD:
		if (m->topic.len != 0)
			state(m, CV_APP_PUBLISH);
		break;
	case MQTTSN_PUBLISH:
		state(m, CV_APP_PUBLISH);
		break;
	case MQTTSN_SUBSCRIBE:
		state(m, CV_APP_SUBSCRIBE);
		break;
	default:
		break;
	}
}
