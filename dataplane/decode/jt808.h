/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the JT/T 808 decoder. What is decoded: docs/protocols/jt808.md. */
#ifndef CV_JT808_H
#define CV_JT808_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/gb_text.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/reader.h"

#define JT808_DEVICE_MAX 20 /* digits of a terminal's number; 12 before 2019 */
#define JT808_BODY_MAX 1023 /* bytes of one frame's body: ten bits */
#define JT808_TIME 6 /* bytes of a time, BCD */
#define JT808_LOCATION 28 /* bytes of a position without its extras */

/* Messages of several packets that are put together, per worker. */
#define JT808_TRANSFERS 16
#define JT808_PIECES_MAX 32
#define JT808_JOIN_MAX 8192 /* bytes */

/* Message ids that the decoder itself has to know. */
enum jt808_id {
	JT808_POSITION = 0x0200,
	JT808_MEDIA = 0x0801,
	JT808_UPGRADE = 0x8108,
};

/** A frame taken apart; points into its bytes without escapes. */
struct jt808_frame {
	struct cv_decode *d;
	const uint8_t *body;
	size_t len;
	uint32_t size; /* bytes on the wire */
	uint16_t id, serial;
	uint16_t total, index; /* packets of the message, and which this is, from 1; else 0, 0 */
	uint8_t encryption; /* 0 = none */
	uint8_t direction; /* enum cv_direction */
	bool v2019; /* the header with a version and a terminal number of 20 digits */
	bool uncertain; /* put together from packets whose serial numbers do not follow each other */
	uint8_t stage; /* enum cv_stage_of_value */
	uint8_t time_quality; /* of ts */
	int64_t ts; /* ns since the Unix epoch, what records get for their device time */
	uint8_t device_len;
	char device[JT808_DEVICE_MAX];
};

struct jt808_piece {
	uint16_t at, len; /* in the transfer's bytes, in the order they came */
	uint16_t serial;
	bool there;
};

/** A message of several packets that is not complete. */
struct jt808_transfer {
	int64_t ts; /* receive time of its latest packet */
	uint16_t id, total; /* total 0 = free */
	uint16_t got, used;
	uint16_t first; /* serial number that packet 1 has to have */
	bool uncertain;
	uint8_t device_len;
	char device[JT808_DEVICE_MAX];
	struct jt808_piece piece[JT808_PIECES_MAX];
	uint8_t bytes[JT808_JOIN_MAX];
};

struct jt808_worker {
	struct jt808_transfer transfer[JT808_TRANSFERS];
	uint8_t whole[JT808_JOIN_MAX]; /* the message put together, while it is decoded */
};

/**
 * A packet of a message of several.
 *
 * @return the message is complete, and @p f has all of its body; else the packet was told.
 */
bool jt808_join(struct jt808_frame *f);

/** Make the records of a whole message. @return its body is laid out as the message's should be */
bool jt808_body(struct jt808_frame *f);

/** "position"; NULL for an id that the standards do not have. */
const char *jt808_name(uint16_t id);

/* Records, jt808_records.c. */

/** Begin a record with what all of the frame's have: who, when, direction, numbers, method. */
struct cv_record *jt808_begin(const struct jt808_frame *f, enum cv_lane lane, enum cv_kind kind);
/** Begin a record of a name in the lane that is the name's; kind by lane, a command if it goes down. */
struct cv_record *jt808_named(const struct jt808_frame *f, unsigned int name);
void jt808_end(const struct jt808_frame *f);
void jt808_put(const struct jt808_frame *f, enum cv_tlv_tag tag, const struct cv_label *l);
void jt808_put_str(const struct jt808_frame *f, enum cv_tlv_tag tag, const char *text);

/** A value in the name's unit; @p code NULL = none. */
void jt808_value(const struct jt808_frame *f, unsigned int name, double value, const char *code);
/** A number without a unit. @p text detail for people, NULL = none */
void jt808_number(const struct jt808_frame *f, unsigned int name, uint64_t value, const char *code,
		  const struct cv_label *text);
/** GB 18030; nothing where it is empty. */
void jt808_text(const struct jt808_frame *f, unsigned int name, const uint8_t *text, size_t len);
/** Bytes of a body that may be told as they are: of what has passwords in it, none or the first. */
size_t jt808_tellable(const struct jt808_frame *f);
/** All of the body as bytes, but for passwords. */
void jt808_raw(const struct jt808_frame *f, const char *text);
/** One record without a value. */
void jt808_bare(const struct jt808_frame *f, enum cv_kind kind);

/** BCD, YYMMDDhhmmss, Beijing time. @return enum cv_time_quality; *ret 0 where there is none */
uint8_t jt808_time(const uint8_t *bcd, int64_t *ret);
/** One alarm for each bit of @p word. @p code what bits are counted from, "alarm-" */
void jt808_alarms(const struct jt808_frame *f, uint32_t word, const uint16_t *names,
		  unsigned int count, const char *code);
/** Names of the bits that are set. */
void jt808_bits(struct cv_label *l, uint32_t word, const char *const *names, unsigned int count);

/* Bodies. */
/**
 * A position, alarm and status words, and what is behind them up to @p len.
 *
 * @return false: shorter than a position.
 */
bool jt808_position(struct jt808_frame *f, const uint8_t *at, size_t len);
/** What a position says behind its 28 bytes; many terminals do not end it where they should. */
void jt808_extras(const struct jt808_frame *f, const uint8_t *at, size_t len);
/** Extras 64H to 67H, alarms of cameras and tyres (T/JSATL 12). @return false: not that */
bool jt808_active_safety(const struct jt808_frame *f, unsigned int id, const uint8_t *at,
			 size_t len);
bool jt808_location(struct jt808_frame *f, struct cv_reader *r);
bool jt808_located_answer(struct jt808_frame *f, struct cv_reader *r);
bool jt808_batch(struct jt808_frame *f, struct cv_reader *r);
bool jt808_register(struct jt808_frame *f, struct cv_reader *r);
bool jt808_authenticate(struct jt808_frame *f, struct cv_reader *r);
bool jt808_attributes(struct jt808_frame *f, struct cv_reader *r);
bool jt808_driver(struct jt808_frame *f, struct cv_reader *r);
bool jt808_parameters(struct jt808_frame *f, struct cv_reader *r);
bool jt808_set_parameters(struct jt808_frame *f, struct cv_reader *r);
bool jt808_can(struct jt808_frame *f, struct cv_reader *r);
bool jt808_passengers(struct jt808_frame *f, struct cv_reader *r);
bool jt808_media_event(struct jt808_frame *f, struct cv_reader *r);
bool jt808_media_data(struct jt808_frame *f, struct cv_reader *r);
bool jt808_media_list(struct jt808_frame *f, struct cv_reader *r);

#endif
