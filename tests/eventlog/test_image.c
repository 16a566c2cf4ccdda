/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `culvert log verify` finds in logs that were damaged on purpose, and that it finds nothing
 * in those that were not, also while they are written to.
 */
#include "control/eventlog/image.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/eventlog/log_fixture.h"

#define LANE CV_LANE_MEASUREMENT
#define SEGMENT (2u * CV_BLOCK_SIZE)
#define PER_BLOCK 100 /* 250 bytes of text each: about 40 KiB, so three blocks fill a segment */

struct found {
	unsigned int of[CV_FINDING_COUNT], wrong;
	struct cv_finding last;
	char file[64];
	uint64_t records, next;
	bool in_order;
};

static void on_finding(void *owner, const struct cv_finding *f)
{
	struct found *found = owner;

	found->of[f->kind]++;
	found->wrong += cv_finding_is_wrong(f->kind);
	found->last = *f;
	snprintf(found->file, sizeof(found->file), "%s", f->file);
}

static bool on_block(void *owner, enum cv_lane lane, const struct cv_block *b)
{
	struct found *found = owner;

	found->in_order &= b->first_seq >= found->next;
	found->next = b->first_seq + b->count;
	found->records += b->count;
	return true;
}

static struct found look(const struct fixture *fx, struct cv_walked *walked)
{
	struct found found = {.in_order = true};
	const struct cv_walk walk = {.owner = &found, .block = on_block, .finding = on_finding};
	struct cv_log_image *image;
	const char *why;

	if (cv_log_image_open(fx->dir, &image, &why) < 0)
		fail_msg("%s", why);
	assert_int_equal(image->writer, fx->log ? getpid() : 0);
	assert_int_equal(cv_log_image_walk(image, LANE, &walk, walked), 0);
	cv_log_image_close(image);
	assert_true(found.in_order);
	return found;
}

/* One block per append, of numbers that begin with @p first. */
static void append(struct fixture *fx, uint64_t blocks, uint64_t first)
{
	for (uint64_t i = 0; i < blocks; i++) {
		assert_int_equal(
			fx_block(fx, 0, LANE, first + i, first + i * PER_BLOCK, PER_BLOCK, 250),
			PER_BLOCK);
		assert_int_equal(fx_append(fx, LANE, 1), 0);
	}
}

static int setup(void **state)
{
	struct fixture *fx = malloc(sizeof(*fx));
	const char *why = "";

	fx_init(fx, SEGMENT);
	if (fx_open(fx, &why) < 0)
		fail_msg("%s", why);
	*state = fx;
	return 0;
}

static int teardown(void **state)
{
	fx_destroy(*state);
	free(*state);
	return 0;
}

static void path_of(const struct fixture *fx, const char *name, char path[512])
{
	snprintf(path, 512, "%s/%s/%s", fx->dir, cv_lane_name(LANE), name);
}

/* Segment number @p i of the lane, from 0. */
static void segment_name(const struct fixture *fx, size_t i, char name[CV_SEGMENT_NAME])
{
	struct cv_log_image *image;
	const char *why;

	assert_int_equal(cv_log_image_open(fx->dir, &image, &why), 0);
	assert_true(i < image->lane[LANE].count);
	memcpy(name, image->lane[LANE].segments[i].name, CV_SEGMENT_NAME);
	cv_log_image_close(image);
}

static void flip(const struct fixture *fx, const char *name, off_t at)
{
	uint8_t byte = 0;
	char path[512];
	int fd;

	path_of(fx, name, path);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void a_good_log_has_no_findings(void **state)
{
	struct fixture *fx = *state;
	struct cv_walked walked;
	struct found found;

	append(fx, 10, 1);
	found = look(fx, &walked); /* the log is open: control writes */
	assert_int_equal(found.wrong, 0);
	assert_int_equal(found.records, 10 * PER_BLOCK);
	assert_int_equal(walked.durable, 9 * PER_BLOCK + 1);
	fx_close(fx);
	found = look(fx, &walked);
	assert_int_equal(found.wrong, 0);
	assert_int_equal(found.records, 10 * PER_BLOCK);
	assert_int_equal(walked.begin, 1);
	assert_int_equal(walked.end, 10 * PER_BLOCK + 1);
	assert_int_equal(walked.oldest, 1000);
	assert_int_equal(walked.newest, 10 * PER_BLOCK * 1000);
}

static void damage_is_found_with_its_place(void **state)
{
	struct fixture *fx = *state;
	char name[CV_SEGMENT_NAME];
	struct cv_walked walked;
	struct found found;

	append(fx, 10, 1);
	fx_close(fx);
	segment_name(fx, 1, name);
	flip(fx, name, CV_UNIT + 77);
	found = look(fx, &walked);
	assert_int_equal(found.of[CV_FINDING_DAMAGE], 1);
	assert_int_equal(found.wrong, 1);
	assert_string_equal(found.file, name);
	assert_int_equal(found.last.off, 0);
	assert_int_equal(found.last.to - found.last.from, PER_BLOCK);
	assert_int_equal(found.records, 9 * PER_BLOCK);
}

/* The last block of a segment: what proves it is in the sidecar, or in the next segment. */
static void damage_at_the_end_of_a_segment(void **state)
{
	struct fixture *fx = *state;
	char name[CV_SEGMENT_NAME], path[512];
	struct cv_walked walked;
	struct found found;
	struct cv_log_image *image;
	const char *why;
	uint64_t last;

	append(fx, 10, 1);
	fx_close(fx);
	assert_int_equal(cv_log_image_open(fx->dir, &image, &why), 0);
	assert_true(image->lane[LANE].segments[0].indexed);
	last = image->lane[LANE].segments[0].index.used - CV_UNIT;
	cv_log_image_close(image);
	segment_name(fx, 0, name);
	flip(fx, name, (off_t)last);
	for (int i = 0; i < 2; i++) {
		found = look(fx, &walked);
		assert_int_equal(found.of[CV_FINDING_DAMAGE], 1);
		assert_int_equal(found.of[CV_FINDING_HOLE], 0);
		path_of(fx, "00000000000000000001.idx", path);
		unlink(path);
	}
}

static void a_torn_end_is_only_a_note(void **state)
{
	struct fixture *fx = *state;
	char name[CV_SEGMENT_NAME], path[512];
	struct cv_walked walked;
	struct found found;
	uint8_t junk[512];
	int fd;

	append(fx, 1, 1);
	fx_close(fx);
	segment_name(fx, 0, name);
	path_of(fx, name, path);
	fd = open(path, O_RDWR);
	memset(junk, 0x5a, sizeof(junk));
	/* As if of a block of this segment only the head had arrived. */
	assert_int_equal(pread(fd, junk, sizeof(struct cv_block), 0), sizeof(struct cv_block));
	assert_int_equal(pwrite(fd, junk, sizeof(junk), SEGMENT - CV_UNIT), sizeof(junk));
	close(fd);
	found = look(fx, &walked);
	assert_int_equal(found.wrong, 0);
	assert_int_equal(found.of[CV_FINDING_TAIL], 1);
	assert_int_equal(found.last.bytes, CV_UNIT);
}

/* No block is behind it to prove anything: the file "acked" does. */
static void damage_to_the_newest_is_no_torn_end(void **state)
{
	struct fixture *fx = *state;
	char name[CV_SEGMENT_NAME];
	struct cv_walked walked;
	struct found found;
	const char *why = "";

	append(fx, 2, 1);
	fx_close(fx);
	segment_name(fx, 0, name);
	flip(fx, name, (off_t)cv_unit_align(PER_BLOCK * 384 + 128) + 77);
	for (int i = 0; i < 2; i++) {
		found = look(fx, &walked);
		assert_int_equal(found.of[CV_FINDING_DAMAGE], 1);
		assert_int_equal(found.of[CV_FINDING_TAIL], 0);
		assert_int_equal(found.last.from, PER_BLOCK + 1);
		assert_int_equal(found.last.to, 2 * PER_BLOCK + 1);
		if (i == 1)
			break;
		fx_forget_index(fx, LANE);
		/* Its numbers are not given out again, and readers are told of the hole. */
		assert_int_equal(fx_open(fx, &why), 0);
		assert_int_equal(cv_eventlog_counters(fx->log)->bad_blocks, 1);
		assert_int_equal(cv_eventlog_end(fx->log, LANE), 2 * PER_BLOCK + 1);
		append(fx, 1, 3);
		assert_int_equal(fx_read(fx, LANE, PER_BLOCK + 1), -EBADMSG);
		assert_int_equal(fx->read.skip_to, 2 * PER_BLOCK + 1);
		assert_false(fx->read.told);
		fx_close(fx);
	}
	assert_int_equal(found.records, 2 * PER_BLOCK);
}

static void a_missing_segment_is_a_hole(void **state)
{
	struct fixture *fx = *state;
	char name[CV_SEGMENT_NAME], path[512];
	struct cv_walked walked;
	struct found found;

	append(fx, 10, 1);
	fx_close(fx);
	segment_name(fx, 1, name);
	path_of(fx, name, path);
	assert_int_equal(unlink(path), 0);
	found = look(fx, &walked);
	assert_int_equal(found.of[CV_FINDING_HOLE], 1);
	assert_int_equal(found.of[CV_FINDING_ORPHAN], 1);
	assert_int_equal(found.wrong, 1);
}

static void a_gap_record_must_fit_its_hole(void **state)
{
	struct fixture *fx = *state;
	struct cv_walked walked;
	struct found found;
	char name[CV_SEGMENT_NAME], path[512];
	struct cv_block *b = aligned_alloc(CV_UNIT, CV_UNIT);
	int fd;

	append(fx, 1, 1);
	cv_eventlog_refuse(fx->log, LANE, CV_REFUSAL_BAD_BLOCK, 7);
	append(fx, 1, 1 + PER_BLOCK);
	fx_close(fx);
	found = look(fx, &walked);
	assert_int_equal(found.wrong, 0);
	assert_int_equal(walked.gap_records, 1);
	assert_int_equal(walked.told, 7);
	/* The same gap record with another number, and a checksum that fits. */
	segment_name(fx, 0, name);
	path_of(fx, name, path);
	fd = open(path, O_RDWR);
	for (off_t off = 0; off < SEGMENT; off += CV_UNIT) {
		assert_int_equal(pread(fd, b, CV_UNIT, off), CV_UNIT);
		if (b->magic != CV_BLOCK_MAGIC || b->worker != CV_WORKER_CONTROL)
			continue;
		((struct cv_record *)(void *)(b + 1))->value.u64 = 8;
		b->crc32c = cv_block_crc(b);
		assert_int_equal(pwrite(fd, b, CV_UNIT, off), CV_UNIT);
	}
	close(fd);
	free(b);
	found = look(fx, &walked);
	assert_int_equal(found.of[CV_FINDING_GAP], 1);
	assert_int_equal(found.wrong, 1);
}

static void a_sidecar_of_another_segment(void **state)
{
	struct fixture *fx = *state;
	struct cv_walked walked;
	struct found found;

	append(fx, 10, 1);
	fx_close(fx);
	flip(fx, "00000000000000000001.idx", 70);
	found = look(fx, &walked);
	assert_int_equal(found.of[CV_FINDING_INDEX], 1);
	assert_int_equal(found.wrong, 1);
	assert_int_equal(found.records, 10 * PER_BLOCK);
}

static void a_repeated_block_is_found(void **state)
{
	struct fixture *fx = *state;
	char name[CV_SEGMENT_NAME], path[512];
	uint8_t *copy = aligned_alloc(CV_UNIT, CV_BLOCK_SIZE);
	size_t size = 0;
	struct cv_walked walked;
	struct found found;
	int fd;

	append(fx, 2, 1);
	fx_close(fx);
	segment_name(fx, 0, name);
	path_of(fx, name, path);
	fd = open(path, O_RDWR);
	assert_true(pread(fd, copy, CV_BLOCK_SIZE, 0) > 0);
	size = cv_unit_align(((struct cv_block *)(void *)copy)->used);
	assert_int_equal(pwrite(fd, copy, size, (off_t)(2 * size)), size);
	close(fd);
	free(copy);
	found = look(fx, &walked);
	assert_int_equal(found.of[CV_FINDING_ORDER], 1);
	assert_int_equal(found.records, 2 * PER_BLOCK);
}

static void what_is_no_log_is_refused(void **state)
{
	struct cv_log_image *image;
	const char *why = NULL;

	assert_int_equal(cv_log_image_open("/proc/self/fd", &image, &why), -ENOENT);
	assert_non_null(strstr(why, "no event log"));
	assert_int_equal(cv_log_image_open("/nowhere", &image, &why), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_log_has_no_findings, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_found_with_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_at_the_end_of_a_segment, setup, teardown),
		cmocka_unit_test_setup_teardown(a_torn_end_is_only_a_note, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_to_the_newest_is_no_torn_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_missing_segment_is_a_hole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_gap_record_must_fit_its_hole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sidecar_of_another_segment, setup, teardown),
		cmocka_unit_test_setup_teardown(a_repeated_block_is_found, setup, teardown),
		cmocka_unit_test(what_is_no_log_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
