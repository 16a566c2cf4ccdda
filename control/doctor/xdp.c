/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the kernel by netlink. Wrong or missing answers are CV_KERNEL_SILENT. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/xdp_diag.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "control/doctor/doctor.h"

/* linux/netdev.h (6.3), which Debian 12's headers do not have. */
#define NETDEV_FAMILY "netdev"
#define NETDEV_CMD_DEV_GET 1
#define NETDEV_A_DEV_IFINDEX 1
#define NETDEV_A_DEV_XDP_FEATURES 3
#define NETDEV_XDP_ACT_XSK_ZEROCOPY 8

#define ANSWER_SIZE 32768

/* Send a request and hand its answers on. @return 0 or negative errno. */
static int ask(int bus, struct nlmsghdr *request, mnl_cb_t answer, void *owner)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	struct timeval limit = {.tv_sec = 2};
	char *buffer = malloc(ANSWER_SIZE);
	int res = -ENOMEM;

	request->nlmsg_seq = (uint32_t)time(NULL);
	if (nl && buffer && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0) {
		setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		res = mnl_socket_sendto(nl, request, request->nlmsg_len) < 0 ? -errno : 1;
		while (res > 0) {
			ssize_t n = mnl_socket_recvfrom(nl, buffer, ANSWER_SIZE);

			res = n < 0 ? -errno
				    : mnl_cb_run(buffer, (size_t)n, request->nlmsg_seq,
						 mnl_socket_get_portid(nl), answer, owner);
			if (n >= 0 && res < 0)
				res = -errno;
		}
	}
	if (nl)
		mnl_socket_close(nl);
	free(buffer);
	return res;
}

/* ---- generic netlink ------------------------------------------------------------------------- */

static int take_family(const struct nlmsghdr *h, void *owner)
{
	struct nlattr *attr;

	mnl_attr_for_each(
		attr, h,
		sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
					       mnl_attr_validate(attr, MNL_TYPE_U16) >= 0) *
		(uint16_t *)owner = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int take_features(const struct nlmsghdr *h, void *owner)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, h,
			  sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) ==
								 NETDEV_A_DEV_XDP_FEATURES &&
							 mnl_attr_validate(attr, MNL_TYPE_U64) >=
								 0) *
		(enum cv_answer_of_kernel *)owner =
		mnl_attr_get_u64(attr) & NETDEV_XDP_ACT_XSK_ZEROCOPY ? CV_KERNEL_YES : CV_KERNEL_NO;
	return MNL_CB_OK;
}

static struct nlmsghdr *generic(char *buffer, uint16_t family, uint8_t cmd)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *g;

	h->nlmsg_type = family;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = cmd;
	g->version = 1;
	return h;
}

enum cv_answer_of_kernel cv_xdp_can_zero_copy(unsigned int ifindex)
{
	enum cv_answer_of_kernel answer = CV_KERNEL_SILENT;
	_Alignas(8) char buffer[256];
	uint16_t family = 0;
	struct nlmsghdr *h = generic(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);

	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	if (ask(NETLINK_GENERIC, h, take_family, &family) < 0 || family == 0)
		return CV_KERNEL_SILENT;
	h = generic(buffer, family, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32(h, NETDEV_A_DEV_IFINDEX, ifindex);
	return ask(NETLINK_GENERIC, h, take_features, &answer) < 0 ? CV_KERNEL_SILENT : answer;
}

/* ---- sockets --------------------------------------------------------------------------------- */

struct sockets {
	unsigned int ifindex;
	enum cv_answer_of_kernel answer;
};

static int take_socket(const struct nlmsghdr *h, void *owner)
{
	struct sockets *s = owner;
	bool mine = false, zero_copy = false;
	struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct xdp_diag_msg))
	{
		if (mnl_attr_get_type(attr) == XDP_DIAG_INFO &&
		    mnl_attr_get_payload_len(attr) >= sizeof(struct xdp_diag_info)) {
			const struct xdp_diag_info *info = mnl_attr_get_payload(attr);

			mine = info->ifindex == s->ifindex;
		}
		if (mnl_attr_get_type(attr) == XDP_DIAG_UMEM &&
		    mnl_attr_get_payload_len(attr) >= sizeof(struct xdp_diag_umem)) {
			const struct xdp_diag_umem *umem = mnl_attr_get_payload(attr);

			zero_copy = umem->flags & XDP_DU_F_ZEROCOPY;
		}
	}
	if (mine)
		s->answer = zero_copy ? CV_KERNEL_YES : CV_KERNEL_NO;
	return MNL_CB_OK;
}

enum cv_answer_of_kernel cv_xdp_runs_zero_copy(unsigned int ifindex)
{
	struct sockets s = {.ifindex = ifindex, .answer = CV_KERNEL_SILENT};
	_Alignas(8) char buffer[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);
	struct xdp_diag_req *request;

	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request = mnl_nlmsg_put_extra_header(h, sizeof(*request));
	request->sdiag_family = AF_XDP;
	request->xdiag_show = XDP_SHOW_INFO | XDP_SHOW_UMEM;
	return ask(NETLINK_SOCK_DIAG, h, take_socket, &s) < 0 ? CV_KERNEL_SILENT : s.answer;
}

const char *cv_xdp_attached(unsigned int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	if (bpf_xdp_query((int)ifindex, 0, &opts) < 0)
		return "unknown";
	switch (opts.attach_mode) {
	case XDP_ATTACHED_DRV:
	case XDP_ATTACHED_HW:
		return "native";
	case XDP_ATTACHED_SKB:
		return "generic";
	case XDP_ATTACHED_NONE:
		return "none";
	default:
		return "unknown";
	}
}
