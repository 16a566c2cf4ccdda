/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sink's side of control's API: one connection on which the frames of its consumer group come,
 * one on which they are acknowledged. Both are made while the process may still connect.
 */
#ifndef CV_SINK_SOURCE_H
#define CV_SINK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/sink/settings.h"
#include "control/subscriber/frames.h"

#define CV_SINK_WHY_MAX 256

struct cv_sink_source {
	int stream_fd, ack_fd;
	char group[64];
	/* The stream. */
	bool begun; /* its head was read */
	char head[4096];
	size_t head_len;
	uint8_t *in; /* bytes of frames not yet taken */
	size_t in_at, in_len;
	struct cv_frame_reader reader;
	/* Acknowledgements. */
	struct cv_member_cursor asked; /* of the acknowledgement under way */
	bool asking;
	char reply[2048];
	size_t reply_len;
	char why[CV_SINK_WHY_MAX];
};

/**
 * Connect and ask for the events.
 *
 * @return 0 or negative errno, with s->why filled. cv_sink_source_close() in any case.
 */
int cv_sink_source_open(struct cv_sink_source *s, const struct cv_sink_settings *settings);
void cv_sink_source_close(struct cv_sink_source *s);

/** Read what there is. @return 0, or negative errno: control has gone or refuses; see why. */
int cv_sink_source_read(struct cv_sink_source *s);
/** Next frame. @return 1, 0 = none, -EBADMSG. */
int cv_sink_source_next(struct cv_sink_source *s, const struct cv_frame **ret);
/** Whether all that was read has been taken. */
bool cv_sink_source_is_empty(const struct cv_sink_source *s);

/** Acknowledge; only when none is under way. @return 0 or negative errno. */
int cv_sink_source_ack(struct cv_sink_source *s, const struct cv_member_cursor *cursor);
/**
 * Take the answer to it.
 *
 * @return 1: it is durable, and s->asked is the cursor; 0: not yet; negative errno: see why.
 */
int cv_sink_source_acked(struct cv_sink_source *s);

/** The path and query of the events that a sink wants. @return length, or -ENAMETOOLONG. */
int cv_sink_source_query(const struct cv_config_sink *sink, char *ret, size_t size);

#endif
