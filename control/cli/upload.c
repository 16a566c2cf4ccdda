/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cli/upload.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

/* Largest policy file or bundle, bytes; control takes no more either. */
#define FILE_MAX ((size_t)128 << 20)

static int cannot_read(const char *path, const char *why)
{
	fprintf(stderr, "culvert: %s: %s\n", path, why);
	return CV_CLI_INPUT;
}

int cv_upload_read(const char *path, char **ret, size_t *ret_len)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
	char *data = NULL, *grown;
	size_t len = 0, size = 0, n = 1;
	int r = CV_CLI_OK;

	if (!in)
		return cannot_read(path, strerror(errno));
	while (r == CV_CLI_OK && n > 0) {
		if (len == size) {
			size = size ? 2 * size : 65536;
			grown = size > 2 * FILE_MAX ? NULL : realloc(data, size);
			if (!grown) {
				r = cannot_read(path, "the file is too large");
				break;
			}
			data = grown;
		}
		n = fread(data + len, 1, size - len, in);
		len += n;
	}
	if (r == CV_CLI_OK && ferror(in))
		r = cannot_read(path, strerror(errno));
	if (r == CV_CLI_OK && len > FILE_MAX)
		r = cannot_read(path, "the file is larger than 128 MiB");
	if (in != stdin)
		fclose(in);
	if (r != CV_CLI_OK) {
		free(data);
		return r;
	}
	*ret = data;
	*ret_len = len;
	return CV_CLI_OK;
}

int cv_upload_signatures(const char *path, char **data, size_t *len, size_t *ret_sigs)
{
	static const char *const patterns[] = {"%s.minisig", "%s.*.minisig"};
	glob_t found = {0};
	int r = CV_CLI_OK;

	*ret_sigs = 0;
	for (int i = 0; i < 2; i++) {
		char pattern[4096 + 16];

		if (snprintf(pattern, sizeof(pattern), patterns[i], path) < (int)sizeof(pattern))
			(void)glob(pattern, i ? GLOB_APPEND : 0, NULL, &found);
	}
	for (size_t i = 0; r == CV_CLI_OK && i < found.gl_pathc; i++) {
		char *text = NULL, *grown;
		size_t n = 0;

		r = cv_upload_read(found.gl_pathv[i], &text, &n);
		grown = r == CV_CLI_OK ? realloc(*data, *len + *ret_sigs + n) : NULL;
		if (grown) {
			memcpy(grown + *len + *ret_sigs, text, n);
			*data = grown;
			*ret_sigs += n;
		}
		free(text);
	}
	globfree(&found);
	return r;
}

void cv_upload_tell_findings(const json_t *findings)
{
	char file[512], text[1024], hint[512];
	json_t *row;
	size_t i;

	json_array_foreach((json_t *)findings, i, row)
	{
		cv_clean_text(cv_json_text(row, "file"), file, sizeof(file));
		cv_clean_text(cv_json_text(row, "text"), text, sizeof(text));
		cv_clean_text(cv_json_text(row, "hint"), hint, sizeof(hint));
		fprintf(stderr, "%s:", file);
		if (cv_json_count(row, "line"))
			fprintf(stderr,
				"%llu:%llu:", (unsigned long long)cv_json_count(row, "line"),
				(unsigned long long)cv_json_count(row, "column"));
		fprintf(stderr, " %s: %s%s%s%s\n", cv_json_text(row, "severity"), text,
			hint[0] ? " (" : "", hint, hint[0] ? ")" : "");
	}
}

int cv_upload_tell_refusal(const json_t *doc, long status)
{
	char error[1024], hint[512];

	cv_upload_tell_findings(json_object_get(doc, "findings"));
	cv_clean_text(cv_json_text(doc, "error"), error, sizeof(error));
	cv_clean_text(cv_json_text(doc, "hint"), hint, sizeof(hint));
	fprintf(stderr, "culvert: %s%s%s%s\n", error[0] ? error : "control gives no reason",
		hint[0] ? " (" : "", hint, hint[0] ? ")" : "");
	return status == 409 || status == 412 ? CV_CLI_OPEN
	       : status < 500		      ? CV_CLI_INPUT
					      : CV_CLI_UNREACHABLE;
}

int cv_upload_post(const struct cv_cli *cli, const char *path, const char *data, size_t len,
		   const char *expect, long *ret_status, json_t **ret)
{
	struct cv_client *client = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_post(client, path, data, len, expect, ret_status, ret);
	cv_client_destroy(client);
	return r;
}

int cv_upload_print_refusal(json_t *doc, long status)
{
	int r = cv_print_json(doc);

	if (r != CV_CLI_OK)
		return r;
	return status == 409 || status == 412 ? CV_CLI_OPEN : CV_CLI_INPUT;
}
