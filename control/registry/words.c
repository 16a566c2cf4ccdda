/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096u
#define FIRST_SLOTS 256u

int cv_registry_words_init(struct cv_registry_words *w)
{
	memset(w, 0, sizeof(*w));
	w->text = calloc(1, FIRST_ROOM);
	w->slots = calloc(FIRST_SLOTS, sizeof(*w->slots));
	if (!w->text || !w->slots)
		return -ENOMEM;
	w->used = 1; /* 0 is the empty text */
	w->room = FIRST_ROOM;
	w->mask = FIRST_SLOTS - 1;
	return cv_registry_key_make(&w->key);
}

void cv_registry_words_free(struct cv_registry_words *w)
{
	free(w->text);
	free(w->slots);
	memset(w, 0, sizeof(*w));
}

static uint32_t *seek(const struct cv_registry_words *w, const char *text, size_t len)
{
	uint32_t i = (uint32_t)cv_registry_print(&w->key, text, len) & w->mask;

	while (w->slots[i] && (strncmp(w->text + w->slots[i], text, len) != 0 ||
			       w->text[w->slots[i] + len] != '\0'))
		i = (i + 1) & w->mask;
	return &w->slots[i];
}

static int more_slots(struct cv_registry_words *w)
{
	uint32_t *old = w->slots, n = w->mask + 1;

	w->slots = calloc((size_t)n * 2, sizeof(*w->slots));
	if (!w->slots) {
		w->slots = old;
		return -ENOMEM;
	}
	w->mask = n * 2 - 1;
	for (uint32_t i = 0; i < n; i++) {
		const char *text = w->text + old[i];

		if (old[i])
			*seek(w, text, strlen(text)) = old[i];
	}
	free(old);
	return 0;
}

static int more_room(struct cv_registry_words *w, size_t len)
{
	uint32_t room = w->room;
	char *text;

	while (room - w->used < len + 1) {
		if (room >= CV_REGISTRY_WORDS_MAX)
			return -ENOSPC;
		room *= 2;
	}
	text = room > w->room ? realloc(w->text, room) : w->text;
	if (!text)
		return -ENOMEM;
	w->text = text;
	w->room = room;
	return 0;
}

uint32_t cv_registry_word_find(const struct cv_registry_words *w, const char *text, size_t len)
{
	return len ? *seek(w, text, len) : 0;
}

uint32_t cv_registry_word(struct cv_registry_words *w, const char *text, size_t len)
{
	uint32_t *slot;

	if (len == 0)
		return 0;
	slot = seek(w, text, len);
	if (*slot)
		return *slot;
	if (memchr(text, '\0', len) || more_room(w, len) < 0 ||
	    (w->count * 2 > w->mask && more_slots(w) < 0)) {
		w->left_out++;
		return 0;
	}
	slot = seek(w, text, len);
	*slot = w->used;
	memcpy(w->text + w->used, text, len);
	w->text[w->used + len] = '\0';
	w->used += (uint32_t)len + 1;
	w->count++;
	return *slot;
}

const char *cv_registry_word_text(const struct cv_registry_words *w, uint32_t number)
{
	return w->text + number;
}

uint64_t cv_registry_words_bytes(const struct cv_registry_words *w)
{
	return w->room + ((uint64_t)w->mask + 1) * sizeof(*w->slots);
}
