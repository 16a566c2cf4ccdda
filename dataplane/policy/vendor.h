/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of makers that follow no standard, described: the layout of a generation's sections `vendors`,
 * `vendor_fields` and `vendor_texts`. Made from the node's configuration, read by decode/vendor.c. Image
 * format; lists are append-only.
 */
#ifndef CV_VENDOR_H
#define CV_VENDOR_H

#include <stdbool.h>
#include <stdint.h>

struct cv_generation;

#define CV_VENDORS_MAX 64u
#define CV_VENDOR_FIELDS_MAX 256u /* of one frame */
#define CV_VENDOR_TEXTS_MAX 256u /* of one field */
#define CV_VENDOR_FRAME_MAX 4096u /* what a stream holds for a decoder */
#define CV_VENDOR_MARK_MAX 8u /* bytes of sync and end */

#define CV_VENDOR_CHECKSUMS(X)                                                                     \
	X(NONE, "none", 0)                                                                         \
	X(SUM8, "sum8", 1) /* sum of bytes, modulo 256 */                                          \
	X(XOR8, "xor8", 1)                                                                         \
	X(CRC16_MODBUS, "crc16-modbus", 2)                                                         \
	X(CRC16_X25, "crc16-x25", 2)                                                               \
	X(CRC16_CCITT, "crc16-ccitt", 2) /* polynomial 1021, high bit first, from FFFF */          \
	X(CRC16_XMODEM, "crc16-xmodem", 2) /* the same, from 0 */                                  \
	X(CRC32, "crc32", 4) /* IEEE 802.3 */

/* Types of fields, with their size; 0 = the description says it. */
#define CV_VENDOR_TYPES(X)                                                                         \
	X(U8, "u8", 1)                                                                             \
	X(S8, "s8", 1)                                                                             \
	X(U16, "u16", 2)                                                                           \
	X(S16, "s16", 2)                                                                           \
	X(U24, "u24", 3)                                                                           \
	X(S24, "s24", 3)                                                                           \
	X(U32, "u32", 4)                                                                           \
	X(S32, "s32", 4)                                                                           \
	X(F32, "f32", 4)                                                                           \
	X(F64, "f64", 8)                                                                           \
	X(BCD, "bcd", 0) /* decimal digits, two a byte */                                          \
	X(ASCII, "ascii", 0) /* text, cut at a zero byte, without blanks at its end */             \
	X(BYTES, "bytes", 0)

#define CV_VENDOR_ID_FORMATS(X)                                                                    \
	X(ASCII, "ascii")                                                                          \
	X(HEX, "hex")                                                                              \
	X(UINT, "uint")
#define CV_VENDOR_TIMES(X)                                                                         \
	X(NONE, "none")                                                                            \
	X(EPOCH, "epoch") /* u32, seconds since the Unix epoch */                                  \
	X(BCD, "bcd") /* year, month, day, hour, minute, second; Beijing time */

#define CV_VENDOR_ROW(id, ...) CV_VENDOR_##id,
#define CV_VENDOR_TYPE_ROW(id, ...) CV_VENDOR_TYPE_##id,
#define CV_VENDOR_ID_ROW(id, ...) CV_VENDOR_ID_##id,
#define CV_VENDOR_TIME_ROW(id, ...) CV_VENDOR_TIME_##id,
enum cv_vendor_checksum { CV_VENDOR_CHECKSUMS(CV_VENDOR_ROW) CV_VENDOR_CHECKSUM_COUNT };
enum cv_vendor_type { CV_VENDOR_TYPES(CV_VENDOR_TYPE_ROW) CV_VENDOR_TYPE_COUNT };
enum cv_vendor_id { CV_VENDOR_ID_FORMATS(CV_VENDOR_ID_ROW) CV_VENDOR_ID_COUNT };
enum cv_vendor_time { CV_VENDOR_TIMES(CV_VENDOR_TIME_ROW) CV_VENDOR_TIME_COUNT };

/** Size of a checksum, bytes. */
static inline unsigned int cv_vendor_checksum_size(unsigned int kind)
{
#define CV_VENDOR_SIZE_ROW(id, name, size) size,
	static const uint8_t sizes[] = {CV_VENDOR_CHECKSUMS(CV_VENDOR_SIZE_ROW)};

	return sizes[kind];
}

/** Size of a field type, bytes; 0 = stated by the field. */
static inline unsigned int cv_vendor_type_size(unsigned int type)
{
	static const uint8_t sizes[] = {CV_VENDOR_TYPES(CV_VENDOR_SIZE_ROW)};

	return sizes[type];
}

/** A frame. Places are offsets from its first sync byte. */
struct cv_gen_vendor {
	char name[32]; /* zero-terminated */
	uint8_t sync[CV_VENDOR_MARK_MAX], end[CV_VENDOR_MARK_MAX];
	uint8_t sync_len, end_len; /* sync 1-8, end 0-8 */
	uint8_t length_size; /* of the length field: 1, 2, 4; 0 = every frame has length_add bytes */
	uint8_t length_big; /* endianness, here and below: 1 = high byte first */
	uint16_t length_at;
	uint16_t length_add; /* bytes of the frame that the length field does not count */
	uint16_t min, max; /* bytes of the frame */
	uint8_t checksum; /* enum cv_vendor_checksum */
	uint8_t checksum_big;
	uint16_t checksum_from; /* first byte covered; the last one is before the checksum */
	uint16_t checksum_end; /* bytes from the checksum's first to the frame's end */
	uint16_t id_at, id_size; /* id_size 0 = the frame names no device */
	uint16_t type_at;
	uint8_t id_format; /* enum cv_vendor_id */
	uint8_t id_big;
	uint8_t type_size; /* 0, 1, 2 */
	uint8_t type_big;
	uint8_t time_format; /* enum cv_vendor_time */
	uint8_t time_big;
	uint16_t time_at;
	uint16_t count; /* of fields */
	uint16_t pad;
	uint32_t first; /* index into vendor_fields */
};
_Static_assert(sizeof(struct cv_gen_vendor) == 88, "generation layout");

#define CV_VENDOR_ANY UINT32_MAX /* any message type; no value to compare with */

struct cv_gen_vendor_field {
	double factor, offset; /* value = number * 10^shift * factor + offset */
	uint32_t when; /* message type that has the field, CV_VENDOR_ANY = all */
	uint32_t equals; /* the value is whether the number is this; CV_VENDOR_ANY = the number */
	uint32_t first; /* index into vendor_texts */
	uint16_t count; /* of texts */
	uint16_t at;
	uint16_t size; /* bytes */
	uint8_t type; /* enum cv_vendor_type */
	uint8_t big;
	uint8_t bit, bits; /* of an integer the bits from bit on, 0 lowest; bits 0 = all */
	int8_t shift;
	uint8_t pad;
	uint16_t name_id; /* vocabulary, 0 = name */
	uint16_t unit_id; /* unit list, 0 = unit_name */
	char name[48]; /* these are zero-terminated and may be empty */
	char unit_name[16];
	uint32_t pad2;
};
_Static_assert(sizeof(struct cv_gen_vendor_field) == 112, "generation layout");

/** What a number of a field is called. */
struct cv_gen_vendor_text {
	uint32_t value;
	char text[36]; /* zero-terminated */
};
_Static_assert(sizeof(struct cv_gen_vendor_text) == 40, "generation layout");

/** Are the sections, which are in bounds, sound? */
bool cv_vendors_valid(const struct cv_generation *g);

#endif
