/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/eventlog/node_fixture.h"

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

#include "dataplane/policy/generation_build.h"

#define SEGMENT (16u * CV_BLOCK_SIZE)

void node_start_control(struct node *n)
{
	const char *why = "";

	if (fx_open(&n->fx, &why) < 0 ||
	    cv_link_server_create(n->fx.loop, n->fx.log, n->path, n->gen, &n->link, &why) < 0)
		fail_msg("%s", why);
}

void node_stop_control(struct node *n)
{
	cv_link_server_destroy(n->link);
	fx_close(&n->fx);
	n->link = NULL;
}

void node_start_dataplane(struct node *n, uint64_t incarnation, unsigned int blocks)
{
	assert_int_equal(cv_handoff_create(1, blocks, incarnation, &n->handoff), 0);
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

void node_stop_dataplane(struct node *n)
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

void node_wait_ms(struct node *n, int ms)
{
	fx_wait(&n->fx, (uint64_t)ms * 1000000);
}

int node_answer(struct node *n)
{
	struct cv_link_msg msg;
	int fds[2], res = -EAGAIN;
	struct timeval now = {.tv_usec = 1};

	setsockopt(n->sock, SOL_SOCKET, SO_RCVTIMEO, &now, sizeof(now));
	for (int i = 0; i < 1000 && res == -EAGAIN; i++) {
		node_wait_ms(n, 1);
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
	n->last = msg;
	return msg.type;
}

int node_connect_process(struct node *n)
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
	assert_int_equal(node_answer(n), CV_LINK_WELCOME);
	assert_int_equal(cv_link_send(n->sock, &msg, n->handoff.fd, n->doorbell), 0);
	return node_answer(n);
}

int node_attach(struct node *n)
{
	return attach_by(n, node_connect_process(n));
}

int node_attach_here(struct node *n)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(addr.sun_path, n->path);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return attach_by(n, sock);
}

void node_emit(struct node *n, enum cv_lane lane, unsigned int count)
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

void node_flush(struct node *n, bool force)
{
	uint64_t one = 1;

	cv_handoff_flush(&n->sink, ++n->tsc, 1000, force);
	if (__atomic_load_n(&n->handoff.header->sleeping, __ATOMIC_SEQ_CST))
		(void)!write(n->doorbell, &one, sizeof(one));
}

bool node_wait_for_end(struct node *n, enum cv_lane lane, uint64_t end)
{
	for (int i = 0; i < 3000 && cv_eventlog_end(n->fx.log, lane) < end; i++)
		node_wait_ms(n, 1);
	return cv_eventlog_end(n->fx.log, lane) == end;
}

int node_setup(void **state)
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
	node_start_control(n);
	node_start_dataplane(n, 42, 8);
	*state = n;
	return 0;
}

int node_teardown(void **state)
{
	struct node *n = *state;

	cv_link_server_destroy(n->link);
	node_stop_dataplane(n);
	fx_destroy(&n->fx);
	free(n->gen);
	free(n);
	return 0;
}
