/* SPDX-License-Identifier: Apache-2.0 */
#include "control/capture/capture_query.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/capture/filter_names.h"
#include "control/config/units.h"
#include "control/subscriber/http_parameters.h"

#define SNAP_MIN 64u
#define DAY_NS (86400ull * 1000000000u)
#define REASON_LIST_ROW(id, name) ", " name

struct parse {
	struct cv_capture_query *q;
	struct cv_http_refusal *why;
};

uint64_t cv_capture_default_reasons(void)
{
	uint64_t set = 0;

	/* The reasons before it let pass. */
	for (unsigned int i = CV_REASON_DENY_RULE; i < CV_REASON_COUNT; i++)
		set |= 1ull << i;
	return set & ~(1ull << CV_REASON_BYPASS | 1ull << CV_REASON_TAP);
}

static const char *drop_reason_name(unsigned int i)
{
	return cv_reason_name(CV_REASON_DENY_RULE + i);
}

/* One name, or the beginning of some and '*'. @return the set, 0 = there is none. */
static uint64_t find_reasons(const char *word)
{
	uint64_t may = cv_capture_default_reasons() | 1ull << CV_REASON_TAP, set = 0;
	size_t len = strlen(word);
	bool prefix = len > 0 && word[len - 1] == '*';

	for (unsigned int i = 0; i < CV_REASON_COUNT; i++) {
		const char *name = cv_reason_name(i);

		if ((may >> i & 1) && (prefix ? strncmp(name, word, len - 1) == 0 && len > 1
					      : strcmp(name, word) == 0))
			set |= 1ull << i;
	}
	return set;
}

static int take_reason(void *parse, const char *value)
{
	struct parse *p = parse;

	p->q->reasons = 0;
	do {
		size_t len = strcspn(value, ",");
		uint64_t set;
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)(len < 63 ? len : 63), value);
		set = find_reasons(word);
		if (set == 0)
			return cv_http_refuse_word(p->why, "reason of a drop", word,
						   "the reasons of docs/security, or the beginning "
						   "of some and '*'",
						   drop_reason_name,
						   CV_REASON_COUNT - CV_REASON_DENY_RULE);
		p->q->reasons |= set;
		value += len;
	} while (*value++ == ',');
	return 0;
}

static int take_number(struct parse *p, const char *key, const char *value, uint64_t min,
		       uint64_t max, uint64_t *ret)
{
	char hint[96];

	if (cv_units_integer(value, ret) == 0 && *ret >= min && *ret <= max)
		return 0;
	snprintf(hint, sizeof(hint), "allowed: a whole number from %llu to %llu",
		 (unsigned long long)min, (unsigned long long)max);
	return cv_http_refuse_value(p->why, key, value, hint);
}

static int take_rule(void *parse, const char *value)
{
	struct parse *p = parse;

	return take_number(p, "rule", value, 0, UINT32_MAX, &p->q->rule);
}

static int take_count(void *parse, const char *value)
{
	struct parse *p = parse;

	return take_number(p, "count", value, 1, INT64_MAX, &p->q->count);
}

static int take_snap(void *parse, const char *value)
{
	struct parse *p = parse;
	uint64_t n = 0;
	int res = take_number(p, "snaplen", value, SNAP_MIN, CV_EVIDENCE_SNAP_MAX, &n);

	p->q->snap = (uint32_t)n;
	return res;
}

static int take_rate(void *parse, const char *value)
{
	struct parse *p = parse;
	uint64_t n = 0;
	int res = take_number(p, "rate", value, 1, CV_CAPTURE_RATE_MAX, &n);

	p->q->rate = (uint32_t)n;
	return res;
}

static int take_duration(void *parse, const char *value)
{
	struct parse *p = parse;

	if (cv_units_duration(value, &p->q->duration_ns) < 0 || p->q->duration_ns == 0 ||
	    p->q->duration_ns > 365 * DAY_NS)
		return cv_http_refuse_value(p->why, "duration", value,
					    "allowed: a time like 500ms, 30s, 5min, 2h; at most "
					    "365d");
	return 0;
}

/* As inet_ntop() writes an address, so that texts can be compared. */
static int take_device(void *parse, const char *value)
{
	struct parse *p = parse;
	unsigned int m[6];
	uint8_t address[16];
	char end;

	if (inet_pton(AF_INET, value, address) == 1)
		inet_ntop(AF_INET, address, p->q->device, sizeof(p->q->device));
	else if (inet_pton(AF_INET6, value, address) == 1)
		inet_ntop(AF_INET6, address, p->q->device, sizeof(p->q->device));
	else if (strlen(value) == 17 && sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1],
					       &m[2], &m[3], &m[4], &m[5], &end) == 6)
		snprintf(p->q->device, sizeof(p->q->device), "%02x:%02x:%02x:%02x:%02x:%02x", m[0],
			 m[1], m[2], m[3], m[4], m[5]);
	else
		return cv_http_refuse_value(p->why, "device", value,
					    "allowed: the IP address of the sender, or the MAC "
					    "address of one without");
	return 0;
}

/* Not optimized: libpcap's optimizer may take long, and the filter sees few frames. */
static int compile(struct parse *p, const char *expression)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	int res = 0;

	if (dead == NULL)
		return cv_http_refuse_value(p->why, "filter", expression,
					    "out of memory, try again");
	if (pcap_compile(dead, &p->q->filter, expression, 0, PCAP_NETMASK_UNKNOWN) != 0) {
		p->q->filter = (struct bpf_program){0};
		snprintf(p->why->error, sizeof(p->why->error), "bad filter '%.120s': %.150s",
			 expression, pcap_geterr(dead));
		snprintf(p->why->hint, sizeof(p->why->hint),
			 "see pcap-filter(7); for example: udp port 5683 and src net 10.1.0.0/16");
		res = -EINVAL;
	}
	pcap_close(dead);
	return res;
}

static int take_filter(void *parse, const char *value)
{
	struct parse *p = parse;
	char name[128];

	if (cv_filter_names(value, name, sizeof(name)) < 0) {
		snprintf(p->why->error, sizeof(p->why->error),
			 "bad filter '%.120s': '%.100s' is no word of the language and no address",
			 value, name);
		snprintf(p->why->hint, sizeof(p->why->hint),
			 "write addresses: names of hosts and networks are not looked up here");
		return -EINVAL;
	}
	snprintf(p->q->expression, sizeof(p->q->expression), "%s", value);
	return *value ? compile(p, value) : 0;
}

static int take_dropped(void *parse, const char *value)
{
	struct parse *p = parse;

	if (strcmp(value, "1") != 0)
		return cv_http_refuse_value(p->why, "dropped", value,
					    "allowed: 1; only dropped frames can be captured");
	return 0;
}

static const struct cv_http_parameter parameters[] = {
	{"dropped", take_dropped},   {"reason", take_reason},
	{"rule", take_rule},	     {"device", take_device},
	{"filter", take_filter},     {"count", take_count},
	{"duration", take_duration}, {"snaplen", take_snap},
	{"rate", take_rate},	     {NULL, NULL},
};

int cv_capture_query_parse(const struct cv_http_query *query, struct cv_capture_query *ret,
			   struct cv_http_refusal *why)
{
	struct parse p = {.q = ret, .why = why};

	*ret = (struct cv_capture_query){
		.reasons = cv_capture_default_reasons(),
		.rule = CV_EVIDENCE_ANY_RULE,
		.snap = CV_EVIDENCE_SNAP_MAX,
		.rate = CV_CAPTURE_RATE_DEFAULT,
	};
	if (cv_http_take_parameters(query, parameters, &p, why) == 0)
		return 0;
	cv_capture_query_free(ret);
	return -EINVAL;
}

void cv_capture_query_free(struct cv_capture_query *q)
{
	if (q->filter.bf_insns)
		pcap_freecode(&q->filter);
	q->filter = (struct bpf_program){0};
}

bool cv_capture_query_matches(const struct cv_capture_query *q, const struct cv_evidence_note *note,
			      const struct cv_sample *sample, const uint8_t *data)
{
	if (!(q->reasons >> sample->reason & 1))
		return false;
	if (q->rule != CV_EVIDENCE_ANY_RULE && q->rule != sample->rule)
		return false;
	if (q->device[0] && strcmp(q->device, note->device) != 0)
		return false;
	return q->filter.bf_insns == NULL ||
	       bpf_filter(q->filter.bf_insns, data, sample->wire_len, sample->len) != 0;
}
