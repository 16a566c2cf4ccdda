/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of the read API (api.md), made from what the parts of control count. */
#ifndef CV_DOCUMENTS_H
#define CV_DOCUMENTS_H

#include <jansson.h>

#include "control/control.h"

json_t *cv_document_status(const struct cv_control *c);
/** How a port works: "native", "generic", "detached" or "pcap". */
const char *cv_document_port_mode(const struct cv_control *c, unsigned int port);
json_t *cv_document_stats(const struct cv_control *c);

#endif
