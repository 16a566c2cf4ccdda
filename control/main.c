/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "control/alarm/command.h"
#include "control/control.h"
#include "control/ctl/metrics.h"
#include "control/diag.h"
#include "control/doctor/doctor.h"
#include "control/fleet/directory.h"
#include "control/host/host.h"
#include "control/logtool/logtool.h"
#include "control/nft/command.h"
#include "control/policy/command.h"
#include "control/provision/provision.h"
#include "control/support/support.h"
#include "control/registry/command.h"

#define DEFAULT_CONFIG "/etc/culvert/culvert.yaml"

enum { EXIT_FINE, EXIT_USAGE, EXIT_INPUT, EXIT_FAILED, EXIT_AGAIN };

static const char help[] =
	"usage: culvert-control [--config FILE]\n"
	"       culvert-control COMMAND ... (culvert-control COMMAND --help tells more)\n"
	"\n"
	"Loads the policy into the kernel, gives the dataplane its generation, writes the event\n"
	"log and serves it to subscribers. Ends on SIGTERM or SIGINT.\n"
	"\n"
	"  -c, --config FILE  the node's configuration (" DEFAULT_CONFIG ")\n"
	"  -h, --help         this text\n"
	"  -V, --version      the version\n"
	"\n"
	"Exit: 0 stopped in order, 1 usage, 2 the configuration or policy is wrong, 3 it could "
	"not\n"
	"start or go on, 4 another configuration is in force: start it again.\n";

static int config_command(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "host") == 0)
		return cv_host_command(argc - 1, argv + 1);
	return cv_config_command(argc, argv);
}

/* What works on files or asks the machine; `culvert` calls them (docs/adr/0018). */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"config", config_command},	   {"policy", cv_policy_command},
	{"firewall", cv_firewall_command}, {"quarantine", cv_quarantine_command},
	{"log", cv_log_command},	   {"registry", cv_registry_command},
	{"doctor", cv_doctor_command},	   {"support", cv_support_command},
	{"alarm", cv_alarm_command},	   {"provision", cv_provision_command},
	{"fleet", cv_fleet_command},
};

static int serve(const char *path)
{
	static struct cv_control control;
	int res = cv_control_start(&control, path);
	int code = res == 0 ? EXIT_FINE : control.input_wrong ? EXIT_INPUT : EXIT_FAILED;
	bool again = res < 0 && cv_node_take_back(control.node, res);

	if (res < 0 && !again)
		cv_tell(CV_MESSAGE_START_FAILED,
			"control does not start: what is wrong was told before this");
	if (res == 0 && cv_control_run(&control) < 0)
		code = EXIT_FAILED;
	again |= control.again;
	cv_control_stop(&control);
	return again ? EXIT_AGAIN : code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	const char *path = DEFAULT_CONFIG;
	int option;

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[1], "--dump-metrics") == 0) {
		cv_metrics_write_doc(stdout); /* for docs/operator/metrics.md */
		return EXIT_FINE;
	}
	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		if (option == 'c') {
			path = optarg;
		} else if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		} else if (option == 'V') {
			puts("culvert-control " CULVERT_VERSION);
			return EXIT_FINE;
		} else {
			fputs(help, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "culvert-control: error: unexpected argument \"%s\"\n",
			argv[optind]);
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	return serve(path);
}
