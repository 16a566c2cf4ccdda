/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/app_build_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/modbus.h"
#include "decoder_list.h"

static bool is_text(unsigned int kind)
{
	return kind == CV_APP_PATH || kind == CV_APP_CLIENT || kind == CV_APP_PUBLISH ||
	       kind == CV_APP_SUBSCRIBE;
}

int cv_app_build_create(struct cv_app_build **ret)
{
	static const size_t elements[TABLES] = {
		[APPS] = sizeof(struct cv_app),
		[CONSTRAINTS] = sizeof(struct cv_app_constraint),
		[RANGES] = sizeof(struct cv_app_range),
		[PATTERNS] = sizeof(struct cv_app_pattern),
		[PLACES] = sizeof(struct cv_binding),
		[IDENTITIES] = sizeof(struct cv_app_identity),
		[TEXTS] = 1,
	};
	struct cv_app_build *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < TABLES; i++)
		b->list[i].element = elements[i];
	for (unsigned int i = 0; i < CV_APP_CONSTRAINT_KINDS; i++)
		b->value[i].element = elements[is_text(i) ? PATTERNS : RANGES];
	*ret = b;
	return 0;
}

void cv_app_build_destroy(struct cv_app_build *b)
{
	if (b == NULL)
		return;
	for (unsigned int i = 0; i < TABLES; i++)
		free(b->list[i].data);
	for (unsigned int i = 0; i < CV_APP_CONSTRAINT_KINDS; i++)
		free(b->value[i].data);
	free(b);
}

static int append(struct cv_app_list *l, const void *elements, size_t n)
{
	if (n > l->capacity - l->count) {
		size_t capacity = l->capacity ? l->capacity * 2 : 16;
		uint8_t *data;

		if (capacity < l->count + n)
			capacity = l->count + n;
		data = reallocarray(l->data, capacity, l->element);
		if (data == NULL)
			return -ENOMEM;
		l->data = data;
		l->capacity = capacity;
	}
	if (n != 0)
		memcpy(l->data + l->count * l->element, elements, n * l->element);
	l->count += n;
	return 0;
}

/* Texts are found by 32-bit offsets. */
static int add_text(struct cv_app_build *b, const void *text, size_t len, uint32_t *ret)
{
	struct cv_app_list *l = &b->list[TEXTS];
	size_t at = l->count;
	int err;

	if (at + len > UINT32_MAX)
		return -E2BIG;
	err = append(l, text, len);
	if (err == 0)
		*ret = (uint32_t)at;
	return err;
}

uint32_t cv_app_build_meter(struct cv_app_build *b)
{
	return ++b->meters;
}

void cv_app_build_begin(struct cv_app_build *b, const struct cv_app *like)
{
	b->app = *like;
	b->app.closed = 0;
	b->app.flags &= (uint8_t)~CV_APP_ANSWERS;
	for (unsigned int i = 0; i < CV_APP_CONSTRAINT_KINDS; i++)
		b->value[i].count = 0;
}

int cv_app_build_key(struct cv_app_build *b, const struct cv_app_key *key)
{
	if (key->proto != b->app.proto)
		return -EINVAL;
	b->app.closed |= key->closes;
	return 0;
}

int cv_app_build_value(struct cv_app_build *b, const struct cv_app_key *key, const char *text,
		       size_t len, const char **why)
{
	struct cv_app_list *l = &b->value[key->kind];
	struct cv_app_pattern pattern = {.len = (uint32_t)len};
	struct cv_app_range range;
	int err = cv_app_build_key(b, key);

	*why = "is of another protocol than the rule";
	if (err < 0)
		return err;
	if (l->count >= (is_text(key->kind) ? CV_APP_PATTERNS_MAX : CV_APP_RANGES_MAX))
		return -E2BIG;
	if (!is_text(key->kind)) {
		err = cv_app_range_parse(key, text, len, &range, why);
		return err == 0 ? append(l, &range, 1) : err;
	}
	if (!cv_app_pattern_valid(key->kind, (const uint8_t *)text, len)) {
		*why = "is no pattern: + and # stand alone between slashes, and # only at the end";
		return -EINVAL;
	}
	err = add_text(b, text, len, &pattern.text);
	return err == 0 ? append(l, &pattern, 1) : err;
}

/*
 * Registers without functions: those functions that name registers, all of which are then looked
 * at. Anything else could reach them in its own way.
 */
static int imply_functions(struct cv_app_build *b)
{
	static const uint8_t reading[] = {MODBUS_READ_COILS,   MODBUS_READ_DISCRETE,
					  MODBUS_READ_HOLDING, MODBUS_READ_INPUT,
					  MODBUS_READ_FIFO,    MODBUS_READ_WRITE};
	static const uint8_t writing[] = {MODBUS_WRITE_COIL,  MODBUS_WRITE_REGISTER,
					  MODBUS_WRITE_COILS, MODBUS_WRITE_REGISTERS,
					  MODBUS_MASK_WRITE,  MODBUS_READ_WRITE};
	int err = 0;

	if (b->app.proto != CV_PROTO_MODBUS || b->app.closed & 1u << CV_APP_TYPE ||
	    !(b->app.closed & (1u << CV_APP_READ | 1u << CV_APP_WRITE)))
		return 0;
	b->app.closed |= 1u << CV_APP_TYPE;
	for (size_t i = 0; err == 0 && i < sizeof(reading); i++) {
		struct cv_app_range r = {.from = reading[i], .to = reading[i], .unit_to = 255};
		struct cv_app_range w = {.from = writing[i], .to = writing[i], .unit_to = 255};

		if (b->value[CV_APP_READ].count != 0)
			err = append(&b->value[CV_APP_TYPE], &r, 1);
		if (err == 0 && b->value[CV_APP_WRITE].count != 0)
			err = append(&b->value[CV_APP_TYPE], &w, 1);
	}
	return err;
}

static int range_order(const void *pa, const void *pb)
{
	const struct cv_app_range *a = pa, *b = pb;

	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

static int add_constraint(struct cv_app_build *b, unsigned int kind)
{
	struct cv_app_list *values = &b->value[kind];
	struct cv_app_list *all = &b->list[is_text(kind) ? PATTERNS : RANGES];
	struct cv_app_constraint c = {
		.kind = (uint8_t)kind,
		.first = (uint32_t)all->count,
		.count = (uint32_t)values->count,
	};
	int err;

	if (values->count == 0)
		return 0;
	if (!is_text(kind))
		qsort(values->data, values->count, values->element, range_order);
	err = append(all, values->data, values->count);
	if (err == 0)
		err = append(&b->list[CONSTRAINTS], &c, 1);
	if (err == 0)
		b->app.count++;
	return err;
}

static int add_app(struct cv_app_build *b, const struct cv_app *app, uint16_t *ret)
{
	struct cv_app_list *l = &b->list[APPS];
	int err;

	if (l->count >= CV_APPS_MAX)
		return -E2BIG;
	err = append(l, app, 1);
	if (err == 0)
		*ret = (uint16_t)l->count;
	return err;
}

int cv_app_build_end(struct cv_app_build *b, uint16_t *ret_app, uint16_t *ret_answers)
{
	struct cv_app *app = &b->app;
	int err = imply_functions(b);

	app->first = (uint32_t)b->list[CONSTRAINTS].count;
	app->count = 0;
	for (unsigned int i = 0; err == 0 && i < CV_APP_CONSTRAINT_KINDS; i++)
		err = add_constraint(b, i);
	if (err == 0)
		err = add_app(b, app, ret_app);
	/* A limit holds in the rule's direction, as those of frames do. */
	app->flags = (uint8_t)((app->flags & ~CV_APP_RATE_SENDER) | CV_APP_ANSWERS);
	app->meter = 0;
	app->cost = app->burst = 0;
	return err == 0 ? add_app(b, app, ret_answers) : err;
}

int cv_app_build_again(struct cv_app_build *b, uint16_t app, uint32_t meter, uint16_t *ret_app)
{
	struct cv_app copy = ((const struct cv_app *)(const void *)b->list[APPS].data)[app - 1];

	copy.meter = meter;
	return add_app(b, &copy, ret_app);
}

int cv_app_build_identity(struct cv_app_build *b, unsigned int proto, const void *id, size_t len,
			  const struct cv_binding *place)
{
	struct cv_app_list *places = &b->list[PLACES];
	struct cv_app_identity e = {.len = (uint16_t)len, .proto = (uint8_t)proto};
	const struct cv_binding *last = (const void *)places->data;
	int err = 0;

	if (cv_app_identity_name(proto) == NULL || len == 0 || len > CV_APP_TEXT_MAX)
		return -EINVAL;
	if (b->list[IDENTITIES].count >= CV_APP_IDENTITIES_MAX)
		return -E2BIG;
	/* A list of identities for one place comes in one piece. */
	if (places->count == 0 || memcmp(&last[places->count - 1], place, sizeof(*place)) != 0)
		err = append(places, place, 1);
	e.place = (uint32_t)places->count - 1;
	if (err == 0)
		err = add_text(b, id, len, &e.text);
	return err == 0 ? append(&b->list[IDENTITIES], &e, 1) : err;
}

bool cv_app_build_empty(const struct cv_app_build *b)
{
	return b->list[APPS].count == 0 && b->list[IDENTITIES].count == 0;
}

const char *cv_app_build_text(const struct cv_app_build *b, struct cv_app_pattern p)
{
	return (const char *)b->list[TEXTS].data + p.text;
}
