/* SPDX-License-Identifier: Apache-2.0 */
/* From SIP messages to records; headlines of GB/T 28181's MANSCDP (appendix A). */
#include "dataplane/decode/sip.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/gb18030.h"
#include "dataplane/normalize/vocabulary.h"

#define TEXT_MAX 160
#define REFUSED 300 /* answers from here on */

static uint64_t hash(uint64_t h, struct cv_http_text t)
{
	for (size_t i = 0; i < t.len; i++)
		h = (h ^ t.data[i]) * 0x100000001b3ull; /* FNV-1a */
	return h;
}

/* UDP sends again what was not answered; told once. */
static bool is_new(struct sip_message *m)
{
	struct sip_flow *flow = m->d->flow;
	uint64_t h = hash(hash(0xcbf29ce484222325ull, m->call), m->sequence) | 1;
	uint64_t *last = &flow->last[m->d->from_client];

	h ^= (uint64_t)m->head.status << 1;
	if (*last == h)
		return false;
	*last = h;
	return true;
}

/* UTF-8, or what such messages say they are in and are not always: GB 18030. */
static void put_text(struct sip_message *m, struct cv_record *rec, enum cv_tlv_tag tag,
		     struct cv_http_text text)
{
	uint8_t utf8[CV_GB18030_UTF8_MAX(TEXT_MAX)];
	bool clean = false;
	size_t n;

	if (text.len == 0)
		return;
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	if (cv_utf8_cut_valid(text.data, text.len, &n)) {
		if (n != 0)
			cv_emit_tlv(m->d->emit, tag, text.data, n);
		return;
	}
	n = cv_gb18030_to_utf8(text.data, text.len, utf8, &clean);
	if (!clean)
		rec->flags |= CV_FLAG_ENCODING;
	if (clean)
		cv_emit_tlv(m->d->emit, tag, utf8, n);
}

static struct cv_record *begin(struct sip_message *m, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(m->d->emit, lane, kind);
	struct cv_http_text method = m->head.method;
	const uint8_t *blank;

	rec->direction = m->up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = m->up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = (uint32_t)m->size;
	rec->status = (uint16_t)(m->head.status ? m->head.status : m->method);
	put_text(m, rec, CV_TLV_DEVICE, m->device);
	if (m->head.status != 0) { /* of the request: "4711 INVITE" */
		blank = m->sequence.len ? memchr(m->sequence.data, ' ', m->sequence.len) : NULL;
		method = blank ? (struct cv_http_text){blank + 1,
						       m->sequence.len - (size_t)(blank + 1 -
										  m->sequence.data)}
			       : m->sequence;
	}
	put_text(m, rec, CV_TLV_METHOD, method);
	put_text(m, rec, CV_TLV_CORRELATION, m->call);
	return rec;
}

/* A MANSCDP message: its command is the code, whom it is about the sub. */
static bool manscdp(struct sip_message *m)
{
	struct cv_http_text command, id, text, rest;
	bool alarm, notify;
	struct cv_record *rec;

	if (m->body.len == 0 || !cv_xml_text(m->body, "CmdType", &command, &rest))
		return false;
	notify = cv_text_find(m->body, "<Notify") != NULL;
	alarm = notify && command.len == 5 && memcmp(command.data, "Alarm", 5) == 0;
	rec = begin(m, alarm ? CV_LANE_ALARM : CV_LANE_STATUS,
		    alarm   ? CV_KIND_ALARM
		    : m->up ? CV_KIND_STATE
			    : CV_KIND_COMMAND);
	put_text(m, rec, CV_TLV_CODE, command);
	if (cv_xml_text(m->body, "DeviceID", &id, &rest) &&
	    !(id.len == m->device.len &&
	      (id.len == 0 || memcmp(id.data, m->device.data, id.len) == 0)))
		put_text(m, rec, CV_TLV_SUB, id);
	if (alarm) {
		rec->name_id = CV_NAME_VIDEO_ALARM;
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = 1;
		if (cv_xml_text(m->body, "AlarmMethod", &text, &rest))
			put_text(m, rec, CV_TLV_FLAG, text);
		if (cv_xml_text(m->body, "AlarmDescription", &text, &rest))
			put_text(m, rec, CV_TLV_TEXT, text);
	} else if (cv_xml_text(m->body, "Status", &text, &rest)) {
		put_text(m, rec, CV_TLV_TEXT, text);
	}
	cv_emit_end(m->d->emit);
	return true;
}

static void request(struct sip_message *m)
{
	struct cv_http_text text;
	struct cv_record *rec;

	if (manscdp(m))
		return;
	rec = begin(m, CV_LANE_STATUS, CV_KIND_SESSION);
	if (cv_http_field(&m->head, "expires", 0, &text)) {
		put_text(m, rec, CV_TLV_FLAG, text);
		rec->value_type = CV_VALUE_NONE;
	}
	if (cv_http_field(&m->head, "user-agent", 0, &text))
		put_text(m, rec, CV_TLV_TEXT, text);
	cv_emit_end(m->d->emit);
}

static void refusal(struct sip_message *m)
{
	struct cv_record *rec = begin(m, CV_LANE_STATUS, CV_KIND_ERROR);
	struct cv_label code = {0};

	cv_label_u32(&code, m->head.status);
	cv_put_label(m->d, CV_TLV_CODE, &code);
	put_text(m, rec, CV_TLV_TEXT, m->head.reason);
	cv_emit_end(m->d->emit);
}

/* Asking for a password first is how registration goes. */
static bool is_challenge(unsigned int status)
{
	return status == 401 || status == 407;
}

void sip_emit(struct sip_message *m)
{
	bool ack = m->head.method.len == 3 && memcmp(m->head.method.data, "ACK", 3) == 0;

	if (m->head.status != 0 ? m->head.status < REFUSED || is_challenge(m->head.status) : ack)
		return;
	if (!is_new(m))
		return;
	if (m->head.status == 0)
		request(m);
	else
		refusal(m);
}
