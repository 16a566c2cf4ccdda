/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a connection. */
#ifndef CV_HTTP_PEER_H
#define CV_HTTP_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "control/text/who.h"

/** Longest address with its port, bytes with the zero. */
#define CV_HTTP_PEER_TEXT 64

struct cv_http_peer {
	bool is_local; /* a Unix socket whose peer the kernel names (SO_PEERCRED) */
	pid_t pid;
	uid_t uid;
	char text[CV_HTTP_PEER_TEXT]; /* "unix:pid=41,uid=0", "127.0.0.1:4711" */
	/* For records of who changed what: "root (uid 0)", with the login behind sudo when told. */
	char who[CV_WHO_SIZE];
};

/** Describe the peer of a connected socket; what cannot be told is left empty. */
void cv_http_peer_describe(int fd, bool is_tcp, struct cv_http_peer *ret);

/** "127.0.0.1:4711", "[::1]:4711". */
void cv_http_peer_text(const struct sockaddr_storage *from, char ret[CV_HTTP_PEER_TEXT]);

#endif
