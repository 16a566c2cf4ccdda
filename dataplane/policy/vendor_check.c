/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/vendor.h"

#include <math.h>
#include <string.h>

#include "dataplane/normalize/vocabulary.h"
#include "dataplane/policy/generation.h"

static bool ends(const char *s, size_t size)
{
	return memchr(s, 0, size) != NULL;
}

static bool field_valid(const struct cv_generation *g, const struct cv_gen_vendor_field *f)
{
	unsigned int size;

	if (f->type >= CV_VENDOR_TYPE_COUNT || f->big > 1 || f->pad || f->pad2)
		return false;
	size = cv_vendor_type_size(f->type);
	if (f->size == 0 || (size != 0 && f->size != size) ||
	    (f->type == CV_VENDOR_TYPE_BCD && f->size > 8) || f->at > CV_VENDOR_FRAME_MAX ||
	    f->size > CV_VENDOR_FRAME_MAX)
		return false;
	if (f->bit > 31 || f->bits > 32 || f->shift < -15 || f->shift > 15)
		return false;
	return f->count <= CV_VENDOR_TEXTS_MAX && f->first <= g->vendor_texts.count &&
	       f->count <= g->vendor_texts.count - f->first && isfinite(f->factor) &&
	       isfinite(f->offset) && f->name_id < CV_NAME_COUNT && f->unit_id < CV_UNIT_COUNT &&
	       ends(f->name, sizeof(f->name)) && ends(f->unit_name, sizeof(f->unit_name)) &&
	       (f->name_id || f->name[0]);
}

static bool places_valid(const struct cv_gen_vendor *v)
{
	unsigned int size = cv_vendor_checksum_size(v->checksum);

	if (v->sync_len == 0 || v->sync_len > CV_VENDOR_MARK_MAX ||
	    v->end_len > CV_VENDOR_MARK_MAX || v->min == 0 || v->min > v->max ||
	    v->max > CV_VENDOR_FRAME_MAX || v->sync_len + v->end_len > v->min)
		return false;
	if (v->length_size > 4 || v->length_size == 3 || v->length_at + v->length_size > v->min)
		return false;
	if (v->length_size == 0 && (v->length_add < v->min || v->length_add > v->max))
		return false;
	if (v->checksum != CV_VENDOR_NONE && (v->checksum_end < size || v->checksum_end > v->min ||
					      v->checksum_from > v->min - v->checksum_end))
		return false;
	return v->id_at + v->id_size <= v->min && v->id_size <= 64 &&
	       v->type_at + v->type_size <= v->min && v->type_size <= 2 &&
	       (v->time_format == CV_VENDOR_TIME_NONE ||
		v->time_at + (v->time_format == CV_VENDOR_TIME_EPOCH ? 4 : 6) <= v->min);
}

static bool vendor_valid(const struct cv_generation *g, const struct cv_gen_vendor *v)
{
	return ends(v->name, sizeof(v->name)) && v->checksum < CV_VENDOR_CHECKSUM_COUNT &&
	       v->id_format < CV_VENDOR_ID_COUNT && v->time_format < CV_VENDOR_TIME_COUNT &&
	       !v->pad && v->count <= CV_VENDOR_FIELDS_MAX && v->first <= g->vendor_fields.count &&
	       v->count <= g->vendor_fields.count - v->first &&
	       !(v->id_format == CV_VENDOR_ID_UINT && v->id_size > 8) && places_valid(v);
}

bool cv_vendors_valid(const struct cv_generation *g)
{
	const struct cv_gen_vendor *v = cv_generation_at(g, g->vendors);
	const struct cv_gen_vendor_field *f = cv_generation_at(g, g->vendor_fields);
	const struct cv_gen_vendor_text *t = cv_generation_at(g, g->vendor_texts);

	for (uint32_t i = 0; i < g->vendors.count; i++) {
		if (!vendor_valid(g, &v[i]))
			return false;
	}
	for (uint32_t i = 0; i < g->vendor_fields.count; i++) {
		if (!field_valid(g, &f[i]))
			return false;
	}
	for (uint32_t i = 0; i < g->vendor_texts.count; i++) {
		if (!ends(t[i].text, sizeof(t[i].text)))
			return false;
	}
	return true;
}
