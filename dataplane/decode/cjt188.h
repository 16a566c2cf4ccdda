/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the CJ/T 188 decoder. */
#ifndef CV_CJT188_H
#define CV_CJT188_H

#include "dataplane/decode/decoder.h"

#define CJT188_ADDRESS_DIGITS 14

/* Control code. */
#define CJT188_ANSWER 0x80u
#define CJT188_ABNORMAL 0x40u
#define CJT188_FUNCTION 0x3fu

#define CJT188_FUNCTIONS(X)                                                                        \
	X(READ, 0x01, "read")                                                                      \
	X(READ_ADDRESS, 0x03, "read-address")                                                      \
	X(WRITE, 0x04, "write")                                                                    \
	X(READ_KEY_VERSION, 0x09, "read-key-version")                                              \
	X(SET_ADDRESS, 0x15, "set-address")                                                        \
	X(SET_BASE, 0x16, "set-base") /* the register, to what the dials show */                   \
	X(VALVE, 0x2a, "valve") /* not in the standard, common */

#define CJT188_FUNCTION_ROW(id, number, name) CJT188_##id = number,
enum cjt188_function { CJT188_FUNCTIONS(CJT188_FUNCTION_ROW) };

/* Kind of meter by the high digit of T. */
enum cjt188_kind { CJT188_WATER = 1, CJT188_HEAT = 2, CJT188_GAS = 3, CJT188_ELECTRICITY = 4 };

/** A frame whose check code is right. On the stack of the decoder. */
struct cjt188_frame {
	struct cv_decode *d;
	const uint8_t *data; /* len bytes */
	uint8_t type; /* T as sent */
	uint8_t control;
	uint8_t len;
	bool named; /* the address is one meter's */
	uint32_t size; /* whole frame, bytes */
	char address[CJT188_ADDRESS_DIGITS]; /* high digit first */
};

/** Name of a function, NULL when it has none. */
const char *cjt188_function_name(unsigned int function);
/** Emit the records of a frame. @return CV_REJECT_NONE, or why its content cannot be. */
enum cv_reject cjt188_records(const struct cjt188_frame *f);

#endif
