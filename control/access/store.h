/* SPDX-License-Identifier: Apache-2.0 */
/* The table of principals on disk: SQLite, synchronous=FULL. Private to control/access. */
#ifndef CV_ACCESS_STORE_H
#define CV_ACCESS_STORE_H

#include <sqlite3.h>

#include "control/access/access.h"

/** @return 0; -EBADMSG: damaged; -EPERM: others may read or write it; other negative errno. */
int cv_access_store_open(const char *path, sqlite3 **ret);

/**
 * Read all rows.
 *
 * @param take called for each row whose fields have the right types; @p p is its to free.
 * @return 0 or negative errno; what take() returned.
 */
int cv_access_store_read(sqlite3 *db, int (*take)(void *owner, struct cv_principal *p),
			 void *owner);

/** @return 0 or negative errno. */
int cv_access_store_add(sqlite3 *db, const struct cv_principal *p);
int cv_access_store_remove(sqlite3 *db, const char *id);

#endif
