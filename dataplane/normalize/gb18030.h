/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_GB18030_H
#define CV_GB18030_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most bytes of UTF-8 that @p len bytes of GB 18030 can become. */
#define CV_GB18030_UTF8_MAX(len) ((size_t)(len)*3)

/**
 * GB 18030-2005 (and GBK, GB 2312, ASCII, which are parts of it) to UTF-8. What is no character
 * becomes U+FFFD, one for each byte that begins none.
 *
 * @param out room for CV_GB18030_UTF8_MAX(len) bytes.
 * @param ret_clean every byte was part of a character. May be NULL.
 * @return bytes written.
 */
size_t cv_gb18030_to_utf8(const uint8_t *in, size_t len, uint8_t *out, bool *ret_clean);

#endif
