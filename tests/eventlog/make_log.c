/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_log DIR EVENTS [SEGMENT-MIB [DEVICES]]: a log of that many measurements, event N received N ms
 * after the epoch, by the log itself. For tests of what reads logs: many small segments, each block
 * flushed by itself. With the size of a segment as many blocks at once as go. With DEVICES they are of
 * so many HJ 212 stations in turn, 3101150000000000 and on, water levels received by now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/eventlog/eventlog.h"
#include "dataplane/normalize/vocabulary.h"
#include "decoder_list.h"

static bool busy;
static int result;
static uint64_t devices;
static int64_t base_ns; /* of event 0 */

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	busy = false;
	result = res;
}

static unsigned int fill(struct cv_block *block, uint64_t value, uint64_t left)
{
	struct cv_origin origin = {.family = 4};
	struct cv_sink sink = {0};
	struct cv_sink_lane *lane = &sink.lane[CV_LANE_MEASUREMENT];
	unsigned int n = 0;
	struct cv_emit e;

	lane->cur = (uint8_t *)(block + 1);
	lane->end = (uint8_t *)block + CV_BLOCK_SIZE;
	cv_emit_init(&e, &sink);
	e.origin = &origin;
	while (n < left && (size_t)(lane->end - lane->cur) >= CV_RECORD_MAX) {
		struct cv_record *rec;

		origin.ts_rx_ns = base_ns + (int64_t)(value + n) * 1000000;
		rec = cv_emit_begin(&e, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = value + n;
		if (devices > 0) {
			char id[32];
			int len = snprintf(id, sizeof(id), "31011500%08lu", (value + n) % devices);

			rec->proto = CV_PROTO_HJ212;
			rec->name_id = CV_NAME_WATER_LEVEL;
			cv_emit_tlv(&e, CV_TLV_DEVICE, id, (size_t)len);
		}
		n++;
		cv_emit_end(&e);
	}
	*block = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.used = (uint32_t)(lane->cur - (uint8_t *)block),
		.count = n,
		.incarnation = 1,
		.source_seq = value,
		.first_ts_ns = base_ns + (int64_t)value * 1000000,
		.last_ts_ns = base_ns + (int64_t)(value + n - 1) * 1000000,
	};
	return n;
}

static int append(struct cv_loop *loop, struct cv_eventlog *log, struct cv_block *blocks,
		  unsigned int n)
{
	busy = true;
	if (cv_eventlog_append(log, CV_LANE_MEASUREMENT, blocks, n, appended, NULL) < 0)
		return -1;
	while (busy)
		if (cv_loop_turn(loop) < 0)
			return -1;
	return result;
}

int main(int argc, char **argv)
{
	struct cv_eventlog_config config = {.node = "make-log", .segment_size = 4 * CV_BLOCK_SIZE};
	const bool large = argc >= 4;
	const unsigned int batch = large ? CV_APPEND_MAX : 1;
	uint8_t *blocks = aligned_alloc(CV_BLOCK_ALIGN, (size_t)batch * CV_BLOCK_SIZE);
	uint64_t events = argc >= 3 ? strtoull(argv[2], NULL, 10) : 0;
	struct cv_eventlog *log = NULL;
	struct cv_loop *loop = NULL;
	const char *why = "usage: make_log DIR EVENTS [SEGMENT-MIB [DEVICES]]";
	int code = 0;

	config.dir = argc >= 3 ? argv[1] : "";
	if (large)
		config.segment_size = strtoull(argv[3], NULL, 10) << 20;
	if (argc == 5) {
		devices = strtoull(argv[4], NULL, 10);
		base_ns = (int64_t)time(NULL) * 1000000000 - (int64_t)events * 1000000;
	}
	if (events == 0 || !blocks || cv_loop_create(64, &loop) < 0 ||
	    cv_eventlog_open(loop, &config, &log, &why) < 0) {
		fprintf(stderr, "make_log: %s\n", why);
		return 1;
	}
	for (uint64_t value = 1; value <= events && code == 0;) {
		unsigned int n = 0;

		for (; n < batch && value <= events; n++)
			value += fill(
				(struct cv_block *)(void *)(blocks + (size_t)n * CV_BLOCK_SIZE),
				value, events + 1 - value);
		code = append(loop, log, (struct cv_block *)(void *)blocks, n) < 0;
	}
	cv_eventlog_close(log);
	cv_loop_destroy(loop);
	free(blocks);
	return code;
}
