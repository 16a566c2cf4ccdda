/* SPDX-License-Identifier: Apache-2.0 */
/* Starting DPDK with what the machine has: with or without hugepages, on one core or more. */
#include "dataplane/run.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "dataplane/port/pci.h"

/* Hugepages of 2 MiB that buffers, rings and EAL's own tables need, with some room. */
#define HUGEPAGES_WANTED 96

static long free_hugepages(void)
{
	char line[128];
	long pages = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "HugePages_Free: %ld", &pages) == 1)
			break;
	fclose(f);
	return pages;
}

/* First allowed CPU for housekeeping, last one (or the wanted one) for the worker. */
static int pick_cpus(int wanted, int *main_cpu, int *worker_cpu)
{
	cpu_set_t set;
	int first = -1, last = -1;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return -1;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		if (first < 0)
			first = i;
		last = i;
	}
	if (wanted >= 0 && (wanted >= CPU_SETSIZE || !CPU_ISSET(wanted, &set))) {
		cv_diag("error", "lcore %d is not among the CPUs this process may use (%d-%d)",
			wanted, first, last);
		return -1;
	}
	*main_cpu = first;
	*worker_cpu = wanted >= 0 ? wanted : last;
	return 0;
}

/*
 * EAL sees the cards of pci ports and no others. A card that no IOMMU confines is told physical
 * addresses, one that is confined what the process itself has. @return how many there are.
 */
static int allow_cards(const struct cv_run *run, const char **argv, int *argc)
{
	const struct cv_gen_port *ports = cv_generation_at(run->gen, run->gen->ports);
	bool confined = true;
	int n = 0;

	for (unsigned int i = 0; i < run->gen->ports.count; i++) {
		if (ports[i].kind != CV_PORT_PCI)
			continue;
		argv[(*argc)++] = "-a";
		argv[(*argc)++] = ports[i].target;
		confined &= cv_pci_confined("/sys", ports[i].target);
		n++;
	}
	if (n == 0)
		argv[(*argc)++] = "--no-pci";
	argv[(*argc)++] = confined ? "--iova-mode=va" : "--iova-mode=pa";
	return n;
}

int cv_run_eal(struct cv_run *run)
{
	bool huge = !run->options.no_huge && free_hugepages() >= HUGEPAGES_WANTED;
	const char *argv[16 + 2 * CV_PORTS_MAX];
	char lcores[64], prefix[64];
	int argc = 0, main_cpu, worker_cpu;

	if (pick_cpus(run->options.lcore, &main_cpu, &worker_cpu) < 0)
		return -1;
	snprintf(lcores, sizeof(lcores), "--lcores=0@%d,1@%d", main_cpu, worker_cpu);
	snprintf(prefix, sizeof(prefix), "--file-prefix=culvert-%d", (int)getpid());
	argv[argc++] = "culvert-dataplane";
	argv[argc++] = lcores;
	argv[argc++] = "--no-telemetry";
	if (allow_cards(run, argv, &argc) > 0 && !huge) {
		cv_diag("error",
			"pci: ports need %d free hugepages of 2 MiB (dataplane.hugepages: auto): "
			"sysctl vm.nr_hugepages=128",
			HUGEPAGES_WANTED);
		return -1;
	}
	argv[argc++] = prefix;
	if (!run->options.verbose)
		argv[argc++] = "--log-level=*:error";
	if (huge) {
		argv[argc++] = "--in-memory";
	} else {
		/* --in-memory and --no-huge exclude each other in DPDK 22.11. */
		argv[argc++] = "--no-huge";
		argv[argc++] = "--no-shconf";
		argv[argc++] = "-m";
		argv[argc++] = "192";
	}
	if (!huge)
		cv_diag("note",
			"%s: using 4 KiB pages; give hugepages with `sysctl vm.nr_hugepages=128`",
			run->options.no_huge ? "hugepages not wanted" : "no free hugepages");
	if (rte_eal_init(argc, (char **)(uintptr_t)argv) < 0) {
		cv_diag("error", "DPDK does not start (%s); run with --verbose to see why",
			rte_strerror(rte_errno));
		return -1;
	}
	run->eal = true;
	run->worker_lcore = 1;
	return 0;
}
