/* SPDX-License-Identifier: Apache-2.0 */
/* What describes the API for programs, as it is in docs/subscriber: served beside it. */
#ifndef CV_API_FILES_H
#define CV_API_FILES_H

#include "control/subscriber/http_server.h"

#define CV_API_FILE_ROUTES 3

/** Fill CV_API_FILE_ROUTES rows. */
void cv_api_file_routes(struct cv_http_route *rows);

#endif
