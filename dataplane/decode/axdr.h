/* SPDX-License-Identifier: Apache-2.0 */
/* A-XDR (IEC 61334-6) as DLMS and DL/T 698.45 use it: tagged values, arrays and structures of them. */
#ifndef CV_AXDR_H
#define CV_AXDR_H

#include "dataplane/decode/reader.h"

/* Tags that both have. */
enum cv_axdr_type {
	AXDR_NULL = 0,
	AXDR_ARRAY = 1,
	AXDR_STRUCTURE = 2,
	AXDR_BOOL = 3,
	AXDR_BITS = 4,
	AXDR_INT32 = 5,
	AXDR_UINT32 = 6,
	AXDR_OCTETS = 9,
	AXDR_VISIBLE = 10,
	AXDR_UTF8 = 12,
	AXDR_INT8 = 15,
	AXDR_INT16 = 16,
	AXDR_UINT8 = 17,
	AXDR_UINT16 = 18,
	AXDR_INT64 = 20,
	AXDR_UINT64 = 21,
	AXDR_ENUM = 22,
	AXDR_FLOAT32 = 23,
	AXDR_FLOAT64 = 24,
};

/** One value as encoded. */
struct cv_axdr {
	uint8_t type; /* enum cv_axdr_type, or one of the protocol's own */
	uint32_t count; /* elements of an array or structure */
	const uint8_t *at; /* content, behind tag, count and length */
	size_t len;
	const uint8_t *whole; /* from the tag on */
	size_t whole_len;
};

/** What a protocol has of its own. */
struct cv_axdr_types {
	const uint8_t *fixed; /* by tag: bytes of content plus one, 0 = another kind */
	size_t count; /* of fixed */
	/* Pass over the content of the others. @return values that follow and belong to it */
	size_t (*content)(struct cv_reader *r, uint8_t type);
};

/** Length, or count of elements. */
size_t cv_axdr_length(struct cv_reader *r);
/** Pass over a length and as many bytes. */
void cv_axdr_octets(struct cv_reader *r);
/** Read one value, whatever is in it. @return false with r->failed set. */
bool cv_axdr_read(struct cv_reader *r, const struct cv_axdr_types *types, struct cv_axdr *ret);
/** An integer of any width. @return false when it is none. */
bool cv_axdr_integer(const struct cv_axdr *value, bool *negative, uint64_t *ret);
/** A floating-point number. @return false when it is none. */
bool cv_axdr_float(const struct cv_axdr *value, double *ret);

#endif
