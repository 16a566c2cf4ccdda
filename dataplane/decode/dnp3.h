/* SPDX-License-Identifier: Apache-2.0 */
/* What the DNP3 decoder knows and others may ask: names of functions, the CRC. */
#ifndef CV_DNP3_H
#define CV_DNP3_H

#include <stddef.h>
#include <stdint.h>

/** "read"; "function" of one without a name. IEEE 1815-2012, 4.2.2.5 */
const char *dnp3_function_name(uint8_t function);
/** "reset-link", by the control octet; "link" of one without a name. IEEE 1815-2012, 9.2.4.1 */
const char *dnp3_link_name(uint8_t control);
uint16_t dnp3_crc(const uint8_t *p, size_t len);

#endif
