/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module's object file from an untrusted place, as far as this program reads it itself: sections,
 * names, calls, source lines. And a verifier's log, which quotes the source. Each input is taken as
 * both. libbpf's part runs in a child process; tests/module has it.
 */
#include <stdlib.h>
#include <string.h>

#include "ebpf/module_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Text must end within its field. */
static void use_info(const struct cv_module_info *info)
{
	must(memchr(info->name, 0, sizeof(info->name)) != NULL);
	must(info->budget_ns != 0);
	for (int i = 0; i < CV_MODULE_CODES; i++)
		must(memchr(info->codes[i], 0, sizeof(info->codes[i])) != NULL);
}

static void use_object(const struct cv_module_object *o, const char *text, size_t len)
{
	struct cv_module_place place = {.file = ""};

	for (uint32_t i = 0; i < 64; i++)
		cv_module_line_of(o, CV_MODULE_ENTRY_SECTION, i, &place);
	cv_module_line_using(o, CV_MODULE_FRAME_MAP, &place);
	cv_module_line_like(o, text, len, &place);
	must(strlen(place.file) < CV_MODULE_SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *log = strndup((const char *)data, size);
	struct cv_module_object none = {0}, o;
	struct cv_module_info info;
	struct cv_bpf_why why = {""};

	must(log != NULL);
	if (cv_module_check(data, size, &info, &why))
		must(why.text[0] != 0);
	else
		use_info(&info);
	why.text[0] = 0;
	if (!cv_module_object_read(data, size, &o, &why))
		use_object(&o, log, strlen(log));
	cv_module_explain(&none, log, &why);
	must(why.text[0] != 0);
	free(log);
	return 0;
}
