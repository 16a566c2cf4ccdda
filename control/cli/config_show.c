/* SPDX-License-Identifier: Apache-2.0 */
/* culvert config status, history, export, audit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

#define COLUMNS_MAX 8

static int get(struct cv_cli *cli, const char *path, json_t **ret)
{
	struct cv_client *client = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_get(client, path, ret);
	cv_client_destroy(client);
	return r;
}

static int flushed(void)
{
	return fflush(stdout) == EOF ? CV_CLI_OUTPUT : CV_CLI_OK;
}

static void print_status(const json_t *doc)
{
	const json_t *confirm = json_object_get(doc, "confirm");
	const json_t *busy = json_object_get(doc, "busy");
	char text[256];

	cv_clean_text(cv_json_text(doc, "file"), text, sizeof(text));
	printf("file      %s\n", text);
	if (cv_json_count(doc, "live"))
		printf("in force  %llu\n", (unsigned long long)cv_json_count(doc, "live"));
	else
		puts("in force  the file, never changed by a command");
	cv_clean_text(cv_json_text(doc, "by"), text, sizeof(text));
	if (text[0])
		printf("by        %s, %s\n", text, cv_json_text(doc, "since"));
	if (json_is_object(confirm))
		printf("confirm   within %.0f s, or %llu is in force again\n",
		       json_number_value(json_object_get(confirm, "left_s")),
		       (unsigned long long)cv_json_count(confirm, "reverts_to"));
	if (json_is_object(busy)) {
		cv_clean_text(cv_json_text(busy, "who"), text, sizeof(text));
		printf("busy      %s, by %s\n", cv_json_text(busy, "change"), text);
	}
}

int cv_cli_config_status(struct cv_cli *cli)
{
	json_t *doc = NULL;
	int r = get(cli, "/v1/config", &doc);

	if (r == CV_CLI_OK && cli->json) {
		r = cv_print_json(doc);
	} else if (r == CV_CLI_OK) {
		print_status(doc);
		r = flushed();
	}
	json_decref(doc);
	return r;
}

/* A document that is one list of objects, as a table. */
static int print_list(struct cv_cli *cli, const char *path, const char *list,
		      const char *const *headers, const char *const *keys, size_t n)
{
	struct cv_table *t;
	json_t *doc = NULL, *row;
	size_t i;
	int r = get(cli, path, &doc);

	if (r != CV_CLI_OK)
		return r;
	if (cli->json) {
		r = cv_print_json(doc);
		json_decref(doc);
		return r;
	}
	t = cv_table_create(headers, n);
	json_array_foreach(json_object_get(doc, list), i, row)
	{
		char numbers[COLUMNS_MAX][32];
		const char *cells[COLUMNS_MAX];

		for (size_t k = 0; k < n; k++) {
			cells[k] = cv_json_text(row, keys[k]);
			if (!json_is_integer(json_object_get(row, keys[k])))
				continue;
			snprintf(numbers[k], sizeof(numbers[k]), "%llu",
				 (unsigned long long)cv_json_count(row, keys[k]));
			cells[k] = numbers[k];
		}
		cv_table_row(t, cells);
	}
	cv_table_print(t, stdout);
	json_decref(doc);
	return flushed();
}

int cv_cli_config_history(struct cv_cli *cli)
{
	static const char *const headers[] = {">NUMBER", "ROLE", "WHEN", "WHO", "NAME"};
	static const char *const keys[] = {"number", "role", "time", "who", "name"};

	return print_list(cli, "/v1/config/history", "configurations", headers, keys, 5);
}

int cv_cli_config_audit(struct cv_cli *cli)
{
	static const char *const headers[] = {"WHEN", "WHO", "WHAT", ">NUMBER", "RESULT", "DETAIL"};
	static const char *const keys[] = {"time", "who", "what", "number", "result", "detail"};
	unsigned long limit;
	char path[64];
	int r = cv_cli_number(cli, "limit", 1, 10000, 100, &limit);

	if (r != CV_CLI_OK)
		return r;
	snprintf(path, sizeof(path), "/v1/config/audit?limit=%lu", limit);
	return print_list(cli, path, "entries", headers, keys, 6);
}

int cv_cli_config_export(struct cv_cli *cli)
{
	const char *number = cli->operand_count > 0 ? cli->operands[0] : "0";
	json_t *doc = NULL;
	char path[64];
	int r;

	if (strspn(number, "0123456789") != strlen(number) || strlen(number) > 18) {
		fprintf(stderr, "culvert config export: \"%.40s\" is no number\n", number);
		return CV_CLI_USAGE;
	}
	snprintf(path, sizeof(path), "/v1/config/export?number=%s", number);
	r = get(cli, path, &doc);
	if (r != CV_CLI_OK)
		return r;
	if (cli->json)
		r = cv_print_json(doc);
	else if (fputs(cv_json_text(doc, "text"), stdout) == EOF || fflush(stdout) == EOF)
		r = CV_CLI_OUTPUT;
	json_decref(doc);
	return r;
}
