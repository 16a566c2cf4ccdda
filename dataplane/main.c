/* SPDX-License-Identifier: Apache-2.0 */
/* culvert-dataplane: runs the live dataplane, or the same stages offline over a file. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/bind.h"
#include "dataplane/option.h"
#include "dataplane/replay/replay.h"
#include "dataplane/run.h"

#define EXIT_USAGE 1

static const char usage[] =
	"usage: culvert-dataplane [run] [--link PATH] [--pin-dir DIR] [--lcore N] [--no-huge] "
	"[--verbose]\n"
	"       culvert-dataplane replay [OPTIONS] FILE...   (see `culvert-dataplane replay "
	"--help`)\n"
	"       culvert-dataplane decode [OPTIONS] PROTOCOL  (see `culvert-dataplane decode "
	"--help`)\n"
	"       culvert-dataplane protocols                  what can be decoded, as JSON\n"
	"       culvert-dataplane bind|release [OPTIONS]     cards of pci: ports, before and "
	"after\n"
	"\n"
	"  --link PATH    control's link socket (default /run/culvert/dataplane.sock)\n"
	"  --pin-dir DIR  where control pins the XDP maps (default /sys/fs/bpf/culvert)\n"
	"  --lcore N      CPU for the worker (default: the last one this process may use)\n"
	"  --no-huge      use 4 KiB pages even where hugepages are free\n"
	"  --verbose      show DPDK's own messages\n"
	"  --help         this text\n"
	"  --version      print the version\n"
	"\n"
	"Stops in order on SIGTERM and SIGINT. Exit code: 0 stopped, 1 wrong usage or no start.\n";

static int parse_cpu(const char *text, int *ret)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 0 || n > 4095)
		return -EINVAL;
	*ret = (int)n;
	return 0;
}

/* @return 0, or 1 when the program is to exit with *@p code. */
static int parse(int argc, char **argv, struct cv_run_options *o, int *code)
{
	static const struct option longs[] = {
		{"link", required_argument, NULL, 'l'},	 {"pin-dir", required_argument, NULL, 'p'},
		{"lcore", required_argument, NULL, 'c'}, {"no-huge", no_argument, NULL, 'n'},
		{"verbose", no_argument, NULL, 'v'},	 {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},	 {NULL, 0, NULL, 0},
	};
	int c;

	*code = EXIT_USAGE;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (c) {
		case 'l':
			o->link = optarg;
			break;
		case 'p':
			o->pin_dir = optarg;
			break;
		case 'c':
			if (parse_cpu(optarg, &o->lcore) == 0)
				break;
			fprintf(stderr,
				"culvert-dataplane: --lcore wants a CPU number, not \"%s\"\n",
				optarg);
			return 1;
		case 'n':
			o->no_huge = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			*code = 0;
			return 1;
		case 'V':
			puts("culvert-dataplane " CULVERT_VERSION);
			*code = 0;
			return 1;
		default:
			cv_option_refused("culvert-dataplane", c, argv);
			fputs(usage, stderr);
			return 1;
		}
	}
	return 0;
}

static int run_main(int argc, char **argv)
{
	struct cv_run_options o = {
		.link = "/run/culvert/dataplane.sock",
		.pin_dir = "/sys/fs/bpf/culvert",
		.lcore = -1,
	};
	int code;

	if (parse(argc, argv, &o, &code) != 0)
		return code;
	if (optind < argc) {
		fprintf(stderr, "culvert-dataplane: unknown command \"%s\"\n%s", argv[optind],
			usage);
		return EXIT_USAGE;
	}
	return cv_run(&o);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "replay") == 0)
		return cv_replay_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "decode") == 0)
		return cv_decode_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "protocols") == 0)
		return cv_protocols_main(argc - 1, argv + 1);
	if (argc > 1 && (strcmp(argv[1], "bind") == 0 || strcmp(argv[1], "release") == 0))
		return cv_bind_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return run_main(argc - 1, argv + 1);
	return run_main(argc, argv);
}
