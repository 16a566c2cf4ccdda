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
	bool broken; /* a line that is not JSON, or stdout is gone */
};

static bool print_event(void *owner, const char *line, size_t len)
{
	struct follower *f = owner;
	char text[1024];
	json_t *event;

	if (f->json) {
		f->broken = fwrite(line, len, 1, stdout) != 1 || putchar('\n') == EOF;
		return !f->broken;
	}
	event = json_loadb(line, len, 0, NULL);
	if (!event) {
		fputs("culvert: control sent a line that is not JSON\n", stderr);
		f->broken = true;
		return false;
	}
	cv_event_line(event, f->colours, text, sizeof(text));
	json_decref(event);
	f->broken = puts(text) == EOF;
	return !f->broken;
}

/* "/v1/events?format=ndjson&..." from the options; NULL when memory is short. */
static char *make_path(const struct cv_cli *cli)
{
	static const char *const names[] = {"from",   "lane",	  "type",    "name",
					    "device", "protocol", "quality", "limit"};
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
	path = make_path(cli);
	r = path ? cv_client_stream(client, path, print_event, &f) : CV_CLI_UNREACHABLE;
	while (r == CV_CLI_OK && !done) {
		r = cv_client_poll(client, 1000, &done);
		fflush(stdout);
		if (nobody_reads())
			done = true;
	}
	free(path);
	cv_client_destroy(client);
	return r == CV_CLI_OK && f.broken ? CV_CLI_OUTPUT : r;
}
