/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/handoff/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union fd_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(2 * sizeof(int))];
};

int cv_link_send(int sock, const struct cv_link_msg *msg, int fd0, int fd1)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)msg, .iov_len = sizeof(*msg)};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	union fd_room room = {0};
	int fds[2], n = 0;
	ssize_t sent;

	if (fd0 >= 0)
		fds[n++] = fd0;
	if (fd1 >= 0)
		fds[n++] = fd1;
	if (n > 0) {
		size_t bytes = (size_t)n * sizeof(int);

		mh.msg_control = &room;
		mh.msg_controllen = CMSG_SPACE(bytes);
		room.align.cmsg_level = SOL_SOCKET;
		room.align.cmsg_type = SCM_RIGHTS;
		room.align.cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&room.align), fds, bytes);
	}
	do
		sent = sendmsg(sock, &mh, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return sent == (ssize_t)sizeof(*msg) ? 0 : -EPROTO;
}

/* Own every descriptor the kernel installed, also those of a peer that sends too many. */
static void collect_fds(struct msghdr *mh, int fds[2])
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0);
		     at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			if (n < 2)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
}

static void close_both(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

int cv_link_recv(int sock, struct cv_link_msg *msg, int fds[2])
{
	struct iovec iov = {.iov_base = msg, .iov_len = sizeof(*msg)};
	union fd_room room = {0};
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room),
	};
	ssize_t got;

	fds[0] = fds[1] = -1;
	do
		got = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	collect_fds(&mh, fds);
	if (got == 0) {
		close_both(fds);
		return -EPIPE;
	}
	if (got != (ssize_t)sizeof(*msg) || (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    msg->magic != CV_LINK_MAGIC || msg->version != CV_LINK_VERSION) {
		close_both(fds);
		return -EPROTO;
	}
	msg->text[sizeof(msg->text) - 1] = '\0';
	return 0;
}
