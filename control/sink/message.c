/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decoder_list.h" /* generated: CV_PROTOS(X) */
#include "dataplane/normalize/vocabulary.h"

#define PROTO_NAME(id, name) name,
static const char *const protocols[] = {CV_PROTOS(PROTO_NAME)};

void cv_sink_writer_init(struct cv_sink_writer *w, const struct cv_sink_settings *settings)
{
	static const char *const topics[CV_SINK_TYPE_COUNT] = {
		[CV_SINK_FILE] = "file",
		[CV_SINK_NATS] = "culvert.{lane}.{device}",
		[CV_SINK_MQTT] = "culvert/{lane}/{device}",
		[CV_SINK_KAFKA] = "culvert.{lane}",
	};
	const struct cv_config_sink *s = &settings->sink;

	memset(w, 0, sizeof(*w));
	w->settings = settings;
	w->topic = *s->topic ? s->topic : topics[s->type];
	w->key = *s->key ? s->key : "{device}";
}

/* As the device states it, cut between characters; a zero in it ends nothing. */
static void name_of(const struct cv_record *rec, char *ret, size_t size)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_NAME);
	size_t len = v.len < size ? v.len : size - 1;

	if (rec->name_id != 0) {
		snprintf(ret, size, "%s", cv_name_text(rec->name_id));
		return;
	}
	while (len > 0 && len < v.len && (v.data[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++)
		ret[i] = v.data[i] ? (char)v.data[i] : '_';
	ret[len] = '\0';
}

static void fill_topic(struct cv_sink_writer *w, unsigned int lane, unsigned int kind,
		       const struct cv_record *rec)
{
	struct cv_json urn = cv_json(w->device, sizeof(w->device) - 1);
	char name[128] = "";
	const char *const values[CV_SINK_PLACEHOLDER_COUNT] = {
		[CV_SINK_PLACEHOLDER_NODE] = w->settings->node,
		[CV_SINK_PLACEHOLDER_LANE] = cv_lane_name(lane),
		[CV_SINK_PLACEHOLDER_TYPE] = cv_kind_name(kind),
		[CV_SINK_PLACEHOLDER_DEVICE] = w->device,
		[CV_SINK_PLACEHOLDER_NAME] = name,
		[CV_SINK_PLACEHOLDER_PROTOCOL] = rec && rec->proto && rec->proto < CV_PROTO_COUNT
							 ? protocols[rec->proto]
							 : "",
	};

	if (rec) {
		name_of(rec, name, sizeof(name));
		cv_device_urn(rec, &urn);
	}
	*urn.at = '\0';
	cv_sink_template_fill(w->topic, cv_sink_alphabet_of(w->settings->sink.type), values,
			      w->topic_text);
	cv_sink_template_fill(w->key, CV_SINK_ALPHABET_ANY, values, w->key_text);
}

/* One event as a whole document of another projection, on one line. */
static size_t project(struct cv_sink_writer *w, const struct cv_frame *f,
		      const struct cv_projection_ops *ops)
{
	static const struct cv_member_cursor nowhere;
	const struct cv_projection_at at = {
		.node = w->settings->node, .seq = f->seq, .next = &nowhere, .first = true};
	struct cv_json j = cv_json(w->body, sizeof(w->body) - 2);
	const struct cv_frame_gap *g = cv_frame_payload(f);

	if (ops->begin)
		ops->begin(&j);
	if (f->type == CV_FRAME_RECORD)
		ops->record(&j, &at, cv_frame_payload(f));
	else
		ops->gap(&j, &at,
			 &(struct cv_log_gap){.lane = f->lane,
					      .from = g->from,
					      .to = g->to,
					      .reason = cv_gap_reason_name(g->reason),
					      .ts_ns = g->ts_ns},
			 (enum cv_gap_reason)g->reason);
	if (ops->end)
		ops->end(&j);
	if (j.failed)
		return 0;
	/* Strings of JSON have no line ends in them: these stand between. */
	for (char *p = w->body; p < j.at; p++) {
		if (*p == '\n')
			*p = ' ';
	}
	return (size_t)(j.at - w->body);
}

/* The row of a format that is no CloudEvent, NULL = it is one. */
static const struct cv_projection *projection_of(unsigned int format)
{
	return format == CV_SINK_FORMAT_SENML	  ? &cv_projections[CV_EVENT_SENML]
	       : format == CV_SINK_FORMAT_NGSI_LD ? &cv_projections[CV_EVENT_NGSI_LD]
						  : NULL;
}

/* @return length of the event in w->body, 0 = it cannot be written. */
static size_t write_event(struct cv_sink_writer *w, const struct cv_frame *f)
{
	const struct cv_frame_gap *g = cv_frame_payload(f);
	const struct cv_record *rec = cv_frame_payload(f);
	const char *node = w->settings->node;

	if (f->type == CV_FRAME_RECORD) {
		fill_topic(w, f->lane, rec->kind, rec);
		snprintf(w->id, sizeof(w->id), "%s/%s/%llu", node, cv_lane_name(f->lane),
			 (unsigned long long)f->seq);
		return cv_cloudevent_json(rec, node, f->seq, w->body, sizeof(w->body) - 2);
	}
	fill_topic(w, f->lane, CV_KIND_GAP, NULL);
	snprintf(w->id, sizeof(w->id), "%s/%s/%llu-%llu", node, cv_lane_name(f->lane),
		 (unsigned long long)g->from, (unsigned long long)g->to);
	return cv_cloudevent_gap_json(&(struct cv_log_gap){.lane = f->lane,
							   .from = g->from,
							   .to = g->to,
							   .reason = cv_gap_reason_name(g->reason),
							   .ts_ns = g->ts_ns},
				      node, w->body, sizeof(w->body) - 2);
}

/* A string up to its closing quote, copied to *texts. @return behind the quote, NULL: none. */
static const char *take_string(const char *at, const char *end, char **texts, const char *texts_end,
			       const char **ret)
{
	const char *close;
	size_t len;

	if (at >= end || *at != '"')
		return NULL;
	close = memchr(at + 1, '"', (size_t)(end - at - 1));
	if (!close)
		return NULL;
	len = (size_t)(close - at - 1);
	if (memchr(at + 1, '\\', len) || (size_t)(texts_end - *texts) < len + 1)
		return NULL;
	memcpy(*texts, at + 1, len);
	(*texts)[len] = '\0';
	*ret = *texts;
	*texts += len + 1;
	return close + 1;
}

int cv_sink_split(const char *event, size_t len, char *texts, size_t texts_size,
		  struct cv_sink_header *headers, size_t *ret_n, const char **ret_data,
		  size_t *ret_data_len)
{
	const char *at = event + 1, *end = event + len, *texts_end = texts + texts_size;
	size_t n = 0;

	if (len < 2 || *event != '{')
		return -EINVAL;
	while (n < CV_SINK_HEADERS_MAX) {
		at = take_string(at, end, &texts, texts_end, &headers[n].name);
		if (!at || at >= end || *at++ != ':')
			return -EINVAL;
		if (strcmp(headers[n].name, "data") == 0) {
			*ret_data = at;
			*ret_data_len = (size_t)(end - at) - 1;
			*ret_n = n;
			return end > at && end[-1] == '}' ? 0 : -EINVAL;
		}
		at = take_string(at, end, &texts, texts_end, &headers[n].value);
		if (!at || at >= end || *at++ != ',')
			return -EINVAL;
		/* The transport says it by its own content type. */
		n += strcmp(headers[n].name, "datacontenttype") != 0;
	}
	return -EINVAL;
}

int cv_sink_write(struct cv_sink_writer *w, const struct cv_frame *f, struct cv_sink_message *ret)
{
	struct cv_sink_message m = {.id = w->id, .topic = w->topic_text, .key = w->key_text};
	const struct cv_projection *other = projection_of(w->settings->sink.format);

	m.len = write_event(w, f);
	if (m.len > 0 && other)
		m.len = project(w, f, other->ops);
	m.body = w->body;
	if (m.len == 0)
		return -EINVAL;
	w->body[m.len] = '\0';
	m.content_type = other ? other->content_type : "application/cloudevents+json";
	if (w->settings->sink.format == CV_SINK_FORMAT_BINARY) {
		m.content_type = "application/json";
		m.headers = w->headers;
		if (cv_sink_split(m.body, m.len, w->head, sizeof(w->head), w->headers, &m.n_headers,
				  &m.body, &m.len) < 0)
			return -EINVAL;
	}
	*ret = m;
	return 0;
}
