/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns with commas between them. Those without '*' are a hash of words: a list of ten thousand
 * devices costs a look-up what one does.
 */
#ifndef CV_GLOB_LIST_H
#define CV_GLOB_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cv_glob_list;

/**
 * @param text patterns, at least one, none of them empty; copied.
 * @param bad set with -EINVAL: where the empty pattern stands, from 0.
 * @return 0, -EINVAL or -ENOMEM.
 */
int cv_glob_list_create(const char *text, struct cv_glob_list **ret, size_t *bad);

bool cv_glob_list_matches(const struct cv_glob_list *list, const void *text, size_t len);

/** The same for a text whose cv_text_hash(0, text, len) is known. */
bool cv_glob_list_matches_hashed(const struct cv_glob_list *list, const void *text, size_t len,
				 uint64_t hash);

/** Whether a text of this hash may match: false is certain. */
bool cv_glob_list_may_match(const struct cv_glob_list *list, uint64_t hash);

/** As it was given. */
const char *cv_glob_list_text(const struct cv_glob_list *list);

/** Memory, bytes. */
size_t cv_glob_list_size(const struct cv_glob_list *list);

/** NULL is fine. */
void cv_glob_list_destroy(struct cv_glob_list *list);

#endif
