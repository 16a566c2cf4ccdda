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

struct cv_source {
	char *const *files;
	int count, at;
	struct cv_capture *capture; /* of files[at], NULL = to be opened */
	bool filtered, progress;
	struct bpf_program filter;
	uint64_t number;
	time_t told;
	uint8_t frame[CV_CAPTURE_FRAME_MAX + CV_LINK_HEADROOM];
};

__attribute__((format(printf, 3, 4))) static int fail(struct cv_source_error *error, int err,
						      const char *format, ...)
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
		return fail(error, -ENOMEM, "out of memory");
	if (pcap_compile(ethernet, &s->filter, text, 1, PCAP_NETMASK_UNKNOWN) == 0)
		s->filtered = true;
	else
		err = fail(error, -EINVAL, "filter \"%.200s\": %s (see pcap-filter(7))", text,
			   pcap_geterr(ethernet));
	pcap_close(ethernet);
	return err;
}

int cv_source_open(char *const *files, int count, const char *filter, bool progress,
		   struct cv_source **ret, struct cv_source_error *error)
{
	struct cv_source *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return fail(error, -ENOMEM, "out of memory");
	s->files = files;
	s->count = count;
	s->progress = progress;
	s->told = time(NULL);
	if (filter)
		err = compile_filter(s, filter, error);
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
	fprintf(stderr, "%s: %" PRIu64 " packets so far\n", s->files[s->at], s->number);
}

/* The frame in one piece, with the header made up where the capture has none. */
static void lay_out(struct cv_source *s, const struct cv_captured *packet,
		    struct cv_source_frame *frame)
{
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
		.supported = f.supported,
	};
}

static bool passes(const struct cv_source *s, const struct cv_source_frame *frame)
{
	struct pcap_pkthdr head = {.caplen = frame->captured, .len = frame->len};

	return !s->filtered || pcap_offline_filter(&s->filter, &head, frame->data) != 0;
}

static int open_next(struct cv_source *s, struct cv_source_error *error)
{
	struct cv_capture_error why = {""};
	int err = cv_capture_open(s->files[s->at], &s->capture, &why);

	return err ? fail(error, err == -EBADMSG ? -EPROTO : err, "%s: %s", s->files[s->at],
			  why.text)
		   : 0;
}

int cv_source_next(struct cv_source *s, struct cv_source_frame *frame,
		   struct cv_source_error *error)
{
	struct cv_capture_error why = {""};
	struct cv_captured packet;

	while (s->at < s->count) {
		int n = s->capture ? 0 : open_next(s, error);

		if (n < 0)
			return n;
		while ((n = cv_capture_next(s->capture, &packet, &why)) == 1) {
			lay_out(s, &packet, frame);
			if (s->progress && s->number % PROGRESS_FRAMES == 0)
				tell_progress(s);
			if (passes(s, frame))
				return 1;
		}
		cv_capture_close(s->capture);
		s->capture = NULL;
		s->at++;
		if (n < 0)
			return fail(error, -EBADMSG, "%s: cut short after packet %" PRIu64 ": %s",
				    s->files[s->at - 1], s->number, why.text);
	}
	return 0;
}

void cv_source_close(struct cv_source *s)
{
	if (!s)
		return;
	if (s->filtered)
		pcap_freecode(&s->filter);
	cv_capture_close(s->capture);
	free(s);
}
