/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What decoders have in common that tell who talks and what about, and leave the content alone: one
 * record where something begins, changes or fails, and none for what merely goes on.
 */
#ifndef CV_SESSION_H
#define CV_SESSION_H

#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"

/** What a flow was told of already: a set of small hashes, which may take one for another. */
struct cv_told {
	uint64_t bits[8];
};

/** Is this new? It is not when asked again. */
static inline bool cv_told_new(struct cv_told *t, uint64_t what)
{
	uint64_t hash = (what + 1) * 0x9e3779b97f4a7c15ull;
	unsigned int bit = (unsigned int)(hash >> 55);
	bool fresh = (t->bits[bit / 64] >> bit % 64 & 1) == 0;

	t->bits[bit / 64] |= 1ull << bit % 64;
	return fresh;
}

static inline void cv_put_str(struct cv_decode *d, enum cv_tlv_tag tag, const char *text)
{
	cv_emit_tlv(d->emit, tag, text, strlen(text));
}

static inline void cv_put_label(struct cv_decode *d, enum cv_tlv_tag tag, const struct cv_label *l)
{
	if (l->len != 0)
		cv_emit_tlv(d->emit, tag, l->text, l->len);
}

/** Begin a record of the message at hand. @param up it comes from the device. */
static inline struct cv_record *cv_session_begin(struct cv_decode *d, enum cv_kind kind, bool up,
						 const char *method, size_t raw_len)
{
	struct cv_record *rec = cv_emit_begin(d->emit, CV_LANE_STATUS, kind);

	rec->direction = up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = (uint32_t)raw_len;
	cv_put_str(d, CV_TLV_METHOD, method);
	return rec;
}

#endif
