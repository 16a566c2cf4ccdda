/* SPDX-License-Identifier: Apache-2.0 */
/* What the reference sees in a frame. */
#ifndef CV_REFERENCE_PARSE_H
#define CV_REFERENCE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

struct seen {
	uint8_t dst_mac[6], src_mac[6];
	unsigned int vlan; /* of the outer tag, 0 = none */
	unsigned int ethertype; /* behind the tags */
	unsigned int family; /* 4, 6, 0 = not IP */
	uint8_t src[16], dst[16]; /* IPv4 in the first four */
	unsigned int proto; /* behind extension headers */
	bool first, later; /* fragment */
	uint8_t sport[2], dport[2]; /* as sent; zero where there are none */
	bool ports; /* TCP or UDP with its header here */
	uint32_t l3, l4; /* offsets of IP and of what is behind it */
};

/** @return 0, or the enum cv_reason that a frame is refused for as it stands. */
unsigned int reference_parse(const uint8_t *frame, uint32_t len, struct seen *s);

#endif
