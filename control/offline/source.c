/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/source.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/replay/capture.h"

/* The clock is asked once in so many frames. */
#define PROGRESS_FRAMES 65536u
#define PROGRESS_S 2

struct input {
	struct cv_capture *capture; /* NULL = to be opened */
	struct cv_captured packet;
	bool pending; /* packet is waiting for its turn */
	bool done;
};

struct cv_source {
	struct cv_source_options options;
	struct input *inputs; /* beside options.inputs */
	bool filtered;
	struct bpf_program filter;
	uint64_t number;
	time_t told;
	uint8_t frame[CV_CAPTURE_FRAME_MAX + CV_LINK_HEADROOM];
};

int cv_source_fail(struct cv_source_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

static int compile_filter(struct cv_source *s, const char *text, struct cv_source_error *error)
{
	pcap_t *ethernet = pcap_open_dead(DLT_EN10MB, CV_CAPTURE_FRAME_MAX);
	int err = 0;

	if (!ethernet)
		return cv_source_fail(error, -ENOMEM, "out of memory");
	if (pcap_compile(ethernet, &s->filter, text, 1, PCAP_NETMASK_UNKNOWN) == 0)
		s->filtered = true;
	else
		err = cv_source_fail(error, -EINVAL, "filter \"%.200s\": %s (see pcap-filter(7))",
				     text, pcap_geterr(ethernet));
	pcap_close(ethernet);
	return err;
}

int cv_source_open(const struct cv_source_options *options, struct cv_source **ret,
		   struct cv_source_error *error)
{
	struct cv_source *s = calloc(1, sizeof(*s));
	int err = 0;

	if (s)
		s->inputs = calloc(options->count + 1, sizeof(*s->inputs));
	if (!s || !s->inputs) {
		cv_source_close(s);
		return cv_source_fail(error, -ENOMEM, "out of memory");
	}
	s->options = *options;
	s->told = time(NULL);
	if (options->filter)
		err = compile_filter(s, options->filter, error);
	if (err < 0)
		cv_source_close(s);
	else
		*ret = s;
	return err;
}

static void tell_progress(struct cv_source *s)
{
	time_t now = time(NULL);

	if (now - s->told < PROGRESS_S)
		return;
	s->told = now;
	fprintf(stderr, "%" PRIu64 " packets so far\n", s->number);
}

/* The frame in one piece, with the header made up where the capture has none. */
static void lay_out(struct cv_source *s, unsigned int input, struct cv_source_frame *frame)
{
	const struct cv_captured *packet = &s->inputs[input].packet;
	struct cv_link_frame f = cv_link_frame(packet);
	uint32_t len = f.head_len + f.body_len;
	uint32_t cut = packet->wire_len > packet->len ? packet->wire_len - packet->len : 0;

	if (cut > sizeof(s->frame) - len)
		cut = (uint32_t)sizeof(s->frame) - len;
	memcpy(s->frame, f.head, f.head_len);
	if (f.body_len)
		memcpy(s->frame + f.head_len, f.body, f.body_len);
	memset(s->frame + len, 0, cut);
	*frame = (struct cv_source_frame){
		.data = s->frame,
		.len = len + cut,
		.captured = len,
		.ts_ns = packet->ts_ns,
		.number = ++s->number,
		.port = s->options.inputs[input].port,
		.supported = f.supported,
	};
}

static bool passes(const struct cv_source *s, const struct cv_source_frame *frame)
{
	struct pcap_pkthdr head = {.caplen = frame->captured, .len = frame->len};

	return !s->filtered || pcap_offline_filter(&s->filter, &head, frame->data) != 0;
}

/* See that an input has a packet waiting or is done. */
static int load(struct cv_source *s, unsigned int i, struct cv_source_error *error)
{
	const char *path = s->options.inputs[i].path;
	struct cv_capture_error why = {""};
	struct input *in = &s->inputs[i];
	int n;

	if (in->pending || in->done)
		return 0;
	if (!in->capture) {
		n = cv_capture_open(path, &in->capture, &why);
		if (n < 0) {
			in->done = true;
			return cv_source_fail(error, n == -EBADMSG ? -EPROTO : n, "%s: %s", path,
					      why.text);
		}
	}
	n = cv_capture_next(in->capture, &in->packet, &why);
	in->pending = n == 1;
	in->done = n != 1;
	if (n >= 0)
		return 0;
	return cv_source_fail(error, -EBADMSG, "%s: cut short: %s", path, why.text);
}

/* Whose packet is next: the earliest, or the first input's that has one. */
static int choose(struct cv_source *s, unsigned int *ret, struct cv_source_error *error)
{
	bool found = false;

	for (unsigned int i = 0; i < s->options.count; i++) {
		int err = load(s, i, error);

		if (err < 0)
			return err;
		if (!s->inputs[i].pending)
			continue;
		if (!found || s->inputs[i].packet.ts_ns < s->inputs[*ret].packet.ts_ns)
			*ret = i;
		found = true;
		if (!s->options.merge)
			break;
	}
	return found;
}

int cv_source_next(struct cv_source *s, struct cv_source_frame *frame,
		   struct cv_source_error *error)
{
	unsigned int i = 0;
	int n;

	while ((n = choose(s, &i, error)) == 1) {
		s->inputs[i].pending = false;
		lay_out(s, i, frame);
		if (s->options.progress && s->number % PROGRESS_FRAMES == 0)
			tell_progress(s);
		if (passes(s, frame))
			return 1;
	}
	return n;
}

void cv_source_close(struct cv_source *s)
{
	if (!s)
		return;
	if (s->filtered)
		pcap_freecode(&s->filter);
	for (unsigned int i = 0; s->inputs && i < s->options.count; i++)
		cv_capture_close(s->inputs[i].capture);
	free(s->inputs);
	free(s);
}
