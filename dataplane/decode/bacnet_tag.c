/* SPDX-License-Identifier: Apache-2.0 */
/* Tags (ASHRAE 135, 20.2.1). Lengths are what hostile bytes play with: each is checked once, here. */
#include "dataplane/decode/bacnet.h"

#define CONTEXT 0x08u
#define LVT 0x07u
#define EXTENDED_NUMBER 15
#define EXTENDED_LENGTH 5
#define OPENING 6
#define CLOSING 7
#define DEPTH_MAX 16 /* constructions of the standard are four deep */

/* Lengths of primitive application contents: lowest and highest. */
static const struct {
	uint32_t min, max;
} lengths[BACNET_APPLICATION_COUNT] = {
	[BACNET_NULL] = {0, 0},	      [BACNET_BOOLEAN] = {0, 0},
	[BACNET_UNSIGNED] = {1, 8},   [BACNET_SIGNED] = {1, 8},
	[BACNET_REAL] = {4, 4},	      [BACNET_DOUBLE] = {8, 8},
	[BACNET_OCTETS] = {0, 65535}, [BACNET_CHARACTERS] = {1, 65535},
	[BACNET_BITS] = {1, 65535},   [BACNET_ENUMERATED] = {1, 4},
	[BACNET_DATE] = {4, 4},	      [BACNET_TIME_OF_DAY] = {4, 4},
	[BACNET_OBJECT] = {4, 4},
};

static uint32_t read_length(struct cv_reader *r)
{
	uint32_t len = cv_read_u8(r);

	if (len == 254)
		return cv_read_be16(r);
	return len == 255 ? cv_read_be32(r) : len;
}

/* An application tag's content has the length of its type. */
static bool application_fits(struct bacnet_tag *t, unsigned int lvt)
{
	if (t->number >= BACNET_APPLICATION_COUNT)
		return false;
	if (t->number == BACNET_BOOLEAN) { /* the length field is the value */
		t->flag = (uint8_t)lvt;
		t->len = 0;
		return lvt <= 1;
	}
	return t->len >= lengths[t->number].min && t->len <= lengths[t->number].max;
}

bool bacnet_tag(struct cv_reader *r, struct bacnet_tag *t)
{
	uint8_t octet = cv_read_u8(r);
	unsigned int lvt = octet & LVT;

	*t = (struct bacnet_tag){.number = octet >> 4, .context = octet & CONTEXT};
	if (t->number == EXTENDED_NUMBER)
		t->number = cv_read_u8(r);
	if (t->context && (lvt == OPENING || lvt == CLOSING)) {
		t->opening = lvt == OPENING;
		t->closing = lvt == CLOSING;
		return !r->failed;
	}
	if (lvt > EXTENDED_LENGTH)
		return false;
	t->len = lvt == EXTENDED_LENGTH ? read_length(r) : lvt;
	if (r->failed || (!t->context && !application_fits(t, lvt)))
		return false;
	t->data = cv_read_bytes(r, t->len);
	return !r->failed;
}

bool bacnet_peek(const struct cv_reader *r, struct bacnet_tag *t)
{
	struct cv_reader copy = *r;

	return bacnet_tag(&copy, t);
}

static bool take(struct cv_reader *r, const struct bacnet_tag *want, struct bacnet_tag *t)
{
	struct cv_reader copy = *r;

	if (!bacnet_tag(&copy, t) || t->number != want->number || t->context != want->context ||
	    t->opening != want->opening || t->closing != want->closing)
		return false;
	*r = copy;
	return true;
}

bool bacnet_context(struct cv_reader *r, uint8_t number, struct bacnet_tag *t)
{
	return take(r, &(struct bacnet_tag){.number = number, .context = true}, t);
}

bool bacnet_application(struct cv_reader *r, uint8_t number, struct bacnet_tag *t)
{
	return take(r, &(struct bacnet_tag){.number = number}, t);
}

bool bacnet_open(struct cv_reader *r, uint8_t number)
{
	struct bacnet_tag t;

	return take(r, &(struct bacnet_tag){.number = number, .context = true, .opening = true},
		    &t);
}

bool bacnet_close(struct cv_reader *r, uint8_t number)
{
	struct bacnet_tag t;

	return take(r, &(struct bacnet_tag){.number = number, .context = true, .closing = true},
		    &t);
}

bool bacnet_inside(struct cv_reader *r, uint8_t number, struct cv_reader *ret)
{
	uint8_t open[DEPTH_MAX] = {number};
	const uint8_t *begin = r->cur;
	unsigned int depth = 1;

	while (depth > 0) {
		const uint8_t *at = r->cur;
		struct bacnet_tag t;

		if (!bacnet_tag(r, &t))
			return false;
		if (t.opening) {
			if (depth == DEPTH_MAX)
				return false;
			open[depth++] = t.number;
		} else if (t.closing) {
			if (open[--depth] != t.number)
				return false;
			if (depth == 0)
				*ret = cv_reader(begin, (size_t)(at - begin));
		}
	}
	return true;
}

bool bacnet_unsigned(const struct bacnet_tag *t, uint32_t *ret)
{
	uint32_t v = 0;

	if (t->len < 1 || t->len > 4)
		return false;
	for (uint32_t i = 0; i < t->len; i++)
		v = v << 8 | t->data[i];
	*ret = v;
	return true;
}

bool bacnet_object_id(const struct bacnet_tag *t, struct bacnet_object *ret)
{
	uint32_t id;

	if (t->len != 4 || !bacnet_unsigned(t, &id))
		return false;
	*ret = (struct bacnet_object){
		.type = (uint16_t)(id >> 22),
		.instance = id & 0x3fffff,
		.units = BACNET_NONE,
	};
	return true;
}

bool bacnet_context_unsigned(struct cv_reader *r, uint8_t number, uint32_t *ret)
{
	struct bacnet_tag t;

	return bacnet_context(r, number, &t) && bacnet_unsigned(&t, ret);
}

bool bacnet_context_object(struct cv_reader *r, uint8_t number, struct bacnet_object *ret)
{
	struct bacnet_tag t;

	return bacnet_context(r, number, &t) && bacnet_object_id(&t, ret);
}
