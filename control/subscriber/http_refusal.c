/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_refusal.h"

#include <errno.h>
#include <stdio.h>

#include "control/text/nearest.h"

int cv_http_refuse_word(struct cv_http_refusal *why, const char *what, const char *word,
			const char *allowed, const char *(*name_of)(unsigned int),
			unsigned int count)
{
	struct cv_nearest near = cv_nearest_start(word);

	for (unsigned int i = 0; i < count; i++)
		cv_nearest_offer(&near, name_of(i));
	if (near.best)
		snprintf(why->error, sizeof(why->error), "unknown %s '%.100s', did you mean '%s'?",
			 what, word, near.best);
	else
		snprintf(why->error, sizeof(why->error), "unknown %s '%.100s'", what, word);
	snprintf(why->hint, sizeof(why->hint), "allowed: %s", allowed);
	return -EINVAL;
}

int cv_http_refuse_value(struct cv_http_refusal *why, const char *key, const char *value,
			 const char *hint)
{
	snprintf(why->error, sizeof(why->error), "bad value '%.200s' for %s", value, key);
	snprintf(why->hint, sizeof(why->hint), "%s", hint);
	return -EINVAL;
}
