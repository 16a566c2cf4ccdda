/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_HTTP_LISTEN_H
#define CV_HTTP_LISTEN_H

#include <stdbool.h>

/* Room for the sentence that says what went wrong, bytes. */
#define CV_HTTP_WHY_MAX 256

/**
 * Listen on a Unix socket, mode 0660. A socket file that nobody listens on is replaced.
 *
 * @return file descriptor, or negative errno with @p why filled.
 */
int cv_http_listen_unix(const char *path, char *why);

/**
 * Listen on "ADDRESS:PORT" or "[ADDRESS]:PORT"; names are not looked up.
 *
 * @param is_public allow an address that is not loopback.
 * @return file descriptor, or negative errno with @p why filled.
 */
int cv_http_listen_tcp(const char *text, bool is_public, char *why);

/** Port that a TCP listener has. */
unsigned int cv_http_listen_port(int fd);

#endif
