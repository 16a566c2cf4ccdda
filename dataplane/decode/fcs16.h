/* SPDX-License-Identifier: Apache-2.0 */
/* The 16-bit frame check sequence of HDLC (ISO/IEC 13239), also known as CRC-16/X.25. */
#ifndef CV_FCS16_H
#define CV_FCS16_H

#include <stddef.h>
#include <stdint.h>

/** The check sequence of some bytes, sent low byte first. */
uint16_t cv_fcs16(const uint8_t *data, size_t len);

#endif
