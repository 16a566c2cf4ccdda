/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_eventlog: what a durable append costs. One lane, as the consumer does it: groups of full 64 KiB
 * blocks, the next one handed over while one is written, and single small ones, turn by turn in one
 * run with bare O_DIRECT writes of the same bytes, each followed by fdatasync(), over a file written before; the
 * log is one that has come to its retention, as a node's is for most of its life.
 *
 *     bench_eventlog DIR [SECONDS-PER-CASE [CASE]]      prints one JSON object per case
 *
 * CASE: only those whose name ends so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/eventlog/eventlog.h"

#define SAMPLES_MAX 1000000
#define TURNS 4
#define HANDED 2 /* appends at a time: one with the disk, one made ready meanwhile */
#define RAW_SIZE (256l << 20)

struct bench {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_block *blocks; /* HANDED groups of CV_APPEND_MAX */
	uint64_t source_seq;
	unsigned int handed, done; /* appends */
	int res;
	int raw; /* file of the bare writes */
	off_t raw_at;
};

struct result {
	const char *name;
	unsigned int group, records;
	bool raw;
	double *latency_us;
	size_t appends;
	double seconds;
	uint64_t bytes;
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct cv_block *block_of(const struct bench *b, unsigned int append, unsigned int i)
{
	size_t at = (size_t)(append % HANDED) * CV_APPEND_MAX + i;

	return (struct cv_block *)((uint8_t *)b->blocks + at * CV_BLOCK_SIZE);
}

static void fill(struct bench *b, unsigned int records)
{
	static const struct cv_origin origin = {.ts_rx_ns = 1, .family = 4};

	for (unsigned int i = 0; i < HANDED * CV_APPEND_MAX; i++) {
		struct cv_block *block = block_of(b, 0, i);
		struct cv_sink sink = {0};
		struct cv_sink_lane *lane = &sink.lane[CV_LANE_MEASUREMENT];
		struct cv_emit e;

		lane->cur = (uint8_t *)(block + 1);
		lane->end = (uint8_t *)block + CV_BLOCK_SIZE + CV_RECORD_MAX;
		cv_emit_init(&e, &sink);
		e.origin = &origin;
		for (unsigned int r = 0; r < records; r++) {
			cv_emit_begin(&e, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
			cv_emit_end(&e);
		}
		*block = (struct cv_block){
			.magic = CV_BLOCK_MAGIC,
			.version = CV_BLOCK_VERSION,
			.lane = CV_LANE_MEASUREMENT,
			.used = (uint32_t)(lane->cur - (uint8_t *)block),
			.count = records,
			.incarnation = 1,
		};
	}
}

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	struct bench *b = owner;

	b->done++;
	if (res < 0)
		b->res = res;
}

/* Hand one over and wait until no more than @p behind are not acknowledged. */
static int append(struct bench *b, unsigned int group, unsigned int behind)
{
	struct cv_block *first = block_of(b, b->handed, 0);
	int res;

	for (unsigned int i = 0; i < group; i++)
		block_of(b, b->handed, i)->source_seq = ++b->source_seq;
	/* Busy: the next segment is being named. */
	while ((res = cv_eventlog_append(b->log, CV_LANE_MEASUREMENT, first, group, appended, b)) ==
	       -EBUSY)
		if (cv_loop_turn(b->loop) < 0)
			return -1;
	if (res < 0)
		return res;
	b->handed++;
	while (b->handed - b->done > behind)
		if (cv_loop_turn(b->loop) < 0)
			return -1;
	return b->res;
}

/* The file of the bare writes, every byte of it written. */
static int make_raw(struct bench *b, const char *dir)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/raw", dir);
	b->raw = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	if (b->raw < 0)
		return -1;
	unlink(path);
	for (off_t at = 0; at < RAW_SIZE; at += CV_BLOCK_SIZE)
		if (pwrite(b->raw, b->blocks, CV_BLOCK_SIZE, at) != CV_BLOCK_SIZE)
			return -1;
	return fsync(b->raw);
}

static int write_raw(struct bench *b, unsigned int group, size_t *bytes)
{
	size_t used = b->blocks->used, size = (used + CV_BLOCK_ALIGN - 1) & ~(CV_BLOCK_ALIGN - 1ul);

	size += (size_t)(group - 1) * CV_BLOCK_SIZE;
	if (b->raw_at + (off_t)size > RAW_SIZE)
		b->raw_at = 0;
	if (pwrite(b->raw, b->blocks, size, b->raw_at) != (ssize_t)size)
		return -1;
	b->raw_at += (off_t)size;
	*bytes += size;
	return fdatasync(b->raw);
}

static int run(struct bench *b, struct result *r, double seconds)
{
	uint64_t bytes = cv_eventlog_counters(b->log)->bytes;
	double start = now_s(), t = start;
	unsigned int behind = r->group > 1 ? HANDED - 1 : 0;
	size_t raw_bytes = 0;

	fill(b, r->records);
	while (t - start < seconds) {
		double before = t;

		if ((r->raw ? write_raw(b, r->group, &raw_bytes) : append(b, r->group, behind)) < 0)
			return -1;
		t = now_s();
		if (r->appends < SAMPLES_MAX)
			r->latency_us[r->appends++] = (t - before) * 1e6;
	}
	while (b->handed != b->done)
		if (cv_loop_turn(b->loop) < 0)
			return -1;
	r->seconds += now_s() - start;
	r->bytes += cv_eventlog_counters(b->log)->bytes - bytes + raw_bytes;
	return 0;
}

/* Until the log gives up its first segment. */
static int fill_log(struct bench *b)
{
	fill(b, 510);
	while (cv_eventlog_begin(b->log, CV_LANE_MEASUREMENT) <= 1)
		if (append(b, CV_APPEND_MAX, 0) < 0)
			return -1;
	return 0;
}

static bool is_wanted(const struct result *r, const char *end)
{
	size_t len = strlen(r->name), want = strlen(end);

	return len >= want && strcmp(r->name + len - want, end) == 0;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print(struct result *r, bool direct)
{
	uint64_t events = (uint64_t)r->appends * r->group * r->records;

	qsort(r->latency_us, r->appends, sizeof(double), by_value);
	printf("{\"case\": \"%s\", \"blocks\": %u, \"records_per_block\": %u, "
	       "\"direct\": %s, \"events_per_s\": %.0f, \"MB_per_s\": %.1f, \"appends_per_s\": "
	       "%.0f, \"p50_us\": %.0f, \"p99_us\": %.0f}\n",
	       r->name, r->group, r->records, direct ? "true" : "false",
	       (double)events / r->seconds, (double)r->bytes / r->seconds / 1e6,
	       (double)r->appends / r->seconds, r->latency_us[r->appends / 2],
	       r->latency_us[r->appends * 99 / 100]);
}

int main(int argc, char **argv)
{
	struct result results[] = {
		{.name = "one-record", .group = 1, .records = 1},
		{.name = "one-block", .group = 1, .records = 510},
		{.name = "16-blocks", .group = 16, .records = 510},
		{.name = "raw-one-record", .group = 1, .records = 1, .raw = true},
		{.name = "raw-one-block", .group = 1, .records = 510, .raw = true},
		{.name = "raw-16-blocks", .group = 16, .records = 510, .raw = true},
	};
	const size_t cases = sizeof(results) / sizeof(results[0]);
	struct cv_eventlog_config config = {
		.dir = argc > 1 ? argv[1] : "bench-log", .node = "bench", .segment_size = 64 << 20};
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 4;
	const char *which = argc > 3 ? argv[3] : "";
	struct bench b = {0};
	const char *why = "no io_uring";

	config.retain_bytes[CV_LANE_MEASUREMENT] = RAW_SIZE;
	b.blocks =
		aligned_alloc(CV_BLOCK_ALIGN, (size_t)(HANDED * CV_APPEND_MAX + 1) * CV_BLOCK_SIZE);
	if (!b.blocks || cv_loop_create(64, &b.loop) < 0 ||
	    cv_eventlog_open(b.loop, &config, &b.log, &why) < 0) {
		fprintf(stderr, "bench_eventlog: %s\n", why);
		return 1;
	}
	if (make_raw(&b, config.dir) < 0) {
		fprintf(stderr, "bench_eventlog: no O_DIRECT writes in %s\n", config.dir);
		return 1;
	}
	if (fill_log(&b) < 0) {
		fprintf(stderr, "bench_eventlog: cannot write to the log in %s\n", config.dir);
		return 1;
	}
	for (size_t i = 0; i < cases; i++)
		results[i].latency_us = calloc(SAMPLES_MAX, sizeof(double));
	for (int turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < cases; i++)
			if (is_wanted(&results[i], which) &&
			    (!results[i].latency_us || run(&b, &results[i], seconds / TURNS) < 0))
				return 1;
	for (size_t i = 0; i < cases; i++) {
		if (is_wanted(&results[i], which))
			print(&results[i], cv_eventlog_counters(b.log)->direct);
		free(results[i].latency_us);
	}
	cv_eventlog_close(b.log);
	cv_loop_destroy(b.loop);
	free(b.blocks);
	return 0;
}
