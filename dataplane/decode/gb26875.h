/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the GB/T 26875.3 decoder. Clauses are those of GB/T 26875.3-2011. */
#ifndef CV_GB26875_H
#define CV_GB26875_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"

/* 6.6.5: what a frame is for. */
enum gb26875_command {
	GB26875_CONTROL = 1,
	GB26875_SEND,
	GB26875_CONFIRM,
	GB26875_REQUEST,
	GB26875_ANSWER,
	GB26875_DENY,
};

#define GB26875_ADDRESS 6 /* bytes of an address */
#define GB26875_TIME 6 /* bytes of a time */

/** A frame taken apart. Pieces point into it. */
struct gb26875_frame {
	struct cv_decode *d;
	const uint8_t *app; /* data unit: type, count, objects */
	uint16_t app_len;
	uint16_t serial;
	uint8_t command;
	uint8_t type; /* of the data unit, 0 where it is empty */
	uint8_t direction; /* enum cv_direction */
	uint8_t time_quality; /* of ts */
	int64_t ts; /* when the device sent it */
	uint32_t size; /* bytes on the wire */
	char device[2 * GB26875_ADDRESS]; /* the device's end, hexadecimal, highest byte first */
	uint8_t device_len; /* 0: the address is all zeros, which is none */
};

/** What a data unit's objects are like (8.3). */
struct gb26875_type {
	const char *name; /* NULL: not in the standard */
	uint8_t size; /* bytes of an object without its time; of its head where text follows */
	bool timed; /* a time follows */
	bool text; /* the head's last byte is the length of a text behind it */
	bool maybe_timed; /* editions differ in whether a time follows */
};

/** Never NULL: an unknown type has no name. */
const struct gb26875_type *gb26875_type(uint8_t type);

/** One object of a data unit. */
struct gb26875_object {
	const uint8_t *data;
	const uint8_t *text; /* where the type has one of its own length */
	uint8_t text_len;
	const uint8_t *time; /* NULL = none */
};

/**
 * The time of a frame or an object: second to year, plain binary, Beijing time.
 *
 * @param ret set when CV_TIME_DEVICE is returned; else 0.
 * @return enum cv_time_quality: absent where all is zero.
 */
uint8_t gb26875_time(const uint8_t *time, int64_t *ret);

/** Does the data unit hold what its type and count say? Else it is a vendor's own. */
bool gb26875_fits(const struct gb26875_frame *f);

/** Emit the records of a frame: one per object and condition, or one for the frame. */
void gb26875_records(struct gb26875_frame *f);

/* Records of objects and frames, gb26875_emit.c. */
void gb26875_emit_object(const struct gb26875_frame *f, const struct gb26875_object *o);
void gb26875_emit_bare(const struct gb26875_frame *f);
/** Of a data unit whose layout is not known: its bytes. */
void gb26875_emit_raw(const struct gb26875_frame *f);

/* Pieces of a record, gb26875_record.c. */

/** Begin a record with what all of the frame's have: who, when, direction, numbers, method. */
struct cv_record *gb26875_begin(const struct gb26875_frame *f, enum cv_lane lane,
				enum cv_kind kind);
/** An object's own time goes before the frame's. */
void gb26875_take_time(struct cv_record *rec, const struct gb26875_object *o);
/** "1-3" is system type 1, address 3; of components "1-3.42-00010001" with type and address. */
void gb26875_put_sub(const struct gb26875_frame *f, const struct gb26875_object *o);
/** Type of the data unit and number within: "2.1" is bit 1 of a component's state. */
void gb26875_put_code(const struct gb26875_frame *f, uint32_t number);
/** "raw.WHAT-NUMBER", where @p what ends with the hyphen. */
void gb26875_put_raw_name(const struct gb26875_frame *f, const char *what, uint32_t number);
/** GB 18030 up to the first zero, without the blanks that fill it up; flagged where it is not. */
void gb26875_put_text(const struct gb26875_frame *f, struct cv_record *rec, const uint8_t *text,
		      size_t len);
void gb26875_put_label(const struct gb26875_frame *f, enum cv_tlv_tag tag,
		       const struct cv_label *l);

#endif
