/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that the configuration describes: the places of the description, in their order. */
#include <string.h>

#include "dataplane/decode/vendor.h"
#include "dataplane/explain/explain.h"
#include "dataplane/normalize/vocabulary.h"

void cv_explain_vendor(struct cv_explain *x);

#define PLACES_MAX (CV_VENDOR_FIELDS_MAX + 8)

/* Where something stands in the frame. */
struct place {
	size_t at, len;
	const char *name;
	const struct cv_gen_vendor_field *field; /* NULL: it belongs to the frame */
	bool big, text, check;
};

struct frame {
	const struct cv_gen_vendor *v;
	const uint8_t *data;
	size_t len;
	unsigned int places;
	struct place place[PLACES_MAX];
};

static void add(struct frame *f, struct place p)
{
	unsigned int i = f->places;

	if (p.len == 0 || p.at + p.len > f->len || f->places == PLACES_MAX)
		return;
	for (; i > 0 && f->place[i - 1].at > p.at; i--)
		f->place[i] = f->place[i - 1];
	f->place[i] = p;
	f->places++;
}

static const char *field_name(const struct cv_gen_vendor_field *field)
{
	return field->name_id != 0 ? cv_name_text(field->name_id) : field->name;
}

static void add_all(struct frame *f, const struct cv_generation *gen)
{
	const struct cv_gen_vendor *v = f->v;
	const struct cv_gen_vendor_field *fields = cv_generation_at(gen, gen->vendor_fields);
	size_t sum = cv_vendor_checksum_size(v->checksum);
	uint32_t type =
		v->type_at + v->type_size <= f->len
			? (uint32_t)vendor_uint(f->data + v->type_at, v->type_size, v->type_big)
			: 0;

	add(f, (struct place){.len = v->sync_len, .name = "sync"});
	add(f, (struct place){.at = v->length_at,
			      .len = v->length_size,
			      .name = "length",
			      .big = v->length_big});
	add(f, (struct place){.at = v->id_at,
			      .len = v->id_size,
			      .name = "id",
			      .big = v->id_big,
			      .text = v->id_format == CV_VENDOR_ID_ASCII});
	add(f, (struct place){
		       .at = v->type_at, .len = v->type_size, .name = "type", .big = v->type_big});
	if (v->time_format != CV_VENDOR_TIME_NONE)
		add(f, (struct place){.at = v->time_at,
				      .len = v->time_format == CV_VENDOR_TIME_BCD ? 6 : 4,
				      .name = "time",
				      .big = v->time_big});
	for (uint32_t i = 0; i < v->count; i++) {
		const struct cv_gen_vendor_field *field = &fields[v->first + i];

		if (field->when == CV_VENDOR_ANY || field->when == type)
			add(f, (struct place){.at = field->at,
					      .len = field->size,
					      .name = field_name(field),
					      .field = field,
					      .big = field->big,
					      .text = field->type == CV_VENDOR_TYPE_ASCII});
	}
	if (sum != 0 && v->checksum_end <= f->len)
		add(f, (struct place){.at = f->len - v->checksum_end,
				      .len = sum,
				      .name = "check code",
				      .big = v->checksum_big,
				      .check = true});
	if (v->end_len <= f->len)
		add(f, (struct place){.at = f->len - v->end_len, .len = v->end_len, .name = "end"});
}

/* The number on the wire; of some bits, those. */
static uint64_t number(const struct frame *f, const struct place *p)
{
	uint64_t n = vendor_uint(f->data + p->at, (unsigned int)p->len, p->big);

	if (p->field != NULL && p->field->bits != 0)
		n = n >> p->field->bit & ((UINT64_C(1) << p->field->bits) - 1);
	return n;
}

static void take_check(struct cv_explain *x, const struct frame *f, const struct place *p)
{
	size_t from = f->v->checksum_from;

	if (from <= p->at)
		cv_explain_check(x, p->len, !p->big,
				 vendor_checksum(f->v->checksum, f->data + from, p->at - from),
				 p->name);
	else
		cv_explain_take(x, p->len, p->name);
}

static void take(struct cv_explain *x, const struct frame *f, const struct place *p)
{
	bool mark = p->field == NULL && (p->at == 0 || strcmp(p->name, "end") == 0);

	if (p->check) {
		take_check(x, f, p);
	} else if (p->text) {
		cv_explain_text(x, p->len, p->name);
	} else {
		cv_explain_take(x, p->len, p->name);
		if (p->len <= 4 && !mark)
			cv_explain_value(x, "%llu", (unsigned long long)number(f, p));
	}
}

/* Places in their order. What shares bytes with the one before is told beside it. */
static void take_all(struct cv_explain *x, const struct frame *f, size_t start)
{
	for (unsigned int i = 0; i < f->places && !x->failed; i++) {
		const struct place *p = &f->place[i];

		if (start + p->at < x->at) {
			if (p->len <= 4)
				cv_explain_meaning(x, "%s %llu", p->name,
						   (unsigned long long)number(f, p));
			continue;
		}
		if (start + p->at > x->at)
			cv_explain_take(x, start + p->at - x->at, "not described");
		take(x, f, p);
	}
}

/* The description that a frame begins as; the first, where several begin alike. */
static const struct cv_gen_vendor *find(const struct cv_explain *x)
{
	const struct cv_gen_vendor *v = cv_generation_at(x->gen, x->gen->vendors);

	for (uint32_t i = 0; i < x->gen->vendors.count; i++)
		if (cv_explain_left(x) >= v[i].sync_len &&
		    memcmp(x->data + x->at, v[i].sync, v[i].sync_len) == 0)
			return &v[i];
	return NULL;
}

void cv_explain_vendor(struct cv_explain *x)
{
	const struct cv_gen_vendor *v = x->gen != NULL ? find(x) : NULL;
	size_t start = x->at, total, whole;
	struct frame f;

	if (v == NULL)
		return;
	if (cv_explain_left(x) < (size_t)v->length_at + v->length_size)
		return;
	total = (size_t)vendor_uint(x->data + start + v->length_at, v->length_size, v->length_big) +
		v->length_add;
	cv_explain_begin(x, v->name);
	if (total < v->min || total > v->max) {
		cv_explain_take(x, cv_explain_left(x), "frame");
		cv_explain_meaning(x, "wrong: its length cannot be %zu", total);
	} else if (total > cv_explain_left(x)) {
		cv_explain_take(x, total, "frame");
	} else {
		whole = cv_explain_narrow(x, total);
		f = (struct frame){.v = v, .data = x->data + start, .len = total};
		add_all(&f, x->gen);
		take_all(x, &f, start);
		cv_explain_widen(x, whole, "not described");
	}
	cv_explain_end(x);
}
