/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/diag.h"
#include "control/sink/keeper.h"
#include "control/sink/process.h"

#define SECOND UINT64_C(1000000000)
#define BACKOFF_MIN_NS (SECOND / 2)
#define BACKOFF_MAX_NS (30 * SECOND)
#define STEADY_NS (30 * SECOND) /* one that ran for so long is started again without delay */
#define STOP_NS (2 * SECOND)

static uint64_t mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* culvert-sink lies where culvert-control does. */
static int program_path(char *ret, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);
	char *slash;

	if (n < 0)
		return -errno;
	ret[n] = '\0';
	slash = strrchr(ret, '/');
	if (!slash || (size_t)(slash - ret) + sizeof("/culvert-sink") > size)
		return -ENAMETOOLONG;
	strcpy(slash, "/culvert-sink");
	return 0;
}

/* In the new process: only its own two files, no signals blocked, an empty environment. */
static void become_sink(const struct cv_sink_child *c, pid_t keeper)
{
	char path[4096];
	char program[] = "culvert-sink", search[] = "PATH=/usr/bin:/bin";
	char name[sizeof(c->settings.sink.name)];
	char *const args[] = {program, name, NULL}, *const environment[] = {search, NULL};
	int settings = fcntl(c->settings_fd, F_DUPFD, 64);
	int status = fcntl(c->status_fd, F_DUPFD, 64);
	sigset_t none;

	memcpy(name, c->settings.sink.name, sizeof(name));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == keeper && program_path(path, sizeof(path)) == 0 &&
	    dup2(settings, CV_SINK_SETTINGS_FD) >= 0 && dup2(status, CV_SINK_STATUS_FD) >= 0)
		execve(path, args, environment);
	cv_sink_status_error(c->status, "culvert-sink cannot be executed: it belongs beside "
					"culvert-control");
	_exit(127);
}

static void start(struct cv_sink_child *c)
{
	pid_t keeper = getpid(), pid;

	c->started_ns = mono_ns();
	cv_sink_status_set(c->status, CV_SINK_STATE_STARTING);
	pid = fork();
	if (pid == 0)
		become_sink(c, keeper);
	if (pid < 0) {
		cv_sink_status_error(c->status, "no process can be made for it");
		c->start_at_ns = c->started_ns + BACKOFF_MAX_NS;
		return;
	}
	c->pid = pid;
	atomic_store(&c->status->pid, (uint32_t)pid);
	atomic_fetch_add(&c->status->starts, 1);
}

static void schedule(struct cv_sink_child *c)
{
	uint64_t now = mono_ns();

	if (now - c->started_ns > STEADY_NS || c->backoff_ns == 0)
		c->backoff_ns = BACKOFF_MIN_NS;
	c->start_at_ns = now + c->backoff_ns / 2 + (uint64_t)random() % (c->backoff_ns / 2);
	c->backoff_ns *= 2;
	if (c->backoff_ns > BACKOFF_MAX_NS)
		c->backoff_ns = BACKOFF_MAX_NS;
}

static void ended(struct cv_sink_child *c, int how)
{
	char text[CV_SINK_TEXT_MAX];

	c->pid = 0;
	atomic_store(&c->status->pid, 0);
	cv_sink_status_put_back(c->status);
	if (WIFSIGNALED(how)) {
		snprintf(text, sizeof(text), "its process was ended by signal %d; started again",
			 WTERMSIG(how));
		cv_sink_status_error(c->status, text);
		cv_tell(CV_MESSAGE_SINK_TROUBLE, "sink %s: %s", c->settings.sink.name, text);
	}
	if (atomic_load(&c->status->state) != CV_SINK_STATE_REFUSED)
		cv_sink_status_set(c->status, CV_SINK_STATE_CRASHED);
	schedule(c);
}

static void reap(struct cv_sink_child *children, unsigned int n)
{
	int how;
	pid_t pid;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
		for (unsigned int i = 0; i < n; i++) {
			if (children[i].pid == pid)
				ended(&children[i], how);
		}
	}
}

static bool any_runs(const struct cv_sink_child *children, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (children[i].pid)
			return true;
	}
	return false;
}

static void signal_all(const struct cv_sink_child *children, unsigned int n, int number)
{
	for (unsigned int i = 0; i < n; i++) {
		if (children[i].pid)
			kill(children[i].pid, number);
	}
}

/* @return the signal, or -1 with EAGAIN when @p ns are over. */
static int wait_signal(const sigset_t *set, uint64_t ns)
{
	const struct timespec t = {.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};

	return sigtimedwait(set, NULL, &t);
}

static void stop_all(struct cv_sink_child *children, unsigned int n, const sigset_t *set)
{
	uint64_t until = mono_ns() + STOP_NS;

	signal_all(children, n, SIGTERM);
	while (any_runs(children, n) && mono_ns() < until) {
		(void)wait_signal(set, SECOND / 20);
		reap(children, n);
	}
	signal_all(children, n, SIGKILL);
}

/* When the next one is due, ns from now. */
static uint64_t start_due(struct cv_sink_child *children, unsigned int n)
{
	uint64_t now = mono_ns(), wait = 60 * SECOND;

	for (unsigned int i = 0; i < n; i++) {
		struct cv_sink_child *c = &children[i];

		if (!c->pid && c->start_at_ns <= now)
			start(c);
		if (!c->pid && c->start_at_ns > now && c->start_at_ns - now < wait)
			wait = c->start_at_ns - now;
	}
	return wait;
}

int cv_sink_keep(struct cv_sink_child *children, unsigned int n, int go_fd, pid_t control)
{
	sigset_t set;
	char byte;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGINT, SIG_IGN); /* control's terminal; control says when to end */
	prctl(PR_SET_NAME, "culvert-keeper");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	srandom((unsigned int)mono_ns());
	if (getppid() != control)
		return 1;
	sigdelset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL); /* until it begins, a SIGTERM just ends it */
	if (read(go_fd, &byte, 1) != 1)
		return 0;
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		int number = wait_signal(&set, start_due(children, n));

		if (number == SIGTERM)
			break;
		reap(children, n);
	}
	stop_all(children, n, &set);
	return 0;
}
