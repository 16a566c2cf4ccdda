/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the SL 651 decoder. What is decoded: docs/protocols/sl651.md. */
#ifndef CV_SL651_H
#define CV_SL651_H

#include "dataplane/decode/decoder.h"

#define SL651_STATION 10 /* hexadecimal digits of a station's address */
#define SL651_MARK 18 /* "YYMMDDHHmmSS/serial" without its end is at most this */
#define SL651_PACKETS_MAX 256 /* of one transfer, told apart one by one */

/* Function codes (annex B) that the decoder itself has to know. */
#define SL651_KEEP_ALIVE 0x2f
#define SL651_UNIFORM 0x31
#define SL651_ADDED 0x33
#define SL651_MANUAL 0x35
#define SL651_PICTURE 0x36
#define SL651_PERIOD 0x38
#define SL651_MANUAL_QUERY 0x39
#define SL651_SET_BASIC 0x40
#define SL651_SET_RUNNING 0x42
#define SL651_GET_RUNNING 0x43
#define SL651_VERSION 0x45
#define SL651_PASSWORD 0x49
#define SL651_SET_CLOCK 0x4a
#define SL651_IC_CARD 0x4b
#define SL651_PUMPS 0x4c
#define SL651_VALVES 0x4d
#define SL651_GATES 0x4e
#define SL651_QUOTA 0x4f
#define SL651_EVENTS 0x50
#define SL651_CLOCK 0x51

/* Ends of frames (table 10). */
#define SL651_ETX 0x03
#define SL651_EOT 0x04
#define SL651_ENQ 0x05
#define SL651_ACK 0x06
#define SL651_NAK 0x15
#define SL651_ETB 0x17
#define SL651_ESC 0x1b

/** A frame taken apart (tables 16 to 23); points into the message. */
struct sl651_head {
	bool ascii;
	bool up;
	bool packets; /* SYN: numbered packets */
	uint8_t fn;
	uint8_t end;
	uint16_t total, index; /* packets of the transfer, and which this is, from 1; else 1, 1 */
	char station[SL651_STATION];
	const uint8_t *body; /* behind the packet numbers */
	size_t len;
	uint32_t size; /* of the frame, bytes */
};

/** A transfer of several packets, kept with the flow. */
struct sl651_transfer {
	int64_t ts;
	uint64_t seen[SL651_PACKETS_MAX / 64]; /* bit per packet */
	uint32_t bytes; /* of the picture so far */
	uint16_t total, got; /* packets; total 0 = no transfer */
	uint16_t serial;
	uint8_t fn;
	uint8_t time_quality;
	bool picture; /* the first packet was there and has a picture in it */
	bool begins, ends; /* as a JPEG file does */
	uint8_t mark_len;
	char mark[SL651_MARK + 2];
	char station[SL651_STATION];
};
_Static_assert(sizeof(struct sl651_transfer) <= CV_FLOW_STATE_MAX, "fits a flow");

/** A frame while its records are made. */
struct sl651_frame {
	struct cv_decode *d;
	const struct sl651_head *h;
	const char *station; /* whose values these are */
	char inner[SL651_STATION]; /* where the body names another one than the head */
	uint16_t serial;
	uint8_t time_quality;
	bool sent_known;
	bool stepped; /* a time step was given */
	bool trigger; /* the next value is what made the station report */
	int64_t sent; /* ns since the Unix epoch */
	int64_t ts; /* observation time in force */
	int64_t step; /* of a series, ns */
	unsigned int records;
	uint8_t mark_len;
	char mark[SL651_MARK + 2]; /* time of sending and serial number: the same in a repeat */
};

/** An element of table C.1. */
struct sl651_element {
	uint8_t id;
	char code[6]; /* in ASCII frames, zero-terminated */
	uint16_t name; /* enum cv_name, 0 = raw.<code> */
	int8_t shift; /* power of ten from the standard's unit to the name's */
	uint8_t stage; /* enum cv_stage_of_value */
	char sub[6]; /* component of the station, zero-terminated, "" = none */
};

/** @return NULL when there is none. */
const struct sl651_element *sl651_element(uint8_t id);
const struct sl651_element *sl651_element_by_code(const uint8_t *code, size_t len);
/** The table, for its test. */
const struct sl651_element *sl651_element_table(size_t *ret_count);
/** Name of a function code (annex B), NULL when the standard does not define it. */
const char *sl651_function(uint8_t fn);
/** Have the bodies of this function the station's class behind its address? */
bool sl651_has_class(uint8_t fn);
/** Are the identifiers in this function's bodies parameters (annex D)? */
bool sl651_is_parameters(uint8_t fn);

/** CRC-16 with the polynomial x16+x15+x2+1, reflected, all ones at the start. */
uint16_t sl651_crc(const uint8_t *data, size_t len);

/** What a value is called. */
struct sl651_item {
	const struct sl651_element *element; /* NULL = not in the table */
	const char *code; /* as sent */
	size_t code_len;
	bool parameter; /* of annex D */
};

/** Start a record about the station. */
struct cv_record *sl651_begin(struct sl651_frame *f, enum cv_lane lane, enum cv_kind kind);
/** A record for the frame itself. */
void sl651_bare(struct sl651_frame *f);
/**
 * A value as decimal text. @param shift power of ten in front of that of the element.
 * @param len 0 = the station says that it has no value.
 */
void sl651_number(struct sl651_frame *f, const struct sl651_item *it, const char *text, size_t len,
		  int shift);
/** A value that is text, in UTF-8 or GB 18030. @param name 0 = that of the item */
void sl651_text(struct sl651_frame *f, const struct sl651_item *it, unsigned int name,
		const uint8_t *text, size_t len);
/** Bytes that are carried as they are. */
void sl651_raw(struct sl651_frame *f, const struct sl651_item *it, const uint8_t *data, size_t len);
/** Several bits, as a number. @param name enum cv_name */
void sl651_bits(struct sl651_frame *f, unsigned int name, uint64_t bits);
/** The state word of table 58: itself, and an alarm for each bit that is one. */
void sl651_state(struct sl651_frame *f, uint32_t word);
/** A value that is not told: a password. */
void sl651_withheld(struct sl651_frame *f, const struct sl651_item *it);
/** What a downlink body asks for or sets. */
void sl651_command(struct sl651_frame *f, const uint8_t *data, size_t len);
/** A number in BCD, or bytes where it is none. */
void sl651_bcd(struct sl651_frame *f, const struct sl651_item *it, const uint8_t *data, size_t len,
	       int decimals);
/** Series of values of one or two bytes each (F4H to FCH). */
void sl651_series(struct sl651_frame *f, const struct sl651_item *it, const uint8_t *data,
		  size_t len);

/** A picture, or the beginning of one: its bytes, and when they are all there, that. */
void sl651_picture(struct sl651_frame *f, const uint8_t *data, size_t len);
/** A packet of a transfer that is no whole body by itself. */
void sl651_packet(struct sl651_frame *f, const uint8_t *data, size_t len);
/** Note the first packet of a transfer. */
void sl651_transfer_begin(struct sl651_frame *f);

/** Time from decimal digits YYMMDDHHmm[SS], Beijing time. @param digits 10 or 12. */
bool sl651_time(const uint8_t *digits, size_t count, int64_t *ret);
/** The body names a station: the following values are its. @param digits SL651_STATION */
void sl651_take_station(struct sl651_frame *f, const char *digits);
/** What stands behind the station's address in functions 4CH to 50H. @return false: not that */
bool sl651_special(struct sl651_frame *f, const uint8_t *data, size_t len);
/** Take an observation time: the following values are of then. */
void sl651_observed(struct sl651_frame *f, const uint8_t *digits);

/** Five or so bytes as hexadecimal digits, two each. */
void sl651_digits(const uint8_t *bytes, size_t digits, char *ret);

/** Records of a whole body behind serial number and time of sending. */
void sl651_hex(struct sl651_frame *f, const uint8_t *data, size_t len);
void sl651_ascii(struct sl651_frame *f, const uint8_t *data, size_t len);

/** Make the records of a frame whose check code is right. */
enum cv_reject sl651_body(struct cv_decode *d, const struct sl651_head *h);

#endif
