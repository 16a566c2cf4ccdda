/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/rig.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE 10 /* s; other programs may be before the thread */

int rig_make(struct rig *rig, unsigned int number)
{
	char command[512];

	/* Names that no other namespace has: the NAPI threads are told apart by them. */
	snprintf(rig->into, sizeof(rig->into), "t%u-%d", number, getpid());
	snprintf(rig->in, sizeof(rig->in), "r%u-%d", number, getpid());
	snprintf(rig->out, sizeof(rig->out), "o%u-%d", number, getpid());
	snprintf(rig->sink, sizeof(rig->sink), "s%u-%d", number, getpid());
	/* GRO switches NAPI on where there is no XDP program, and without it nothing takes frames
	 * that are not socket buffers. /sys shows the namespace it was mounted in. */
	snprintf(command, sizeof(command),
		 "set -e; ip link add %1$s type veth peer name %2$s;"
		 "ip link add %3$s type veth peer name %4$s;"
		 "for i in %1$s %2$s %3$s %4$s; do ip link set $i up; done;"
		 "ethtool -K %2$s gro on;"
		 "unshare -m sh -c 'mount -t sysfs sysfs /sys;"
		 "echo 1 >/sys/class/net/%2$s/threaded'",
		 rig->into, rig->in, rig->out, rig->sink);
	if (system(command))
		return -EIO;
	rig->ifindex = if_nametoindex(rig->into);
	return 0;
}

/* The kernel thread of that name. @param want its beginning. @return 0: there is none. */
static pid_t find_thread(const char *want)
{
	DIR *all = opendir("/proc");
	struct dirent *d;
	pid_t found = 0;

	while (all && !found && (d = readdir(all))) {
		char path[300], name[64] = "";
		FILE *comm;

		if (atoi(d->d_name) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		comm = fopen(path, "r");
		if (!comm)
			continue;
		if (fgets(name, sizeof(name), comm) && !strncmp(name, want, strlen(want)))
			found = atoi(d->d_name);
		fclose(comm);
	}
	if (all)
		closedir(all);
	return found;
}

int rig_take_thread(struct rig *rig)
{
	struct sched_param priority;
	char want[32];
	cpu_set_t cpu;
	pid_t thread;

	snprintf(want, sizeof(want), "napi/%s-", rig->in);
	thread = find_thread(want);
	if (!thread)
		return -ESRCH;
	CPU_ZERO(&cpu);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpu);
	if (sched_setaffinity(thread, sizeof(cpu), &cpu) || sched_getparam(0, &priority) ||
	    sched_setscheduler(thread, sched_getscheduler(0), &priority))
		return -errno;
	return -clock_getcpuclockid(thread, &rig->thread);
}

double rig_cpu(const struct rig *rig)
{
	struct timespec t = {0};

	clock_gettime(rig->thread, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int rig_drain(const struct rig *rig, const struct live_count *before, uint32_t sent,
	      struct live_count *ret)
{
	double begin = live_now();
	int err;

	for (;;) {
		err = live_received(rig->in, ret);
		if (err)
			return err;
		ret->received -= before->received;
		ret->lost -= before->lost;
		if (ret->received + ret->lost == sent)
			return 0;
		if (live_now() - begin > DEADLINE)
			return -ETIMEDOUT;
	}
}
