/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a segment that retention gave up becomes the next one, with all that lies in it. */
#include "tests/eventlog/log_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "control/eventlog/image.h"

#define LANE CV_LANE_MEASUREMENT
#define KEPT 3

struct log {
	struct fixture fx;
	uint64_t next; /* number of the next event, which is its value */
	uint64_t source_seq;
	uint64_t segment;
};

static void open_log(struct log *g)
{
	const char *why = "";

	if (fx_open(&g->fx, &why) < 0)
		fail_msg("open: %s", why);
}

static void begin(struct log *g, uint64_t segment)
{
	*g = (struct log){.next = 1, .segment = segment};
	fx_init(&g->fx, segment);
	g->fx.config.retain_bytes[LANE] = KEPT * segment;
	open_log(g);
}

/* One block of 64 KiB at a time. */
static void append(struct log *g, uint64_t bytes)
{
	for (; bytes >= CV_BLOCK_SIZE; bytes -= CV_BLOCK_SIZE) {
		g->next += fx_block(&g->fx, 0, LANE, ++g->source_seq, g->next, 1000, 100);
		assert_int_equal(fx_append(&g->fx, LANE, 1), 0);
	}
}

static void expect_all(struct log *g)
{
	uint64_t seq = cv_eventlog_begin(g->fx.log, LANE);

	assert_int_equal(cv_eventlog_end(g->fx.log, LANE), g->next);
	while (seq < g->next) {
		assert_int_equal(fx_read(&g->fx, LANE, seq), 0);
		for (; seq < g->fx.copy->first_seq + g->fx.copy->count; seq++)
			assert_int_equal(fx_value(g->fx.copy, seq), seq);
	}
	assert_int_equal(cv_eventlog_counters(g->fx.log)->bad_blocks, 0);
	assert_int_equal(cv_eventlog_counters(g->fx.log)->cut_bytes, 0);
}

static void path_of_segment(const struct log *g, uint64_t first, char path[512])
{
	snprintf(path, 512, "%s/%s/%020llu.log", g->fx.dir, cv_lane_name(LANE),
		 (unsigned long long)first);
}

static ino_t file_of(const struct log *g, uint64_t first)
{
	struct stat st;
	char path[512];

	path_of_segment(g, first, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* Whether some segment's file is that one. */
static bool serves(const struct log *g, ino_t file)
{
	struct dirent *entry;
	bool found = false;
	char path[512];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", g->fx.dir, cv_lane_name(LANE));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		found |= entry->d_ino == file && strstr(entry->d_name, ".log");
	closedir(dir);
	return found;
}

struct found {
	struct log *g;
	unsigned int wrong, removed, tails;
	bool appended;
};

static void on_finding(void *owner, const struct cv_finding *f)
{
	struct found *found = owner;

	found->wrong += cv_finding_is_wrong(f->kind);
	found->removed += f->kind == CV_FINDING_REMOVED;
	found->tails += f->kind == CV_FINDING_TAIL;
}

/* While somebody reads the log from outside, all of it is given up and written anew. */
static bool overtake(void *owner, enum cv_lane lane, const struct cv_block *b)
{
	struct found *found = owner;

	if (!found->appended) {
		found->appended = true;
		append(found->g, 2 * KEPT * found->g->segment);
	}
	return true;
}

static struct found look(struct log *g, bool overtaken)
{
	struct found found = {.g = g};
	struct cv_walk walk = {
		.owner = &found, .finding = on_finding, .block = overtaken ? overtake : NULL};
	struct cv_log_image *image;
	struct cv_walked walked;
	const char *why = "";

	if (cv_log_image_open(g->fx.dir, &image, &why) < 0)
		fail_msg("%s", why);
	assert_int_equal(cv_log_image_walk(image, LANE, &walk, &walked), 0);
	cv_log_image_close(image);
	return found;
}

static void a_file_serves_again(void **state)
{
	struct found found;
	uint64_t first;
	struct log g;
	ino_t oldest;

	begin(&g, 2 * CV_BLOCK_SIZE);
	append(&g, KEPT * g.segment);
	for (int i = 0; i < 20; i++) {
		append(&g, CV_BLOCK_SIZE);
		expect_all(&g);
		found = look(&g, false);
		assert_int_equal(found.wrong + found.tails, 0);
		fx_close(&g.fx);
		open_log(&g); /* which throws a spare file away */
		expect_all(&g);
	}
	append(&g, 2 * KEPT * g.segment);
	first = cv_eventlog_begin(g.fx.log, LANE);
	oldest = file_of(&g, first);
	append(&g, 2 * g.segment);
	assert_true(cv_eventlog_begin(g.fx.log, LANE) > first);
	assert_true(serves(&g, oldest));
	fx_destroy(&g.fx);
}

/* Its blocks say themselves what their tag is. */
static void a_lost_key_is_made_anew(void **state)
{
	char path[512];
	struct log g;

	begin(&g, 2 * CV_BLOCK_SIZE);
	append(&g, 2 * KEPT * g.segment + CV_BLOCK_SIZE);
	for (int i = 0; i < 2; i++) {
		fx_close(&g.fx);
		snprintf(path, sizeof(path), "%s/key", g.fx.dir);
		assert_int_equal(i == 0 ? unlink(path) : truncate(path, 7), 0);
		assert_int_equal(look(&g, false).wrong, 0);
		open_log(&g);
		expect_all(&g);
		append(&g, 2 * KEPT * g.segment + CV_BLOCK_SIZE);
	}
	expect_all(&g);
	fx_destroy(&g.fx);
}

/* As a backup puts it back: writing to it would ask for room, and for a journal entry. */
static void a_file_with_holes_does_not(void **state)
{
	char path[512];
	struct log g;
	ino_t holed;
	int fd;

	begin(&g, 2 * CV_BLOCK_SIZE);
	append(&g, KEPT * g.segment);
	path_of_segment(&g, 1, path);
	holed = file_of(&g, 1);
	fd = open(path, O_RDWR);
	assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, CV_BLOCK_SIZE,
				   CV_BLOCK_SIZE),
			 0);
	append(&g, 2 * g.segment);
	assert_true(cv_eventlog_begin(g.fx.log, LANE) > 1);
	assert_false(serves(&g, holed));
	close(fd); /* until now nobody else could have its number */
	expect_all(&g);
	fx_destroy(&g.fx);
}

/* What is kept for so long and no longer does not wait in a spare file. */
static void what_is_too_old_is_gone(void **state)
{
	struct log g;
	ino_t oldest;
	char path[512];
	int fd;

	begin(&g, 2 * CV_BLOCK_SIZE);
	append(&g, KEPT * g.segment);
	oldest = file_of(&g, 1);
	path_of_segment(&g, 1, path);
	fd = open(path, O_RDONLY); /* nobody else gets its number */
	g.fx.config.retain_ns[LANE] = 1;
	cv_eventlog_configure(g.fx.log, &g.fx.config);
	append(&g, 2 * KEPT * g.segment);
	assert_true(cv_eventlog_begin(g.fx.log, LANE) > 1);
	assert_false(serves(&g, oldest));
	close(fd);
	expect_all(&g);
	fx_destroy(&g.fx);
}

static void who_reads_from_outside_is_told(void **state)
{
	struct found found;
	struct log g;

	begin(&g, 64 * CV_BLOCK_SIZE); /* several reads of the walk */
	append(&g, KEPT * g.segment);
	found = look(&g, true);
	assert_int_equal(found.wrong, 0);
	assert_true(found.removed > 0);
	expect_all(&g);
	fx_destroy(&g.fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_serves_again),
		cmocka_unit_test(a_lost_key_is_made_anew),
		cmocka_unit_test(a_file_with_holes_does_not),
		cmocka_unit_test(what_is_too_old_is_gone),
		cmocka_unit_test(who_reads_from_outside_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
