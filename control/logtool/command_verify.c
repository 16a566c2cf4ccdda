/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert log verify`: every block of the log, and all that is found on the way. */
#include <inttypes.h>
#include <stdio.h>

#include "control/logtool/logtool.h"

struct verify {
	struct cv_logtool tool;
	struct cv_logtool_progress progress;
	json_t *findings;
	size_t wrong;
};

static void print_finding(const struct verify *v, const struct cv_finding *f)
{
	printf("%s: %s/%s%s%s", cv_finding_is_wrong(f->kind) ? "wrong" : "note",
	       v->tool.image->path, cv_lane_name(f->lane), *f->file ? "/" : "", f->file);
	if (f->bytes)
		printf(": at %" PRIu64 ", %" PRIu64 " bytes", f->off, f->bytes);
	printf(": %s", cv_finding_text(f->kind));
	if (f->from && f->to)
		printf(" (%" PRIu64 " to %" PRIu64 ")", f->from, f->to - 1);
	else if (f->from)
		printf(" (from %" PRIu64 " on)", f->from);
	putchar('\n');
}

static void on_finding(void *owner, const struct cv_finding *f)
{
	struct verify *v = owner;
	json_t *row;

	v->wrong += cv_finding_is_wrong(f->kind);
	if (!v->tool.args->json) {
		cv_logtool_progress_end(&v->progress);
		print_finding(v, f);
		return;
	}
	row = json_pack("{s:s, s:b, s:s, s:s, s:s}", "kind", cv_finding_name(f->kind), "wrong",
			cv_finding_is_wrong(f->kind), "lane", cv_lane_name(f->lane), "file",
			f->file, "text", cv_finding_text(f->kind));
	if (f->bytes) {
		json_object_set_new(row, "offset", json_integer((json_int_t)f->off));
		json_object_set_new(row, "bytes", json_integer((json_int_t)f->bytes));
	}
	if (f->from)
		json_object_set_new(row, "from", json_integer((json_int_t)f->from));
	if (f->from && f->to)
		json_object_set_new(row, "to", json_integer((json_int_t)f->to));
	json_array_append_new(v->findings, row);
}

static void on_progress(void *owner, uint64_t bytes)
{
	struct verify *v = owner;

	cv_logtool_progress_add(&v->progress, bytes);
}

static json_t *lane_json(const struct cv_image_lane *l, const struct cv_walked *w)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "segments",
			 (json_int_t)l->count, "begin", (json_int_t)w->begin, "end",
			 (json_int_t)w->end, "blocks", (json_int_t)w->blocks, "records",
			 (json_int_t)w->records, "gap_records", (json_int_t)w->gap_records,
			 "refused", (json_int_t)w->told, "bytes", (json_int_t)w->bytes);
}

static void print_lane(const struct cv_image_lane *l, const struct cv_walked *w)
{
	printf("%-12s %8zu %10" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %6" PRIu64
	       " %15" PRIu64 "\n",
	       cv_lane_name(l->lane), l->count, w->blocks, w->records, w->begin,
	       w->end ? w->end - 1 : 0, w->gap_records, w->bytes);
}

static void print_summary(const struct verify *v, const struct cv_walked *walked)
{
	printf("%-12s %8s %10s %12s %12s %12s %6s %15s\n", "lane", "segments", "blocks", "records",
	       "first", "last", "gaps", "bytes");
	for (int i = 0; i < CV_LANE_COUNT; i++)
		if (v->tool.lanes & 1u << i)
			print_lane(&v->tool.image->lane[i], &walked[i]);
	if (v->tool.image->writer)
		printf("control (process %d) is writing to it\n", (int)v->tool.image->writer);
	if (v->wrong == 0)
		puts("the log is right");
	else
		printf("%zu wrong\n", v->wrong);
}

static json_t *summary_json(const struct verify *v, const struct cv_walked *walked)
{
	json_t *lanes = json_object();

	for (int i = 0; i < CV_LANE_COUNT; i++)
		if (v->tool.lanes & 1u << i)
			json_object_set_new(lanes, cv_lane_name((unsigned int)i),
					    lane_json(&v->tool.image->lane[i], &walked[i]));
	return json_pack("{s:s, s:I, s:b, s:o, s:O}", "dir", v->tool.image->path, "writer",
			 (json_int_t)v->tool.image->writer, "right", v->wrong == 0, "lanes", lanes,
			 "findings", v->findings);
}

static int verify_lanes(struct verify *v, struct cv_walked *walked)
{
	const struct cv_walk walk = {.owner = v, .finding = on_finding, .progress = on_progress};
	uint64_t total = 0;
	int res = 0;

	for (int i = 0; i < CV_LANE_COUNT; i++)
		if (v->tool.lanes & 1u << i)
			total += cv_image_lane_bytes(&v->tool.image->lane[i]);
	cv_logtool_progress_start(&v->progress, total);
	for (int i = 0; res == 0 && i < CV_LANE_COUNT; i++)
		if (v->tool.lanes & 1u << i)
			res = cv_log_image_walk(v->tool.image, (enum cv_lane)i, &walk, &walked[i]);
	cv_logtool_progress_end(&v->progress);
	return res;
}

int cv_logtool_verify(const struct cv_policy_args *args)
{
	struct verify v = {.findings = json_array()};
	struct cv_walked walked[CV_LANE_COUNT] = {0};
	int code = cv_logtool_open(args, &v.tool);

	if (code == CV_CLI_OK && verify_lanes(&v, walked) < 0)
		code = cv_policy_say(args, CV_CLI_UNREACHABLE, "memory is out");
	if (code == CV_CLI_OK) {
		if (args->json)
			code = cv_logtool_print(summary_json(&v, walked));
		else
			print_summary(&v, walked);
		if (code == CV_CLI_OK && v.wrong > 0)
			code = CV_CLI_OPEN;
	}
	json_decref(v.findings);
	cv_logtool_close(&v.tool);
	return code;
}
