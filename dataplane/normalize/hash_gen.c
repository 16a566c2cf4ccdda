/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/hash_gen.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The two lists need 664 and 64,518; a text listed twice uses all of them up, within a second. */
#define TRIES 1000000

uint64_t hash_gen_word(const char *text)
{
	uint64_t word = 0;

	for (size_t i = 0; text[i]; i++)
		word |= (uint64_t)(unsigned char)text[i] << 8 * i;
	return word;
}

static bool fits(struct hash_gen *g)
{
	memset(g->slots, g->empty, sizeof(g->slots));
	for (size_t i = g->first; i < g->count; i++) {
		uint64_t product = hash_gen_word(g->texts[i]) * g->multiplier;
		uint8_t *slot = &g->slots[product >> (64 - g->bits)];

		if (*slot != g->empty)
			return false;
		*slot = (uint8_t)i;
	}
	return true;
}

int hash_gen_search(struct hash_gen *g)
{
	for (size_t i = g->first; i < g->count; i++) {
		size_t len = strlen(g->texts[i]);

		if (len == 0 || len > HASH_GEN_TEXT_MAX) {
			fprintf(stderr, "%s \"%s\" is not 1-%d bytes long\n", g->what, g->texts[i],
				HASH_GEN_TEXT_MAX);
			return -1;
		}
	}
	g->multiplier = 0x9e3779b97f4a7c15ull;
	for (long tries = 0; tries < TRIES; tries++) {
		if (fits(g))
			return 0;
		g->multiplier =
			(g->multiplier * 6364136223846793005ull + 1442695040888963407ull) | 1;
	}
	fprintf(stderr, "no perfect hash in %u slots (is a %s listed twice?)\n", 1u << g->bits,
		g->what);
	return -1;
}

void hash_gen_print_function(const struct hash_gen *g, const char *name)
{
	printf("#define %s_MULTIPLIER 0x%llxull\n", name, (unsigned long long)g->multiplier);
	printf("#define %s_SHIFT %u\n", name, 64 - g->bits);
}

void hash_gen_print_slots(const struct hash_gen *g, const char *name)
{
	printf("static const uint8_t %s[%u] = {", name, 1u << g->bits);
	for (unsigned int i = 0; i < 1u << g->bits; i++)
		printf("%s%u,", i % 16 ? " " : "\n\t", g->slots[i]);
	printf("\n};\n");
}
