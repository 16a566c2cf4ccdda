/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer of the handoff: what a dataplane hands over is in the log, once. */
#include "control/consumer/consumer_private.h"
#include "tests/eventlog/node_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static void test_records_reach_the_log(void **state)
{
	struct node *n = *state;
	struct cv_totals t;

	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	for (int round = 0; round < 20; round++) {
		node_emit(n, CV_LANE_ALARM, 3);
		node_emit(n, CV_LANE_MEASUREMENT, 1000);
		node_flush(n, true);
		assert_true(node_wait_for_end(n, CV_LANE_ALARM, 4 + 3 * (uint64_t)round));
		assert_true(
			node_wait_for_end(n, CV_LANE_MEASUREMENT, 1001 + 1000 * (uint64_t)round));
	}
	node_wait_ms(n, 2);
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.workers.shed[CV_LANE_MEASUREMENT], 0);
	assert_int_equal(t.taken[CV_LANE_MEASUREMENT], 20000);
	assert_int_equal(t.taken[CV_LANE_MEASUREMENT], t.workers.handed[CV_LANE_MEASUREMENT]);
	assert_int_equal(cv_eventlog_counters(n->fx.log)->logged[CV_LANE_ALARM], 60);
	assert_int_equal(fx_read(&n->fx, CV_LANE_ALARM, 61 - 1), 0);
}

static void test_sleeps_and_wakes(void **state)
{
	struct node *n = *state;
	uint64_t one = 1;

	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	for (uint64_t round = 1; round <= 3; round++) {
		for (int i = 0; i < 1000 && !n->handoff.header->sleeping; i++)
			node_wait_ms(n, 1);
		assert_int_equal(n->handoff.header->sleeping, 1);
		node_emit(n, CV_LANE_STATUS, 1);
		cv_handoff_flush(&n->sink, ++n->tsc, 1000, true); /* and no bell */
		node_wait_ms(n, 20);
		assert_int_equal(cv_eventlog_end(n->fx.log, CV_LANE_STATUS), round);
		assert_int_equal(write(n->doorbell, &one, 8), 8);
		assert_true(node_wait_for_end(n, CV_LANE_STATUS, round + 1));
	}
}

static void test_dead_dataplane_is_drained(void **state)
{
	struct node *n = *state;
	struct cv_totals t;

	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	node_emit(n, CV_LANE_ALARM, 5);
	node_flush(n, true);
	node_emit(n, CV_LANE_ALARM, 2); /* counted, never published */
	node_flush(n, false);
	node_stop_dataplane(n);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 9)); /* 5, a hole of 2, its gap record */
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.finished, 1);
	assert_int_equal(t.abandoned[CV_LANE_ALARM], 2);
	assert_null(cv_link_server_dataplane(n->link));
	assert_int_equal(fx_read(&n->fx, CV_LANE_ALARM, 6), -EBADMSG);
	assert_true(n->fx.read.told);

	/* The next one is welcome. */
	node_start_dataplane(n, 43, 8);
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	node_emit(n, CV_LANE_ALARM, 1);
	node_flush(n, true);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 10));
}

/* Killed after it counted a block as handed and before it published it, and with shed records that
 * it had no block to tell of. */
static void test_dead_dataplane_leaves_no_open_sum(void **state)
{
	struct node *n = *state;
	struct cv_counters *c = n->handoff.counters;
	struct cv_totals t;

	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	node_emit(n, CV_LANE_ALARM, 5);
	node_flush(n, true);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 6));
	cv_count(&c->produced[CV_LANE_ALARM], 7);
	cv_count(&c->shed[CV_LANE_ALARM], 4);
	cv_count(&c->handed[CV_LANE_ALARM], 3);
	node_stop_dataplane(n);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 14)); /* 5, a hole of 7, its gap record */
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.workers.handed[CV_LANE_ALARM], t.taken[CV_LANE_ALARM]);
	assert_int_equal(t.abandoned[CV_LANE_ALARM], 3);
	assert_int_equal(t.untold[CV_LANE_ALARM], 4);
	assert_int_equal(t.workers.produced[CV_LANE_ALARM], 5 + 3 + 4);
	assert_int_equal(fx_read(&n->fx, CV_LANE_ALARM, 13), 0);
	assert_int_equal(fx_value(n->fx.copy, 13), 7);
}

/* Killed while radio frames waited for other gateways: subscribers learn that they are missing. */
static void test_dead_dataplane_had_frames_that_waited(void **state)
{
	struct node *n = *state;
	struct cv_counters *c = n->handoff.counters;
	struct cv_totals t;

	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	node_emit(n, CV_LANE_STATUS, 5);
	node_flush(n, true);
	assert_true(node_wait_for_end(n, CV_LANE_STATUS, 6));
	cv_count(&c->flow[CV_FLOW_RADIO_HEARD], 4);
	cv_count(&c->flow[CV_FLOW_RADIO_TOLD], 1);
	cv_count(&c->flow[CV_FLOW_RADIO_COPIES], 1);
	cv_count(&c->flow[CV_FLOW_RADIO_WAITING], 2);
	node_stop_dataplane(n);
	assert_true(node_wait_for_end(n, CV_LANE_STATUS, 9)); /* 5, a hole of 2, its gap record */
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.abandoned[CV_LANE_STATUS], 2);
	assert_int_equal(t.workers.produced[CV_LANE_STATUS], 5 + 2);
	assert_int_equal(t.workers.flow[CV_FLOW_RADIO_WAITING], 0);
	assert_int_equal(fx_read(&n->fx, CV_LANE_STATUS, 8), 0);
	assert_int_equal(fx_value(n->fx.copy, 8), 2);
}

/* The link breaks, the process lives: it comes back with the same memory and loses nothing. */
static void test_same_dataplane_comes_back(void **state)
{
	struct node *n = *state;
	struct cv_totals t;

	assert_int_equal(node_attach_here(n), CV_LINK_ATTACHED);
	for (uint64_t round = 0; round < 5; round++) {
		node_emit(n, CV_LANE_ALARM, 10);
		node_flush(n, true);
		close(n->sock);
		n->sock = -1;
		node_wait_ms(n, round % 2 ? 50 : 0); /* also when all is drained */
		assert_int_equal(node_attach_here(n), CV_LINK_ATTACHED);
	}
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 51));
	node_wait_ms(n, 5);
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.taken[CV_LANE_ALARM], 50);
	assert_int_equal(t.taken_here[CV_LANE_ALARM], 50);
	assert_int_equal(t.finished, 0);
}

/* Control ends between "durable" and "given back": nothing is logged twice. */
static void test_restart_of_control_logs_nothing_twice(void **state)
{
	struct node *n = *state;
	struct cv_channel *ch = cv_handoff_channel(&n->handoff, 0, CV_LANE_ALARM), before;
	struct cv_totals t;

	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	node_emit(n, CV_LANE_ALARM, 10);
	node_flush(n, true);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 11));
	before = *ch;
	node_emit(n, CV_LANE_ALARM, 7);
	node_flush(n, true);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 18));
	node_stop_control(n);
	close(n->sock);
	/* As if it had died just before, with its note half written. */
	ch->tail = before.tail;
	ch->current = before.current;
	ch->note[before.current & 1] = before.note[before.current & 1];
	ch->note[1 - (before.current & 1)].records = 17;
	ch->note[1 - (before.current & 1)].tail = before.tail;
	node_emit(n, CV_LANE_ALARM, 3); /* while nobody is there */
	node_flush(n, true);

	node_start_control(n);
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 21));
	node_wait_ms(n, 5);
	assert_int_equal(
		cv_eventlog_counters(n->fx.log)->refused[CV_LANE_ALARM][CV_REFUSAL_REPEATED], 7);
	assert_int_equal(cv_eventlog_counters(n->fx.log)->gaps[CV_LANE_ALARM], 0);
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.taken[CV_LANE_ALARM], 20);
	assert_int_equal(t.taken_here[CV_LANE_ALARM], 10);
	for (uint64_t seq = 1; seq < 21; seq++) {
		assert_int_equal(fx_read(&n->fx, CV_LANE_ALARM, seq), 0);
		assert_int_equal(fx_value(n->fx.copy, seq), seq);
	}
}

static void test_malformed_block_is_refused(void **state)
{
	struct node *n = *state;
	struct cv_block *b = cv_handoff_block(&n->handoff, 0, CV_LANE_ALARM, 1);
	const struct cv_channel *ch = cv_handoff_channel(&n->handoff, 0, CV_LANE_ALARM);

	for (int i = 0; i < 3; i++) {
		node_emit(n, CV_LANE_ALARM, 4);
		node_flush(n, true);
	}
	((struct cv_record *)(void *)(b + 1))->size = 9;
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	/* 4 events, a hole of 4, a gap record, 4 events; the refusal is known first. */
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 14));
	node_wait_ms(n, 5);
	assert_int_equal(
		cv_eventlog_counters(n->fx.log)->refused[CV_LANE_ALARM][CV_REFUSAL_BAD_BLOCK], 4);
	assert_int_equal(cv_eventlog_counters(n->fx.log)->logged[CV_LANE_ALARM], 8);
	assert_int_equal(ch->tail, 3);
}

static void test_impossible_head(void **state)
{
	struct node *n = *state;

	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	node_wait_ms(n, 1);
	cv_handoff_channel(&n->handoff, 0, CV_LANE_ALARM)->head = 1000;
	node_wait_ms(n, 1);
	assert_int_equal(write(n->doorbell, &(uint64_t){1}, 8), 8);
	node_wait_ms(n, 5);
	assert_non_null(cv_link_server_dataplane(n->link));
	assert_non_null(cv_consumer_broken(cv_link_server_dataplane(n->link)));
	node_stop_dataplane(n);
	node_wait_ms(n, 20);
	assert_null(cv_link_server_dataplane(n->link));
}

struct looks {
	struct cv_loop *loop;
	uint64_t turn_ns;
	unsigned int in_turn, most_in_turn, blocks, alarm_at;
};

static void count_look(void *owner, struct cv_block *b)
{
	struct looks *l = owner;

	if (l->turn_ns != cv_loop_mono_ns(l->loop))
		l->in_turn = 0;
	l->turn_ns = cv_loop_mono_ns(l->loop);
	l->blocks++;
	if (b->lane == CV_LANE_ALARM)
		l->alarm_at = l->blocks;
	else if (++l->in_turn > l->most_in_turn)
		l->most_in_turn = l->in_turn;
}

/* One append of measurements may take many blocks, whose records take time. */
static void test_alarms_pass_what_is_looked_at(void **state)
{
	struct node *n = *state;
	struct looks l = {.loop = n->fx.loop};

	node_stop_dataplane(n);
	node_start_dataplane(n, 43, 64);
	cv_link_server_set_look(n->link, count_look, &l);
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	node_emit(n, CV_LANE_MEASUREMENT, 20000);
	node_flush(n, true);
	while (l.blocks < 3)
		assert_int_equal(cv_loop_turn(n->fx.loop), 0);
	assert_in_range(l.blocks, 3, 10);
	node_emit(n, CV_LANE_ALARM, 1);
	node_flush(n, true);
	assert_true(node_wait_for_end(n, CV_LANE_ALARM, 2));
	assert_true(node_wait_for_end(n, CV_LANE_MEASUREMENT, 20001));
	assert_in_range(l.alarm_at, 4, 20);
	assert_in_range(l.most_in_turn, 1, 8);
	assert_int_equal(l.blocks, cv_eventlog_counters(n->fx.log)->blocks); /* each once */
}

/*
 * More waits than one append takes: the next one is with the log before the first is acknowledged, and
 * what is given back keeps its order, a bad block among it.
 */
static void test_a_flood_is_handed_over_ahead(void **state)
{
	const uint64_t events = 60000;
	struct node *n = *state;
	const struct cv_consumer *c;
	const struct cv_channel *ch;
	struct cv_block *bad;
	bool ahead = false;
	struct cv_totals t;
	uint64_t lost;

	node_stop_dataplane(n);
	node_start_dataplane(n, 43, 256);
	node_emit(n, CV_LANE_MEASUREMENT, (unsigned int)events);
	node_flush(n, true);
	ch = cv_handoff_channel(&n->handoff, 0, CV_LANE_MEASUREMENT);
	assert_true(ch->head > CV_APPEND_MAX + 20);
	bad = cv_handoff_block(&n->handoff, 0, CV_LANE_MEASUREMENT, CV_APPEND_MAX + 18);
	lost = bad->count;
	((struct cv_record *)(void *)(bad + 1))->size = 9;
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	c = cv_link_server_dataplane(n->link);
	while (ch->tail < ch->head) {
		assert_int_equal(cv_loop_turn(n->fx.loop), 0);
		ahead |= c->taking[CV_LANE_MEASUREMENT][1].busy;
	}
	assert_true(ahead);
	/* The events, a hole, its gap record. */
	assert_true(node_wait_for_end(n, CV_LANE_MEASUREMENT, events + 2));
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.taken[CV_LANE_MEASUREMENT], events);
	assert_int_equal(cv_eventlog_counters(n->fx.log)->logged[CV_LANE_MEASUREMENT],
			 events - lost);
	for (uint64_t seq = 1; seq < events + 2;) {
		if (fx_read(&n->fx, CV_LANE_MEASUREMENT, seq) != 0) {
			assert_true(n->fx.read.told);
			assert_int_equal(n->fx.read.skip_to - seq, lost);
			seq = n->fx.read.skip_to;
			continue;
		}
		seq = n->fx.copy->first_seq + n->fx.copy->count;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_records_reach_the_log, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(test_sleeps_and_wakes, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(test_dead_dataplane_is_drained, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(test_dead_dataplane_leaves_no_open_sum, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(test_dead_dataplane_had_frames_that_waited,
						node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(test_same_dataplane_comes_back, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(test_restart_of_control_logs_nothing_twice,
						node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(test_malformed_block_is_refused, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(test_impossible_head, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(test_alarms_pass_what_is_looked_at, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(test_a_flood_is_handed_over_ahead, node_setup,
						node_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
