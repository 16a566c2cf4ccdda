/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of hj212_records(): items as they stand in CP, and records. */
#ifndef CV_HJ212_EMIT_H
#define CV_HJ212_EMIT_H

#include <string.h>

#include "dataplane/decode/hj212.h"

#define HJ212_GROUP_MAX 16

/** One item of CP. */
struct hj212_item {
	struct hj212_text key; /* all before '=' */
	struct hj212_text code; /* factor, before the last '-'; data NULL when there is none */
	struct hj212_text stat; /* behind it: Rtd, Avg, Cou, ... */
	struct hj212_text value;
};

/** Items of one factor: its flag stands behind its values. */
struct hj212_group {
	struct hj212_text code;
	struct hj212_text flag, eflag;
	struct hj212_item item[HJ212_GROUP_MAX];
	unsigned int count;
	bool timed; /* SampleTime of this factor */
	int64_t ts;
};

/** The frame at hand and what holds for all its records. */
struct hj212_frame {
	struct cv_decode *d;
	const struct hj212_segment *s;
	const struct hj212_command *command;
	uint8_t direction; /* enum cv_direction */
	uint8_t time_quality;
	int64_t ts;
	unsigned int records; /* emitted so far */
};

static inline bool hj212_is(struct hj212_text t, const char *word)
{
	size_t len = strlen(word);

	return t.len == len && memcmp(t.data, word, len) == 0;
}

/** Emit the record of an item of a factor: a value, a running state, or about the device. */
void hj212_emit_item(struct hj212_frame *f, const struct hj212_group *g,
		     const struct hj212_item *it);

/** Emit the record of an item without a factor. A secret's value is withheld. */
void hj212_emit_parameter(struct hj212_frame *f, const struct hj212_item *it);

/** Emit the record of a frame that has no items. */
void hj212_emit_bare(struct hj212_frame *f);

#endif
