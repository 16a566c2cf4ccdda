/* SPDX-License-Identifier: Apache-2.0 */
/* culvert policy apply, promote, confirm, revert, shadow --stop. */
#include <stdlib.h>
#include <string.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"
#include "control/cli/upload.h"

static void tell_done(const json_t *doc)
{
	const json_t *policy = json_object_get(doc, "policy");
	const json_t *live = json_object_get(policy, "live");
	const json_t *shadow = json_object_get(policy, "shadow");
	const json_t *confirm = json_object_get(policy, "confirm");
	char note[256];

	cv_upload_tell_findings(json_object_get(doc, "findings"));
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
	json_t *doc = NULL;
	long status = 0;
	int r = cv_upload_post(cli, path, data, len, expect, &status, &doc);

	if (r != CV_CLI_OK)
		return r;
	if (status == 200 && cli->json)
		r = cv_print_json(doc);
	else if (status == 200)
		tell_done(doc);
	else if (cli->json)
		r = cv_upload_print_refusal(doc, status);
	else
		r = cv_upload_tell_refusal(doc, status);
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
	r = cv_upload_read(cli->operands[0], &data, &len);
	if (r == CV_CLI_OK && strcmp(name, "-") != 0)
		r = cv_upload_signatures(cli->operands[0], &data, &len, &sigs);
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
