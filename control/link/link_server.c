/* SPDX-License-Identifier: Apache-2.0 */
#include "control/link/link_server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/diag.h"
#include "control/link/link_socket.h"
#include "dataplane/handoff/link.h"

#define CV_LINKS_MAX 8
#define CV_ACCEPT_RETRY_NS 100000000u

/* One connection. A dataplane's consumer may outlive it, and may be found again by the next. */
struct link {
	struct cv_link_server *server;
	struct cv_op op;
	int fd; /* -1 = free slot */
	struct cv_consumer *consumer;
};

struct cv_link_server {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	char *path;
	int listener;
	struct cv_link_policy policy;
	struct cv_link_quarantine quarantine;
	bool stopping;
	struct cv_op accept;
	struct link links[CV_LINKS_MAX];
	struct cv_consumer *consumers[CV_LINKS_MAX]; /* attached or draining */
	pid_t peers[CV_LINKS_MAX]; /* their processes, 0 = unknown */
	struct cv_totals finished;
	cv_consumer_look *look; /* NULL = nobody */
	void *look_owner;
	void (*attached)(void *owner); /* NULL = nobody is told */
	void *attached_owner;
	char refusal[96]; /* said last; a dataplane asks again every 100 ms */
};

static void wait_for_message(struct link *l)
{
	io_uring_prep_poll_add(cv_loop_sqe(l->server->loop, &l->op), l->fd, POLLIN);
}

static void wait_for_connection(struct cv_link_server *s)
{
	io_uring_prep_accept(cv_loop_sqe(s->loop, &s->accept), s->listener, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* What the dead process never published, or shed without telling, is told in a gap record (D13). */
static void on_drained(void *owner, struct cv_consumer *c)
{
	struct cv_link_server *s = owner;
	struct cv_totals t = {0};

	cv_consumer_totals(c, &t);
	for (int lane = 0; lane < CV_LANE_COUNT; lane++)
		if (t.abandoned[lane] + t.untold[lane])
			cv_eventlog_refuse(s->log, (enum cv_lane)lane, CV_REFUSAL_ABANDONED,
					   t.abandoned[lane] + t.untold[lane]);
	cv_totals_add(&s->finished, &t);
	for (int i = 0; i < CV_LINKS_MAX; i++)
		if (s->consumers[i] == c)
			s->consumers[i] = NULL;
	cv_tell(CV_MESSAGE_DATAPLANE_GONE,
		"dataplane (process %llu) is gone, its handoff is drained",
		(unsigned long long)cv_consumer_handoff(c)->header->pid);
	cv_consumer_destroy(c);
}

static void close_link(struct link *l)
{
	if (l->server->policy.sock == l->fd) {
		cv_link_policy_attach(&l->server->policy, -1);
		cv_link_quarantine_attach(&l->server->quarantine, -1);
	}
	close(l->fd);
	l->fd = -1;
	if (l->consumer)
		cv_consumer_peer_gone(l->consumer);
	l->consumer = NULL;
}

static void refuse(struct link *l, int error, const char *text)
{
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_REFUSED,
		.error = error,
	};

	snprintf(msg.text, sizeof(msg.text), "%s", text);
	if (strcmp(l->server->refusal, text) != 0)
		cv_tell(CV_MESSAGE_DATAPLANE_REFUSED, "refused a dataplane: %s", text);
	snprintf(l->server->refusal, sizeof(l->server->refusal), "%s", text);
	(void)cv_link_send(l->fd, &msg, -1, -1);
}

static struct cv_consumer *find_incarnation(struct cv_link_server *s, uint64_t incarnation)
{
	for (int i = 0; i < CV_LINKS_MAX; i++)
		if (s->consumers[i] &&
		    cv_consumer_handoff(s->consumers[i])->header->incarnation == incarnation)
			return s->consumers[i];
	return NULL;
}

/* The same process over a new connection; its old one may not have shown its end yet. */
static int take_back(struct link *l, struct cv_consumer *c, int fds[2], const char **why)
{
	struct cv_link_server *s = l->server;
	int res = cv_consumer_peer_back(c, fds[0], fds[1]);

	*why = "the handoff is not the one this process offered before";
	if (res < 0)
		return res;
	close(fds[0]);
	fds[0] = fds[1] = -1;
	for (int i = 0; i < CV_LINKS_MAX; i++)
		if (s->links[i].consumer == c)
			s->links[i].consumer = NULL;
	l->consumer = c;
	return 0;
}

/* Process at the other end in our PID namespace, 0 = unknown. */
static pid_t peer_of(int sock)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? 0 : peer.pid;
}

void cv_link_server_set_attached(struct cv_link_server *s, void (*attached)(void *owner),
				 void *owner)
{
	s->attached = attached;
	s->attached_owner = owner;
}

void cv_link_server_set_look(struct cv_link_server *s, cv_consumer_look *look, void *owner)
{
	s->look = look;
	s->look_owner = owner;
}

static int take_new(struct link *l, int fds[2], const char **why)
{
	struct cv_link_server *s = l->server;
	struct cv_consumer *c;
	pid_t peer = peer_of(l->fd);
	int pidfd = peer > 0 ? (int)syscall(SYS_pidfd_open, peer, 0) : -1;
	int res, slot = 0;

	while (slot < CV_LINKS_MAX && s->consumers[slot])
		slot++;
	*why = "too many dataplanes are being drained";
	res = -EBUSY;
	if (slot < CV_LINKS_MAX)
		res = cv_consumer_create(s->loop, s->log, fds[0], fds[1], pidfd, on_drained, s, &c,
					 why);
	if (res < 0) {
		if (pidfd >= 0)
			close(pidfd);
		return res;
	}
	fds[0] = fds[1] = -1;
	cv_consumer_set_look(c, s->look, s->look_owner);
	s->consumers[slot] = c;
	s->peers[slot] = peer;
	l->consumer = c;
	return 0;
}

static void attach(struct link *l, const struct cv_link_msg *msg, int fds[2])
{
	const struct cv_consumer *live = cv_link_server_dataplane(l->server);
	struct cv_consumer *known = find_incarnation(l->server, msg->incarnation);
	struct cv_link_msg answer = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_ATTACHED,
	};
	const char *why = "";
	int res;

	if (l->consumer || fds[0] < 0 || fds[1] < 0) {
		res = -EPROTO;
		why = "attach needs handoff and doorbell, once";
	} else if (live && live != known) {
		res = -EBUSY;
		why = "another dataplane is attached: stop it first";
	} else if (known) {
		res = take_back(l, known, fds, &why);
	} else {
		res = take_new(l, fds, &why);
	}
	if (res < 0) {
		refuse(l, res, why);
		return;
	}
	l->server->refusal[0] = '\0';
	cv_tell(CV_MESSAGE_DATAPLANE_ATTACHED, "dataplane attached (process %llu, generation %llu)",
		(unsigned long long)cv_consumer_handoff(l->consumer)->header->pid,
		(unsigned long long)msg->generation);
	(void)cv_link_send(l->fd, &answer, -1, -1);
	cv_link_quarantine_attach(&l->server->quarantine, l->fd);
	cv_link_policy_attach(&l->server->policy, l->fd);
	if (l->server->attached)
		l->server->attached(l->server->attached_owner);
}

/* An answer of the dataplane that is attached. @return 0 or -EPROTO. */
static int hear(struct link *l, const struct cv_link_msg *msg, int fd)
{
	struct cv_link_server *s = l->server;

	if (l->fd != s->policy.sock)
		return -EPROTO;
	if (msg->type != CV_LINK_QUARANTINED)
		return cv_link_policy_answer(&s->policy, msg, fd);
	cv_link_quarantine_answer(&s->quarantine, msg);
	return 0;
}

static void on_message(struct cv_op *op, int res, uint32_t flags)
{
	struct link *l = op->owner;
	struct cv_link_msg msg;
	int fds[2];

	if (l->server->stopping)
		return;
	res = cv_link_recv(l->fd, &msg, fds);
	if (res == -EAGAIN) {
		wait_for_message(l);
		return;
	}
	if (res < 0) {
		close_link(l);
		return;
	}
	if (msg.type == CV_LINK_ATTACH)
		attach(l, &msg, fds);
	else if (hear(l, &msg, fds[0]) < 0)
		refuse(l, -EPROTO, "unexpected message");
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	wait_for_message(l);
}

/* A second dataplane would fight over the ports' queues: tell it before it tries. The one that is
 * attached may come back by a new connection. */
static bool is_second(const struct cv_link_server *s, int fd)
{
	pid_t peer = peer_of(fd);

	for (int i = 0; i < CV_LINKS_MAX; i++)
		if (s->consumers[i] && cv_consumer_attached(s->consumers[i]))
			return peer > 0 && s->peers[i] > 0 && peer != s->peers[i];
	return false;
}

static void greet(struct cv_link_server *s, int fd)
{
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_WELCOME,
		.generation = s->policy.set.live,
	};
	struct link *l = s->links;

	while (l < s->links + CV_LINKS_MAX && (l->fd >= 0 || l->op.pending))
		l++;
	if (is_second(s, fd)) {
		struct link second = {.server = s, .fd = fd};

		refuse(&second, -EBUSY, "another dataplane is attached: stop it first");
		close(fd);
		return;
	}
	if (l == s->links + CV_LINKS_MAX ||
	    cv_link_send(fd, &msg, cv_link_policy_live_file(&s->policy), s->quarantine.fd) < 0) {
		close(fd);
		return;
	}
	l->fd = fd;
	wait_for_message(l);
}

static void on_accept(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_link_server *s = op->owner;

	if (s->stopping) {
		if (res >= 0)
			close(res);
		return;
	}
	if (res >= 0)
		greet(s, res);
	if (res == -EMFILE || res == -ENFILE || res == -ENOMEM)
		cv_loop_timer(s->loop, &s->accept, CV_ACCEPT_RETRY_NS); /* comes back here */
	else
		wait_for_connection(s);
}

int cv_link_server_create(struct cv_loop *loop, struct cv_eventlog *log, const char *path,
			  const struct cv_generation *gen, struct cv_link_server **ret,
			  const char **why)
{
	struct cv_link_server *s = calloc(1, sizeof(*s));
	int res;

	*why = "memory is out";
	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->log = log;
	s->listener = -1;
	cv_link_policy_init(&s->policy);
	s->accept = (struct cv_op){.done = on_accept, .owner = s};
	for (int i = 0; i < CV_LINKS_MAX; i++) {
		s->links[i] = (struct link){.server = s, .fd = -1};
		s->links[i].op = (struct cv_op){.done = on_message, .owner = &s->links[i]};
	}
	res = cv_link_quarantine_init(&s->quarantine, why);
	if (res == 0)
		res = cv_link_policy_offer(&s->policy, gen, why);
	if (res == 0)
		cv_link_policy_switch(&s->policy, &(struct cv_link_set){.live = gen->number});
	if (res >= 0)
		res = s->listener = cv_link_listen(path, why);
	if (res >= 0) {
		s->path = strdup(path);
		res = s->path ? 0 : -ENOMEM;
	}
	if (res < 0) {
		cv_link_server_destroy(s);
		return res;
	}
	wait_for_connection(s);
	*ret = s;
	return 0;
}

struct cv_link_policy *cv_link_server_policy(struct cv_link_server *s)
{
	return &s->policy;
}

struct cv_link_quarantine *cv_link_server_quarantine(struct cv_link_server *s)
{
	return &s->quarantine;
}

const struct cv_consumer *cv_link_server_dataplane(const struct cv_link_server *s)
{
	for (int i = 0; i < CV_LINKS_MAX; i++)
		if (s->consumers[i] && cv_consumer_attached(s->consumers[i]))
			return s->consumers[i];
	return NULL;
}

bool cv_link_server_has_peer(const struct cv_link_server *s)
{
	for (int i = 0; i < CV_LINKS_MAX; i++) {
		const struct link *l = &s->links[i];
		char byte;
		ssize_t n;

		if (l->fd < 0 || !l->consumer)
			continue;
		n = recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
		if (n > 0 || (n < 0 && errno == EAGAIN))
			return true;
	}
	return false;
}

const struct cv_handoff *cv_link_server_handoff(const struct cv_link_server *s, unsigned int i)
{
	for (int k = 0; k < CV_LINKS_MAX; k++)
		if (s->consumers[k] && i-- == 0)
			return cv_consumer_handoff(s->consumers[k]);
	return NULL;
}

void cv_link_server_totals(const struct cv_link_server *s, struct cv_totals *ret)
{
	*ret = s->finished;
	for (int i = 0; i < CV_LINKS_MAX; i++)
		if (s->consumers[i])
			cv_consumer_totals(s->consumers[i], ret);
}

static bool in_flight(const struct cv_link_server *s)
{
	bool pending = s->accept.pending;

	for (int i = 0; i < CV_LINKS_MAX; i++)
		pending |= s->links[i].op.pending;
	return pending;
}

void cv_link_server_destroy(struct cv_link_server *s)
{
	if (!s)
		return;
	s->stopping = true;
	cv_loop_cancel(s->loop, &s->accept);
	for (int i = 0; i < CV_LINKS_MAX; i++)
		cv_loop_cancel(s->loop, &s->links[i].op);
	while (in_flight(s) && cv_loop_turn(s->loop) == 0)
		;
	for (int i = 0; i < CV_LINKS_MAX; i++) {
		if (s->links[i].fd >= 0)
			close(s->links[i].fd);
		cv_consumer_destroy(s->consumers[i]);
	}
	if (s->listener >= 0)
		close(s->listener);
	if (s->path)
		unlink(s->path);
	cv_link_policy_release(&s->policy);
	cv_link_quarantine_release(&s->quarantine);
	free(s->path);
	free(s);
}
