/* SPDX-License-Identifier: Apache-2.0 */
/* The interfaces of the configuration's af_xdp ports; cards of pci ports are in cards.c. */
#include <errno.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/doctor/doctor.h"
#include "control/text/ifname.h"

#define NET "/sys/class/net/"

/* Drivers of Debian 12's kernel that have zero-copy, for kernels that cannot be asked. */
static const char *const zero_copy_drivers[] = {
	"i40e", "ice", "igc", "ixgbe", "ixgbevf", "mlx5_core", "stmmac", "st_gmac", "nfp", "tsnep",
};

struct port {
	struct cv_doctor *d;
	const char *check; /* "port devices" */
	const char *ifname;
	unsigned int ifindex; /* 0 = another machine's */
	char driver[64];
};

/* A virtual interface has no device that sys could name. */
static void ask_driver(struct port *p)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (char *)&info};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(p->driver, sizeof(p->driver), "unknown");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", p->ifname);
	if (fd >= 0 && p->ifindex && ioctl(fd, SIOCETHTOOL, &request) == 0)
		snprintf(p->driver, sizeof(p->driver), "%.31s", info.driver);
	if (fd >= 0)
		close(fd);
}

static void check_link(const struct port *p)
{
	long carrier = -1;
	char state[32] = "unknown";

	(void)cv_probe_number(p->d, &carrier, NET "%s/carrier", p->ifname);
	(void)cv_probe_line(p->d, state, sizeof(state), NET "%s/operstate", p->ifname);
	if (carrier == 1) {
		cv_doctor_add(p->d, p->check, CV_DOCTOR_OK, "", "%s is up, driver %s", p->ifname,
			      p->driver);
	} else if (carrier == 0) {
		cv_doctor_add(p->d, p->check, CV_DOCTOR_PROBLEM,
			      "look at the cable, the transceiver and the other end",
			      "%s has no carrier, driver %s", p->ifname, p->driver);
	} else {
		cv_doctor_add(p->d, p->check, CV_DOCTOR_PROBLEM, "", "%s is %s, driver %s",
			      p->ifname, state, p->driver);
		cv_doctor_remedy(p->d, "ip link set %s up", p->ifname);
	}
}

/* A port reads queue 0: what the card puts into others is nobody's. */
static void check_queues(const struct port *p)
{
	char path[128];
	int n;

	snprintf(path, sizeof(path), NET "%s/queues", p->ifname);
	n = cv_probe_count(p->d, path, "rx-");
	if (n > 1) {
		cv_doctor_add(p->d, p->check, CV_DOCTOR_PROBLEM, "",
			      "%s spreads frames over %d queues, of which queue 0 is read",
			      p->ifname, n);
		cv_doctor_remedy(p->d, "ethtool -L %s combined 1", p->ifname);
	} else if (n == 1) {
		cv_doctor_add(p->d, p->check, CV_DOCTOR_OK, "", "one queue");
	}
}

static void check_mtu(const struct port *p)
{
	long mtu = 0;

	if (cv_probe_number(p->d, &mtu, NET "%s/mtu", p->ifname) < 0)
		return;
	if (mtu == (long)p->d->config->mtu)
		return;
	cv_doctor_add(p->d, p->check,
		      mtu < (long)p->d->config->mtu ? CV_DOCTOR_WARNING : CV_DOCTOR_NOTE, "",
		      "MTU of %s is %ld, dataplane.mtu is %u", p->ifname, mtu, p->d->config->mtu);
	cv_doctor_remedy(p->d, "ip link set %s mtu %u, or dataplane.mtu as the network has it",
			 p->ifname, p->d->config->mtu);
}

void cv_doctor_node(struct cv_doctor *d, const char *check, const char *name, const char *device)
{
	char path[96], list[512];
	long node = -1;

	(void)cv_probe_number(d, &node, "%s/numa_node", device);
	if (node < 0 || d->worker_cpu < 0)
		return;
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%ld/cpulist", node);
	if (cv_probe_line(d, list, sizeof(list), "%s", path) < 0)
		return;
	if (cv_probe_in_list(list, d->worker_cpu)) {
		cv_doctor_add(d, check, CV_DOCTOR_OK, "",
			      "%s is at memory node %ld, as is the worker's CPU %d", name, node,
			      d->worker_cpu);
		return;
	}
	cv_doctor_add(d, check, CV_DOCTOR_WARNING, "",
		      "%s is at memory node %ld, the worker's CPU %d is not", name, node,
		      d->worker_cpu);
	cv_doctor_remedy(d, "dataplane.lcore: one of %.120s", list);
}

static enum cv_answer_of_kernel by_driver(const struct port *p)
{
	for (size_t i = 0; i < sizeof(zero_copy_drivers) / sizeof(zero_copy_drivers[0]); i++)
		if (strcmp(p->driver, zero_copy_drivers[i]) == 0)
			return CV_KERNEL_YES;
	return CV_KERNEL_NO;
}

/* How frames reach the worker: what runs counts more than what could. */
static void check_copy(const struct port *p)
{
	enum cv_answer_of_kernel runs = cv_xdp_runs_zero_copy(p->ifindex);
	enum cv_answer_of_kernel can = cv_xdp_can_zero_copy(p->ifindex);

	if (can == CV_KERNEL_SILENT)
		can = by_driver(p);
	if (runs == CV_KERNEL_YES)
		cv_doctor_add(p->d, p->check, CV_DOCTOR_OK, "", "AF_XDP runs in zero-copy mode");
	else if (can == CV_KERNEL_YES)
		cv_doctor_add(p->d, p->check,
			      runs == CV_KERNEL_NO ? CV_DOCTOR_WARNING : CV_DOCTOR_OK,
			      runs == CV_KERNEL_NO ? "restart culvert-dataplane; one of its lines "
						     "says why the driver refused"
						   : "",
			      runs == CV_KERNEL_NO
				      ? "AF_XDP runs in copy mode, the driver can do zero-copy"
				      : "the driver can do AF_XDP in zero-copy mode");
	else
		cv_doctor_add(
			p->d, p->check, CV_DOCTOR_NOTE,
			"a card whose driver has zero-copy (ice, i40e, ixgbe, igc, mlx5) takes "
			"several times the packets",
			"AF_XDP %s in copy mode: driver %s has no zero-copy",
			runs == CV_KERNEL_NO ? "runs" : "will run", p->driver);
}

static void check_attached(const struct port *p)
{
	const char *mode = cv_xdp_attached(p->ifindex);

	if (strcmp(mode, "generic") == 0)
		cv_doctor_add(
			p->d, p->check, CV_DOCTOR_WARNING,
			"the driver has no XDP, or refuses it for its settings: switch off LRO "
			"(ethtool -K IF lro off), lower the MTU",
			"XDP is attached in generic mode: behind the kernel's buffers, slower");
	else if (strcmp(mode, "native") == 0)
		cv_doctor_add(p->d, p->check, CV_DOCTOR_OK, "", "XDP is attached in native mode");
}

static void check_port(struct cv_doctor *d, const struct cv_config_port *port)
{
	char check[48], path[128], name[IF_NAMESIZE];
	struct port p = {.d = d, .check = check, .ifname = port->target.text};
	long mtu;

	if (!d->root[0]) {
		cv_kernel_ifname(port->target.text, name);
		p.ifname = name;
	}
	snprintf(check, sizeof(check), "port %s", port->name);
	if (cv_probe_number(d, &mtu, NET "%s/mtu", p.ifname) < 0) {
		cv_doctor_add(
			d, check, CV_DOCTOR_PROBLEM,
			"ip link lists the interfaces there are; give the port one of them as "
			"its target",
			"there is no interface %s", p.ifname);
		return;
	}
	if (!d->root[0])
		p.ifindex = if_nametoindex(p.ifname);
	snprintf(path, sizeof(path), NET "%s/device/driver", p.ifname);
	if (cv_probe_link(d, path, p.driver, sizeof(p.driver)) < 0)
		ask_driver(&p);
	check_link(&p);
	check_queues(&p);
	check_mtu(&p);
	snprintf(path, sizeof(path), NET "%s/device", p.ifname);
	cv_doctor_node(d, check, p.ifname, path);
	if (p.ifindex == 0)
		return;
	check_copy(&p);
	check_attached(&p);
}

void cv_doctor_ports(struct cv_doctor *d)
{
	for (size_t i = 0; d->config && i < d->config->n_ports; i++)
		if (d->config->ports[i].target.kind == CV_PORT_AF_XDP)
			check_port(d, &d->config->ports[i]);
		else if (d->config->ports[i].target.kind == CV_PORT_PCI)
			cv_doctor_card(d, &d->config->ports[i]);
}
