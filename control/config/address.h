/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and prefixes as people write them, both ways. */
#ifndef CV_ADDRESS_H
#define CV_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/** Room for any prefix cv_prefix_show() writes: an IPv6 address, "/128", zero. */
#define CV_PREFIX_TEXT_MAX 52

struct cv_prefix {
	uint8_t addr[16]; /* network order; IPv4 in the first four bytes, the rest zero */
	uint8_t family; /* 4 or 6; 0 = any address */
	uint8_t len; /* bits */
};

/**
 * Read "10.1.0.0/16", "fd00:1::/64", or an address, which is a prefix of its full length.
 *
 * @return 0; -EINVAL: not of this form.
 */
int cv_prefix_parse(const char *text, struct cv_prefix *ret);

/** Are there bits behind the length, which a prefix must not have? */
bool cv_prefix_has_host_bits(const struct cv_prefix *p);

/** Address bits that the prefix fixes, network order; as many bytes as cv_prefix.addr has. */
void cv_prefix_mask(const struct cv_prefix *p, uint8_t ret[16]);

/** Does the prefix name one address? */
bool cv_prefix_is_address(const struct cv_prefix *p);

/** Write so that reading gives the same: an address without length, "any" for family 0. */
void cv_prefix_show(const struct cv_prefix *p, char text[CV_PREFIX_TEXT_MAX]);

#endif
