/* SPDX-License-Identifier: Apache-2.0 */
/* A frame from what a person says of it. */
#ifndef CV_FRAME_MAKE_H
#define CV_FRAME_MAKE_H

#include <stdint.h>

#include "control/config/address.h"

/** Longest frame that is made, bytes. */
#define CV_FRAME_MADE_MAX 128

struct cv_frame_wish {
	struct cv_prefix src, dst; /* addresses of one family */
	uint8_t ip_proto;
	uint16_t sport, dport; /* TCP and UDP, host order */
	uint16_t vlan; /* 0 = untagged */
	uint8_t src_mac[6];
};

/** "udp/5683", "tcp", "icmp", "icmpv6", "ip/47". @return 0 or -EINVAL. */
int cv_frame_parse_service(const char *text, uint8_t *ip_proto, uint16_t *port);

/** "02:00:00:00:00:01". @return 0 or -EINVAL. */
int cv_frame_parse_mac(const char *text, uint8_t mac[6]);

/** A SYN, an empty datagram, an echo request, or a packet without payload. @return its length. */
uint32_t cv_frame_make(const struct cv_frame_wish *wish, uint8_t frame[CV_FRAME_MADE_MAX]);

#endif
