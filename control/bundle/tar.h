/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one form of ustar header (POSIX.1-2017 pax, "ustar Interchange Format") that bundles use:
 * plain files without folder, time 0, owner root, mode 0644.
 */
#ifndef CV_TAR_H
#define CV_TAR_H

#include <stddef.h>
#include <stdint.h>

#define CV_TAR_BLOCK 512
/** Bytes of the name field. */
#define CV_TAR_NAME 100

/** Bytes a file takes behind its header. */
static inline size_t cv_tar_padded(size_t size)
{
	return (size + CV_TAR_BLOCK - 1) / CV_TAR_BLOCK * CV_TAR_BLOCK;
}

/**
 * Make a header.
 *
 * @param name shorter than CV_TAR_NAME.
 * @param size less than 8 GiB.
 */
void cv_tar_write(const char *name, size_t size, uint8_t block[CV_TAR_BLOCK]);

/**
 * Read a header.
 *
 * @param ret_name CV_TAR_NAME bytes, zero-terminated.
 * @return NULL, or what is wrong with it: a sentence without a full stop.
 */
const char *cv_tar_read(const uint8_t block[CV_TAR_BLOCK], char *ret_name, size_t *ret_size);

#endif
