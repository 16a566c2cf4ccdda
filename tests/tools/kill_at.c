/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill_at: run a program and end it with SIGKILL at its Nth step, so that a test can try every one.
 * A step is the entry to a system call or the return from it; steps are counted from the first
 * socket of the family AF_NETLINK or the first lock (flock) on, where the program begins to act.
 *
 *     kill_at N PROGRAM ARGUMENT...
 *
 * Exit: 137 killed at step N; else what the program ended with, having come to its end before.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_beginning(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	return info.entry.nr == SYS_flock ||
	       (info.entry.nr == SYS_socket && info.entry.args[0] == AF_NETLINK);
}

static int follow(pid_t pid, unsigned long last)
{
	unsigned long step = 0;
	bool begun = false;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 1;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid) {
		int sig = 0;

		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			sig = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		} else {
			begun = begun || is_beginning(pid);
			if (begun && ++step == last)
				kill(pid, SIGKILL);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long last = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	pid_t pid;

	if (last == 0) {
		fputs("usage: kill_at N PROGRAM ARGUMENT...\n", stderr);
		return 1;
	}
	pid = fork();
	if (pid < 0) {
		perror("kill_at: fork");
		return 1;
	}
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(1);
	}
	return follow(pid, last);
}
