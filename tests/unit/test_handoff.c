/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/handoff/handoff.h"
#include "dataplane/handoff/link.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define INCARNATION 0x1122334455667788ull

static void emit_one(struct cv_sink *sink, enum cv_lane lane, uint64_t value)
{
	static const struct cv_origin origin = {.family = 4, .ip_proto = 17, .ts_rx_ns = 1000};
	struct cv_emit e;
	struct cv_record *rec;

	cv_emit_init(&e, sink);
	e.origin = &origin;
	rec = cv_emit_begin(&e, lane, CV_KIND_MEASUREMENT);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = value;
	cv_emit_tlv(&e, CV_TLV_NAME, "water.level", 11);
	cv_emit_end(&e);
}

static const struct cv_record *first_record(const struct cv_block *b)
{
	return (const struct cv_record *)(const void *)(b + 1);
}

/* Two mappings of one memfd, as two processes have them. */
static void test_produce_and_consume(void **state)
{
	struct cv_handoff producer, consumer;
	struct cv_handoff_sink sink;
	struct cv_channel *ch;
	const struct cv_block *b;

	assert_int_equal(cv_handoff_create(2, 4, INCARNATION, &producer), 0);
	assert_int_equal(cv_handoff_attach(dup(producer.fd), &consumer), 0);
	assert_ptr_not_equal(producer.base, consumer.base);
	assert_int_equal(consumer.worker_count, 2);
	assert_int_equal((uintptr_t)consumer.blocks % CV_BLOCK_ALIGN, 0);

	cv_handoff_sink_init(&sink, &producer, 1, 1000);
	for (uint64_t i = 0; i < 10; i++)
		emit_one(&sink.sink, CV_LANE_ALARM, i);
	ch = cv_handoff_channel(&consumer, 1, CV_LANE_ALARM);
	cv_handoff_flush(&sink, 1, 5, false);
	assert_int_equal(ch->head, 0); /* young and not full: stays open */
	cv_handoff_flush(&sink, 1002, 5, false);
	assert_int_equal(ch->head, 1);
	b = cv_handoff_block(&consumer, 1, CV_LANE_ALARM, 0);
	assert_int_equal(cv_block_check(b, CV_LANE_ALARM), 0);
	assert_int_equal(cv_block_check(b, CV_LANE_STATUS), -EBADMSG);
	assert_int_equal(b->count, 10);
	assert_int_equal(b->source_seq, 1);
	assert_int_equal(b->incarnation, INCARNATION);
	assert_int_equal(first_record(b)->value.u64, 0);
	assert_int_equal(consumer.counters[1].handed[CV_LANE_ALARM], 10);
	cv_handoff_close(&consumer);
	cv_handoff_close(&producer);
	cv_handoff_close(&producer);
}

/* produced = handed + shed while the consumer sleeps, and a gap record once it wakes. */
static void test_full_ring_sheds_and_tells(void **state)
{
	struct cv_handoff h;
	struct cv_handoff_sink sink;
	struct cv_counters *c;
	struct cv_channel *ch;
	const struct cv_block *b;
	uint64_t shed;

	assert_int_equal(cv_handoff_create(1, 4, INCARNATION, &h), 0);
	cv_handoff_sink_init(&sink, &h, 0, 1000);
	for (uint64_t i = 0; i < 10000; i++)
		emit_one(&sink.sink, CV_LANE_MEASUREMENT, i);
	c = &h.counters[0];
	/* Full blocks are published in the middle of a burst: killed there, the left side leads. */
	assert_true(c->handed[CV_LANE_MEASUREMENT] > 0);
	assert_true(c->produced[CV_LANE_MEASUREMENT] >=
		    c->handed[CV_LANE_MEASUREMENT] + c->shed[CV_LANE_MEASUREMENT]);
	cv_handoff_flush(&sink, 1, 5, true);
	ch = cv_handoff_channel(&h, 0, CV_LANE_MEASUREMENT);
	shed = c->shed[CV_LANE_MEASUREMENT];
	assert_int_equal(ch->head, 4);
	assert_true(shed > 0);
	assert_int_equal(c->produced[CV_LANE_MEASUREMENT], 10000);
	assert_int_equal(c->handed[CV_LANE_MEASUREMENT], 10000 - shed);

	assert_int_equal(c->shed_told[CV_LANE_MEASUREMENT], 0);
	__atomic_store_n(&ch->tail, 4, __ATOMIC_RELEASE);
	cv_handoff_flush(&sink, 2, 6, true);
	assert_int_equal(ch->head, 5);
	b = cv_handoff_block(&h, 0, CV_LANE_MEASUREMENT, 4);
	assert_int_equal(cv_block_check(b, CV_LANE_MEASUREMENT), 0);
	assert_int_equal(first_record(b)->kind, CV_KIND_GAP);
	assert_int_equal(first_record(b)->value.u64, shed);
	assert_int_equal(c->shed_told[CV_LANE_MEASUREMENT], shed);
	assert_int_equal(c->produced[CV_LANE_MEASUREMENT],
			 c->handed[CV_LANE_MEASUREMENT] + c->shed[CV_LANE_MEASUREMENT]);
	cv_handoff_close(&h);
}

static void test_create_refuses_bad_sizes(void **state)
{
	struct cv_handoff h;

	assert_int_equal(cv_handoff_create(0, 4, 1, &h), -EINVAL);
	assert_int_equal(cv_handoff_create(CV_WORKERS_MAX + 1, 4, 1, &h), -EINVAL);
	assert_int_equal(cv_handoff_create(1, 5, 1, &h), -EINVAL);
	assert_int_equal(cv_handoff_create(1, 2, 1, &h), -EINVAL);
	assert_int_equal(cv_handoff_create(1, 8192, 1, &h), -EINVAL);
	assert_int_equal(cv_handoff_create(1, 4, 0, &h), -EINVAL);
}

static void try_header(const struct cv_handoff_header *header, size_t size, bool seal, int want)
{
	int fd = memfd_create("hostile", MFD_ALLOW_SEALING);
	struct cv_handoff h;

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(pwrite(fd, header, sizeof(*header), 0), sizeof(*header));
	if (seal)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(cv_handoff_attach(fd, &h), want);
	if (want == 0)
		cv_handoff_close(&h);
	else
		close(fd);
}

static void test_attach_checks_everything(void **state)
{
	struct cv_handoff_header good, bad;
	struct cv_handoff h;
	size_t size;

	assert_int_equal(cv_handoff_create(1, 4, INCARNATION, &h), 0);
	good = *h.header;
	size = h.size;
	cv_handoff_close(&h);

	try_header(&good, size, true, 0);
	try_header(&good, size, false, -EBADMSG); /* could shrink under us */
	try_header(&good, size - 1, true, -EBADMSG);
	try_header(&good, sizeof(good) + 1, true, -EBADMSG);
	bad = good;
	bad.magic++;
	try_header(&bad, size, true, -EPROTO);
	bad = good;
	bad.version++;
	try_header(&bad, size, true, -EPROTO);
	bad = good;
	bad.layout++; /* built with other lists */
	try_header(&bad, size, true, -EPROTO);
	bad = good;
	bad.workers = 0xffffffff;
	try_header(&bad, size, true, -EBADMSG);
	bad = good;
	bad.blocks = 8;
	try_header(&bad, size, true, -EBADMSG);
	bad = good;
	bad.block_size = 0;
	try_header(&bad, size, true, -EBADMSG);
	bad = good;
	bad.incarnation = 0;
	try_header(&bad, size, true, -EBADMSG);
	assert_int_equal(cv_handoff_attach(STDIN_FILENO, &h), -EBADMSG);
	assert_int_equal(cv_handoff_attach(-1, &h), -EBADMSG);
}

/* Flip every bit of the head and of the first record's sizes: no crash, and CRC sees each flip. */
static void test_block_check_and_crc(void **state)
{
	struct cv_handoff h;
	struct cv_handoff_sink sink;
	struct cv_block *b = aligned_alloc(64, CV_BLOCK_SIZE);
	uint32_t crc;

	assert_int_equal(cv_handoff_create(1, 4, INCARNATION, &h), 0);
	cv_handoff_sink_init(&sink, &h, 0, 1000);
	for (uint64_t i = 0; i < 3; i++)
		emit_one(&sink.sink, CV_LANE_STATUS, i);
	cv_handoff_flush(&sink, 1, 5, true);
	memcpy(b, cv_handoff_block(&h, 0, CV_LANE_STATUS, 0), CV_BLOCK_SIZE);
	cv_handoff_close(&h);

	b->crc32c = 77; /* not part of what it covers */
	crc = cv_block_crc(b);
	b->crc32c = crc;
	assert_int_equal(cv_block_crc(b), crc);
	for (size_t bit = 0; bit < (size_t)b->used * 8; bit++) {
		uint8_t *byte = (uint8_t *)b + bit / 8;
		uint32_t used = b->used;

		*byte ^= (uint8_t)(1 << bit % 8);
		(void)cv_block_check(b, CV_LANE_STATUS);
		if (b->crc32c == crc)
			assert_int_not_equal(cv_block_crc(b), crc);
		*byte ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(b->used, used);
	}
	assert_int_equal(cv_block_check(b, CV_LANE_STATUS), 0);
	free(b);
}

static void test_crc32c(void **state)
{
	uint8_t data[32] = {0};

	/* RFC 3720 B.4 */
	assert_int_equal(cv_crc32c(0, data, 32), 0x8a9136aa);
	memset(data, 0xff, 32);
	assert_int_equal(cv_crc32c(0, data, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = i;
	assert_int_equal(cv_crc32c(0, data, 32), 0x46dd794e);
	for (size_t cut = 0; cut <= 32; cut++) {
		uint32_t a = cv_crc32c(0, data, cut), b = cv_crc32c_portable(0, data, cut);

		assert_int_equal(a, b);
		assert_int_equal(cv_crc32c(a, data + cut, 32 - cut), 0x46dd794e);
	}
}

/* Long ones are done in parts that are put together. */
static void test_crc32c_of_long_data(void **state)
{
	static const size_t lens[] = {3071, 3072, 3073, 3080, 6143, 6144, 9217, 65408, 65536};
	uint8_t *data = malloc(65536 + 8);
	uint32_t x = 1;

	for (size_t i = 0; i < 65536 + 8; i++)
		data[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		for (size_t off = 0; off < 8; off += 3)
			assert_int_equal(cv_crc32c((uint32_t)i, data + off, lens[i]),
					 cv_crc32c_portable((uint32_t)i, data + off, lens[i]));
	free(data);
}

static void test_link_carries_descriptors(void **state)
{
	struct cv_link_msg out = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_ATTACH,
		.incarnation = INCARNATION,
	};
	struct cv_link_msg in;
	int pair[2], fds[2], a = memfd_create("a", 0);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(write(a, "x", 1), 1);
	assert_int_equal(cv_link_send(pair[0], &out, a, pair[0]), 0);
	assert_int_equal(cv_link_recv(pair[1], &in, fds), 0);
	assert_int_equal(in.incarnation, INCARNATION);
	assert_int_equal(lseek(fds[0], 0, SEEK_END), 1);
	assert_true(fds[1] >= 0);
	close(fds[0]);
	close(fds[1]);

	assert_int_equal(cv_link_send(pair[0], &out, -1, -1), 0);
	assert_int_equal(cv_link_recv(pair[1], &in, fds), 0);
	assert_int_equal(fds[0], -1);
	assert_int_equal(fds[1], -1);

	out.version++;
	assert_int_equal(cv_link_send(pair[0], &out, a, -1), 0);
	assert_int_equal(cv_link_recv(pair[1], &in, fds), -EPROTO);
	assert_int_equal(fds[0], -1);
	assert_int_equal(send(pair[0], &out, 5, 0), 5);
	assert_int_equal(cv_link_recv(pair[1], &in, fds), -EPROTO);
	close(pair[0]);
	assert_int_equal(cv_link_recv(pair[1], &in, fds), -EPIPE);
	close(pair[1]);
	close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_produce_and_consume),
		cmocka_unit_test(test_full_ring_sheds_and_tells),
		cmocka_unit_test(test_create_refuses_bad_sizes),
		cmocka_unit_test(test_attach_checks_everything),
		cmocka_unit_test(test_block_check_and_crc),
		cmocka_unit_test(test_crc32c),
		cmocka_unit_test(test_crc32c_of_long_data),
		cmocka_unit_test(test_link_carries_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
