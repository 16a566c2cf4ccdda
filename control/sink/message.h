/* SPDX-License-Identifier: Apache-2.0 */
/* From a frame to what a connector sends. */
#ifndef CV_SINK_MESSAGE_H
#define CV_SINK_MESSAGE_H

#include "control/projection/projection.h"
#include "control/sink/sink.h"
#include "control/sink/template.h"
#include "control/subscriber/frames.h"
#include "dataplane/normalize/cloudevent.h"
#include "dataplane/normalize/device_urn.h"

struct cv_sink_writer {
	const struct cv_sink_settings *settings;
	const char *topic, *key; /* templates */
	char id[160], topic_text[CV_SINK_TOPIC_MAX], key_text[CV_SINK_TOPIC_MAX];
	char device[CV_DEVICE_URN_MAX + 1];
	struct cv_sink_header headers[CV_SINK_HEADERS_MAX];
	char head[2048]; /* texts of the headers */
	char body[CV_PROJECTION_ROOM];
};

/** @param settings outlives the writer. */
void cv_sink_writer_init(struct cv_sink_writer *w, const struct cv_sink_settings *settings);

/**
 * Write a record or a gap.
 *
 * @param ret points into the writer until the next call; the ticket is the caller's.
 * @return 0 or -EINVAL: the record cannot be written.
 */
int cv_sink_write(struct cv_sink_writer *w, const struct cv_frame *f, struct cv_sink_message *ret);

/**
 * Split a CloudEvent that control's projection wrote into its attributes and its data: what stands
 * before "data" are strings without escapes.
 *
 * @param event ends in zero; not changed.
 * @param texts where names and values go.
 * @param ret_data points into event; without the last brace of the event.
 * @return 0 or -EINVAL.
 */
int cv_sink_split(const char *event, size_t len, char *texts, size_t texts_size,
		  struct cv_sink_header *headers, size_t *ret_n, const char **ret_data,
		  size_t *ret_data_len);

#endif
