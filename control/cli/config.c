/* SPDX-License-Identifier: Apache-2.0 */
/* culvert config diff, apply, confirm, undo, rollback. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"
#include "control/cli/upload.h"

#define CONFIRM_DEFAULT "5min"
/* Control starts anew within a second or two; with millions of events to look through, later. */
#define BACK_SECONDS 120

static void tell_changes(const json_t *doc)
{
	const json_t *changes = json_object_get(doc, "changes");
	struct cv_table *t;
	json_t *row;
	size_t i;

	if (json_array_size(changes) == 0) {
		puts("no setting changes");
		return;
	}
	t = cv_table_create((const char *const[]){"SETTING", "FROM", "TO", "COSTS"}, 4);
	json_array_foreach((json_t *)changes, i, row)
	{
		const char *from = cv_json_text(row, "from"), *to = cv_json_text(row, "to");

		cv_table_row(t,
			     (const char *const[]){cv_json_text(row, "setting"), *from ? from : "-",
						   *to ? to : "-", cv_json_text(row, "cost")});
	}
	cv_table_print(t, stdout);
}

static void tell_cost(const json_t *doc)
{
	const char *cost = cv_json_text(doc, "cost");

	if (strcmp(cost, "live") == 0)
		puts("in place: nothing restarts");
	else if (strcmp(cost, "host") == 0)
		puts("in place: nothing restarts; the machine is set by culvert-host.service");
	else if (strcmp(cost, "control") == 0)
		puts("control starts anew; no frame and no event is lost");
	else if (strcmp(cost, "dataplane") == 0)
		puts("control and dataplane start anew; meanwhile frames go as on_dataplane_loss "
		     "says");
}

static void tell_state(const json_t *config)
{
	const json_t *confirm = json_object_get(config, "confirm");

	printf("configuration %llu is in force\n",
	       (unsigned long long)cv_json_count(config, "live"));
	if (json_is_object(confirm))
		printf("confirm it within %.0f s, or configuration %llu is in force again: culvert "
		       "config confirm\n",
		       json_number_value(json_object_get(confirm, "left_s")),
		       (unsigned long long)cv_json_count(confirm, "reverts_to"));
}

/* Control starts anew: wait for it. @param want the number that is to be in force then. */
static int await(struct cv_cli *cli, uint64_t want, json_t **ret)
{
	for (int i = 0; i < BACK_SECONDS * 10; i++) {
		struct cv_client *client = NULL;
		json_t *doc = NULL;
		int r;

		usleep(100000);
		r = cv_client_create(cli->socket, true, &client);
		if (r == CV_CLI_OK)
			r = cv_client_get(client, "/v1/config", &doc);
		cv_client_destroy(client);
		if (r == CV_CLI_OK && strcmp(cv_json_text(doc, "state"), "restarting") != 0) {
			r = cv_json_count(doc, "live") == want ? CV_CLI_OK : CV_CLI_OPEN;
			if (r != CV_CLI_OK)
				fprintf(stderr,
					"culvert: control did not stay with configuration %llu and "
					"went back: its diagnostics say why\n",
					(unsigned long long)want);
			*ret = doc;
			return r;
		}
		json_decref(doc);
	}
	fprintf(stderr, "culvert: control has not come back within %d s\n", BACK_SECONDS);
	return CV_CLI_UNREACHABLE;
}

static int finish(struct cv_cli *cli, json_t *doc, bool only_diff)
{
	json_t *config = json_object_get(doc, "config"), *now = NULL;
	char note[256];
	int r = CV_CLI_OK;

	if (!only_diff && strcmp(cv_json_text(config, "state"), "restarting") == 0) {
		if (!cli->json)
			tell_cost(doc);
		r = await(cli, cv_json_count(config, "live"), &now);
		if (now)
			json_object_set_new(doc, "config", now);
		config = json_object_get(doc, "config");
	}
	if (cli->json) {
		int printed = cv_print_json(doc);

		return r == CV_CLI_OK ? printed : r;
	}
	cv_upload_tell_findings(json_object_get(doc, "findings"));
	if (only_diff || json_object_get(doc, "changes"))
		tell_changes(doc);
	if (only_diff)
		tell_cost(doc);
	else if (r != CV_CLI_UNREACHABLE)
		tell_state(config);
	cv_clean_text(cv_json_text(doc, "note"), note, sizeof(note));
	if (note[0])
		printf("note: %s\n", note);
	return fflush(stdout) == EOF ? CV_CLI_OUTPUT : r;
}

static int post(struct cv_cli *cli, const char *path, const char *data, size_t len, bool only_diff)
{
	const char *expect = only_diff ? NULL : cv_cli_value(cli, "expect");
	json_t *doc = NULL;
	long status = 0;
	int r = cv_upload_post(cli, path, data, len, expect, &status, &doc);

	if (r != CV_CLI_OK)
		return r;
	if (status == 200)
		r = finish(cli, doc, only_diff);
	else if (cli->json)
		r = cv_upload_print_refusal(doc, status);
	else
		r = cv_upload_tell_refusal(doc, status);
	json_decref(doc);
	return r;
}

/* "/v1/config/VERB?KEY=VALUE&confirm=TIME"; NULL: the options contradict each other, told. */
static char *make_path(struct cv_cli *cli, const char *verb, const char *key, const char *value,
		       bool confirms)
{
	const char *confirm = confirms ? cv_cli_value(cli, "confirm") : NULL;
	bool now = !confirms || cv_cli_value(cli, "now");
	char *text, *time, *path = NULL;

	if (confirm && now) {
		fprintf(stderr, "culvert %s: give one of --confirm and --now\n",
			cli->command->name);
		return NULL;
	}
	text = cv_client_escape(value);
	time = cv_client_escape(confirm ? confirm : CONFIRM_DEFAULT);
	if (text && time &&
	    asprintf(&path, "/v1/config/%s?%s=%.1500s%s%.100s", verb, key, text,
		     now ? "" : "&confirm=", now ? "" : time) < 0)
		path = NULL;
	free(text);
	free(time);
	return path;
}

static int change(struct cv_cli *cli, const char *verb, const char *key, const char *value,
		  const char *data, size_t len, bool confirms)
{
	char *path = make_path(cli, verb, key, value, confirms);
	int r = path ? post(cli, path, data, len, strcmp(verb, "diff") == 0) : CV_CLI_USAGE;

	free(path);
	return r;
}

static int send_file(struct cv_cli *cli, const char *verb, bool confirms)
{
	const char *slash = strrchr(cli->operands[0], '/');
	const char *name = slash ? slash + 1 : cli->operands[0];
	char *data = NULL;
	size_t len = 0;
	int r = cv_upload_read(cli->operands[0], &data, &len);

	if (r == CV_CLI_OK)
		r = change(cli, verb, "name", strcmp(name, "-") == 0 ? "standard input" : name,
			   data, len, confirms);
	free(data);
	return r;
}

int cv_cli_config_diff(struct cv_cli *cli)
{
	return send_file(cli, "diff", false);
}

int cv_cli_config_apply(struct cv_cli *cli)
{
	return send_file(cli, "apply", true);
}

int cv_cli_config_confirm(struct cv_cli *cli)
{
	return change(cli, "confirm", "by", "culvert", "", 0, false);
}

int cv_cli_config_undo(struct cv_cli *cli)
{
	return change(cli, "undo", "by", "culvert", "", 0, true);
}

int cv_cli_config_rollback(struct cv_cli *cli)
{
	const char *number = cli->operands[0];

	if (strspn(number, "0123456789") != strlen(number) || !*number) {
		fprintf(stderr, "culvert config rollback: \"%s\" is no number\n", number);
		return CV_CLI_USAGE;
	}
	return change(cli, "rollback", "number", number, "", 0, true);
}
