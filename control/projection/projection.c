/* SPDX-License-Identifier: Apache-2.0 */
#include "control/projection/projection.h"

#include <string.h>
#include <strings.h>

#define TABLE_ROW(id, name, type, live, symbol)                                                    \
	[CV_EVENT_##id] = {name, type, live, &cv_projection_##symbol},
const struct cv_projection cv_projections[CV_EVENT_FORMAT_COUNT] = {CV_PROJECTIONS(TABLE_ROW)};

const char *cv_projection_name(unsigned int format)
{
	return cv_projections[format].name;
}

static bool is_type(const char *type, const char *text, size_t len)
{
	return strlen(type) == len && strncasecmp(type, text, len) == 0;
}

enum cv_event_format cv_projection_by_accept(const char *accept, enum cv_event_format fallback)
{
	while (*accept) {
		size_t len;

		accept += strspn(accept, ", \t");
		len = strcspn(accept, ",; \t");
		for (unsigned int i = 0; i < CV_EVENT_FORMAT_COUNT; i++) {
			if (is_type(cv_projections[i].content_type, accept, len) ||
			    is_type(cv_projections[i].live_type, accept, len))
				return (enum cv_event_format)i;
		}
		accept += strcspn(accept, ",");
	}
	return fallback;
}
