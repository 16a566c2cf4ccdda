/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sink of type file: one event a line. A file is written under a name that ends in ".part" and gets
 * its own when it is finished, so that whoever takes finished files never meets half a one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/sink/file_names.h"
#include "control/sink/sink.h"
#include "dataplane/normalize/cloudevent.h"

#define BUFFER_SIZE ((size_t)256 * 1024)

struct file_sink {
	struct cv_sink_core *core;
	const struct cv_config_sink *sink;
	int dir; /* its place (O_PATH): to be looked into as "." */
	int fd; /* -1 = no file is open */
	char part[CV_SINK_FILE_NAME_MAX];
	uint64_t size, opened_ns; /* bytes written to the file; wall clock */
	uint64_t *tickets; /* of what is in the buffer */
	unsigned int n_tickets;
	size_t used;
	char buffer[BUFFER_SIZE];
};

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/*
 * The directory may be where only root may go: it is held from before. Only its place: to look into
 * it is for the sink's user, whose it is, and root without capabilities may not (CAP_DAC_OVERRIDE).
 */
static int prepare(const struct cv_sink_connect *c, uid_t uid, gid_t gid, void **ret_state)
{
	const char *dir = c->settings->sink.dir;
	bool made = mkdir(dir, 0750) == 0;
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && made && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0 && geteuid() == 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		int res = -errno;

		cv_sink_say(c->core, "directory %.150s: %s", dir, strerror(-res));
		return res;
	}
	*ret_state = (void *)(intptr_t)fd;
	return 0;
}

static int fail(struct file_sink *f, const char *what)
{
	int res = -errno;

	cv_sink_say(f->core, "%.100s/%s: cannot be %s: %s", f->sink->dir, f->part, what,
		    res == -EACCES ? "the sink's user (run_as) may not write there"
				   : strerror(-res));
	return res;
}

static bool syncs(const struct file_sink *f)
{
	return f->sink->sync == CV_SINK_SYNC_BATCH;
}

/* f->dir is only its place. */
static int sync_directory(const struct file_sink *f)
{
	int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int res = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	return res;
}

static int begin_file(struct file_sink *f)
{
	f->opened_ns = wall_ns();
	f->size = 0;
	for (unsigned int n = 0; n < 1000; n++) {
		cv_sink_file_name(f->sink->name, f->opened_ns, n, f->part);
		f->fd = openat(f->dir, f->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		if (f->fd >= 0 || errno != EEXIST)
			break;
	}
	if (f->fd < 0 || (syncs(f) && sync_directory(f) < 0))
		return fail(f, "made");
	return 0;
}

static int finish_file(struct file_sink *f)
{
	int res = 0;

	if (f->fd < 0)
		return 0;
	close(f->fd);
	f->fd = -1;
	if (cv_sink_file_finish(f->dir, f->part) < 0 || (syncs(f) && sync_directory(f) < 0))
		res = fail(f, "finished");
	if (f->sink->keep)
		cv_sink_file_expire(f->dir, f->sink->name, f->sink->keep);
	return res;
}

static void destroy(void *self)
{
	struct file_sink *f = self;

	/* What was not acknowledged is written again: it must not stand here too. */
	if (f->fd >= 0 && ftruncate(f->fd, (off_t)f->size) < 0)
		(void)fail(f, "cut");
	(void)finish_file(f);
	free(f->tickets);
	free(f);
}

static int create(const struct cv_sink_connect *c, void *state, void **ret)
{
	struct file_sink *f = malloc(sizeof(*f));
	int res;

	if (!f)
		return -ENOMEM;
	memset(f, 0, offsetof(struct file_sink, buffer));
	f->core = c->core;
	f->sink = &c->settings->sink;
	f->dir = (int)(intptr_t)state;
	f->fd = -1;
	f->tickets = calloc(f->sink->window, sizeof(*f->tickets));
	if (!f->tickets) {
		free(f);
		return -ENOMEM;
	}
	res = cv_sink_file_recover(f->dir, f->sink->name);
	if (res < 0) {
		cv_sink_say(c->core, "%.150s: what is there cannot be taken up (%s)", f->sink->dir,
			    strerror(-res));
		destroy(f);
		return res;
	}
	*ret = f;
	return 0;
}

static int write_all(struct file_sink *f)
{
	for (size_t done = 0; done < f->used;) {
		ssize_t n = write(f->fd, f->buffer + done, f->used - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return syncs(f) && fdatasync(f->fd) < 0 ? -errno : 0;
}

static void flush(void *self)
{
	struct file_sink *f = self;

	if (f->n_tickets == 0)
		return;
	if ((f->fd < 0 && begin_file(f) < 0)) {
		cv_sink_lost(f->core);
		return;
	}
	if (write_all(f) < 0) {
		(void)fail(f, "written");
		cv_sink_lost(f->core);
		return;
	}
	f->size += f->used;
	for (unsigned int i = 0; i < f->n_tickets; i++)
		cv_sink_done(f->core, f->tickets[i]);
	f->used = f->n_tickets = 0;
	if (f->size >= f->sink->rotate_size && finish_file(f) < 0)
		cv_sink_lost(f->core);
}

static int publish(void *self, const struct cv_sink_message *m)
{
	struct file_sink *f = self;

	if (f->n_tickets == f->sink->window || f->used + m->len + 1 > BUFFER_SIZE)
		return -EAGAIN;
	memcpy(f->buffer + f->used, m->body, m->len);
	f->used += m->len;
	f->buffer[f->used++] = '\n';
	f->tickets[f->n_tickets++] = m->ticket;
	return 0;
}

static void poll_age(void *self)
{
	struct file_sink *f = self;

	if (f->fd >= 0 && wall_ns() - f->opened_ns >= f->sink->rotate_ns && finish_file(f) < 0)
		cv_sink_lost(f->core);
}

static unsigned int wait_for(void *self, struct pollfd *fds, int *timeout_ms)
{
	return 0;
}

const struct cv_sink_ops cv_sink_file_ops = {
	.prepare = prepare,
	.create = create,
	.publish = publish,
	.flush = flush,
	.poll = poll_age,
	.wait_for = wait_for,
	.waits_itself = true, /* it never waits */
	.destroy = destroy,
};
