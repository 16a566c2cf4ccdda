/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_HJ212_CRC_H
#define CV_HJ212_CRC_H

#include <stddef.h>
#include <stdint.h>

/** Check code of a data segment of @p len bytes (HJ 212-2017 annex A). */
uint16_t cv_hj212_crc(const uint8_t *data, size_t len);

#endif
