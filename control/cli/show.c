/* SPDX-License-Identifier: Apache-2.0 */
/* status, stats, ledger. */
#include <string.h>
#include <unistd.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"
#include "control/cli/stat_rows.h"

static int fetch(const struct cv_cli *cli, const char *path, json_t **ret)
{
	struct cv_client *client = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_get(client, path, ret);
	cv_client_destroy(client);
	return r;
}

/* ---- status ------------------------------------------------------------------------------- */

static void print_uptime(double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)seconds : 0;

	if (s >= 86400)
		printf("%lu d ", s / 86400);
	printf("%02lu:%02lu:%02lu\n", s / 3600 % 24, s / 60 % 60, s % 60);
}

static void print_dataplane(const json_t *d, const struct cv_colours *c)
{
	if (!json_is_true(json_object_get(d, "attached"))) {
		printf("dataplane   %snot running%s: frames are handled as on_dataplane_loss "
		       "says\n",
		       c->red, c->off);
		return;
	}
	printf("dataplane   %sattached%s, pid %llu, %llu worker(s), generation %llu\n", c->green,
	       c->off, (unsigned long long)cv_json_count(d, "pid"),
	       (unsigned long long)cv_json_count(d, "workers"),
	       (unsigned long long)cv_json_count(d, "generation"));
}

/* A line only where somebody is away. */
static void print_quarantine(const json_t *q)
{
	unsigned long long devices = cv_json_count(q, "devices");

	if (devices)
		printf("quarantine  %llu device(s), dataplane %s\n", devices,
		       cv_json_text(q, "dataplane"));
}

static void print_log(const json_t *log)
{
	static const char *const headers[] = {"LANE", ">OLDEST", ">NEXT", ">BYTES", "STATE"};
	const json_t *lanes = json_object_get(log, "lanes");
	struct cv_table *table = cv_table_create(headers, 5);
	const char *lane;
	json_t *value;

	json_object_foreach((json_t *)lanes, lane, value)
	{
		char begin[32], end[32], bytes[32];
		const char *trouble = json_string_value(json_object_get(value, "trouble"));

		cv_number_text(cv_json_count(value, "begin"), begin);
		cv_number_text(cv_json_count(value, "end"), end);
		cv_number_text(cv_json_count(value, "bytes"), bytes);
		cv_table_row(
			table,
			(const char *[]){lane, begin, end, bytes,
					 trouble && strcmp(trouble, "none") != 0 ? trouble : "ok"});
	}
	cv_table_print(table, stdout);
}

static void print_ports(const json_t *ports)
{
	static const char *const headers[] = {"PORT", "TARGET", "MODE", "SIDE"};
	struct cv_table *table = cv_table_create(headers, 4);
	json_t *port;
	size_t i;

	json_array_foreach((json_t *)ports, i, port) cv_table_row(
		table, (const char *[]){cv_json_text(port, "name"), cv_json_text(port, "target"),
					cv_json_text(port, "mode"), cv_json_text(port, "side")});
	cv_table_print(table, stdout);
}

int cv_cli_status(struct cv_cli *cli)
{
	const struct cv_colours *c = cv_colours(cli->colour);
	json_t *doc = NULL, *warning;
	char text[512];
	size_t i;
	int r = fetch(cli, "/v1/status", &doc);

	if (r != CV_CLI_OK)
		return r;
	if (cli->json) {
		r = cv_print_json(doc);
		json_decref(doc);
		return r;
	}
	cv_clean_text(cv_json_text(doc, "node"), text, sizeof(text));
	printf("node        %s%s%s\n", c->bold, text, c->off);
	cv_clean_text(cv_json_text(doc, "version"), text, sizeof(text));
	printf("version     %s\n", text);
	printf("generation  %llu\n", (unsigned long long)cv_json_count(doc, "generation"));
	fputs("uptime      ", stdout);
	print_uptime(json_number_value(json_object_get(doc, "uptime_s")));
	print_dataplane(json_object_get(doc, "dataplane"), c);
	print_quarantine(json_object_get(doc, "quarantine"));
	cv_clean_text(cv_json_text(json_object_get(doc, "log"), "dir"), text, sizeof(text));
	printf("log         %s\n", text);
	printf("subscribers %llu\n\n", (unsigned long long)cv_json_count(doc, "subscribers"));
	print_ports(json_object_get(doc, "ports"));
	putchar('\n');
	print_log(json_object_get(doc, "log"));
	json_array_foreach(json_object_get(doc, "warnings"), i, warning)
	{
		cv_clean_text(json_string_value(warning) ? json_string_value(warning) : "", text,
			      sizeof(text));
		printf("\n%swarning%s: %s\n", c->yellow, c->off, text);
	}
	json_decref(doc);
	return CV_CLI_OK;
}

/* ---- stats -------------------------------------------------------------------------------- */

/* Rows without a count are left out: a reason that never came tells nothing. */
static void print_stats(const struct cv_stat_rows *rows, const struct cv_stat_rows *before)
{
	static const char *const headers[] = {"STAGE", "COUNTER", ">COUNT", ">PER SECOND"};
	struct cv_table *table = cv_table_create(headers, before ? 4 : 3);

	for (size_t i = 0; i < rows->n; i++) {
		const struct cv_stat_row *row = &rows->items[i];
		uint64_t last = before ? cv_stat_rows_find(before, row) : 0;
		char count[32], rate[32];

		if (!row->value)
			continue;
		cv_number_text(row->value, count);
		cv_number_text(row->value > last ? row->value - last : 0, rate);
		cv_table_row(table, (const char *[]){row->stage, row->name, count, rate});
	}
	cv_table_print(table, stdout);
}

/* Rates are told where there is something to compare with. */
static int stats_once(struct cv_cli *cli, struct cv_client *client, struct cv_stat_rows *before)
{
	struct cv_stat_rows rows = {0};
	json_t *doc = NULL;
	int r = cv_client_get(client, "/v1/stats", &doc);

	if (r != CV_CLI_OK)
		return r;
	if (cli->json) {
		r = cv_print_json(doc);
	} else if (cv_stat_rows_read(doc, &rows) == 0) {
		print_stats(&rows, before->n ? before : NULL);
		cv_stat_rows_free(before);
		*before = rows;
	}
	json_decref(doc);
	fflush(stdout);
	return r;
}

/* Again every second. A control that is gone comes back, with counters that begin anew. */
static int watch_stats(struct cv_cli *cli, struct cv_stat_rows *before, unsigned long seconds)
{
	struct cv_client *client = NULL;
	bool away = false;
	int r = cv_client_create(cli->socket, true, &client);

	while (seconds-- > 0 && (r == CV_CLI_OK || away)) {
		sleep(1);
		if (!cli->json && !away)
			putchar('\n');
		r = stats_once(cli, client, before);
		if (r == CV_CLI_INPUT || (r == CV_CLI_UNREACHABLE && !away))
			fprintf(stderr, "culvert: %s\n", cv_client_why(client));
		if (r == CV_CLI_UNREACHABLE && !away) {
			fputs("culvert: waiting for control\n", stderr);
			cv_stat_rows_free(before);
		} else if (r == CV_CLI_OK && away) {
			fputs("culvert: control is back\n", stderr);
		}
		away = r == CV_CLI_UNREACHABLE;
	}
	cv_client_destroy(client);
	return r;
}

int cv_cli_stats(struct cv_cli *cli)
{
	struct cv_stat_rows before = {0};
	struct cv_client *client = NULL;
	unsigned long seconds;
	bool watch = cv_cli_value(cli, "watch");
	int r = cv_cli_number(cli, "for", 1, 31536000, 31536000, &seconds);

	if (r == CV_CLI_OK && !watch && cv_cli_value(cli, "for")) {
		fputs("culvert stats: --for is only for --watch\n", stderr);
		r = CV_CLI_USAGE;
	}
	if (r == CV_CLI_OK)
		r = cv_client_create(cli->socket, false, &client);
	if (r == CV_CLI_OK)
		r = stats_once(cli, client, &before);
	cv_client_destroy(client);
	if (r == CV_CLI_OK && watch)
		r = watch_stats(cli, &before, seconds);
	cv_stat_rows_free(&before);
	return r;
}

/* ---- ledger ------------------------------------------------------------------------------- */

static void print_equations(const json_t *equations)
{
	static const char *const headers[] = {"EQUATION", "MEANING", ">LEFT", ">RIGHT",
					      ">DIFFERENCE"};
	struct cv_table *table = cv_table_create(headers, 5);
	json_t *e;
	size_t i;

	json_array_foreach((json_t *)equations, i, e)
	{
		char left[32], right[32], difference[32];

		cv_number_text(cv_json_count(e, "left"), left);
		cv_number_text(cv_json_count(e, "right"), right);
		snprintf(difference, sizeof(difference), "%lld",
			 (long long)json_integer_value(json_object_get(e, "difference")));
		cv_table_row(table,
			     (const char *[]){cv_json_text(e, "name"), cv_json_text(e, "text"),
					      left, right, difference});
	}
	cv_table_print(table, stdout);
}

int cv_cli_ledger(struct cv_cli *cli)
{
	const struct cv_colours *c = cv_colours(cli->colour);
	unsigned long settle;
	json_t *doc = NULL;
	const char *state;
	char path[64];
	int r = cv_cli_number(cli, "settle", 0, 10000, 0, &settle);

	if (r != CV_CLI_OK)
		return r;
	snprintf(path, sizeof(path), settle ? "/v1/ledger?settle=%lu" : "/v1/ledger", settle);
	r = fetch(cli, path, &doc);
	if (r != CV_CLI_OK)
		return r;
	state = cv_json_text(doc, "state");
	if (cli->json) {
		r = cv_print_json(doc);
	} else {
		print_equations(json_object_get(doc, "equations"));
		printf("\nledger: %s%s%s\n",
		       strcmp(state, "closed") == 0 ? c->green
		       : strcmp(state, "open") == 0 ? c->red
						    : c->yellow,
		       strcmp(state, "closed") == 0 ? "closed"
		       : strcmp(state, "open") == 0 ? "open"
						    : "moving (traffic is in flight; try --settle)",
		       c->off);
	}
	if (r == CV_CLI_OK && strcmp(state, "open") == 0)
		r = CV_CLI_OPEN;
	json_decref(doc);
	return r;
}
