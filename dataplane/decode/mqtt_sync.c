/* SPDX-License-Identifier: Apache-2.0 */
/* Finding MQTT: the first bytes of a connection, and packets again after a gap. */
#include "dataplane/decode/mqtt.h"

#include <string.h>

#include "dataplane/decode/text.h"

/* Printable topic bytes that make a suspected PUBLISH one. */
#define TOPIC_PROOF 3

/*
 * A connection begins with CONNECT. Fixed part of its variable header, 3.1.2: name, level, flags,
 * keep alive; then at least an empty client id.
 */
enum cv_probe mqtt_probe(const uint8_t *data, size_t len, bool datagram)
{
	static const uint8_t v4[] = {0, 4, 'M', 'Q', 'T', 'T'};
	static const uint8_t v3[] = {0, 6, 'M', 'Q', 'I', 's', 'd', 'p'};
	uint32_t total;
	const uint8_t *name;
	size_t left, name_len;
	uint8_t level;
	int head;

	if (datagram || (len != 0 && data[0] != MQTT_CONNECT << 4))
		return CV_PROBE_NO;
	head = mqtt_fixed_header(data, len, MQTT_V_UNKNOWN, &total);
	if (head <= 0)
		return head < 0 ? CV_PROBE_NO : CV_PROBE_MORE;
	name = data + head;
	left = len - (size_t)head;
	name_len = left >= 2 && name[1] == 6 ? sizeof(v3) : sizeof(v4);
	if (memcmp(name, name_len == sizeof(v3) ? v3 : v4, left < name_len ? left : name_len) != 0)
		return CV_PROBE_NO;
	if (left < name_len + 2)
		return CV_PROBE_MORE;
	level = name[name_len] & 0x7f; /* the top bit marks Mosquitto's bridges */
	if (name_len == sizeof(v3) ? level != MQTT_V31 : level != MQTT_V311 && level != MQTT_V5)
		return CV_PROBE_NO;
	if ((name[name_len + 1] & 0x01) || total - (uint32_t)head < name_len + 6)
		return CV_PROBE_NO;
	return CV_PROBE_YES;
}

/* Does a glance at the variable header tell more than the fixed header did? */
enum glance { NO, PERHAPS, YES };

/* A topic that fits into @p rest bytes; 1.5.4: what can be seen of it has no control characters. */
static enum glance glance_topic(const uint8_t *at, size_t left, uint32_t rest)
{
	size_t topic, seen, good;

	if (left < 2)
		return PERHAPS;
	topic = (size_t)at[0] << 8 | at[1];
	if (topic + 2 > rest)
		return NO;
	seen = topic < left - 2 ? topic : left - 2;
	if (!(seen == topic ? cv_utf8_valid(at + 2, seen) : cv_utf8_cut_valid(at + 2, seen, &good)))
		return NO;
	for (size_t i = 0; i < seen; i++) {
		if (at[2 + i] < 0x20 || at[2 + i] == 0x7f)
			return NO;
	}
	return seen >= TOPIC_PROOF ? YES : PERHAPS;
}

/* MQTT-2.2.1-3: a packet identifier is not 0. Then the first filter, or properties before it. */
static enum glance glance_subscribe(const uint8_t *body, size_t left, uint32_t rest)
{
	size_t skip;

	if (left < 3)
		return PERHAPS;
	if (body[0] == 0 && body[1] == 0)
		return NO;
	if (glance_topic(body + 2, left - 2, rest - 2) == YES)
		return YES;
	skip = 3u + body[2];
	if (skip > rest)
		return NO;
	return skip < left ? glance_topic(body + skip, left - skip, rest - (uint32_t)skip)
			   : PERHAPS;
}

static enum glance glance(const uint8_t *data, size_t head, size_t len, uint32_t total)
{
	const uint8_t *body = data + head;
	size_t left = len - head;
	unsigned int type = data[0] >> 4;

	if (type == MQTT_PUBLISH)
		return glance_topic(body, left, total - (uint32_t)head);
	if (type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE)
		return glance_subscribe(body, left, total - (uint32_t)head);
	if (type == MQTT_CONNECT)
		return mqtt_probe(data, len, false) == CV_PROBE_YES ? YES : NO;
	if (type == MQTT_CONNACK && left > 0 && body[0] > 1)
		return NO;
	if (type >= MQTT_PUBACK && type <= MQTT_UNSUBACK && left >= 2 && body[0] == 0 &&
	    body[1] == 0)
		return NO; /* MQTT-2.2.1-3: a packet identifier is not 0 */
	return PERHAPS;
}

/*
 * Do packets begin here? Either one is recognised, or there are two in a row that may be some: the
 * two bytes of a fixed header alone prove little.
 */
static bool chain_plausible(const uint8_t *data, size_t len)
{
	for (unsigned int seen = 0;; seen++) {
		uint32_t total;
		int head = mqtt_fixed_header(data, len, MQTT_V_UNKNOWN, &total);
		enum glance g;

		if (head <= 0)
			return head == 0 && seen >= 2;
		g = glance(data, (size_t)head, len, total);
		if (g != PERHAPS)
			return g == YES;
		if (total >= len)
			return seen >= 1;
		data += total;
		len -= total;
	}
}

/*
 * The verdict on an offset takes the same CV_RESYNC_KEEP bytes into account however the stream
 * was cut; an offset with fewer behind it waits for more.
 */
size_t mqtt_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + CV_RESYNC_KEEP <= len; at++) {
		if (chain_plausible(data + at, CV_RESYNC_KEEP))
			return at;
	}
	return len;
}
