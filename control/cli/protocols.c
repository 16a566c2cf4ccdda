/* SPDX-License-Identifier: Apache-2.0 */
/* protocols: what can be decoded, and on a running node what was. */
#include <string.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

/* The node's counters by protocol; NULL where no node runs, which is told by what is missing. */
static json_t *counters(const struct cv_cli *cli)
{
	struct cv_client *client = NULL;
	json_t *stats = NULL, *found = NULL;

	if (cv_client_create(cli->socket, true, &client) == CV_CLI_OK &&
	    cv_client_get(client, "/v1/stats", &stats) == CV_CLI_OK)
		found = json_incref(
			json_object_get(json_object_get(stats, "dataplane"), "protocols"));
	json_decref(stats);
	cv_client_destroy(client);
	return found;
}

static void merge(json_t *list, const json_t *counts)
{
	json_t *protocol;
	size_t i;

	json_array_foreach(list, i, protocol) json_object_update(
		protocol, json_object_get(counts, cv_json_text(protocol, "name")));
}

/* "tcp 502, udp 502"; "tcp, udp" for one whose port everybody chooses. */
static void transports(const json_t *protocol, char *out, size_t size)
{
	static const char *const names[] = {"tcp", "udp"};
	size_t used = 0, n;
	json_t *port;

	out[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		const json_t *ports = json_object_get(protocol, names[i]);

		if (ports == NULL)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
					 names[i]);
		json_array_foreach((json_t *)ports, n, port) if (used < size) used +=
			(size_t)snprintf(out + used, size - used, " %lld",
					 (long long)json_integer_value(port));
		if (used >= size)
			return;
	}
}

static void rejections(const json_t *rejected, char *out, size_t size)
{
	const char *reason;
	size_t used = 0;
	json_t *n;

	out[0] = '\0';
	json_object_foreach((json_t *)rejected, reason, n)
	{
		if (used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s %lld",
						 used ? ", " : "", reason,
						 (long long)json_integer_value(n));
	}
}

static void print(const json_t *list, bool counted)
{
	static const char *const headers[] = {"PROTOCOL",  "WHAT",	"TRANSPORT",
					      ">MESSAGES", ">REJECTED", "WHY"};
	struct cv_table *table = cv_table_create(headers, counted ? 6 : 3);
	json_t *protocol;
	size_t i;

	json_array_foreach((json_t *)list, i, protocol)
	{
		const json_t *rejected = json_object_get(protocol, "rejected");
		char where[80], messages[32], sum[32], why[160];

		transports(protocol, where, sizeof(where));
		cv_number_text(cv_json_count(protocol, "messages"), messages);
		cv_number_text(cv_json_sum(rejected), sum);
		rejections(rejected, why, sizeof(why));
		cv_table_row(table, (const char *[]){cv_json_text(protocol, "name"),
						     cv_json_text(protocol, "title"), where,
						     messages, sum, why});
	}
	cv_table_print(table, stdout);
}

int cv_cli_protocols(struct cv_cli *cli)
{
	json_t *list = NULL, *counts;
	int r = cv_cli_ask_dataplane((const char *[]){"protocols", NULL}, &list);

	if (r != CV_CLI_OK)
		return r;
	counts = counters(cli);
	if (counts)
		merge(list, counts);
	if (cli->json)
		r = cv_print_json(list);
	else
		print(list, counts != NULL);
	json_decref(counts);
	json_decref(list);
	return r;
}
