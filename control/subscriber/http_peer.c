/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_peer.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Only the local file: a name service may take seconds, and control has one thread. */
static void user_name(uid_t uid, char *buf, size_t size)
{
	FILE *in = fopen("/etc/passwd", "re");
	struct passwd *row;

	buf[0] = '\0';
	while (in && (row = fgetpwent(in))) {
		if (row->pw_uid != uid)
			continue;
		snprintf(buf, size, "%s", row->pw_name);
		break;
	}
	if (in)
		fclose(in);
}

/* Who logged in before sudo (loginuid of the audit system). @return false: not known. */
static bool login_of(pid_t pid, uid_t *ret)
{
	char path[64];
	unsigned int uid;
	bool known;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/loginuid", (int)pid);
	in = fopen(path, "re");
	if (!in)
		return false;
	known = fscanf(in, "%u", &uid) == 1 && uid != UINT32_MAX;
	fclose(in);
	if (known)
		*ret = uid;
	return known;
}

static void describe_local(int fd, struct cv_http_peer *ret)
{
	char name[24], login_name[24];
	struct ucred cred;
	socklen_t len = sizeof(cred);
	uid_t login;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return;
	ret->is_local = true;
	ret->pid = cred.pid;
	ret->uid = cred.uid;
	snprintf(ret->text, sizeof(ret->text), "unix:pid=%d,uid=%u", (int)cred.pid,
		 (unsigned int)cred.uid);
	user_name(cred.uid, name, sizeof(name));
	snprintf(ret->who, sizeof(ret->who), "%s%suid %u%s", name, name[0] ? " (" : "",
		 (unsigned int)cred.uid, name[0] ? ")" : "");
	if (cred.pid <= 0 || !login_of(cred.pid, &login) || login == cred.uid)
		return;
	user_name(login, login_name, sizeof(login_name));
	snprintf(ret->who + strlen(ret->who), sizeof(ret->who) - strlen(ret->who),
		 ", login %s%suid %u%s", login_name, login_name[0] ? " (" : "", (unsigned int)login,
		 login_name[0] ? ")" : "");
}

void cv_http_peer_describe(int fd, bool is_tcp, struct cv_http_peer *ret)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char text[INET6_ADDRSTRLEN];

	*ret = (struct cv_http_peer){0};
	if (!is_tcp) {
		describe_local(fd, ret);
		return;
	}
	if (getpeername(fd, (struct sockaddr *)&from, &len) < 0)
		return;
	if (from.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&from;

		snprintf(ret->text, sizeof(ret->text), "[%s]:%u",
			 inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)),
			 ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)&from;

		snprintf(ret->text, sizeof(ret->text), "%s:%u",
			 inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text)),
			 ntohs(in4->sin_port));
	}
}
