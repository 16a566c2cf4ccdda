/* SPDX-License-Identifier: Apache-2.0 */
/* One message from the command line through the real pipeline, in a frame made for it. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/option.h"
#include "dataplane/replay/replay.h"

static const char usage[] =
	"usage: culvert-dataplane decode [options] PROTOCOL [HEX...]\n"
	"Decode one message, given as hex digits (white space, ':' and '-' are passed over) or on\n"
	"standard input when HEX is missing or -, and print its events.\n"
	"\n"
	"  --udp, --tcp     transport (default: the one the protocol has, UDP when it has both)\n"
	"  --from-server    the message goes from the server to the client\n"
	"\n"
	"exit: 0 decoded, 1 usage, 2 rejected (the parse-error event says why and where),\n"
	"4 ledger open, 5 output not writable\n";

enum {
	ETH_HEAD = 14,
	IP_HEAD = 20,
	TCP_HEAD = 20,
	UDP_HEAD = 8,
	MESSAGE_MAX = 65535 - IP_HEAD - TCP_HEAD, /* what one IPv4 packet holds */
	CLIENT_PORT = 40000,
	PORT_WITHOUT_NAME = 9, /* discard: for decoders without a well-known port */
	TH_FIN = 0x01,
	TH_SYN = 0x02,
	TH_ACK = 0x10,
};

struct message {
	uint8_t data[MESSAGE_MAX];
	size_t len;
	bool tcp;
	bool from_server;
	uint16_t server_port;
	uint8_t proto;
};

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
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
static int add_hex(struct message *m, const char *text, size_t len, int *half)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] ? strchr(digits, text[i]) : NULL;
		int v;

		if (strchr(" \t\r\n:-", text[i]) != NULL && text[i] != '\0')
			continue;
		if (at == NULL)
			return wrong("'%c' is not a hex digit", text[i]);
		v = (int)(at - digits) % 16;
		if (*half < 0) {
			*half = v;
			continue;
		}
		if (m->len == MESSAGE_MAX)
			return wrong("the message is longer than %d bytes", MESSAGE_MAX);
		m->data[m->len++] = (uint8_t)(*half << 4 | v);
		*half = -1;
	}
	return 0;
}

static int read_message(struct message *m, char **texts, int count)
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
		code = wrong("an odd number of hex digits");
	if (code == 0 && m->len == 0)
		code = wrong("no message was given");
	return code;
}

static void put16(uint8_t *at, unsigned int v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

/* Ethernet and IPv4; checksums are not looked at by the pipeline. @return offset of layer 4. */
static size_t put_ip(uint8_t *frame, const struct message *m, bool from_server, size_t len)
{
	static const uint8_t client[4] = {192, 0, 2, 1}, server[4] = {192, 0, 2, 2};
	uint8_t *ip = frame + ETH_HEAD;

	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned int)(IP_HEAD + len));
	ip[8] = 64;
	ip[9] = m->tcp ? 6 : 17;
	memcpy(ip + 12, from_server ? server : client, 4);
	memcpy(ip + 16, from_server ? client : server, 4);
	put16(ip + IP_HEAD, from_server ? m->server_port : CLIENT_PORT);
	put16(ip + IP_HEAD + 2, from_server ? CLIENT_PORT : m->server_port);
	return ETH_HEAD + IP_HEAD;
}

static int queue(struct cv_replay *r, const uint8_t *head, size_t head_len, const uint8_t *body,
		 size_t body_len)
{
	const struct cv_replay_input in = {
		.head = head,
		.body = body,
		.head_len = head_len,
		.body_len = body_len,
		.len = head_len + body_len,
	};

	return cv_replay_frame(r, &in);
}

static int play_segment(struct cv_replay *r, const struct message *m, bool from_server,
			uint8_t flags, uint32_t seq, size_t len)
{
	uint8_t head[ETH_HEAD + IP_HEAD + TCP_HEAD] = {0};
	uint8_t *tcp = head + put_ip(head, m, from_server, TCP_HEAD + len);

	put32(tcp + 4, seq);
	tcp[12] = TCP_HEAD / 4 << 4;
	tcp[13] = flags;
	return queue(r, head, sizeof(head), m->data, len);
}

static int play_message(struct cv_replay *r, const struct message *m)
{
	uint8_t head[ETH_HEAD + IP_HEAD + UDP_HEAD] = {0};
	uint8_t *udp;
	int err;

	if (m->tcp) {
		/* The SYN tells who is the client, the FIN that nothing more will come. */
		err = play_segment(r, m, false, TH_SYN, 0, 0);
		if (err == 0 && m->from_server)
			err = play_segment(r, m, true, TH_SYN | TH_ACK, 0, 0);
		return err ? err : play_segment(r, m, m->from_server, TH_FIN, 1, m->len);
	}
	udp = head + put_ip(head, m, m->from_server, UDP_HEAD + m->len);
	put16(udp + 4, (unsigned int)(UDP_HEAD + m->len));
	return queue(r, head, sizeof(head), m->data, m->len);
}

/* @return 0 = go on, or an exit code with *@p stop set. */
static int parse(int argc, char **argv, struct message *m, bool *stop)
{
	static const struct option options[] = {
		{"udp", no_argument, NULL, 'u'},
		{"tcp", no_argument, NULL, 't'},
		{"from-server", no_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const struct cv_decoder *d;
	bool udp = false;
	int option, proto;

	*stop = true;
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return CV_REPLAY_OK;
		}
		if (option == '?' || option == ':') {
			cv_option_refused("culvert-dataplane decode", option, argv);
			fputs("Try 'culvert-dataplane decode --help'.\n", stderr);
			return CV_REPLAY_USAGE;
		}
		udp = udp || option == 'u';
		m->tcp = m->tcp || option == 't';
		m->from_server = m->from_server || option == 's';
	}
	if (optind == argc)
		return wrong("which protocol? Try 'culvert-dataplane decode --help'");
	proto = cv_proto_by_name(argv[optind], strlen(argv[optind]));
	if (proto <= 0) {
		wrong("no decoder is called '%s'; there are:", argv[optind]);
		for (unsigned int i = 1; i < CV_PROTO_COUNT; i++)
			fprintf(stderr, "  %s\n", cv_proto_name(i));
		return CV_REPLAY_USAGE;
	}
	d = cv_decoders[proto];
	m->proto = (uint8_t)proto;
	if (!m->tcp && !udp)
		m->tcp = !(d->transports & CV_TRANSPORT_UDP);
	if ((m->tcp && udp) || !(d->transports & (m->tcp ? CV_TRANSPORT_TCP : CV_TRANSPORT_UDP)))
		return wrong("%s is not spoken over %s", argv[optind],
			     m->tcp && udp ? "both at once" : (m->tcp ? "TCP" : "UDP"));
	m->server_port = m->tcp ? d->tcp_ports[0] : d->udp_ports[0];
	if (m->server_port == 0)
		m->server_port = PORT_WITHOUT_NAME;
	*stop = false;
	return read_message(m, argv + optind + 1, argc - optind - 1);
}

/* Not every message is an event: a request waits for its response, an acknowledgement tells nothing. */
static void say_if_silent(const struct cv_replay *r, unsigned int proto)
{
	uint64_t n = r->counters.messages[proto];

	for (int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (r->output.written[lane] != 0)
			return;
	}
	fprintf(stderr, "culvert-dataplane decode: %llu message%s, no event\n",
		(unsigned long long)n, n == 1 ? "" : "s");
}

static int run(const struct message *m)
{
	struct cv_replay_options options = {.burst = 1, .hints = 1, .node = "decode"};
	struct cv_replay *r = aligned_alloc(64, (sizeof(*r) + 63) & ~(size_t)63);
	char off[1024];
	int code, err;

	if (r == NULL)
		return wrong("out of memory");
	options.hint[0] = (struct cv_gen_hint){
		.port = m->server_port,
		.ip_proto = m->tcp ? 6 : 17,
		.decoder = m->proto,
	};
	code = cv_replay_setup(r, &options);
	if (code == 0 && play_message(r, m) != 0)
		code = wrong("out of memory");
	if (code == 0) {
		cv_replay_finish(r);
		err = r->output.error;
		if (fflush(stdout) != 0 && err == 0)
			err = errno;
		if (err != 0) {
			wrong("standard output: %s", strerror(err));
			code = CV_REPLAY_OUTPUT;
		} else if (!cv_replay_ledger(&r->counters, r->output.written, off, sizeof(off))) {
			wrong("ledger open: %s", off);
			code = CV_REPLAY_LEDGER;
		} else if (r->output.rejects != 0) {
			code = CV_REPLAY_INPUT;
		} else {
			say_if_silent(r, m->proto);
		}
	}
	cv_replay_release(r);
	free(r);
	return code;
}

int cv_decode_main(int argc, char **argv)
{
	struct message *m = calloc(1, sizeof(*m));
	bool stop;
	int code;

	if (m == NULL)
		return wrong("out of memory");
	signal(SIGPIPE, SIG_DFL);
	code = parse(argc, argv, m, &stop);
	if (code == 0 && !stop)
		code = run(m);
	free(m);
	return code;
}
