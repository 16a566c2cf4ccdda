/* SPDX-License-Identifier: Apache-2.0 */
/* Data units: which object follows which (8.1 to 8.3). */
#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/gb26875.h"

/* Uploads from 1, what the centre asks for the same from 61; those of the unit itself from 21, 81. */
static const struct gb26875_type types[] = {
	[1] = {.name = "system-state", .size = 4, .timed = true},
	[2] = {.name = "component-state", .size = 40, .timed = true},
	[3] = {.name = "component-value", .size = 10, .timed = true},
	[4] = {.name = "operations", .size = 4, .timed = true},
	[5] = {.name = "version", .size = 4},
	[6] = {.name = "configuration", .size = 3, .text = true, .maybe_timed = true},
	[7] = {.name = "component-configuration", .size = 38, .maybe_timed = true},
	[8] = {.name = "clock", .size = 2, .timed = true},
	[21] = {.name = "unit-state", .size = 1, .timed = true},
	[24] = {.name = "unit-operations", .size = 2, .timed = true},
	[25] = {.name = "unit-version", .size = 2},
	[26] = {.name = "unit-configuration", .size = 1, .text = true, .maybe_timed = true},
	[28] = {.name = "unit-clock", .size = 0, .timed = true},
	[61] = {.name = "system-state", .size = 2},
	[62] = {.name = "component-state", .size = 6},
	[63] = {.name = "component-value", .size = 6},
	[64] = {.name = "operations", .size = 3, .timed = true},
	[65] = {.name = "version", .size = 2},
	[66] = {.name = "configuration", .size = 2},
	[67] = {.name = "component-configuration", .size = 6},
	[68] = {.name = "clock", .size = 2},
	[81] = {.name = "unit-state", .size = 1},
	[84] = {.name = "unit-operations", .size = 1, .timed = true},
	[85] = {.name = "unit-version", .size = 1},
	[86] = {.name = "unit-configuration", .size = 1},
	[88] = {.name = "unit-clock", .size = 1},
	[89] = {.name = "initialize", .size = 1},
	[90] = {.name = "set-clock", .size = 0, .timed = true},
	[91] = {.name = "guard-check", .size = 1},
};

const struct gb26875_type *gb26875_type(uint8_t type)
{
	static const struct gb26875_type unknown;

	return type < sizeof(types) / sizeof(types[0]) ? &types[type] : &unknown;
}

uint8_t gb26875_time(const uint8_t *time, int64_t *ret)
{
	const struct cv_civil c = {.year = 2000u + time[5],
				   .month = time[4],
				   .day = time[3],
				   .hour = time[2],
				   .minute = time[1],
				   .second = time[0]};

	*ret = 0;
	if ((time[0] | time[1] | time[2] | time[3] | time[4] | time[5]) == 0)
		return CV_TIME_ABSENT;
	return cv_civil_time(&c, CV_BEIJING_S, ret) ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
}

/* Take the next object. @return false when it is not all there. */
static bool next(const struct gb26875_type *t, bool timed, const uint8_t **at, const uint8_t *end,
		 struct gb26875_object *ret)
{
	size_t left = (size_t)(end - *at), size = t->size;

	if (left < size)
		return false;
	*ret = (struct gb26875_object){.data = *at};
	if (t->text) {
		ret->text = *at + size;
		ret->text_len = (*at)[size - 1];
		size += ret->text_len;
	}
	if (timed) {
		ret->time = *at + size;
		size += GB26875_TIME;
	}
	if (left < size)
		return false;
	*at += size;
	return true;
}

/* Are there count objects and nothing else? */
static bool fits(const struct gb26875_frame *f, const struct gb26875_type *t, bool timed)
{
	const uint8_t *at = f->app + 2, *end = f->app + f->app_len;
	struct gb26875_object o;

	for (unsigned int i = 0; i < f->app[1]; i++) {
		if (!next(t, timed, &at, end, &o))
			return false;
	}
	return at == end && f->app[1] != 0;
}

/* @return 0 as the data unit has no such layout, else what it has. */
static enum { LAYOUT_NONE, LAYOUT_PLAIN, LAYOUT_TIMED } layout(const struct gb26875_frame *f)
{
	const struct gb26875_type *t = gb26875_type(f->type);

	if (t->name == NULL || f->app_len < 2)
		return LAYOUT_NONE;
	if ((t->timed || t->maybe_timed) && fits(f, t, true))
		return LAYOUT_TIMED;
	return !t->timed && fits(f, t, false) ? LAYOUT_PLAIN : LAYOUT_NONE;
}

bool gb26875_fits(const struct gb26875_frame *f)
{
	return f->app_len == 0 || gb26875_type(f->type)->name == NULL || layout(f) != LAYOUT_NONE;
}

void gb26875_records(struct gb26875_frame *f)
{
	const uint8_t *at = f->app + 2, *end = f->app + f->app_len;
	struct gb26875_object o;
	bool timed;

	if (f->app_len == 0) {
		gb26875_emit_bare(f);
		return;
	}
	if (layout(f) == LAYOUT_NONE) {
		gb26875_emit_raw(f);
		return;
	}
	timed = layout(f) == LAYOUT_TIMED;
	while (at < end && next(gb26875_type(f->type), timed, &at, end, &o))
		gb26875_emit_object(f, &o);
}
