/* SPDX-License-Identifier: Apache-2.0 */
/* SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK. */
#include "dataplane/decode/mqtt.h"

#include <string.h>

/* Subscription options, 3.8.3.1. */
#define OPTION_QOS 0x03u
#define OPTION_NO_LOCAL 0x04u
#define OPTION_RETAIN_HANDLING 0x30u
#define OPTION_RESERVED 0xc0u

/* 4.7.1: '#' is the last level, '+' is a whole level. */
static bool wildcards_valid(struct mqtt_text f)
{
	const uint8_t *end = f.data + f.len;

	for (const uint8_t *c = f.data; c < end; c++) {
		bool begins = c == f.data || c[-1] == '/';

		if (*c == '#' && (!begins || c + 1 != end))
			return false;
		if (*c == '+' && (!begins || (c + 1 != end && c[1] != '/')))
			return false;
	}
	return true;
}

static bool is_shared(struct mqtt_text f)
{
	return f.len >= 7 && memcmp(f.data, "$share/", 7) == 0;
}

/* 4.8.2: "$share/" name "/" filter, where the name has no wildcard and neither part is empty. */
static bool share_valid(struct mqtt_text f)
{
	const uint8_t *name = f.data + 7;
	size_t left = f.len - 7;
	const uint8_t *slash = memchr(name, '/', left);

	if (!slash || slash == name || slash + 1 == f.data + f.len)
		return false;
	return !memchr(name, '#', (size_t)(slash - name)) &&
	       !memchr(name, '+', (size_t)(slash - name));
}

static void parse_filter(struct mqtt_packet *p)
{
	struct mqtt_text filter = mqtt_string(p);
	bool shared;

	if (p->r.failed || p->reject != CV_REJECT_NONE)
		return;
	shared = p->version == MQTT_V5 && is_shared(filter);
	if (filter.len == 0 || !wildcards_valid(filter) || (shared && !share_valid(filter)))
		mqtt_fail(p, CV_REJECT_BAD_VALUE);
	if (p->type == MQTT_SUBSCRIBE) {
		uint8_t options = cv_read_u8(&p->r);
		uint8_t reserved = p->version == MQTT_V5 ? OPTION_RESERVED : 0xfc;

		if ((options & reserved) != 0 || (options & OPTION_QOS) == OPTION_QOS ||
		    (options & OPTION_RETAIN_HANDLING) == OPTION_RETAIN_HANDLING ||
		    (shared && (options & OPTION_NO_LOCAL))) /* MQTT-3.8.3-4 */
			mqtt_fail(p, CV_REJECT_BAD_VALUE);
	}
}

static void parse_id(struct mqtt_packet *p)
{
	p->id = cv_read_be16(&p->r);
	if (p->id == 0) /* MQTT-2.2.1-3 */
		mqtt_fail(p, CV_REJECT_BAD_VALUE);
	if (p->version == MQTT_V5)
		mqtt_properties(p, p->type, &p->props);
}

void mqtt_parse_subscribe(struct mqtt_packet *p)
{
	parse_id(p);
	if (p->r.failed)
		return;
	p->filters = (struct mqtt_text){p->r.cur, cv_reader_left(&p->r)};
	if (p->filters.len == 0 && !p->cut) /* MQTT-3.8.3-2, MQTT-3.10.3-2 */
		mqtt_fail(p, CV_REJECT_BAD_LENGTH);
	while (cv_reader_left(&p->r) != 0 && !p->r.failed && p->reject == CV_REJECT_NONE)
		parse_filter(p);
}

/*
 * Filters one per line, the separator that they can hardly contain: 1.5.4 warns of control
 * characters.
 */
static size_t join_filters(const struct mqtt_packet *p, uint8_t *out, bool *cut)
{
	struct cv_reader r = cv_reader(p->filters.data, p->filters.len);
	size_t used = 0;

	while (cv_reader_left(&r) != 0) {
		size_t len = cv_read_be16(&r);
		const uint8_t *text = cv_read_bytes(&r, len);

		if (p->type == MQTT_SUBSCRIBE)
			cv_read_u8(&r);
		if (!text || used + len + 1 > CV_TLV_MAX) {
			*cut = true;
			return used;
		}
		if (used != 0)
			out[used++] = '\n';
		memcpy(out + used, text, len);
		used += len;
	}
	return used;
}

void mqtt_emit_subscribe(struct mqtt_packet *p)
{
	struct cv_record *rec = mqtt_begin(p, CV_LANE_STATUS, CV_KIND_SESSION);
	uint8_t text[CV_TLV_MAX];
	bool cut = p->cut;
	size_t len = join_filters(p, text, &cut);

	if (cut)
		rec->flags |= CV_FLAG_TRUNCATED;
	mqtt_tlv(p, CV_TLV_TEXT, (struct mqtt_text){text, len});
	cv_emit_end(p->d->emit);
}

/* 3.9.3, 3.11.3: one code per filter; 3.1.1's UNSUBACK has none. The worst one is kept. */
void mqtt_parse_suback(struct mqtt_packet *p)
{
	size_t codes;

	parse_id(p);
	codes = p->r.failed ? 0 : cv_reader_left(&p->r);
	if (codes == 0 && !p->cut && (p->type == MQTT_SUBACK || p->version == MQTT_V5))
		mqtt_fail(p, CV_REJECT_BAD_LENGTH);
	for (; codes != 0; codes--) {
		uint8_t code = cv_read_u8(&p->r);

		if (!mqtt_reason_valid(p, code)) {
			mqtt_fail(p, CV_REJECT_BAD_VALUE);
			return;
		}
		if (code > p->reason)
			p->reason = code;
	}
}
