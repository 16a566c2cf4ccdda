/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ONVIF cameras, as far as they speak of their own accord: WS-Discovery (UDP 3702) and the events of
 * WS-BaseNotification (SOAP over HTTP on TCP; ONVIF Core 9). The headline of each event, nothing else.
 */
#include "dataplane/decode/http_stream.h"
#include "dataplane/decode/iso_time.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/session.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define DISCOVERY "/ws/2005/04/discovery"
#define MARK "docs.oasis-open.org/wsn/b-2"
#define EVENTS_MAX 64 /* of one message */

/* A row's place is the number for policies, from 1. */
enum what { HELLO = 1, BYE, PROBE, PROBE_MATCHES, RESOLVE_MATCHES, NOTIFY };

struct onvif_flow {
	struct cv_http_stream stream;
	struct cv_told told;
};
_Static_assert(sizeof(struct onvif_flow) <= CV_FLOW_STATE_MAX, "flow state");

static void put(struct cv_decode *d, enum cv_tlv_tag tag, struct cv_http_text text)
{
	size_t n = text.len < 200 ? text.len : 200;

	if (n != 0)
		n = cv_utf8_prefix(text.data, n);
	if (n != 0)
		cv_emit_tlv(d->emit, tag, text.data, n);
}

static bool find(struct cv_http_text xml, const char *name, struct cv_http_text *ret)
{
	struct cv_http_text rest;

	return cv_xml_text(xml, name, ret, &rest);
}

/* What an attribute of the tags in @p xml is: NAME="value". */
static bool attribute(struct cv_http_text xml, const char *name, struct cv_http_text *ret)
{
	const uint8_t *at = cv_text_find(xml, name), *end = xml.data + xml.len, *stop;
	size_t n = strlen(name);

	if (at == NULL || (size_t)(end - at) < n + 2 || at[n] != '"')
		return false;
	at += n + 1;
	stop = memchr(at, '"', (size_t)(end - at));
	if (stop == NULL)
		return false;
	*ret = (struct cv_http_text){at, (size_t)(stop - at)};
	return true;
}

static void device(struct cv_decode *d, struct cv_http_text address)
{
	const struct cv_app_fact fact = {
		.kind = CV_APP_IDENTITY, .text = address.data, .len = address.len};

	if (d->judge != NULL && address.len != 0)
		cv_judge_fact(d->judge, &fact);
}

/* WS-Discovery 1.0: who is there, where, and what; a question is told once per flow. */
static int64_t discovery(struct cv_decode *d, struct cv_http_text xml)
{
	static const char *const names[] = {"Hello", "Bye", "Probe", "ProbeMatches",
					    "ResolveMatches"};
	struct cv_http_text body, rest, text = {0}, address = {0};
	struct onvif_flow *f = d->flow;
	unsigned int what = 0;

	if (!cv_xml_text(xml, "Body", &text, &body))
		return CV_REJECTED(CV_REJECT_BAD_PAYLOAD);
	while (what < 5 && !cv_xml_text(body, names[what], &text, &rest))
		what++;
	if (what == 5) /* a question by address */
		return (int64_t)xml.len;
	if (d->judge != NULL)
		cv_judge_type(d->judge, what + 1);
	if (what + 1 == PROBE && !cv_told_new(&f->told, PROBE))
		return (int64_t)xml.len;
	find(rest, "Address", &address);
	device(d, address);
	cv_session_begin(d, CV_KIND_SESSION, what + 1 != PROBE, names[what], xml.len)->status =
		(uint16_t)(what + 1);
	put(d, CV_TLV_DEVICE, address);
	if (find(rest, "Types", &text))
		put(d, CV_TLV_CODE, text);
	if (find(rest, "XAddrs", &text))
		put(d, CV_TLV_TEXT, text);
	cv_emit_end(d->emit);
	return (int64_t)xml.len;
}

/* Topics that mean that somebody tampers or moves where nobody should: the camera's own alarms. */
static bool is_alarm(struct cv_http_text topic)
{
	return cv_http_has(topic, "alarm") || cv_http_has(topic, "tamper") ||
	       cv_http_has(topic, "motion") || cv_http_has(topic, "intrusion");
}

/* One wsnt:NotificationMessage: topic, time, and the first value of its data. */
static void event(struct cv_decode *d, struct cv_http_text xml, size_t size)
{
	struct cv_http_text topic = {0}, data = {0}, text, rest;
	bool is_bool = false, is_true = false, first, alarm;
	struct cv_record *rec;
	int64_t ts;

	find(xml, "Topic", &topic);
	if (cv_xml_text(xml, "Data", &text, &data) && attribute(data, " Value=", &text)) {
		is_true = text.len == 4 && memcmp(text.data, "true", 4) == 0;
		is_bool = is_true || (text.len == 5 && memcmp(text.data, "false", 5) == 0);
	}
	/* How things stand when a subscription begins is no alarm. */
	first = attribute(xml, "PropertyOperation=", &rest) && cv_http_has(rest, "initialized");
	alarm = is_true && !first && is_alarm(topic);
	rec = cv_emit_begin(d->emit, alarm ? CV_LANE_ALARM : CV_LANE_STATUS,
			    alarm ? CV_KIND_ALARM : CV_KIND_STATE);
	rec->direction = CV_DIR_UP;
	rec->device_end = CV_DEVICE_END_SRC;
	rec->raw_len = (uint32_t)size;
	rec->status = NOTIFY;
	rec->name_id = alarm ? CV_NAME_VIDEO_ALARM : CV_NAME_VIDEO_EVENT;
	cv_put_str(d, CV_TLV_METHOD, "Notify");
	put(d, CV_TLV_CODE, topic);
	if (is_bool) {
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = is_true;
	} else if (data.len != 0 && attribute(data, " Value=", &text)) {
		rec->value_type = CV_VALUE_TEXT;
		put(d, CV_TLV_TEXT, text);
	}
	if (attribute(xml, "UtcTime=", &text)) {
		bool ok = cv_iso_time(text.data, text.len, &ts);

		rec->time_quality = ok ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
		rec->ts_device_ns = ok ? ts : 0;
	}
	cv_emit_end(d->emit);
}

static void tell(struct cv_decode *d, const struct cv_http_head *head, struct cv_http_text body,
		 size_t size)
{
	struct cv_http_text text, rest = body, next;

	(void)head;
	if (!cv_xml_text(rest, "NotificationMessage", &text, &rest))
		return;
	if (d->judge != NULL)
		cv_judge_type(d->judge, NOTIFY);
	for (int i = 0; i < EVENTS_MAX; i++) {
		const uint8_t *end = cv_text_find(rest, "NotificationMessage>");

		next = rest;
		if (end != NULL)
			next.len = (size_t)(end - rest.data);
		event(d, next, size);
		if (end == NULL)
			return;
		rest.len -= next.len;
		rest.data = end;
		if (!cv_xml_text(rest, "NotificationMessage", &text, &rest))
			return;
	}
}

static int64_t onvif_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct cv_http_text xml = {data, len};

	if (!d->datagram)
		return cv_http_decode(d, data, len, tell);
	if (len == 0 || data[0] != '<')
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	return discovery(d, xml);
}

static enum cv_probe onvif_probe(const uint8_t *data, size_t len, bool datagram)
{
	struct cv_http_text xml = {data, len};

	if (!datagram)
		return cv_http_probe_post(data, len, MARK);
	return len > 100 && data[0] == '<' && cv_text_find(xml, DISCOVERY) ? CV_PROBE_YES
									   : CV_PROBE_NO;
}

const struct cv_decoder cv_decoder_onvif = {
	.name = "onvif",
	.proto = CV_PROTO_ONVIF,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.udp_ports = {3702},
	.flow_size = sizeof(struct onvif_flow),
	.probe = onvif_probe,
	.decode = onvif_decode,
	.resync = cv_http_resync,
};
