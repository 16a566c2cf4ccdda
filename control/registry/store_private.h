/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the store: store.c opens and changes, store_read.c reads. */
#ifndef CV_REGISTRY_STORE_PRIVATE_H
#define CV_REGISTRY_STORE_PRIVATE_H

#include <sqlite3.h>

#include "control/registry/store.h"

struct cv_registry_store {
	sqlite3 *db;
	sqlite3_stmt *put, *find_area, *add_area; /* NULL = not yet prepared */
	uint64_t rev; /* of the change at hand */
	/* The area of the row before: rows of a file often have the same. */
	char area_codes[4][32];
	sqlite3_int64 area;
	char who[96], what[512]; /* of who makes changes */
	uint64_t added, changed, removed; /* by the change at hand */
	char why[160];
};

/** Keep what SQLite says. @return negative errno for @p code. */
int cv_registry_store_fault(struct cv_registry_store *s, int code);
/** Prepare once. */
int cv_registry_store_prepare(struct cv_registry_store *s, const char *sql, sqlite3_stmt **stmt);

#endif
