/* SPDX-License-Identifier: Apache-2.0 */
/* The device table by itself: full, crowded, against a plain list, and of both families. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/policy/device_table_internal.h"
#include "dataplane/policy/verdict.h"

#define SECOND 1000000000ull

static struct cv_device_table *table(uint32_t capacity, uint64_t seed)
{
	struct cv_device_table *t = NULL;

	assert_int_equal(cv_device_table_create(capacity, seed, &t), 0);
	return t;
}

static struct cv_device_key key4(uint32_t n)
{
	return (struct cv_device_key){.addr = {n * 0x9e3779b1u}, .family = 4};
}

static struct cv_device_key key6(uint64_t n)
{
	return (struct cv_device_key){.addr = {0x0d20 | n << 40, n * 0x9e3779b97f4a7c15ull},
				      .family = 6};
}

static struct cv_device *get(struct cv_device_table *t, struct cv_device_key key, bool add,
			     uint64_t now)
{
	return cv_device_table_get(t, &key, add, now);
}

static void count(void *owner, const struct cv_device_key *key, const struct cv_device *dev)
{
	++*(uint32_t *)owner;
}

static uint32_t devices_in(const struct cv_device_table *t)
{
	uint32_t n = 0;

	cv_device_each(cv_device_table_buckets(t), count, &n);
	return n;
}

/* Tags and cells say the same: a second cell behind each IPv6 device and nowhere else. */
static void check_tags(const struct cv_device_table *t)
{
	const struct cv_device_bucket *buckets = cv_device_table_buckets(t);

	for (uint32_t n = 1; n <= buckets->head.buckets; n++) {
		for (uint32_t cell = 1; cell < CV_DEVICE_CELLS; cell++) {
			uint32_t tag = cv_device_tag_of(&buckets[n], cell);
			uint16_t flags = buckets[n].cell[cell].device.flags;
			bool pair = tag >= CV_TAG_FIRST && flags & CV_DEVICE_IP6;

			assert_int_not_equal(tag, CV_TAG_BUSY);
			if (pair)
				assert_int_equal(cell & 1, 0);
			if (!(cell & 1))
				assert_int_equal(cv_device_tag_of(&buckets[n], cell + 1) ==
							 CV_TAG_MORE,
						 pair);
		}
	}
}

/* As many as it was made for find a place, in a third of the memory of a cache line each. */
static void test_filled(void **state)
{
	static const uint32_t sizes[] = {64, 1000, 4096, 65536};

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct cv_device_table *t = table(sizes[i], seed);

			for (uint32_t n = 0; n < sizes[i]; n++)
				assert_non_null(get(t, key4(n), true, SECOND));
			assert_int_equal(devices_in(t), sizes[i]);
			for (uint32_t n = 0; n < sizes[i]; n++)
				assert_non_null(get(t, key4(n), false, SECOND));
			assert_true(sizes[i] < 1000 || t->size <= sizes[i] * 38ull);
			check_tags(t);
			cv_device_table_destroy(t);
		}
	}
}

/* Newcomers without end: the table stays whole, each has room. */
static void test_crowded(void **state)
{
	struct cv_device_table *t = table(2000, 1);

	for (uint32_t n = 1000; n < 60000; n++) {
		bool six = n % 3 == 0 || n / 10000 == 4;
		struct cv_device *dev =
			get(t, six ? key6(n) : key4(n), true, SECOND * (2 + n / 1000));

		assert_non_null(dev);
		assert_int_equal(dev->tat | dev->counts | dev->bytes, 0);
		assert_int_equal(dev->flags, six ? CV_DEVICE_IP6 : 0);
		assert_ptr_equal(get(t, six ? key6(n) : key4(n), false, 0), dev);
		dev->tat = dev->counts = dev->bytes = UINT64_MAX;
	}
	check_tags(t);
	cv_device_table_destroy(t);
}

/* Of a table twice as full as it can be, those that go on sending are not the ones to go. */
static void test_silent_ones_go(void **state)
{
	struct cv_device_table *t = table(2000, 2);
	uint32_t kept = 0;

	for (uint32_t n = 0; n < 1000; n++)
		get(t, key4(n), true, SECOND)->counts = 2 * CV_DEVICE_PACKET;
	for (uint32_t n = 1000; n < 20000; n++) {
		uint64_t now = SECOND * (n / 10);
		struct cv_device *busy = get(t, key4(n % 1000), true, now);

		cv_device_count(busy, 60, 0);
		busy->last_seen = (uint16_t)(now >> CV_DEVICE_SEEN_SHIFT);
		assert_non_null(get(t, key4(n), true, now));
	}
	for (uint32_t n = 0; n < 1000; n++) {
		struct cv_device *dev = get(t, key4(n), false, 0);

		kept += dev && CV_DEVICE_PACKETS(dev) == 21;
	}
	assert_true(kept > 500); /* at random none would be left */
	cv_device_table_destroy(t);
}

/* The whole name counts: VLAN, family, all bits of an address. */
static void test_names(void **state)
{
	struct cv_device_table *t = table(1000, 3);
	struct cv_device_key keys[] = {
		{.addr = {0x01020304}, .family = 4},
		{.addr = {0x01020304}, .family = 4, .vlan = 1},
		{.addr = {0x01020304}, .family = 4, .vlan = 4095},
		{.addr = {0x01020304}, .family = 6},
		{.addr = {0, 0x01020304}, .family = 6},
		{.addr = {0x0102030400000000ull}, .family = 6},
		{.addr = {0x01020304}, .family = 6, .vlan = 4095},
		{.addr = {0}, .family = 4},
		{.addr = {0}, .family = 6},
	};
	const unsigned int n = sizeof(keys) / sizeof(keys[0]);

	for (unsigned int i = 0; i < n; i++) {
		assert_null(get(t, keys[i], false, 0));
		get(t, keys[i], true, SECOND)->bytes = i + 1;
	}
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(get(t, keys[i], false, 0)->bytes, i + 1);
	assert_int_equal(devices_in(t), n);
	cv_device_table_destroy(t);
}

/* Devices of one bucket, tag and home cell are told apart, more than are ever compared by chance. */
static void test_same_tag(void **state)
{
	struct cv_device_table *t = table(64, 4);
	const struct cv_device_head *head = &cv_device_table_buckets(t)->head;
	struct cv_device_aim first, aim;
	uint32_t found = 0;

	for (uint32_t n = 0; found < CV_DEVICE_SAME_TAGS; n++) {
		struct cv_device_key key = key4(n);

		cv_device_aim(head, &key, &aim);
		if (!n)
			first = aim;
		if (cv_device_tag(&aim) != cv_device_tag(&first) || aim.home != first.home ||
		    cv_device_choice(&aim, 0) != cv_device_choice(&first, 0))
			continue;
		assert_null(get(t, key, false, 0));
		get(t, key, true, SECOND)->bytes = n + 1;
		assert_int_equal(get(t, key4(0), false, 0)->bytes, 1);
		assert_int_equal(get(t, key, false, 0)->bytes, n + 1);
		found++;
	}
	assert_int_equal(devices_in(t), found);
	cv_device_table_destroy(t);
}

/* Counters stop, each for itself, and never touch the other. */
static void test_counters_stop(void **state)
{
	struct cv_device dev = {.counts = CV_DEVICE_PACKETS_FULL - 2};

	for (int i = 0; i < 10; i++)
		cv_device_count(&dev, 100, i == 5);
	assert_int_equal(CV_DEVICE_PACKETS(&dev), CV_DEVICE_PACKETS_FULL);
	assert_int_equal(CV_DEVICE_DROPS(&dev), 1);
	assert_int_equal(dev.bytes, 1000);
	dev.counts = CV_DEVICE_DROPS_FULL - CV_DEVICE_DROP;
	for (int i = 0; i < 10; i++)
		cv_device_count(&dev, 100, 1);
	assert_int_equal(CV_DEVICE_PACKETS(&dev), 10);
	assert_int_equal(CV_DEVICE_DROPS(&dev), CV_DEVICE_DROPS_FULL >> 36);
}

#define MODEL 3000u

struct model {
	uint64_t packets[2 * MODEL]; /* IPv4 by n, then IPv6 */
	uint32_t seen;
};

static struct cv_device_key model_key(uint32_t n)
{
	struct cv_device_key key = n < MODEL ? key4(n) : key6(n);

	key.vlan = (uint16_t)(n % 3);
	return key;
}

static void compare(void *owner, const struct cv_device_key *key, const struct cv_device *dev)
{
	struct model *m = owner;

	for (uint32_t n = 0; n < 2 * MODEL; n++) {
		struct cv_device_key want = model_key(n);

		if (memcmp(&want, key, sizeof(want)))
			continue;
		assert_int_equal(CV_DEVICE_PACKETS(dev), m->packets[n]);
		m->seen++;
		return;
	}
	fail_msg("a device that nobody put there");
}

/* Any order of look-ups and insertions leaves what a plain list would hold. */
static void test_against_a_list(void **state)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct cv_device_table *t = table(4 * MODEL, seed);
		struct model m = {.seen = 0};
		uint64_t rng = seed;
		uint32_t known = 0;

		for (uint32_t i = 0; i < 20000; i++) {
			uint32_t n;
			struct cv_device *dev;

			rng = rng * 6364136223846793005ull + 1442695040888963407ull;
			n = (uint32_t)((rng >> 32) * 2 * MODEL >> 32);
			dev = get(t, model_key(n), false, 0);
			assert_int_equal(dev != NULL, m.packets[n] != 0);
			if (!dev && rng >> 8 & 1)
				continue;
			dev = get(t, model_key(n), true, SECOND);
			known += !m.packets[n]++;
			cv_device_count(dev, 60, 0);
			assert_int_equal(CV_DEVICE_PACKETS(dev), m.packets[n]);
		}
		cv_device_each(cv_device_table_buckets(t), compare, &m);
		assert_int_equal(m.seen, known);
		check_tags(t);
		cv_device_table_destroy(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filled),	       cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_silent_ones_go), cmocka_unit_test(test_names),
		cmocka_unit_test(test_same_tag),       cmocka_unit_test(test_counters_stop),
		cmocka_unit_test(test_against_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
