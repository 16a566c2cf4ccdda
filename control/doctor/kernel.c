/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel allows: version, io_uring, BPF, AF_XDP. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "control/doctor/doctor.h"

/* 6.1 is Debian 12's, the oldest the tests run on. */
#define OLDEST_MAJOR 6
#define OLDEST_MINOR 1

void cv_doctor_kernel(struct cv_doctor *d)
{
	char release[96] = "";
	long major = 0, minor = 0, disabled = 0;
	char *end;

	(void)cv_probe_line(d, release, sizeof(release), "/proc/sys/kernel/osrelease");
	major = strtol(release, &end, 10);
	if (*end == '.')
		minor = strtol(end + 1, NULL, 10);
	if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
		cv_doctor_add(d, "kernel", CV_DOCTOR_PROBLEM, "take Debian 12 or later",
			      "%s is older than %d.%d", release[0] ? release : "unknown",
			      OLDEST_MAJOR, OLDEST_MINOR);
	else
		cv_doctor_add(d, "kernel", CV_DOCTOR_OK, "", "%s", release);
	(void)cv_probe_number(d, &disabled, "/proc/sys/kernel/io_uring_disabled");
	if (disabled > 0)
		cv_doctor_add(d, "io_uring", CV_DOCTOR_PROBLEM,
			      "sysctl kernel.io_uring_disabled=0, in /etc/sysctl.d/culvert.conf",
			      "kernel.io_uring_disabled is %ld: control cannot run", disabled);
	else
		cv_doctor_add(d, "io_uring", CV_DOCTOR_OK, "", "allowed");
}

static bool needs_bpf(const struct cv_doctor *d)
{
	for (size_t i = 0; d->config && i < d->config->n_ports; i++)
		if (d->config->ports[i].target.kind == CV_PORT_AF_XDP)
			return true;
	return false;
}

/* Is the folder below a mount of the type? */
static bool is_below_bpffs(const struct cv_doctor *d, const char *dir)
{
	char device[256], where[PATH_MAX], type[64], line[2 * PATH_MAX];
	FILE *in = cv_probe_open(d, "/proc/mounts");
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		size_t len;

		if (sscanf(line, "%255s %4095s %63s", device, where, type) != 3)
			continue;
		len = strlen(where);
		found = strcmp(type, "bpf") == 0 && strncmp(dir, where, len) == 0 &&
			(dir[len] == '/' || dir[len] == '\0');
	}
	if (in)
		fclose(in);
	return found;
}

/* Protocols the kernel has sockets for are listed by name. */
static bool has_af_xdp(const struct cv_doctor *d)
{
	FILE *in = cv_probe_open(d, "/proc/net/protocols");
	bool found = false;
	char line[256];

	while (in && !found && fgets(line, sizeof(line), in))
		found = strncmp(line, "XDP ", 4) == 0;
	if (in)
		fclose(in);
	return found;
}

void cv_doctor_bpf(struct cv_doctor *d)
{
	enum cv_doctor_state bad = needs_bpf(d) ? CV_DOCTOR_PROBLEM : CV_DOCTOR_NOTE;
	const char *pins = d->config ? d->config->pin_dir : "/sys/fs/bpf/culvert";
	long jit = 1;

	if (is_below_bpffs(d, pins))
		cv_doctor_add(d, "bpf", CV_DOCTOR_OK, "", "%s is below a bpffs", pins);
	else
		cv_doctor_add(d, "bpf", bad, "mount -t bpf bpf /sys/fs/bpf",
			      "%s is not below a bpffs: policy cannot outlive control", pins);
	(void)cv_probe_number(d, &jit, "/proc/sys/net/core/bpf_jit_enable");
	if (jit == 0)
		cv_doctor_add(d, "bpf", CV_DOCTOR_WARNING, "sysctl net.core.bpf_jit_enable=1",
			      "BPF programs are interpreted: about ten times slower");
	if (has_af_xdp(d))
		cv_doctor_add(d, "af_xdp", CV_DOCTOR_OK, "", "the kernel has it");
	else
		cv_doctor_add(
			d, "af_xdp", bad,
			"take a kernel with CONFIG_XDP_SOCKETS, as Debian's linux-image-amd64",
			"the kernel has no AF_XDP");
}
