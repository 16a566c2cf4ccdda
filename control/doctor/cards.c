/* SPDX-License-Identifier: Apache-2.0 */
/* The network cards of the configuration's pci ports. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "control/doctor/doctor.h"
#include "dataplane/port/pci.h"

#define DEVICES "/sys/bus/pci/devices/"

struct cards {
	const struct cv_doctor *d;
	char text[200]; /* addresses with their drivers, as far as they fit */
};

static const char *driver_of(const struct cv_doctor *d, const char *address,
			     char ret[CV_PCI_DRIVER_SIZE])
{
	char sys[PATH_MAX];

	snprintf(sys, sizeof(sys), "%s/sys", d->root);
	return cv_pci_driver(sys, address, ret) == 0 && *ret ? ret : "none";
}

static void add_card(void *arg, const char *address)
{
	struct cards *c = arg;
	size_t used = strlen(c->text);
	char class[16], driver[CV_PCI_DRIVER_SIZE];

	if (cv_probe_line(c->d, class, sizeof(class), DEVICES "%.32s/class", address) < 0 ||
	    strncmp(class, "0x02", 4) != 0)
		return;
	snprintf(c->text + used, sizeof(c->text) - used, "%s%.12s (%.20s)", used ? ", " : "",
		 address, driver_of(c->d, address, driver));
}

/* There is none such: which ones are there? */
static void tell_cards(struct cv_doctor *d)
{
	struct cards cards = {.d = d};

	cv_probe_each(d, DEVICES, add_card, &cards);
	if (cards.text[0])
		cv_doctor_remedy(d, "the network cards of this machine are %s", cards.text);
	else
		cv_doctor_remedy(d, "this machine has no network card on a PCI bus: use af_xdp:");
}

static void check_iommu(struct cv_doctor *d, const char *check, const struct cv_config_port *port)
{
	char sys[PATH_MAX], path[128], group[32];

	snprintf(sys, sizeof(sys), "%s/sys", d->root);
	snprintf(path, sizeof(path), DEVICES "%.12s/iommu_group", port->target.text);
	if (cv_pci_confined(sys, port->target.text) &&
	    cv_probe_link(d, path, group, sizeof(group)) == 0)
		cv_doctor_add(d, check, CV_DOCTOR_OK, "", "an IOMMU confines the card (group %s)",
			      group);
	else if (port->iommu == CV_IOMMU_OPTIONAL)
		cv_doctor_add(
			d, check, CV_DOCTOR_WARNING,
			"switch on the IOMMU in the firmware (VT-d, AMD-Vi) and on Intel with "
			"intel_iommu=on",
			"no IOMMU confines the card: it can write to all memory, as iommu: "
			"optional allows");
	else
		cv_doctor_add(
			d, check, CV_DOCTOR_PROBLEM,
			"switch on the IOMMU in the firmware (VT-d, AMD-Vi) and on Intel with "
			"intel_iommu=on, or accept it with iommu: optional",
			"no IOMMU confines the card: it is not taken");
}

static void check_driver(struct cv_doctor *d, const char *check, const char *address)
{
	char room[CV_PCI_DRIVER_SIZE];
	const char *driver = driver_of(d, address, room);

	if (cv_pci_is_taken(driver))
		cv_doctor_add(d, check, CV_DOCTOR_OK, "", "card %s is with driver %s", address,
			      driver);
	else
		cv_doctor_add(
			d, check, CV_DOCTOR_NOTE,
			"the service culvert-dataplane takes it when it starts; its lines say "
			"why it does not",
			"card %s is with the kernel's driver %s", address, driver);
}

void cv_doctor_card(struct cv_doctor *d, const struct cv_config_port *port)
{
	const char *address = port->target.text;
	char check[48], class[16], path[128];

	snprintf(check, sizeof(check), "port %s", port->name);
	if (cv_probe_line(d, class, sizeof(class), DEVICES "%.12s/class", address) < 0) {
		cv_doctor_add(d, check, CV_DOCTOR_PROBLEM, "", "there is no PCI device %s",
			      address);
		tell_cards(d);
		return;
	}
	if (strncmp(class, "0x02", 4) != 0) {
		cv_doctor_add(d, check, CV_DOCTOR_PROBLEM, "",
			      "PCI device %s is no network card (class %s)", address, class);
		tell_cards(d);
		return;
	}
	check_driver(d, check, address);
	check_iommu(d, check, port);
	snprintf(path, sizeof(path), DEVICES "%.12s", address);
	cv_doctor_node(d, check, address, path);
}
