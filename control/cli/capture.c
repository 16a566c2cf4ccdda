/* SPDX-License-Identifier: Apache-2.0 */
/* capture: dropped frames from control into a pcapng file. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/cli/capture_file.h"
#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

/* What is left comes at once; who does not send it for so long is not waited for. */
#define ENDING_S 3

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted++;
}

/* "/v1/capture?dropped=1&..." from the options; NULL when memory is short. */
static char *make_path(const struct cv_cli *cli)
{
	static const char *const names[] = {"reason", "rule",	  "device",  "filter",
					    "count",  "duration", "snaplen", "rate"};
	char *path = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&path, &len);

	if (!out)
		return NULL;
	fputs("/v1/capture?dropped=1", out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cv_client_put(out, names[i], cv_cli_value(cli, names[i]));
	if (fclose(out) != 0) {
		free(path);
		return NULL;
	}
	return path;
}

struct output {
	struct cv_capture_file file; /* fd -1 = not open yet */
	const char *name;
};

static bool is_stdout(const char *name)
{
	return strcmp(name, "-") == 0;
}

/* Frames hold what devices say: for the owner's eyes only. */
static int open_output(const char *name)
{
	return is_stdout(name) ? STDOUT_FILENO
			       : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* Opened with the first piece: what control refuses overwrites nothing. */
static bool take(void *owner, const void *data, size_t len)
{
	struct output *o = owner;

	if (o->file.fd < 0)
		o->file.fd = open_output(o->name);
	if (o->file.fd < 0)
		o->file.error = errno;
	return o->file.fd >= 0 && cv_capture_file_take(&o->file, data, len);
}

static void show_progress(const struct cv_capture_file *f, bool last)
{
	char frames[32], bytes[32];

	if (!isatty(STDERR_FILENO))
		return;
	cv_number_text(f->frames, frames);
	cv_number_text(f->bytes, bytes);
	fprintf(stderr, "\r%s frames, %s bytes%s", frames, bytes,
		last ? "\033[K\n" : "; Ctrl-C ends\033[K");
}

static void print_summary(const struct cv_capture_file *f, const char *name, bool json)
{
	json_t *doc = cv_capture_file_json(f, name), *count;
	FILE *out = is_stdout(name) ? stderr : stdout;
	const char *reason, *between = "";

	if (json) {
		json_dumpf(doc, out, JSON_INDENT(2));
		fputc('\n', out);
		json_decref(doc);
		return;
	}
	fprintf(stderr, "%s: %llu frames (", is_stdout(name) ? "standard output" : name,
		(unsigned long long)f->frames);
	json_object_foreach(f->reasons, reason, count)
	{
		fprintf(stderr, "%s%s %lld", between, reason, (long long)json_integer_value(count));
		between = ", ";
	}
	fprintf(stderr, ")");
	if (f->complete)
		fprintf(stderr, "; seen %llu, not sampled %llu, filtered %llu, lost %llu",
			(unsigned long long)f->seen, (unsigned long long)f->unsampled,
			(unsigned long long)cv_json_count(doc, "filtered"),
			(unsigned long long)f->lost);
	fputc('\n', stderr);
	json_decref(doc);
}

/* Until the stream ends, or Ctrl-C ends it in order; the second one does not wait. */
static int receive(struct cv_client *client, struct cv_capture_file *f)
{
	bool done = false, ending = false;
	time_t shown = 0, ended = 0;
	int r = CV_CLI_OK;

	while (r == CV_CLI_OK && !done && interrupted < 2) {
		r = cv_client_poll(client, 200, &done);
		if (interrupted && !ending) {
			cv_client_hangup(client);
			ending = true;
			ended = time(NULL);
		}
		if (ending && time(NULL) - ended > ENDING_S)
			break;
		if (time(NULL) != shown) {
			shown = time(NULL);
			show_progress(f, false);
		}
	}
	show_progress(f, true);
	return r;
}

static int finish(struct output *o, int r)
{
	struct cv_capture_file *f = &o->file;
	bool failed = f->fd >= 0 && f->fd != STDOUT_FILENO && close(f->fd) < 0;

	if (failed && !f->error)
		f->error = errno;
	if (f->error == EBADMSG)
		fputs("culvert capture: control sent something that is not a capture\n", stderr);
	else if (f->error)
		fprintf(stderr, "culvert capture: %s: %s\n", o->name, strerror(f->error));
	return f->error ? CV_CLI_OUTPUT : r;
}

static int check_usage(const struct cv_cli *cli, const char *name)
{
	if (!cv_cli_value(cli, "dropped") || !name) {
		fputs("culvert capture: give --dropped, and -w FILE to write to\n"
		      "Try: culvert help capture\n",
		      stderr);
		return CV_CLI_USAGE;
	}
	if (is_stdout(name) && isatty(STDOUT_FILENO)) {
		fputs("culvert capture: a capture is not for a terminal; write it to a file, or "
		      "pipe it to tshark -r -\n",
		      stderr);
		return CV_CLI_OUTPUT;
	}
	return CV_CLI_OK;
}

int cv_cli_capture(struct cv_cli *cli)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct output o = {.name = cv_cli_value(cli, "write")};
	struct cv_client *client = NULL;
	char *path;
	int r = check_usage(cli, o.name);

	if (r == CV_CLI_OK)
		r = cv_client_create(cli->socket, false, &client);
	if (r != CV_CLI_OK)
		return r;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	path = make_path(cli);
	r = cv_capture_file_init(&o.file, -1) && path
		    ? cv_client_stream_bytes(client, path, take, &o)
		    : CV_CLI_UNREACHABLE;
	if (r == CV_CLI_OK)
		r = receive(client, &o.file);
	r = finish(&o, r);
	if (o.file.fd >= 0)
		print_summary(&o.file, o.name, cli->json);
	free(path);
	cv_capture_file_free(&o.file);
	cv_client_destroy(client);
	return r;
}
