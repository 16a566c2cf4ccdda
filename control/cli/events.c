/* SPDX-License-Identifier: Apache-2.0 */
/* events: the stream, as lines for a person or as it is. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

struct follower {
	const struct cv_colours *colours;
	bool json;
	struct cv_client *client;
	const char *group; /* NULL = none */
	char cursor[160]; /* of the last event printed, "" = acknowledged */
	bool broken; /* a line that is not JSON, or stdout is gone */
};

static bool print_event(void *owner, const char *line, size_t len)
{
	struct follower *f = owner;
	char text[1024];
	json_t *event = NULL;

	if (!f->json || f->group)
		event = json_loadb(line, len, 0, NULL);
	if (!event && (!f->json || f->group)) {
		fputs("culvert: control sent a line that is not JSON\n", stderr);
		f->broken = true;
		return false;
	}
	if (f->json) {
		f->broken = fwrite(line, len, 1, stdout) != 1 || putchar('\n') == EOF;
	} else {
		cv_event_line(event, f->colours, text, sizeof(text));
		f->broken = puts(text) == EOF;
	}
	if (f->group && !f->broken)
		snprintf(f->cursor, sizeof(f->cursor), "%s", cv_json_text(event, "cursor"));
	json_decref(event);
	return !f->broken;
}

/* What is out is done. Other members may have come meanwhile: then it comes again. */
static int acknowledge(struct follower *f)
{
	json_t *answer = NULL;
	char path[320];
	long status = 0;
	int r;

	if (!f->cursor[0])
		return CV_CLI_OK;
	snprintf(path, sizeof(path), "/v1/groups/%.63s/ack?cursor=%s", f->group, f->cursor);
	f->cursor[0] = '\0';
	r = cv_client_post(f->client, path, "", 0, NULL, &status, &answer);
	if (r == CV_CLI_OK && status != 200 && status != 409) {
		fprintf(stderr, "culvert: the group's cursor was not taken: %s\n",
			cv_json_text(answer, "error"));
		r = CV_CLI_UNREACHABLE;
	}
	json_decref(answer);
	return r;
}

/* "/v1/events?format=ndjson&..." from the options; NULL when memory is short. */
static char *make_path(const struct cv_cli *cli)
{
	static const char *const names[] = {"from",    "lane",	"type", "name",
					    "device",  "area",	"tag",	"protocol",
					    "quality", "group", "limit"};
	char *path = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&path, &len);

	if (!out)
		return NULL;
	fputs("/v1/events?format=ndjson", out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cv_client_put(out, names[i], cv_cli_value(cli, names[i]));
	if (cv_cli_value(cli, "no-follow"))
		fputs("&follow=0", out);
	if (fclose(out) != 0) {
		free(path);
		return NULL;
	}
	return path;
}

/* The reader of a pipe is gone: known at once, though no event comes that could be written. */
static bool nobody_reads(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLNVAL));
}

int cv_cli_events(struct cv_cli *cli)
{
	struct follower f = {.colours = cv_colours(cli->colour), .json = cli->json};
	struct cv_client *client = NULL;
	bool done = false;
	char *path;
	int r = cv_client_create(cli->socket, false, &client);

	if (r != CV_CLI_OK)
		return r;
	f.client = client;
	f.group = cv_cli_value(cli, "group");
	path = make_path(cli);
	r = path ? cv_client_stream(client, path, print_event, &f) : CV_CLI_UNREACHABLE;
	while (r == CV_CLI_OK && !done) {
		r = cv_client_poll(client, 1000, &done);
		f.broken = fflush(stdout) != 0 || f.broken;
		if (r == CV_CLI_OK && !f.broken)
			r = acknowledge(&f);
		if (nobody_reads())
			done = true;
	}
	free(path);
	cv_client_destroy(client);
	return r == CV_CLI_OK && f.broken ? CV_CLI_OUTPUT : r;
}
