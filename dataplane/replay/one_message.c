/* SPDX-License-Identifier: Apache-2.0 */
/* One message from the command line through the real pipeline, in a frame made for it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/replay/one_message.h"
#include "dataplane/replay/replay.h"

enum {
	ETH_HEAD = 14,
	IP_HEAD = 20,
	TCP_HEAD = 20,
	UDP_HEAD = 8,
	CLIENT_PORT = 40000,
	TH_FIN = 0x01,
	TH_SYN = 0x02,
	TH_ACK = 0x10,
};

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
static size_t put_ip(uint8_t *frame, const struct cv_one_message *m, bool from_server, size_t len)
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

static int play_segment(struct cv_replay *r, const struct cv_one_message *m, bool from_server,
			uint8_t flags, uint32_t seq, size_t len)
{
	uint8_t head[ETH_HEAD + IP_HEAD + TCP_HEAD] = {0};
	uint8_t *tcp = head + put_ip(head, m, from_server, TCP_HEAD + len);

	put32(tcp + 4, seq);
	tcp[12] = TCP_HEAD / 4 << 4;
	tcp[13] = flags;
	return queue(r, head, sizeof(head), m->data, len);
}

static int play_message(struct cv_replay *r, const struct cv_one_message *m)
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

/* Play the message and check the books. @return exit code. */
static int play(struct cv_replay *r, const struct cv_one_message *m)
{
	char off[1024];
	int err;

	if (play_message(r, m) != 0)
		return cv_one_message_wrong("out of memory");
	cv_replay_finish(r);
	err = r->output.error;
	if (fflush(r->output.out) != 0 && err == 0)
		err = errno;
	if (err != 0) {
		cv_one_message_wrong("standard output: %s", strerror(err));
		return CV_REPLAY_OUTPUT;
	}
	if (!cv_replay_ledger(&r->counters, r->output.written, off, sizeof(off))) {
		cv_one_message_wrong("ledger open: %s", off);
		return CV_REPLAY_LEDGER;
	}
	return r->output.rejects != 0 ? CV_REPLAY_INPUT : CV_REPLAY_OK;
}

/* The events are held back: the fields come first. */
static int play_explained(struct cv_replay *r, const struct cv_one_message *m)
{
	struct cv_explain *x = malloc(sizeof(*x));
	char *events = NULL;
	size_t len;
	FILE *held = open_memstream(&events, &len);
	int code = CV_REPLAY_USAGE, err;

	if (x != NULL && held != NULL) {
		r->output.out = held;
		code = play(r, m);
		cv_explain_message(x, m->proto, r->gen, m->data, m->len, m->tcp);
	} else {
		cv_one_message_wrong("out of memory");
	}
	if (held != NULL && fclose(held) == 0 && x != NULL && code != CV_REPLAY_USAGE) {
		err = cv_explain_print(m, x, events, stdout);
		if (err != 0) {
			cv_one_message_wrong("standard output: %s", strerror(-err));
			code = CV_REPLAY_OUTPUT;
		}
	}
	free(events);
	free(x);
	return code;
}

static int run(const struct cv_one_message *m)
{
	struct cv_replay_options options = {.burst = 1, .hints = 1, .node = "decode"};
	struct cv_replay *r = aligned_alloc(64, (sizeof(*r) + 63) & ~(size_t)63);
	int code;

	if (r == NULL)
		return cv_one_message_wrong("out of memory");
	options.hint[0] = (struct cv_gen_hint){
		.port = m->server_port,
		.ip_proto = m->tcp ? 6 : 17,
		.decoder = m->proto,
	};
	options.generation = m->generation;
	code = cv_replay_setup(r, &options);
	if (code == 0)
		code = m->explain ? play_explained(r, m) : play(r, m);
	if (code == 0 && !m->explain)
		say_if_silent(r, m->proto);
	cv_replay_release(r);
	free(r);
	return code;
}

int cv_decode_main(int argc, char **argv)
{
	struct cv_one_message *m = calloc(1, sizeof(*m));
	bool stop;
	int code;

	if (m == NULL)
		return cv_one_message_wrong("out of memory");
	signal(SIGPIPE, SIG_DFL);
	code = cv_one_message_parse(argc, argv, m, &stop);
	if (code == 0 && !stop)
		code = run(m);
	free(m);
	return code;
}
