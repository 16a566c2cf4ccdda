/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_HTTP_HOST_H
#define CV_HTTP_HOST_H

#include <stdbool.h>

/**
 * Whether a request with this Host may be answered on a TCP listener: a name other than localhost
 * is a page of somebody else's whose name was made to point here (DNS rebinding).
 *
 * @param host       "NAME", "NAME:PORT", "[ADDRESS]:PORT"; "" = none.
 * @param any_address the listener is not loopback only: any address will do, but no name.
 */
bool cv_http_host_allowed(const char *host, bool any_address);

#endif
