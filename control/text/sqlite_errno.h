/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_SQLITE_ERRNO_H
#define CV_SQLITE_ERRNO_H

#include <errno.h>
#include <sqlite3.h>

/** What SQLite's result means. @return negative errno; -ENOSPC: disk full; -EBADMSG: damaged. */
static inline int cv_sqlite_errno(sqlite3 *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return -EACCES;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_IOERR: /* a full disk shows so where the journal is written */
		return sqlite3_system_errno(db) == ENOSPC ? -ENOSPC : -EIO;
	default:
		return -EIO;
	}
}

#endif
