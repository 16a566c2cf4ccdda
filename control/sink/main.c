/* SPDX-License-Identifier: Apache-2.0 */
/* culvert-sink: started by culvert-control for each sink of its configuration. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/sink/process.h"
#include "control/sink/sink.h"
#include "control/sink/source.h"

enum { EXIT_FINE, EXIT_USAGE, EXIT_INPUT, EXIT_FAILED };

struct sink_process {
	struct cv_sink_settings settings;
	struct cv_sink_secrets secrets;
	struct cv_sink_status *status;
	struct cv_sink_source source;
	struct cv_sink_core *core;
};

static volatile int stopping;

static void on_signal(int number)
{
	stopping = 1;
}

static int read_settings(struct cv_sink_settings *s)
{
	ssize_t n = pread(CV_SINK_SETTINGS_FD, s, sizeof(*s), 0);
	struct stat st;

	if (n != sizeof(*s) || fstat(CV_SINK_SETTINGS_FD, &st) < 0 || st.st_size != sizeof(*s) ||
	    s->magic != CV_SINK_SETTINGS_MAGIC || s->size != sizeof(*s) ||
	    s->sink.type >= CV_SINK_TYPE_COUNT)
		return -EINVAL;
	close(CV_SINK_SETTINGS_FD);
	return 0;
}

static int map_status(struct cv_sink_status **ret)
{
	void *at =
		mmap(NULL, sizeof(**ret), PROT_READ | PROT_WRITE, MAP_SHARED, CV_SINK_STATUS_FD, 0);

	if (at == MAP_FAILED)
		return -errno;
	close(CV_SINK_STATUS_FD);
	*ret = at;
	return 0;
}

static int refuse(struct sink_process *p, const char *why)
{
	cv_sink_status_error(p->status, why);
	cv_sink_status_set(p->status, CV_SINK_STATE_REFUSED);
	fprintf(stderr, "culvert-sink %s: error: %s\n", p->settings.sink.name, why);
	return EXIT_INPUT;
}

static int run(struct sink_process *p)
{
	const struct cv_sink_ops *ops = cv_sink_connectors[p->settings.sink.type];
	pid_t parent = getppid();
	char why[CV_SINK_TEXT_MAX] = "out of memory";
	struct cv_sink_connect connect;
	void *state = NULL;
	uid_t uid;
	gid_t gid;

	if (!ops)
		return refuse(p, "this build has no sinks of this type: its library was missing");
	if (cv_sink_find_user(p->settings.sink.run_as, &uid, &gid) < 0)
		return refuse(p, "the user of run_as does not exist");
	if (cv_sink_secrets_read(&p->settings.sink, &p->secrets, why, sizeof(why)) < 0 ||
	    cv_sink_core_create(&p->settings, &p->secrets, p->status, ops, state, &p->core) < 0)
		return refuse(p, why);
	connect = (struct cv_sink_connect){p->core, &p->settings, &p->secrets};
	if (ops->prepare && ops->prepare(&connect, uid, gid, &state) < 0) {
		cv_sink_status_set(p->status, CV_SINK_STATE_REFUSED);
		return EXIT_INPUT;
	}
	cv_sink_core_set_state(p->core, state);
	if (cv_sink_source_open(&p->source, &p->settings) < 0) {
		cv_sink_status_error(p->status, p->source.why);
		return EXIT_FAILED;
	}
	if (cv_sink_confine(uid, gid, parent, why, sizeof(why)) < 0)
		return refuse(p, why);
	if (cv_sink_core_run(p->core, &p->source, &stopping) < 0) {
		cv_sink_status_error(p->status, p->source.why);
		return EXIT_FAILED;
	}
	return EXIT_FINE;
}

static void catch_signals(void)
{
	const struct sigaction stop = {.sa_handler = on_signal};
	sigset_t none;

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char **argv)
{
	static struct sink_process p = {.source = {.stream_fd = -1, .ack_fd = -1}};
	int code;

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("culvert-sink " CULVERT_VERSION);
		return EXIT_FINE;
	}
	cv_sink_close_inherited();
	if (read_settings(&p.settings) < 0 || map_status(&p.status) < 0) {
		fputs("culvert-sink is started by culvert-control, for each sink of its "
		      "configuration (docs/subscriber/sinks.md); after an update restart that\n",
		      stderr);
		return EXIT_USAGE;
	}
	catch_signals();
	code = run(&p);
	cv_sink_core_destroy(p.core);
	cv_sink_source_close(&p.source);
	cv_sink_secrets_wipe(&p.secrets);
	return code;
}
