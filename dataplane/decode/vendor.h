/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the decoder of described frames. Descriptions: dataplane/policy/vendor.h. */
#ifndef CV_DECODE_VENDOR_H
#define CV_DECODE_VENDOR_H

#include "dataplane/decode/decoder.h"

/** Unsigned number of 1 to 8 bytes. */
static inline uint64_t vendor_uint(const uint8_t *p, unsigned int size, bool big)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value = value << 8 | p[big ? i : size - 1 - i];
	return value;
}

/** The check code of @p len bytes. */
uint32_t vendor_checksum(enum cv_vendor_checksum kind, const uint8_t *data, size_t len);
/** Records of a sound frame of @p len bytes, and what it says for the policy. */
void vendor_emit(struct cv_decode *d, const struct cv_gen_vendor *v, const uint8_t *data,
		 size_t len);

#endif
