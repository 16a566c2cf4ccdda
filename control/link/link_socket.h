/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_LINK_SOCKET_H
#define CV_LINK_SOCKET_H

#include "dataplane/policy/generation.h"

/**
 * Put bytes into a memfd that nobody can change any more.
 *
 * @return the descriptor, the caller's; negative errno.
 */
int cv_link_file(const char *name, const void *data, size_t size);

/**
 * Put a generation into a memfd that nobody can change any more.
 *
 * @return the descriptor, the caller's; negative errno with @p why set.
 */
int cv_link_generation_file(const struct cv_generation *gen, const char **why);

/**
 * Listen on a SOCK_SEQPACKET Unix socket, mode 0600. Makes its folder; replaces a stale file.
 *
 * @return the descriptor, the caller's; negative errno with @p why set (valid until the next call).
 */
int cv_link_listen(const char *path, const char **why);

#endif
