/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/nearest.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 64

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int cv_edit_distance(const char *a, const char *b, unsigned int limit)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2];
	size_t na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		last[j] = (unsigned int)j;
	memset(rows[0], 0, sizeof(rows[0]));

	for (size_t i = 1; i <= na; i++) {
		int ca = tolower((unsigned char)a[i - 1]);

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= nb; j++) {
			int cb = tolower((unsigned char)b[j - 1]);

			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
			    tolower((unsigned char)a[i - 2]) == cb)
				now[j] = least(now[j], before[j - 2] + 1);
		}
		unsigned int *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[nb] <= limit ? last[nb] : limit + 1;
}

struct cv_nearest cv_nearest_start(const char *word)
{
	/* A third of the word may be wrong, at least one letter and at most three. */
	size_t allowed = strlen(word) / 3;

	if (allowed < 1)
		allowed = 1;
	if (allowed > 3)
		allowed = 3;
	return (struct cv_nearest){.word = word, .distance = (unsigned int)allowed + 1};
}

void cv_nearest_offer(struct cv_nearest *n, const char *candidate)
{
	unsigned int distance;

	if (n->distance == 0)
		return;
	distance = cv_edit_distance(n->word, candidate, n->distance - 1);
	if (distance < n->distance) {
		n->distance = distance;
		n->best = candidate;
	}
}
