/* SPDX-License-Identifier: Apache-2.0 */
/* Processor, hugepages, the worker's CPU, clock, disk, watchdog. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "control/doctor/doctor.h"

#define CPU_DIR "/sys/devices/system/cpu/"
/* Of 2 MiB: what culvert-dataplane asks for (dataplane/eal.c). */
#define HUGEPAGES_WANTED 96
/* Events carry the node's time; the schema's tolerance for a synchronised clock. */
#define CLOCK_ERROR_US 1000000
#define LIST_SIZE 512

/* ---- processor ------------------------------------------------------------------------------- */

static bool has_flag(const char *flags, const char *flag)
{
	size_t len = strlen(flag);

	for (const char *at = flags; (at = strstr(at, flag)) != NULL; at += len)
		if (at[-1] == ' ' && (at[len] == ' ' || at[len] == '\n' || at[len] == '\0'))
			return true;
	return false;
}

static int count_list(const char *list)
{
	int n = 0;

	for (long i = 0; i < 8192; i++)
		n += cv_probe_in_list(list, i);
	return n;
}

/* The last CPU of those the programs may use, as the dataplane takes it. */
static void find_worker(struct cv_doctor *d, const char *online)
{
	d->worker_cpu = -1;
	if (d->config && d->config->lcore != CV_CONFIG_AUTO)
		d->worker_cpu = (int)d->config->lcore;
	for (int i = 0; d->worker_cpu < 0 && i < 8192; i++)
		if (cv_probe_in_list(online, 8191 - i))
			d->worker_cpu = 8191 - i;
}

static void check_flags(struct cv_doctor *d, const char *model, const char *flags)
{
	if (!has_flag(flags, "sse4_2"))
		cv_doctor_add(
			d, "processor", CV_DOCTOR_PROBLEM,
			"DPDK of Debian needs x86-64-v2: take a processor of 2009 or later, in "
			"a virtual machine another CPU model",
			"%.120s has no SSE 4.2", model);
	else
		cv_doctor_add(d, "processor", CV_DOCTOR_OK, "", "%.120s", model);
	if (!has_flag(flags, "nonstop_tsc") && !has_flag(flags, "hypervisor"))
		cv_doctor_add(d, "processor", CV_DOCTOR_WARNING,
			      "switch off deep sleep states of the processor (intel_idle."
			      "max_cstate=1)",
			      "the time stamp counter stops when a CPU sleeps: limits by rate may "
			      "be off");
}

void cv_doctor_processor(struct cv_doctor *d)
{
	char online[LIST_SIZE] = "", model[160] = "unknown processor";
	char *line = NULL, *flags = NULL;
	FILE *in = cv_probe_open(d, "/proc/cpuinfo");
	size_t size = 0;
	int cpus;

	while (in && getline(&line, &size, in) > 0) {
		if (strncmp(line, "model name", 10) == 0 && strchr(line, ':'))
			snprintf(model, sizeof(model), "%.*s",
				 (int)strcspn(strchr(line, ':') + 2, "\n"), strchr(line, ':') + 2);
		if (!flags && strncmp(line, "flags", 5) == 0)
			flags = strdup(line);
	}
	free(line);
	if (in)
		fclose(in);
	if (flags)
		check_flags(d, model, flags);
	free(flags);
	(void)cv_probe_line(d, online, sizeof(online), CPU_DIR "online");
	cpus = count_list(online);
	find_worker(d, online);
	if (cpus < 2)
		cv_doctor_add(
			d, "processor", CV_DOCTOR_WARNING,
			"give the machine a second CPU: the worker polls, and takes one whole",
			"%d CPU: worker, control and the system share it", cpus);
	else
		cv_doctor_add(d, "processor", CV_DOCTOR_OK, "", "%d CPUs, the worker takes %d",
			      cpus, d->worker_cpu);
	if (cpus > 0 && !cv_probe_in_list(online, d->worker_cpu))
		cv_doctor_add(d, "processor", CV_DOCTOR_PROBLEM,
			      "set dataplane.lcore to a CPU there is, or to auto",
			      "dataplane.lcore is %d, there are %.60s", d->worker_cpu, online);
}

/* ---- memory ---------------------------------------------------------------------------------- */

void cv_doctor_hugepages(struct cv_doctor *d)
{
	long total = 0, size_kb = 0, nodes = cv_probe_count(d, "/sys/devices/system/node", "node");

	if (d->config && d->config->hugepages == CV_HUGEPAGES_NEVER) {
		cv_doctor_add(d, "hugepages", CV_DOCTOR_OK, "", "not wanted by the configuration");
	} else {
		(void)cv_probe_key(d, "/proc/meminfo", "HugePages_Total", &total);
		(void)cv_probe_key(d, "/proc/meminfo", "Hugepagesize", &size_kb);
		if (total * size_kb >= HUGEPAGES_WANTED * 2048L)
			cv_doctor_add(d, "hugepages", CV_DOCTOR_OK, "", "%ld of %ld kB", total,
				      size_kb);
		else
			cv_doctor_add(
				d, "hugepages", CV_DOCTOR_WARNING,
				"vm.nr_hugepages = 96 in /etc/sysctl.d/culvert.conf and start "
				"again; or dataplane.hugepages: never",
				"%ld of %ld kB, %d of 2048 kB are wanted: the worker runs on "
				"ordinary pages, slower",
				total, size_kb, HUGEPAGES_WANTED);
	}
	if (nodes > 1)
		cv_doctor_add(d, "numa", CV_DOCTOR_NOTE,
			      "each port's finding says whether its card is at the worker's node",
			      "%ld memory nodes", nodes);
	else
		cv_doctor_add(d, "numa", CV_DOCTOR_OK, "", "one memory node");
}

/* ---- the worker's CPU ------------------------------------------------------------------------ */

/* Interrupts that may come to the CPU and do: those that never came disturb nobody. */
static int disturbing_irqs(const struct cv_doctor *d, int cpu, long *first)
{
	int n = 0;

	for (long irq = 0; irq < 4096; irq++) {
		char list[LIST_SIZE], spurious[64];
		long count = 0;
		FILE *in;

		if (cv_probe_line(d, list, sizeof(list), "/proc/irq/%ld/effective_affinity_list",
				  irq) < 0 ||
		    !cv_probe_in_list(list, cpu))
			continue;
		snprintf(spurious, sizeof(spurious), "/proc/irq/%ld/spurious", irq);
		in = cv_probe_open(d, spurious);
		if (!in || fscanf(in, "count %ld", &count) != 1)
			count = 1;
		if (in)
			fclose(in);
		if (count == 0)
			continue;
		if (n++ == 0)
			*first = irq;
	}
	return n;
}

/* The appliance keeps systemd's slices off the CPU (appliance/root/usr/lib/culvert/hardware). */
static bool slices_keep_off(const struct cv_doctor *d, int cpu)
{
	static const char *const slices[] = {"system.slice", "user.slice", "init.scope"};
	char cpus[LIST_SIZE];

	for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++)
		if (cv_probe_line(d, cpus, sizeof(cpus), "/sys/fs/cgroup/%s/cpuset.cpus.effective",
				  slices[i]) < 0 ||
		    cv_probe_in_list(cpus, cpu))
			return false;
	return true;
}

void cv_doctor_isolation(struct cv_doctor *d)
{
	char isolated[LIST_SIZE] = "", governor[64] = "performance";
	int cpu = d->worker_cpu, irqs;
	long first = 0;

	if (cpu < 0)
		return;
	(void)cv_probe_line(d, isolated, sizeof(isolated), CPU_DIR "isolated");
	if (cv_probe_in_list(isolated, cpu)) {
		cv_doctor_add(d, "isolation", CV_DOCTOR_OK, "", "CPU %d is kept for the worker",
			      cpu);
	} else if (slices_keep_off(d, cpu)) {
		cv_doctor_add(d, "isolation", CV_DOCTOR_OK, "",
			      "all other programs are kept off the worker's CPU %d", cpu);
	} else {
		cv_doctor_add(d, "isolation", CV_DOCTOR_WARNING, "",
			      "other programs may run on the worker's CPU %d", cpu);
		cv_doctor_remedy(d,
				 "kernel command line: isolcpus=managed_irq,domain,%d nohz_full=%d "
				 "rcu_nocbs=%d",
				 cpu, cpu, cpu);
	}
	irqs = disturbing_irqs(d, cpu, &first);
	if (irqs > 0) {
		cv_doctor_add(d, "interrupts", CV_DOCTOR_WARNING, "",
			      "%d interrupt%s come to the worker's CPU %d, the first is %ld", irqs,
			      irqs == 1 ? "" : "s", cpu, first);
		cv_doctor_remedy(d,
				 "echo another CPU to /proc/irq/%ld/smp_affinity_list, or "
				 "kernel command line: irqaffinity= without CPU %d",
				 first, cpu);
	} else {
		cv_doctor_add(d, "interrupts", CV_DOCTOR_OK, "", "none at CPU %d", cpu);
	}
	(void)cv_probe_line(d, governor, sizeof(governor), CPU_DIR "cpu%d/cpufreq/scaling_governor",
			    cpu);
	if (strcmp(governor, "performance") != 0) {
		cv_doctor_add(d, "frequency", CV_DOCTOR_WARNING, "",
			      "CPU %d runs by the governor %s", cpu, governor);
		cv_doctor_remedy(d, "echo performance > " CPU_DIR "cpu%d/cpufreq/scaling_governor",
				 cpu);
	}
}

/* ---- clock ----------------------------------------------------------------------------------- */

static void check_sync(struct cv_doctor *d)
{
	struct timex t = {0};

	if (d->root[0])
		return; /* it is this kernel's clock */
	if (adjtimex(&t) < 0)
		return;
	if (t.status & STA_UNSYNC)
		cv_doctor_add(d, "clock", CV_DOCTOR_WARNING,
			      "install and set up chrony; chronyc tracking says how it is",
			      "nothing keeps the clock right: the times of events are as wrong as "
			      "it is");
	else if (t.maxerror > CLOCK_ERROR_US)
		cv_doctor_add(d, "clock", CV_DOCTOR_WARNING,
			      "look at chronyc sources: the servers do not answer, or are far",
			      "the clock may be off by %ld ms", t.maxerror / 1000);
	else
		cv_doctor_add(d, "clock", CV_DOCTOR_OK, "", "kept right, within %ld ms",
			      t.maxerror / 1000);
}

void cv_doctor_clock(struct cv_doctor *d)
{
	static const char *const quick[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"};
	char source[64] = "unknown";
	bool good = false;

	check_sync(d);
	(void)cv_probe_line(d, source, sizeof(source),
			    "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	for (size_t i = 0; i < sizeof(quick) / sizeof(quick[0]); i++)
		good |= strcmp(source, quick[i]) == 0;
	if (good)
		cv_doctor_add(d, "clock source", CV_DOCTOR_OK, "", "%s", source);
	else
		cv_doctor_add(
			d, "clock source", CV_DOCTOR_WARNING,
			"kernel command line: clocksource=tsc tsc=reliable, where the machine's "
			"counter is; dmesg | grep -i tsc says why it is not taken",
			"%s: reading the time costs a microsecond and more", source);
}

/* ---- disk ------------------------------------------------------------------------------------ */

/* The folder, or the nearest above it that is there. */
static void existing(const char *dir, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s", dir);
	while (access(ret, F_OK) < 0 && strrchr(ret, '/') && strcmp(ret, "/") != 0) {
		char *slash = strrchr(ret, '/');

		slash[slash == ret] = '\0';
	}
}

static uint64_t wanted_bytes(const struct cv_config *c, bool *bounded)
{
	uint64_t sum = 0;

	*bounded = true;
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		sum += c->retain[i].bytes;
		*bounded &= c->retain[i].bytes > 0;
	}
	return sum + c->hold_for_groups;
}

static void check_direct(struct cv_doctor *d, const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	else if (errno == EROFS)
		cv_doctor_add(d, "disk", CV_DOCTOR_PROBLEM,
			      "look for disk errors in dmesg, then mount it read-write again",
			      "%s lies on a file system that is read-only", dir);
	else if (errno == EINVAL || errno == EOPNOTSUPP)
		cv_doctor_add(d, "disk", CV_DOCTOR_NOTE, "put log.dir on ext4 or xfs",
			      "the file system of %s takes no direct writes: slower", dir);
}

void cv_doctor_disk(struct cv_doctor *d)
{
	uint64_t size, avail, wanted;
	char dir[PATH_MAX];
	struct statvfs fs;
	bool bounded;

	if (d->root[0] || !d->config)
		return;
	existing(d->config->log_dir, dir);
	if (statvfs(dir, &fs) < 0)
		return;
	size = fs.f_blocks * fs.f_frsize;
	avail = fs.f_bavail * fs.f_frsize;
	wanted = wanted_bytes(d->config, &bounded);
	if (wanted > size)
		cv_doctor_add(
			d, "disk", CV_DOCTOR_PROBLEM,
			"lower log.retain and log.hold_for_groups, or take a larger disk",
			"log.retain asks for %llu MiB, the disk of %s has %llu: it will be full",
			(unsigned long long)(wanted >> 20), dir, (unsigned long long)(size >> 20));
	else if (!bounded)
		cv_doctor_add(d, "disk", CV_DOCTOR_WARNING, "give each lane of log.retain a size",
			      "a lane is bounded by its age only: the disk of %s may fill up", dir);
	else if (avail < size / 20)
		cv_doctor_add(d, "disk", CV_DOCTOR_PROBLEM, "make room: what else lies there?",
			      "%s has %llu of %llu MiB left", dir,
			      (unsigned long long)(avail >> 20), (unsigned long long)(size >> 20));
	else
		cv_doctor_add(d, "disk", CV_DOCTOR_OK, "", "%s: %llu of %llu MiB free", dir,
			      (unsigned long long)(avail >> 20), (unsigned long long)(size >> 20));
	check_direct(d, dir);
}

/* ---- watchdog -------------------------------------------------------------------------------- */

#define WATCHDOG "/sys/class/watchdog/watchdog0/"

void cv_doctor_watchdog(struct cv_doctor *d)
{
	char name[64] = "unknown", state[16] = "";
	long seconds = 0;

	if (cv_probe_line(d, state, sizeof(state), WATCHDOG "state") < 0) {
		cv_doctor_add(d, "watchdog", CV_DOCTOR_NOTE,
			      "load the driver of the board's (iTCO_wdt, sp5100_tco); give a "
			      "virtual machine one (qemu: -device i6300esb)",
			      "there is none: a system that hangs stays as it is");
		return;
	}
	(void)cv_probe_line(d, name, sizeof(name), WATCHDOG "identity");
	(void)cv_probe_number(d, &seconds, WATCHDOG "timeout");
	if (strcmp(state, "active") == 0)
		cv_doctor_add(d, "watchdog", CV_DOCTOR_OK, "", "%s, %ld s", name, seconds);
	else
		cv_doctor_add(d, "watchdog", CV_DOCTOR_NOTE,
			      "RuntimeWatchdogSec=60 in /etc/systemd/system.conf",
			      "%s is not in use: a system that hangs stays as it is", name);
}
