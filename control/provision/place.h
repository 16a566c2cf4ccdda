/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are on the disk when a call returns. Of control/provision. */
#ifndef CV_PROVISION_PLACE_H
#define CV_PROVISION_PLACE_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/** FOLDER/NAME. @return 0 or -ENAMETOOLONG. */
int cv_place_path(const char *folder, const char *name, char ret[PATH_MAX]);

/** Write BASE/NAME, which may be one folder down. @return 0 or negative errno. */
int cv_place_write(const char *base, const char *name, const void *data, size_t size, mode_t mode);

/** Rename FROM/NAME to TO/TARGET; is done already where only TARGET is there. */
int cv_place_move(const char *from, const char *name, const char *to, const char *target);

/** Remove a folder with its files and theirs. */
void cv_place_clear(const char *folder);

#endif
