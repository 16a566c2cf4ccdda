/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/process.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if CV_HAVE_SECCOMP
#include <seccomp.h>
#endif

void cv_sink_close_inherited(void)
{
	(void)close_range(CV_SINK_STATUS_FD + 1, ~0u, 0);
}

int cv_sink_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *user;

	*ret_uid = getuid();
	*ret_gid = getgid();
	if (geteuid() != 0)
		return 0;
	user = getpwnam(name);
	if (!user)
		return -ENOENT;
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return 0;
}

#if CV_HAVE_SECCOMP
/* What would let a process that was taken over reach further. Libraries need much of the rest. */
static const char *const calls[] = {
	"execve",
	"execveat",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"bpf",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"perf_event_open",
	"mount",
	"umount2",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"pivot_root",
	"chroot",
	"setns",
	"unshare",
	"init_module",
	"finit_module",
	"delete_module",
	"kexec_load",
	"kexec_file_load",
	"keyctl",
	"add_key",
	"request_key",
	"userfaultfd",
	"open_by_handle_at",
	"name_to_handle_at",
	"reboot",
	"swapon",
	"swapoff",
	"acct",
	"quotactl",
	"settimeofday",
	"clock_settime",
	"adjtimex",
	"personality",
	"setuid",
	"setgid",
	"setreuid",
	"setregid",
	"setresuid",
	"setresgid",
	"setgroups",
	"mknod",
	"mknodat",
	"iopl",
	"ioperm",
};

static int forbid_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int res = filter ? 0 : -ENOMEM;

	for (size_t i = 0; res == 0 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);

		if (number != __NR_SCMP_ERROR) /* this machine's libseccomp does not know it */
			res = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	if (res == 0)
		res = seccomp_load(filter);
	seccomp_release(filter);
	return res;
}
#else
static int forbid_calls(void)
{
	return 0;
}
#endif

static int give_up_user(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
			       setresuid(uid, uid, uid) < 0))
		return -errno;
	if (syscall(SYS_capset, &head, none) < 0)
		return -errno;
	return 0;
}

int cv_sink_confine(uid_t uid, gid_t gid, pid_t parent, char *why, size_t why_size)
{
	const struct rlimit no_core = {0, 0};
	int res = give_up_user(uid, gid);

	/* Behind the change of user, which takes it away. */
	if (res == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		res = -errno;
	if (res == 0 && getppid() != parent)
		res = -ESRCH; /* it died before */
	if (res == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		res = -errno;
	/* Secrets are in memory: no core, and nobody of the same user looks in. */
	if (res == 0 && (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &no_core) < 0))
		res = -errno;
	if (res == 0)
		res = forbid_calls();
	if (res < 0)
		snprintf(why, why_size, "cannot give up privileges (%s)", strerror(-res));
	return res;
}
