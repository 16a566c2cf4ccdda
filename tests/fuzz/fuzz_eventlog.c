/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery and reading on arbitrary files. Input: one byte of flags, then either the bytes of a
 * segment (RAW) or patches {file, offset 16 bit, length, bytes} to three good segments and an
 * index. With SEAL the checksums are made right again, so that what is behind them is reached.
 */
#include "control/eventlog/image.h"
#include "tests/eventlog/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAW 1
#define SEAL 2
#define FILES 4
#define SEGMENT CV_BLOCK_SIZE
#define LANE CV_LANE_ALARM

static struct fixture fx;
static const char *const names[FILES] = {
	"00000000000000000001.log",
	"00000000000000000001.idx",
	"00000000000000000151.log",
	"00000000000000000301.log",
};
static uint8_t *base[FILES], *file[FILES];
static size_t base_size[FILES];

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_eventlog: %s\n", what);
	abort();
}

static void file_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s/%s", fx.dir, cv_lane_name(LANE), name);
}

static void write_file(const char *name, const void *data, size_t size)
{
	char path[512];
	int fd;

	file_path(path, sizeof(path), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "cannot write a file");
	close(fd);
}

static void must_open(void)
{
	const char *why = "";

	must(fx_open(&fx, &why) == 0, why);
}

static void clean_up(void)
{
	fx_destroy(&fx);
	for (int i = 0; i < FILES; i++) {
		free(base[i]);
		free(file[i]);
	}
}

/* Three blocks of 50 events in each of three segments, by the log itself. */
static void make_base(void)
{
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	fx_init(&fx, SEGMENT);
	atexit(clean_up);
	must_open();
	for (uint64_t i = 0; i < 9; i++) {
		must(fx_block(&fx, 0, LANE, i + 1, 1 + i * 50, 50, 250) == 50, "base block");
		must(fx_append(&fx, LANE, 1) == 0, "base append");
	}
	fx_close(&fx);
	for (int i = 0; i < FILES; i++) {
		char path[512];
		int fd;

		file_path(path, sizeof(path), names[i]);
		fd = open(path, O_RDONLY);
		must(fd >= 0, names[i]);
		base[i] = malloc(SEGMENT);
		file[i] = malloc(SEGMENT);
		base_size[i] = (size_t)read(fd, base[i], SEGMENT);
		close(fd);
	}
}

static void patch_files(const uint8_t *data, size_t size)
{
	while (size >= 4) {
		unsigned int f = data[0] % FILES;
		size_t at = (size_t)(data[1] | data[2] << 8), len = data[3];

		data += 4;
		size -= 4;
		if (len > size)
			len = size;
		for (size_t i = 0; i < len && at + i < base_size[f]; i++)
			file[f][at + i] ^= data[i];
		data += len;
		size -= len;
	}
}

static void seal_files(void)
{
	for (int f = 0; f < FILES; f++) {
		for (size_t at = 0; f != 1 && at < SEGMENT; at += CV_BLOCK_ALIGN) {
			struct cv_block *b = (struct cv_block *)(void *)(file[f] + at);

			if (b->magic == CV_BLOCK_MAGIC && b->used >= sizeof(*b) &&
			    b->used <= SEGMENT - at)
				b->crc32c = cv_block_crc(b);
		}
	}
	/* The index has its checksum at offset 12. */
	memset(file[1] + 12, 0, 4);
	memcpy(file[1] + 12, &(uint32_t){cv_crc32c(0, file[1], base_size[1])}, 4);
}

/* @return events that are there. */
static uint64_t read_everything(void)
{
	uint64_t seq = cv_eventlog_begin(fx.log, LANE), end = cv_eventlog_end(fx.log, LANE);
	uint64_t events = 0;

	cv_eventlog_seek(fx.log, LANE, 1000);
	for (int steps = 0; seq < end; steps++) {
		uint64_t next;
		int res = fx_read(&fx, LANE, seq);

		must(steps < 1000, "reading does not come to an end");
		if (res == 0) {
			must(cv_block_check(fx.copy, LANE) == 0, "a bad block was served");
			must(seq - fx.copy->first_seq < fx.copy->count, "the wrong block");
			next = fx.copy->first_seq + fx.copy->count;
			events += next - seq;
		} else {
			must(res == -EBADMSG, "an unexpected result");
			next = fx.read.skip_to;
		}
		must(next > seq, "reading does not get on");
		seq = next;
	}
	return events;
}

/* What `culvert log` makes of the folder; the writer's and the reader's view must be the same. */
struct view {
	uint64_t events, next;
};

static bool on_block(void *owner, enum cv_lane lane, const struct cv_block *b)
{
	struct view *v = owner;

	must(cv_block_is_good(b, lane, CV_BLOCK_SIZE), "a bad block in the walk");
	must(b->first_seq >= v->next, "the walk goes back");
	v->next = b->first_seq + b->count;
	v->events += b->count;
	return true;
}

static void on_finding(void *owner, const struct cv_finding *f)
{
	must(f->kind < CV_FINDING_COUNT && (f->to == 0 || f->from < f->to), "a broken finding");
}

static struct view walk_lane(void)
{
	struct view v = {0};
	const struct cv_walk walk = {.owner = &v, .block = on_block, .finding = on_finding};
	struct cv_log_image *image;
	struct cv_walked walked;
	const char *why = "";

	must(cv_log_image_open(fx.dir, &image, &why) == 0, why);
	must(cv_log_image_walk(image, LANE, &walk, &walked) == 0, "cannot walk");
	must(walked.records == v.events, "records are counted wrong");
	cv_log_image_close(image);
	return v;
}

static void run(bool sealed)
{
	const char *why = NULL;
	uint64_t end, events;
	struct view view;

	walk_lane();
	if (fx_open(&fx, &why) < 0) {
		must(why && *why, "no reason given");
		fx.log = NULL;
		return;
	}
	events = read_everything();
	end = cv_eventlog_end(fx.log, LANE);
	fx_block(&fx, 0, LANE, 77, end, 1, 0);
	must(fx_append(&fx, LANE, 1) == 0, "cannot append");
	fx_close(&fx);
	must_open();
	must(cv_eventlog_end(fx.log, LANE) == end + 1, "the append is lost");
	must(fx_read(&fx, LANE, end) == 0 && fx_value(fx.copy, end) == end, "the append is lost");
	fx_close(&fx);
	view = walk_lane();
	/* What lies under a right checksum leads each of them astray in its own way. */
	must(sealed || view.events == events + 1, "the log and the walk differ");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[512];

	if (!base[0])
		make_base();
	if (size < 1)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", fx.dir, cv_lane_name(LANE));
	fx_remove_tree(path);
	must(mkdir(path, 0700) == 0, "cannot make the folder");
	if (data[0] & RAW) {
		write_file(names[0], data + 1, size - 1);
		must(truncate((file_path(path, sizeof(path), names[0]), path),
			      (off_t)((size + CV_BLOCK_ALIGN - 2) / CV_BLOCK_ALIGN *
				      CV_BLOCK_ALIGN)) == 0,
		     "cannot size the file");
	} else {
		for (int i = 0; i < FILES; i++)
			memcpy(file[i], base[i], base_size[i]);
		patch_files(data + 1, size - 1);
		if (data[0] & SEAL)
			seal_files();
		for (int i = 0; i < FILES; i++)
			write_file(names[i], file[i], base_size[i]);
	}
	run(data[0] & SEAL);
	return 0;
}
