/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarms of cameras and tyre sensors (T/JSATL 12-2017, extras 64H to 67H): number, state, what, how
 * bad, and where, when and how fast, of which the position around it has the same. Provinces have
 * editions of their own that go on differently behind the first bytes.
 */
#include "dataplane/decode/jt808.h"
#include "dataplane/normalize/vocabulary.h"

static const char *const adas[] = {
	[1] = "forward-collision", [2] = "lane-departure",	 [3] = "headway",
	[4] = "pedestrian",	   [5] = "frequent-lane-change", [6] = "road-sign-limit",
	[7] = "obstacle",	   [16] = "road-sign",		 [17] = "snapshot",
};
static const char *const driver[] = {
	[1] = "fatigue",   [2] = "phone",     [3] = "smoking",	       [4] = "distraction",
	[5] = "no-driver", [16] = "snapshot", [17] = "driver-changed",
};
static const char *const blind_spot[] = {
	[1] = "behind",
	[2] = "left-behind",
	[3] = "right-behind",
};

static const struct system {
	uint16_t name;
	uint8_t size; /* least bytes of the extra */
	bool level;
	uint8_t count;
	const char *const *types; /* NULL = types are not in the head */
} systems[] = {
	{CV_NAME_VEHICLE_ADAS_ALARM, 47, true, sizeof(adas) / sizeof(adas[0]), adas},
	{CV_NAME_VEHICLE_DRIVER_ALARM, 47, true, sizeof(driver) / sizeof(driver[0]), driver},
	{CV_NAME_VEHICLE_TYRE_ALARM, 41, false, 0, NULL},
	{CV_NAME_VEHICLE_BLIND_SPOT_ALARM, 41, false, sizeof(blind_spot) / sizeof(blind_spot[0]),
	 blind_spot},
};

/* "forward-collision, level 2, begins". */
static void describe(const struct system *s, const uint8_t *at, struct cv_label *text)
{
	static const char *const states[] = {"", "begins", "ends"};
	unsigned int type = at[5];

	if (s->types != NULL && type < s->count && s->types[type] != NULL) {
		cv_label_str(text, s->types[type]);
	} else if (s->types != NULL) {
		cv_label_str(text, "type ");
		cv_label_u32(text, type);
	}
	if (s->level) {
		cv_label_str(text, ", level ");
		cv_label_u32(text, at[6]);
	}
	if (at[4] != 0) {
		cv_label_str(text, text->len ? ", " : "");
		cv_label_str(text, states[at[4]]);
	}
}

bool jt808_active_safety(const struct jt808_frame *f, unsigned int id, const uint8_t *at,
			 size_t len)
{
	const struct system *s = &systems[id - 0x64];
	struct cv_label text = {0}, code = {0}, number = {0};
	struct cv_record *rec;

	if (len < s->size || at[4] > 2)
		return false;
	rec = jt808_named(f, s->name);
	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = at[4] != 2; /* "ends" */
	cv_label_hex(&code, id, 2);
	if (s->types != NULL) {
		cv_label_str(&code, ".");
		cv_label_u32(&code, at[5]);
	}
	jt808_put(f, CV_TLV_CODE, &code);
	describe(s, at, &text);
	if (text.len != 0)
		jt808_put(f, CV_TLV_TEXT, &text);
	cv_label_hex(&number,
		     (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3],
		     8);
	jt808_put(f, CV_TLV_CORRELATION, &number);
	/* What it measured, and the mark under which the platform asks for its pictures. */
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, at, len);
	jt808_end(f);
	return true;
}
