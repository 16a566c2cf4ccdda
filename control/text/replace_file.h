/* SPDX-License-Identifier: Apache-2.0 */
/* A file replaced whole: who reads it meanwhile reads the old one or the new one. Leaf code. */
#ifndef CV_REPLACE_FILE_H
#define CV_REPLACE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * Write a file, on the disk before this goes on; its name may not be.
 *
 * @param mode of the file, whatever the umask is.
 * @return 0 or negative errno; then PATH is there in part, or not.
 */
int cv_write_file(const char *path, const void *data, size_t size, mode_t mode);

/**
 * Write PATH.new, on the disk before this goes on, and rename it.
 *
 * @param mode of the file, whatever the umask is.
 * @return 0 or negative errno; then PATH is as it was.
 */
int cv_replace_file(const char *path, const void *data, size_t size, mode_t mode);

#endif
