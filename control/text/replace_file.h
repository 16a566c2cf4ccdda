/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are on the disk when a call returns. Leaf code. */
#ifndef CV_REPLACE_FILE_H
#define CV_REPLACE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * Write a file in place of what had its name; the name itself may not be on the disk yet.
 *
 * @param mode of the file, whatever the umask is.
 * @return 0 or negative errno; then PATH is there in part, or not.
 */
int cv_write_file(const char *path, const void *data, size_t size, mode_t mode);

/**
 * Write PATH.new, on the disk before this goes on, and rename it: who reads PATH meanwhile reads the old
 * one or the new one.
 *
 * @param mode of the file, whatever the umask is.
 * @return 0 or negative errno; then PATH is as it was.
 */
int cv_replace_file(const char *path, const void *data, size_t size, mode_t mode);

/** Put the names in a folder on the disk. @return 0 or negative errno. */
int cv_sync_folder(const char *path);

/**
 * Make a folder and those it is in, as far as they are missing.
 *
 * @param parents mode of those, @param mode of the last one. @return 0 or negative errno.
 */
int cv_make_folders(const char *path, mode_t parents, mode_t mode);

#endif
