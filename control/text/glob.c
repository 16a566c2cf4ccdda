/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/glob.h"

#include <string.h>

/*
 * The first piece stands at the beginning, the last at the end, and each between them wherever it
 * is found first: taking it earlier never leaves less room for those that follow.
 */
bool cv_glob_matches(const char *pattern, size_t pattern_len, const void *text, size_t len)
{
	const char *at = text, *end = at + len, *stop = pattern + pattern_len;
	const char *star = memchr(pattern, '*', pattern_len);
	size_t n = star ? (size_t)(star - pattern) : pattern_len;

	if (len < n || memcmp(at, pattern, n) != 0)
		return false;
	if (!star)
		return len == n;
	for (at += n; at; at += n) {
		pattern = star + 1;
		star = memchr(pattern, '*', (size_t)(stop - pattern));
		n = (size_t)((star ? star : stop) - pattern);
		if (!star)
			return (size_t)(end - at) >= n && memcmp(end - n, pattern, n) == 0;
		at = memmem(at, (size_t)(end - at), pattern, n);
		if (!at)
			return false;
	}
	return false;
}
