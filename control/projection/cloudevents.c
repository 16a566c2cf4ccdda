/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudEvents 1.0 in JSON: a line each, as server-sent events (WHATWG HTML 9.2), and as a batch
 * (CloudEvents JSON format 4).
 */
#include <string.h>

#include "control/projection/projection.h"
#include "control/projection/text_memo.h"

static void put_record(struct cv_json *out, const struct cv_projection_at *at,
		       const struct cv_record *rec)
{
	const char *text = NULL;
	size_t len;

	if (at->memo)
		text = cv_text_memo_find(at->memo, rec->lane, at->seq, &len);
	if (text) {
		cv_json_put(out, text, len);
		return;
	}
	len = cv_cloudevent_json(rec, at->node, at->seq, out->at, (size_t)(out->end - out->at));
	if (at->memo)
		cv_text_memo_keep(at->memo, rec->lane, at->seq, out->at, len);
	out->failed = out->failed || len == 0;
	out->at += len;
}

static void put_gap(struct cv_json *out, const struct cv_projection_at *at,
		    const struct cv_log_gap *gap)
{
	size_t len = cv_cloudevent_gap_json(gap, at->node, out->at, (size_t)(out->end - out->at));

	out->failed = out->failed || len == 0;
	out->at += len;
}

/* To a member of a group the events themselves say what to acknowledge. */
static void begin_with_cursor(struct cv_json *out, const struct cv_projection_at *at)
{
	char cursor[CV_CURSOR_TEXT_MAX];

	if (at->next->epoch == 0)
		return;
	cv_json_lit(out, "{\"cursor\":\"");
	cv_json_put(out, cursor, cv_member_cursor_format(at->next, cursor));
	cv_json_lit(out, "\"");
}

/* The event's first brace is where the comma must be. */
static void join_cursor(const struct cv_projection_at *at, char *event)
{
	if (at->next->epoch != 0)
		*event = ',';
}

static void line_record(struct cv_json *out, const struct cv_projection_at *at,
			const struct cv_record *rec)
{
	char *event;

	begin_with_cursor(out, at);
	event = out->at;
	put_record(out, at, rec);
	join_cursor(at, event);
	cv_json_lit(out, "\n");
}

static void line_gap(struct cv_json *out, const struct cv_projection_at *at,
		     const struct cv_log_gap *gap, enum cv_gap_reason reason)
{
	char *event;

	begin_with_cursor(out, at);
	event = out->at;
	put_gap(out, at, gap);
	join_cursor(at, event);
	cv_json_lit(out, "\n");
}

const struct cv_projection_ops cv_projection_ndjson = {
	.record = line_record,
	.gap = line_gap,
	.keeps = true,
};

static void sse_begin(struct cv_json *out)
{
	cv_json_lit(out, "retry: 1000\n\n");
}

static void sse_head(struct cv_json *out, const struct cv_projection_at *at, const char *kind)
{
	char cursor[CV_CURSOR_TEXT_MAX];

	cv_json_lit(out, "id: ");
	cv_json_put(out, cursor, cv_member_cursor_format(at->next, cursor));
	cv_json_lit(out, "\nevent: city.culvert.");
	cv_json_put(out, kind, strlen(kind));
	cv_json_lit(out, ".v1\ndata: ");
}

static void sse_record(struct cv_json *out, const struct cv_projection_at *at,
		       const struct cv_record *rec)
{
	sse_head(out, at, cv_kind_name(rec->kind));
	put_record(out, at, rec);
	cv_json_lit(out, "\n\n");
}

static void sse_gap(struct cv_json *out, const struct cv_projection_at *at,
		    const struct cv_log_gap *gap, enum cv_gap_reason reason)
{
	sse_head(out, at, cv_kind_name(CV_KIND_GAP));
	put_gap(out, at, gap);
	cv_json_lit(out, "\n\n");
}

static void sse_idle(struct cv_json *out)
{
	cv_json_lit(out, ":\n\n");
}

const struct cv_projection_ops cv_projection_sse = {
	.begin = sse_begin,
	.record = sse_record,
	.gap = sse_gap,
	.idle = sse_idle,
	.keeps = true,
};

static void batch_begin(struct cv_json *out)
{
	cv_json_lit(out, "[");
}

static void batch_next(struct cv_json *out, const struct cv_projection_at *at)
{
	if (at->first)
		cv_json_lit(out, "\n");
	else
		cv_json_lit(out, ",\n");
}

static void batch_record(struct cv_json *out, const struct cv_projection_at *at,
			 const struct cv_record *rec)
{
	batch_next(out, at);
	put_record(out, at, rec);
}

static void batch_gap(struct cv_json *out, const struct cv_projection_at *at,
		      const struct cv_log_gap *gap, enum cv_gap_reason reason)
{
	batch_next(out, at);
	put_gap(out, at, gap);
}

static void batch_end(struct cv_json *out)
{
	cv_json_lit(out, "\n]\n");
}

const struct cv_projection_ops cv_projection_batch = {
	.begin = batch_begin,
	.record = batch_record,
	.gap = batch_gap,
	.end = batch_end,
	.keeps = true,
};
