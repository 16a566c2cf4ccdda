/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SenML packs (RFC 8428) in JSON and CBOR. A pack is read as a whole before anything is emitted,
 * so a broken pack leaves no half of itself behind. Used by every decoder whose payloads carry it.
 */
#ifndef CV_SENML_H
#define CV_SENML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/emit.h"

/** Most measurements in one pack; a larger pack is not decoded. */
#define CV_SENML_ENTRIES_MAX 256

/* How the bytes of a text are written in the payload. */
enum cv_senml_form {
	CV_SENML_PLAIN,
	CV_SENML_ESCAPED, /* JSON with backslashes, RFC 8259 7 */
	CV_SENML_BASE64URL, /* data value in JSON, RFC 8428 5 */
	CV_SENML_CHUNKS, /* CBOR string of indefinite length, RFC 8949 3.2.3 */
};

/** A text or byte string; points into the payload. */
struct cv_senml_text {
	const uint8_t *data;
	uint32_t len; /* bytes as written */
	uint32_t form; /* enum cv_senml_form */
};

/** One measurement with the base values applied (RFC 8428 4.6), except for names and units. */
struct cv_senml_entry {
	struct cv_senml_text base_name, name;
	struct cv_senml_text unit; /* len 0 = none */
	struct cv_senml_text text; /* string or data value */
	double value; /* 0 or 1 for a boolean */
	double sum;
	double time; /* s; below 2^28 relative to now (4.5.3) */
	uint8_t type; /* enum cv_value_type; NONE when there is only a sum */
	bool has_sum;
	bool has_time;
};

struct cv_senml_pack {
	uint32_t count;
	struct cv_senml_entry entry[CV_SENML_ENTRIES_MAX];
};

/**
 * Read a pack.
 *
 * @param stream SensML (4.8): the end of the outermost array may be missing.
 * @return 0; -EBADMSG malformed or not to be understood (newer version, "must understand" field);
 *         -E2BIG more than CV_SENML_ENTRIES_MAX measurements.
 */
int cv_senml_json(struct cv_senml_pack *pack, const uint8_t *data, size_t len, bool stream);
int cv_senml_cbor(struct cv_senml_pack *pack, const uint8_t *data, size_t len, bool stream);

/** What a record of a SenML measurement gets from the message around it. */
struct cv_senml_origin {
	const uint8_t *name; /* used where the pack names only the device */
	size_t name_len;
	const uint8_t *device; /* DEVICE where the pack names no device; may be NULL */
	size_t device_len;
	const uint8_t *code; /* CODE, may be NULL */
	size_t code_len;
	/** Set head fields and append the TLVs that all records of the message share. */
	void (*complete)(void *arg, struct cv_record *rec);
	/* Name the record, and say the unit where the pack does not; false: it is NAME. May be NULL. */
	bool (*put_name)(struct cv_emit *e, struct cv_record *rec,
			 const struct cv_senml_entry *entry, const uint8_t *name, size_t len);
	void *arg;
	enum cv_lane lane;
	enum cv_kind kind;
};

/**
 * Emit a pack as records: one per value, and one per sum, whose CODE ends in "s". A name that starts
 * with a device URN (RFC 9039) is split into DEVICE and NAME.
 */
void cv_senml_emit(struct cv_emit *e, const struct cv_senml_pack *pack,
		   const struct cv_senml_origin *o);

/* Between the parts of this module. */

/* Fields by CBOR label, from -6 (RFC 8428 6, table 4). */
#define CV_SENML_FIELDS(X)                                                                         \
	X(BASE_SUM, "bs", NUMBER)                                                                  \
	X(BASE_VALUE, "bv", NUMBER)                                                                \
	X(BASE_UNIT, "bu", TEXT)                                                                   \
	X(BASE_TIME, "bt", NUMBER)                                                                 \
	X(BASE_NAME, "bn", TEXT)                                                                   \
	X(BASE_VERSION, "bver", NUMBER)                                                            \
	X(NAME, "n", TEXT)                                                                         \
	X(UNIT, "u", TEXT)                                                                         \
	X(VALUE, "v", NUMBER)                                                                      \
	X(STRING, "vs", TEXT)                                                                      \
	X(BOOLEAN, "vb", BOOLEAN)                                                                  \
	X(SUM, "s", NUMBER)                                                                        \
	X(TIME, "t", NUMBER)                                                                       \
	X(UPDATE, "ut", NUMBER)                                                                    \
	X(DATA, "vd", DATA)
#define CV_SENML_FIELD_ROW(id, name, type) CV_SENML_##id,
enum cv_senml_field { CV_SENML_FIELDS(CV_SENML_FIELD_ROW) CV_SENML_FIELD_COUNT };
#define CV_SENML_FIRST_LABEL (-6)
enum cv_senml_type {
	CV_SENML_TYPE_NUMBER,
	CV_SENML_TYPE_TEXT,
	CV_SENML_TYPE_BOOLEAN,
	CV_SENML_TYPE_DATA,
};
extern const uint8_t cv_senml_types[CV_SENML_FIELD_COUNT]; /* enum cv_senml_type */

/** A record as written, and the base values before it. */
struct cv_senml_reader {
	struct cv_senml_pack *pack;
	uint32_t seen; /* bit per enum cv_senml_field: present in this record */
	uint32_t base; /* likewise: base values in force */
	struct cv_senml_text text[CV_SENML_FIELD_COUNT];
	double number[CV_SENML_FIELD_COUNT]; /* booleans as 0 or 1 */
	struct cv_senml_text base_name, base_unit;
	double base_time, base_value, base_sum, version;
};

static inline void cv_senml_begin(struct cv_senml_reader *r, struct cv_senml_pack *pack)
{
	r->pack = pack;
	r->base = 0;
	r->base_name.len = r->base_unit.len = 0;
	r->base_name.form = r->base_unit.form = CV_SENML_PLAIN;
	r->base_time = r->base_value = r->base_sum = 0;
}

/** Field of a label in text, or -ENOENT to ignore it, -EBADMSG for "must understand" (4.4). */
int cv_senml_label(const uint8_t *label, size_t len);
/** The record's fields are complete: resolve it into the pack. @return 0, -EBADMSG, -E2BIG. */
int cv_senml_record(struct cv_senml_reader *r);
/** Is @p t, which its reader found well-formed, valid as text or base64url? */
bool cv_senml_text_valid(const struct cv_senml_text *t);
/** Write up to @p max bytes of @p t's value. @return bytes written; *cut when there were more. */
size_t cv_senml_text_copy(const struct cv_senml_text *t, uint8_t *to, size_t max, bool *cut);

#endif
