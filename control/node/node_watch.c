/* SPDX-License-Identifier: Apache-2.0 */
/* While a configuration waits to be confirmed: its time, and whether the node is still reached. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/diag.h"
#include "control/node/node_private.h"

#define TICK_NS UINT64_C(100000000)
#define PROBE_EVERY_NS UINT64_C(1000000000)
#define PROBE_MS 1000
/* A dataplane that has to start anew has come back to us by then, or will not. */
#define DATAPLANE_NS UINT64_C(3000000000)

/* ---- contact --------------------------------------------------------------------------------- */

static socklen_t address_of(const struct cv_config_contact *c, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (c->address.family == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(c->service.port);
		memcpy(&v4->sin_addr, c->address.addr, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(c->service.port);
	memcpy(&v6->sin6_addr, c->address.addr, 16);
	return sizeof(*v6);
}

/* A refused connection is the answer of a machine that is there. */
static bool answers(const struct cv_config_contact *c)
{
	struct sockaddr_storage to;
	socklen_t len = address_of(c, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = 0;

	if (fd < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&to, len) < 0)
		error = errno;
	if (error == EINPROGRESS) {
		error = ETIMEDOUT;
		if (poll(&p, 1, PROBE_MS) > 0)
			(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	}
	close(fd);
	return error == 0 || error == ECONNREFUSED;
}

/* Routers need not answer by TCP: that the kernel has found it on its link is enough. */
static bool gateway_answers(const struct cv_prefix *gateway)
{
	const struct cv_config_contact c = {.address = *gateway, .service = {IPPROTO_TCP, 22}};

	return answers(&c) || cv_node_is_neighbour(gateway);
}

bool cv_node_contact(const struct cv_config *config)
{
	if (config->n_contacts == 0)
		return true;
	for (size_t i = 0; i < config->n_contacts; i++)
		if (answers(&config->contacts[i]))
			return true;
	return false;
}

void cv_node_probe(void *node)
{
	struct cv_node *n = node;

	n->probe_answer = n->n_gateways == 0 && cv_node_contact(n->running);
	for (size_t i = 0; i < n->n_gateways && !n->probe_answer; i++)
		n->probe_answer = gateway_answers(&n->gateways[i]);
}

void cv_node_probed(void *node)
{
	struct cv_node *n = node;

	if (!n->probe_answer)
		return;
	n->contact_ns = cv_loop_mono_ns(n->loop);
	n->contact_known = true;
}

/* ---- time ------------------------------------------------------------------------------------ */

static void back(struct cv_node *n, enum cv_node_change why, const char *text)
{
	json_t *unused = NULL;

	cv_tell(CV_MESSAGE_CONFIG_REVERTED, "configuration %llu %s: going back to %llu",
		(unsigned long long)n->state.live, text, (unsigned long long)n->state.previous);
	(void)cv_node_back(n, why, "culvert-control", &unused);
	json_decref(unused);
}

/* Whether somebody was there before the change a start of control cannot know: after one the time
 * runs from it. */
static void watch_contact(struct cv_node *n, uint64_t now)
{
	const struct cv_config *c = n->running;
	struct cv_prefix gateways[CV_NODE_GATEWAYS];
	size_t n_gateways = cv_node_gateways(c, gateways);

	if (c->n_contacts == 0 && n_gateways == 0)
		return;
	if (now - n->contact_ns > c->contact_lost_ns && (n->contact_known || n->state.starts > 0)) {
		back(n, CV_NODE_LOST, "has cut the node off from its management");
	} else if (now - n->probed_ns > PROBE_EVERY_NS && !n->probe.running) {
		n->probed_ns = now;
		n->n_gateways = n_gateways;
		memcpy(n->gateways, gateways, n_gateways * sizeof(gateways[0]));
		(void)cv_task_start(&n->probe);
	}
}

/* Its service starts it again, and it takes the settings that it cannot change while it runs. Only
 * now: what it had handed over is taken by us. */
static void end_dataplane(struct cv_node *n, uint64_t now)
{
	struct cv_node_state next = n->state;
	char path[64], name[32] = "";
	FILE *in;

	if (n->owner.dataplane(n->owner.owner) != n->state.dataplane &&
	    now - n->started_ns < DATAPLANE_NS)
		return;
	snprintf(path, sizeof(path), "/proc/%llu/comm", (unsigned long long)n->state.dataplane);
	in = fopen(path, "re");
	if (in && fgets(name, sizeof(name), in) && strncmp(name, "culvert-datapla", 15) == 0 &&
	    kill((pid_t)n->state.dataplane, SIGTERM) < 0)
		cv_diag("error",
			"cannot end the dataplane (%s): restart culvert-dataplane yourself",
			strerror(errno));
	if (in)
		fclose(in);
	next.dataplane = 0;
	if (cv_node_write(n, &next) < 0)
		n->state = next; /* once is enough */
}

void cv_node_on_tick(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_node *n = op->owner;
	uint64_t now;

	if (res != -ETIME || n->stopping)
		return;
	now = cv_loop_mono_ns(n->loop);
	if (n->again_ns) {
		if (now >= n->again_ns && !n->again) {
			n->again = true;
			n->owner.again(n->owner.owner);
		}
	} else if (n->state.confirm && !n->job.busy) {
		if (cv_deadline_left(&n->state.deadline, n->state.since_ns) == 0)
			back(n, CV_NODE_TIMEOUT, "was not confirmed in time");
		else
			watch_contact(n, now);
	}
	if (n->state.dataplane && !n->again_ns)
		end_dataplane(n, now);
	cv_node_arm(n);
}

/* Nothing to wait for: no timer. */
void cv_node_arm(struct cv_node *n)
{
	if (!n->tick.pending && !n->stopping && !n->again &&
	    (n->state.confirm || n->again_ns || n->state.dataplane))
		cv_loop_timer(n->loop, &n->tick, TICK_NS);
}
