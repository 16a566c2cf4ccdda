/* SPDX-License-Identifier: Apache-2.0 */
/* Cards change hands: to VFIO or UIO before the dataplane starts, back after it has ended. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/policy/pci_address.h"
#include "dataplane/port/pci_private.h"

/* In a file for a card that had no driver. */
#define NO_DRIVER "none"

extern char **environ;

static int write_text(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	close(fd);
	return (int)n;
}

static int set_override(const char *sys, const char *address, const char *driver)
{
	char path[PATH_MAX];
	int r = cv_pci_path(path, "%s/bus/pci/devices/%s/driver_override", sys, address);

	return r < 0 ? r : write_text(path, 0, driver);
}

static int unbind(const char *sys, const char *address)
{
	char path[PATH_MAX];
	int r = cv_pci_path(path, "%s/bus/pci/devices/%s/driver/unbind", sys, address);

	if (r == 0)
		r = write_text(path, 0, address);
	return r == -ENOENT ? 0 : r; /* it has no driver */
}

/* The kernel chooses: the driver named before, or else one that knows the card. */
static int probe(const char *sys, const char *address)
{
	char path[PATH_MAX];
	int r = cv_pci_path(path, "%s/bus/pci/drivers_probe", sys);

	return r < 0 ? r : write_text(path, 0, address);
}

static int load_driver(const char *sys, const char *driver)
{
	char path[PATH_MAX], program[] = "modprobe", name[CV_PCI_DRIVER_SIZE];
	char *argv[] = {program, name, NULL};
	int r = cv_pci_path(path, "%s/bus/pci/drivers/%s", sys, driver), status;
	pid_t pid;

	if (r < 0 || access(path, F_OK) == 0)
		return r;
	snprintf(name, sizeof(name), "%s", driver);
	r = posix_spawnp(&pid, program, NULL, NULL, argv, environ);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return access(path, F_OK) == 0 ? 0 : -ENOENT;
}

/* ---- taken and given back -------------------------------------------------------------------- */

/* Which driver it had stays known, also where this process ends in the middle. */
static int keep(const struct cv_pci_places *places, const char *address, const char *driver)
{
	char path[PATH_MAX];
	int r = cv_pci_path(path, "%s/%s", places->kept, address);

	if (r == 0 && mkdir(places->kept, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0)
		r = write_text(path, O_CREAT | O_EXCL, *driver ? driver : NO_DRIVER);
	return r == -EEXIST ? 0 : r; /* it was taken before and is still not back */
}

static int change_hands(const struct cv_pci_places *places, const char *address,
			const char *override)
{
	int r = set_override(places->sys, address, override);

	if (r == 0)
		r = unbind(places->sys, address);
	if (r == 0)
		r = probe(places->sys, address);
	return r;
}

static int is_there(const char *sys, const char *address)
{
	char path[PATH_MAX];
	int r = cv_pci_path(path, "%s/bus/pci/devices/%s", sys, address);

	return r == 0 && access(path, F_OK) < 0 ? -errno : r;
}

static int give_back(const struct cv_pci_places *places, const char *address,
		     char had[CV_PCI_DRIVER_SIZE])
{
	char path[PATH_MAX], now[CV_PCI_DRIVER_SIZE];
	int r = cv_pci_path(path, "%s/%s", places->kept, address);
	ssize_t n;
	int fd;

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, had, CV_PCI_DRIVER_SIZE - 1);
	r = n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (r < 0)
		return r;
	had[n] = '\0';
	r = is_there(places->sys, address);
	if (r == 0)
		r = cv_pci_driver(places->sys, address, now);
	/* Else somebody has given it a driver already. */
	if (r == 0 && cv_pci_is_taken(now))
		r = change_hands(places, address, "\n");
	if (r == 0)
		r = cv_pci_driver(places->sys, address, now);
	if (r == 0 && strcmp(had, NO_DRIVER) != 0 && strcmp(now, had) != 0)
		r = -ENXIO;
	/* A card that was pulled out has nothing to be given back to. */
	if (r == 0 || r == -ENOENT)
		unlink(path);
	return r == -ENOENT ? 0 : r;
}

int cv_pci_take(const struct cv_pci_places *places, const struct cv_gen_port *port,
		const struct cv_pci_plan *plan, char *why)
{
	char now[CV_PCI_DRIVER_SIZE], had[CV_PCI_DRIVER_SIZE];
	int r;

	if (strcmp(plan->now, plan->wanted) == 0)
		return 0;
	r = load_driver(places->sys, plan->wanted);
	if (r < 0)
		return cv_pci_wrong(
			why, r,
			"port %s: the kernel's driver %s is not there: modprobe %s says "
			"why",
			port->name, plan->wanted, plan->wanted);
	r = keep(places, port->target, plan->now);
	if (r < 0)
		return cv_pci_wrong(why, r, "port %s: cannot write to %s: %s", port->name,
				    places->kept, strerror(-r));
	r = change_hands(places, port->target, plan->wanted);
	if (r == 0)
		r = cv_pci_driver(places->sys, port->target, now);
	if (r == 0 && strcmp(now, plan->wanted) != 0)
		r = -ENXIO;
	if (r == 0)
		return 0;
	(void)give_back(places, port->target, had);
	return cv_pci_wrong(
		why, r,
		"port %s: card %s does not go from driver %s to %s (%s); dmesg tells what "
		"the kernel has against it",
		port->name, port->target, *plan->now ? plan->now : NO_DRIVER, plan->wanted,
		strerror(-r));
}

static bool is_port_of(const struct cv_generation *gen, const char *address)
{
	const struct cv_gen_port *ports = gen ? cv_generation_at(gen, gen->ports) : NULL;

	for (unsigned int i = 0; gen && i < gen->ports.count; i++)
		if (ports[i].kind == CV_PORT_PCI && strcmp(ports[i].target, address) == 0)
			return true;
	return false;
}

void cv_pci_give_back(const struct cv_pci_places *places, const struct cv_generation *but,
		      void (*tell)(const char *address, const char *driver, int error))
{
	char canonical[CV_PCI_ADDRESS_SIZE];
	struct dirent *entry;
	DIR *dir = opendir(places->kept);

	while (dir && (entry = readdir(dir))) {
		char had[CV_PCI_DRIVER_SIZE] = "";
		int r;

		if (cv_pci_address(entry->d_name, canonical) < 0 ||
		    strcmp(canonical, entry->d_name) != 0 || is_port_of(but, canonical))
			continue;
		r = give_back(places, canonical, had);
		tell(canonical, had, r);
	}
	if (dir)
		closedir(dir);
}
