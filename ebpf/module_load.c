/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a module. libbpf reads the object in a child process, which answers with one message and
 * the program's descriptor: whatever a hostile object does to libbpf ends in the child.
 */
#include "ebpf/module_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* The kernel verifies at most a million instructions, some seconds. */
#define LOAD_TIMEOUT_MS 60000
/* Of a path of a million instructions only the end fits; that is where the complaint is. */
#define LOG_SIZE (16u << 20)
/* Of all maps of a module together, estimated. */
#define MAPS_BYTES_MAX (256ull << 20)

/* What the child says. */
struct answer {
	int err;
	bool verifier; /* the log says why */
	struct cv_bpf_why why;
};

struct job {
	const struct cv_module_object *o;
	const char *name;
	int frame, next;
	char *log; /* LOG_SIZE, shared with the child */
};

/* ---- in the child -------------------------------------------------------------------------- */

static char last_warning[160];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN) {
		vsnprintf(last_warning, sizeof(last_warning), format, args);
		last_warning[strcspn(last_warning, "\n")] = '\0';
	}
	return 0;
}

static bool is_allowed_type(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		return true;
	default:
		return false;
	}
}

static int check_map(const struct bpf_map *map, const struct job *job, unsigned long long *bytes,
		     struct cv_bpf_why *why)
{
	const char *name = bpf_map__name(map);
	struct cv_module_place place = {.file = ""};
	unsigned long long entry =
		(unsigned long long)bpf_map__key_size(map) + bpf_map__value_size(map) + 64;

	cv_module_line_using(job->o, name, &place);
	if (!is_allowed_type(bpf_map__type(map)))
		return cv_module_refuse(
			why, &place,
			"Map %.40s is of type %s. A module may have hash, array, LRU "
			"hash (each also per CPU) and LPM trie.",
			name, libbpf_bpf_map_type_str(bpf_map__type(map)));
	if (bpf_map__pin_path(map))
		return cv_module_refuse(why, &place,
					"Map %.40s asks to be pinned. The maps of a module are its "
					"own and go with it.",
					name);
	*bytes += entry * bpf_map__max_entries(map);
	if (*bytes > MAPS_BYTES_MAX)
		return cv_module_refuse(why, &place,
					"The maps of the module need more than %llu MiB; with "
					"%.40s it is too much. Lower max_entries.",
					MAPS_BYTES_MAX >> 20, name);
	return 0;
}

static int check_maps(struct bpf_object *object, const struct job *job, struct cv_bpf_why *why)
{
	unsigned long long bytes = 0;
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object)
	{
		bool frame = !strcmp(bpf_map__name(map), CV_MODULE_FRAME_MAP);
		int given = frame ? job->frame : job->next;

		if (!frame && strcmp(bpf_map__name(map), CV_MODULE_NEXT_MAP))
			err = check_map(map, job, &bytes, why);
		else if (given >= 0 && bpf_map__reuse_fd(map, given))
			err = cv_bpf_fail(why, -errno, "Cannot share the map %s: %s.",
					  bpf_map__name(map), strerror(errno));
		if (err)
			return err;
	}
	return 0;
}

static int load_failed(int err, const char *log, struct answer *a)
{
	if (err == -EPERM && !*log)
		return cv_bpf_fail(&a->why, err,
				   "No right to load BPF programs. Run as root, or with CAP_BPF, "
				   "CAP_NET_ADMIN and CAP_PERFMON; --no-verify only checks the "
				   "object.");
	a->verifier = *log != '\0';
	if (a->verifier)
		return err;
	return cv_bpf_fail(&a->why, err, "The module cannot be loaded: %s (%s).", last_warning,
			   strerror(-err));
}

static int load_object(const struct job *job, struct answer *a, int *program)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = job->name,
		    .kernel_log_buf = job->log, .kernel_log_size = LOG_SIZE, .kernel_log_level = 1);
	struct bpf_object *object;
	struct bpf_program *p;
	int err;

	libbpf_set_print(keep_warning);
	object = bpf_object__open_mem(job->o->whole.at, job->o->whole.size, &opts);
	if (!object)
		return cv_bpf_fail(&a->why, -EINVAL,
				   "The object is damaged: %s. Build or copy it again.",
				   last_warning);
	err = check_maps(object, job, &a->why);
	if (err)
		return err;
	err = bpf_object__load(object);
	if (err)
		return load_failed(err, job->log, a);
	p = bpf_object__find_program_by_name(object, CV_MODULE_ENTRY);
	if (!p || bpf_program__type(p) != BPF_PROG_TYPE_XDP)
		return cv_bpf_fail(&a->why, -EINVAL, "The object has no program %s.",
				   CV_MODULE_ENTRY);
	*program = bpf_program__fd(p);
	return 0;
}

static void send_answer(int to, const struct answer *a, int program)
{
	struct iovec part = {(void *)(uintptr_t)a, sizeof(*a)};
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (program >= 0) {
		struct cmsghdr *c;

		m.msg_control = room;
		m.msg_controllen = sizeof(room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &program, sizeof(int));
	}
	(void)sendmsg(to, &m, MSG_NOSIGNAL);
}

_Noreturn static void child(const struct job *job, int to)
{
	struct answer a = {0};
	int program = -1;

	/* Handlers and cores of the parent are not for it; it ends with its parent. */
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	a.err = load_object(job, &a, &program);
	send_answer(to, &a, a.err ? -1 : program);
	_exit(0);
}

/* ---- in the parent ------------------------------------------------------------------------- */

static bool receive(int from, struct answer *a, int *program)
{
	struct iovec part = {a, sizeof(*a)};
	char room[CMSG_SPACE(sizeof(int))];
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = room,
			   .msg_controllen = sizeof(room)};
	struct pollfd ready = {.fd = from, .events = POLLIN};
	struct cmsghdr *c;
	int n;

	do {
		n = poll(&ready, 1, LOAD_TIMEOUT_MS);
	} while (n < 0 && errno == EINTR);
	if (n <= 0 || recvmsg(from, &m, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*a))
		return false;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(program, CMSG_DATA(c), sizeof(int));
	return true;
}

static int ask_child(const struct job *job, struct answer *a, int *program)
{
	int pair[2];
	bool heard;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return cv_bpf_fail(&a->why, -errno, "No socket: %s.", strerror(errno));
	pid = fork();
	if (pid == 0)
		child(job, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return cv_bpf_fail(&a->why, -EAGAIN, "No process to load the module in.");
	}
	heard = receive(pair[0], a, program);
	close(pair[0]);
	if (!heard)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!heard)
		return cv_bpf_fail(&a->why, -EINVAL,
				   "The object is damaged: reading it does not end well. Build or "
				   "copy it again.");
	return a->err;
}

int cv_module_load(const void *object, size_t size, int frame, int next, int *ret,
		   struct cv_module_log *log, struct cv_bpf_why *why)
{
	struct cv_module_object o;
	struct cv_module_info info;
	struct job job = {.o = &o, .name = info.name, .frame = frame, .next = next};
	struct answer a = {0};
	int err, program = -1;

	if (log)
		log->text = NULL;
	err = cv_module_check(object, size, &info, why);
	if (err)
		return err;
	if (cv_module_object_read(object, size, &o, why))
		return -EINVAL;
	job.log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job.log == MAP_FAILED)
		return cv_bpf_fail(why, -ENOMEM, "Not enough memory.");
	err = ask_child(&job, &a, &program);
	if (err)
		*why = a.why;
	if (err && a.verifier) {
		job.log[LOG_SIZE - 1] = '\0';
		cv_module_explain(&o, job.log, why);
		if (log)
			log->text = strdup(job.log);
		err = -EINVAL;
	}
	munmap(job.log, LOG_SIZE);
	if (!err)
		*ret = program;
	return err;
}
