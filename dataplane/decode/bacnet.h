/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the BACnet/IP decoder. Clauses of ASHRAE 135-2016: 6 network layer, 20 application layer,
 * annex J BACnet/IP. Everything of more than one byte is big-endian.
 *
 * An APDU is gone through twice: first without records, to see whether all of it is what its service
 * wants, then with them. So a frame that is rejected in the middle has made none.
 */
#ifndef CV_BACNET_H
#define CV_BACNET_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/reader.h"

#define BACNET_NONE 0xffffffffu /* no array index, no unit, no device */

/* APDU types (20.1). */
enum bacnet_pdu_type {
	BACNET_CONFIRMED,
	BACNET_UNCONFIRMED,
	BACNET_SIMPLE_ACK,
	BACNET_COMPLEX_ACK,
	BACNET_SEGMENT_ACK,
	BACNET_ERROR,
	BACNET_REJECT,
	BACNET_ABORT,
};

/* Services that are taken apart (21). */
enum bacnet_confirmed {
	BACNET_COV_CONFIRMED = 1,
	BACNET_EVENT_CONFIRMED = 2,
	BACNET_SUBSCRIBE_COV = 5,
	BACNET_READ_PROPERTY = 12,
	BACNET_READ_MULTIPLE = 14,
	BACNET_WRITE_PROPERTY = 15,
	BACNET_WRITE_MULTIPLE = 16,
	BACNET_COMMUNICATION_CONTROL = 17,
	BACNET_REINITIALIZE = 20,
	BACNET_SUBSCRIBE_COV_PROPERTY = 28,
};

enum bacnet_unconfirmed {
	BACNET_I_AM = 0,
	BACNET_I_HAVE = 1,
	BACNET_COV = 2,
	BACNET_EVENT = 3,
	BACNET_TIME = 6,
	BACNET_WHO_HAS = 7,
	BACNET_WHO_IS = 8,
	BACNET_UTC_TIME = 9,
};

/* Application tags (20.2.1.4). */
enum bacnet_application {
	BACNET_NULL,
	BACNET_BOOLEAN,
	BACNET_UNSIGNED,
	BACNET_SIGNED,
	BACNET_REAL,
	BACNET_DOUBLE,
	BACNET_OCTETS,
	BACNET_CHARACTERS,
	BACNET_BITS,
	BACNET_ENUMERATED,
	BACNET_DATE,
	BACNET_TIME_OF_DAY,
	BACNET_OBJECT,
	BACNET_APPLICATION_COUNT,
};

/* Properties with a meaning here (21). */
enum bacnet_property {
	BACNET_PRESENT_VALUE = 85,
	BACNET_STATUS_FLAGS = 111,
	BACNET_UNITS = 117,
};

/* Status flags (21), first bit first. */
#define BACNET_IN_ALARM 0x80u
#define BACNET_FAULT 0x40u
#define BACNET_OVERRIDDEN 0x20u
#define BACNET_OUT_OF_SERVICE 0x10u

/** A tag and, of a primitive one, its content. */
struct bacnet_tag {
	uint8_t number;
	bool context, opening, closing;
	uint8_t flag; /* content of an application boolean */
	uint32_t len;
	const uint8_t *data;
};

/** An object and what the message says of its value as a whole. */
struct bacnet_object {
	uint16_t type;
	uint32_t instance;
	uint32_t units; /* BACNET_NONE = not said */
	uint8_t status; /* BACNET_IN_ALARM ..., where said */
	bool has_status;
};

/** An APDU in hand. On the stack of the decoder. */
struct bacnet_pdu {
	struct cv_decode *d; /* NULL with quiet set: nobody wants records */
	struct cv_reader r; /* behind the service choice */
	unsigned int quiet; /* > 0: no records */
	uint32_t size; /* whole message, bytes */
	uint32_t device; /* instance of the device it is from, BACNET_NONE = not said */
	uint8_t type; /* enum bacnet_pdu_type */
	uint8_t service;
	uint8_t invoke;
	uint8_t sequence; /* of a segment */
	bool segmented;
	uint8_t reason; /* of a reject or abort */
	const uint8_t *far; /* address behind a router, NULL = on this network */
	uint16_t far_net;
	uint8_t far_len;
};

/* bacnet_tag.c */

/** Take a tag with its content. @return false when it is malformed or not all there. */
bool bacnet_tag(struct cv_reader *r, struct bacnet_tag *t);
/** As bacnet_tag(), and the tag stays where it is. */
bool bacnet_peek(const struct cv_reader *r, struct bacnet_tag *t);
/** Take a primitive context tag of this number; leave anything else. */
bool bacnet_context(struct cv_reader *r, uint8_t number, struct bacnet_tag *t);
bool bacnet_application(struct cv_reader *r, uint8_t number, struct bacnet_tag *t);
bool bacnet_open(struct cv_reader *r, uint8_t number);
bool bacnet_close(struct cv_reader *r, uint8_t number);
/**
 * Take everything up to the tag that closes @p number, and that.
 *
 * @param ret what stood before the closing tag.
 * @return false when a tag is malformed, closed wrongly, or nested too deep.
 */
bool bacnet_inside(struct cv_reader *r, uint8_t number, struct cv_reader *ret);
/** Value of an unsigned or enumerated content, 1 to 4 bytes. */
bool bacnet_unsigned(const struct bacnet_tag *t, uint32_t *ret);
bool bacnet_object_id(const struct bacnet_tag *t, struct bacnet_object *ret);
/** The next tag is context @p number, and an unsigned or an object. */
bool bacnet_context_unsigned(struct cv_reader *r, uint8_t number, uint32_t *ret);
bool bacnet_context_object(struct cv_reader *r, uint8_t number, struct bacnet_object *ret);

/* bacnet_service.c, bacnet_event.c, bacnet_device.c: @return whether the content is what the service wants. */
bool bacnet_service(struct bacnet_pdu *p);
bool bacnet_event(struct bacnet_pdu *p);
bool bacnet_i_am(struct bacnet_pdu *p);
bool bacnet_i_have(struct bacnet_pdu *p);
bool bacnet_who(struct bacnet_pdu *p, bool has);
bool bacnet_set_clock(struct bacnet_pdu *p);
bool bacnet_control(struct bacnet_pdu *p);

/* bacnet_value.c */

/** Record of a property's value, the bytes of @p value between its tags. */
bool bacnet_put_property(struct bacnet_pdu *p, const struct bacnet_object *object,
			 uint32_t property, uint32_t index, struct cv_reader value);
/** What the value says of the object as a whole, remembered in it. */
void bacnet_remember(struct bacnet_object *object, uint32_t property, struct cv_reader value);
/** TLV TEXT from a character string; flagged where it is no text. */
void bacnet_put_string(struct bacnet_pdu *p, struct cv_record *rec, const struct bacnet_tag *t);
/** Date and time as one instant, Beijing time. */
bool bacnet_instant(const struct bacnet_tag *date, const struct bacnet_tag *time, int offset_s,
		    int64_t *ret);

/* bacnet_record.c */

/** Begin a record with what all of the message's have. Not while quiet. */
struct cv_record *bacnet_begin(struct bacnet_pdu *p, enum cv_lane lane, enum cv_kind kind);
/** "analog-input.4.present-value[2]" into CODE and, behind "raw.", into NAME; "analog-input-4" into SUB. */
void bacnet_put_code(struct bacnet_pdu *p, const struct bacnet_object *object, uint32_t property,
		     uint32_t index);
void bacnet_put_sub(struct bacnet_pdu *p, const struct bacnet_object *object);
void bacnet_put_label(struct bacnet_pdu *p, enum cv_tlv_tag tag, const struct cv_label *l);
void bacnet_label_object(struct cv_label *l, const struct bacnet_object *object,
			 const char *between);
void bacnet_label_property(struct cv_label *l, uint32_t property);
/** What is left of the service's content, as bytes. */
void bacnet_put_rest(struct bacnet_pdu *p, struct cv_record *rec);
/** Where in the city is the one that acts: does the message come from the device? */
bool bacnet_from_device(const struct bacnet_pdu *p);
/** enum cv_unit of an engineering unit, or CV_UNIT_NONE. */
unsigned int bacnet_unit(uint32_t units);

#endif
