/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a router is there, by the kernel's table of neighbours (rtnetlink(7), RTM_GETNEIGH). */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/node/node_private.h"

size_t cv_node_gateways(const struct cv_config *config, struct cv_prefix ret[CV_NODE_GATEWAYS])
{
	size_t n = 0;

	for (size_t i = 0; config->n_contacts == 0 && i < config->host.n_interfaces; i++) {
		const struct cv_config_interface *in = &config->host.interfaces[i];

		if (in->gateway.family && n < CV_NODE_GATEWAYS)
			ret[n++] = in->gateway;
		if (in->gateway6.family && n < CV_NODE_GATEWAYS)
			ret[n++] = in->gateway6;
	}
	return n;
}

static bool is_it(const struct nlmsghdr *m, const struct cv_prefix *address)
{
	const struct ndmsg *nd = NLMSG_DATA(m);
	int size = address->family == 4 ? 4 : 16;
	int len = (int)m->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*nd));
	const struct rtattr *a =
		(const struct rtattr *)((const char *)nd + NLMSG_ALIGN(sizeof(*nd)));
	/* Of one that no longer answers the kernel finds out within some seconds: PROBE, FAILED. */
	const unsigned int known =
		NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;

	if (m->nlmsg_type != RTM_NEWNEIGH || len < 0 || !(nd->ndm_state & known))
		return false;
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if (a->rta_type == NDA_DST && (int)RTA_PAYLOAD(a) == size &&
		    memcmp(RTA_DATA(a), address->addr, (size_t)size) == 0)
			return true;
	return false;
}

/* One datagram of the answer. @return 1 found, 0 go on, -1 that was the last. */
static int look(const char *data, int size, const struct cv_prefix *address)
{
	const struct nlmsghdr *m = (const struct nlmsghdr *)data;

	for (; NLMSG_OK(m, (unsigned int)size); m = NLMSG_NEXT(m, size)) {
		if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR)
			return -1;
		if (is_it(m, address))
			return 1;
	}
	return 0;
}

bool cv_node_is_neighbour(const struct cv_prefix *address)
{
	struct {
		struct nlmsghdr head;
		struct ndmsg nd;
	} ask = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ndmsg)),
			 .nlmsg_type = RTM_GETNEIGH,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.nd = {.ndm_family = address->family == 4 ? AF_INET : AF_INET6},
	};
	const struct timeval second = {.tv_sec = 1};
	_Alignas(NLMSG_ALIGNTO) char answer[16384];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int found = -1;

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (send(fd, &ask, ask.head.nlmsg_len, 0) == (ssize_t)ask.head.nlmsg_len)
		found = 0;
	while (found == 0) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);

		found = n > 0 ? look(answer, (int)n, address) : -1;
	}
	close(fd);
	return found == 1;
}
