/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards that the kernel gives up for a `pci:` port: who drives one now, who is to, and the
 * way there and back. Reads and writes sysfs; not for the lcore, nor for the process that has one:
 * `culvert-dataplane bind` and `release` do it before and after the dataplane (docs/adr/0050).
 */
#ifndef CV_PCI_H
#define CV_PCI_H

#include <stdbool.h>
#include <stddef.h>

#include "dataplane/policy/generation.h"

#define CV_PCI_DRIVER_SIZE 32
#define CV_PCI_WHY_SIZE 640

/** Where things are; other places for tests. */
struct cv_pci_places {
	const char *sys; /* "/sys" */
	const char *kept; /* a file for each card that was taken, with the driver it had */
};

struct cv_pci_plan {
	char now[CV_PCI_DRIVER_SIZE]; /* driver that has the card, "" = none */
	char wanted[CV_PCI_DRIVER_SIZE]; /* driver that passes it to user space */
	bool confined; /* an IOMMU lets the card write to the dataplane's memory only */
};

/**
 * What is to be done for a port. Changes nothing.
 *
 * @param why on failure: what is wrong and what to do, CV_PCI_WHY_SIZE bytes.
 * @return 0; -ENODEV no such card; -EBUSY it is somebody else's; -ENOTSUP it cannot be such a port;
 *         -EPERM no IOMMU confines it; negative errno.
 */
int cv_pci_plan(const struct cv_pci_places *places, const struct cv_gen_port *port,
		struct cv_pci_plan *ret, char *why);

/** Give the card to the driver planned, and keep which one it had. As cv_pci_plan(). */
int cv_pci_take(const struct cv_pci_places *places, const struct cv_gen_port *port,
		const struct cv_pci_plan *plan, char *why);

/**
 * Give cards back to the drivers they had.
 *
 * @param but   generation whose ports keep theirs, NULL = none keeps.
 * @param tell  called for each: the card, and 0 or what went wrong.
 */
void cv_pci_give_back(const struct cv_pci_places *places, const struct cv_generation *but,
		      void (*tell)(const char *address, const char *driver, int error));

/** Driver that has a card, "" = none. @return 0 or negative errno. */
int cv_pci_driver(const char *sys, const char *address, char ret[CV_PCI_DRIVER_SIZE]);

/** Is it a driver that passes cards to user space? */
bool cv_pci_is_taken(const char *driver);

/** Does an IOMMU stand between the card and the memory? */
bool cv_pci_confined(const char *sys, const char *address);

#endif
