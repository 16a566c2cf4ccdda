/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/option.h"
#include "dataplane/replay/replay.h"

static const char usage[] =
	"usage: culvert-dataplane replay [options] FILE...\n"
	"Play captures (pcap, pcapng; - = standard input) through the pipeline and print the "
	"events,\n"
	"one CloudEvents JSON object per line. Several files play as one, in the order given.\n"
	"\n"
	"  --summary                 print one JSON object with the counts instead of the events\n"
	"  --jsonl                   print the events (the default)\n"
	"  --evidence                hold the verdicts against what a capture of dropped frames "
	"says;\n"
	"                            print what differs instead of the events\n"
	"  --lane LANE[,LANE...]     print these lanes only: alarm, measurement, status, security\n"
	"  --hint PROTO/PORT=DECODER what speaks on a port, e.g. tcp/17501=mqtt; =none: never "
	"decode\n"
	"  --generation FILE         compiled generation to judge by (default: forward "
	"everything)\n"
	"  --node NAME               node name in the event ids (default: the generation's)\n"
	"  --burst N                 frames per burst, 1-64 (default 32); the events do not "
	"change\n"
	"\n"
	"exit: 0 done, 1 usage, 2 input unreadable or no capture, 3 capture cut short (what could "
	"be\n"
	"read was played), 4 ledger open or evidence\n"
	"different, 5 output not writable\n";

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
	va_list args;

	fputs("culvert-dataplane replay: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry 'culvert-dataplane replay --help'.\n", stderr);
	return -EINVAL;
}

static int parse_number(const char *text, size_t len, unsigned long max, unsigned long *ret)
{
	unsigned long v = 0;

	if (len == 0 || len > 9)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		v = v * 10 + (unsigned long)(text[i] - '0');
	}
	if (v < 1 || v > max)
		return -EINVAL;
	*ret = v;
	return 0;
}

static void list_decoders(void)
{
	fputs("decoders:", stderr);
	for (unsigned int i = 1; i < CV_PROTO_COUNT; i++)
		fprintf(stderr, " %s", cv_proto_name(i));
	fputs(" none\n", stderr);
}

int cv_replay_hint_parse(const char *text, struct cv_gen_hint *hint)
{
	const char *slash = strchr(text, '/');
	const char *equals = strchr(text, '=');
	unsigned long port;
	int proto;

	if (slash == NULL || equals == NULL || slash > equals)
		return wrong("hint '%s' is not PROTO/PORT=DECODER, for example tcp/17501=mqtt",
			     text);
	if (slash - text != 3 || (memcmp(text, "tcp", 3) != 0 && memcmp(text, "udp", 3) != 0))
		return wrong("hint '%s': the protocol is tcp or udp", text);
	if (parse_number(slash + 1, (size_t)(equals - slash - 1), 65535, &port) != 0)
		return wrong("hint '%s': the port is a number from 1 to 65535", text);
	proto = strcmp(equals + 1, "none") == 0 ? 0
						: cv_proto_by_name(equals + 1, strlen(equals + 1));
	if (proto < 0) {
		wrong("hint '%s': no decoder is called '%s'", text, equals + 1);
		list_decoders();
		return -EINVAL;
	}
	*hint = (struct cv_gen_hint){
		.port = (uint16_t)port,
		.ip_proto = text[0] == 't' ? 6 : 17,
		.decoder = (uint8_t)proto,
	};
	return 0;
}

static int parse_lanes(const char *text, struct cv_replay_options *o)
{
	o->lane_chosen = true;
	while (*text) {
		size_t len = strcspn(text, ",");
		int lane = cv_lane_by_name(text, len);

		if (lane < 0)
			return wrong("no lane is called '%.*s'; lanes are alarm, measurement, "
				     "status, security",
				     (int)len, text);
		o->lane[lane] = true;
		text += len;
		text += *text == ',';
	}
	return 0;
}

static int parse_one(int option, char **argv, struct cv_replay_options *o)
{
	unsigned long n;

	switch (option) {
	case 's':
		o->summary = true;
		return 0;
	case 'j':
		o->summary = false;
		return 0;
	case 'e':
		o->evidence = true;
		return 0;
	case 'l':
		return parse_lanes(optarg, o);
	case 'h':
		if (o->hints == CV_REPLAY_HINTS_MAX)
			return wrong("more than %d hints", CV_REPLAY_HINTS_MAX);
		return cv_replay_hint_parse(optarg, &o->hint[o->hints++]);
	case 'g':
		o->generation = optarg;
		return 0;
	case 'n':
		o->node = optarg;
		return 0;
	case 'b':
		if (parse_number(optarg, strlen(optarg), CV_BURST_MAX, &n) != 0)
			return wrong("--burst %s: a number from 1 to %d", optarg, CV_BURST_MAX);
		o->burst = (unsigned int)n;
		return 0;
	default:
		cv_option_refused("culvert-dataplane replay", option, argv);
		fputs("Try 'culvert-dataplane replay --help'.\n", stderr);
		return -EINVAL;
	}
}

int cv_replay_options_parse(int argc, char **argv, struct cv_replay_options *o, int *code)
{
	static const struct option options[] = {
		{"summary", no_argument, NULL, 's'},
		{"jsonl", no_argument, NULL, 'j'},
		{"evidence", no_argument, NULL, 'e'},
		{"lane", required_argument, NULL, 'l'},
		{"hint", required_argument, NULL, 'h'},
		{"generation", required_argument, NULL, 'g'},
		{"node", required_argument, NULL, 'n'},
		{"burst", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, '?' + 256},
		{NULL, 0, NULL, 0},
	};
	int option;

	*o = (struct cv_replay_options){.burst = 32};
	*code = CV_REPLAY_USAGE;
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == '?' + 256) {
			fputs(usage, stdout);
			*code = CV_REPLAY_OK;
			return 1;
		}
		if (parse_one(option, argv, o) != 0)
			return 1;
	}
	if (optind == argc) {
		wrong("which capture? No FILE was given");
		return 1;
	}
	if (o->generation != NULL && o->hints != 0) {
		wrong("--hint belongs to the built-in generation; with --generation hints come "
		      "from its configuration");
		return 1;
	}
	o->files = argv + optind;
	o->file_count = argc - optind;
	return 0;
}
