/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files as one sequence of Ethernet frames, for the offline policy verbs: numbered from 1
 * over all files, filtered by a libpcap expression, with a word on progress now and then. One
 * thread.
 */
#ifndef CV_SOURCE_H
#define CV_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct cv_source;

struct cv_source_input {
	const char *path; /* kept, not copied; "-" = standard input */
	uint8_t port; /* handed on with its frames */
};

struct cv_source_frame {
	const uint8_t *data; /* valid until the next call */
	uint32_t len; /* bytes as on the wire; what the capture cut off is zeros */
	uint32_t captured; /* bytes that are in the capture */
	int64_t ts_ns; /* ns since the Unix epoch, 0 where the capture has none */
	uint64_t number; /* from 1, filtered frames counted */
	uint8_t port; /* of its input */
	bool supported; /* false: a link layer that carries no IP we know how to find */
};

/** What went wrong, one line for a person. */
struct cv_source_error {
	char text[512];
};

/** @return @p err, with the line set. */
int cv_source_fail(struct cv_source_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct cv_source_options {
	const struct cv_source_input *inputs; /* kept, not copied */
	unsigned int count;
	const char *filter; /* libpcap expression on Ethernet frames, NULL = all */
	bool merge; /* play the inputs side by side, by time; else one behind the other */
	bool progress; /* tell on stderr how far it is, every two seconds of work */
};

/** @return 0; -EINVAL the filter is wrong; -ENOMEM. */
int cv_source_open(const struct cv_source_options *options, struct cv_source **ret,
		   struct cv_source_error *error);

/**
 * @return 1 a frame; 0 the end of the last file; -EBADMSG a file ends early or is broken from here
 *         on, the next call goes on with the file behind it; another negative errno: a file cannot
 *         be opened. @p error is set with a negative return.
 */
int cv_source_next(struct cv_source *s, struct cv_source_frame *frame,
		   struct cv_source_error *error);

/** NULL is fine. */
void cv_source_close(struct cv_source *s);

#endif
