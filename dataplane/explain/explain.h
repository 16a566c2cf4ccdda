/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each byte of a message is, for people: `culvert decode --hex`. Beside the decoders and not in
 * them, so that they stay as fast as they are (docs/adr/0037). A protocol's layout is one source,
 * explain_NAME.c, and one row in explain_list.h.
 *
 * A layout takes the message field by field from front to back; nothing is taken twice and nothing
 * is left out: what it leaves is told as rest, and where the message ends early the field says so.
 */
#ifndef CV_EXPLAIN_H
#define CV_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CV_EXPLAIN_FIELDS_MAX 1024
#define CV_EXPLAIN_DEPTH_MAX 8

struct cv_explain_field {
	uint32_t at, len; /* bytes of the message */
	uint8_t depth;
	bool group; /* what follows deeper is inside */
	bool cut; /* the message ends inside */
	bool secret; /* its bytes are not shown */
	char name[48];
	char value[160]; /* "" = the bytes say it */
	char meaning[160]; /* "" = nothing to add */
};

struct cv_generation;

struct cv_explain {
	const struct cv_generation
		*gen; /* NULL = there is none: frames that it describes are not known */
	const uint8_t *data;
	size_t len;
	size_t at; /* of the next field */
	bool stream; /* TCP */
	bool failed; /* a field was not all there; nothing is taken any more */
	char missing[48]; /* the field of which nothing is there any more, "" = none */
	unsigned int depth;
	unsigned int open[CV_EXPLAIN_DEPTH_MAX]; /* groups that are not ended yet */
	unsigned int count;
	struct cv_explain_field field[CV_EXPLAIN_FIELDS_MAX];
};

/** Is there a layout of this protocol? */
bool cv_explain_knows(unsigned int proto);

/**
 * Explain a message, or several one after the other. Of a protocol without a layout the whole of it
 * is one field.
 *
 * @param x some 360 KiB; what it was before is lost.
 * @param gen what describes makers' frames, NULL = nothing does.
 */
void cv_explain_message(struct cv_explain *x, unsigned int proto, const struct cv_generation *gen,
			const uint8_t *data, size_t len, bool stream);

/* For layouts. */

/** Bytes that are left. */
static inline size_t cv_explain_left(const struct cv_explain *x)
{
	return x->failed ? 0 : x->len - x->at;
}

/** The next @p len bytes as a field. @return NULL when they are not all there. */
const uint8_t *cv_explain_take(struct cv_explain *x, size_t len, const char *name);
/** The next byte without taking it; 0 when there is none. */
uint8_t cv_explain_peek(const struct cv_explain *x, size_t ahead);
/** What the last field taken says and means. */
__attribute__((format(printf, 2, 3))) void cv_explain_value(struct cv_explain *x, const char *fmt,
							    ...);
__attribute__((format(printf, 2, 3))) void cv_explain_meaning(struct cv_explain *x, const char *fmt,
							      ...);
/** The last field taken is a password or the like. */
void cv_explain_withhold(struct cv_explain *x);
/** Fields that follow are inside, until cv_explain_end(). */
void cv_explain_begin(struct cv_explain *x, const char *name);
void cv_explain_end(struct cv_explain *x);

/* A field whose value is a number; 0 when it is not there. */
uint32_t cv_explain_u8(struct cv_explain *x, const char *name);
uint32_t cv_explain_be16(struct cv_explain *x, const char *name);
uint32_t cv_explain_be32(struct cv_explain *x, const char *name);
uint32_t cv_explain_le16(struct cv_explain *x, const char *name);
uint32_t cv_explain_le32(struct cv_explain *x, const char *name);
/** Digits, highest first; @p little: the lowest byte stands first. */
void cv_explain_bcd(struct cv_explain *x, size_t len, bool little, const char *name);
/** Printable text; what is not printable stands as ".". */
void cv_explain_text(struct cv_explain *x, size_t len, const char *name);
/** What stands before the next @p mark of @p len bytes, as text. @return false: there is none. */
bool cv_explain_before(struct cv_explain *x, const char *mark, size_t len);
/** Text up to and with the next line feed, or all that is left; @return its length without the end. */
size_t cv_explain_line(struct cv_explain *x, const char *name);
/**
 * No field reaches beyond the next @p len bytes (or what is there), until cv_explain_widen().
 *
 * @return what that is to be given.
 */
size_t cv_explain_narrow(struct cv_explain *x, size_t len);
/** What is left in there is one field; what is behind follows. */
void cv_explain_widen(struct cv_explain *x, size_t whole, const char *name);
/** A check code of @p len bytes: as sent, and whether it is what the bytes before it want. */
void cv_explain_check(struct cv_explain *x, size_t len, bool little, uint32_t wanted,
		      const char *name);
/** One text of a list by number, @p other for what has none. */
#define CV_EXPLAIN_NAME(list, n, other)                                                            \
	((n) < sizeof(list) / sizeof((list)[0]) && (list)[n] != NULL ? (list)[n] : (other))

#endif
