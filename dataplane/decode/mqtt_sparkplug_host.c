/* SPDX-License-Identifier: Apache-2.0 */
/* STATE of a Sparkplug host application (6.4.28): JSON, `{"online":true,"timestamp":1700000000000}`. */
#include <string.h>

#include "dataplane/decode/device_time.h"
#include "dataplane/decode/json_read.h"
#include "dataplane/decode/mqtt.h"
#include "dataplane/normalize/vocabulary.h"

#define TOPIC "spBv1.0/STATE/"
#define TOPIC_LEN (sizeof(TOPIC) - 1)

struct state {
	bool known, online, has_time;
	double ms;
};

static bool is(const struct cv_senml_text *t, const char *text)
{
	return t->len == strlen(text) && memcmp(t->data, text, t->len) == 0;
}

static bool read_state(struct state *s, const uint8_t *data, size_t len)
{
	struct cv_json_in j = {data, data + len};
	struct cv_senml_text key;
	bool first = true, ok;
	int more;

	if (!cv_json_in_token(&j, '{'))
		return false;
	while ((more = cv_json_in_member(&j, &first, &key)) == 1) {
		if (is(&key, "online")) {
			s->known = true;
			s->online = cv_json_in_word(&j, "true", 4);
			ok = s->online || cv_json_in_word(&j, "false", 5);
		} else if (is(&key, "timestamp")) {
			ok = s->has_time = cv_json_in_number(&j, &s->ms);
		} else {
			ok = cv_json_in_skip(&j);
		}
		if (!ok)
			return false;
	}
	cv_json_in_space(&j);
	return more == 0 && j.at == j.end && s->known;
}

bool mqtt_emit_sparkplug_host(struct mqtt_packet *p, uint32_t flags)
{
	struct state s = {0};
	struct cv_record *rec;

	if (p->topic.len <= TOPIC_LEN || memcmp(p->topic.data, TOPIC, TOPIC_LEN) != 0 ||
	    memchr(p->topic.data + TOPIC_LEN, '/', p->topic.len - TOPIC_LEN) != NULL ||
	    p->payload_held != p->payload_len || !read_state(&s, p->payload, p->payload_len))
		return false;
	rec = cv_emit_begin(p->d->emit, CV_LANE_STATUS, CV_KIND_STATE);
	mqtt_publish_complete(p, flags, rec);
	rec->name_id = CV_NAME_DEVICE_STATE;
	rec->value_type = CV_VALUE_TEXT;
	if (s.has_time)
		cv_device_time_ms(rec, s.ms >= 0 && s.ms < 5e12 ? (uint64_t)s.ms : 0);
	cv_emit_tlv(p->d->emit, CV_TLV_DEVICE, p->topic.data + TOPIC_LEN, p->topic.len - TOPIC_LEN);
	cv_emit_tlv(p->d->emit, CV_TLV_CODE, "STATE", 5);
	cv_emit_tlv(p->d->emit, CV_TLV_TEXT, s.online ? "online" : "offline", s.online ? 6 : 7);
	cv_emit_end(p->d->emit);
	return true;
}
