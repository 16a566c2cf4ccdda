/* SPDX-License-Identifier: Apache-2.0 */
/* culvert alarm list, show, ack, history, apply, rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"
#include "control/cli/upload.h"

/* ---- active alarms -------------------------------------------------------------------------- */

/* "urn:dev:a:1" of alarm:RULE:urn:dev:a:1:1777863720000 */
static void subject_of(const json_t *alarm, char *ret, size_t size)
{
	const char *id = cv_json_text(alarm, "id"), *end = strrchr(id, ':');
	size_t head = strlen("alarm:") + strlen(cv_json_text(alarm, "rule")) + 1;

	if (end && strlen(id) > head && end >= id + head)
		snprintf(ret, size, "%.*s", (int)(end - id - (ptrdiff_t)head), id + head);
	else
		snprintf(ret, size, "%s", id);
}

static void add_row(struct cv_table *t, const json_t *alarm)
{
	const json_t *value = json_object_get(alarm, "value");
	char grade[16], number[40] = "", subject[400];

	snprintf(grade, sizeof(grade), "%llu %s", (unsigned long long)cv_json_count(alarm, "grade"),
		 cv_json_text(alarm, "colour"));
	if (json_is_number(value))
		snprintf(number, sizeof(number), "%.6g %.16s", json_number_value(value),
			 cv_json_text(alarm, "unit"));
	subject_of(alarm, subject, sizeof(subject));
	cv_table_row(t, (const char *[]){grade, cv_json_text(alarm, "since"),
					 cv_json_text(alarm, "rule"), subject, number,
					 cv_json_text(alarm, "acknowledged_by")});
}

static char *list_path(const struct cv_cli *cli, unsigned long long after)
{
	char *path = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&path, &len);

	if (!out)
		return NULL;
	fprintf(out, "/v1/alarms?limit=1000&after=%llu", after);
	cv_client_put(out, "rule", cv_cli_value(cli, "rule"));
	cv_client_put(out, "grade", cv_cli_value(cli, "grade"));
	if (fclose(out) == 0)
		return path;
	free(path);
	return NULL;
}

/* Page by page, all into one document. */
static int get_all(const struct cv_cli *cli, struct cv_client *client, json_t **ret)
{
	json_t *all = json_array(), *doc = NULL;
	unsigned long long after = 0;
	int r = CV_CLI_OK;

	do {
		char *path = list_path(cli, after);

		json_decref(doc);
		doc = NULL;
		r = path ? cv_client_get(client, path, &doc) : CV_CLI_UNREACHABLE;
		free(path);
		json_array_extend(all, json_object_get(doc, "alarms"));
		after = cv_json_count(doc, "after");
	} while (r == CV_CLI_OK && after != 0);
	if (r == CV_CLI_OK)
		json_object_set(doc, "alarms", all);
	json_decref(all);
	*ret = doc;
	return r;
}

static int print_list(const json_t *doc)
{
	static const char *const headers[] = {"GRADE",	 "SINCE",  "RULE",
					      "SUBJECT", ">VALUE", "SEEN BY"};
	struct cv_table *t = cv_table_create(headers, 6);
	const json_t *alarms = json_object_get(doc, "alarms"), *alarm;
	size_t i;

	json_array_foreach((json_t *)alarms, i, alarm) add_row(t, alarm);
	return cv_table_print(t, stdout) < 0 || fflush(stdout) != 0 ? CV_CLI_OUTPUT : CV_CLI_OK;
}

int cv_cli_alarm_list(struct cv_cli *cli)
{
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = get_all(cli, client, &doc);
	if (r == CV_CLI_OK)
		r = cli->json ? cv_print_json(doc) : print_list(doc);
	json_decref(doc);
	cv_client_destroy(client);
	return r;
}

static char *alarm_path(const struct cv_cli *cli, const char *verb)
{
	char *id = cv_client_escape(cli->operands[0]), *path = NULL;

	if (id && asprintf(&path, "/v1/alarms/%s%s", id, verb) < 0)
		path = NULL;
	free(id);
	return path;
}

/* One document, as it is. */
static int print_document(struct cv_cli *cli, const char *path)
{
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK)
		r = path ? cv_client_get(client, path, &doc) : CV_CLI_UNREACHABLE;
	if (r == CV_CLI_OK)
		r = cv_print_json(doc);
	json_decref(doc);
	cv_client_destroy(client);
	return r;
}

int cv_cli_alarm_show(struct cv_cli *cli)
{
	char *path = alarm_path(cli, "");
	int r = print_document(cli, path);

	free(path);
	return r;
}

/* ---- changes -------------------------------------------------------------------------------- */

static int post(struct cv_cli *cli, const char *path, const char *body, size_t len,
		void (*tell)(const json_t *doc))
{
	json_t *doc = NULL;
	long status = 0;
	int r = path && body ? cv_upload_post(cli, path, body, len, NULL, &status, &doc)
			     : CV_CLI_UNREACHABLE;

	if (r == CV_CLI_OK && status != 200)
		r = cv_upload_tell_refusal(doc, status);
	else if (r == CV_CLI_OK && cli->json)
		r = cv_print_json(doc);
	else if (r == CV_CLI_OK)
		tell(doc);
	json_decref(doc);
	return r;
}

static void tell_change(const json_t *doc)
{
	printf("%s by %s\n", cv_json_text(doc, "state"), cv_json_text(doc, "acknowledged_by"));
}

static int change(struct cv_cli *cli, const char *verb)
{
	const char *comment = cv_cli_value(cli, "comment");
	json_t *doc = json_pack("{s:s}", "comment", comment ? comment : "");
	char *body = doc ? json_dumps(doc, JSON_COMPACT) : NULL, *path = alarm_path(cli, verb);
	int r;

	json_decref(doc);
	if (!doc) {
		fprintf(stderr, "culvert %s: the comment is not valid UTF-8\n", cli->command->name);
		r = CV_CLI_USAGE;
	} else {
		r = post(cli, path, body, body ? strlen(body) : 0, tell_change);
	}
	free(path);
	free(body);
	return r;
}

int cv_cli_alarm_ack(struct cv_cli *cli)
{
	return change(cli, "/ack");
}

int cv_cli_alarm_clear(struct cv_cli *cli)
{
	return change(cli, "/clear");
}

static void tell_applied(const json_t *doc)
{
	cv_upload_tell_findings(json_object_get(doc, "findings"));
	printf("alarm rules %llu are in force: %llu rules\n",
	       (unsigned long long)cv_json_count(doc, "number"),
	       (unsigned long long)cv_json_count(doc, "rules"));
}

int cv_cli_alarm_apply(struct cv_cli *cli)
{
	const char *file = cli->operands[0];
	char *data = NULL, *path = NULL;
	size_t len = 0, sigs = 0;
	int r = cv_upload_read(file, &data, &len);

	if (r == CV_CLI_OK && strcmp(file, "-") != 0)
		r = cv_upload_signatures(file, &data, &len, &sigs);
	if (r == CV_CLI_OK && asprintf(&path, "/v1/alarms/rules?sigs=%zu", sigs) < 0)
		path = NULL;
	if (r == CV_CLI_OK)
		r = post(cli, path, data ? data : "", len + sigs, tell_applied);
	free(path);
	free(data);
	return r;
}

int cv_cli_alarm_rules(struct cv_cli *cli)
{
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	int r;

	if (cli->json)
		return print_document(cli, "/v1/alarms/rules");
	r = cv_client_create(cli->socket, false, &client);
	if (r == CV_CLI_OK)
		r = cv_client_get(client, "/v1/alarms/rules", &doc);
	if (r == CV_CLI_OK && (fputs(cv_json_text(doc, "text"), stdout) < 0 || fflush(stdout) != 0))
		r = CV_CLI_OUTPUT;
	json_decref(doc);
	cv_client_destroy(client);
	return r;
}

/* ---- history -------------------------------------------------------------------------------- */

struct history {
	bool json, broken;
};

static void print_change(const json_t *event, const json_t *alarm)
{
	const json_t *value = json_object_get(json_object_get(event, "data"), "value");
	char subject[400], line[800];
	int n;

	subject_of(alarm, subject, sizeof(subject));
	n = snprintf(line, sizeof(line), "%.19sZ %s %s %s %s", cv_json_text(event, "time"),
		     cv_json_text(alarm, "state"), cv_json_text(alarm, "colour"),
		     cv_json_text(alarm, "rule"), subject);
	if (json_is_number(value) && n > 0 && n < (int)sizeof(line))
		snprintf(line + n, sizeof(line) - (size_t)n, " %.6g", json_number_value(value));
	cv_clean_text(line, subject, sizeof(subject));
	puts(subject);
}

static bool take_line(void *owner, const char *line, size_t len)
{
	struct history *h = owner;
	json_t *event = json_loadb(line, len, 0, NULL);
	const json_t *alarm = json_object_get(json_object_get(event, "data"), "alarm");

	if (alarm && h->json)
		printf("%.*s\n", (int)len, line);
	else if (alarm)
		print_change(event, alarm);
	h->broken = ferror(stdout) != 0;
	json_decref(event);
	return !h->broken;
}

int cv_cli_alarm_history(struct cv_cli *cli)
{
	const char *from = cv_cli_value(cli, "from");
	struct history h = {.json = cli->json};
	struct cv_client *client = NULL;
	char *path = NULL, *start = cv_client_escape(from ? from : "earliest");
	bool done = false;
	int r = cv_client_create(cli->socket, false, &client);

	if (r == CV_CLI_OK && start &&
	    asprintf(&path, "/v1/events?format=ndjson&lane=alarm&type=alarm&from=%s%s", start,
		     cv_cli_value(cli, "follow") ? "" : "&follow=0") < 0)
		path = NULL;
	if (r == CV_CLI_OK)
		r = path ? cv_client_stream(client, path, take_line, &h) : CV_CLI_UNREACHABLE;
	while (r == CV_CLI_OK && !done) {
		r = cv_client_poll(client, 1000, &done);
		done = done || fflush(stdout) != 0 || h.broken;
	}
	free(start);
	free(path);
	cv_client_destroy(client);
	return r == CV_CLI_OK && h.broken ? CV_CLI_OUTPUT : r;
}
