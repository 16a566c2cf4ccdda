/* SPDX-License-Identifier: Apache-2.0 */
/* citysim: the devices of a city, into a capture file or onto an interface. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/diagnostics.h"
#include "control/config/units.h"
#include "tools/citysim/city.h"
#include "tools/citysim/output.h"

enum { EXIT_USAGE = 1, EXIT_SCENARIO = 2, EXIT_OUTPUT = 3 };

static const char help[] =
	"usage: citysim [OPTIONS] SCENARIO\n"
	"\n"
	"Speaks as the devices of a city, as SCENARIO (YAML) has them, into a capture file or "
	"onto\n"
	"a network interface, and tells at the end what was sent. The same scenario and seed give\n"
	"the same bytes.\n"
	"\n"
	"  -o, --out FILE         write a capture file (pcap, ns); \"-\" = standard output\n"
	"  -i, --interface IF     send on a network interface (needs CAP_NET_RAW)\n"
	"  -r, --rate RATE        frames per second on the interface: 1000/s, 10k/s; max = as "
	"fast\n"
	"                         as it can (default); real = at the scenario's own times\n"
	"  -n, --frames N         stop after about N frames\n"
	"  -d, --duration TIME    instead of the scenario's: 10s, 5min, 1d\n"
	"  -s, --seed N           instead of the scenario's\n"
	"      --json             tell what was sent as JSON\n"
	"      --check            read the scenario and stop\n"
	"      --list             protocols and profiles that scenarios may name\n"
	"      --settings         settings of a scenario, as Markdown\n"
	"  -h, --help             this text\n"
	"\n"
	"Without -o and -i nothing is sent: the account alone. With -o - it goes to standard "
	"error.\n"
	"Exit status: 0 done, 1 usage, 2 the scenario is wrong, 3 sending failed.\n";

struct options {
	const char *file, *interface;
	uint64_t rate, frames, duration_ns, seed;
	bool real, json, check, seeded;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static int wrong(const char *what, const char *value)
{
	fprintf(stderr, "citysim: %s: \"%s\" is not right; see citysim --help\n", what, value);
	return -EINVAL;
}

static void list(void)
{
	for (unsigned int i = 0; i < sim_encoder_count; i++) {
		const struct sim_encoder *e = sim_encoders[i];

		printf("%s, %s%s%sport %u, %s%s%s\n", e->name, e->decoder ? "decoder " : "",
		       e->decoder ? e->decoder : "", e->decoder ? ", " : "", e->port,
		       e->transports & SIM_TCP ? "TCP" : "",
		       (e->transports & (SIM_TCP | SIM_UDP)) == (SIM_TCP | SIM_UDP) ? " and " : "",
		       e->transports & SIM_UDP ? "UDP" : "");
		for (unsigned int p = 0; p < e->profile_count; p++)
			printf("  %-20s %s\n", e->profiles[p].name, e->profiles[p].text);
	}
}

static int read_rate(struct options *o, const char *text)
{
	struct cv_rate rate;

	o->real = strcmp(text, "real") == 0;
	o->rate = 0;
	if (o->real || strcmp(text, "max") == 0)
		return 0;
	if (cv_units_rate(text, &rate) != 0 || rate.amount * 1000000000 / rate.period_ns == 0)
		return wrong("--rate", text);
	o->rate = rate.amount * 1000000000 / rate.period_ns;
	return 0;
}

enum { OPT_JSON = 256, OPT_CHECK, OPT_LIST, OPT_SETTINGS };

/* @return 0, negative errno, or 1: there is nothing more to do. */
static int take_option(struct options *o, int c)
{
	switch (c) {
	case 'o':
		o->file = optarg;
		return 0;
	case 'i':
		o->interface = optarg;
		return 0;
	case 'r':
		return read_rate(o, optarg);
	case 'n':
		return cv_units_integer(optarg, &o->frames) ? wrong("--frames", optarg) : 0;
	case 'd':
		return cv_units_duration(optarg, &o->duration_ns) ? wrong("--duration", optarg) : 0;
	case 's':
		o->seeded = true;
		return cv_units_integer(optarg, &o->seed) ? wrong("--seed", optarg) : 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_CHECK:
		o->check = true;
		return 0;
	case OPT_LIST:
		list();
		return 1;
	case OPT_SETTINGS:
		sim_scenario_write_doc(stdout);
		return 1;
	case 'h':
		fputs(help, stdout);
		return 1;
	default:
		return -EINVAL;
	}
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{"out", required_argument, NULL, 'o'},
		{"interface", required_argument, NULL, 'i'},
		{"rate", required_argument, NULL, 'r'},
		{"frames", required_argument, NULL, 'n'},
		{"duration", required_argument, NULL, 'd'},
		{"seed", required_argument, NULL, 's'},
		{"json", no_argument, NULL, OPT_JSON},
		{"check", no_argument, NULL, OPT_CHECK},
		{"list", no_argument, NULL, OPT_LIST},
		{"settings", no_argument, NULL, OPT_SETTINGS},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c, err;

	while ((c = getopt_long(argc, argv, "o:i:r:n:d:s:h", names, NULL)) != -1) {
		err = take_option(o, c);
		if (err != 0)
			return err;
	}
	if (optind + 1 == argc && !(o->file && o->interface))
		return 0;
	fputs(help, stderr);
	return -EINVAL;
}

static int open_output(const struct options *o, struct sim_output **ret)
{
	const char *name = o->file ? o->file : o->interface;
	int err = 0;

	if (o->file != NULL)
		err = sim_output_pcap(o->file, ret);
	else if (o->interface != NULL)
		err = sim_output_live(o->interface, o->rate, o->real, ret);
	if (err != 0)
		fprintf(stderr, "citysim: %s: %s\n", name, strerror(-err));
	return err;
}

static int run(const struct options *o, const struct sim_scenario *s)
{
	FILE *account = o->file && strcmp(o->file, "-") == 0 ? stderr : stdout;
	struct sim_city *city = malloc(sizeof(*city));
	struct sim_output *out = NULL;
	int err = city ? open_output(o, &out) : -ENOMEM, closed;

	if (err != 0) {
		free(city);
		return EXIT_OUTPUT;
	}
	err = sim_city_setup(city, s, out);
	if (err == 0) {
		do {
			err = sim_city_turn(city);
		} while (err > 0 && !stopped &&
			 (o->frames == 0 || city->ledger.frames < o->frames));
	}
	closed = sim_output_close(out);
	if (err >= 0)
		err = closed;
	if (err == 0)
		err = o->json ? sim_ledger_json(&city->ledger, account)
			      : sim_ledger_text(&city->ledger, account);
	if (err != 0)
		fprintf(stderr, "citysim: %s\n", strerror(-err));
	sim_city_release(city);
	free(city);
	return err ? EXIT_OUTPUT : 0;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct sim_scenario s = {0};
	struct cv_diagnostics diag = {0};
	int err = parse(argc, argv, &o), code = 0;

	if (err != 0)
		return err < 0 ? EXIT_USAGE : 0;
	err = sim_scenario_read(argv[optind], &s, &diag);
	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	if (err != 0)
		return EXIT_SCENARIO;
	if (o.seeded)
		s.seed = o.seed;
	if (o.duration_ns != 0)
		s.duration_ns = o.duration_ns;
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	if (!o.check)
		code = run(&o, &s);
	sim_scenario_free(&s);
	return code;
}
