/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `culvert-dataplane decode`: which message, and of which protocol. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/option.h"
#include "dataplane/replay/generation_load.h"
#include "dataplane/replay/one_message.h"
#include "dataplane/replay/replay.h"

#define PORT_WITHOUT_NAME 9 /* discard: for decoders without a well-known port */

static const char usage[] =
	"usage: culvert-dataplane decode [options] PROTOCOL [HEX...]\n"
	"       culvert-dataplane decode --hex HEX | --file FILE [--proto PROTOCOL] [options]\n"
	"Decode one message, given as hex digits (white space, ':' and '-' are passed over) or on\n"
	"standard input when HEX is missing or -, and print its events. With --hex or --file it "
	"is\n"
	"first explained field by field.\n"
	"\n"
	"  --hex HEX        the message as hex digits\n"
	"  --file FILE      the message as the bytes of a file\n"
	"  --proto PROTOCOL what it is (default: by its content)\n"
	"  --json           fields and events as one JSON object\n"
	"  --udp, --tcp     transport (default: the one the protocol has, UDP when it has both)\n"
	"  --from-server    the message goes from the server to the client\n"
	"  --generation FILE  compiled generation: what it tells decoders, and its policy\n"
	"\n"
	"exit: 0 decoded, 1 usage, 2 rejected (the parse-error event says why and where),\n"
	"4 ledger open, 5 output not writable\n";

int cv_one_message_wrong(const char *format, ...)
{
	va_list args;

	fputs("culvert-dataplane decode: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CV_REPLAY_USAGE;
}

/* Half a byte between two pieces of text is carried in *@p half (-1 = none). */
static int add_hex(struct cv_one_message *m, const char *text, size_t len, int *half)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] ? strchr(digits, text[i]) : NULL;
		int v;

		if (strchr(" \t\r\n:-", text[i]) != NULL && text[i] != '\0')
			continue;
		if (at == NULL)
			return cv_one_message_wrong("'%c' is not a hex digit", text[i]);
		v = (int)(at - digits) % 16;
		if (*half < 0) {
			*half = v;
			continue;
		}
		if (m->len == CV_ONE_MESSAGE_MAX)
			return cv_one_message_wrong("the message is longer than %d bytes",
						    CV_ONE_MESSAGE_MAX);
		m->data[m->len++] = (uint8_t)(*half << 4 | v);
		*half = -1;
	}
	return 0;
}

static int read_message(struct cv_one_message *m, char **texts, int count)
{
	char buf[4096];
	int half = -1, code = 0;
	size_t n;

	if (count == 0 || (count == 1 && strcmp(texts[0], "-") == 0)) {
		while (code == 0 && (n = fread(buf, 1, sizeof(buf), stdin)) > 0)
			code = add_hex(m, buf, n, &half);
	} else {
		for (int i = 0; code == 0 && i < count; i++)
			code = add_hex(m, texts[i], strlen(texts[i]), &half);
	}
	if (code == 0 && half >= 0)
		code = cv_one_message_wrong("an odd number of hex digits");
	if (code == 0 && m->len == 0)
		code = cv_one_message_wrong("no message was given");
	return code;
}

static int read_file(struct cv_one_message *m, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;
	int more;

	if (f == NULL)
		return cv_one_message_wrong("%s: %s", path, strerror(errno));
	n = fread(m->data, 1, sizeof(m->data), f);
	more = n == sizeof(m->data) ? fgetc(f) : EOF;
	if (ferror(f)) {
		fclose(f);
		return cv_one_message_wrong("%s: cannot be read", path);
	}
	fclose(f);
	if (more != EOF)
		return cv_one_message_wrong("the message is longer than %d bytes",
					    CV_ONE_MESSAGE_MAX);
	if (n == 0)
		return cv_one_message_wrong("no message was given");
	m->len = n;
	return 0;
}

/* What the command line says. */
struct arguments {
	const char *hex, *file, *proto;
	bool udp, tcp;
};

static void list_protocols(void)
{
	for (unsigned int i = 1; i < CV_PROTO_COUNT; i++)
		fprintf(stderr, "  %s\n", cv_proto_name(i));
}

/* Does the message, by content alone, belong to the decoder? *@p tcp: over which transport. */
static bool is_of(const struct cv_decoder *d, const struct cv_one_message *m,
		  const struct arguments *a, bool *tcp)
{
	bool udp = (d->transports & CV_TRANSPORT_UDP) && !a->tcp;

	*tcp = false;
	if (d->probe == NULL)
		return false;
	if (udp && d->probe(m->data, m->len, true) == CV_PROBE_YES)
		return true;
	*tcp = true;
	return (d->transports & CV_TRANSPORT_TCP) && !a->udp &&
	       d->probe(m->data, m->len, false) == CV_PROBE_YES;
}

static int find_protocol(struct cv_one_message *m, const struct arguments *a)
{
	unsigned int found = 0;
	bool tcp;

	for (unsigned int i = 1; i < CV_PROTO_COUNT; i++) {
		if (!is_of(cv_decoders[i], m, a, &tcp))
			continue;
		if (found++ != 0)
			return cv_one_message_wrong("it may be %s and %s: say which with --proto",
						    cv_proto_name(m->proto), cv_proto_name(i));
		m->proto = (uint8_t)i;
		m->tcp = tcp;
	}
	m->found = found != 0;
	if (found != 0)
		return 0;
	cv_one_message_wrong("no protocol knows it by its content; name one with --proto:");
	list_protocols();
	return CV_REPLAY_USAGE;
}

static int name_protocol(struct cv_one_message *m, const struct arguments *a)
{
	int proto = cv_proto_by_name(a->proto, strlen(a->proto));
	const struct cv_decoder *d;

	if (proto <= 0) {
		cv_one_message_wrong("no decoder is called '%s'; there are:", a->proto);
		list_protocols();
		return CV_REPLAY_USAGE;
	}
	d = cv_decoders[proto];
	m->proto = (uint8_t)proto;
	m->tcp = a->tcp || (!a->udp && !(d->transports & CV_TRANSPORT_UDP));
	if ((m->tcp && a->udp) || !(d->transports & (m->tcp ? CV_TRANSPORT_TCP : CV_TRANSPORT_UDP)))
		return cv_one_message_wrong("%s is not spoken over %s", a->proto,
					    m->tcp && a->udp ? "both at once"
					    : m->tcp	     ? "TCP"
							     : "UDP");
	return 0;
}

/* @return 0, or 1 with *@p code set. */
static int take_options(int argc, char **argv, struct cv_one_message *m, struct arguments *a,
			int *code)
{
	static const struct option options[] = {
		{"hex", required_argument, NULL, 'x'},
		{"file", required_argument, NULL, 'f'},
		{"proto", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},
		{"udp", no_argument, NULL, 'u'},
		{"tcp", no_argument, NULL, 't'},
		{"from-server", no_argument, NULL, 's'},
		{"generation", required_argument, NULL, 'g'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*code = CV_REPLAY_USAGE;
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			*code = CV_REPLAY_OK;
			return 1;
		}
		if (option == '?' || option == ':') {
			cv_option_refused("culvert-dataplane decode", option, argv);
			fputs("Try 'culvert-dataplane decode --help'.\n", stderr);
			return 1;
		}
		a->udp = a->udp || option == 'u';
		a->tcp = a->tcp || option == 't';
		m->from_server = m->from_server || option == 's';
		m->json = m->json || option == 'j';
		a->hex = option == 'x' ? optarg : a->hex;
		a->file = option == 'f' ? optarg : a->file;
		a->proto = option == 'p' ? optarg : a->proto;
		m->generation = option == 'g' ? optarg : m->generation;
	}
	return 0;
}

/* The message itself; operands behind --hex are more of it. */
static int take_message(int argc, char **argv, struct cv_one_message *m, const struct arguments *a)
{
	int half = -1, code = 0;

	if (!m->explain)
		return read_message(m, argv + optind, argc - optind);
	if (a->hex != NULL && a->file != NULL)
		return cv_one_message_wrong("give one of --hex and --file");
	if (a->file != NULL)
		return optind < argc
			       ? cv_one_message_wrong("what is \"%s\"? the message is in the file",
						      argv[optind])
			       : read_file(m, a->file);
	code = add_hex(m, a->hex, strlen(a->hex), &half);
	for (int i = optind; code == 0 && i < argc; i++)
		code = add_hex(m, argv[i], strlen(argv[i]), &half);
	if (code == 0 && half >= 0)
		code = cv_one_message_wrong("an odd number of hex digits");
	if (code == 0 && m->len == 0)
		code = cv_one_message_wrong("no message was given");
	return code;
}

/* Send to a port that the generation says is the decoder's, if it has one of this transport. */
static int use_hint(struct cv_one_message *m)
{
	const struct cv_gen_hint *hints;
	struct cv_generation *gen;
	char error[256];

	if (cv_replay_load_generation(m->generation, &gen, error, sizeof(error)) != 0)
		return cv_one_message_wrong("%s", error);
	hints = cv_generation_at(gen, gen->hints);
	for (uint32_t i = 0; i < gen->hints.count; i++) {
		if (hints[i].decoder == m->proto && hints[i].ip_proto == (m->tcp ? 6 : 17))
			m->server_port = hints[i].port;
	}
	free(gen);
	return 0;
}

int cv_one_message_parse(int argc, char **argv, struct cv_one_message *m, bool *stop)
{
	struct arguments a = {0};
	const struct cv_decoder *d;
	int code;

	*stop = true;
	if (take_options(argc, argv, m, &a, &code) != 0)
		return code;
	m->explain = a.hex != NULL || a.file != NULL;
	if (!m->explain && (m->json || a.proto != NULL))
		return cv_one_message_wrong("--proto and --json go with --hex or --file");
	if (!m->explain) {
		if (optind == argc)
			return cv_one_message_wrong(
				"which protocol? Try 'culvert-dataplane decode --help'");
		a.proto = argv[optind++];
	}
	code = a.proto ? name_protocol(m, &a) : 0;
	if (code == 0)
		code = take_message(argc, argv, m, &a);
	if (code == 0 && a.proto == NULL)
		code = find_protocol(m, &a);
	if (code != 0)
		return code;
	d = cv_decoders[m->proto];
	m->server_port = m->tcp ? d->tcp_ports[0] : d->udp_ports[0];
	if (m->server_port == 0)
		m->server_port = PORT_WITHOUT_NAME;
	*stop = false;
	return m->generation ? use_hint(m) : 0;
}
