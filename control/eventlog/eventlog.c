/* SPDX-License-Identifier: Apache-2.0 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A new folder's name; where this fails, the first sync of a file shows what is wrong. */
static void sync_parent(const char *path)
{
	char parent[PATH_MAX + 4];
	int fd;

	snprintf(parent, sizeof(parent), "%s/..", path);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static int make_folders(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0)
		return -ENOENT;
	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0750) == 0)
			sync_parent(part);
		else if (errno != EEXIST)
			return -errno;
		part[i] = path[i];
	}
	return 0;
}

static int open_folder(struct cv_eventlog *log, const char **why)
{
	int res = make_folders(log->config.dir);

	if (res == 0) {
		log->dir = open(log->config.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		res = log->dir < 0 ? -errno : 0;
	}
	if (res == 0 && faccessat(log->dir, ".", W_OK | X_OK, 0) < 0)
		res = -errno;
	if (res < 0)
		*why = cv_log_why("cannot use the log folder %s (%s): make it a folder that "
				  "culvert-control may write to, or set another log.dir",
				  log->config.dir, strerror(-res));
	return res;
}

/* Two writers would destroy the log: the lock goes with the process, however it ends. */
static int take_lock(struct cv_eventlog *log, const char **why)
{
	char pid[32] = "";
	int res = 0;

	log->lock = openat(log->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (log->lock < 0) {
		res = -errno;
		*why = cv_log_why("cannot create %s/lock (%s): make the folder writable for "
				  "culvert-control",
				  log->config.dir, strerror(-res));
		return res;
	}
	if (flock(log->lock, LOCK_EX | LOCK_NB) < 0) {
		res = -errno;
		if (pread(log->lock, pid, sizeof(pid) - 1, 0) <= 0)
			strcpy(pid, "unknown");
		pid[strcspn(pid, " \n")] = '\0';
		*why = cv_log_why("another culvert-control (process %s) uses the log in %s: stop "
				  "it, or set another log.dir",
				  pid, log->config.dir);
		return res == -EWOULDBLOCK ? -EBUSY : res;
	}
	snprintf(pid, sizeof(pid), "%-10ld\n", (long)getpid());
	if (pwrite(log->lock, pid, strlen(pid), 0) < 0)
		return 0; /* only a help for the message above */
	return 0;
}

static int open_note(struct cv_eventlog *log, const char *name, int *fd, const char **why)
{
	int res;

	*fd = openat(log->dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (*fd >= 0)
		return 0;
	res = -errno;
	*why = cv_log_why("cannot open %s/%s (%s): make it a file that culvert-control may "
			  "write to",
			  log->config.dir, name, strerror(-res));
	return res;
}

/* A lost one is made anew: segments that have blocks tell their tag themselves. */
static int open_key(struct cv_eventlog *log, const char **why)
{
	int res = cv_tag_key_read(log->dir, &log->tag_key);

	if (res < 0)
		res = cv_tag_key_make(log->dir, &log->tag_key);
	if (res < 0)
		*why = cv_log_why("cannot write %s/key (%s): check the disk", log->config.dir,
				  strerror(-res));
	return res;
}

/* The names in the folder, those of the lanes above all, outlive a power failure from here on. */
static int sync_folder(struct cv_eventlog *log, const char **why)
{
	if (fsync(log->dir) == 0)
		return 0;
	*why = cv_log_why("cannot write to %s (%s): check the disk", log->config.dir,
			  strerror(errno));
	return -errno;
}

/* Lanes without any segment cannot take a single event: say so now and not at the first one. */
static int check_space(struct cv_eventlog *log, const char **why)
{
	struct statvfs fs;
	uint64_t need = 0, have;

	for (int i = 0; i < CV_LANE_COUNT; i++)
		if (log->lane[i].count == 0)
			need += log->config.segment_size;
	if (need == 0 || fstatvfs(log->dir, &fs) < 0)
		return 0;
	have = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (have >= need)
		return 0;
	*why = cv_log_why("%s has %llu MiB free and the log needs %llu MiB to begin: free some "
			  "space, lower log.segment_size, or set another log.dir",
			  log->config.dir, (unsigned long long)(have >> 20),
			  (unsigned long long)(need >> 20));
	return -ENOSPC;
}

static void tick(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_eventlog *log = op->owner;

	if (log->closing)
		return;
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		struct cv_log_lane *l = &log->lane[i];

		cv_lane_retain(l, cv_loop_wall_ns(log->loop));
		if (cv_loop_mono_ns(log->loop) >= l->retry_at)
			cv_spare_prepare(l);
		cv_append_continue(l);
	}
	cv_acked_keep(log);
	cv_packing_tick(log);
	cv_loop_timer(log->loop, &log->tick, CV_TICK_NS);
}

static void init_lane(struct cv_eventlog *log, enum cv_lane lane)
{
	struct cv_log_lane *l = &log->lane[lane];

	*l = (struct cv_log_lane){
		.log = log, .lane = lane, .dir = -1, .fd = -1, .hold = UINT64_MAX};
	l->append.write = (struct cv_op){.done = cv_append_written, .owner = l};
	l->append.op = (struct cv_op){.done = cv_append_synced, .owner = l};
	l->append.retry = (struct cv_op){.done = cv_append_retry, .owner = l};
	l->spare.op = (struct cv_op){.done = cv_spare_done, .owner = l};
	l->spare.fd = -1;
	l->index = (struct cv_index_active){.op = {.done = cv_index_active_saved, .owner = l},
					    .fd = -1};
}

static int init(struct cv_eventlog *log, struct cv_loop *loop, const struct cv_eventlog_config *c,
		const char **why)
{
	log->dir = log->lock = log->owed = log->acked = -1;
	log->loop = loop;
	log->config = *c;
	log->tick = (struct cv_op){.done = tick, .owner = log};
	log->complete = (struct cv_op){.done = cv_complete_next, .owner = log};
	log->acked_op = (struct cv_op){.done = cv_acked_done, .owner = log};
	log->counters.direct = true; /* until an open says otherwise */
	for (int i = 0; i < CV_LANE_COUNT; i++)
		init_lane(log, (enum cv_lane)i);
	snprintf(log->node, sizeof(log->node), "%s", c->node);
	log->dir_path = strdup(c->dir);
	log->config.dir = log->dir_path;
	log->zeros = aligned_alloc(CV_UNIT, CV_ZERO_CHUNK);
	if (!log->dir_path || !log->zeros ||
	    getrandom(&log->incarnation, sizeof(log->incarnation), 0) < 0) {
		*why = "memory is out";
		return -ENOMEM;
	}
	memset(log->zeros, 0, CV_ZERO_CHUNK);
	log->config.node = log->node;
	if (cv_packing_init(log) < 0) {
		*why = "too many files are open";
		return -EMFILE;
	}
	if (c->segment_size == 0 || c->segment_size % CV_BLOCK_SIZE != 0) {
		*why = "log.segment_size must be a multiple of 64 KiB";
		return -EINVAL;
	}
	return 0;
}

/* A new lane can take events when this returns; a disk that cannot do it is told now. */
static int first_segments(struct cv_eventlog *log, const char **why)
{
	/* What is ahead of need waits for the first tick: a start is no time to write zeros. */
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		log->lane[i].roll_wanted = log->lane[i].count == 0;
		if (log->lane[i].count == 0)
			cv_spare_prepare(&log->lane[i]);
	}
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		struct cv_log_lane *l = &log->lane[i];

		while (l->count == 0 && l->spare.state != CV_SPARE_NONE)
			if (cv_loop_turn(log->loop) < 0)
				return -EIO;
		if (l->count == 0) {
			*why = cv_log_why("cannot make a segment of %llu MiB in %s/%s: %s",
					  (unsigned long long)(log->config.segment_size >> 20),
					  log->config.dir, cv_lane_name(l->lane),
					  l->full ? "the disk is full, free some space or lower "
						    "log.segment_size"
						  : "check the disk");
			return l->full ? -ENOSPC : -EIO;
		}
	}
	return 0;
}

void cv_eventlog_configure(struct cv_eventlog *log, const struct cv_eventlog_config *config)
{
	struct cv_eventlog_config next = *config;

	next.dir = log->config.dir;
	next.node = log->config.node;
	next.segment_size = log->config.segment_size;
	log->config = next;
}

int cv_eventlog_open(struct cv_loop *loop, const struct cv_eventlog_config *config,
		     struct cv_eventlog **ret, const char **why)
{
	struct cv_eventlog *log = calloc(1, sizeof(*log));
	int res;

	*why = "memory is out";
	if (!log)
		return -ENOMEM;
	res = init(log, loop, config, why);
	if (res == 0)
		res = open_folder(log, why);
	if (res == 0)
		res = take_lock(log, why);
	if (res == 0)
		res = open_note(log, "owed", &log->owed, why);
	if (res == 0)
		res = open_note(log, "acked", &log->acked, why);
	if (res == 0)
		res = open_key(log, why);
	if (res == 0)
		cv_known_open(log);
	for (int i = 0; res == 0 && i < CV_LANE_COUNT; i++)
		res = cv_lane_open(log, (enum cv_lane)i, why);
	if (res == 0)
		res = sync_folder(log, why);
	if (res == 0)
		res = check_space(log, why);
	if (res == 0)
		res = first_segments(log, why);
	if (res < 0) {
		cv_eventlog_close(log);
		return res;
	}
	log->opened = true;
	cv_loop_timer(loop, &log->tick, CV_TICK_NS);
	cv_loop_timer(loop, &log->complete, 1);
	*ret = log;
	return 0;
}

static bool in_flight(const struct cv_eventlog *log)
{
	bool pending = log->tick.pending || log->complete.pending || log->acked_op.pending;

	for (int i = 0; i < CV_LANE_COUNT; i++)
		pending |= log->lane[i].append.op.pending || log->lane[i].spare.op.pending ||
			   log->lane[i].append.retry.pending || log->lane[i].index.op.pending;
	return pending;
}

void cv_eventlog_close(struct cv_eventlog *log)
{
	if (!log)
		return;
	log->closing = true;
	cv_loop_cancel(log->loop, &log->tick);
	cv_loop_cancel(log->loop, &log->complete);
	cv_eventlog_let_go(log);
	for (int i = 0; i < CV_LANE_COUNT; i++)
		cv_loop_cancel(log->loop, &log->lane[i].append.retry);
	while (in_flight(log) && cv_loop_turn(log->loop) == 0)
		;
	cv_packing_release(log);
	cv_acked_keep_now(log);
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		cv_index_save_active_now(&log->lane[i]);
		cv_lane_close(&log->lane[i]);
	}
	cv_known_close(log, log->opened);
	if (log->acked >= 0)
		close(log->acked);
	if (log->owed >= 0)
		close(log->owed);
	if (log->lock >= 0)
		close(log->lock);
	if (log->dir >= 0)
		close(log->dir);
	free(log->dir_path);
	free(log->zeros);
	free(log);
}

uint64_t cv_eventlog_end(const struct cv_eventlog *log, enum cv_lane lane)
{
	return log->lane[lane].end;
}

uint64_t cv_eventlog_begin(const struct cv_eventlog *log, enum cv_lane lane)
{
	const struct cv_log_lane *l = &log->lane[lane];

	/* By name: what is missing at its start is a hole that shows, not retention. */
	return l->count && l->segments[0]->first < l->end ? l->segments[0]->first : l->end;
}

bool cv_eventlog_full(const struct cv_eventlog *log, enum cv_lane lane)
{
	return log->lane[lane].full;
}

uint64_t cv_eventlog_seek(struct cv_eventlog *log, enum cv_lane lane, int64_t ts_ns)
{
	struct cv_log_lane *l = &log->lane[lane];
	const struct cv_segment *s;
	size_t i = 0, e = 0;

	for (; i < l->count; i++) {
		cv_complete_know(l, i);
		if (l->segments[i]->index_count > 0 && l->segments[i]->newest >= ts_ns)
			break;
	}
	if (i == l->count)
		return l->end;
	s = l->segments[i];
	while (e + 1 < s->index_count && s->index[e + 1].newest_before < ts_ns)
		e++;
	return s->index[e].seq;
}

void cv_eventlog_watch(struct cv_eventlog *log, struct cv_log_watch *w)
{
	w->next = log->watches;
	log->watches = w;
}

void cv_eventlog_unwatch(struct cv_eventlog *log, struct cv_log_watch *w)
{
	for (struct cv_log_watch **at = &log->watches; *at; at = &(*at)->next) {
		if (*at == w) {
			*at = w->next;
			return;
		}
	}
}

const struct cv_eventlog_counters *cv_eventlog_counters(const struct cv_eventlog *log)
{
	return &log->counters;
}
