/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/subscriber/http_parameters.h"
#include "dataplane/normalize/device_urn.h"

#define ALL_LANES ((1u << CV_LANE_COUNT) - 1)
#define ALL_KINDS ((1u << CV_KIND_COUNT) - 1)
#define LIST_ROW(id, name) ", " name

static const char lane_list[] = CV_LANES(LIST_ROW);
static const char kind_list[] = CV_KINDS(LIST_ROW);

struct parse {
	const struct cv_http_query *query;
	struct cv_event_query *q;
	struct cv_http_refusal *why;
	const char *from; /* value of from=, NULL = none */
};

/* Names with commas between them to a set of bits. */
static int parse_names(struct parse *p, const char *what, const char *text, const char *list,
		       const char *(*name_of)(unsigned int), unsigned int count, uint32_t *ret)
{
	static const char prefix[] = "city.culvert.", suffix[] = ".v1";
	uint32_t set = 0;

	do {
		size_t len = strcspn(text, ",");
		char word[64];
		unsigned int i;
		size_t n;

		snprintf(word, sizeof(word), "%.*s", (int)(len < 63 ? len : 63), text);
		n = strlen(word);
		if (n > sizeof(prefix) + sizeof(suffix) - 2 && name_of == cv_kind_name &&
		    strncmp(word, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(word + n - (sizeof(suffix) - 1), suffix) == 0) {
			word[n - (sizeof(suffix) - 1)] = '\0';
			memmove(word, word + sizeof(prefix) - 1, n - sizeof(prefix) + 2);
		}
		for (i = 0; i < count && strcmp(word, name_of(i)) != 0; i++)
			;
		if (i == count)
			return cv_http_refuse_word(p->why, what, word, list + 2, name_of, count);
		set |= 1u << i;
		text += len;
	} while (*text++ == ',');
	*ret = set;
	return 0;
}

static int take_lane(void *parse, const char *value)
{
	struct parse *p = parse;

	return parse_names(p, "lane", value, lane_list, cv_lane_name, CV_LANE_COUNT, &p->q->lanes);
}

static int take_type(void *parse, const char *value)
{
	struct parse *p = parse;

	return parse_names(p, "type", value, kind_list, cv_kind_name, CV_KIND_COUNT, &p->q->kinds);
}

static int take_device(void *parse, const char *value)
{
	struct parse *p = parse;
	size_t len = strlen(value);

	if (len == 0)
		return cv_http_refuse_value(p->why, "device", value,
					    "give a URN, or the beginning of one and '*'");
	p->q->device_prefix = value[len - 1] == '*';
	len -= p->q->device_prefix;
	memcpy(p->q->device, value, len);
	p->q->device[len] = '\0';
	return 0;
}

static int take_limit(void *parse, const char *value)
{
	struct parse *p = parse;

	if (cv_sequence_parse(value, strlen(value), &p->q->limit) < 0 || p->q->limit == 0)
		return cv_http_refuse_value(p->why, "limit", value,
					    "allowed: a whole number from 1");
	return 0;
}

static int take_follow(void *parse, const char *value)
{
	struct parse *p = parse;

	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return cv_http_refuse_value(
			p->why, "follow", value,
			"allowed: 1 (wait for events to come), 0 (end at the present end)");
	p->q->follow = value[0] == '1';
	return 0;
}

static int take_format(void *parse, const char *value)
{
	struct parse *p = parse;

	if (strcmp(value, "sse") != 0 && strcmp(value, "ndjson") != 0)
		return cv_http_refuse_value(p->why, "format", value, "allowed: sse, ndjson");
	p->q->format = value[0] == 's' ? CV_EVENT_SSE : CV_EVENT_NDJSON;
	return 0;
}

/* Needs the lanes; looked at when all parameters are known. */
static int take_from(void *parse, const char *value)
{
	struct parse *p = parse;

	p->from = value;
	return 0;
}

static const struct cv_http_parameter parameters[] = {
	{"from", take_from},	 {"lane", take_lane},	{"type", take_type},
	{"device", take_device}, {"limit", take_limit}, {"follow", take_follow},
	{"format", take_format}, {NULL, NULL},
};

/* "alarm:7,status:9": a row for each lane wanted. Names the lanes where lane= does not. */
static int parse_lane_numbers(struct parse *p, const char *text, bool lanes_given)
{
	static const char hint[] = "allowed: seq:<alarm>.<measurement>.<status>.<security>, or "
				   "seq:<lane>:<number> for "
				   "each lane, with commas";
	uint32_t named = 0;

	do {
		size_t len = strcspn(text, ","), name = strcspn(text, ":");
		int lane = name < len ? cv_lane_by_name(text, name) : -ENOENT;

		if (lane < 0 || cv_sequence_parse(text + name + 1, len - name - 1,
						  &p->q->cursor.next[lane]) < 0)
			return cv_http_refuse_value(p->why, "from", p->from, hint);
		named |= 1u << lane;
		text += len;
	} while (*text++ == ',');
	if (lanes_given && (p->q->lanes & ~named))
		return cv_http_refuse_value(
			p->why, "from", p->from,
			"name every lane that lane= asks for, or leave lane= out");
	if (!lanes_given)
		p->q->lanes = named;
	return 0;
}

static int parse_sequence(struct parse *p, const char *text, bool lanes_given)
{
	uint64_t seq;

	p->q->from = CV_FROM_SEQUENCE;
	if (cv_cursor_parse(text, &p->q->cursor) == 0)
		return 0;
	if (cv_sequence_parse(text, strlen(text), &seq) == 0) {
		if (__builtin_popcount(p->q->lanes) != 1)
			return cv_http_refuse_value(
				p->why, "from", p->from,
				"a plain number needs exactly one lane: add lane=<name>");
		p->q->cursor.next[__builtin_ctz(p->q->lanes)] = seq;
		return 0;
	}
	return parse_lane_numbers(p, text, lanes_given);
}

static int parse_from(struct parse *p)
{
	bool lanes_given = cv_http_query_get(p->query, "lane") != NULL;
	const char *from = p->from;

	if (!from)
		p->q->from = p->q->follow ? CV_FROM_LATEST : CV_FROM_EARLIEST;
	else if (strcmp(from, "earliest") == 0)
		p->q->from = CV_FROM_EARLIEST;
	else if (strcmp(from, "latest") == 0)
		p->q->from = CV_FROM_LATEST;
	else if (strncmp(from, "seq:", 4) == 0)
		return parse_sequence(p, from + 4, lanes_given);
	else if (strncmp(from, "time:", 5) == 0)
		p->q->from = CV_FROM_TIME;
	else if (*from >= '0' && *from <= '9')
		return parse_sequence(p, from, lanes_given);
	else
		return cv_http_refuse_value(
			p->why, "from", from,
			"allowed: earliest, latest, seq:<cursor>, seq:<lane>:<number>, "
			"time:<RFC 3339 or Unix seconds>");
	if (p->q->from == CV_FROM_TIME && cv_event_time_parse(from + 5, &p->q->from_ns) < 0)
		return cv_http_refuse_value(
			p->why, "from", from,
			"a time is 2026-05-04T03:02:01Z, 2026-05-04T03:02:01.5+08:00 or "
			"seconds since 1970");
	return 0;
}

int cv_event_query_parse(const struct cv_http_query *query, const char *accept,
			 const char *last_event_id, struct cv_event_query *ret,
			 struct cv_http_refusal *why)
{
	struct parse p = {.query = query, .q = ret, .why = why};

	memset(ret, 0, sizeof(*ret));
	ret->format = strstr(accept, "text/event-stream") ? CV_EVENT_SSE : CV_EVENT_NDJSON;
	ret->lanes = ALL_LANES;
	ret->kinds = ALL_KINDS;
	ret->follow = true;
	if (cv_http_take_parameters(query, parameters, &p, why) < 0 || parse_from(&p) < 0)
		return -EINVAL;
	if (*last_event_id == '\0')
		return 0;
	ret->from = CV_FROM_SEQUENCE;
	if (cv_cursor_parse(last_event_id, &ret->cursor) < 0)
		return cv_http_refuse_value(
			why, "Last-Event-ID", last_event_id,
			"send the id of an event of this stream as it was given");
	return 0;
}

bool cv_event_query_matches(const struct cv_event_query *q, const struct cv_record *rec)
{
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));
	size_t want = strlen(q->device), len;

	if (q->from == CV_FROM_TIME && rec->ts_rx_ns < q->from_ns)
		return false;
	if (rec->kind == CV_KIND_GAP) /* nobody asks for holes, and everybody must learn of them */
		return true;
	/* What is missing concerns every filter: nobody knows what it would have matched. */
	if (rec->kind == CV_KIND_GAP)
		return true;
	if (!(q->kinds & 1u << rec->kind))
		return false;
	if (want == 0 && !q->device_prefix)
		return true;
	if (!cv_device_urn(rec, &j) || j.failed)
		return false;
	len = (size_t)(j.at - urn);
	return (q->device_prefix ? len >= want : len == want) && memcmp(urn, q->device, want) == 0;
}
