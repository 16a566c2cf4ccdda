/* SPDX-License-Identifier: Apache-2.0 */
#include "control/confine/confine.h"

#include <errno.h>
#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CV_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
	__has_feature(thread_sanitizer)
#define CV_SANITIZED 1
#endif
#endif

#if !CV_HAVE_SECCOMP || defined(CV_SANITIZED)

/* A sanitizer makes calls of its own, ptrace() at the end. */
int cv_confine_calls(enum cv_confine_mode mode)
{
	return mode == CV_CONFINE_OFF ? 0 : -ENOTSUP;
}

#else

#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* glibc names its memory with it */
#endif
#define CV_CLONE_NEW                                                                               \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)

#include "control/confine/calls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what a forbidden call comes to --------------------------------------------------------- */

/* In a signal handler: no stdio. @return behind the digits. */
static char *put_number(char *at, unsigned int n)
{
	char digits[10];
	unsigned int count = 0;

	do {
		digits[count++] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

static char *put_text(char *at, const char *text)
{
	size_t n = strlen(text);

	memcpy(at, text, n);
	return at + n;
}

/* The call was not made. Whoever is in here has no say in what follows. */
static void on_forbidden(int signal, siginfo_t *info, void *context)
{
	char text[320], *at = text;

	at = put_text(at, "culvert-control: error: forbidden system call ");
	at = put_number(at, (unsigned int)info->si_syscall);
	at = put_text(at,
		      " (ausyscall names it): not made, control ends. It was attacked, or the C "
		      "library is newer than this build: confine: log lets it run and logs them "
		      "(docs/security/confinement.md)\n");
	(void)!write(STDERR_FILENO, text, (size_t)(at - text));
	_exit(CV_CONFINE_EXIT);
}

static int catch_forbidden(void)
{
	struct sigaction action = {.sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO};

	sigfillset(&action.sa_mask);
	return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}

/* ---- the filter ----------------------------------------------------------------------------- */

/* @return 0 also for what this machine does not have. */
static int add_rule(scmp_filter_ctx filter, uint32_t action, const char *name,
		    const struct scmp_arg_cmp *test)
{
	int number = seccomp_syscall_resolve_name(name), res;

	if (number == __NR_SCMP_ERROR)
		return 0;
	res = seccomp_rule_add_array(filter, action, number, test ? 1 : 0, test);
	return number < 0 || res == -EEXIST ? 0 : res;
}

static int add_rules(scmp_filter_ctx filter)
{
	int res = 0;

	for (size_t i = 0; res == 0 && i < COUNT(calls); i++)
		res = add_rule(filter, SCMP_ACT_ALLOW, calls[i], NULL);
	for (size_t i = 0; res == 0 && i < COUNT(calls_with); i++)
		res = add_rule(filter, SCMP_ACT_ALLOW, calls_with[i].name, &calls_with[i].test);
	for (size_t i = 0; res == 0 && i < COUNT(absent); i++)
		res = add_rule(filter, SCMP_ACT_ERRNO(ENOSYS), absent[i], NULL);
	return res;
}

int cv_confine_calls(enum cv_confine_mode mode)
{
	scmp_filter_ctx filter;
	int res;

	if (mode == CV_CONFINE_OFF)
		return 0;
	filter = seccomp_init(mode == CV_CONFINE_LOG ? SCMP_ACT_LOG : SCMP_ACT_TRAP);
	if (!filter)
		return -ENOMEM;
	res = mode == CV_CONFINE_LOG ? 0 : catch_forbidden();
	if (res == 0)
		res = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (res == 0) /* a tree, not a list: a few comparisons for any call */
		res = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (res == 0)
		res = add_rules(filter);
	if (res == 0)
		res = seccomp_load(filter);
	seccomp_release(filter);
	return res;
}

#endif
