/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/bind.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/option.h"
#include "dataplane/port/pci.h"
#include "dataplane/run.h"

/* Seconds for control to come up. Without its generation no port is known: the dataplane then says
 * what it lacks, and is started again. */
#define PATIENCE 10

static const char usage[] =
	"usage: culvert-dataplane bind [--link PATH] [--kept DIR] [--sys DIR]\n"
	"       culvert-dataplane release [--kept DIR] [--sys DIR]\n"
	"\n"
	"bind takes the network cards of pci: ports from their kernel drivers, as control's\n"
	"configuration in force names them, and gives them to vfio-pci (or uio_pci_generic, see\n"
	"docs/operator/ports.md). release gives them back. Both want root; the service\n"
	"culvert-dataplane runs them before its start and after its end.\n"
	"\n"
	"  --link PATH  control's link socket (default /run/culvert/dataplane.sock)\n"
	"  --kept DIR   which driver a card had (default /run/culvert-ports)\n"
	"  --sys DIR    where sysfs is (default /sys)\n"
	"  --help       this text\n"
	"\n"
	"Exit code: 0 done, or there is nothing to do; 1 wrong usage, or a card is not to be "
	"had.\n";

static volatile bool out_of_patience;

static void on_alarm(int sig)
{
	(void)sig;
	out_of_patience = true;
}

/* @return 0, or 1 when the program is to exit with *@p code. */
static int parse(int argc, char **argv, struct cv_run_options *o, struct cv_pci_places *places,
		 int *code)
{
	static const struct option longs[] = {
		{"link", required_argument, NULL, 'l'},
		{"kept", required_argument, NULL, 'k'},
		{"sys", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*code = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (c) {
		case 'l':
			o->link = optarg;
			break;
		case 'k':
			places->kept = optarg;
			break;
		case 's':
			places->sys = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			*code = 0;
			return 1;
		default:
			cv_option_refused("culvert-dataplane", c, argv);
			fputs(usage, stderr);
			return 1;
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "culvert-dataplane: unexpected argument \"%s\"\n%s", argv[optind], usage);
	return 1;
}

static void tell_back(const char *address, const char *driver, int error)
{
	if (error == 0)
		cv_tell(CV_MESSAGE_CARD_BACK, "card %s is back with driver %s", address, driver);
	else
		cv_tell(CV_MESSAGE_CARD_KEPT, "card %s does not go back to driver %s (%s)", address,
			driver, strerror(-error));
}

static int bind_one(const struct cv_pci_places *places, const struct cv_gen_port *port)
{
	struct cv_pci_plan plan;
	char why[CV_PCI_WHY_SIZE];
	int r = cv_pci_plan(places, port, &plan, why);

	if (r == 0)
		r = cv_pci_take(places, port, &plan, why);
	if (r < 0)
		cv_diag("error", "%s", why);
	else
		cv_diag(plan.confined ? "note" : "warning", "port %s: card %s is with driver %s%s",
			port->name, port->target, plan.wanted,
			plan.confined ? "" : "; no IOMMU confines it, it can write to all memory");
	return r;
}

static int bind_all(const struct cv_run *run, const struct cv_pci_places *places)
{
	const struct cv_gen_port *ports = cv_generation_at(run->gen, run->gen->ports);
	int r = 0;

	/* Cards of a configuration before this one. */
	cv_pci_give_back(places, run->gen, tell_back);
	for (unsigned int i = 0; i < run->gen->ports.count; i++)
		if (ports[i].kind == CV_PORT_PCI && bind_one(places, &ports[i]) < 0)
			r = -1;
	return r;
}

int cv_bind_main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	struct cv_pci_places places = {.sys = "/sys", .kept = "/run/culvert-ports"};
	static struct cv_run run = {
		.options = {.link = "/run/culvert/dataplane.sock"}, .link = -1, .doorbell = -1};
	int code, r;

	if (parse(argc, argv, &run.options, &places, &code) != 0)
		return code;
	if (strcmp(argv[0], "release") == 0) {
		cv_pci_give_back(&places, NULL, tell_back);
		return 0;
	}
	sigaction(SIGALRM, &sa, NULL);
	alarm(PATIENCE);
	r = cv_run_fetch_generation(&run, &out_of_patience);
	if (r < 0)
		return out_of_patience ? 0 : 1;
	alarm(0);
	r = bind_all(&run, &places);
	cv_quarantine_slot_release(&run.quarantine);
	close(run.link);
	free(run.gen);
	return r < 0;
}
