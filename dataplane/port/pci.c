/* SPDX-License-Identifier: Apache-2.0 */
/* What sysfs says of a card, and whether a port may have it. */
#include "dataplane/port/pci.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/port/pci_private.h"

/* Cards that a driver of DPDK's drives beside the kernel's own. */
static const char *const shared_drivers[] = {"mlx5_core", "mlx4_core", "mana"};
/* Drivers that hold a card for somebody who is not here. */
static const char *const holding_drivers[] = {"pci-stub", "pciback", "xen-pciback"};

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}
#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof((list)[0]))

/* ---- reading --------------------------------------------------------------------------------- */

int cv_pci_path(char ret[PATH_MAX], const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(ret, PATH_MAX, format, list);
	va_end(list);
	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* First line of a file. */
static int read_line(const char *path, char *ret, size_t size)
{
	FILE *f = fopen(path, "re");
	int r = 0;

	if (!f)
		return -errno;
	if (!fgets(ret, (int)size, f))
		r = -ENODATA;
	else
		ret[strcspn(ret, "\n")] = '\0';
	fclose(f);
	return r;
}

/* Last part of what a link points to. */
static int link_name(const char *path, char *ret, size_t size)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	const char *name;

	if (len < 0)
		return -errno;
	target[len] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	memcpy(ret, name, strlen(name) + 1);
	return 0;
}

int cv_pci_driver(const char *sys, const char *address, char ret[CV_PCI_DRIVER_SIZE])
{
	char path[PATH_MAX];
	int r = cv_pci_path(path, "%s/bus/pci/devices/%s/driver", sys, address);

	if (r == 0)
		r = link_name(path, ret, CV_PCI_DRIVER_SIZE);
	if (r == -ENOENT) {
		*ret = '\0';
		r = 0;
	}
	return r;
}

bool cv_pci_confined(const char *sys, const char *address)
{
	char path[PATH_MAX], group[32], name[64];

	if (cv_pci_path(path, "%s/bus/pci/devices/%s/iommu_group", sys, address) < 0 ||
	    link_name(path, group, sizeof(group)) < 0)
		return false;
	/* VFIO makes groups of its own where there is no IOMMU. */
	return cv_pci_path(path, "%s/kernel/iommu_groups/%s/name", sys, group) == 0 &&
	       (read_line(path, name, sizeof(name)) < 0 || strcmp(name, "vfio-noiommu") != 0);
}

/* ---- may it be taken? ------------------------------------------------------------------------ */

/* Whoever has an address of the node's, or belongs to a bridge or bond, is not for a port. */
static int check_interface(const struct cv_pci_places *places, const struct cv_gen_port *port,
			   const char *name, const struct ifaddrs *all, char *why)
{
	char path[PATH_MAX], master[64], text[INET6_ADDRSTRLEN];

	if (cv_pci_path(path, "%s/class/net/%s/master", places->sys, name) == 0 &&
	    link_name(path, master, sizeof(master)) == 0)
		return cv_pci_wrong(
			why, -EBUSY,
			"port %s: card %s is %s, a part of %s; take it out there, or give "
			"the port another card",
			port->name, port->target, name, master);
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		const struct sockaddr *a = i->ifa_addr;
		const void *bytes;

		if (!a || strcmp(i->ifa_name, name) != 0)
			continue;
		if (a->sa_family == AF_INET)
			bytes = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
		else if (a->sa_family == AF_INET6)
			bytes = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
		else
			continue;
		if (a->sa_family == AF_INET6 &&
		    IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)bytes))
			continue;
		inet_ntop(a->sa_family, bytes, text, sizeof(text));
		return cv_pci_wrong(
			why, -EBUSY,
			"port %s: card %s is %s, by which the node has its address %s; a "
			"port would cut it off. Give the port another card",
			port->name, port->target, name, text);
	}
	return 0;
}

/* Each interface in a folder `net`. */
static int check_interfaces_in(const struct cv_pci_places *places, const struct cv_gen_port *port,
			       const char *folder, char *why)
{
	struct ifaddrs *all = NULL;
	struct dirent *entry;
	DIR *dir = opendir(folder);
	int r = 0;

	if (!dir)
		return 0; /* a driver without interfaces */
	if (getifaddrs(&all) < 0)
		r = cv_pci_wrong(why, -errno, "port %s: the node's addresses cannot be read: %s",
				 port->name, strerror(errno));
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = check_interface(places, port, entry->d_name, all, why);
	freeifaddrs(all);
	closedir(dir);
	return r;
}

/* A card has them below itself, or below its virtio device. */
static int check_interfaces(const struct cv_pci_places *places, const struct cv_gen_port *port,
			    char *why)
{
	char device[PATH_MAX], path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	int r;

	r = cv_pci_path(device, "%s/bus/pci/devices/%s", places->sys, port->target);
	if (r == 0)
		r = cv_pci_path(path, "%.3000s/net", device);
	if (r == 0)
		r = check_interfaces_in(places, port, path, why);
	dir = r == 0 ? opendir(device) : NULL;
	while (dir && r == 0 && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "virtio", 6) == 0 &&
		    cv_pci_path(path, "%.3000s/%s/net", device, entry->d_name) == 0)
			r = check_interfaces_in(places, port, path, why);
	if (dir)
		closedir(dir);
	return r;
}

/* VFIO opens a group only when nobody of it has a driver of the kernel's. */
static int check_group(const struct cv_pci_places *places, const struct cv_gen_port *port,
		       char *why)
{
	char path[PATH_MAX], driver[CV_PCI_DRIVER_SIZE];
	struct dirent *entry;
	DIR *dir;
	int r;

	r = cv_pci_path(path, "%s/bus/pci/devices/%s/iommu_group/devices", places->sys,
			port->target);
	dir = r == 0 ? opendir(path) : NULL;
	while (dir && r == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, port->target) == 0 ||
		    cv_pci_driver(places->sys, entry->d_name, driver) < 0)
			continue;
		if (*driver && strcmp(driver, "pcieport") != 0 && !cv_pci_is_taken(driver))
			r = cv_pci_wrong(
				why, -EBUSY,
				"port %s: card %s shares its IOMMU group with %s, which "
				"driver %s has; put the card into another slot, or unbind that "
				"one",
				port->name, port->target, entry->d_name, driver);
	}
	if (dir)
		closedir(dir);
	return r;
}

static int check_driver(const struct cv_gen_port *port, const struct cv_pci_plan *plan, char *why)
{
	if (IS_ONE_OF(plan->now, shared_drivers))
		return cv_pci_wrong(why, -ENOTSUP,
				    "port %s: card %s stays with its kernel driver %s; make it an "
				    "af_xdp: port",
				    port->name, port->target, plan->now);
	if (IS_ONE_OF(plan->now, holding_drivers))
		return cv_pci_wrong(why, -EBUSY,
				    "port %s: driver %s holds card %s for somebody else; unbind it "
				    "there first",
				    port->name, plan->now, port->target);
	return 0;
}

/* ---- by which driver? ------------------------------------------------------------------------ */

static bool noiommu_mode(const char *sys)
{
	char path[PATH_MAX], mode[8];

	return cv_pci_path(path, "%s/module/vfio/parameters/enable_unsafe_noiommu_mode", sys) ==
		       0 &&
	       read_line(path, mode, sizeof(mode)) == 0 && *mode == 'Y';
}

/* "none [integrity] confidentiality": with either of the last two, no registers from user space. */
static bool is_locked_down(const char *sys)
{
	char path[PATH_MAX], modes[64];

	return cv_pci_path(path, "%s/kernel/security/lockdown", sys) == 0 &&
	       read_line(path, modes, sizeof(modes)) == 0 && strchr(modes, '[') &&
	       !strstr(modes, "[none]");
}

bool cv_pci_is_taken(const char *driver)
{
	return strcmp(driver, CV_PCI_VFIO) == 0 || strcmp(driver, CV_PCI_UIO) == 0;
}

static int choose(const struct cv_pci_places *places, const struct cv_gen_port *port,
		  struct cv_pci_plan *plan, char *why)
{
	plan->confined = cv_pci_confined(places->sys, port->target);
	if (plan->confined) {
		strcpy(plan->wanted, CV_PCI_VFIO);
		return check_group(places, port, why);
	}
	if (!port->unconfined)
		return cv_pci_wrong(
			why, -EPERM,
			"port %s: no IOMMU confines card %s; switch it on in the firmware "
			"(VT-d, AMD-Vi) and, on Intel, with intel_iommu=on, or accept with "
			"iommu: optional that the card can write to all memory",
			port->name, port->target);
	strcpy(plan->wanted, noiommu_mode(places->sys) ? CV_PCI_VFIO : CV_PCI_UIO);
	if (is_locked_down(places->sys))
		return cv_pci_wrong(
			why, -EPERM,
			"port %s: the kernel is locked down and lets no program have card %s "
			"without an IOMMU; switch that on in the firmware (VT-d, AMD-Vi)",
			port->name, port->target);
	return 0;
}

static int look(const struct cv_pci_places *places, const struct cv_gen_port *port,
		struct cv_pci_plan *plan, char *why)
{
	char path[PATH_MAX], class[16];
	int r = cv_pci_path(path, "%s/bus/pci/devices/%s/class", places->sys, port->target);

	if (r == 0)
		r = read_line(path, class, sizeof(class));
	if (r == -ENOENT)
		return cv_pci_wrong(why, -ENODEV,
				    "port %s: there is no PCI device %s; culvert doctor lists the "
				    "network cards there are",
				    port->name, port->target);
	if (r == 0)
		r = cv_pci_driver(places->sys, port->target, plan->now);
	if (r < 0)
		return cv_pci_wrong(why, r, "port %s: card %s cannot be looked at: %s", port->name,
				    port->target, strerror(-r));
	if (strncmp(class, "0x02", 4) != 0)
		return cv_pci_wrong(why, -ENOTSUP,
				    "port %s: PCI device %s is no network card (class %s); culvert "
				    "doctor lists those there are",
				    port->name, port->target, class);
	return 0;
}

int cv_pci_plan(const struct cv_pci_places *places, const struct cv_gen_port *port,
		struct cv_pci_plan *ret, char *why)
{
	struct cv_pci_plan plan = {{0}, {0}, false};
	int r = look(places, port, &plan, why);

	if (r == 0)
		r = check_driver(port, &plan, why);
	if (r == 0)
		r = check_interfaces(places, port, why);
	if (r == 0)
		r = choose(places, port, &plan, why);
	if (r == 0)
		*ret = plan;
	return r;
}
