/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offline replay: capture files through the worker's own pipeline, events to standard output. No
 * root, no DPDK; time is the capture's. The same files and options give the same bytes.
 */
#ifndef CV_REPLAY_H
#define CV_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dataplane/frame.h"
#include "dataplane/handoff/evidence_comment.h"
#include "dataplane/ledger.h"
#include "dataplane/normalize/emit.h"
#include "dataplane/pipeline.h"
#include "dataplane/policy/generation.h"

/* Exit codes of replay and decode. */
enum cv_replay_exit {
	CV_REPLAY_OK = 0,
	CV_REPLAY_USAGE = 1,
	CV_REPLAY_INPUT = 2, /* unreadable, no capture; decode: the message was rejected */
	CV_REPLAY_CUT = 3, /* capture ends early; what could be read was processed */
	CV_REPLAY_LEDGER = 4, /* the ledger does not close, or evidence differs */
	CV_REPLAY_OUTPUT = 5, /* standard output could not be written */
};

/** `culvert-dataplane replay`: argv[0] is the subcommand. @return exit code. */
int cv_replay_main(int argc, char **argv);
/** `culvert-dataplane decode`. @return exit code. */
int cv_decode_main(int argc, char **argv);
/** `culvert-dataplane protocols`. @return exit code. */
int cv_protocols_main(int argc, char **argv);

#define CV_REPLAY_HINTS_MAX 64

struct cv_replay_options {
	const char *generation; /* image file, NULL = allow and inspect everything */
	const char *node; /* NULL = the generation's */
	bool summary; /* one JSON object instead of the events */
	bool evidence; /* hold verdicts against what the capture says of its frames */
	bool lane_chosen;
	bool lane[CV_LANE_COUNT]; /* with lane_chosen: print these only */
	unsigned int burst; /* frames per burst */
	struct cv_gen_hint hint[CV_REPLAY_HINTS_MAX];
	unsigned int hints;
	char **files;
	int file_count;
};

/** @return 0, or 1 when the program is to exit with *@p code: help was shown or usage is wrong. */
int cv_replay_options_parse(int argc, char **argv, struct cv_replay_options *o, int *code);
/** "tcp/17501=mqtt" or "udp/9=none". @return 0 or -EINVAL with a message on stderr. */
int cv_replay_hint_parse(const char *text, struct cv_gen_hint *hint);

/** Receiver of the records: prints or counts them. */
struct cv_replay_output {
	struct cv_sink sink; /* first member: the callbacks get it back from this */
	FILE *out;
	const char *node;
	const struct cv_replay_options *options;
	uint64_t written[CV_LANE_COUNT]; /* records that came out of the pipeline */
	uint64_t rejects; /* parse errors among them */
	int error; /* errno of the first failed write */
	uint8_t *memory;
	char *line;
};

/** @return 0 or -ENOMEM. */
int cv_replay_output_setup(struct cv_replay_output *o, const struct cv_replay_options *options,
			   const char *node);
void cv_replay_output_release(struct cv_replay_output *o);

/** What became of frames that say why they were dropped: frames = equal + by_rule + different. */
struct cv_replay_evidence {
	uint64_t frames;
	uint64_t equal; /* the same action, reason and rule */
	uint64_t by_rule; /* the same rule; the rest hung on more than the frame */
	uint64_t different;
	uint64_t others; /* frames that say nothing */
	uint64_t broken; /* of these: what they say cannot be read */
};

/** A frame to be played, in two pieces. */
struct cv_replay_input {
	const uint8_t *head, *body;
	size_t head_len, body_len;
	size_t len; /* of the frame; what the pieces lack is filled with zeros */
	int64_t ts_ns;
	uint8_t port; /* index in the generation's ports */
	const struct cv_evidence_note *note; /* why it was dropped; NULL = nobody says */
};

/** A pipeline with its frames and its ledger. */
struct cv_replay {
	struct cv_replay_options options;
	struct cv_generation *gen;
	struct cv_pipeline *pipeline;
	struct cv_replay_output output;
	struct cv_counters counters;
	struct cv_frame frames[CV_BURST_MAX];
	unsigned int pending; /* frames waiting for a full burst */
	uint64_t number; /* frames so far */
	int64_t last_ns;
	uint64_t cut_frames; /* captured shorter than they were on the wire */
	uint64_t unsupported; /* frames of a link layer that is not read */
	struct cv_evidence_note notes[CV_BURST_MAX]; /* of frames */
	bool noted[CV_BURST_MAX];
	struct cv_replay_evidence evidence;
};

/** Build generation, output and pipeline. @return exit code, 0 = go on. */
int cv_replay_setup(struct cv_replay *r, const struct cv_replay_options *options);
void cv_replay_release(struct cv_replay *r);
/** Queue one frame, copied. @return 0 or -ENOMEM. */
int cv_replay_frame(struct cv_replay *r, const struct cv_replay_input *input);
/** Play what is queued, end all flows. */
void cv_replay_finish(struct cv_replay *r);

/**
 * Check the sums of ledger.h.
 *
 * @param handed records that arrived, per lane.
 * @param text out: what is off, "; " between findings; empty when it closes.
 * @return true when it closes.
 */
bool cv_replay_ledger(const struct cv_counters *c, const uint64_t handed[CV_LANE_COUNT], char *text,
		      size_t size);

/** Hold the verdict of a frame that was just played against what is known of it. */
void cv_replay_compare(struct cv_replay *r, const struct cv_frame *f,
		       const struct cv_evidence_note *note);

/**
 * What a capture says of a frame.
 *
 * @return true with @p ret set when it says why it was dropped.
 */
bool cv_replay_note(struct cv_replay *r, const char *comment, size_t len,
		    struct cv_evidence_note *ret);

/** Say how the comparison went. @return CV_REPLAY_OK or CV_REPLAY_LEDGER. */
int cv_replay_evidence_end(const struct cv_replay *r);

/** Write the summary object. @return 0 or the errno of the failure. */
int cv_replay_summary(const struct cv_replay *r, FILE *out);

#endif
