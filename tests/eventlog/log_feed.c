/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/eventlog/log_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Receive time of the first event: 2026-05-04T03:02:01Z, one microsecond an event. */
#define FIRST_US UINT64_C(1777863721000000)

static void on_input(struct cv_op *op, int res, uint32_t flags)
{
	struct feed *feed = op->owner;

	feed->at_end = res <= 0;
	feed->have_line = res > 0;
	if (feed->have_line)
		feed->line[res] = '\0';
}

static void read_input(struct feed *feed)
{
	feed->input = (struct cv_op){.done = on_input, .owner = feed};
	io_uring_prep_read(cv_loop_sqe(feed->fx->loop, &feed->input), STDIN_FILENO, feed->line,
			   sizeof(feed->line) - 1, (__u64)-1);
}

/* The n-th event of a lane is of device n % devices, known by its address. */
static void set_devices(struct feed *feed, unsigned int block, enum cv_lane lane,
			unsigned int count)
{
	uint8_t *at = (uint8_t *)feed->fx->blocks + block * CV_BLOCK_SIZE + sizeof(struct cv_block);

	for (unsigned int i = 0; i < count; i++) {
		struct cv_record *rec = (struct cv_record *)(void *)at;
		uint8_t host = (uint8_t)((feed->added[lane] + i) % feed->devices);

		rec->device_end = CV_DEVICE_END_SRC;
		memcpy(rec->src, (uint8_t[]){192, 0, 2, host}, 4);
		at += rec->size;
	}
}

static void add(struct feed *feed, enum cv_lane lane, unsigned int count, size_t text)
{
	while (count > 0) {
		unsigned int blocks = 0;

		for (; count > 0 && blocks < CV_APPEND_MAX; blocks++) {
			unsigned int n = fx_block(feed->fx, blocks, lane, ++feed->source_seq[lane],
						  FIRST_US + feed->added[lane], count, text);

			set_devices(feed, blocks, lane, n);
			feed->added[lane] += n;
			count -= n;
		}
		if (fx_append(feed->fx, lane, blocks) != 0) {
			fputs("append failed\n", stderr);
			exit(1);
		}
	}
	puts("added");
}

static void take_line(struct feed *feed, void (*obey)(const char *line))
{
	unsigned int count, text;
	char name[32];
	int lane;

	if (sscanf(feed->line, "add %31s %u %u", name, &count, &text) == 3) {
		lane = cv_lane_by_name(name, strlen(name));
		if (lane < 0) {
			fprintf(stderr, "%s is no lane\n", name);
			exit(1);
		}
		add(feed, (enum cv_lane)lane, count, text);
	} else if (sscanf(feed->line, "devices %u", &count) == 1 && count > 0 && count < 256) {
		feed->devices = count;
		puts("devices");
	} else {
		obey(feed->line);
	}
	fflush(stdout);
}

void feed_init(struct feed *feed, struct fixture *fx, bool resume)
{
	*feed = (struct feed){.fx = fx, .devices = 16};
	for (enum cv_lane lane = 0; resume && lane < CV_LANE_COUNT; lane++) {
		feed->added[lane] = cv_eventlog_end(fx->log, lane);
		feed->source_seq[lane] = cv_eventlog_last_source(fx->log, FX_INCARNATION, 3, lane);
	}
}

int feed_run(struct feed *feed, void (*obey)(const char *line))
{
	int res = 0;

	read_input(feed);
	while (res == 0 && !feed->at_end) {
		res = cv_loop_turn(feed->fx->loop);
		if (feed->have_line) { /* outside of completions: adding turns the loop */
			feed->have_line = false;
			take_line(feed, obey);
			read_input(feed);
		}
	}
	return res;
}
