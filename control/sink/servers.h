/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of a sink's settings, one after the other. */
#ifndef CV_SINK_SERVERS_H
#define CV_SINK_SERVERS_H

#include <stdint.h>

/**
 * The @p n-th address, counted round: "HOST", "HOST:PORT", "[ADDRESS]:PORT", a scheme in front.
 *
 * @param ret_host 256 bytes.
 * @return 0, -ENOENT: there are none, -EINVAL: this one is none.
 */
int cv_sink_server(const char *servers, unsigned int n, uint16_t fallback_port, char *ret_host,
		   uint16_t *ret_port);

#endif
