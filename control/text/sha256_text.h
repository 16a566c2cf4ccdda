/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_SHA256_TEXT_H
#define CV_SHA256_TEXT_H

#include <stddef.h>

/** Hex digits and the zero. */
#define CV_SHA256_TEXT_SIZE 65

/** SHA-256 (FIPS 180-4) of some bytes, as hex. */
void cv_sha256_text(const void *data, size_t len, char ret[CV_SHA256_TEXT_SIZE]);

#endif
