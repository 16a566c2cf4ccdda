/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/api_files.h"

#include <string.h>

#include "api_files_texts.h" /* generated from docs/subscriber */

void cv_api_file_routes(struct cv_http_route *rows)
{
	const struct cv_http_route files[] = {
		{.path = "/v1/openapi.yaml",
		 .summary = "this API as OpenAPI",
		 .text = openapi_yaml,
		 .text_type = "application/yaml"},
		{.path = "/v1/asyncapi.yaml",
		 .summary = "the event stream as AsyncAPI",
		 .text = asyncapi_yaml,
		 .text_type = "application/yaml"},
		{.path = "/v1/event.schema.json",
		 .summary = "JSON Schema of an event",
		 .text = event_schema_json,
		 .text_type = "application/schema+json"},
	};

	_Static_assert(sizeof(files) / sizeof(files[0]) == CV_API_FILE_ROUTES, "count them");
	memcpy(rows, files, sizeof(files));
}
