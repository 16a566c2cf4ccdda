/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of one directory over HTTPS, and nothing else: no other protocol, no redirect, no more bytes
 * than expected, a certificate that is the server's. Blocks; for programs that do one thing.
 */
#ifndef CV_UPDATE_FETCH_H
#define CV_UPDATE_FETCH_H

#include <stddef.h>
#include <stdint.h>

#define CV_FETCH_WHY 320

struct cv_fetch_server {
	const char *url; /* of the directory */
	const char *ca; /* file of authorities, "" = the system's */
	const char *cert, *key; /* files of our own, "" = none */
};

/**
 * Read a small file.
 *
 * @param max bytes; more end it with -EFBIG.
 * @param ret malloc'ed, a zero behind it.
 * @param why set on failure, CV_FETCH_WHY bytes.
 * @return 0; -EFBIG; -EIO: the server cannot be reached, is another one, or does not give it; -ENOMEM.
 */
int cv_fetch_text(const struct cv_fetch_server *server, const char *name, size_t max, char **ret,
		  size_t *ret_len, char *why);

/**
 * Read a large file into one on disk.
 *
 * @param size bytes that it must have.
 * @param sha256 hash that it must have, hex.
 * @return as cv_fetch_text(); -EBADMSG: it is another file; errors of writing. Then nothing is left.
 */
int cv_fetch_file(const struct cv_fetch_server *server, const char *name, const char *path,
		  uint64_t size, const char *sha256, char *why);

/** Put a small file there. @return as cv_fetch_text(). */
int cv_fetch_put(const struct cv_fetch_server *server, const char *name, const char *text,
		 size_t len, char *why);

#endif
