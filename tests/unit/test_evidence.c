/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's ring of dropped frames, and the comment that tells what is known of one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/handoff/evidence.h"
#include "dataplane/handoff/evidence_comment.h"

#define MS 1000000ull

static struct cv_evidence *ring;
static uint8_t frame[4096];

static int setup(void **state)
{
	ring = aligned_alloc(64, sizeof(*ring));
	memset(ring, 0, sizeof(*ring));
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)i;
	return 0;
}

static int teardown(void **state)
{
	free(ring);
	return 0;
}

/* Tokens every ms, so many at once. */
static void switch_on(uint64_t reasons, uint64_t rule, unsigned int at_once)
{
	const struct cv_evidence_config config = {
		.until_ns = 1000 * MS,
		.reasons = reasons,
		.rule = rule,
		.interval_ns = MS,
		.burst_ns = (at_once - 1) * MS,
		.snap = 100,
	};

	cv_evidence_configure(ring, &config);
}

static void drop(uint8_t reason, uint32_t rule, uint8_t port, uint32_t len, uint64_t now_ns)
{
	const struct cv_evidence_drop d = {
		.data = frame,
		.len = len,
		.rule = rule,
		.generation = 7,
		.ts_ns = (int64_t)now_ns,
		.reason = reason,
		.port = port,
	};

	if (cv_evidence_on(ring))
		cv_evidence_offer(ring, &d, now_ns);
}

static void assert_counts(unsigned int port, uint64_t seen, uint64_t unsampled, uint64_t overrun,
			  uint64_t sampled)
{
	struct cv_evidence_counts c = cv_evidence_counts(ring, port);

	assert_int_equal(c.seen, seen);
	assert_int_equal(c.unsampled, unsampled);
	assert_int_equal(c.overrun, overrun);
	assert_int_equal(c.sampled, sampled);
}

static void test_off(void **state)
{
	struct cv_evidence_slot slot;

	drop(CV_REASON_DENY_RULE, 1, 0, 60, 1);
	assert_int_equal(cv_evidence_read(ring, &slot), 0);
	assert_counts(0, 0, 0, 0, 0);
}

static void test_copy(void **state)
{
	struct cv_evidence_slot slot;

	switch_on(1ull << CV_REASON_DENY_RULE, CV_EVIDENCE_ANY_RULE, 8);
	drop(CV_REASON_DENY_RULE, 12, 3, 60, 5);
	drop(CV_REASON_DENY_RULE, 0xffffffff, 15, 1514, 6);
	drop(CV_REASON_DENY_DEFAULT, 0, 3, 60, 7); /* not wanted */
	assert_int_equal(cv_evidence_read(ring, &slot), 1);
	assert_int_equal(slot.head.ts_ns, 5);
	assert_int_equal(slot.head.generation, 7);
	assert_int_equal(slot.head.rule, 12);
	assert_int_equal(slot.head.reason, CV_REASON_DENY_RULE);
	assert_int_equal(slot.head.port, 3);
	assert_int_equal(slot.head.len, 60);
	assert_int_equal(slot.head.wire_len, 60);
	assert_memory_equal(slot.data, frame, 60);
	assert_int_equal(cv_evidence_read(ring, &slot), 1);
	assert_int_equal(slot.head.rule, 0xffffffff);
	assert_int_equal(slot.head.len, 100); /* snap */
	assert_int_equal(slot.head.wire_len, 1514);
	assert_int_equal(cv_evidence_read(ring, &slot), 0);
	assert_counts(3, 1, 0, 0, 1);
	assert_counts(15, 1, 0, 0, 1);
}

/* A flood under one reason leaves the bucket of another alone, and what is missed is told. */
static void test_rate(void **state)
{
	struct cv_evidence_slot slot;
	unsigned int n = 0, rare = 0;
	uint64_t told = 0;

	switch_on(~0ull, CV_EVIDENCE_ANY_RULE, 4);
	for (uint64_t us = 0; us < 100000; us += 10) {
		drop(CV_REASON_DENY_DEFAULT, 0, 0, 60, us * 1000);
		if (us % 20000 == 0)
			drop(CV_REASON_RATE_DEVICE, 9, 0, 60, us * 1000);
		while (cv_evidence_read(ring, &slot) == 1) {
			n += slot.head.reason == CV_REASON_DENY_DEFAULT;
			rare += slot.head.reason == CV_REASON_RATE_DEVICE;
			told += slot.head.missed;
		}
	}
	assert_in_range(n, 100, 104); /* one a ms and the burst */
	assert_int_equal(rare, 5);
	assert_counts(0, 10005, 10005 - n - rare, 0, n + rare);
	assert_in_range(told, 10005 - n - rare - 100, 10005 - n - rare); /* but the last stretch */
}

static void test_rule(void **state)
{
	switch_on(~0ull, 12, 8);
	drop(CV_REASON_DENY_RULE, 13, 0, 60, 1);
	drop(CV_REASON_RATE_DEVICE, 12, 0, 60, 1);
	assert_counts(0, 1, 0, 0, 1);
}

static void test_overrun(void **state)
{
	struct cv_evidence_slot slot;

	switch_on(~0ull, CV_EVIDENCE_ANY_RULE, 1000);
	for (unsigned int i = 0; i < CV_EVIDENCE_SLOTS + 10; i++)
		drop(CV_REASON_DENY_RULE, i, 0, 60, 1);
	assert_counts(0, CV_EVIDENCE_SLOTS + 10, 0, 10, CV_EVIDENCE_SLOTS);
	for (unsigned int i = 0; i < CV_EVIDENCE_SLOTS; i++) {
		assert_int_equal(cv_evidence_read(ring, &slot), 1);
		assert_int_equal(slot.head.rule, i);
	}
	drop(CV_REASON_DENY_RULE, 1, 0, 60, 1);
	assert_int_equal(cv_evidence_read(ring, &slot), 1);
	assert_int_equal(slot.head.missed, 10);
}

/* Control that died does not renew; one that renews at this moment is not overruled. */
static void test_lease(void **state)
{
	switch_on(~0ull, CV_EVIDENCE_ANY_RULE, 8);
	cv_evidence_expire(ring, 1000 * MS);
	assert_true(cv_evidence_on(ring));
	cv_evidence_expire(ring, 1000 * MS + 1);
	assert_false(cv_evidence_on(ring));
	cv_evidence_expire(ring, 2000 * MS);
	assert_false(cv_evidence_on(ring));
}

static void test_broken_peer(void **state)
{
	struct cv_evidence_slot slot;
	struct cv_sample *head = &ring->slots[0].head;

	switch_on(~0ull, CV_EVIDENCE_ANY_RULE, 8);
	for (int what = 0; what < 6; what++) {
		memset(ring, 0, sizeof(ring->config) + 64 * 2);
		ring->head = ring->tail = 0;
		switch_on(~0ull, CV_EVIDENCE_ANY_RULE, 1000);
		drop(CV_REASON_DENY_RULE, 1, 0, 60, 1);
		if (what == 0)
			head->len = CV_EVIDENCE_SNAP_MAX + 1, head->wire_len = 9000;
		if (what == 1)
			head->wire_len = 59;
		if (what == 2)
			head->reason = CV_REASON_COUNT;
		if (what == 3)
			head->port = CV_PORTS_MAX;
		if (what == 4)
			ring->head = 1ull << 60;
		if (what == 5)
			head->wire_len = UINT32_MAX;
		assert_int_equal(cv_evidence_read(ring, &slot), -EBADMSG);
		assert_int_equal(cv_evidence_read(ring, &slot), 0);
	}
}

static void test_comment(void **state)
{
	struct cv_evidence_note note = {
		.reason = CV_REASON_RATE_DEVICE,
		.judge = CV_JUDGE_XDP,
		.vlan = 100,
		.vlan_inner = 7,
		.rule = 4294967295u,
		.generation = UINT64_MAX,
		.device = "fd00::1",
	};
	struct cv_evidence_note back;
	char text[CV_EVIDENCE_COMMENT_MAX];
	size_t len = cv_evidence_comment(&note, text);

	assert_string_equal(text, "culvert: drop reason=rate-device rule=4294967295 "
				  "generation=18446744073709551615 device=fd00::1 vlan=100/7 "
				  "judge=xdp");
	assert_int_equal(len, strlen(text));
	assert_int_equal(cv_evidence_comment_parse(text, len, &back), 0);
	assert_int_equal(back.reason, note.reason);
	assert_int_equal(back.judge, note.judge);
	assert_int_equal(back.vlan, 100);
	assert_int_equal(back.vlan_inner, 7);
	assert_int_equal(back.rule, note.rule);
	assert_true(back.generation == note.generation);
	assert_string_equal(back.device, note.device);
}

static int parse(const char *text)
{
	struct cv_evidence_note note;

	return cv_evidence_comment_parse(text, strlen(text), &note);
}

static void test_comment_of_others(void **state)
{
	assert_int_equal(parse(""), -ENOENT);
	assert_int_equal(parse("malformed, see culvert: drop"), -ENOENT);
	assert_int_equal(parse("culvert: drop "), -EBADMSG);
	assert_int_equal(parse("culvert: drop reason=deny-rule rule=1 generation=1 judge=xdp"), 0);
	/* A later version may say more, in any order. */
	assert_int_equal(parse("culvert: drop zone=a judge=worker generation=1 x rule=1 "
			       "reason=deny-rule device="),
			 0);
	assert_int_equal(parse("culvert: drop reason=deny-rule rule=1 judge=xdp"), -EBADMSG);
	assert_int_equal(parse("culvert: drop reason=deny-ruled rule=1 generation=1 judge=xdp"),
			 -EBADMSG);
	assert_int_equal(parse("culvert: drop reason=deny-rule rule=4294967296 generation=1 "
			       "judge=xdp"),
			 -EBADMSG);
	assert_int_equal(parse("culvert: drop reason=deny-rule rule=1 "
			       "generation=18446744073709551616 judge=xdp"),
			 -EBADMSG);
	assert_int_equal(parse("culvert: drop reason=deny-rule rule=-1 generation=1 judge=xdp"),
			 -EBADMSG);
}

static void test_sender(void **state)
{
	uint8_t ip[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x81, 0, 0x20, 100, 0x08, 0};
	struct cv_evidence_note note = {0};

	memcpy(ip + 18, (uint8_t[]){0x45, 0, 4, 0, 0, 0, 0, 0, 64, 1, 0, 0, 10, 1, 0, 5}, 16);
	cv_evidence_sender(ip, sizeof(ip), 18 + 1024, &note); /* cut: 60 of 1042 bytes */
	assert_string_equal(note.device, "10.1.0.5");
	assert_int_equal(note.vlan, 100);
	ip[17] = 6; /* ARP */
	cv_evidence_sender(ip, sizeof(ip), sizeof(ip), &note);
	assert_string_equal(note.device, "02:00:00:00:00:09");
	cv_evidence_sender(ip, 13, 13, &note);
	assert_string_equal(note.device, "");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_off),	     T(test_copy),    T(test_rate),
		T(test_rule),	     T(test_overrun), T(test_lease),
		T(test_broken_peer), T(test_comment), T(test_comment_of_others),
		T(test_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
