/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the HJ 212 decoder. Clauses are those of HJ 212-2017. */
#ifndef CV_HJ212_H
#define CV_HJ212_H

#include "dataplane/decode/decoder.h"

/** A piece of the frame at hand; data NULL = absent. */
struct hj212_text {
	const char *data;
	size_t len;
};

/** Header fields of a data segment (6.3.3). Pieces point into the segment. */
struct hj212_segment {
	struct hj212_text qn; /* request number, a time of 17 digits */
	struct hj212_text mn; /* device identity */
	struct hj212_text cp; /* between CP=&& and && */
	uint16_t st; /* system type, 0 = absent */
	uint16_t cn; /* command number */
	uint16_t packets; /* PNUM, 0 = not split */
	uint8_t flag; /* version in bits 2-7, bit 1 packet numbers, bit 0 answer wanted */
	uint32_t size; /* whole frame on the wire, bytes */
	bool twice; /* CN or MN is there more than once, in whatever case */
	bool text_valid; /* the whole segment is well-formed UTF-8 */
};

/**
 * Take a data segment apart. PW is passed over: no password leaves the decoder.
 *
 * @return CV_REJECT_NONE, or CV_REJECT_BAD_PAYLOAD when there is no CN or no CP.
 */
enum cv_reject hj212_segment_parse(const uint8_t *data, size_t len, struct hj212_segment *ret);

/**
 * A time as YYYYMMDDhhmmss or with three digits of milliseconds, Beijing time (UTC+8, no summer
 * time).
 *
 * @param ret ns since the Unix epoch, set when true.
 */
bool hj212_time(struct hj212_text text, int64_t *ret);

/** What a command number is about (6.6.5). */
struct hj212_command {
	uint16_t cn;
	uint8_t direction; /* enum cv_direction; UNKNOWN where both ends send it */
	uint8_t kind; /* enum cv_kind when it goes up */
	uint8_t stage; /* enum cv_stage_of_value of its data */
	const char *name;
};

/** Never NULL: an unknown number gives an entry without a name. */
const struct hj212_command *hj212_command(uint16_t cn);

/** A monitored factor (annex B): what it is called and how its values become canonical. */
struct hj212_factor {
	char code[8]; /* zero-padded */
	uint16_t name; /* enum cv_name, 0 = keep the code as raw name */
	uint16_t unit; /* enum cv_unit behind the shift */
	int8_t shift; /* power of ten from the standard's unit to that one */
	uint16_t flue_name; /* enum cv_name in stack gas, 0 = as anywhere */
	uint16_t flue_unit; /* enum cv_unit in stack gas */
};

/** @return NULL when the code is not in the table. */
const struct hj212_factor *hj212_factor(const char *code, size_t len);
/** The table, for its test. */
const struct hj212_factor *hj212_factor_table(size_t *ret_count);

/** Emit the records of one frame. */
void hj212_records(struct cv_decode *d, const struct hj212_segment *s);

#endif
