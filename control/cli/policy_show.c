/* SPDX-License-Identifier: Apache-2.0 */
/* culvert policy status, history, diff, show, audit, shadow. */
#include <stdlib.h>
#include <string.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

/* Get a document; with --json it is printed and *ret stays NULL. */
static int fetch(struct cv_cli *cli, const char *path, json_t **ret)
{
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_get(client, path, &doc);
	cv_client_destroy(client);
	if (r == CV_CLI_OK && cli->json) {
		r = cv_print_json(doc);
		json_decref(doc);
		doc = NULL;
	}
	*ret = doc;
	return r;
}

static void number_text(const json_t *object, const char *key, char out[32])
{
	snprintf(out, 32, "%llu", (unsigned long long)cv_json_count(object, key));
}

/* ---- status ------------------------------------------------------------------------------- */

static void print_version(const char *label, const json_t *v)
{
	char name[160], who[128];

	if (!json_is_object(v)) {
		printf("%-11s none\n", label);
		return;
	}
	cv_clean_text(cv_json_text(v, "name"), name, sizeof(name));
	cv_clean_text(cv_json_text(v, "by"), who, sizeof(who));
	if (!who[0])
		cv_clean_text(cv_json_text(v, "who"), who, sizeof(who));
	printf("%-11s %llu  %s  by %s at %s  sha256 %.12s\n", label,
	       (unsigned long long)cv_json_count(v, "number"), name, who,
	       *cv_json_text(v, "since") ? cv_json_text(v, "since") : cv_json_text(v, "time"),
	       cv_json_text(v, "hash"));
}

int cv_cli_policy_status(struct cv_cli *cli)
{
	const json_t *confirm, *busy;
	json_t *doc;
	char who[128];
	int r = fetch(cli, "/v1/policy", &doc);

	if (!doc)
		return r;
	printf("state       %s\n", cv_json_text(doc, "state"));
	print_version("live", json_object_get(doc, "live"));
	print_version("shadow", json_object_get(doc, "shadow"));
	print_version("previous", json_object_get(doc, "previous"));
	confirm = json_object_get(doc, "confirm");
	if (json_is_object(confirm))
		printf("confirm     within %.0f s, or policy %llu is in force again\n",
		       json_number_value(json_object_get(confirm, "left_s")),
		       (unsigned long long)cv_json_count(confirm, "reverts_to"));
	printf("dataplane   %s\n", cv_json_text(doc, "dataplane"));
	busy = json_object_get(doc, "busy");
	cv_clean_text(cv_json_text(busy, "who"), who, sizeof(who));
	if (json_is_object(busy))
		printf("under way   %s by %s since %s\n", cv_json_text(busy, "change"), who,
		       cv_json_text(busy, "since"));
	json_decref(doc);
	return CV_CLI_OK;
}

/* ---- history, audit ----------------------------------------------------------------------- */

int cv_cli_policy_history(struct cv_cli *cli)
{
	static const char *const headers[] = {">NUMBER", "TIME", "WHO",	  "FILE",
					      "ORIGIN",	 "ROLE", "SHA256"};
	struct cv_table *table;
	json_t *doc, *row;
	size_t i;
	int r = fetch(cli, "/v1/policy/history", &doc);

	if (!doc)
		return r;
	table = cv_table_create(headers, 7);
	json_array_foreach(json_object_get(doc, "policies"), i, row)
	{
		char number[32], hash[16];

		number_text(row, "number", number);
		snprintf(hash, sizeof(hash), "%.12s", cv_json_text(row, "hash"));
		cv_table_row(table,
			     (const char *[]){number, cv_json_text(row, "time"),
					      cv_json_text(row, "who"), cv_json_text(row, "name"),
					      cv_json_text(row, "origin"),
					      cv_json_text(row, "role"), hash});
	}
	cv_table_print(table, stdout);
	json_decref(doc);
	return CV_CLI_OK;
}

int cv_cli_policy_audit(struct cv_cli *cli)
{
	static const char *const headers[] = {">ID",	 "TIME",   "WHO",   "WHAT",
					      ">POLICY", "RESULT", "DETAIL"};
	struct cv_table *table;
	unsigned long limit;
	json_t *doc, *row;
	char path[64];
	size_t i;
	int r = cv_cli_number(cli, "limit", 1, 10000, 100, &limit);

	if (r != CV_CLI_OK)
		return r;
	snprintf(path, sizeof(path), "/v1/policy/audit?limit=%lu", limit);
	r = fetch(cli, path, &doc);
	if (!doc)
		return r;
	table = cv_table_create(headers, 7);
	json_array_foreach(json_object_get(doc, "entries"), i, row)
	{
		char id[32], number[32];

		number_text(row, "id", id);
		number_text(row, "number", number);
		cv_table_row(table,
			     (const char *[]){id, cv_json_text(row, "time"),
					      cv_json_text(row, "who"), cv_json_text(row, "what"),
					      number, cv_json_text(row, "result"),
					      cv_json_text(row, "detail")});
	}
	cv_table_print(table, stdout);
	json_decref(doc);
	return CV_CLI_OK;
}

/* ---- show, diff --------------------------------------------------------------------------- */

/* @return 0: it is not a whole number above 0, told. */
static unsigned long long policy_number(const struct cv_cli *cli, const char *text)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 10);

	if (*end == '\0' && text[0] >= '0' && text[0] <= '9' && number > 0)
		return number;
	fprintf(stderr, "culvert %s: \"%s\" is not the number of a policy\n", cli->command->name,
		text);
	return 0;
}

int cv_cli_policy_show(struct cv_cli *cli)
{
	unsigned long long number = 0;
	char path[64];
	json_t *doc;
	int r;

	if (cli->operand_count > 0) {
		number = policy_number(cli, cli->operands[0]);
		if (!number)
			return CV_CLI_USAGE;
	}
	snprintf(path, sizeof(path), "/v1/policy/show?number=%llu", number);
	r = fetch(cli, path, &doc);
	if (!doc)
		return r;
	fputs(cv_json_text(doc, "source"), stdout);
	json_decref(doc);
	return CV_CLI_OK;
}

static void print_list(const char *sign, const json_t *list)
{
	char text[512];
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
	{
		cv_clean_text(json_string_value(item) ? json_string_value(item) : "", text,
			      sizeof(text));
		printf("    %s %s\n", sign, text);
	}
}

static void print_field(const json_t *field)
{
	char from[512], to[512];

	if (*cv_json_text(field, "field"))
		printf("    %s:\n", cv_json_text(field, "field"));
	if (json_object_get(field, "added")) {
		print_list("-", json_object_get(field, "removed"));
		print_list("+", json_object_get(field, "added"));
		return;
	}
	cv_clean_text(cv_json_text(field, "from"), from, sizeof(from));
	cv_clean_text(cv_json_text(field, "to"), to, sizeof(to));
	if (json_is_string(json_object_get(field, "from")))
		printf("    - %s\n", from);
	if (json_is_string(json_object_get(field, "to")))
		printf("    + %s\n", to);
}

static void print_ids(const char *sign, const json_t *ids)
{
	json_t *id;
	size_t i;

	printf("    %s", sign);
	json_array_foreach((json_t *)ids, i, id) printf(" %s", json_string_value(id));
	putchar('\n');
}

static void print_change(const json_t *change)
{
	const json_t *fields = json_object_get(change, "fields");
	const json_t *ids = json_object_get(change, "ids");
	char text[1024];
	json_t *field;
	size_t i;

	cv_clean_text(cv_json_text(change, "id"), text, sizeof(text));
	printf("%s %s %s\n", cv_json_text(change, "section"), text, cv_json_text(change, "change"));
	json_array_foreach((json_t *)fields, i, field) print_field(field);
	cv_clean_text(cv_json_text(change, "was"), text, sizeof(text));
	if (text[0])
		printf("    - %s\n", text);
	cv_clean_text(cv_json_text(change, "is"), text, sizeof(text));
	if (text[0])
		printf("    + %s\n", text);
	if (ids) {
		print_ids("-", json_object_get(ids, "from"));
		print_ids("+", json_object_get(ids, "to"));
	}
}

int cv_cli_policy_diff(struct cv_cli *cli)
{
	unsigned long long a = policy_number(cli, cli->operands[0]), b = 0;
	json_t *doc, *change;
	char path[96];
	size_t i;
	int r;

	if (cli->operand_count > 1)
		b = policy_number(cli, cli->operands[1]);
	if (!a || (cli->operand_count > 1 && !b))
		return CV_CLI_USAGE;
	snprintf(path, sizeof(path), "/v1/policy/diff?a=%llu", a);
	if (b)
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "&b=%llu", b);
	r = fetch(cli, path, &doc);
	if (!doc)
		return r;
	json_array_foreach(json_object_get(doc, "changes"), i, change) print_change(change);
	if (json_array_size(json_object_get(doc, "changes")) == 0)
		puts("they say the same");
	json_decref(doc);
	return CV_CLI_OK;
}

/* ---- shadow ------------------------------------------------------------------------------- */

static int print_differences(const json_t *doc)
{
	static const char *const headers[] = {"DEVICE", "LIVE",	    ">RULE", "SHADOW",
					      ">RULE",	">PACKETS", ">BYTES"};
	struct cv_table *table = cv_table_create(headers, 7);
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(doc, "differences"), i, row)
	{
		char live[32], shadow[32], packets[32], bytes[32];

		number_text(row, "live_rule", live);
		number_text(row, "shadow_rule", shadow);
		cv_number_text(cv_json_count(row, "packets"), packets);
		cv_number_text(cv_json_count(row, "bytes"), bytes);
		cv_table_row(table,
			     (const char *[]){cv_json_text(row, "device"),
					      cv_json_text(row, "live"), live,
					      cv_json_text(row, "shadow"), shadow, packets, bytes});
	}
	cv_table_print(table, stdout);
	return CV_CLI_OK;
}

int cv_cli_policy_shadow(struct cv_cli *cli)
{
	char judged[32], differ[32];
	json_t *doc;
	int r;

	if (cv_cli_value(cli, "stop"))
		return cv_cli_policy_stop(cli);
	r = fetch(cli, "/v1/policy/shadow", &doc);
	if (!doc)
		return r;
	if (!cv_json_count(doc, "number")) {
		puts("no policy is in shadow");
	} else {
		cv_number_text(cv_json_count(doc, "judged"), judged);
		cv_number_text(cv_json_count(doc, "differ"), differ);
		printf("policy %llu beside %llu since %s: %s packets judged, %s differently\n",
		       (unsigned long long)cv_json_count(doc, "number"),
		       (unsigned long long)cv_json_count(doc, "live"), cv_json_text(doc, "since"),
		       judged, differ);
		r = print_differences(doc);
	}
	json_decref(doc);
	return r;
}

/* ---- rules -------------------------------------------------------------------------------- */

static void rule_cells(const json_t *hits, char cells[3][32], const char **last)
{
	cv_number_text(cv_json_count(hits, "packets"), cells[0]);
	cv_number_text(cv_json_count(hits, "drops"), cells[1]);
	cv_number_text(cv_json_count(hits, "would_drop"), cells[2]);
	if (*cv_json_text(hits, "last"))
		*last = cv_json_text(hits, "last");
}

int cv_cli_policy_rules(struct cv_cli *cli)
{
	static const char *const headers[] = {">RULE",	">KERNEL",     ">DROPS", ">DATAPLANE",
					      ">DROPS", ">WOULD DROP", "LAST"};
	struct cv_table *table;
	json_t *doc, *row;
	size_t i;
	int r = fetch(
		cli, cv_cli_value(cli, "shadow") ? "/v1/policy/rules?shadow=1" : "/v1/policy/rules",
		&doc);

	if (!doc)
		return r;
	table = cv_table_create(headers, 7);
	json_array_foreach(json_object_get(doc, "rules"), i, row)
	{
		char rule[32], kernel[3][32], worker[3][32];
		const char *last = "";

		number_text(row, "rule", rule);
		rule_cells(json_object_get(row, "kernel"), kernel, &last);
		rule_cells(json_object_get(row, "dataplane"), worker, &last);
		cv_table_row(table,
			     (const char *[]){rule, kernel[0], kernel[1], worker[0], worker[1],
					      cli->values[0] ? kernel[2] : worker[2], last});
	}
	cv_table_print(table, stdout);
	json_decref(doc);
	return CV_CLI_OK;
}
