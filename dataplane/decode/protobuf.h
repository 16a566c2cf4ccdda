/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking the fields of a Protocol Buffers message (encoding: protobuf.dev/programming-guides/encoding)
 * in place. A field's tag is number << 3 | wire type. Groups (wire types 3 and 4) were given up long
 * ago and are malformed here.
 */
#ifndef CV_PROTOBUF_H
#define CV_PROTOBUF_H

#include "dataplane/decode/reader.h"

enum cv_pb_wire { CV_PB_VARINT = 0, CV_PB_I64 = 1, CV_PB_LEN = 2, CV_PB_I32 = 5 };

struct cv_pb_field {
	uint32_t number; /* from 1 */
	uint8_t wire; /* enum cv_pb_wire */
	uint64_t value; /* of a varint, I64 or I32; of LEN the length */
	const uint8_t *data; /* of LEN */
};

/** Little-endian base 128; an eleventh byte, or bits beyond the 64th, are malformed. */
static inline uint64_t cv_pb_varint(struct cv_reader *r)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		uint8_t byte = cv_read_u8(r);

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	r->failed = true;
	return 0;
}

static inline uint64_t cv_pb_fixed(struct cv_reader *r, unsigned int bytes)
{
	const uint8_t *p = cv_read_bytes(r, bytes);
	uint64_t value = 0;

	for (unsigned int i = 0; p != NULL && i < bytes; i++)
		value |= (uint64_t)p[i] << 8 * i;
	return value;
}

/** The next field. @return false at the end of the message, and where it is malformed (r->failed). */
static inline bool cv_pb_next(struct cv_reader *r, struct cv_pb_field *f)
{
	uint64_t tag;

	if (r->failed || cv_reader_left(r) == 0)
		return false;
	tag = cv_pb_varint(r);
	f->number = (uint32_t)(tag >> 3);
	f->wire = tag & 7;
	f->data = NULL;
	if (tag >> 3 == 0 || tag >> 32 != 0)
		r->failed = true;
	switch (f->wire) {
	case CV_PB_VARINT:
		f->value = cv_pb_varint(r);
		break;
	case CV_PB_I64:
		f->value = cv_pb_fixed(r, 8);
		break;
	case CV_PB_I32:
		f->value = cv_pb_fixed(r, 4);
		break;
	case CV_PB_LEN:
		f->value = cv_pb_varint(r);
		if (f->value > cv_reader_left(r))
			r->failed = true;
		else
			f->data = cv_read_bytes(r, (size_t)f->value);
		break;
	default:
		r->failed = true;
	}
	return !r->failed;
}

#endif
