/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert log truncate-plan`: what would go, in the order it would go. Deletes nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/config/units.h"
#include "control/logtool/logtool.h"

struct plan {
	struct cv_logtool tool;
	uint64_t size[CV_LANE_COUNT], age[CV_LANE_COUNT]; /* bounds, 0 = none */
	uint64_t target; /* 0 = none */
	size_t gone[CV_LANE_COUNT]; /* segments that go, from the oldest on */
	uint64_t left[CV_LANE_COUNT]; /* bytes */
	uint64_t freed;
	int64_t now;
	json_t *rows;
};

static int read_bound(const struct plan *p, const char *name, int (*read)(const char *, uint64_t *),
		      uint64_t *ret)
{
	const char *text = cv_policy_value(p->tool.args, name);

	if (text && (read(text, ret) < 0 || *ret == 0))
		return cv_policy_usage(p->tool.args, "--%s %s: a number with its unit, not 0", name,
				       text);
	return CV_CLI_OK;
}

static int read_bounds(struct plan *p)
{
	uint64_t size = 0, age = 0;
	int code = read_bound(p, "size", cv_units_size, &size);

	if (code == CV_CLI_OK)
		code = read_bound(p, "age", cv_units_duration, &age);
	if (code == CV_CLI_OK)
		code = read_bound(p, "target", cv_units_size, &p->target);
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		const struct cv_config *c = p->tool.config;

		p->size[i] = size ? size : c ? c->retain[i].bytes : 0;
		p->age[i] = age ? age : c ? c->retain[i].ns : 0;
	}
	return code;
}

/* The oldest segment that is left goes. */
static void take(struct plan *p, enum cv_lane lane, const char *why)
{
	const struct cv_image_segment *s = &p->tool.image->lane[lane].segments[p->gone[lane]];
	uint64_t next = s[1].index.first;
	char newest[CV_LOGTOOL_TIME];

	cv_logtool_time(s->index.newest, newest);
	p->gone[lane]++;
	p->left[lane] -= s->index.size;
	p->freed += s->index.size;
	json_array_append_new(p->rows, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "lane",
						 cv_lane_name(lane), "file", s->name, "why", why,
						 "bytes", (json_int_t)s->index.size, "from",
						 (json_int_t)s->index.first, "to", (json_int_t)next,
						 "newest", newest));
	if (!p->tool.args->json)
		printf("%s/%s  %" PRIu64 " bytes, %" PRIu64 " to %" PRIu64 "%s%s: %s\n",
		       cv_lane_name(lane), s->name, s->index.size, s->index.first, next - 1,
		       *newest ? ", until " : "", newest, why);
}

/* As cv_lane_retain() does. */
static void plan_retention(struct plan *p, enum cv_lane lane)
{
	const struct cv_image_lane *l = &p->tool.image->lane[lane];

	while (l->count > p->gone[lane] + 1) {
		const struct cv_image_segment *s = &l->segments[p->gone[lane]];

		if (p->size[lane] && p->left[lane] > p->size[lane])
			take(p, lane, "size");
		else if (p->age[lane] && s->indexed && s->index.newest < p->now &&
			 (uint64_t)(p->now - s->index.newest) > p->age[lane])
			take(p, lane, "age");
		else
			break;
	}
}

static uint64_t total(const struct plan *p)
{
	uint64_t sum = 0;

	for (int i = 0; i < CV_LANE_COUNT; i++)
		sum += p->left[i];
	return sum;
}

static void plan_target(struct plan *p)
{
	for (size_t i = 0; i < CV_LANE_COUNT; i++) {
		enum cv_lane lane = cv_lanes_by_worth[i];

		while (total(p) > p->target && p->tool.image->lane[lane].count > p->gone[lane] + 1)
			take(p, lane, "target");
	}
}

static int report(struct plan *p)
{
	bool reached = p->target == 0 || total(p) <= p->target;
	int code = CV_CLI_OK;

	if (p->tool.args->json)
		code = cv_logtool_print(json_pack("{s:s, s:O, s:I, s:I, s:b}", "dir",
						  p->tool.image->path, "segments", p->rows, "freed",
						  (json_int_t)p->freed, "left",
						  (json_int_t)total(p), "reached", reached));
	else
		printf("%zu segments, %" PRIu64 " bytes would go, %" PRIu64 " stay%s\n",
		       json_array_size(p->rows), p->freed, total(p),
		       reached ? ""
			       : "; the target is not reached: the newest segment of each lane "
				 "stays");
	return code == CV_CLI_OK && !reached ? CV_CLI_OPEN : code;
}

int cv_logtool_plan(const struct cv_policy_args *args)
{
	struct plan p = {.rows = json_array()};
	struct timespec now;
	int code = cv_logtool_open(args, &p.tool);

	if (code == CV_CLI_OK)
		code = read_bounds(&p);
	if (code == CV_CLI_OK) {
		clock_gettime(CLOCK_REALTIME, &now);
		p.now = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
		for (int i = 0; i < CV_LANE_COUNT; i++) {
			p.left[i] = cv_image_lane_bytes(&p.tool.image->lane[i]);
			plan_retention(&p, (enum cv_lane)i);
		}
		if (p.target)
			plan_target(&p);
		code = report(&p);
	}
	json_decref(p.rows);
	cv_logtool_close(&p.tool);
	return code;
}
