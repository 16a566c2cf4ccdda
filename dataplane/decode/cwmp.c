/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TR-069 (CWMP, Broadband Forum TR-069 Amendment 6): which box informs its server, of what, and what
 * the server has it do. SOAP over HTTP on TCP; parameters are not read.
 */
#include "dataplane/decode/http_stream.h"
#include "dataplane/decode/iso_time.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/session.h"
#include "dataplane/decode/text.h"

#define MARK "urn:dslforum-org:cwmp-1-"
#define EVENTS_MAX 8

/* Of the methods those that change something, A.3 and A.4; a row's place is its number, from 2. */
static const char *const methods[] = {
	"SetParameterValues",
	"SetParameterAttributes",
	"AddObject",
	"DeleteObject",
	"Reboot",
	"Download",
	"Upload",
	"FactoryReset",
	"ScheduleInform",
	"ScheduleDownload",
	"ChangeDUState",
	"CancelTransfer",
	"GetParameterValues",
	"GetParameterNames",
	"GetParameterAttributes",
	"GetRPCMethods",
	"TransferComplete",
	"AutonomousTransferComplete",
	"Kicked",
	"RequestDownload",
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))
#define CHANGING 12 /* so many of them, from the first */
#define INFORM 1

struct cwmp_flow {
	struct cv_http_stream stream;
	uint8_t device_len;
	uint8_t device[100]; /* OUI-CLASS-SERIAL, as TR-069 3.4.4 has it */
};
_Static_assert(sizeof(struct cwmp_flow) <= CV_FLOW_STATE_MAX, "flow state");

static void put_piece(struct cwmp_flow *f, struct cv_http_text text)
{
	size_t room = sizeof(f->device) - f->device_len;
	size_t n = text.len < room ? text.len : room;

	n = cv_utf8_prefix(text.data, n);
	memcpy(f->device + f->device_len, text.data, n);
	f->device_len = (uint8_t)(f->device_len + n);
}

static void take_device(struct cwmp_flow *f, struct cv_http_text body)
{
	static const char *const parts[] = {"OUI", "ProductClass", "SerialNumber"};
	static const uint8_t hyphen[] = {'-'};
	struct cv_http_text text, rest;

	f->device_len = 0;
	for (int i = 0; i < 3; i++) {
		if (!cv_xml_text(body, parts[i], &text, &rest) || text.len == 0)
			continue; /* a class may be empty, and is left out then */
		if (f->device_len != 0)
			put_piece(f, (struct cv_http_text){hyphen, 1});
		put_piece(f, text);
	}
}

static void put(struct cv_decode *d, enum cv_tlv_tag tag, struct cv_http_text text)
{
	size_t n = text.len < 200 ? text.len : 200;

	if (n != 0)
		n = cv_utf8_prefix(text.data, n);
	if (n != 0)
		cv_emit_tlv(d->emit, tag, text.data, n);
}

static struct cv_record *begin(struct cv_decode *d, enum cv_kind kind, bool up, const char *method,
			       size_t size)
{
	const struct cwmp_flow *f = d->flow;
	struct cv_record *rec = cv_session_begin(d, kind, up, method, size);

	if (f->device_len != 0)
		cv_emit_tlv(d->emit, CV_TLV_DEVICE, f->device, f->device_len);
	return rec;
}

/* "2 PERIODIC, 4 VALUE CHANGE" */
static void put_events(struct cv_decode *d, struct cv_http_text body)
{
	struct cv_http_text text, rest = body;
	struct cv_label events = {0};

	for (int i = 0; i < EVENTS_MAX && cv_xml_text(rest, "EventCode", &text, &rest); i++) {
		if (text.len > 40 || !cv_ascii_text(text.data, text.len))
			continue;
		cv_label_str(&events, events.len != 0 ? ", " : "");
		cv_label_bytes(&events, text.data, text.len);
	}
	cv_put_label(d, CV_TLV_CODE, &events);
}

static void inform(struct cv_decode *d, struct cv_http_text body, size_t size)
{
	struct cv_http_text text, rest;
	struct cv_record *rec;
	int64_t ts;

	take_device(d->flow, body);
	if (d->judge != NULL) {
		const struct cwmp_flow *f = d->flow;
		const struct cv_app_fact device = {
			.kind = CV_APP_IDENTITY, .text = f->device, .len = f->device_len};

		cv_judge_type(d->judge, INFORM);
		cv_judge_fact(d->judge, &device);
	}
	rec = begin(d, CV_KIND_SESSION, true, "Inform", size);
	rec->status = INFORM;
	put_events(d, body);
	if (cv_xml_text(body, "Manufacturer", &text, &rest))
		put(d, CV_TLV_TEXT, text);
	if (cv_xml_text(body, "CurrentTime", &text, &rest) && text.len != 0) {
		bool ok = cv_iso_time(text.data, text.len, &ts);

		rec->time_quality = ok ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
		rec->ts_device_ns = ok ? ts : 0;
	}
	cv_emit_end(d->emit);
}

static void fault(struct cv_decode *d, struct cv_http_text body, size_t size)
{
	struct cv_http_text text, rest;

	begin(d, CV_KIND_ERROR, d->from_client, "Fault", size);
	if (cv_xml_text(body, "FaultCode", &text, &rest))
		put(d, CV_TLV_CODE, text);
	if (cv_xml_text(body, "FaultString", &text, &rest))
		put(d, CV_TLV_TEXT, text);
	cv_emit_end(d->emit);
}

/* Local name of the first element in @p xml. */
static struct cv_http_text first_element(struct cv_http_text xml)
{
	const uint8_t *end = xml.data + xml.len;
	const uint8_t *at = xml.len ? memchr(xml.data, '<', xml.len) : NULL, *start;

	if (at == NULL)
		return (struct cv_http_text){0};
	for (start = ++at; at < end && *at != '>' && *at != ' ' && *at != '/'; at++) {
		if (*at == ':')
			start = at + 1;
	}
	return (struct cv_http_text){start, (size_t)(at - start)};
}

static bool is(struct cv_http_text name, const char *want)
{
	return name.len == strlen(want) && memcmp(name.data, want, name.len) == 0;
}

static void tell(struct cv_decode *d, const struct cv_http_head *head, struct cv_http_text body,
		 size_t size)
{
	struct cv_http_text text, inner, name;
	unsigned int i = 0;

	(void)head;
	if (body.len == 0 || !cv_xml_text(body, "Body", &text, &inner))
		return;
	name = first_element(inner);
	if (is(name, "Inform")) {
		inform(d, inner, size);
		return;
	}
	if (is(name, "Fault")) {
		fault(d, inner, size);
		return;
	}
	while (i < METHODS && !is(name, methods[i]))
		i++;
	if (i == METHODS)
		return;
	if (d->judge != NULL)
		cv_judge_type(d->judge, i + INFORM + 1);
	if (i >= CHANGING)
		return;
	begin(d, CV_KIND_COMMAND, d->from_client, methods[i], size)->status =
		(uint16_t)(i + INFORM + 1);
	cv_emit_end(d->emit);
}

static int64_t cwmp_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	return cv_http_decode(d, data, len, tell);
}

static enum cv_probe cwmp_probe(const uint8_t *data, size_t len, bool datagram)
{
	return datagram ? CV_PROBE_NO : cv_http_probe_post(data, len, MARK);
}

const struct cv_decoder cv_decoder_cwmp = {
	.name = "cwmp",
	.proto = CV_PROTO_CWMP,
	.transports = CV_TRANSPORT_TCP,
	.tcp_ports = {7547},
	.flow_size = sizeof(struct cwmp_flow),
	.probe = cwmp_probe,
	.decode = cwmp_decode,
	.resync = cv_http_resync,
};
