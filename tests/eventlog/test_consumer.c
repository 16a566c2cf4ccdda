/* SPDX-License-Identifier: Apache-2.0 */
/* Link and consumer with a real handoff: this process plays the dataplane over real sockets. */
#include "control/link/link_server.h"
#include "dataplane/handoff/link.h"
#include "dataplane/policy/generation_build.h"
#include "tests/eventlog/log_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define SEGMENT (16u * CV_BLOCK_SIZE)

struct node {
	struct fixture fx;
	char path[300];
	struct cv_generation *gen;
	struct cv_link_server *link;
	/* the dataplane */
	pid_t process; /* whose end the link's other end is */
	int sock, doorbell;
	struct cv_handoff handoff;
	struct cv_handoff_sink sink;
	uint64_t tsc, value;
};

static void start_control(struct node *n)
{
	const char *why = "";

	if (fx_open(&n->fx, &why) < 0 ||
	    cv_link_server_create(n->fx.loop, n->fx.log, n->path, n->gen, &n->link, &why) < 0)
		fail_msg("%s", why);
}

static void stop_control(struct node *n)
{
	cv_link_server_destroy(n->link);
	fx_close(&n->fx);
	n->link = NULL;
}

static void start_dataplane(struct node *n, uint64_t incarnation)
{
	assert_int_equal(cv_handoff_create(1, 8, incarnation, &n->handoff), 0);
	cv_handoff_sink_init(&n->sink, &n->handoff, 0, 1000);
	n->doorbell = eventfd(0, EFD_NONBLOCK);
}

static void kill_process(struct node *n)
{
	if (n->process > 0) {
		kill(n->process, SIGKILL);
		waitpid(n->process, NULL, 0);
	}
	n->process = 0;
}

static void stop_dataplane(struct node *n)
{
	if (n->sock >= 0)
		close(n->sock);
	kill_process(n);
	n->sock = -1;
	if (n->handoff.base)
		cv_handoff_close(&n->handoff);
	if (n->doorbell >= 0)
		close(n->doorbell);
	n->doorbell = -1;
}

static void wait_ms(struct node *n, int ms)
{
	fx_wait(&n->fx, (uint64_t)ms * 1000000);
}

static struct cv_link_msg last; /* that answer() read */

/* @return the type of control's answer. */
static int answer(struct node *n)
{
	struct cv_link_msg msg;
	int fds[2], res = -EAGAIN;
	struct timeval now = {.tv_usec = 1};

	setsockopt(n->sock, SOL_SOCKET, SO_RCVTIMEO, &now, sizeof(now));
	for (int i = 0; i < 1000 && res == -EAGAIN; i++) {
		wait_ms(n, 1);
		res = cv_link_recv(n->sock, &msg, fds);
	}
	assert_int_equal(res, 0);
	if (msg.type == CV_LINK_WELCOME) {
		struct stat st;

		assert_int_equal(fstat(fds[0], &st), 0);
		assert_int_equal(st.st_size, n->gen->size);
		assert_int_equal(write(fds[0], "x", 1), -1); /* sealed */
	}
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	last = msg;
	return msg.type;
}

/* Control sees the process that connects: one that can be killed on its own. */
static int connect_process(struct node *n)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0), done[2];
	char c;

	strcpy(addr.sun_path, n->path);
	assert_int_equal(pipe(done), 0);
	kill_process(n);
	n->process = fork();
	if (n->process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
			_exit(1);
		/* The lock of the log, among others, belongs to the parent alone. */
		dup2(done[1], STDIN_FILENO);
		close_range(3, ~0u, 0);
		(void)!write(STDIN_FILENO, "c", 1);
		pause();
		_exit(0);
	}
	close(done[1]);
	assert_int_equal(read(done[0], &c, 1), 1);
	close(done[0]);
	return sock;
}

static int attach_by(struct node *n, int sock)
{
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_ATTACH,
		.incarnation = n->handoff.header->incarnation,
	};

	n->sock = sock;
	assert_int_equal(answer(n), CV_LINK_WELCOME);
	assert_int_equal(cv_link_send(n->sock, &msg, n->handoff.fd, n->doorbell), 0);
	return answer(n);
}

static int attach(struct node *n)
{
	return attach_by(n, connect_process(n));
}

/* From this process, which does not end. */
static int attach_here(struct node *n)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(addr.sun_path, n->path);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return attach_by(n, sock);
}

static void emit(struct node *n, enum cv_lane lane, unsigned int count)
{
	static const struct cv_origin origin = {.family = 4, .ts_rx_ns = 1000};
	struct cv_emit e;

	cv_emit_init(&e, &n->sink.sink);
	e.origin = &origin;
	for (unsigned int i = 0; i < count; i++) {
		struct cv_record *rec = cv_emit_begin(&e, lane, CV_KIND_MEASUREMENT);

		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = ++n->value;
		cv_emit_end(&e);
	}
}

/* As worker and housekeeping thread do it: publish, and ring when control sleeps. */
static void flush(struct node *n, bool force)
{
	uint64_t one = 1;

	cv_handoff_flush(&n->sink, ++n->tsc, 1000, force);
	if (__atomic_load_n(&n->handoff.header->sleeping, __ATOMIC_SEQ_CST))
		(void)!write(n->doorbell, &one, sizeof(one));
}

static bool wait_for_end(struct node *n, enum cv_lane lane, uint64_t end)
{
	for (int i = 0; i < 3000 && cv_eventlog_end(n->fx.log, lane) < end; i++)
		wait_ms(n, 1);
	return cv_eventlog_end(n->fx.log, lane) == end;
}

static int setup(void **state)
{
	struct node *n = calloc(1, sizeof(*n));
	struct cv_generation_build *build;

	fx_init(&n->fx, SEGMENT);
	snprintf(n->path, sizeof(n->path), "%s/link.sock", n->fx.dir);
	assert_int_equal(cv_generation_build_create(&build), 0);
	cv_generation_build_head(build)->number = 3;
	assert_int_equal(cv_generation_build_finish(build, &n->gen), 0);
	cv_generation_build_destroy(build);
	n->sock = n->doorbell = -1;
	start_control(n);
	start_dataplane(n, 42);
	*state = n;
	return 0;
}

static int teardown(void **state)
{
	struct node *n = *state;

	cv_link_server_destroy(n->link);
	stop_dataplane(n);
	fx_destroy(&n->fx);
	free(n->gen);
	free(n);
	return 0;
}

static void test_records_reach_the_log(void **state)
{
	struct node *n = *state;
	struct cv_totals t;

	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	for (int round = 0; round < 20; round++) {
		emit(n, CV_LANE_ALARM, 3);
		emit(n, CV_LANE_MEASUREMENT, 1000);
		flush(n, true);
		assert_true(wait_for_end(n, CV_LANE_ALARM, 4 + 3 * (uint64_t)round));
		assert_true(wait_for_end(n, CV_LANE_MEASUREMENT, 1001 + 1000 * (uint64_t)round));
	}
	wait_ms(n, 2);
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

	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	for (uint64_t round = 1; round <= 3; round++) {
		for (int i = 0; i < 1000 && !n->handoff.header->sleeping; i++)
			wait_ms(n, 1);
		assert_int_equal(n->handoff.header->sleeping, 1);
		emit(n, CV_LANE_STATUS, 1);
		cv_handoff_flush(&n->sink, ++n->tsc, 1000, true); /* and no bell */
		wait_ms(n, 20);
		assert_int_equal(cv_eventlog_end(n->fx.log, CV_LANE_STATUS), round);
		assert_int_equal(write(n->doorbell, &one, 8), 8);
		assert_true(wait_for_end(n, CV_LANE_STATUS, round + 1));
	}
}

static void test_dead_dataplane_is_drained(void **state)
{
	struct node *n = *state;
	struct cv_totals t;

	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	emit(n, CV_LANE_ALARM, 5);
	flush(n, true);
	emit(n, CV_LANE_ALARM, 2); /* counted, never published */
	flush(n, false);
	stop_dataplane(n);
	assert_true(wait_for_end(n, CV_LANE_ALARM, 9)); /* 5, a hole of 2, its gap record */
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.finished, 1);
	assert_int_equal(t.abandoned[CV_LANE_ALARM], 2);
	assert_null(cv_link_server_dataplane(n->link));
	assert_int_equal(fx_read(&n->fx, CV_LANE_ALARM, 6), -EBADMSG);
	assert_true(n->fx.read.told);

	/* The next one is welcome. */
	start_dataplane(n, 43);
	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	emit(n, CV_LANE_ALARM, 1);
	flush(n, true);
	assert_true(wait_for_end(n, CV_LANE_ALARM, 10));
}

/* Killed after it counted a block as handed and before it published it, and with shed records that
 * it had no block to tell of. */
static void test_dead_dataplane_leaves_no_open_sum(void **state)
{
	struct node *n = *state;
	struct cv_counters *c = n->handoff.counters;
	struct cv_totals t;

	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	emit(n, CV_LANE_ALARM, 5);
	flush(n, true);
	assert_true(wait_for_end(n, CV_LANE_ALARM, 6));
	cv_count(&c->produced[CV_LANE_ALARM], 7);
	cv_count(&c->shed[CV_LANE_ALARM], 4);
	cv_count(&c->handed[CV_LANE_ALARM], 3);
	stop_dataplane(n);
	assert_true(wait_for_end(n, CV_LANE_ALARM, 14)); /* 5, a hole of 7, its gap record */
	cv_link_server_totals(n->link, &t);
	assert_int_equal(t.workers.handed[CV_LANE_ALARM], t.taken[CV_LANE_ALARM]);
	assert_int_equal(t.abandoned[CV_LANE_ALARM], 3);
	assert_int_equal(t.untold[CV_LANE_ALARM], 4);
	assert_int_equal(t.workers.produced[CV_LANE_ALARM], 5 + 3 + 4);
	assert_int_equal(fx_read(&n->fx, CV_LANE_ALARM, 13), 0);
	assert_int_equal(fx_value(n->fx.copy, 13), 7);
}

static void test_second_dataplane_is_refused(void **state)
{
	struct node *n = *state, second = {.doorbell = -1, .sock = -1};

	assert_int_equal(attach_here(n), CV_LINK_ATTACHED);
	second.fx = n->fx;
	second.gen = n->gen;
	strcpy(second.path, n->path);
	second.sock = connect_process(&second); /* told before it does anything */
	assert_int_equal(answer(&second), CV_LINK_REFUSED);
	stop_dataplane(&second);

	/* One process, two handoffs. */
	start_dataplane(&second, 99);
	assert_int_equal(attach_here(&second), CV_LINK_REFUSED);
	stop_dataplane(&second);
}

/* The link breaks, the process lives: it comes back with the same memory and loses nothing. */
static void test_same_dataplane_comes_back(void **state)
{
	struct node *n = *state;
	struct cv_totals t;

	assert_int_equal(attach_here(n), CV_LINK_ATTACHED);
	for (uint64_t round = 0; round < 5; round++) {
		emit(n, CV_LANE_ALARM, 10);
		flush(n, true);
		close(n->sock);
		n->sock = -1;
		wait_ms(n, round % 2 ? 50 : 0); /* also when all is drained */
		assert_int_equal(attach_here(n), CV_LINK_ATTACHED);
	}
	assert_true(wait_for_end(n, CV_LANE_ALARM, 51));
	wait_ms(n, 5);
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

	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	emit(n, CV_LANE_ALARM, 10);
	flush(n, true);
	assert_true(wait_for_end(n, CV_LANE_ALARM, 11));
	before = *ch;
	emit(n, CV_LANE_ALARM, 7);
	flush(n, true);
	assert_true(wait_for_end(n, CV_LANE_ALARM, 18));
	stop_control(n);
	close(n->sock);
	/* As if it had died just before, with its note half written. */
	ch->tail = before.tail;
	ch->current = before.current;
	ch->note[before.current & 1] = before.note[before.current & 1];
	ch->note[1 - (before.current & 1)].records = 17;
	ch->note[1 - (before.current & 1)].tail = before.tail;
	emit(n, CV_LANE_ALARM, 3); /* while nobody is there */
	flush(n, true);

	start_control(n);
	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	assert_true(wait_for_end(n, CV_LANE_ALARM, 21));
	wait_ms(n, 5);
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
		emit(n, CV_LANE_ALARM, 4);
		flush(n, true);
	}
	((struct cv_record *)(void *)(b + 1))->size = 9;
	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	/* 4 events, a hole of 4, a gap record, 4 events; the refusal is known first. */
	assert_true(wait_for_end(n, CV_LANE_ALARM, 14));
	wait_ms(n, 5);
	assert_int_equal(
		cv_eventlog_counters(n->fx.log)->refused[CV_LANE_ALARM][CV_REFUSAL_BAD_BLOCK], 4);
	assert_int_equal(cv_eventlog_counters(n->fx.log)->logged[CV_LANE_ALARM], 8);
	assert_int_equal(ch->tail, 3);
}

static void test_impossible_head(void **state)
{
	struct node *n = *state;

	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	wait_ms(n, 1);
	cv_handoff_channel(&n->handoff, 0, CV_LANE_ALARM)->head = 1000;
	wait_ms(n, 1);
	assert_int_equal(write(n->doorbell, &(uint64_t){1}, 8), 8);
	wait_ms(n, 5);
	assert_non_null(cv_link_server_dataplane(n->link));
	assert_non_null(cv_consumer_broken(cv_link_server_dataplane(n->link)));
	stop_dataplane(n);
	wait_ms(n, 20);
	assert_null(cv_link_server_dataplane(n->link));
}

static void test_hostile_messages(void **state)
{
	struct node *n = *state;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_ATTACH,
		.incarnation = 42,
	};
	int sock;

	strcpy(addr.sun_path, n->path);
	for (int i = 0; i < 40; i++) { /* more than there are slots; each is closed again */
		sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
		assert_int_equal(send(sock, "garbage", 7, 0), 7);
		wait_ms(n, 1);
		close(sock);
	}
	wait_ms(n, 5);
	sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	n->sock = sock;
	assert_int_equal(answer(n), CV_LINK_WELCOME);
	assert_int_equal(cv_link_send(sock, &msg, -1, -1), 0);
	assert_int_equal(answer(n), CV_LINK_REFUSED);
	assert_int_equal(cv_link_send(sock, &msg, n->doorbell, n->handoff.fd), 0);
	assert_int_equal(answer(n), CV_LINK_REFUSED);
	assert_int_equal(cv_link_send(sock, &msg, n->handoff.fd, n->doorbell), 0);
	assert_int_equal(answer(n), CV_LINK_ATTACHED);
	assert_int_equal(answer(n), CV_LINK_PREPARE);
	assert_int_equal(cv_link_send(sock, &msg, n->handoff.fd, n->doorbell), 0);
	assert_int_equal(answer(n), CV_LINK_REFUSED);
}

/* What a dataplane says of the last message. */
static void say(struct node *n, enum cv_link_type type, int error)
{
	last.type = (uint16_t)type;
	last.error = error;
	snprintf(last.text, sizeof(last.text), "%s", error ? "no memory" : "");
	assert_int_equal(cv_link_send(n->sock, &last, -1, -1), 0);
	wait_ms(n, 5);
}

/* A dataplane that comes is brought to what is in force, and then follows it, in two phases. */
static void test_policies(void **state)
{
	struct node *n = *state;
	struct cv_link_policy *p = cv_link_server_policy(n->link);
	struct cv_generation *next = malloc(n->gen->size);
	const char *why;

	memcpy(next, n->gen, n->gen->size);
	next->number = n->gen->number + 1;
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_ABSENT);
	assert_int_equal(attach(n), CV_LINK_ATTACHED);
	assert_int_equal(answer(n), CV_LINK_PREPARE);
	assert_int_equal(last.generation, n->gen->number);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_WAITING);
	say(n, CV_LINK_PREPARED, 0);
	assert_int_equal(answer(n), CV_LINK_SWITCH);
	say(n, CV_LINK_SWITCHED, 0);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_READY);

	/* Refused: the old one stays in force. */
	assert_int_equal(cv_link_policy_offer(p, next, &why), 0);
	assert_int_equal(answer(n), CV_LINK_PREPARE);
	assert_int_equal(cv_link_policy_ready(p, next->number, &why), CV_LINK_WAITING);
	say(n, CV_LINK_PREPARED, -ENOMEM);
	assert_int_equal(cv_link_policy_ready(p, next->number, &why), CV_LINK_UNFIT);
	assert_string_equal(why, "no memory");
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_READY);
	cv_link_policy_withdraw(p, next->number);

	/* Taken, and the answer to an older question says nothing about it. */
	assert_int_equal(cv_link_policy_offer(p, next, &why), 0);
	assert_int_equal(answer(n), CV_LINK_PREPARE);
	say(n, CV_LINK_PREPARED, 0);
	cv_link_policy_switch(
		p, &(struct cv_link_set){.live = next->number, .previous = n->gen->number});
	assert_int_equal(answer(n), CV_LINK_SWITCH);
	assert_int_equal(last.generation, next->number);
	assert_int_equal(last.previous, n->gen->number);
	last.generation = n->gen->number;
	say(n, CV_LINK_SWITCHED, 0);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_WAITING);
	last.generation = next->number;
	say(n, CV_LINK_SWITCHED, 0);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_READY);

	/* It goes: the next one is brought to the same. */
	close(n->sock);
	wait_ms(n, 5);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_ABSENT);
	n->sock = -1;
	free(next);
}

static void test_socket_file(void **state)
{
	struct node *n = *state;
	struct cv_link_server *second;
	struct stat st;
	const char *why = "";
	int fd;

	assert_int_equal(stat(n->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(
		cv_link_server_create(n->fx.loop, n->fx.log, n->path, n->gen, &second, &why),
		-EADDRINUSE);
	assert_non_null(strstr(why, "another culvert-control"));
	cv_link_server_destroy(n->link);
	n->link = NULL;
	assert_int_equal(stat(n->path, &st), -1);

	/* Left behind by a crash: bound, nobody listens. */
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	strcpy(addr.sun_path, n->path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	assert_int_equal(
		cv_link_server_create(n->fx.loop, n->fx.log, n->path, n->gen, &n->link, &why), 0);
	assert_int_equal(attach(n), CV_LINK_ATTACHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_records_reach_the_log, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sleeps_and_wakes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_dataplane_is_drained, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_dataplane_leaves_no_open_sum, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_second_dataplane_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_dataplane_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart_of_control_logs_nothing_twice, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_malformed_block_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_impossible_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_socket_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
