/* SPDX-License-Identifier: Apache-2.0 */
/* The recorder: what the log asks of the kernel, by call and by io_uring. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/eventlog/segment_file.h"
#include "control/loop/loop.h"
#include "tests/eventlog/trace_private.h"

#define RING_OPS_MAX 64

static struct trace *recording;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Requests in flight whose end is to be noted: their handler is put aside meanwhile. */
static struct in_flight {
	struct cv_op *op;
	cv_op_done *done;
	size_t index;
	uint64_t wanted; /* bytes of a write */
} flying[RING_OPS_MAX];

struct trace *trace_new(const char *dir);

struct trace *trace_start(const char *dir)
{
	struct trace *t = trace_new(dir);

	pthread_mutex_lock(&lock);
	recording = t;
	pthread_mutex_unlock(&lock);
	return t;
}

void trace_stop(struct trace *t)
{
	pthread_mutex_lock(&lock);
	assert(recording == t);
	recording = NULL;
	memset(flying, 0, sizeof(flying));
	pthread_mutex_unlock(&lock);
}

/* @return the node behind a descriptor, -1 = not recorded; takes the lock unless that is so. */
static int begin(int fd)
{
	int saved = errno, node = -1;
	struct stat st;

	if (__atomic_load_n(&recording, __ATOMIC_ACQUIRE) && fstat(fd, &st) == 0) {
		pthread_mutex_lock(&lock);
		node = recording ? trace_node_of(recording, st.st_ino) : -1;
		if (node < 0)
			pthread_mutex_unlock(&lock);
	}
	errno = saved;
	return node;
}

static bool is_zero(const void *data, size_t len)
{
	const uint8_t *bytes = data;

	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

static uint8_t *copy(const void *data, size_t len)
{
	uint8_t *bytes;

	if (is_zero(data, len))
		return NULL;
	bytes = malloc(len);
	assert(bytes);
	return memcpy(bytes, data, len);
}

static size_t add(struct trace_op op)
{
	size_t i;

	op.linked = -1;
	i = trace_add(recording, &op);
	pthread_mutex_unlock(&lock);
	return i;
}

/* A call came back. */
static void end(size_t index, bool good)
{
	int saved = errno;

	pthread_mutex_lock(&lock);
	if (recording) {
		recording->ops[index].end = ++recording->now;
		recording->ops[index].failed = !good;
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
}

static void set_name(char *to, const char *name)
{
	assert(strlen(name) < TRACE_NAME);
	strcpy(to, name);
}

/* ---- calls ---------------------------------------------------------------------------------- */

ssize_t __real_pwrite64(int fd, const void *data, size_t n, off_t off);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t off);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t off)
{
	int node = begin(fd);
	ssize_t res;
	size_t i;

	if (node < 0)
		return __real_pwrite64(fd, data, n, off);
	i = add((struct trace_op){.type = TRACE_WRITE,
				  .node = node,
				  .off = (uint64_t)off,
				  .len = n,
				  .data = copy(data, n)});
	res = __real_pwrite64(fd, data, n, off);
	end(i, res == (ssize_t)n);
	return res;
}

static int sync_file(int fd, int (*real)(int fd))
{
	int node = begin(fd), res;
	size_t i;

	if (node < 0)
		return real(fd);
	i = add((struct trace_op){.type = TRACE_SYNC, .node = node});
	res = real(fd);
	end(i, res == 0);
	return res;
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	return sync_file(fd, __real_fdatasync);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	return sync_file(fd, __real_fsync);
}

int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size)
{
	int node = begin(fd), res;
	size_t i;

	if (node < 0)
		return __real_ftruncate64(fd, size);
	i = add((struct trace_op){.type = TRACE_TRUNCATE, .node = node, .len = (uint64_t)size});
	res = __real_ftruncate64(fd, size);
	end(i, res == 0);
	return res;
}

/* A new name: the new node is known when the call is back. */
static void made(int dir, int fd, const char *name, bool folder)
{
	struct trace_op op = {.type = folder ? TRACE_MKDIR : TRACE_CREATE};
	struct stat st;
	int node = begin(dir);

	if (node < 0)
		return;
	assert((fd >= 0 ? fstat(fd, &st) : fstatat(dir, name, &st, 0)) == 0);
	op.node = node;
	op.made = trace_node_new(recording, st.st_ino, folder);
	set_name(op.name, name);
	end(add(op), true);
}

int __real_openat64(int dir, const char *name, int flags, mode_t mode);
int __wrap_openat64(int dir, const char *name, int flags, ...);
int __wrap_openat64(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0640;
	struct stat st;
	bool fresh;
	int fd;

	if (!recording || !(flags & O_CREAT))
		return __real_openat64(dir, name, flags, mode);
	fresh = fstatat(dir, name, &st, 0) < 0;
	fd = __real_openat64(dir, name, flags, mode);
	if (fd >= 0 && fresh)
		made(dir, fd, name, false);
	else if (fd >= 0 && (flags & O_TRUNC))
		__wrap_ftruncate64(fd, 0);
	return fd;
}

int __real_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	int res = __real_mkdirat(dir, name, mode);

	if (res == 0)
		made(dir, -1, name, true);
	return res;
}

int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags)
{
	struct trace_op op = {.type = TRACE_UNLINK, .node = begin(dir)};
	size_t i;
	int res;

	if (op.node < 0)
		return __real_unlinkat(dir, name, flags);
	set_name(op.name, name);
	i = add(op);
	res = __real_unlinkat(dir, name, flags);
	end(i, res == 0);
	return res;
}

int __real_renameat(int dir, const char *name, int to_dir, const char *to);
int __wrap_renameat(int dir, const char *name, int to_dir, const char *to);
int __wrap_renameat(int dir, const char *name, int to_dir, const char *to)
{
	struct trace_op op = {.type = TRACE_RENAME, .node = begin(dir)};
	size_t i;
	int res;

	if (op.node < 0)
		return __real_renameat(dir, name, to_dir, to);
	set_name(op.name, name);
	set_name(op.to, to);
	i = add(op);
	res = __real_renameat(dir, name, to_dir, to);
	end(i, res == 0);
	return res;
}

/* ---- io_uring ------------------------------------------------------------------------------- */

/* A request without a handler is done when what hangs on it is. */
static void end_of_rename(size_t index)
{
	struct trace_op *o = &recording->ops[index];

	for (size_t i = index; i-- > 0 && index - i < 64;) {
		struct trace_op *before = &recording->ops[i];

		if (before->linked != (int)index || before->end != 0)
			continue;
		before->end = o->start++;
		recording->now = ++o->end;
		return;
	}
}

static void completed(struct cv_op *op, int res, uint32_t flags)
{
	struct in_flight *f = flying;
	struct trace_op *o;

	pthread_mutex_lock(&lock);
	while (f->op != op)
		f++;
	op->done = f->done;
	f->op = NULL;
	if (recording) {
		o = &recording->ops[f->index];
		o->end = ++recording->now;
		o->failed = res < 0 || (uint64_t)res < f->wanted;
		if (o->linked >= 0)
			recording->ops[o->linked].start = ++recording->now;
		end_of_rename(f->index);
	}
	pthread_mutex_unlock(&lock);
	op->done(op, res, flags);
}

static void watch(struct cv_op *op, size_t index, uint64_t wanted)
{
	struct in_flight *f = flying;

	if (!op)
		return;
	while (f->op) {
		f++;
		assert(f < flying + RING_OPS_MAX);
	}
	*f = (struct in_flight){.op = op, .done = op->done, .index = index, .wanted = wanted};
	op->done = completed;
}

static void read_request(const struct io_uring_sqe *sqe, struct trace_op *op)
{
	const struct iovec *iov = (const struct iovec *)(uintptr_t)sqe->addr;
	uint8_t *all;

	switch (sqe->opcode) {
	case IORING_OP_WRITEV:
		for (uint32_t i = 0; i < sqe->len; i++)
			op->len += iov[i].iov_len;
		all = malloc(op->len);
		assert(all);
		for (size_t i = 0, at = 0; i < sqe->len; at += iov[i++].iov_len)
			memcpy(all + at, iov[i].iov_base, iov[i].iov_len);
		op->data = all;
		op->off = sqe->off;
		break;
	case IORING_OP_WRITE:
		op->len = sqe->len;
		op->off = sqe->off;
		op->data = copy(iov, sqe->len);
		break;
	case IORING_OP_FALLOCATE:
		op->type = TRACE_SIZE;
		op->off = sqe->off;
		op->len = sqe->addr;
		break;
	case IORING_OP_FSYNC:
		op->type = TRACE_SYNC;
		break;
	case IORING_OP_RENAMEAT:
		op->type = TRACE_RENAME;
		set_name(op->name, (const char *)iov);
		set_name(op->to, (const char *)(uintptr_t)sqe->addr2);
		break;
	}
}

/* Requests that are about to go to the kernel. */
static void look_at_queue(struct io_uring *ring)
{
	struct io_uring_sq *sq = &ring->sq;
	size_t linked = SIZE_MAX; /* the request before, when this one hangs on it */

	for (unsigned int i = sq->sqe_head; recording && i != sq->sqe_tail; i++) {
		const struct io_uring_sqe *sqe = &sq->sqes[i & *sq->kring_mask];
		struct trace_op op = {.type = TRACE_WRITE};
		size_t index;

		if (sqe->opcode != IORING_OP_WRITEV && sqe->opcode != IORING_OP_WRITE &&
		    sqe->opcode != IORING_OP_FALLOCATE && sqe->opcode != IORING_OP_FSYNC &&
		    sqe->opcode != IORING_OP_RENAMEAT)
			continue;
		op.node = begin(sqe->fd);
		if (op.node < 0)
			continue;
		read_request(sqe, &op);
		index = add(op);
		pthread_mutex_lock(&lock);
		if (linked != SIZE_MAX)
			recording->ops[linked].linked = (int)index;
		pthread_mutex_unlock(&lock);
		linked = sqe->flags & IOSQE_IO_LINK ? index : SIZE_MAX;
		watch((struct cv_op *)(uintptr_t)sqe->user_data, index,
		      op.type == TRACE_WRITE ? op.len : 0);
	}
}

int __real_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring)
{
	look_at_queue(ring);
	return __real_io_uring_submit(ring);
}

int __real_io_uring_submit_and_wait(struct io_uring *ring, unsigned int n);
int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned int n);
int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned int n)
{
	look_at_queue(ring);
	return __real_io_uring_submit_and_wait(ring, n);
}
