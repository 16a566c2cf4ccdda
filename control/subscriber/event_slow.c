/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_slow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/config/units.h"

static int parse_bound(const char *text, struct cv_event_slow *slow)
{
	uint64_t value, *bound = &slow->events;

	if (cv_units_integer(text, &value) == 0)
		;
	else if (cv_units_size(text, &value) == 0)
		bound = &slow->bytes;
	else if (cv_units_duration(text, &value) == 0)
		bound = &slow->ns;
	else
		return -EINVAL;
	if (value == 0 || *bound != 0)
		return -EINVAL;
	*bound = value;
	return 0;
}

int cv_event_slow_parse(const char *value, struct cv_event_slow *slow, struct cv_http_refusal *why)
{
	const char *at = value;

	do {
		size_t len = strcspn(at, ",");
		char text[32];

		snprintf(text, sizeof(text), "%.*s", (int)(len < 31 ? len : 31), at);
		if (len >= sizeof(text) || parse_bound(text, slow) < 0)
			return cv_http_refuse_value(
				why, "max_lag", value,
				"give one of each at most, with commas: 10000 (events), 64MiB (of "
				"the log), 30s");
		at += len;
	} while (*at++ == ',');
	return 0;
}

static uint64_t lower(uint64_t a, uint64_t b)
{
	return a == 0 ? b : b == 0 || a < b ? a : b;
}

struct cv_event_slow cv_event_slow_stricter(const struct cv_event_slow *a,
					    const struct cv_event_slow *b)
{
	if (!a->disconnect || !b->disconnect)
		return a->disconnect ? *a : *b;
	return (struct cv_event_slow){.disconnect = true,
				      .events = lower(a->events, b->events),
				      .bytes = lower(a->bytes, b->bytes),
				      .ns = lower(a->ns, b->ns)};
}

static bool beyond(uint64_t value, uint64_t bound)
{
	return bound != 0 && value > bound;
}

bool cv_event_slow_is_beyond(const struct cv_event_slow *slow, const struct cv_event_lag *lag)
{
	if (!slow->disconnect)
		return false;
	if (beyond(lag->stuck_ns, slow->ns))
		return true;
	return lag->was_up_to_date && lag->events > 0 &&
	       (beyond(lag->events, slow->events) || beyond(lag->bytes, slow->bytes) ||
		beyond(lag->ns, slow->ns));
}
