/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_BENCH_SUBSCRIBE_H
#define CV_BENCH_SUBSCRIBE_H

/**
 * Ask for the events of one lane from now on, a line each.
 *
 * @param path of control's Unix socket. @param lane its name.
 * @return descriptor to read them from, -1 with errno.
 */
int subscribe_to(const char *path, const char *lane);

#endif
