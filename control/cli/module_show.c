/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert policy module` that ask the running node. */
#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

const struct cv_cli_command cv_cli_module_online[] = {
	{
		.name = "policy module show",
		.help = "print what the node's module does and what it costs",
		.details = "The module of the policy in force, and of those beside and before it: "
			   "frames it was asked about, drops by code, and its run time against the "
			   "budget it states. One run of 256 is timed, with the calls there and "
			   "back.",
		.exits = "0 1 3",
		.run = cv_cli_module_show,
	},
	{0},
};

static void print_names(const char *label, const json_t *names)
{
	const json_t *name;
	size_t i;

	if (!json_array_size(names))
		return;
	printf("  %-10s", label);
	json_array_foreach((json_t *)names, i, name)
	{
		char text[64];

		cv_clean_text(json_string_value(name), text, sizeof(text));
		printf("%s%s", i ? ", " : "", text);
	}
	putchar('\n');
}

static void print_drops(const json_t *drops)
{
	static const char *const headers[] = {">CODE", "MEANS", ">PACKETS", ">BYTES"};
	struct cv_table *table = cv_table_create(headers, 4);
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)drops, i, row)
	{
		char code[32], packets[32], bytes[32];

		cv_number_text(cv_json_count(row, "code"), code);
		cv_number_text(cv_json_count(row, "packets"), packets);
		cv_number_text(cv_json_count(row, "bytes"), bytes);
		cv_table_row(table,
			     (const char *[]){code, cv_json_text(row, "name"), packets, bytes});
	}
	cv_table_print(table, stdout);
}

static void print_time(const json_t *time, const struct cv_colours *c)
{
	bool over = json_is_true(json_object_get(time, "over_budget"));
	char mean[32], longest[32], budget[32];

	cv_number_text(cv_json_count(time, "mean_ns"), mean);
	cv_number_text(cv_json_count(time, "max_ns"), longest);
	cv_number_text(cv_json_count(time, "budget_ns"), budget);
	if (!cv_json_count(time, "mean_ns"))
		printf("  %-10snot known yet, budget %s ns per frame\n", "run time", budget);
	else
		printf("  %-10smean %s ns, longest %s ns, budget %s ns%s%s%s\n", "run time", mean,
		       longest, budget, over ? c->red : "", over ? ": over budget" : "",
		       over ? c->off : "");
}

static void print_module(const char *label, const json_t *m, const struct cv_colours *c)
{
	const json_t *counts = json_object_get(m, "counters");
	char name[64], runs[32], went_on[32];

	if (!json_is_object(m)) {
		printf("%-11s no module\n", label);
		return;
	}
	cv_clean_text(cv_json_text(m, "name"), name, sizeof(name));
	printf("%-11s %s, since %s\n", label, name, cv_json_text(m, "since"));
	print_names("runs on", json_object_get(m, "ports"));
	print_names("not on", json_object_get(m, "not_on"));
	cv_number_text(cv_json_count(counts, "runs"), runs);
	cv_number_text(cv_json_count(counts, "continued"), went_on);
	printf("  %-10s%s frames, %s went on", "asked", runs, went_on);
	if (cv_json_count(counts, "invalid"))
		printf(", %llu without a valid answer",
		       (unsigned long long)cv_json_count(counts, "invalid"));
	if (cv_json_count(counts, "absent"))
		printf("; not there for %llu", (unsigned long long)cv_json_count(counts, "absent"));
	putchar('\n');
	print_time(json_object_get(counts, "time"), c);
	print_drops(json_object_get(counts, "drops"));
}

int cv_cli_module_show(struct cv_cli *cli)
{
	static const char *const labels[] = {"live", "shadow", "previous"};
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = cv_client_get(client, "/v1/policy/module", &doc);
	cv_client_destroy(client);
	if (r != CV_CLI_OK)
		return r;
	if (cli->json)
		r = cv_print_json(doc);
	for (size_t i = 0; !cli->json && i < sizeof(labels) / sizeof(labels[0]); i++) {
		const json_t *m = json_object_get(doc, labels[i]);

		/* The one in force always, the others where there is one. */
		if (i == 0 || json_is_object(m))
			print_module(labels[i], m, cv_colours(cli->colour));
	}
	json_decref(doc);
	return r;
}
