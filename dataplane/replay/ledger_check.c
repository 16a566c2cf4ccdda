/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "dataplane/replay/replay.h"

struct findings {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void find(struct findings *f, const char *format, ...)
{
	size_t n = strlen(f->text);
	va_list args;

	if (n > 0 && n + 2 < f->size) {
		memcpy(f->text + n, "; ", 3);
		n += 2;
	}
	va_start(args, format);
	vsnprintf(f->text + n, f->size - n, format, args);
	va_end(args);
}

static uint64_t sum(const uint64_t *v, size_t n)
{
	uint64_t s = 0;

	for (size_t i = 0; i < n; i++)
		s += v[i];
	return s;
}

bool cv_replay_ledger(const struct cv_counters *c, const uint64_t handed[CV_LANE_COUNT], char *text,
		      size_t size)
{
	struct findings f = {text, size};
	uint64_t dropped = sum(c->dropped, CV_REASON_COUNT);
	uint64_t judged = sum(c->reason, CV_REASON_COUNT);
	uint64_t outcomes = sum(c->outcome, CV_OUTCOME_COUNT);
	uint64_t left =
		c->flow[CV_FLOW_ENDED] + c->flow[CV_FLOW_EXPIRED] + c->flow[CV_FLOW_EVICTED];

	text[0] = '\0';
	if (c->rx != c->forwarded + c->host + dropped)
		find(&f,
		     "rx %" PRIu64 " != forwarded %" PRIu64 " + host %" PRIu64
		     " + dropped %" PRIu64,
		     c->rx, c->forwarded, c->host, dropped);
	if (c->rx != judged)
		find(&f, "rx %" PRIu64 " != verdicts %" PRIu64, c->rx, judged);
	if (c->inspected != outcomes)
		find(&f, "inspected %" PRIu64 " != outcomes %" PRIu64, c->inspected, outcomes);
	if (c->flow[CV_FLOW_CREATED] != left)
		find(&f, "flows created %" PRIu64 " != ended, expired and evicted %" PRIu64,
		     c->flow[CV_FLOW_CREATED], left);
	if (c->flow[CV_FLOW_RADIO_HEARD] != c->flow[CV_FLOW_RADIO_TOLD] +
						    c->flow[CV_FLOW_RADIO_COPIES] +
						    c->flow[CV_FLOW_RADIO_WAITING])
		find(&f,
		     "radio frames heard %" PRIu64 " != told %" PRIu64 " + copies %" PRIu64
		     " + waiting %" PRIu64,
		     c->flow[CV_FLOW_RADIO_HEARD], c->flow[CV_FLOW_RADIO_TOLD],
		     c->flow[CV_FLOW_RADIO_COPIES], c->flow[CV_FLOW_RADIO_WAITING]);
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (c->produced[lane] != handed[lane] + c->shed[lane])
			find(&f,
			     "lane %s: produced %" PRIu64 " != handed %" PRIu64 " + shed %" PRIu64,
			     cv_lane_name(lane), c->produced[lane], handed[lane], c->shed[lane]);
	}
	return text[0] == '\0';
}
