/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert log info`: what the sidecars say, and the newest segments themselves. */
#include <inttypes.h>
#include <stdio.h>

#include "control/logtool/logtool.h"

struct lane_info {
	uint64_t begin, end, bytes, used;
	int64_t oldest,
		newest; /* oldest: of the newest event in the oldest segment that knows it */
};

/* Only what no sidecar tells of. */
static bool wants_unindexed(void *owner, enum cv_lane lane, const struct cv_image_segment *s,
			    uint64_t next_first)
{
	return !s->indexed;
}

static void note(struct lane_info *info, const struct cv_segment *s)
{
	info->bytes += s->size;
	info->used += s->used;
	if (s->end > info->end)
		info->end = s->end;
	if (s->newest > info->newest)
		info->newest = s->newest;
}

static int read_lane(const struct cv_log_image *image, enum cv_lane lane, struct lane_info *info)
{
	const struct cv_walk walk = {.wants = wants_unindexed};
	const struct cv_image_lane *l = &image->lane[lane];
	struct cv_walked walked;
	int res;

	*info = (struct lane_info){.newest = INT64_MIN, .oldest = INT64_MAX};
	for (size_t i = 0; i < l->count; i++)
		note(info, &l->segments[i].index);
	if (l->count)
		info->begin = l->segments[0].index.first;
	if (l->count && l->segments[0].indexed)
		info->oldest = l->segments[0].index.newest;
	res = cv_log_image_walk(image, lane, &walk, &walked);
	info->used += walked.bytes;
	if (walked.end > info->end)
		info->end = walked.end;
	if (walked.newest > info->newest)
		info->newest = walked.newest;
	if (walked.oldest < info->oldest)
		info->oldest = walked.oldest;
	return res;
}

static json_t *segments_json(const struct cv_image_lane *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->count; i++) {
		const struct cv_image_segment *s = &l->segments[i];
		char newest[CV_LOGTOOL_TIME];

		cv_logtool_time(s->index.newest, newest);
		json_array_append_new(
			list, json_pack("{s:s, s:b, s:I, s:I, s:b, s:I, s:s}", "file", s->name,
					"packed", s->packed, "first", (json_int_t)s->index.first,
					"bytes", (json_int_t)s->index.size, "indexed", s->indexed,
					"used", (json_int_t)s->index.used, "newest", newest));
	}
	return list;
}

static json_t *lane_json(const struct cv_image_lane *l, const struct lane_info *info, bool segments)
{
	char oldest[CV_LOGTOOL_TIME], newest[CV_LOGTOOL_TIME];
	json_t *doc;

	cv_logtool_time(info->oldest, oldest);
	cv_logtool_time(info->newest, newest);
	doc = json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "segments", (json_int_t)l->count,
			"begin", (json_int_t)info->begin, "end", (json_int_t)info->end, "bytes",
			(json_int_t)info->bytes, "used", (json_int_t)info->used, "oldest", oldest,
			"newest", newest);
	if (segments)
		json_object_set_new(doc, "files", segments_json(l));
	return doc;
}

static void print_lane(const struct cv_image_lane *l, const struct lane_info *info)
{
	char oldest[CV_LOGTOOL_TIME], newest[CV_LOGTOOL_TIME];

	cv_logtool_time(info->oldest, oldest);
	cv_logtool_time(info->newest, newest);
	printf("%-12s %8zu %12" PRIu64 " %12" PRIu64 " %15" PRIu64 " %15" PRIu64 "  %-24s  %s\n",
	       cv_lane_name(l->lane), l->count, info->begin, info->end ? info->end - 1 : 0,
	       info->bytes, info->used, oldest, newest);
}

static void print_segments(const struct cv_image_lane *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct cv_image_segment *s = &l->segments[i];
		char newest[CV_LOGTOOL_TIME];

		cv_logtool_time(s->index.newest, newest);
		printf("  %s %15" PRIu64 "  %s%s\n", s->name, s->index.size,
		       s->indexed ? "until " : "no sidecar", newest);
	}
}

static int show(const struct cv_logtool *t)
{
	bool segments = cv_policy_value(t->args, "segments") != NULL;
	json_t *lanes = json_object();
	struct lane_info info;
	int code = CV_CLI_OK;

	if (!t->args->json)
		printf("%-12s %8s %12s %12s %15s %15s  %-24s  %s\n", "lane", "segments", "first",
		       "last", "bytes", "used", "oldest", "newest");
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		const struct cv_image_lane *l = &t->image->lane[i];

		if (!(t->lanes & 1u << i))
			continue;
		if (read_lane(t->image, (enum cv_lane)i, &info) < 0) {
			code = cv_policy_say(t->args, CV_CLI_UNREACHABLE, "memory is out");
			break;
		}
		json_object_set_new(lanes, cv_lane_name(l->lane), lane_json(l, &info, segments));
		if (!t->args->json)
			print_lane(l, &info);
		if (!t->args->json && segments)
			print_segments(l);
	}
	if (code == CV_CLI_OK && t->args->json)
		return cv_logtool_print(json_pack("{s:s, s:I, s:o}", "dir", t->image->path,
						  "writer", (json_int_t)t->image->writer, "lanes",
						  lanes));
	if (code == CV_CLI_OK && t->image->writer)
		printf("control (process %d) is writing to it\n", (int)t->image->writer);
	json_decref(lanes);
	return code;
}

int cv_logtool_info(const struct cv_policy_args *args)
{
	struct cv_logtool t;
	int code = cv_logtool_open(args, &t);

	if (code == CV_CLI_OK)
		code = show(&t);
	cv_logtool_close(&t);
	return code;
}
