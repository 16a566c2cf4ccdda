/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For build tools: finds a multiplier that gives each of a list's texts a slot of its own, and
 * prints it. A decoder then finds a text with one multiplication and one look; C has no way to hash
 * a string literal at compile time.
 */
#ifndef CV_HASH_GEN_H
#define CV_HASH_GEN_H

#include <stddef.h>
#include <stdint.h>

#define HASH_GEN_BITS_MAX 12
/* The texts are hashed as one word. */
#define HASH_GEN_TEXT_MAX 8

/** Given by the tool, but for what the search finds. */
struct hash_gen {
	const char *what; /* one text of the list, for messages: "unit" */
	const char *const *texts;
	size_t first, count; /* texts[first..count) are hashed; a slot holds the position */
	unsigned int bits; /* 1 << bits slots */
	uint8_t empty; /* in a slot of no text; not the position of one */
	uint64_t multiplier; /* found */
	uint8_t slots[1 << HASH_GEN_BITS_MAX]; /* found */
};

/** The text's bytes, the first one lowest, as the decoders read them. */
uint64_t hash_gen_word(const char *text);

/**
 * @return 0 when @p g has a multiplier and its slots; -1 when there is none, and stderr has been
 * told which text is at fault.
 */
int hash_gen_search(struct hash_gen *g);

/** Print NAME_MULTIPLIER and NAME_SHIFT: the slot is (word * multiplier) >> shift. */
void hash_gen_print_function(const struct hash_gen *g, const char *name);

/** Print the slots as an array @p name. */
void hash_gen_print_slots(const struct hash_gen *g, const char *name);

#endif
