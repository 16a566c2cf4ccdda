/* SPDX-License-Identifier: Apache-2.0 */
/* groups: consumer groups of the event stream. */
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

static int print_groups(const json_t *doc)
{
	static const char *const headers[] = {"GROUP", ">MEMBERS", ">LAG", "ACKNOWLEDGED",
					      "CURSOR"};
	struct cv_table *t = cv_table_create(headers, 5);
	const json_t *rows = json_object_get(doc, "groups"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		char members[32], lag[32], acked[32];
		const char *cells[] = {cv_json_text(row, "name"), members, lag, acked,
				       cv_json_text(row, "cursor")};

		cv_number_text(json_array_size(json_object_get(row, "members")), members);
		cv_number_text(cv_json_count(row, "lag"), lag);
		when_text(cv_json_count(row, "acked"), acked, sizeof(acked));
		cv_table_row(t, cells);
	}
	return cv_table_print(t, stdout) < 0 || fflush(stdout) != 0 ? CV_CLI_OUTPUT : CV_CLI_OK;
}

static int list(struct cv_cli *cli, struct cv_client *client)
{
	json_t *doc = NULL;
	int r = cv_client_get(client, "/v1/groups", &doc);

	if (r == CV_CLI_OK)
		r = cli->json ? cv_print_json(doc) : print_groups(doc);
	json_decref(doc);
	return r;
}

static int forget(struct cv_client *client, const char *name)
{
	char *escaped = cv_client_escape(name), *path = NULL;
	int r = CV_CLI_UNREACHABLE;

	if (escaped && asprintf(&path, "/v1/groups/%s", escaped) >= 0)
		r = cv_client_delete(client, path);
	if (r == CV_CLI_OK)
		printf("group %s is forgotten\n", name);
	free(path);
	free(escaped);
	return r;
}

int cv_cli_groups(struct cv_cli *cli)
{
	const char *name = cv_cli_value(cli, "delete");
	struct cv_client *client = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = name ? forget(client, name) : list(cli, client);
	cv_client_destroy(client);
	return r;
}
