/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/replay/replay.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/replay/capture.h"
#include "dataplane/replay/generation_load.h"

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	fputs("culvert-dataplane replay: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Device limits depend on the time of each frame, and a burst has one time for all of it. */
static bool has_limits(const struct cv_generation *gen)
{
	const struct cv_gen_rule *rule = cv_generation_at(gen, gen->rules);

	for (uint32_t i = 0; i < gen->rules.count; i++) {
		if (rule[i].rule.flags & CV_RULE_POLICE)
			return true;
	}
	return false;
}

int cv_replay_setup(struct cv_replay *r, const struct cv_replay_options *options)
{
	char error[256] = "";
	int err;

	memset(r, 0, sizeof(*r));
	r->options = *options;
	if (options->generation != NULL)
		err = cv_replay_load_generation(options->generation, &r->gen, error, sizeof(error));
	else
		err = cv_replay_build_generation(options->hint, options->hints, &r->gen);
	if (err != 0) {
		say("%s: %s", options->generation ? options->generation : "built-in generation",
		    error[0] ? error : strerror(-err));
		return CV_REPLAY_INPUT;
	}
	if (has_limits(r->gen))
		r->options.burst = 1;
	err = cv_replay_output_setup(&r->output, &r->options,
				     options->node ? options->node : r->gen->node);
	if (err == 0)
		err = cv_pipeline_create(r->gen, true, &r->output.sink, &r->counters, &r->pipeline);
	if (err != 0) {
		say("cannot set up: %s", strerror(-err));
		return CV_REPLAY_INPUT;
	}
	return 0;
}

void cv_replay_release(struct cv_replay *r)
{
	for (unsigned int i = 0; i < r->pending; i++)
		free((void *)(uintptr_t)r->frames[i].data);
	cv_pipeline_destroy(r->pipeline);
	cv_replay_output_release(&r->output);
	free(r->gen);
}

static void play(struct cv_replay *r)
{
	if (r->pending == 0)
		return;
	cv_pipeline_burst(r->pipeline, r->frames, r->pending, (uint64_t)r->last_ns);
	for (unsigned int i = 0; i < r->pending; i++) {
		const struct cv_frame *f = &r->frames[i];

		switch (CV_VERDICT_ACTION(f->verdict)) {
		case CV_ACTION_FORWARD:
			cv_count(&r->counters.forwarded, 1);
			break;
		case CV_ACTION_HOST:
			cv_count(&r->counters.host, 1);
			break;
		default:
			cv_count(&r->counters.dropped[CV_VERDICT_REASON(f->verdict)], 1);
			break;
		}
		if (r->noted[i])
			cv_replay_compare(r, f, &r->notes[i]);
		free((void *)(uintptr_t)f->data);
	}
	r->pending = 0;
}

int cv_replay_frame(struct cv_replay *r, const struct cv_replay_input *in)
{
	/* A block of exactly the frame's size: a checker of memory sees every read behind it. */
	uint8_t *data = calloc(1, in->len ? in->len : 1);

	if (data == NULL)
		return -ENOMEM;
	if (in->head_len != 0)
		memcpy(data, in->head, in->head_len);
	if (in->body_len != 0)
		memcpy(data + in->head_len, in->body, in->body_len);
	if (in->ts_ns > r->last_ns)
		r->last_ns = in->ts_ns;
	r->noted[r->pending] = in->note != NULL;
	if (in->note != NULL)
		r->notes[r->pending] = *in->note;
	r->frames[r->pending++] = (struct cv_frame){
		.data = data,
		.len = (uint32_t)in->len,
		.port = in->port,
		.ts_ns = in->ts_ns,
		.number = ++r->number,
	};
	if (r->pending >= r->options.burst)
		play(r);
	return 0;
}

void cv_replay_finish(struct cv_replay *r)
{
	play(r);
	cv_pipeline_drain(r->pipeline);
	/* No block is ever published here: what the writer took is what was handed over. */
	for (int lane = 0; lane < CV_LANE_COUNT; lane++)
		r->counters.handed[lane] = r->output.written[lane];
}

/* The port that an interface of the capture is: by its name, or by that of its interface. */
static uint8_t port_of(const struct cv_replay *r, const char *interface)
{
	const struct cv_gen_port *ports = cv_generation_at(r->gen, r->gen->ports);

	for (uint32_t i = 0; interface[0] && i < r->gen->ports.count; i++)
		if (strcmp(ports[i].name, interface) == 0 ||
		    strcmp(ports[i].target, interface) == 0)
			return (uint8_t)i;
	return 0;
}

static int play_packet(struct cv_replay *r, const struct cv_captured *packet)
{
	struct cv_link_frame f = cv_link_frame(packet);
	struct cv_replay_input in = {
		.head = f.head,
		.body = f.body,
		.head_len = f.head_len,
		.body_len = f.body_len,
		.len = f.head_len + f.body_len,
		.ts_ns = packet->ts_ns,
		.port = port_of(r, packet->interface),
	};
	struct cv_evidence_note note;

	r->cut_frames += packet->len < packet->wire_len;
	r->unsupported += !f.supported;
	if (r->options.evidence && cv_replay_note(r, packet->comment, packet->comment_len, &note)) {
		in.note = &note;
		/* It was judged whole; the bytes that say so are in the part that is here. */
		if (packet->wire_len > packet->len && packet->wire_len <= CV_CAPTURE_FRAME_MAX)
			in.len = packet->wire_len;
	}
	return cv_replay_frame(r, &in);
}

static int play_file(struct cv_replay *r, const char *path)
{
	struct cv_capture_error error = {""};
	struct cv_captured packet;
	struct cv_capture *c = NULL;
	uint64_t first = r->number;
	int n;

	if (cv_capture_open(path, &c, &error) != 0) {
		say("%s: %s", path, error.text);
		return CV_REPLAY_INPUT;
	}
	while (r->output.error == 0 && (n = cv_capture_next(c, &packet, &error)) == 1) {
		if (play_packet(r, &packet) != 0) {
			say("%s: out of memory", path);
			cv_capture_close(c);
			return CV_REPLAY_INPUT;
		}
	}
	cv_capture_close(c);
	if (r->output.error == 0 && n < 0) {
		say("%s: cut short after %llu packets: %s", path,
		    (unsigned long long)(r->number - first), error.text);
		return CV_REPLAY_CUT;
	}
	return CV_REPLAY_OK;
}

static int finish_output(struct cv_replay *r)
{
	int err = r->output.error;

	if (err == 0 && r->options.summary)
		err = cv_replay_summary(r, r->output.out);
	if (fflush(r->output.out) != 0 && err == 0)
		err = errno;
	if (err == 0)
		return CV_REPLAY_OK;
	say("standard output: %s", strerror(err));
	return CV_REPLAY_OUTPUT;
}

int cv_replay_main(int argc, char **argv)
{
	struct cv_replay_options options;
	struct cv_replay *r;
	char off[1024];
	int code, out;

	if (cv_replay_options_parse(argc, argv, &options, &code) != 0)
		return code;
	signal(SIGPIPE, SIG_DFL); /* as any filter: `| head` ends it without a word */
	r = aligned_alloc(64, (sizeof(*r) + 63) & ~(size_t)63);
	if (r == NULL) {
		say("out of memory");
		return CV_REPLAY_INPUT;
	}
	code = cv_replay_setup(r, &options);
	for (int i = 0; code == CV_REPLAY_OK && i < options.file_count; i++)
		code = play_file(r, options.files[i]);
	if (r->pipeline != NULL && (code == CV_REPLAY_OK || code == CV_REPLAY_CUT)) {
		cv_replay_finish(r);
		if (options.evidence && code == CV_REPLAY_OK)
			code = cv_replay_evidence_end(r);
		out = finish_output(r);
		if (!cv_replay_ledger(&r->counters, r->output.written, off, sizeof(off))) {
			say("ledger open: %s", off);
			code = CV_REPLAY_LEDGER;
		}
		code = out != CV_REPLAY_OK ? out : code;
	}
	cv_replay_release(r);
	free(r);
	return code;
}
