/* SPDX-License-Identifier: Apache-2.0 */
/* top: asks for the figures every second, takes events as they come, draws. */
#include "control/cli/top.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "control/cli/client.h"
#include "control/cli/command.h"

static volatile sig_atomic_t stop_wanted;

static void on_stop(int signo)
{
	stop_wanted = 1;
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool take_event(void *owner, const char *line, size_t len)
{
	struct cv_top *top = owner;
	json_t *event = json_loadb(line, len, 0, NULL);

	if (event)
		cv_event_line(event, cv_colours(false),
			      top->events[top->event_count++ % CV_TOP_EVENTS], CV_TOP_LINE);
	json_decref(event);
	return true;
}

static int replace(struct cv_client *client, const char *path, json_t **doc)
{
	json_t *fresh = NULL;
	int r = cv_client_get(client, path, &fresh);

	if (r == CV_CLI_OK) {
		json_decref(*doc);
		*doc = fresh;
	}
	return r;
}

/* New figures; what cannot be had stays as it was and the trouble is shown. */
static int refresh(struct cv_top *top, struct cv_client *client, double *last)
{
	json_t *before = json_incref(top->stats);
	double now = seconds_now();
	int r = replace(client, "/v1/stats", &top->stats);

	if (r == CV_CLI_OK) {
		json_decref(top->before);
		top->before = before;
		top->seconds = now - *last;
		*last = now;
	} else {
		json_decref(before);
	}
	if (r == CV_CLI_OK)
		r = replace(client, "/v1/status", &top->status);
	if (r == CV_CLI_OK)
		r = replace(client, "/v1/ledger", &top->ledger);
	snprintf(top->trouble, sizeof(top->trouble), "%s",
		 r == CV_CLI_OK ? "" : cv_client_why(client));
	return r;
}

/* Events until the next second; a stream that ended is begun again then. */
static void wait_with_events(struct cv_client *client, struct cv_top *top, bool *streaming,
			     double until)
{
	bool done = false;

	if (!*streaming)
		*streaming = cv_client_stream(client, "/v1/events?format=ndjson&from=latest",
					      take_event, top) == CV_CLI_OK;
	while (!stop_wanted) {
		double left = until - seconds_now();
		struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};

		if (left <= 0)
			return;
		if (!*streaming)
			nanosleep(&pause, NULL);
		else if (cv_client_poll(client, (int)(left * 1000) + 1, &done) != CV_CLI_OK || done)
			*streaming = false;
	}
}

static void draw(const struct cv_cli *cli, const struct cv_top *top, bool screen)
{
	struct winsize size = {0};

	if (cli->json) {
		cv_top_json(top, stdout);
	} else if (!screen) {
		cv_top_line(top, stdout);
	} else {
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
			size = (struct winsize){.ws_row = 24, .ws_col = 80};
		cv_top_draw(top, size.ws_row, size.ws_col, cv_colours(cli->colour), stdout);
	}
}

static int run(const struct cv_cli *cli, struct cv_top *top, struct cv_client *client,
	       unsigned long seconds, bool screen)
{
	double start = seconds_now(), last = start;
	bool streaming = false;
	int r = refresh(top, client, &last);

	/* Control that was never there is an error; control that goes away may come back. */
	if (r != CV_CLI_OK) {
		fprintf(stderr, "culvert: %s\n", top->trouble);
		return r;
	}
	if (screen)
		fputs("\033[?1049h\033[?25l", stdout); /* own page, no cursor */
	for (unsigned long tick = 1; !stop_wanted && tick <= seconds; tick++) {
		wait_with_events(client, top, &streaming, start + (double)tick);
		if (stop_wanted)
			break;
		r = refresh(top, client, &last);
		draw(cli, top, screen);
	}
	if (screen)
		fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	return r;
}

int cv_cli_top(struct cv_cli *cli)
{
	struct sigaction action = {.sa_handler = on_stop};
	struct cv_top *top = calloc(1, sizeof(*top));
	struct cv_client *client = NULL;
	bool screen = isatty(STDOUT_FILENO) && !cli->json;
	unsigned long seconds;
	int r = cv_cli_number(cli, "for", 1, 31536000, 31536000, &seconds);

	if (r == CV_CLI_OK && !top)
		r = CV_CLI_UNREACHABLE;
	if (r == CV_CLI_OK)
		r = cv_client_create(cli->socket, true, &client);
	if (r == CV_CLI_OK) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		r = run(cli, top, client, seconds, screen);
	}
	cv_client_destroy(client);
	if (top) {
		json_decref(top->status);
		json_decref(top->stats);
		json_decref(top->before);
		json_decref(top->ledger);
	}
	free(top);
	return r;
}
