/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/config/units.h"

static unsigned int bits_of(const struct cv_prefix *p)
{
	return p->family == 4 ? 32 : 128;
}

int cv_prefix_parse(const char *text, struct cv_prefix *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct cv_prefix p = {0};
	char addr[INET6_ADDRSTRLEN];
	uint64_t bits;

	if (len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, len);
	addr[len] = 0;
	p.family = strchr(addr, ':') ? 6 : 4;
	if (inet_pton(p.family == 4 ? AF_INET : AF_INET6, addr, p.addr) != 1)
		return -EINVAL;
	bits = bits_of(&p);
	if (slash && (cv_units_integer(slash + 1, &bits) < 0 || bits > bits_of(&p)))
		return -EINVAL;
	p.len = (uint8_t)bits;
	*ret = p;
	return 0;
}

bool cv_prefix_has_host_bits(const struct cv_prefix *p)
{
	for (unsigned int bit = p->len; p->family && bit < bits_of(p); bit++) {
		if (p->addr[bit / 8] & (0x80 >> (bit % 8)))
			return true;
	}
	return false;
}

void cv_prefix_mask(const struct cv_prefix *p, uint8_t ret[16])
{
	memset(ret, 0, sizeof(p->addr));
	for (unsigned int bit = 0; bit < p->len; bit++)
		ret[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
}

bool cv_prefix_is_address(const struct cv_prefix *p)
{
	return p->family && p->len == bits_of(p);
}

void cv_prefix_show(const struct cv_prefix *p, char text[CV_PREFIX_TEXT_MAX])
{
	char addr[INET6_ADDRSTRLEN];

	if (!p->family) {
		snprintf(text, CV_PREFIX_TEXT_MAX, "any");
		return;
	}
	inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, addr, sizeof(addr));
	if (cv_prefix_is_address(p))
		snprintf(text, CV_PREFIX_TEXT_MAX, "%s", addr);
	else
		snprintf(text, CV_PREFIX_TEXT_MAX, "%s/%u", addr, p->len);
}
