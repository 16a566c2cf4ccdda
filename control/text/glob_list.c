/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/glob_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/text/glob.h"
#include "control/text/text_hash.h"

struct pattern {
	uint32_t at, len; /* in the text; len 0 = a free place of the hash */
	uint32_t hash; /* of a word: the upper half */
};

struct cv_glob_list {
	size_t size;
	char *text;
	struct pattern *globs; /* in order */
	struct pattern *words; /* open addressing, at most half full */
	uint32_t glob_count, word_count, mask;
};

static bool is_glob(const char *text, size_t len)
{
	return memchr(text, '*', len) != NULL;
}

/* @return 0, or -EINVAL with *at the place of an empty pattern. */
static int count(const char *text, size_t *globs, size_t *words, size_t *at)
{
	*globs = *words = *at = 0;
	for (;; ++*at) {
		size_t len = strcspn(text + *at, ",");

		if (len == 0)
			return -EINVAL;
		*(is_glob(text + *at, len) ? globs : words) += 1;
		*at += len;
		if (text[*at] == '\0')
			return 0;
	}
}

static void add_word(struct cv_glob_list *list, struct pattern word)
{
	uint64_t h = cv_text_hash(0, list->text + word.at, word.len);

	word.hash = (uint32_t)(h >> 32);
	while (list->words[h & list->mask].len != 0)
		h++;
	list->words[h & list->mask] = word;
}

static void fill(struct cv_glob_list *list)
{
	const char *at = list->text;

	for (;; at++) {
		struct pattern p = {(uint32_t)(at - list->text), (uint32_t)strcspn(at, ","), 0};

		if (is_glob(at, p.len))
			list->globs[list->glob_count++] = p;
		else
			add_word(list, p);
		at += p.len;
		if (*at == '\0')
			return;
	}
}

int cv_glob_list_create(const char *text, struct cv_glob_list **ret, size_t *bad)
{
	size_t globs, words, len, places = 0, size;
	struct cv_glob_list *list;

	if (count(text, &globs, &words, &len) < 0) {
		*bad = len;
		return -EINVAL;
	}
	if (len >= UINT32_MAX)
		return -ENOMEM;
	if (words > 0) {
		for (places = 2; places < 2 * words; places *= 2)
			;
	}
	size = sizeof(*list) + (globs + places) * sizeof(struct pattern) + len + 1;
	list = calloc(1, size);
	if (!list)
		return -ENOMEM;
	list->size = size;
	list->globs = (struct pattern *)(list + 1);
	list->words = list->globs + globs;
	list->text = (char *)(list->words + places);
	list->word_count = (uint32_t)words;
	list->mask = (uint32_t)(places - 1);
	memcpy(list->text, text, len + 1);
	fill(list);
	*ret = list;
	return 0;
}

static bool has_word(const struct cv_glob_list *list, const void *text, size_t len, uint64_t hash)
{
	for (uint64_t h = hash;; h++) {
		struct pattern p = list->words[h & list->mask];

		if (p.len == 0)
			return false;
		if (p.hash == (uint32_t)(hash >> 32) && p.len == len &&
		    memcmp(list->text + p.at, text, len) == 0)
			return true;
	}
}

bool cv_glob_list_may_match(const struct cv_glob_list *list, uint64_t hash)
{
	if (list->glob_count != 0)
		return true;
	for (uint64_t h = hash;; h++) {
		const struct pattern *p = &list->words[h & list->mask];

		if (p->len == 0 || p->hash == (uint32_t)(hash >> 32))
			return p->len != 0;
	}
}

bool cv_glob_list_matches(const struct cv_glob_list *list, const void *text, size_t len)
{
	return cv_glob_list_matches_hashed(list, text, len, cv_text_hash(0, text, len));
}

bool cv_glob_list_matches_hashed(const struct cv_glob_list *list, const void *text, size_t len,
				 uint64_t hash)
{
	if (list->word_count != 0 && has_word(list, text, len, hash))
		return true;
	for (uint32_t i = 0; i < list->glob_count; i++) {
		if (cv_glob_matches(list->text + list->globs[i].at, list->globs[i].len, text, len))
			return true;
	}
	return false;
}

const char *cv_glob_list_text(const struct cv_glob_list *list)
{
	return list->text;
}

size_t cv_glob_list_size(const struct cv_glob_list *list)
{
	return list->size;
}

void cv_glob_list_destroy(struct cv_glob_list *list)
{
	free(list);
}
