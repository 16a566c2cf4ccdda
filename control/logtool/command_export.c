/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert log export`: a lane's events from its files, as CloudEvents or as the blocks they are. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/logtool/logtool.h"
#include "control/subscriber/cursor.h"
#include "control/subscriber/event_query.h"
#include "dataplane/normalize/cloudevent.h"

struct where {
	uint64_t seq; /* 0 = not by number */
	int64_t ns;
	bool by_time;
};

struct export
{
	struct cv_logtool tool;
	struct where from, to;
	bool raw;
	FILE *out;
	char *line;
	/* The lane */
	uint64_t next; /* number that is due, 0 = not known */
	uint64_t until; /* while control writes: one past the last acknowledged event */
	int64_t ts_ns; /* of the last event seen */
	uint64_t missing;
	bool failed;
};

static int read_where(const struct cv_policy_args *args, const char *name, uint32_t lanes,
		      struct where *ret)
{
	const char *text = cv_policy_value(args, name);
	size_t len = text ? strspn(text, "0123456789") : 0;

	if (!text)
		return CV_CLI_OK;
	if (len > 0 && text[len] == '\0') {
		if (cv_sequence_parse(text, len, &ret->seq) < 0 || ret->seq == 0)
			return cv_policy_usage(args, "--%s %s: numbers begin with 1", name, text);
		if ((lanes & (lanes - 1)) != 0)
			return cv_policy_usage(args, "--%s %s: a number is of one lane; add --lane",
					       name, text);
		return CV_CLI_OK;
	}
	ret->by_time = true;
	if (cv_event_time_parse(text, &ret->ns) < 0)
		return cv_policy_usage(args, "--%s %s: a number, or a time as 2026-11-21T13:00:00Z",
				       name, text);
	return CV_CLI_OK;
}

static int read_arguments(struct export *e)
{
	const struct cv_policy_args *args = e->tool.args;
	const char *format = cv_policy_value(args, "format"),
		   *file = cv_policy_value(args, "output");
	int code = read_where(args, "from", e->tool.lanes, &e->from);

	if (code == CV_CLI_OK)
		code = read_where(args, "to", e->tool.lanes, &e->to);
	if (code != CV_CLI_OK)
		return code;
	e->raw = format && strcmp(format, "raw") == 0;
	if (format && !e->raw && strcmp(format, "ndjson") != 0)
		return cv_policy_usage(args, "--format %s: ndjson or raw", format);
	e->out = file ? fopen(file, "we") : stdout;
	if (!e->out) {
		fprintf(stderr, "culvert %s: cannot write %s: %s\n", args->command->name, file,
			strerror(errno));
		return CV_CLI_OUTPUT;
	}
	return CV_CLI_OK;
}

static void put(struct export *e, const void *data, size_t len)
{
	if (fwrite(data, 1, len, e->out) != len)
		e->failed = true;
}

static void put_line(struct export *e, size_t len)
{
	e->line[len] = '\n';
	put(e, e->line, len + 1);
}

static bool in_range(const struct export *e, uint64_t seq, const struct cv_record *rec)
{
	return seq >= e->from.seq && (e->to.seq == 0 || seq < e->to.seq) &&
	       (!e->from.by_time || rec->ts_rx_ns >= e->from.ns) &&
	       (!e->to.by_time || rec->ts_rx_ns < e->to.ns);
}

/* A hole that no gap record of the log tells of: one is made up, as the API does it. */
static void put_hole(struct export *e, enum cv_lane lane, const struct cv_block *b)
{
	const struct cv_record *first = (const struct cv_record *)(const void *)(b + 1);
	struct cv_log_gap gap = {
		.lane = lane,
		.from = e->next > e->from.seq ? e->next : e->from.seq,
		.to = e->to.seq && e->to.seq < b->first_seq ? e->to.seq : b->first_seq,
		.reason = "damaged",
		.ts_ns = e->ts_ns,
	};

	if (e->next == 0 || gap.from >= gap.to || b->first_seq <= e->next ||
	    (cv_block_is_gap(b) && first->value.u64 > 0))
		return;
	e->missing += gap.to - gap.from;
	if (!e->raw)
		put_line(e, cv_cloudevent_gap_json(&gap, b->node, e->line, CV_CLOUDEVENT_MAX));
}

static bool on_block(void *owner, enum cv_lane lane, const struct cv_block *b)
{
	const uint8_t *at = (const uint8_t *)(b + 1);
	struct export *e = owner;
	bool any = false;

	if (e->until && b->first_seq >= e->until)
		return false;
	put_hole(e, lane, b);
	e->next = b->first_seq + b->count;
	for (uint64_t seq = b->first_seq; seq < e->next && !e->failed; seq++) {
		const struct cv_record *rec = (const struct cv_record *)(const void *)at;

		at += rec->size;
		e->ts_ns = rec->ts_rx_ns;
		if (!in_range(e, seq, rec))
			continue;
		any = true;
		if (!e->raw)
			put_line(e,
				 cv_cloudevent_json(rec, b->node, seq, e->line, CV_CLOUDEVENT_MAX));
	}
	if (any && e->raw)
		put(e, b, b->used);
	return !e->failed && (e->to.seq == 0 || e->next < e->to.seq);
}

/* Segments that cannot hold anything of the range are not read. */
static bool wants(void *owner, enum cv_lane lane, const struct cv_image_segment *s,
		  uint64_t next_first)
{
	const struct export *e = owner;

	return next_first > e->from.seq && (e->to.seq == 0 || s->index.first < e->to.seq) &&
	       !(e->from.by_time && s->indexed && s->index.newest < e->from.ns);
}

static bool wants_last(void *owner, enum cv_lane lane, const struct cv_image_segment *s,
		       uint64_t next_first)
{
	return next_first == UINT64_MAX;
}

/* What control writes at this moment may yet fail: nobody shall have seen it. */
static int find_acknowledged(struct export *e, enum cv_lane lane)
{
	const struct cv_walk walk = {.owner = e, .wants = wants_last};
	const struct cv_image_lane *l = &e->tool.image->lane[lane];
	struct cv_walked walked;
	int res = cv_log_image_walk(e->tool.image, lane, &walk, &walked);

	e->until = walked.durable;
	if (e->until == 0 && l->count)
		e->until = l->segments[l->count - 1].index.first;
	return res;
}

static int export_lane(struct export *e, enum cv_lane lane)
{
	const struct cv_walk walk = {.owner = e, .block = on_block, .wants = wants};
	const struct cv_image_lane *l = &e->tool.image->lane[lane];
	struct cv_walked walked;
	int res = 0;

	e->next = l->count ? l->segments[0].index.first : 0;
	if (e->from.seq > e->next)
		e->next = e->from.seq;
	else if (e->from.by_time)
		e->next = 0; /* the first block that is read says where it begins */
	e->until = 0;
	e->ts_ns = 0;
	if (e->tool.image->writer)
		res = find_acknowledged(e, lane);
	return res < 0 ? res : cv_log_image_walk(e->tool.image, lane, &walk, &walked);
}

static int finish(struct export *e)
{
	const char *file = cv_policy_value(e->tool.args, "output");
	bool failed = e->failed || fflush(e->out) == EOF || ferror(e->out) != 0;

	if (e->out != stdout && fclose(e->out) == EOF)
		failed = true;
	if (failed) {
		fprintf(stderr, "culvert %s: cannot write %s: %s\n", e->tool.args->command->name,
			file ? file : "standard output", strerror(errno));
		return CV_CLI_OUTPUT;
	}
	if (e->missing == 0)
		return CV_CLI_OK;
	fprintf(stderr,
		"culvert %s: %" PRIu64 " events cannot be read; culvert log verify tells "
		"where\n",
		e->tool.args->command->name, e->missing);
	return CV_CLI_OPEN;
}

int cv_logtool_export(const struct cv_policy_args *args)
{
	struct export e = {.line = malloc(CV_CLOUDEVENT_MAX + 1)};
	int code = cv_logtool_open(args, &e.tool), res = e.line ? 0 : -ENOMEM;

	if (code == CV_CLI_OK)
		code = read_arguments(&e);
	if (code == CV_CLI_OK) {
		for (int i = 0; res == 0 && !e.failed && i < CV_LANE_COUNT; i++)
			if (e.tool.lanes & 1u << i)
				res = export_lane(&e, (enum cv_lane)i);
		code = finish(&e);
	}
	if (res < 0)
		code = cv_policy_say(args, CV_CLI_UNREACHABLE, "memory is out");
	free(e.line);
	cv_logtool_close(&e.tool);
	return code;
}
