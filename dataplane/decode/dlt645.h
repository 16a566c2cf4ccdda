/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the DL/T 645 decoder. */
#ifndef CV_DLT645_H
#define CV_DLT645_H

#include "dataplane/decode/decoder.h"

#define DLT645_ADDRESS_DIGITS 12

/* Control code. */
#define DLT645_ANSWER 0x80u
#define DLT645_ABNORMAL 0x40u
#define DLT645_MORE 0x20u /* another frame follows with the rest */
#define DLT645_FUNCTION 0x1fu

/* Functions; those of 1997 have numbers of their own but for 03 and 08. */
#define DLT645_FUNCTIONS(X)                                                                        \
	X(READ_97, 0x01, "read-1997")                                                              \
	X(READ_NEXT_97, 0x02, "read-next-1997")                                                    \
	X(AUTHENTICATE, 0x03, "authenticate") /* 1997: read again */                               \
	X(WRITE_97, 0x04, "write-1997")                                                            \
	X(BROADCAST_TIME, 0x08, "broadcast-time")                                                  \
	X(SET_ADDRESS_97, 0x0a, "set-address-1997")                                                \
	X(SET_BAUD_97, 0x0c, "set-baud-1997")                                                      \
	X(SET_PASSWORD_97, 0x0f, "set-password-1997")                                              \
	X(RESET_DEMAND_97, 0x10, "reset-demand-1997")                                              \
	X(READ, 0x11, "read")                                                                      \
	X(READ_NEXT, 0x12, "read-next")                                                            \
	X(READ_ADDRESS, 0x13, "read-address")                                                      \
	X(WRITE, 0x14, "write")                                                                    \
	X(SET_ADDRESS, 0x15, "set-address")                                                        \
	X(FREEZE, 0x16, "freeze")                                                                  \
	X(SET_BAUD, 0x17, "set-baud")                                                              \
	X(SET_PASSWORD, 0x18, "set-password")                                                      \
	X(RESET_DEMAND, 0x19, "reset-demand")                                                      \
	X(CLEAR_METER, 0x1a, "clear-meter")                                                        \
	X(CLEAR_EVENTS, 0x1b, "clear-events")                                                      \
	X(CONTROL, 0x1c, "control") /* trip, allow closing, alarm, keep supplied */                \
	X(SET_OUTPUT, 0x1d, "set-output")

#define DLT645_FUNCTION_ROW(id, number, name) DLT645_##id = number,
enum dlt645_function { DLT645_FUNCTIONS(DLT645_FUNCTION_ROW) };

/** A frame whose check code is right. On the stack of the decoder. */
struct dlt645_frame {
	struct cv_decode *d;
	uint8_t control; /* control code as sent */
	uint8_t len; /* bytes of data */
	bool named; /* the address is one meter's: no wildcard, no broadcast */
	uint32_t size; /* whole frame, bytes */
	char address[DLT645_ADDRESS_DIGITS]; /* high digit first */
	uint8_t data[255]; /* 33H taken off */
};

static inline unsigned int dlt645_function(const struct dlt645_frame *f)
{
	return f->control & DLT645_FUNCTION;
}

/** How the bytes of a data item are read. */
enum dlt645_form {
	DLT645_RAW, /* not known: carried as they are */
	DLT645_NUMBER, /* BCD */
	DLT645_DIGITS, /* BCD whose digits are no number: clock fields, meter numbers */
	DLT645_WORD, /* bits */
	DLT645_CLOCK, /* second, minute, hour, weekday, day, month, year */
};

/** One data item: what its identifier says. */
struct dlt645_item {
	uint8_t form; /* enum dlt645_form */
	uint8_t size; /* bytes, the time of a timed one not included */
	int8_t exponent; /* of ten, from the digits to the name's unit */
	bool negative; /* the top bit is a sign */
	bool timed; /* minute, hour, day, month, year of it follow */
	uint8_t stage; /* enum cv_stage_of_value */
	uint16_t name; /* 0 = raw */
	uint16_t unit;
	char sub[8]; /* phase, tariff, terminated; empty = the whole meter */
};

/** Items of a data block, one after the other; a single item is a block of one. */
struct dlt645_block {
	uint32_t first; /* identifier */
	uint32_t step;
	unsigned int most; /* items there can be */
};

/** Look an identifier up: DI3 to DI0 of 2007, DI1 and DI0 of 1997. Form RAW = not known. */
struct dlt645_item dlt645_item_2007(uint32_t di);
struct dlt645_item dlt645_item_1997(uint32_t di);
/** What an identifier with FF (2007) or F (1997) in a place stands for. */
struct dlt645_block dlt645_block_2007(uint32_t di);
struct dlt645_block dlt645_block_1997(uint32_t di);

/** Begin a record with what all records of the frame have. */
struct cv_record *dlt645_begin(const struct dlt645_frame *f, enum cv_lane lane, enum cv_kind kind);
/** Add an identifier, as the code, of 4 or 8 digits. */
void dlt645_put_code(const struct dlt645_frame *f, uint32_t di, bool edition_1997);
/** Emit the records of a read answer. @return false when it has no identifier. */
bool dlt645_emit_items(const struct dlt645_frame *f);
/** Emit the records of a frame. @return CV_REJECT_NONE, or why its content cannot be. */
enum cv_reject dlt645_records(const struct dlt645_frame *f);

#endif
