/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/subscriber/http_parameters.h"

#define ALL_LANES ((1u << CV_LANE_COUNT) - 1)
#define LIST_ROW(id, name) ", " name

static const char lane_list[] = CV_LANES(LIST_ROW);

struct parse {
	struct cv_event_filter_parse filters; /* first: its rows know no more of this */
	const struct cv_http_query *query;
	struct cv_event_query *q;
	const char *from; /* value of from=, NULL = none */
	const char *slow; /* of slow= */
};

static int take_lane(void *parse, const char *value)
{
	struct parse *p = parse;
	uint64_t lanes;

	if (cv_event_filter_names(p->filters.why, "lane", value, lane_list, cv_lane_name,
				  CV_LANE_COUNT, &lanes) < 0)
		return -EINVAL;
	p->q->lanes = (uint32_t)lanes;
	return 0;
}

static int take_limit(void *parse, const char *value)
{
	struct parse *p = parse;

	if (cv_sequence_parse(value, strlen(value), &p->q->limit) < 0 || p->q->limit == 0)
		return cv_http_refuse_value(p->filters.why, "limit", value,
					    "allowed: a whole number from 1");
	return 0;
}

static int take_follow(void *parse, const char *value)
{
	struct parse *p = parse;

	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return cv_http_refuse_value(
			p->filters.why, "follow", value,
			"allowed: 1 (wait for events to come), 0 (end at the present end)");
	p->q->follow = value[0] == '1';
	return 0;
}

static int take_format(void *parse, const char *value)
{
#define FORMAT_ROW(id, name, type, live, symbol) ", " name
	static const char list[] = CV_PROJECTIONS(FORMAT_ROW);
	struct parse *p = parse;

	for (unsigned int i = 0; i < CV_EVENT_FORMAT_COUNT; i++) {
		if (strcmp(value, cv_projection_name(i)) == 0) {
			p->q->format = (enum cv_event_format)i;
			return 0;
		}
	}
	return cv_http_refuse_word(p->filters.why, "format", value, list + 2, cv_projection_name,
				   CV_EVENT_FORMAT_COUNT);
}

static int take_group(void *parse, const char *value)
{
	struct parse *p = parse;

	if (!cv_group_name_is_good(value))
		return cv_http_refuse_value(p->filters.why, "group", value,
					    "1 to 63 letters, digits, '.', '_', '-', the first of "
					    "them a letter or a digit");
	snprintf(p->q->group, sizeof(p->q->group), "%s", value);
	return 0;
}

static int take_member(void *parse, const char *value)
{
	struct parse *p = parse;

	if (!cv_group_name_is_good(value))
		return cv_http_refuse_value(p->filters.why, "member", value,
					    "1 to 63 letters, digits, '.', '_', '-', the first of "
					    "them a letter or a digit");
	snprintf(p->q->name, sizeof(p->q->name), "%s", value);
	return 0;
}

static int take_number(struct parse *p, const char *key, const char *value, uint64_t min,
		       uint64_t max, uint64_t *ret)
{
	char hint[80];

	if (cv_sequence_parse(value, strlen(value), ret) == 0 && *ret >= min && *ret <= max)
		return 0;
	snprintf(hint, sizeof(hint), "allowed: a whole number from %ju to %ju", (uintmax_t)min,
		 (uintmax_t)max);
	return cv_http_refuse_value(p->filters.why, key, value, hint);
}

static int take_max(void *parse, const char *value)
{
	struct parse *p = parse;

	return take_number(p, "max", value, 1, CV_BATCH_EVENTS_MAX, &p->q->limit);
}

static int take_wait(void *parse, const char *value)
{
	struct parse *p = parse;
	uint64_t ms;

	if (take_number(p, "wait", value, 0, CV_BATCH_WAIT_MAX_MS, &ms) < 0)
		return -EINVAL;
	p->q->wait_ns = ms * 1000000;
	return 0;
}

static int take_slow(void *parse, const char *value)
{
	struct parse *p = parse;

	if (strcmp(value, "wait") != 0 && strcmp(value, "disconnect") != 0)
		return cv_http_refuse_value(p->filters.why, "slow", value,
					    "allowed: wait, disconnect");
	p->slow = value;
	return 0;
}

static int take_max_lag(void *parse, const char *value)
{
	struct parse *p = parse;

	p->q->slow.disconnect = true;
	return cv_event_slow_parse(value, &p->q->slow, p->filters.why);
}

/* The one is nothing without the other. */
static int check_slow(struct parse *p)
{
	bool disconnect = p->slow && p->slow[0] == 'd';

	if (!p->slow || disconnect == p->q->slow.disconnect)
		return 0;
	return cv_http_refuse_value(p->filters.why, "slow", p->slow,
				    disconnect ? "give max_lag=10000, 64MiB or 30s with it"
					       : "who waits has no max_lag");
}

/* Needs the lanes; looked at when all parameters are known. */
static int take_from(void *parse, const char *value)
{
	struct parse *p = parse;

	p->from = value;
	return 0;
}

#define FILTER_ROW(id) {#id, cv_event_filter_take_##id},

static const struct cv_http_parameter parameters[] = {
	{"from", take_from},
	{"lane", take_lane},
	CV_EVENT_FILTERS(FILTER_ROW) /* ends in a comma */
	{"limit", take_limit},
	{"follow", take_follow},
	{"group", take_group},
	{"slow", take_slow},
	{"max_lag", take_max_lag},
	{"format", take_format},
	{NULL, NULL},
};

static const struct cv_http_parameter batch_parameters[] = {
	{"from", take_from},
	{"lane", take_lane},
	CV_EVENT_FILTERS(FILTER_ROW) /* ends in a comma */
	{"max", take_max},
	{"wait", take_wait},
	{"group", take_group},
	{"member", take_member},
	{"format", take_format},
	{NULL, NULL},
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
			return cv_http_refuse_value(p->filters.why, "from", p->from, hint);
		named |= 1u << lane;
		text += len;
	} while (*text++ == ',');
	if (lanes_given && (p->q->lanes & ~named))
		return cv_http_refuse_value(
			p->filters.why, "from", p->from,
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
				p->filters.why, "from", p->from,
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
			p->filters.why, "from", from,
			"allowed: earliest, latest, seq:<cursor>, seq:<lane>:<number>, "
			"time:<RFC 3339 or Unix seconds>");
	if (p->q->from == CV_FROM_TIME && cv_event_time_parse(from + 5, &p->q->from_ns) < 0)
		return cv_http_refuse_value(
			p->filters.why, "from", from,
			"a time is 2026-05-04T03:02:01Z, 2026-05-04T03:02:01.5+08:00 or "
			"seconds since 1970");
	return 0;
}

static int parse_last_id(struct parse *p, const char *id)
{
	/* A group goes on behind what was acknowledged, whatever was received. */
	if (*id == '\0' || p->q->group[0])
		return 0;
	p->q->from = CV_FROM_SEQUENCE;
	if (cv_cursor_parse(id, &p->q->cursor) < 0)
		return cv_http_refuse_value(
			p->filters.why, "Last-Event-ID", id,
			"send the id of an event of this stream as it was given");
	return 0;
}

static int parse_query(const struct cv_http_query *query, const struct cv_http_parameter *rows,
		       const char *last_event_id, struct cv_event_query *ret,
		       struct cv_http_refusal *why)
{
	struct parse p = {.filters.why = why, .query = query, .q = ret};

	ret->lanes = ALL_LANES;
	ret->follow = true;
	if (cv_http_take_parameters(query, rows, &p, why) < 0 || parse_from(&p) < 0 ||
	    parse_last_id(&p, last_event_id) < 0 || check_slow(&p) < 0) {
		cv_event_filter_free(p.filters.filter);
		return -EINVAL;
	}
	ret->filter = p.filters.filter;
	return 0;
}

int cv_event_query_parse_batch(const struct cv_http_query *query, const char *accept,
			       struct cv_event_query *ret, struct cv_http_refusal *why)
{
	memset(ret, 0, sizeof(*ret));
	ret->format = cv_projection_by_accept(accept, CV_EVENT_BATCH);
	ret->limit = CV_BATCH_EVENTS;
	ret->wait_ns = UINT64_C(1000000) * CV_BATCH_WAIT_MS;
	strcpy(ret->name, "batch");
	if (parse_query(query, batch_parameters, "", ret, why) < 0)
		return -EINVAL;
	if (ret->format != CV_EVENT_SSE)
		return 0;
	cv_event_query_release(ret);
	return cv_http_refuse_value(why, "format", "sse", "that is a stream: ask /v1/events");
}

int cv_event_query_parse(const struct cv_http_query *query, const char *accept,
			 const char *last_event_id, struct cv_event_query *ret,
			 struct cv_http_refusal *why)
{
	memset(ret, 0, sizeof(*ret));
	ret->format = cv_projection_by_accept(accept, CV_EVENT_NDJSON);
	return parse_query(query, parameters, last_event_id, ret, why);
}

void cv_event_query_release(struct cv_event_query *q)
{
	cv_event_filter_free(q->filter);
	q->filter = NULL;
	if (q->member)
		q->member->left(q->member);
	q->member = NULL;
}

int cv_event_query_set_registry(struct cv_event_query *q, const struct cv_registry_live *live,
				struct cv_http_refusal *why)
{
	q->registry = live;
	if (!cv_event_filter_needs_registry(q->filter))
		return 0;
	cv_event_filter_set_registry(q->filter, live);
	if (!live || !cv_registry_live_is_there(live)) {
		*why = (struct cv_http_refusal){"there is no registry to ask for areas and tags",
						"culvert registry import makes one"};
		return -EINVAL;
	}
	if (cv_registry_live_ready(live))
		return 0;
	*why = (struct cv_http_refusal){"the registry is empty or still being read", "try again"};
	return -EBUSY;
}

bool cv_event_query_matches(const struct cv_event_query *q, const struct cv_record *rec)
{
	if (q->from == CV_FROM_TIME && rec->ts_rx_ns < q->from_ns)
		return false;
	/* What is missing concerns every filter: nobody knows what it would have matched. */
	return rec->kind == CV_KIND_GAP || cv_event_filter_matches(q->filter, rec);
}

void cv_event_query_limit(struct cv_event_query *q, const struct cv_scope *scope)
{
	q->scope = scope;
	q->lanes &= cv_scope_lanes(scope);
}

/* The scope first: filters must not tell what it hides. */
const struct cv_record *cv_event_query_see(const struct cv_event_query *q,
					   const struct cv_record *rec)
{
	rec = cv_scope_see(q->scope, q->registry, rec);
	return rec && cv_event_query_matches(q, rec) ? rec : NULL;
}

/* What a mask leaves of a record may be another device, or none. */
const struct cv_glob_list *cv_event_query_devices(const struct cv_event_query *q)
{
	return q->scope && q->scope->masks != 0 ? NULL : cv_event_filter_devices(q->filter);
}
