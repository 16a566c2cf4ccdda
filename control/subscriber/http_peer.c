/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "control/text/who.h"

static void describe_local(int fd, struct cv_http_peer *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return;
	ret->is_local = true;
	ret->pid = cred.pid;
	ret->uid = cred.uid;
	snprintf(ret->text, sizeof(ret->text), "unix:pid=%d,uid=%u", (int)cred.pid,
		 (unsigned int)cred.uid);
	cv_who_describe(cred.uid, cred.pid, ret->who);
}

void cv_http_peer_text(const struct sockaddr_storage *from, char ret[CV_HTTP_PEER_TEXT])
{
	char text[INET6_ADDRSTRLEN];

	if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

		snprintf(ret, CV_HTTP_PEER_TEXT, "[%s]:%u",
			 inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)),
			 ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;

		snprintf(ret, CV_HTTP_PEER_TEXT, "%s:%u",
			 inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text)),
			 ntohs(in4->sin_port));
	}
}

void cv_http_peer_describe(int fd, bool is_tcp, struct cv_http_peer *ret)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);

	*ret = (struct cv_http_peer){0};
	if (!is_tcp)
		describe_local(fd, ret);
	else if (getpeername(fd, (struct sockaddr *)&from, &len) == 0)
		cv_http_peer_text(&from, ret->text);
}
