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
		free((void *)(uintptr_t)f->data);
	}
	r->pending = 0;
}

int cv_replay_frame(struct cv_replay *r, const uint8_t *head, size_t head_len, const uint8_t *body,
		    size_t body_len, int64_t ts_ns)
{
	/* A block of exactly the frame's size: a checker of memory sees every read behind it. */
	uint8_t *data = malloc(head_len + body_len ? head_len + body_len : 1);

	if (data == NULL)
		return -ENOMEM;
	memcpy(data, head, head_len);
	if (body_len != 0)
		memcpy(data + head_len, body, body_len);
	if (ts_ns > r->last_ns)
		r->last_ns = ts_ns;
	r->frames[r->pending++] = (struct cv_frame){
		.data = data,
		.len = (uint32_t)(head_len + body_len),
		.ts_ns = ts_ns,
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

static int play_packet(struct cv_replay *r, const struct cv_captured *packet)
{
	struct cv_link_frame f = cv_link_frame(packet);

	r->cut_frames += packet->len < packet->wire_len;
	r->unsupported += !f.supported;
	return cv_replay_frame(r, f.head, f.head_len, f.body, f.body_len, packet->ts_ns);
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
