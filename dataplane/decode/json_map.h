/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values out of JSON payloads: by the node's configuration (dataplane/policy/json_map.h), or, where
 * nobody says what a flat object means, its members as they are called. One pass over the text, no
 * allocation. Docs: docs/protocols/json.md.
 */
#ifndef CV_DECODE_JSON_MAP_H
#define CV_DECODE_JSON_MAP_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/json_read.h"
#include "dataplane/decode/senml.h"

/** Most members of an object that nobody has mapped. */
#define CV_JSON_FLAT_MAX 32

/**
 * Emit a payload by the first map of the generation whose filter matches the topic.
 *
 * @param proto enum cv_proto of the caller.
 * @param o name is the topic or path. Its lane and kind hold for names outside the vocabulary, and
 *        for all where the kind is not CV_KIND_MEASUREMENT.
 * @return true: at least one record was made.
 * @param ret_bad there is a map, and the payload is not JSON.
 */
bool cv_json_map_emit(struct cv_emit *e, const struct cv_generation *gen, unsigned int proto,
		      const struct cv_senml_origin *o, const uint8_t *data, size_t len,
		      bool *ret_bad);

/**
 * Emit an object whose members are all numbers, booleans, texts or null, one at least a number or
 * boolean, as records named "raw.MEMBER".
 *
 * @return false: it is none, or has more than CV_JSON_FLAT_MAX members; nothing was made.
 */
bool cv_json_flat_emit(struct cv_emit *e, const struct cv_senml_origin *o, const uint8_t *data,
		       size_t len);

/* Between the parts of this module. */

enum cv_json_found_kind {
	CV_JSON_ABSENT,
	CV_JSON_NUMBER,
	CV_JSON_TEXT,
	CV_JSON_BOOL,
	CV_JSON_NULL,
	CV_JSON_PARTS, /* an object or array */
};

/** A value in the payload. */
struct cv_json_found {
	uint8_t kind; /* enum cv_json_found_kind */
	bool is_true;
	struct cv_senml_text text; /* of a number as written, or a text */
};

/** Read a value without parts into @p f; of one with parts only kind is set and nothing is read. */
bool cv_json_scalar(struct cv_json_in *j, struct cv_json_found *f);
/**
 * Put a value into the record. A text that is a number is one where @p numeric.
 *
 * @param v shift, factor and offset; NULL = as it is.
 */
void cv_json_put_value(struct cv_emit *e, struct cv_record *rec, const struct cv_json_found *f,
		       const struct cv_gen_json_value *v, bool numeric);

#endif
