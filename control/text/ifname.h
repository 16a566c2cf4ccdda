/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An interface may be called by an alternative name (ip-link(8), altname): files of /sys, addresses and
 * nftables know the kernel's only.
 */
#ifndef CV_IFNAME_H
#define CV_IFNAME_H

#include <net/if.h>
#include <stdio.h>

/** The kernel's name of an interface; as it came where there is no such interface. Any thread. */
static inline void cv_kernel_ifname(const char *name, char ret[IF_NAMESIZE])
{
	unsigned int index = if_nametoindex(name);

	if (index == 0 || !if_indextoname(index, ret))
		snprintf(ret, IF_NAMESIZE, "%.15s", name);
}

#endif
