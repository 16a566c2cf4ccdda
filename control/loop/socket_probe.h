/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_SOCKET_PROBE_H
#define CV_SOCKET_PROBE_H

#include <stdbool.h>
#include <sys/un.h>

/**
 * Whether a program listens on a Unix socket. One that was killed does for as long as the kernel takes
 * to end its io_uring, so what answers is asked again; blocks for at most a second, and only then.
 *
 * @param type SOCK_STREAM or SOCK_SEQPACKET.
 */
bool cv_socket_is_served(const struct sockaddr_un *addr, int type);

#endif
