/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "control/config/yaml.h"

/* Length of the UTF-8 sequence at @p p, 0 = none (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *p, size_t avail)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (n == 0 || p[0] > 0xf4 || n > avail)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

int cv_yaml_check_encoding(const char *path, const char *text, size_t len,
			   struct cv_diagnostics *diag)
{
	struct cv_place at = {.file = path, .line = 1, .column = 1};

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_length((const unsigned char *)text + i, len - i);
		if (n == 0 || text[i] == 0) {
			cv_diagnostics_add(diag, CV_SEVERITY_ERROR, at, NULL,
					   "not a UTF-8 text: byte 0x%02x", (unsigned char)text[i]);
			return -EINVAL;
		}
		at.column++;
		if (text[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return 0;
}
