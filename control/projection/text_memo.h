/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of the newest events, so that an event that a hundred subscribers are sent is written once.
 * Nothing is kept while there are fewer than two to read it. One thread (control's loop).
 */
#ifndef CV_TEXT_MEMO_H
#define CV_TEXT_MEMO_H

#include <stddef.h>
#include <stdint.h>

struct cv_text_memo;

/** @return 0 or -ENOMEM. */
int cv_text_memo_create(struct cv_text_memo **ret);

/** One reader more, one less. */
void cv_text_memo_join(struct cv_text_memo *memo);
void cv_text_memo_leave(struct cv_text_memo *memo);

/** @return the event's text, valid until the next call; NULL = it is not kept. */
const char *cv_text_memo_find(const struct cv_text_memo *memo, unsigned int lane, uint64_t seq,
			      size_t *ret_len);

void cv_text_memo_keep(struct cv_text_memo *memo, unsigned int lane, uint64_t seq, const char *text,
		       size_t len);

/** What texts are made from beside the log: those of another version are forgotten. */
void cv_text_memo_made_from(struct cv_text_memo *memo, uint64_t version);

/** NULL is fine. */
void cv_text_memo_destroy(struct cv_text_memo *memo);

#endif
