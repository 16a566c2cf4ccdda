/* SPDX-License-Identifier: Apache-2.0 */
/* A whole file in memory, with a bound. Leaf code. */
#ifndef CV_READ_FILE_H
#define CV_READ_FILE_H

#include <stddef.h>

/**
 * Read a whole file.
 *
 * @param path "-" = standard input.
 * @param max bytes.
 * @param ret malloc'ed, zero behind the last byte.
 * @return 0; -EFBIG larger than @p max; another negative errno.
 */
int cv_read_file(const char *path, size_t max, char **ret, size_t *ret_len);

#endif
