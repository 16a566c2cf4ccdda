/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property of the event log under torn writes, garbage and damage: recovery never invents an event
 * and never loses one that was acknowledged and is not itself damaged. Each event's value is its
 * sequence, so a wrong event shows. Replay a run with CV_SEED=N.
 */
#include "tests/eventlog/log_fixture.h"
#include "tests/random.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define LANE CV_LANE_SECURITY
#define SEGMENT (3u * CV_BLOCK_SIZE)
#define SECTOR 512
#define GROUPS_MAX 64
#define ROUNDS 12

static uint64_t prng;

static uint64_t next_random(void)
{
	return next_random_of(&prng);
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)(next_random() % n);
}

/* The last segment file, and where in it each append (group) lies. */
struct image {
	char path[512];
	uint8_t *data;
	uint64_t first; /* first sequence in it */
	struct {
		size_t off, end;
		uint64_t seq, seq_end;
	} group[GROUPS_MAX];
	unsigned int groups;
};

static void must_open(struct fixture *fx)
{
	const char *why = "";

	if (fx_open(fx, &why) < 0)
		fail_msg("open: %s", why);
}

static uint64_t append_group(struct fixture *fx, uint64_t value)
{
	unsigned int n = 1 + below(3);

	for (unsigned int i = 0; i < n; i++)
		value += fx_block(fx, i, LANE, value, value, 1 + below(60), below(300));
	assert_int_equal(fx_append(fx, LANE, n), 0);
	return value;
}

/* Random appends; remembers those that lie in the last segment. */
static uint64_t fill(struct fixture *fx, struct image *im)
{
	unsigned int count = 3 + below(10);
	uint64_t value = 1, size = 0;

	must_open(fx);
	im->groups = 0;
	for (unsigned int i = 0; i < count; i++) {
		uint64_t before = value, bytes = cv_eventlog_bytes(fx->log, LANE);
		uint64_t written = cv_eventlog_counters(fx->log)->bytes;

		value = append_group(fx, value);
		written = cv_eventlog_counters(fx->log)->bytes - written;
		if (cv_eventlog_bytes(fx->log, LANE) != bytes) {
			/* Rolled, perhaps in the middle of the group: begin anew behind it. */
			im->groups = 0;
			size = 0;
			continue;
		}
		im->group[im->groups].off = size;
		im->group[im->groups].end = size += written;
		im->group[im->groups].seq = before;
		im->group[im->groups++].seq_end = value;
	}
	fx_close(fx);
	return value;
}

/* Find the newest segment; the group offsets of fill() start behind its unknown beginning. */
static void load(struct fixture *fx, struct image *im)
{
	size_t at = 0, shift = 0;
	int fd = -1;

	for (uint64_t first = im->group[0].seq; fd < 0 && first > 0; first--) {
		snprintf(im->path, sizeof(im->path), "%s/%s/%020llu.log", fx->dir,
			 cv_lane_name(LANE), (unsigned long long)first);
		im->first = first;
		fd = open(im->path, O_RDONLY);
	}
	assert_true(fd >= 0);
	assert_int_equal(read(fd, im->data, SEGMENT), SEGMENT);
	close(fd);
	while (at < SEGMENT) { /* the chain is whole here */
		const struct cv_block *b = (const struct cv_block *)(void *)(im->data + at);

		if (b->magic != CV_BLOCK_MAGIC)
			break;
		if (b->first_seq == im->group[0].seq)
			shift = at;
		at += (b->used + CV_BLOCK_ALIGN - 1) & ~(size_t)(CV_BLOCK_ALIGN - 1);
	}
	for (unsigned int i = 0; i < im->groups; i++) {
		im->group[i].off += shift;
		im->group[i].end += shift;
	}
}

static void store(const struct image *im, const uint8_t *data)
{
	int fd = open(im->path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, SEGMENT), SEGMENT);
	close(fd);
}

/* Events [from, to) must be there and right; others may be, and must be right too. */
static void verify(struct fixture *fx, uint64_t from, uint64_t to, uint64_t lost_from,
		   uint64_t lost_to, uint64_t appended)
{
	uint64_t seq, end;

	must_open(fx);
	seq = cv_eventlog_begin(fx->log, LANE);
	end = cv_eventlog_end(fx->log, LANE);
	assert_true(seq <= from);
	assert_true(end >= to && end <= appended);
	if (lost_to == 0) /* torn, and nobody was told of it: not damage */
		assert_int_equal(cv_eventlog_counters(fx->log)->bad_blocks, 0);
	while (seq < end) {
		int res = fx_read(fx, LANE, seq);

		if (res == 0) {
			for (; seq < fx->copy->first_seq + fx->copy->count; seq++)
				assert_int_equal(fx_value(fx->copy, seq), seq);
			continue;
		}
		assert_int_equal(res, -EBADMSG);
		assert_true(fx->read.skip_to > seq);
		for (; seq < fx->read.skip_to; seq++)
			if (seq >= from && seq < to && (seq < lost_from || seq >= lost_to))
				fail_msg("acknowledged event %llu is lost",
					 (unsigned long long)seq);
	}
	fx_close(fx);
}

/*
 * What lay in the file before: nothing, or blocks of another life and such as a device could send,
 * right in all but the tag.
 */
static void lay_under(const struct image *im, uint8_t *under)
{
	size_t size = im->group[im->groups - 1].end;

	memset(under, 0, SEGMENT);
	if (below(3) == 0)
		return;
	for (size_t at = 0, len; at < SEGMENT; at += len) {
		struct cv_block *b = (struct cv_block *)(void *)(under + at);
		const struct cv_block *from =
			(const struct cv_block *)(const void *)(im->data + at % size);

		len = CV_BLOCK_ALIGN;
		if (from->magic != CV_BLOCK_MAGIC || at + from->used > SEGMENT)
			continue;
		memcpy(b, from, from->used);
		len = (from->used + CV_BLOCK_ALIGN - 1) & ~(size_t)(CV_BLOCK_ALIGN - 1);
		b->tag = below(2) ? 0 : next_random();
		b->first_seq = below(2) ? 1 + below(1000) : im->group[0].seq + below(100000);
		b->durable_seq = b->first_seq;
		b->crc32c = cv_block_crc(b);
	}
}

/* The last write torn at every sector, and in any other order of sectors. */
static void tear(struct fixture *fx, struct image *im, uint64_t appended)
{
	size_t off = im->group[im->groups - 1].off, end = im->group[im->groups - 1].end;
	uint64_t acked = im->group[im->groups - 1].seq;
	uint8_t *torn = malloc(SEGMENT), *under = malloc(SEGMENT);
	char acked_file[512];

	snprintf(acked_file, sizeof(acked_file), "%s/acked", fx->dir);
	for (size_t cut = off; cut < end; cut += SECTOR) {
		bool shuffled = below(3) == 0;

		unlink(acked_file); /* else it says that the last write was whole */

		lay_under(im, under);
		memcpy(torn, im->data, end);
		memcpy(torn + end, under + end, SEGMENT - end);
		if (shuffled)
			for (size_t s = off; s < end; s += SECTOR)
				memcpy(torn + s, under + s, below(2) ? SECTOR : 0);
		else
			memcpy(torn + cut, under + cut, end - cut);
		if (below(4) == 0)
			for (size_t i = 0; i < SECTOR; i++)
				torn[cut + i] = (uint8_t)next_random();
		store(im, torn);
		fx_forget_index(fx, LANE);
		verify(fx, im->first, acked, 0, 0, appended);
	}
	free(torn);
	free(under);
}

/* Bits flipped in one acknowledged group, also the last one: only its events may be missing. */
static void damage(struct fixture *fx, struct image *im, uint64_t appended)
{
	uint8_t *bad = malloc(SEGMENT);

	for (int i = 0; i < 30; i++) {
		unsigned int g = i < 10 ? im->groups - 1 : below(im->groups);
		size_t len = im->group[g].end - im->group[g].off;

		lay_under(im, bad);
		memcpy(bad, im->data, im->group[im->groups - 1].end);
		for (unsigned int flips = 1 + below(4); flips > 0; flips--)
			bad[im->group[g].off + below((unsigned int)len)] ^=
				(uint8_t)(1u << below(8));
		store(im, bad);
		if (i > 0) /* the first time it is that of the same blocks */
			fx_forget_index(fx, LANE);
		verify(fx, im->first, im->group[im->groups - 1].seq_end, im->group[g].seq,
		       im->group[g].seq_end, appended);
	}
	free(bad);
}

static void test_property(void **state)
{
	const char *given = getenv("CV_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	printf("prop_eventlog: CV_SEED=%llu\n", (unsigned long long)seed);
	prng = seed;
	for (int round = 0; round < ROUNDS; round++) {
		struct image im = {.data = malloc(SEGMENT)};
		struct fixture fx;
		uint64_t appended;

		fx_init(&fx, SEGMENT);
		do {
			fx_remove_tree(fx.dir);
			appended = fill(&fx, &im);
		} while (im.groups == 0);
		load(&fx, &im);
		damage(&fx, &im, appended);
		tear(&fx, &im, appended);
		fx_destroy(&fx);
		free(im.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_property)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
