/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/yaml.h"

#include <errno.h>
#include <string.h>

#include "control/text/read_file.h"

int cv_yaml_read_file(const char *path, char **ret, size_t *ret_len, struct cv_diagnostics *diag)
{
	int r = cv_read_file(path, CV_YAML_SIZE_MAX, ret, ret_len);

	if (r == -EFBIG)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "larger than %u MiB", CV_YAML_SIZE_MAX >> 20);
	else if (r < 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path},
				   r == -ENOENT ? "check the path" : NULL, "cannot read: %s",
				   strerror(-r));
	return r;
}
