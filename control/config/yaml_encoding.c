/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "control/config/yaml.h"
#include "dataplane/normalize/json_write.h"

int cv_yaml_check_encoding(const char *path, const char *text, size_t len,
			   struct cv_diagnostics *diag)
{
	struct cv_place at = {.file = path, .line = 1, .column = 1};

	for (size_t i = 0, n; i < len; i += n) {
		n = cv_utf8_length((const uint8_t *)text + i, len - i);
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
