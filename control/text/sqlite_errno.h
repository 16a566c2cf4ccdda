/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_SQLITE_ERRNO_H
#define CV_SQLITE_ERRNO_H

#include <errno.h>
#include <sqlite3.h>

/* A statement that sets a pragma to a macro's number. */
#define CV_SQL_PRAGMA(name, number) "PRAGMA " name " = " CV_SQL_NUMBER(number) ";"
#define CV_SQL_NUMBER(number) #number

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

/**
 * What "PRAGMA user_version" says of a file's form: files of a newer Culvert, which an upgrade that was left
 * may leave behind, are not to be guessed at.
 *
 * @param known the newest form that this version of Culvert knows.
 * @param ret 0: of before there were versions.
 * @return 0; -EPROTO: it is newer; other negative errno.
 */
static inline int cv_sqlite_version(sqlite3 *db, int known, int *ret)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL), version = 0;

	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	if (code == SQLITE_ROW)
		version = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	if (code != SQLITE_ROW)
		return cv_sqlite_errno(db, code);
	*ret = version;
	return version > known ? -EPROTO : 0;
}

#endif
