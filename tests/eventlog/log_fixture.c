/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/eventlog/log_fixture.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fx_init(struct fixture *fx, uint64_t segment_size)
{
	const char *tmp = getenv("TMPDIR");

	memset(fx, 0, sizeof(*fx));
	snprintf(fx->dir, sizeof(fx->dir), "%s/culvert-log-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(fx->dir))
		abort();
	fx->config = (struct cv_eventlog_config){
		.dir = fx->dir, .node = "node-7", .segment_size = segment_size};
	fx->blocks = aligned_alloc(CV_BLOCK_ALIGN, (size_t)CV_APPEND_MAX * CV_BLOCK_SIZE);
	fx->copy = aligned_alloc(CV_BLOCK_ALIGN, CV_BLOCK_SIZE);
	if (!fx->blocks || !fx->copy || cv_loop_create(64, &fx->loop) < 0)
		abort();
}

void fx_remove_tree(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[1024];
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			fx_remove_tree(path);
		else
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

void fx_destroy(struct fixture *fx)
{
	fx_close(fx);
	cv_loop_destroy(fx->loop);
	fx_remove_tree(fx->dir);
	free(fx->blocks);
	free(fx->copy);
}

int fx_open(struct fixture *fx, const char **why)
{
	return cv_eventlog_open(fx->loop, &fx->config, &fx->log, why);
}

void fx_close(struct fixture *fx)
{
	cv_eventlog_close(fx->log);
	cv_eventlog_read_free(&fx->read);
	memset(&fx->read, 0, sizeof(fx->read));
	fx->log = NULL;
}

int fx_open_file(const struct fixture *fx, enum cv_lane lane, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", fx->dir, cv_lane_name(lane), name);
	fd = open(path, O_RDWR);
	if (fd < 0)
		abort();
	return fd;
}

void fx_forget_index(const struct fixture *fx, enum cv_lane lane)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/active.idx", fx->dir, cv_lane_name(lane));
	unlink(path);
}

unsigned int fx_block(struct fixture *fx, unsigned int i, enum cv_lane lane, uint64_t source_seq,
		      uint64_t value, unsigned int count, size_t text)
{
	struct cv_block *b = (struct cv_block *)((uint8_t *)fx->blocks + (size_t)i * CV_BLOCK_SIZE);
	struct cv_origin origin = {.ts_rx_ns = (int64_t)(value * 1000), .family = 4};
	struct cv_sink sink = {0};
	struct cv_emit e;
	uint8_t bytes[CV_TLV_MAX];
	unsigned int n;

	memset(b, 0xee, CV_BLOCK_SIZE); /* what was there before */
	memset(bytes, 'x', sizeof(bytes));
	sink.lane[lane].cur = (uint8_t *)(b + 1);
	sink.lane[lane].end = (uint8_t *)b + CV_BLOCK_SIZE;
	cv_emit_init(&e, &sink);
	e.origin = &origin;
	for (n = 0; n < count; n++) {
		struct cv_record *rec;

		if ((size_t)(sink.lane[lane].end - sink.lane[lane].cur) < CV_RECORD_MAX)
			break;
		origin.ts_rx_ns = (int64_t)((value + n) * 1000);
		rec = cv_emit_begin(&e, lane, CV_KIND_MEASUREMENT);
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = value + n;
		if (text)
			cv_emit_tlv(&e, CV_TLV_TEXT, bytes, text);
		cv_emit_end(&e);
	}
	*b = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = (uint8_t)lane,
		.worker = 3,
		.used = (uint32_t)(sink.lane[lane].cur - (uint8_t *)b),
		.count = n,
		.incarnation = FX_INCARNATION,
		.source_seq = source_seq,
		.first_ts_ns = (int64_t)(value * 1000),
		.last_ts_ns = (int64_t)((value + n - 1) * 1000),
	};
	return n;
}

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	struct fixture *fx = owner;

	if (fx->append_res == 0)
		fx->append_res = res;
	fx->appending--;
	if (fx->appended)
		fx->appended(fx, lane, res);
}

/* @param i the first block. */
static int start_append(struct fixture *fx, enum cv_lane lane, unsigned int i, unsigned int n)
{
	struct cv_block *first =
		(struct cv_block *)((uint8_t *)fx->blocks + (size_t)i * CV_BLOCK_SIZE);
	int res;

	fx->appending++;
	while ((res = cv_eventlog_append(fx->log, lane, first, n, appended, fx)) == -EBUSY)
		cv_loop_turn(fx->loop); /* a gap record or the next segment is on its way */
	if (res < 0)
		fx->appending--;
	return res;
}

static int wait_append(struct fixture *fx)
{
	while (fx->appending > 0)
		cv_loop_turn(fx->loop);
	return fx->append_res;
}

int fx_append(struct fixture *fx, enum cv_lane lane, unsigned int n)
{
	int res;

	fx->append_res = 0;
	res = start_append(fx, lane, 0, n);
	return res < 0 ? res : wait_append(fx);
}

int fx_append_two(struct fixture *fx, enum cv_lane lane, unsigned int n, unsigned int m)
{
	int res;

	fx->append_res = 0;
	res = start_append(fx, lane, 0, n);
	if (res == 0)
		res = start_append(fx, lane, n, m);
	return res < 0 ? res : wait_append(fx);
}

static void read_done(struct cv_log_read *rd, const struct cv_block *block, int res)
{
	struct fixture *fx = rd->owner;

	fx->read_res = res;
	if (block)
		memcpy(fx->copy, block, block->used);
}

int fx_read(struct fixture *fx, enum cv_lane lane, uint64_t seq)
{
	fx->read.done = read_done;
	fx->read.owner = fx;
	cv_eventlog_read(fx->log, &fx->read, lane, seq);
	while (fx->read.busy)
		cv_loop_turn(fx->loop);
	return fx->read_res;
}

uint64_t fx_value(const struct cv_block *b, uint64_t seq)
{
	const uint8_t *at = (const uint8_t *)(b + 1);
	const struct cv_record *rec = (const struct cv_record *)(const void *)at;

	assert(seq >= b->first_seq && seq - b->first_seq < b->count);
	for (uint64_t i = b->first_seq; i < seq; i++) {
		at += rec->size;
		rec = (const struct cv_record *)(const void *)at;
	}
	return rec->value.u64;
}

static void timer_done(struct cv_op *op, int res, uint32_t flags)
{
}

void fx_wait(struct fixture *fx, uint64_t ns)
{
	struct cv_op op = {.done = timer_done};

	cv_loop_timer(fx->loop, &op, ns);
	while (op.pending)
		cv_loop_turn(fx->loop);
}
