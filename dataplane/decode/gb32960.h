/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the GB/T 32960.3 decoder. What is decoded: docs/protocols/gb32960.md. */
#ifndef CV_GB32960_H
#define CV_GB32960_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/gb_text.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/reader.h"

#define GB32960_VIN 17
#define GB32960_TIME 6 /* bytes of a time */
#define GB32960_IS_COMMAND 0xfe /* in place of an answer's result */

enum gb32960_command {
	GB32960_LOGIN = 1,
	GB32960_REALTIME,
	GB32960_REISSUE,
	GB32960_LOGOUT,
	GB32960_PLATFORM_LOGIN,
	GB32960_PLATFORM_LOGOUT,
	GB32960_HEARTBEAT,
	GB32960_CLOCK,
	GB32960_QUERY = 0x80,
	GB32960_SET,
	GB32960_CONTROL,
};

/** A frame taken apart. Points into it. */
struct gb32960_frame {
	struct cv_decode *d;
	const uint8_t *data;
	size_t len;
	uint32_t size; /* on the wire, bytes */
	uint32_t serial; /* of a login, 0 = none */
	uint8_t command, answer, encryption;
	uint8_t direction; /* enum cv_direction */
	uint8_t stage; /* enum cv_stage_of_value */
	uint8_t time_quality; /* of ts */
	int64_t ts; /* ns since the Unix epoch */
	uint8_t device_len; /* 0 = none */
	char device[2 * GB32960_VIN];
};

/** A number on the wire: (raw * times - offset) / by is the value in the name's unit. */
struct gb32960_field {
	uint16_t name;
	uint8_t width; /* bytes */
	bool word; /* a state: told as it is */
	uint16_t by;
	uint32_t times;
	int32_t offset;
	const char *const *texts; /* of a state, from 1; NULL = none */
	uint8_t count;
};

/** Name of a command, NULL when it has none. */
const char *gb32960_name(uint8_t command);

/** Make the records of a frame. @return its data is laid out as the command's should be */
bool gb32960_body(struct gb32960_frame *f);
/** Items of information behind the time. @return they come out even and are all known */
bool gb32960_items(const struct gb32960_frame *f, struct cv_reader *r);
/** Items with alarms and with lists of cells and probes. @return false: longer than what is there */
bool gb32960_alarms(const struct gb32960_frame *f, struct cv_reader *r);
bool gb32960_cells(const struct gb32960_frame *f, struct cv_reader *r);
bool gb32960_probes(const struct gb32960_frame *f, struct cv_reader *r);
/** Temperatures of @p count probes, a byte each. */
void gb32960_temperatures(const struct gb32960_frame *f, unsigned int name, const char *code,
			  const struct cv_label *sub, const uint8_t *at, size_t count);

/* Records, gb32960_records.c. */

struct cv_record *gb32960_begin(const struct gb32960_frame *f, enum cv_lane lane,
				enum cv_kind kind);
/** Begin a record of a name in the lane that is the name's. @p sub NULL = of the vehicle */
struct cv_record *gb32960_named(const struct gb32960_frame *f, unsigned int name, const char *code,
				const struct cv_label *sub);
void gb32960_end(const struct gb32960_frame *f);
void gb32960_put(const struct gb32960_frame *f, enum cv_tlv_tag tag, const struct cv_label *l);
void gb32960_put_str(const struct gb32960_frame *f, enum cv_tlv_tag tag, const char *text);
/** Bytes that are carried as they are. */
void gb32960_raw(const struct gb32960_frame *f, const char *text, const uint8_t *at, size_t len);
/** The record of a field. @p raw all ones or one less: invalid or abnormal (6.2) */
void gb32960_value(const struct gb32960_frame *f, const struct gb32960_field *field, uint32_t raw,
		   const char *code, const struct cv_label *sub);
/**
 * Read fields of an item in their order.
 *
 * @param code item and number of the first field: GB32960_CODE(1, 4) gives "01.4".
 */
void gb32960_fields(const struct gb32960_frame *f, const struct gb32960_field *fields,
		    unsigned int count, unsigned int code, const struct cv_label *sub,
		    struct cv_reader *r);
#define GB32960_CODE(item, field) ((unsigned int)(item) << 8 | (field))
/** Year to second, binary, Beijing time. @return enum cv_time_quality; *ret 0 where it is none */
uint8_t gb32960_time(const uint8_t *at, int64_t *ret);

#endif
