/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as SenML records (RFC 8428): what both of its encodings write. An event is one record, a
 * position one for each of its parts. Fields that SenML does not know are for readers who do: it
 * has others pass over them (section 4.4).
 */
#ifndef CV_SENML_PROJECTION_H
#define CV_SENML_PROJECTION_H

#include "control/projection/projection.h"

enum cv_senml_value {
	CV_SENML_F64, /* finite */
	CV_SENML_I64,
	CV_SENML_U64,
	CV_SENML_BOOL,
	CV_SENML_TEXT,
	CV_SENML_DATA,
};

struct cv_senml_text {
	const void *data;
	size_t len;
};

struct cv_senml_item {
	bool first; /* of the pack */
	struct cv_senml_text name;
	struct cv_senml_text unit; /* len 0 = none */
	enum cv_senml_value type;
	union {
		double f64;
		int64_t i64;
		uint64_t u64;
		struct cv_senml_text text;
	} value;
	int64_t time_ns; /* since the Unix epoch; 0 = not told */
	struct cv_senml_text id; /* of the event, for dropping repeats: "id" */
	const char *quality; /* "quality"; NULL = not stated */
	struct cv_senml_text area; /* most exact code of the device's: "area"; len 0 = none */
	const struct cv_log_gap *gap; /* "reason", "from", "to"; NULL = no gap of the stream */
};

/** Writes one record of the pack. */
typedef void cv_senml_put(struct cv_json *out, const struct cv_senml_item *item);

void cv_senml_put_record(struct cv_json *out, const struct cv_projection_at *at,
			 const struct cv_record *rec, cv_senml_put *put);
void cv_senml_put_gap(struct cv_json *out, const struct cv_projection_at *at,
		      const struct cv_log_gap *gap, cv_senml_put *put);

/**
 * What an event without a value says: its text, else its operation, else its kind.
 */
struct cv_senml_text cv_projection_words(const struct cv_record *rec);

/** When a value was: as the device says where that is worth something, else when it was received. */
int64_t cv_projection_time(const struct cv_record *rec);

/** "<node>/<lane>/<sequence>". */
void cv_projection_id(struct cv_json *out, const char *node, unsigned int lane, uint64_t seq);

#endif
