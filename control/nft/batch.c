/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control/nft/nft_private.h"

/* Any one message fits: the list of elements is below 64 KiB, the length of an attribute. */
#define MESSAGE_MAX (128u << 10)

static struct nlmsghdr *last_of(const struct cv_nft_batch *b)
{
	return (struct nlmsghdr *)(b->data + b->last);
}

/* Where the next message goes. The library writes without knowing the end. */
static char *room(struct cv_nft_batch *b)
{
	size_t next = b->data ? b->last + NLMSG_ALIGN(last_of(b)->nlmsg_len) : 0;

	if (b->error < 0)
		return NULL;
	if (next + MESSAGE_MAX > b->size) {
		size_t size = 2 * (next + MESSAGE_MAX);
		char *grown = realloc(b->data, size);

		if (!grown) {
			b->error = -ENOMEM;
			return NULL;
		}
		b->data = grown;
		b->size = size;
	}
	b->last = next;
	b->seq++;
	return b->data + next;
}

void cv_nft_batch_begin(struct cv_nft_batch *b, uint32_t generation)
{
	char *at = room(b);

	if (at)
		mnl_attr_put_u32(nftnl_batch_begin(at, b->seq), NFNL_BATCH_GENID,
				 htonl(generation));
}

struct nlmsghdr *cv_nft_batch_add(struct cv_nft_batch *b, uint16_t type, uint16_t flags)
{
	char *at = room(b);

	return at ? nftnl_nlmsg_build_hdr(at, type, NFPROTO_INET, flags, b->seq) : NULL;
}

void cv_nft_batch_fail(struct cv_nft_batch *b)
{
	b->error = -ENOMEM;
}

/*
 * The kernel has judged the batch before sendto() returns, so its answers lie there already: one
 * error for each message that was wrong, and for the last one an acknowledgement.
 */
static int read_answers(struct cv_nft *nft, uint32_t last)
{
	char buffer[16384];
	int error = 0;
	bool answered = false;

	for (;;) {
		ssize_t n =
			recv(mnl_socket_get_fd(nft->socket), buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *h = (const struct nlmsghdr *)buffer;
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR ||
			    mnl_nlmsg_get_payload_len(h) < sizeof(*e))
				continue;
			if (e->error < 0 && error == 0)
				error = e->error;
			answered |= h->nlmsg_seq == last;
		}
	}
	return error ? error : answered ? 0 : -EIO;
}

int cv_nft_batch_commit(struct cv_nft *nft, struct cv_nft_batch *b)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = mnl_socket_get_fd(nft->socket), room_for;
	uint32_t last = b->seq;
	size_t len;
	char *at;

	if (b->error == 0)
		last_of(b)->nlmsg_flags |= NLM_F_ACK;
	at = room(b);
	if (!at)
		return b->error;
	nftnl_batch_end(at, b->seq);
	len = b->last + NLMSG_ALIGN(last_of(b)->nlmsg_len);
	if (len > INT32_MAX / 4)
		return -EMSGSIZE;
	/* It goes in one piece, beyond net.core.wmem_max where it must. */
	room_for = (int)len + (1 << 20);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room_for, sizeof(room_for));
	nft->seq = b->seq;
	if (sendto(fd, b->data, len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return read_answers(nft, last);
}

void cv_nft_batch_free(struct cv_nft_batch *b)
{
	free(b->data);
	*b = (struct cv_nft_batch){0};
}
