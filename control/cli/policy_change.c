/* SPDX-License-Identifier: Apache-2.0 */
/* culvert policy apply, promote, confirm, revert, shadow --stop. */
#include <errno.h>
#include <glob.h>
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

/* @param ret malloc'ed. */
static int read_all(const char *path, char **ret, size_t *ret_len)
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

/* Signatures beside the file, as minisign writes them: FILE.minisig and FILE.*.minisig. */
static int append_signatures(const char *path, char **data, size_t *len, size_t *ret_sigs)
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

		r = read_all(found.gl_pathv[i], &text, &n);
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

static void tell_findings(const json_t *findings)
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

static int tell_refusal(const json_t *doc, long status)
{
	char error[1024], hint[512];

	tell_findings(json_object_get(doc, "findings"));
	cv_clean_text(cv_json_text(doc, "error"), error, sizeof(error));
	cv_clean_text(cv_json_text(doc, "hint"), hint, sizeof(hint));
	fprintf(stderr, "culvert: %s%s%s%s\n", error[0] ? error : "control gives no reason",
		hint[0] ? " (" : "", hint, hint[0] ? ")" : "");
	return status == 409 || status == 412 ? CV_CLI_OPEN
	       : status < 500		      ? CV_CLI_INPUT
					      : CV_CLI_UNREACHABLE;
}

static void tell_done(const json_t *doc)
{
	const json_t *policy = json_object_get(doc, "policy");
	const json_t *live = json_object_get(policy, "live");
	const json_t *shadow = json_object_get(policy, "shadow");
	const json_t *confirm = json_object_get(policy, "confirm");
	char note[256];

	tell_findings(json_object_get(doc, "findings"));
	printf("policy %llu is in force\n", (unsigned long long)cv_json_count(live, "number"));
	if (json_is_object(shadow))
		printf("policy %llu is judged beside it: culvert policy shadow\n",
		       (unsigned long long)cv_json_count(shadow, "number"));
	if (json_is_object(confirm))
		printf("confirm it within %.0f s, or policy %llu is in force again: culvert policy "
		       "confirm\n",
		       json_number_value(json_object_get(confirm, "left_s")),
		       (unsigned long long)cv_json_count(confirm, "reverts_to"));
	cv_clean_text(cv_json_text(doc, "note"), note, sizeof(note));
	if (note[0])
		printf("note: %s\n", note);
}

static int post(struct cv_cli *cli, const char *path, const char *data, size_t len)
{
	const char *expect = cv_cli_value(cli, "expect");
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	long status = 0;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_post(client, path, data, len, expect, &status, &doc);
	cv_client_destroy(client);
	if (r != CV_CLI_OK)
		return r;
	if (cli->json) {
		r = cv_print_json(doc);
		if (r == CV_CLI_OK && status != 200)
			r = status == 409 || status == 412 ? CV_CLI_OPEN : CV_CLI_INPUT;
	} else if (status != 200) {
		r = tell_refusal(doc, status);
	} else {
		tell_done(doc);
	}
	json_decref(doc);
	return r;
}

/* PATH?name=...&confirm=...&shadow=1 */
static char *make_path(const struct cv_cli *cli, const char *verb, const char *name, size_t sigs)
{
	const char *confirm = cv_cli_value(cli, "confirm");
	char *escaped = cv_client_escape(name), *time = cv_client_escape(confirm ? confirm : "");
	char *path = NULL;

	if (escaped && time &&
	    asprintf(&path, "/v1/policy/%s?sigs=%zu&name=%.1500s%s%.100s%s", verb, sigs, escaped,
		     confirm ? "&confirm=" : "", time,
		     cv_cli_value(cli, "shadow") ? "&shadow=1" : "") < 0)
		path = NULL;
	free(escaped);
	free(time);
	return path;
}

static int change(struct cv_cli *cli, const char *verb, const char *name, const char *data,
		  size_t len, size_t sigs)
{
	char *path = make_path(cli, verb, name, sigs);
	int r = path ? post(cli, path, data, len + sigs) : CV_CLI_UNREACHABLE;

	free(path);
	return r;
}

int cv_cli_policy_apply(struct cv_cli *cli)
{
	const char *slash = strrchr(cli->operands[0], '/');
	const char *name = slash ? slash + 1 : cli->operands[0];
	char *data = NULL;
	size_t len = 0, sigs = 0;
	int r;

	if (cv_cli_value(cli, "shadow") && cv_cli_value(cli, "confirm")) {
		fputs("culvert policy apply: a shadow needs no confirmation: give one of --shadow "
		      "and --confirm\n",
		      stderr);
		return CV_CLI_USAGE;
	}
	r = read_all(cli->operands[0], &data, &len);
	if (r == CV_CLI_OK && strcmp(name, "-") != 0)
		r = append_signatures(cli->operands[0], &data, &len, &sigs);
	if (r == CV_CLI_OK)
		r = change(cli, "apply", strcmp(name, "-") == 0 ? "standard input" : name, data,
			   len, sigs);
	free(data);
	return r;
}

int cv_cli_policy_promote(struct cv_cli *cli)
{
	return change(cli, "promote", "", "", 0, 0);
}

int cv_cli_policy_confirm(struct cv_cli *cli)
{
	return change(cli, "confirm", "", "", 0, 0);
}

int cv_cli_policy_revert(struct cv_cli *cli)
{
	return change(cli, "revert", "", "", 0, 0);
}

int cv_cli_policy_stop(struct cv_cli *cli)
{
	return change(cli, "shadow/stop", "", "", 0, 0);
}
