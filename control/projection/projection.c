/* SPDX-License-Identifier: Apache-2.0 */
#include "control/projection/projection.h"

#include <string.h>
#include <strings.h>

#define TABLE_ROW(id, name, type, symbol) [CV_EVENT_##id] = {name, type, &cv_projection_##symbol},
const struct cv_projection cv_projections[CV_EVENT_FORMAT_COUNT] = {CV_PROJECTIONS(TABLE_ROW)};

const char *cv_projection_name(unsigned int format)
{
	return cv_projections[format].name;
}

enum cv_event_format cv_projection_by_accept(const char *accept)
{
	while (*accept) {
		size_t len;

		accept += strspn(accept, ", \t");
		len = strcspn(accept, ",; \t");
		for (unsigned int i = 0; i < CV_EVENT_FORMAT_COUNT; i++) {
			const char *type = cv_projections[i].content_type;

			if (strlen(type) == len && strncasecmp(type, accept, len) == 0)
				return (enum cv_event_format)i;
		}
		accept += strcspn(accept, ",");
	}
	return CV_EVENT_NDJSON;
}
