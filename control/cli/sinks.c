/* SPDX-License-Identifier: Apache-2.0 */
/* sinks: where events are sent, and how far each has come. */
#include <string.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

static void print(const json_t *sinks)
{
	static const char *const headers[] = {"SINK",	    "TYPE",	"STATE", ">DELIVERED",
					      ">UNDER WAY", ">REFUSED", ">LAG",	 "ACKED"};
	struct cv_table *table = cv_table_create(headers, 8);
	json_t *sink;
	size_t i;

	json_array_foreach((json_t *)sinks, i, sink)
	{
		char delivered[32], under_way[32], refused[32], lag[32];
		bool known = json_object_get(sink, "lag") != NULL;

		cv_number_text(cv_json_count(sink, "delivered"), delivered);
		cv_number_text(cv_json_count(sink, "under_way"), under_way);
		cv_number_text(cv_json_sum(json_object_get(sink, "refused")), refused);
		cv_number_text(cv_json_count(sink, "lag"), lag);
		cv_table_row(table, (const char *[]){cv_json_text(sink, "name"),
						     cv_json_text(sink, "type"),
						     cv_json_text(sink, "state"), delivered,
						     under_way, refused, known ? lag : "?",
						     cv_json_text(sink, "acked")});
	}
	cv_table_print(table, stdout);
	json_array_foreach((json_t *)sinks, i, sink)
	{
		char text[512];

		cv_clean_text(cv_json_text(sink, "error"), text, sizeof(text));
		if (*text)
			printf("%s: last error: %s\n", cv_json_text(sink, "name"), text);
	}
}

int cv_cli_sinks(struct cv_cli *cli)
{
	struct cv_client *client = NULL;
	json_t *status = NULL;
	const json_t *sinks;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_get(client, "/v1/status", &status);
	sinks = json_object_get(status, "sinks");
	if (r == CV_CLI_OK && cli->json)
		r = cv_print_json(sinks);
	else if (r == CV_CLI_OK && json_array_size(sinks) == 0)
		puts("no sinks are configured (sinks: in the configuration)");
	else if (r == CV_CLI_OK)
		print(sinks);
	json_decref(status);
	cv_client_destroy(client);
	return r;
}
