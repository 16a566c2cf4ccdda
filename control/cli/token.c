/* SPDX-License-Identifier: Apache-2.0 */
/* culvert token: who may read events from elsewhere. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

static void when_text(uint64_t seconds, char *out, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || !gmtime_r(&t, &tm) || strftime(out, size, "%FT%TZ", &tm) == 0)
		snprintf(out, size, "never");
}

/* ---- create --------------------------------------------------------------------------------- */

static void set_text(json_t *doc, const char *member, const char *value)
{
	if (value)
		json_object_set_new(doc, member, json_string(value));
}

/* @return CV_CLI_OK or CV_CLI_USAGE. */
static int set_number(struct cv_cli *cli, json_t *doc, const char *option, const char *member,
		      unsigned long max)
{
	unsigned long n;
	int r;

	if (!cv_cli_value(cli, option))
		return CV_CLI_OK;
	r = cv_cli_number(cli, option, 1, max, 1, &n);
	if (r == CV_CLI_OK)
		json_object_set_new(doc, member, json_integer((json_int_t)n));
	return r;
}

static int describe(struct cv_cli *cli, json_t *doc)
{
	const char *expires = cv_cli_value(cli, "expires");
	int r;

	set_text(doc, "name", cli->operands[0]);
	set_text(doc, "expires", expires ? expires : "90d");
	set_text(doc, "subject", cv_cli_value(cli, "certificate"));
	set_text(doc, "lanes", cv_cli_value(cli, "lane"));
	set_text(doc, "types", cv_cli_value(cli, "type"));
	set_text(doc, "devices", cv_cli_value(cli, "device"));
	set_text(doc, "areas", cv_cli_value(cli, "area"));
	set_text(doc, "masks", cv_cli_value(cli, "mask"));
	set_text(doc, "groups", cv_cli_value(cli, "group"));
	if (cv_cli_value(cli, "ack"))
		json_object_set_new(doc, "ack", json_true());
	if (cv_cli_value(cli, "node"))
		json_object_set_new(doc, "node", json_true());
	r = set_number(cli, doc, "connections", "max_connections", 60000);
	if (r == CV_CLI_OK)
		r = set_number(cli, doc, "requests", "max_requests", 1000000);
	return r;
}

static int print_created(const json_t *doc)
{
	char expires[32];

	when_text(cv_json_count(doc, "expires"), expires, sizeof(expires));
	if (json_object_get(doc, "token"))
		printf("%s\n", cv_json_text(doc, "token"));
	fflush(stdout);
	fprintf(stderr, "id %s for \"%s\", ends: %s%s\n", cv_json_text(doc, "id"),
		cv_json_text(doc, "name"), expires,
		json_object_get(doc, "token") ? "; the token is not shown again" : "");
	return ferror(stdout) ? CV_CLI_OUTPUT : CV_CLI_OK;
}

static int refused(const json_t *doc)
{
	fprintf(stderr, "culvert: %s\n  %s\n", cv_json_text(doc, "error"),
		cv_json_text(doc, "hint"));
	return CV_CLI_INPUT;
}

static int post(struct cv_cli *cli, const json_t *wanted)
{
	char *body = json_dumps(wanted, JSON_COMPACT);
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	long status = 0;
	int r = body ? cv_client_create(cli->socket, false, &client) : CV_CLI_UNREACHABLE;

	if (r == CV_CLI_OK)
		r = cv_client_post(client, "/v1/tokens", body, strlen(body), NULL, &status, &doc);
	if (r == CV_CLI_OK && status != 201)
		r = refused(doc);
	else if (r == CV_CLI_OK)
		r = cli->json ? cv_print_json(doc) : print_created(doc);
	json_decref(doc);
	cv_client_destroy(client);
	free(body);
	return r;
}

int cv_cli_token_create(struct cv_cli *cli)
{
	json_t *wanted = json_object();
	int r = describe(cli, wanted);

	if (r == CV_CLI_OK)
		r = post(cli, wanted);
	json_decref(wanted);
	return r;
}

/* ---- list, revoke --------------------------------------------------------------------------- */

static const char *or_all(const char *text)
{
	return *text ? text : "all";
}

static void rights_text(const json_t *row, char *out, size_t size)
{
	bool node = json_is_true(json_object_get(row, "node"));
	bool ack = json_is_true(json_object_get(row, "ack"));
	bool groups = *cv_json_text(row, "groups");

	snprintf(out, size, "read%s%s%s", node ? ",node" : "", ack ? ",ack" : "",
		 groups ? ",groups" : "");
}

static int print_list(const json_t *doc)
{
	static const char *const headers[] = {"ID",    "NAME",	  "LANES",   "TYPES",
					      "AREAS", "DEVICES", "MASKED",  "MAY",
					      "ENDS",  ">OPEN",	  ">REFUSED"};
	struct cv_table *t = cv_table_create(headers, 11);
	const json_t *rows = json_object_get(doc, "principals"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *masks = cv_json_text(row, "masks");
		char ends[32], open[32], refusals[32], may[32];
		const char *cells[] = {cv_json_text(row, "id"),
				       cv_json_text(row, "name"),
				       or_all(cv_json_text(row, "lanes")),
				       or_all(cv_json_text(row, "types")),
				       or_all(cv_json_text(row, "areas")),
				       or_all(cv_json_text(row, "devices")),
				       *masks ? masks : "-",
				       may,
				       ends,
				       open,
				       refusals};

		when_text(cv_json_count(row, "expires"), ends, sizeof(ends));
		rights_text(row, may, sizeof(may));
		if (json_is_false(json_object_get(row, "valid")))
			snprintf(ends, sizeof(ends), "over");
		cv_number_text(cv_json_count(row, "connections"), open);
		cv_number_text(cv_json_count(row, "refused"), refusals);
		cv_table_row(t, cells);
	}
	return cv_table_print(t, stdout) < 0 || fflush(stdout) != 0 ? CV_CLI_OUTPUT : CV_CLI_OK;
}

int cv_cli_token_list(struct cv_cli *cli)
{
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_get(client, "/v1/tokens", &doc);
	if (r == CV_CLI_OK)
		r = cli->json ? cv_print_json(doc) : print_list(doc);
	json_decref(doc);
	cv_client_destroy(client);
	return r;
}

int cv_cli_token_revoke(struct cv_cli *cli)
{
	char *escaped = cv_client_escape(cli->operands[0]), *path = NULL;
	struct cv_client *client = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK && (!escaped || asprintf(&path, "/v1/tokens/%s", escaped) < 0))
		r = CV_CLI_UNREACHABLE;
	if (r == CV_CLI_OK)
		r = cv_client_delete(client, path);
	if (r == CV_CLI_OK)
		printf("%s is revoked; what it had open is closed\n", cli->operands[0]);
	cv_client_destroy(client);
	free(path);
	free(escaped);
	return r;
}
