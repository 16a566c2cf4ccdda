/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device table under several threads, as several CPUs use it in the kernel: no frame is counted
 * twice or lost, no device has another's name, and a table under eviction stays whole.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define CV_CAS64(p, o, n) __sync_val_compare_and_swap(p, o, n)
#define CV_ADD64(p, n) __sync_fetch_and_add(p, n)
#include "dataplane/policy/verdict.h"

#include "dataplane/policy/device_abi.h"
#include "dataplane/policy/device_table.h"

#define THREADS 4
#define FRAMES 200000u
#define SECOND 1000000000ull

struct cv_device_map {
	struct cv_device_bucket *buckets;
};

static inline struct cv_device_bucket *cv_device_bucket(const struct cv_device_map *map, __u32 n)
{
	return &map->buckets[n];
}

struct sender {
	struct cv_device_map map;
	uint32_t devices;
	uint64_t rng, counted, refused;
};

static void *send(void *of)
{
	struct sender *s = of;

	for (uint32_t i = 0; i < FRAMES; i++) {
		struct cv_device_key key = {.family = 4};
		struct cv_device_aim aim;
		uint32_t place;

		s->rng = s->rng * 6364136223846793005ull + 1442695040888963407ull;
		key.addr[0] = (s->rng >> 32) * s->devices >> 32;
		if (s->rng >> 20 & 1)
			key = (struct cv_device_key){.addr = {1, key.addr[0]}, .family = 6};
		cv_device_aim(&s->map.buckets->head, &key, &aim);
		place = cv_device_find(&s->map, &aim);
		if (!place)
			place = cv_device_add(&s->map, &aim, 0, i * SECOND / 1000);
		if (place)
			cv_device_count(cv_device_at(&s->map, place), 10, i & 1);
		s->counted += place != 0;
		s->refused += place && i & 1;
	}
	return NULL;
}

static void add_up(void *owner, const struct cv_device_key *key, const struct cv_device *dev)
{
	uint64_t *sum = owner;

	sum[0] += CV_DEVICE_PACKETS(dev);
	sum[1] += CV_DEVICE_DROPS(dev);
	sum[2] += dev->bytes;
	sum[3]++;
	assert_true(key->family == 6 ? key->addr[0] == 1 && key->addr[1] < sum[4]
				     : key->addr[0] < sum[4]);
}

static struct cv_device_bucket *run(uint32_t capacity, uint32_t devices, struct sender *total)
{
	uint32_t count = cv_device_buckets(capacity);
	struct cv_device_bucket *b =
		aligned_alloc(4096, ((size_t)count * sizeof(*b) + 4095) & ~4095ul);
	struct sender senders[THREADS];
	pthread_t threads[THREADS];

	assert_non_null(b);
	__builtin_memset(b, 0, count * sizeof(*b));
	cv_device_format(b, count, 7);
	for (int i = 0; i < THREADS; i++) {
		senders[i] = (struct sender){.map = {b}, .devices = devices, .rng = (uint64_t)i};
		assert_int_equal(pthread_create(&threads[i], NULL, send, &senders[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		total->counted += senders[i].counted;
		total->refused += senders[i].refused;
	}
	return b;
}

static void test_nothing_lost(void **state)
{
	struct sender total = {.counted = 0};
	struct cv_device_bucket *b = run(60000, 10000, &total);
	uint64_t sum[5] = {0, 0, 0, 0, 10000};

	cv_device_each(b, add_up, sum);
	assert_int_equal(sum[0], (uint64_t)THREADS * FRAMES);
	assert_int_equal(sum[0], total.counted);
	assert_int_equal(sum[1], total.refused);
	assert_int_equal(sum[2], sum[0] * 10);
	/* A few may be there twice. */
	assert_in_range(sum[3], 20000, 20100);
	free(b);
}

/* Twenty times as many devices as there is room for: places change hands all the time. */
static void test_evicted(void **state)
{
	struct sender total = {.counted = 0};
	struct cv_device_bucket *b = run(1000, 20000, &total);
	uint64_t sum[5] = {0, 0, 0, 0, 20000};

	cv_device_each(b, add_up, sum);
	assert_true(total.counted > (uint64_t)THREADS * FRAMES * 99 / 100);
	assert_in_range(sum[3], 500, 1100);
	for (uint32_t n = 1; n <= b->head.buckets; n++)
		assert_int_equal(cv_device_match(&b[n], CV_TAG_BUSY), 0);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_evicted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
