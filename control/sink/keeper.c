/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/confine/confine.h"

/* Its processes become those of another user, who is given the folder of files; and are ended. */
#define KEEPER_CAPABILITIES (1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_CHOWN | 1u << CAP_KILL)
#define STOP_NS UINT64_C(4000000000)
#define STOP_STEP_NS 10000000u

struct cv_sink_keeper {
	pid_t pid;
	int go_fd;
	unsigned int n;
	struct cv_sink_child children[CV_SINKS_MAX];
};

/* Files of the configuration are relative to it. @param field 256 bytes. */
static int resolve(const struct cv_config *config, char *field)
{
	char path[PATH_MAX], whole[PATH_MAX];

	if (!*field)
		return 0;
	if (cv_config_resolve(config, field, path) < 0)
		return -ENAMETOOLONG;
	if (*path != '/') {
		if (!getcwd(whole, sizeof(whole) - 2))
			return -errno;
		if (strlen(whole) + strlen(path) + 2 > 256)
			return -ENAMETOOLONG;
		strcat(whole, "/");
		strcat(whole, path);
		strcpy(path, whole);
	}
	if (strlen(path) >= 256)
		return -ENAMETOOLONG;
	strcpy(field, path);
	return 0;
}

static int fill_settings(const struct cv_config *config, const struct cv_config_sink *sink,
			 struct cv_sink_settings *ret)
{
	struct cv_config_sink *s = &ret->sink;
	char *files[] = {s->ca_file,	s->cert_file,	     s->key_file, s->password_file,
			 s->token_file, s->credentials_file, s->dir};
	int res = 0;

	*ret = (struct cv_sink_settings){
		.magic = CV_SINK_SETTINGS_MAGIC, .size = sizeof(*ret), .sink = *sink};
	snprintf(ret->node, sizeof(ret->node), "%s", config->node);
	snprintf(ret->api_socket, sizeof(ret->api_socket), "%s", config->api_socket);
	for (size_t i = 0; res == 0 && i < sizeof(files) / sizeof(files[0]); i++)
		res = resolve(config, files[i]);
	return res;
}

/* The settings, which nobody changes any more, and the page of the status. */
static int make_files(struct cv_sink_child *c)
{
	int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	void *at;

	c->settings_fd = memfd_create("sink-settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	c->status_fd = memfd_create("sink-status", MFD_CLOEXEC);
	if (c->settings_fd < 0 || c->status_fd < 0 ||
	    write(c->settings_fd, &c->settings, sizeof(c->settings)) != sizeof(c->settings) ||
	    fcntl(c->settings_fd, F_ADD_SEALS, seals) < 0 ||
	    ftruncate(c->status_fd, sizeof(*c->status)) < 0)
		return -errno;
	at = mmap(NULL, sizeof(*c->status), PROT_READ | PROT_WRITE, MAP_SHARED, c->status_fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	c->status = at;
	return 0;
}

static void close_files(struct cv_sink_keeper *k)
{
	for (unsigned int i = 0; i < CV_SINKS_MAX; i++) {
		if (k->children[i].settings_fd > 0)
			close(k->children[i].settings_fd);
		if (k->children[i].status_fd > 0)
			close(k->children[i].status_fd);
		k->children[i].settings_fd = k->children[i].status_fd = 0;
	}
}

static int fork_keeper(struct cv_sink_keeper *k)
{
	pid_t control = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	k->pid = fork();
	if (k->pid == 0) {
		close(ends[1]);
		if (cv_confine_capabilities(KEEPER_CAPABILITIES) < 0)
			_exit(1);
		_exit(cv_sink_keep(k->children, k->n, ends[0], control));
	}
	close(ends[0]);
	k->go_fd = ends[1];
	return k->pid < 0 ? -errno : 0;
}

int cv_sink_keeper_create(const struct cv_config *config, struct cv_sink_keeper **ret,
			  const char **why)
{
	struct cv_sink_keeper *k;
	int res = 0;

	*ret = NULL;
	if (config->n_sinks == 0)
		return 0;
	*why = "cannot start the keeper of the sinks";
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->go_fd = -1;
	for (; res == 0 && k->n < config->n_sinks; k->n++) {
		struct cv_sink_child *c = &k->children[k->n];

		res = fill_settings(config, &config->sinks[k->n], &c->settings);
		if (res < 0)
			*why = "a file of a sink has too long a path";
		else
			res = make_files(c);
	}
	if (res == 0)
		res = fork_keeper(k);
	close_files(k);
	if (res < 0)
		cv_sink_keeper_destroy(k, NULL);
	else
		*ret = k;
	return res;
}

void cv_sink_keeper_go(struct cv_sink_keeper *k)
{
	if (k && write(k->go_fd, "", 1) != 1)
		kill(k->pid, SIGTERM); /* it has died: told when it is reaped */
}

static void on_step(struct cv_op *op, int res, uint32_t flags)
{
}

static void wait_for_end(struct cv_sink_keeper *k, struct cv_loop *loop)
{
	struct cv_op step = {.done = on_step};

	kill(k->pid, SIGTERM);
	for (uint64_t waited = 0; waitpid(k->pid, NULL, WNOHANG) == 0; waited += STOP_STEP_NS) {
		if (waited >= STOP_NS || !loop) {
			if (loop)
				kill(k->pid, SIGKILL);
			waitpid(k->pid, NULL, 0);
			break;
		}
		cv_loop_timer(loop, &step, STOP_STEP_NS);
		while (step.pending && cv_loop_turn(loop) == 0)
			;
	}
}

void cv_sink_keeper_destroy(struct cv_sink_keeper *k, struct cv_loop *loop)
{
	if (!k)
		return;
	if (k->go_fd >= 0)
		close(k->go_fd);
	if (k->pid > 0)
		wait_for_end(k, loop);
	for (unsigned int i = 0; i < k->n; i++) {
		if (k->children[i].status)
			munmap(k->children[i].status, sizeof(*k->children[i].status));
	}
	free(k);
}

bool cv_sink_keeper_lives(const struct cv_sink_keeper *k)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)k->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0;
}

unsigned int cv_sink_keeper_count(const struct cv_sink_keeper *k)
{
	return k ? k->n : 0;
}

const struct cv_sink_status *cv_sink_keeper_status(const struct cv_sink_keeper *k, unsigned int i)
{
	return k->children[i].status;
}

const struct cv_sink_settings *cv_sink_keeper_settings(const struct cv_sink_keeper *k,
						       unsigned int i)
{
	return &k->children[i].settings;
}
