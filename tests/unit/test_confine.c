/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What control gives up, tried for real: each call in a child of its own that has given up what
 * control does. A call that is not forbidden would be made; all of them are harmless here or fail.
 */
#include "control/confine/confine.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "control/loop/loop.h"

#define CAN 0
#define CANNOT 77

/* ---- in a child ----------------------------------------------------------------------------- */

static void try_execve(void)
{
	char name[] = "/bin/true";
	char *const args[] = {name, NULL};

	execve(name, args, NULL);
}

static void try_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void try_code(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void try_make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void try_packet_socket(void)
{
	(void)socket(AF_PACKET, SOCK_RAW, 0);
}

static void try_vsock(void)
{
	(void)socket(AF_VSOCK, SOCK_STREAM, 0);
}

static void try_namespace(void)
{
	if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL) == 0)
		_exit(0);
}

static void try_limits(void)
{
	const struct rlimit limit = {1, 1};

	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void try_filter(void)
{
	prctl(PR_SET_SECCOMP, 0, NULL);
}

static void try_ring(void)
{
	struct io_uring_params params = {0};

	(void)syscall(SYS_io_uring_setup, 1, &params);
}

static void try_signal(void)
{
	(void)kill(getpid(), SIGCONT);
}

/* Refused by the kernel for their arguments where they are made all the same. */
#define PLAIN_CALLS(X)                                                                             \
	X(mount, NULL, NULL, NULL, 0, NULL)                                                        \
	X(umount2, NULL, 0)                                                                        \
	X(pivot_root, NULL, NULL)                                                                  \
	X(chroot, NULL)                                                                            \
	X(unshare, 0)                                                                              \
	X(setns, -1, 0)                                                                            \
	X(setuid, 0)                                                                               \
	X(setresuid, 0, 0, 0)                                                                      \
	X(setgroups, 0, NULL)                                                                      \
	X(capset, NULL, NULL)                                                                      \
	X(init_module, NULL, 0, NULL)                                                              \
	X(finit_module, -1, NULL, 0)                                                               \
	X(delete_module, NULL, 0)                                                                  \
	X(kexec_load, 0, 0, NULL, -1)                                                              \
	X(reboot, 0, 0, 0, NULL)                                                                   \
	X(open_by_handle_at, -1, NULL, 0)                                                          \
	X(process_vm_readv, 0, NULL, 0, NULL, 0, 1)                                                \
	X(process_vm_writev, 0, NULL, 0, NULL, 0, 1)                                               \
	X(perf_event_open, NULL, 0, 0, 0, -1)                                                      \
	X(userfaultfd, -1)                                                                         \
	X(add_key, NULL, NULL, NULL, 0, 0)                                                         \
	X(keyctl, -1, 0, 0, 0, 0)                                                                  \
	X(personality, 0xffffffff)                                                                 \
	X(execveat, -1, NULL, NULL, NULL, -1)                                                      \
	X(mknodat, -1, NULL, 0, 0)                                                                 \
	X(symlinkat, NULL, -1, NULL)                                                               \
	X(settimeofday, NULL, NULL)                                                                \
	X(sethostname, NULL, -1)                                                                   \
	X(swapon, NULL, 0)                                                                         \
	X(io_uring_register, -1, -1, NULL, 0)

static const struct forbidden {
	const char *name;
	long number;
	void (*attempt)(void); /* NULL = with these: */
	long args[6];
} forbidden[] = {
#define PLAIN_ROW(name, ...) {#name, SYS_##name, NULL, {PLAIN_ARGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0)}},
#define PLAIN_ARGS(a, b, c, d, e, f, ...)                                                          \
	(long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)
	PLAIN_CALLS(PLAIN_ROW){"execve", SYS_execve, try_execve, {0}},
	{"ptrace", SYS_ptrace, try_ptrace, {0}},
	{"mmap with code", SYS_mmap, try_code, {0}},
	{"mprotect to code", SYS_mprotect, try_make_code, {0}},
	{"socket of packets", SYS_socket, try_packet_socket, {0}},
	{"socket of a hypervisor", SYS_socket, try_vsock, {0}},
	{"clone into a namespace", SYS_clone, try_namespace, {0}},
	{"prlimit64 that sets", SYS_prlimit64, try_limits, {0}},
	{"prctl of seccomp", SYS_prctl, try_filter, {0}},
	{"io_uring_setup", SYS_io_uring_setup, try_ring, {0}},
	{"kill with another signal", SYS_kill, try_signal, {0}},
};

static void *nothing(void *arg)
{
	return arg;
}

static void done(struct cv_op *op, int res, uint32_t flags)
{
	*(int *)op->owner = res;
}

/* What control does all day. @return what failed, NULL = nothing. */
static const char *work(struct cv_loop *loop)
{
	int result = 1;
	struct cv_op op = {.done = done, .owner = &result};
	char name[] = "/tmp/confine-XXXXXX";
	int fd = mkstemp(name), pair[2];
	pthread_t thread;
	pid_t pid;

	if (fd < 0 || unlink(name) || write(fd, "x", 1) != 1 || fsync(fd) || close(fd))
		return "a file";
	if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
		return "a thread";
	pid = fork();
	if (pid == 0)
		_exit(5);
	if (pid < 0 || waitpid(pid, &result, 0) != pid || WEXITSTATUS(result) != 5)
		return "a process";
	for (int domain = AF_UNIX; domain <= AF_INET6; domain += domain == AF_UNIX ? 1 : 8) {
		fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return "a socket";
		close(fd);
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 12);
	close(fd);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return "a pair";
	cv_loop_timer(loop, &op, 1000000);
	while (op.pending && cv_loop_turn(loop) == 0)
		;
	return result == -ETIME ? NULL : "the loop";
}

/* A ring reaches files without a system call that a filter could see. */
static const char *ring(struct cv_loop *loop)
{
	int result = 1;
	struct cv_op op = {.done = done, .owner = &result};
	struct io_uring_sqe *sqe = cv_loop_sqe(loop, &op);

	io_uring_prep_openat(sqe, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
	while (op.pending && cv_loop_turn(loop) == 0)
		;
	return result == -EACCES ? NULL : "the ring opened a file";
}

_Noreturn static void child(const struct forbidden *f, int out)
{
	struct cv_loop *loop = NULL;
	const char *why = NULL;
	int res = cv_loop_create(8, &loop);

	dup2(out, STDERR_FILENO);
	if (res == 0)
		res = cv_confine_capabilities(0);
	if (res == 0)
		res = cv_confine_calls(CV_CONFINE_ENFORCE);
	if (res < 0) {
		fprintf(stderr, "%s", strerror(-res));
		_exit(res == -ENOTSUP ? CANNOT : 1);
	}
	if (f && f->attempt)
		f->attempt();
	else if (f)
		(void)syscall(f->number, f->args[0], f->args[1], f->args[2], f->args[3], f->args[4],
			      f->args[5]);
	else
		why = work(loop);
	if (!f && !why)
		why = ring(loop);
	if (why)
		fprintf(stderr, "%s", why);
	_exit(why ? 1 : CAN);
}

/* ---- in the test ---------------------------------------------------------------------------- */

/* @return exit code, -1 = ended otherwise. */
static int run(const struct forbidden *f, char *text, size_t size)
{
	int ends[2], how;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		child(f, ends[1]);
	close(ends[1]);
	n = read(ends[0], text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static void skip_without_filter(int code)
{
	if (code == CANNOT)
		skip();
}

static void test_work(void **state)
{
	char text[512];
	int code = run(NULL, text, sizeof(text));

	skip_without_filter(code);
	if (code != CAN)
		print_error("%s\n", text);
	assert_int_equal(code, CAN);
}

static void test_forbidden(void **state)
{
	char text[512], number[64];
	int wrong = 0;

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		const struct forbidden *f = &forbidden[i];
		int code = run(f, text, sizeof(text));

		skip_without_filter(code);
		snprintf(number, sizeof(number), "forbidden system call %ld ", f->number);
		if (code == CV_CONFINE_EXIT && strstr(text, number))
			continue;
		print_error("%s: ended with %d, said \"%s\"\n", f->name, code, text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Without a filter the call is made: what the children above try is not forbidden anyway. */
static void test_off(void **state)
{
	int how;
	pid_t pid = fork();

	if (pid == 0) {
		if (cv_confine_calls(CV_CONFINE_OFF) < 0)
			_exit(1);
		_exit(unshare(0) == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFEXITED(how));
	assert_int_equal(WEXITSTATUS(how), 0);
}

static int keep_and_look(uint64_t keep)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct before[2], sets[2];
	char name[] = "/tmp/confine-XXXXXX";
	int fd = mkstemp(name), res = 0;

	if (fd < 0 || fchmod(fd, 0) || syscall(SYS_capget, &head, before) ||
	    cv_confine_capabilities(keep) || syscall(SYS_capget, &head, sets))
		return 1;
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t left = before[i].permitted & (uint32_t)(keep >> 32 * i);

		if (sets[i].permitted != left || sets[i].effective != left || sets[i].inheritable)
			res = 2;
	}
	if (open(name, O_RDONLY) >= 0) /* its owner, but no longer the one whom nothing stops */
		res = 3;
	unlink(name);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		res = 4;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_ADMIN, 0, 0) == 1)
		res = 5;
	if (geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) != 0 &&
	    before[0].effective & 1u << CAP_SETPCAP)
		res = 6;
	return res;
}

static void test_capabilities(void **state)
{
	const uint64_t keeps[] = {0, UINT64_C(1) << CAP_NET_ADMIN,
				  UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << 39};

	for (size_t i = 0; i < sizeof(keeps) / sizeof(keeps[0]); i++) {
		int how;
		pid_t pid = fork();

		if (pid == 0)
			_exit(keep_and_look(keeps[i]));
		assert_int_equal(waitpid(pid, &how, 0), pid);
		assert_true(WIFEXITED(how));
		assert_int_equal(WEXITSTATUS(how), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
