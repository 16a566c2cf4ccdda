/* SPDX-License-Identifier: Apache-2.0 */
/* The link between control and dataplane: who may attach, which policy it has, what is refused. */
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

static void test_second_dataplane_is_refused(void **state)
{
	struct node *n = *state, second = {.doorbell = -1, .sock = -1};

	assert_int_equal(node_attach_here(n), CV_LINK_ATTACHED);
	second.fx = n->fx;
	second.gen = n->gen;
	strcpy(second.path, n->path);
	second.sock = node_connect_process(&second); /* told before it does anything */
	assert_int_equal(node_answer(&second), CV_LINK_REFUSED);
	node_stop_dataplane(&second);

	/* One process, two handoffs. */
	node_start_dataplane(&second, 99, 8);
	assert_int_equal(node_attach_here(&second), CV_LINK_REFUSED);
	node_stop_dataplane(&second);
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
		node_wait_ms(n, 1);
		close(sock);
	}
	node_wait_ms(n, 5);
	sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	n->sock = sock;
	assert_int_equal(node_answer(n), CV_LINK_WELCOME);
	assert_int_equal(cv_link_send(sock, &msg, -1, -1), 0);
	assert_int_equal(node_answer(n), CV_LINK_REFUSED);
	assert_int_equal(cv_link_send(sock, &msg, n->doorbell, n->handoff.fd), 0);
	assert_int_equal(node_answer(n), CV_LINK_REFUSED);
	assert_int_equal(cv_link_send(sock, &msg, n->handoff.fd, n->doorbell), 0);
	assert_int_equal(node_answer(n), CV_LINK_ATTACHED);
	assert_int_equal(node_answer(n), CV_LINK_QUARANTINE);
	assert_int_equal(node_answer(n), CV_LINK_PREPARE);
	assert_int_equal(cv_link_send(sock, &msg, n->handoff.fd, n->doorbell), 0);
	assert_int_equal(node_answer(n), CV_LINK_REFUSED);
}

/* What a dataplane says of the last message. */
static void say(struct node *n, enum cv_link_type type, int error)
{
	n->last.type = (uint16_t)type;
	n->last.error = error;
	snprintf(n->last.text, sizeof(n->last.text), "%s", error ? "no memory" : "");
	assert_int_equal(cv_link_send(n->sock, &n->last, -1, -1), 0);
	node_wait_ms(n, 5);
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
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	assert_int_equal(node_answer(n), CV_LINK_QUARANTINE);
	assert_int_equal(node_answer(n), CV_LINK_PREPARE);
	assert_int_equal(n->last.generation, n->gen->number);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_WAITING);
	say(n, CV_LINK_PREPARED, 0);
	assert_int_equal(node_answer(n), CV_LINK_SWITCH);
	say(n, CV_LINK_SWITCHED, 0);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_READY);

	/* Refused: the old one stays in force. */
	assert_int_equal(cv_link_policy_offer(p, next, &why), 0);
	assert_int_equal(node_answer(n), CV_LINK_PREPARE);
	assert_int_equal(cv_link_policy_ready(p, next->number, &why), CV_LINK_WAITING);
	say(n, CV_LINK_PREPARED, -ENOMEM);
	assert_int_equal(cv_link_policy_ready(p, next->number, &why), CV_LINK_UNFIT);
	assert_string_equal(why, "no memory");
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_READY);
	cv_link_policy_withdraw(p, next->number);

	/* Taken, and the answer to an older question says nothing about it. */
	assert_int_equal(cv_link_policy_offer(p, next, &why), 0);
	assert_int_equal(node_answer(n), CV_LINK_PREPARE);
	say(n, CV_LINK_PREPARED, 0);
	cv_link_policy_switch(
		p, &(struct cv_link_set){.live = next->number, .previous = n->gen->number});
	assert_int_equal(node_answer(n), CV_LINK_SWITCH);
	assert_int_equal(n->last.generation, next->number);
	assert_int_equal(n->last.previous, n->gen->number);
	n->last.generation = n->gen->number;
	say(n, CV_LINK_SWITCHED, 0);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_WAITING);
	n->last.generation = next->number;
	say(n, CV_LINK_SWITCHED, 0);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_READY);

	/* It goes: the next one is brought to the same. */
	close(n->sock);
	node_wait_ms(n, 5);
	assert_int_equal(cv_link_policy_in_step(p, &why), CV_LINK_ABSENT);
	n->sock = -1;
	free(next);
}

/* Who is in quarantine is told to a dataplane that comes, and again whenever it changes. */
static void test_quarantine(void **state)
{
	struct node *n = *state;
	struct cv_link_quarantine *q = cv_link_server_quarantine(n->link);
	struct cv_quarantine_image nobody = {0};
	struct cv_link_msg older;
	const char *why = "";

	assert_int_equal(cv_link_quarantine_in_step(q, &why), CV_LINK_ABSENT);
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
	assert_int_equal(node_answer(n), CV_LINK_QUARANTINE);
	older = n->last;
	assert_int_equal(node_answer(n), CV_LINK_PREPARE);
	assert_int_equal(cv_link_quarantine_in_step(q, &why), CV_LINK_WAITING);

	/* A newer list: the answer to the one before says nothing about it. */
	cv_quarantine_image_seal(&nobody);
	assert_int_equal(cv_link_quarantine_offer(q, &nobody, &why), 0);
	assert_int_equal(node_answer(n), CV_LINK_QUARANTINE);
	assert_int_equal(n->last.crc32c, nobody.crc32c);
	assert_int_equal(n->last.generation, older.generation + 1);
	older.type = CV_LINK_QUARANTINED;
	assert_int_equal(cv_link_send(n->sock, &older, -1, -1), 0);
	node_wait_ms(n, 5);
	assert_int_equal(cv_link_quarantine_in_step(q, &why), CV_LINK_WAITING);
	say(n, CV_LINK_QUARANTINED, -ENOMEM);
	assert_int_equal(cv_link_quarantine_in_step(q, &why), CV_LINK_UNFIT);
	assert_string_equal(why, "no memory");
	say(n, CV_LINK_QUARANTINED, 0);
	assert_int_equal(cv_link_quarantine_in_step(q, &why), CV_LINK_READY);
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
	assert_int_equal(node_attach(n), CV_LINK_ATTACHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_second_dataplane_is_refused, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(test_hostile_messages, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(test_policies, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(test_quarantine, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(test_socket_file, node_setup, node_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
