/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/module_report.h"

#include <errno.h>
#include <stdio.h>

json_t *cv_module_info_json(const struct cv_module_info *info)
{
	json_t *codes = json_object();
	json_t *root = json_pack("{s:s, s:i, s:i, s:o}", "name", info->name, "abi", (int)info->abi,
				 "budget_ns", (int)info->budget_ns, "codes", codes);
	char code[8];

	for (int i = 0; root && i < CV_MODULE_CODES; i++) {
		if (!info->codes[i][0])
			continue;
		snprintf(code, sizeof(code), "%d", i);
		json_object_set_new(codes, code, json_string(info->codes[i]));
	}
	return root;
}

static int tell_json(const char *path, size_t size, const struct cv_module_info *info,
		     bool verified)
{
	json_t *root = cv_module_info_json(info);
	int r = 0;

	if (!root)
		return -ENOMEM;
	json_object_set_new(root, "object", json_string(path));
	json_object_set_new(root, "bytes", json_integer((json_int_t)size));
	json_object_set_new(root, "verified", json_boolean(verified));
	if (json_dumpf(root, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF)
		r = -EIO;
	json_decref(root);
	return r;
}

int cv_module_tell_built(const char *path, size_t size, const struct cv_module_info *info,
			 bool verified, bool json)
{
	if (json)
		return tell_json(path, size, info, verified);
	printf("%s: module %s, ABI %u, %zu bytes, budget %u ns per frame\n", path, info->name,
	       info->abi, size, info->budget_ns);
	for (int i = 0; i < CV_MODULE_CODES; i++) {
		if (info->codes[i][0])
			printf("  drop code %d: %s\n", i, info->codes[i]);
	}
	puts(verified ? "  the kernel has verified it" : "  not verified by a kernel");
	return fflush(stdout) ? -EIO : 0;
}
