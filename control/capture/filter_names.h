/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_FILTER_NAMES_H
#define CV_FILTER_NAMES_H

#include <stddef.h>

/**
 * Find a word in a libpcap filter expression that libpcap would look up as the name of a host or
 * a network: that may ask a name server and block. Names of services and protocols are local.
 *
 * @param ret the word, zero-terminated; set when there is one.
 * @return 0, or -EINVAL: @p ret is such a word.
 */
int cv_filter_names(const char *expression, char *ret, size_t size);

#endif
