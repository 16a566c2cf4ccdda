/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that many devices share, each kept once and known by a number. They are never given back. */
#ifndef CV_REGISTRY_WORDS_H
#define CV_REGISTRY_WORDS_H

#include <stdint.h>

#include "control/registry/print.h"

/** Bytes of all texts together; more are not taken. */
#define CV_REGISTRY_WORDS_MAX (64u << 20)

struct cv_registry_words {
	struct cv_registry_key key;
	char *text; /* all texts with their zeros, from 1 */
	uint32_t used, room;
	uint32_t *slots; /* offsets, 0 = free */
	uint32_t mask, count;
	uint64_t left_out; /* texts that found no room */
};

/** @return 0 or negative errno; cv_registry_words_free() in any case. */
int cv_registry_words_init(struct cv_registry_words *w);
void cv_registry_words_free(struct cv_registry_words *w);

/** Number of a text; 0 = it is empty, or there is no room (counted). */
uint32_t cv_registry_word(struct cv_registry_words *w, const char *text, size_t len);

/** Number of a text that is there already, 0 = it is not. */
uint32_t cv_registry_word_find(const struct cv_registry_words *w, const char *text, size_t len);

/** The text, "" for 0. Valid until the next one is added. */
const char *cv_registry_word_text(const struct cv_registry_words *w, uint32_t number);

uint64_t cv_registry_words_bytes(const struct cv_registry_words *w);

#endif
