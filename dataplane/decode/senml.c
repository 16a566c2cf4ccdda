/* SPDX-License-Identifier: Apache-2.0 */
/* SenML's data model (RFC 8428 4): labels, base values, what a record must and must not have. */
#include "dataplane/decode/senml.h"

#include <errno.h>
#include <string.h>

#define BIT(field) ((uint32_t)1 << CV_SENML_##field)
#define VALUES (BIT(VALUE) | BIT(STRING) | BIT(BOOLEAN) | BIT(DATA))
#define BASES                                                                                      \
	(BIT(BASE_SUM) | BIT(BASE_VALUE) | BIT(BASE_UNIT) | BIT(BASE_TIME) | BIT(BASE_NAME) |      \
	 BIT(BASE_VERSION))
#define VERSION_MAX 10 /* RFC 8428 is version 10 */

#define TYPE_ROW(id, name, type) CV_SENML_TYPE_##type,
const uint8_t cv_senml_types[CV_SENML_FIELD_COUNT] = {CV_SENML_FIELDS(TYPE_ROW)};

/* Labels have at most four letters: compared as one word. */
#define WORD(a, b, c, d)                                                                           \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static int short_label(uint32_t word)
{
	switch (word) {
	case WORD('n', 0, 0, 0):
		return CV_SENML_NAME;
	case WORD('u', 0, 0, 0):
		return CV_SENML_UNIT;
	case WORD('v', 0, 0, 0):
		return CV_SENML_VALUE;
	case WORD('s', 0, 0, 0):
		return CV_SENML_SUM;
	case WORD('t', 0, 0, 0):
		return CV_SENML_TIME;
	case WORD('b', 'n', 0, 0):
		return CV_SENML_BASE_NAME;
	case WORD('b', 't', 0, 0):
		return CV_SENML_BASE_TIME;
	case WORD('b', 'u', 0, 0):
		return CV_SENML_BASE_UNIT;
	case WORD('b', 'v', 0, 0):
		return CV_SENML_BASE_VALUE;
	case WORD('b', 's', 0, 0):
		return CV_SENML_BASE_SUM;
	case WORD('v', 's', 0, 0):
		return CV_SENML_STRING;
	case WORD('v', 'b', 0, 0):
		return CV_SENML_BOOLEAN;
	case WORD('v', 'd', 0, 0):
		return CV_SENML_DATA;
	case WORD('u', 't', 0, 0):
		return CV_SENML_UPDATE;
	case WORD('b', 'v', 'e', 'r'):
		return CV_SENML_BASE_VERSION;
	default:
		return -ENOENT;
	}
}

int cv_senml_label(const uint8_t *label, size_t len)
{
	uint32_t word = 0;

	if (len != 0 && label[len - 1] == '_')
		return -EBADMSG;
	/* A zero at its end would not show in the word. */
	if (len == 0 || len > sizeof(word) || label[len - 1] == '\0')
		return -ENOENT;
	for (size_t i = 0; i < len; i++)
		word |= (uint32_t)label[i] << 8 * i;
	return short_label(word);
}

/* 4.1, 4.4: a positive integer, the same in the whole pack, not newer than what we know. */
static bool version_ok(struct cv_senml_reader *r)
{
	double version = r->number[CV_SENML_BASE_VERSION];

	if (!(version >= 1 && version <= VERSION_MAX) || version != (double)(int)version)
		return false;
	if ((r->base & BIT(BASE_VERSION)) && r->version != version)
		return false;
	r->version = version;
	return true;
}

static void take_bases(struct cv_senml_reader *r)
{
	if (r->seen & BIT(BASE_NAME))
		r->base_name = r->text[CV_SENML_BASE_NAME];
	if (r->seen & BIT(BASE_UNIT))
		r->base_unit = r->text[CV_SENML_BASE_UNIT];
	if (r->seen & BIT(BASE_TIME))
		r->base_time = r->number[CV_SENML_BASE_TIME];
	if (r->seen & BIT(BASE_VALUE))
		r->base_value = r->number[CV_SENML_BASE_VALUE];
	if (r->seen & BIT(BASE_SUM))
		r->base_sum = r->number[CV_SENML_BASE_SUM];
	r->base |= r->seen & BASES;
}

/* 4.5.4: a missing value or base value counts as zero; so does a missing sum or base sum. */
static bool resolve_value(const struct cv_senml_reader *r, struct cv_senml_entry *e)
{
	uint32_t value = r->seen & VALUES;

	e->has_sum = ((r->seen | r->base) & (BIT(SUM) | BIT(BASE_SUM))) != 0;
	if (e->has_sum)
		e->sum = (r->seen & BIT(SUM) ? r->number[CV_SENML_SUM] : 0) + r->base_sum;
	e->type = CV_VALUE_F64;
	switch (value) {
	case 0:
		e->value = r->base_value;
		if (!(r->base & BIT(BASE_VALUE)))
			e->type = CV_VALUE_NONE;
		return e->has_sum || e->type != CV_VALUE_NONE; /* 4.2 */
	case BIT(VALUE):
		e->value = r->number[CV_SENML_VALUE] + r->base_value;
		return true;
	case BIT(BOOLEAN):
		e->type = CV_VALUE_BOOL;
		e->value = r->number[CV_SENML_BOOLEAN];
		return true;
	case BIT(STRING):
		e->type = CV_VALUE_TEXT;
		e->text = r->text[CV_SENML_STRING];
		return true;
	case BIT(DATA):
		e->type = CV_VALUE_BYTES;
		e->text = r->text[CV_SENML_DATA];
		return true;
	default: /* 4.2: one value field at most */
		return false;
	}
}

int cv_senml_record(struct cv_senml_reader *r)
{
	static const struct cv_senml_text none = {.len = 0, .form = CV_SENML_PLAIN};
	struct cv_senml_pack *pack = r->pack;
	struct cv_senml_entry *e;

	if ((r->seen & BIT(BASE_VERSION)) && !version_ok(r))
		return -EBADMSG;
	take_bases(r);
	if ((r->seen & ~BASES) == 0)
		return 0; /* base values for what follows, nothing measured */
	if (pack->count == CV_SENML_ENTRIES_MAX)
		return -E2BIG;
	e = &pack->entry[pack->count];
	if (!resolve_value(r, e))
		return -EBADMSG;
	e->base_name = r->base_name;
	e->name = r->seen & BIT(NAME) ? r->text[CV_SENML_NAME] : none;
	if (e->base_name.len == 0 && e->name.len == 0)
		return -EBADMSG; /* 4.1: a name must be had */
	e->unit = none;
	if (r->seen & BIT(UNIT))
		e->unit = r->text[CV_SENML_UNIT];
	else if (e->type == CV_VALUE_F64 || e->type == CV_VALUE_NONE)
		e->unit = r->base_unit;
	e->has_time = ((r->seen | r->base) & (BIT(TIME) | BIT(BASE_TIME))) != 0;
	e->time = (r->seen & BIT(TIME) ? r->number[CV_SENML_TIME] : 0) + r->base_time;
	pack->count++;
	return 0;
}
