/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a position says behind its 28 bytes: id, length, value. An id that comes a second time, is not
 * in the standards or is of another length goes into one record of bytes, so that a frame of a
 * thousand empty ones does not make a thousand records.
 */
#include <string.h>

#include "dataplane/decode/jt808.h"
#include "dataplane/normalize/vocabulary.h"

static const char *const signal_bits[32] = {
	"low-beam", "high-beam", "right-turn", "left-turn", "brake",
	"reverse",  "fog-lamp",	 "side-lamps", "horn",	    "air-conditioner",
	"neutral",  "retarder",	 "abs",	       "heater",    "clutch",
};
static const char *const io_bits[32] = {"deep-sleep", "sleep"};
/* JT/T 1078, table 14. */
static const uint16_t video_bits[32] = {
	CV_NAME_VEHICLE_VIDEO_LOST,	    CV_NAME_VEHICLE_VIDEO_COVERED,
	CV_NAME_VEHICLE_STORAGE_FAULT,	    CV_NAME_VEHICLE_VIDEO_FAULT,
	CV_NAME_VEHICLE_OVERCROWDED,	    CV_NAME_VEHICLE_DRIVER_ABNORMAL,
	CV_NAME_VEHICLE_ALARM_STORAGE_FULL,
};
static const char *const places[] = {NULL, "circle", "rectangle", "polygon", "route"};

static uint32_t be(const uint8_t *p, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n << 8 | p[i];
	return n;
}

/* Extras that are one number in the name's unit. */
static const struct number {
	uint8_t id, len;
	uint16_t name;
	uint8_t by;
} numbers[] = {
	{0x01, 4, CV_NAME_VEHICLE_MILEAGE, 10},	       {0x02, 2, CV_NAME_VEHICLE_FUEL, 10},
	{0x03, 2, CV_NAME_VEHICLE_RECORDER_SPEED, 10}, {0x30, 1, CV_NAME_DEVICE_SIGNAL, 1},
	{0x31, 1, CV_NAME_POSITION_SATELLITES, 1},
};

static bool put_number(const struct jt808_frame *f, unsigned int id, const uint8_t *at, size_t len,
		       const char *code)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number *n = &numbers[i];

		if (n->id != id || n->len != len)
			continue;
		jt808_value(f, n->name, (double)be(at, len) / n->by, code);
		return true;
	}
	return false;
}

/* 11H to 13H: the place that an alarm of the alarm word is about. */
static bool put_area(const struct jt808_frame *f, unsigned int id, const uint8_t *at, size_t len,
		     const char *code)
{
	unsigned int name = id == 0x11	 ? CV_NAME_VEHICLE_OVERSPEED_PLACE
			    : id == 0x12 ? CV_NAME_VEHICLE_AREA
					 : CV_NAME_VEHICLE_STRETCH_TIME;
	const char *place = len != 0 && at[0] >= 1 && at[0] <= 4 ? places[at[0]] : "no place";
	struct cv_label text = {0};

	if (id == 0x13) {
		if (len != 7)
			return false;
		cv_label_str(&text, at[6] ? "too long on " : "too short on ");
		cv_label_u32(&text, be(at, 4));
		jt808_number(f, name, be(at + 4, 2), code, &text);
		return true;
	}
	if (id == 0x11 ? len != 1 && len != 5 : len != 6)
		return false;
	cv_label_str(&text, place);
	if (id == 0x12)
		cv_label_str(&text, at[5] ? ", left" : ", entered");
	jt808_number(f, name, len > 1 ? be(at + 1, 4) : 0, code, &text);
	return true;
}

/* Channels (bit 0 is the first) that 14H's loss or cover of video or storage is about, or 18H. */
static bool put_video(const struct jt808_frame *f, unsigned int id, const uint8_t *at, size_t len)
{
	static const uint16_t driver[16] = {
		CV_NAME_VEHICLE_DRIVER_ABNORMAL,
		CV_NAME_VEHICLE_DRIVER_ABNORMAL,
		CV_NAME_VEHICLE_DRIVER_ABNORMAL,
	};
	static const char *const codes[] = {"14-", "15-", "16-", "17-", "18-"};
	uint16_t names[32];

	if (len < 2 || len != (id <= 0x16 ? 4u : id == 0x17 ? 2u : len == 3 ? 3u : 2u))
		return false;
	if (id == 0x14) {
		jt808_alarms(f, be(at, 4), video_bits, 32, codes[0]);
		return true;
	}
	if (id == 0x18) {
		jt808_alarms(f, be(at, 2), driver, 16, codes[4]);
		return true;
	}
	for (unsigned int i = 0; i < 32; i++)
		names[i] = video_bits[id - 0x15];
	jt808_alarms(f, be(at, len), names, (unsigned int)len * 8, codes[id - 0x14]);
	return true;
}

/* -32767 to 32767, "the top bit says negative": as one of two's complement, or of a magnitude. */
static int cabin_temperature(uint16_t raw)
{
	int two = (int16_t)raw, sign = -(int)(raw & 0x7fff);

	return two < 0 && -sign < -two ? sign : two;
}

static bool put_words(const struct jt808_frame *f, unsigned int id, const uint8_t *at, size_t len,
		      const char *code)
{
	struct cv_label text = {0};

	if (id == 0x04 && len == 2) {
		jt808_number(f, CV_NAME_VEHICLE_MANUAL_ALARM_ID, be(at, 2), code, NULL);
	} else if (id == 0x06 && len == 2) {
		jt808_value(f, CV_NAME_VEHICLE_CABIN_TEMPERATURE,
			    cabin_temperature((uint16_t)be(at, 2)), code);
	} else if (id == 0x25 && len == 4) {
		jt808_bits(&text, be(at, 4), signal_bits, 32);
		jt808_number(f, CV_NAME_VEHICLE_SIGNALS, be(at, 4), code, &text);
	} else if (id == 0x2a && len == 2) {
		jt808_bits(&text, be(at, 2), io_bits, 32);
		jt808_number(f, CV_NAME_VEHICLE_IO, be(at, 2), code, &text);
	} else if (id == 0x2b && len == 4) { /* AD0 in the low half */
		jt808_number(f, CV_NAME_VEHICLE_ANALOG, be(at + 2, 2), "2b.0", NULL);
		jt808_number(f, CV_NAME_VEHICLE_ANALOG, be(at, 2), "2b.1", NULL);
	} else {
		return false;
	}
	return true;
}

static bool put_known(const struct jt808_frame *f, unsigned int id, const uint8_t *at, size_t len)
{
	struct cv_label code = {0};

	cv_label_hex(&code, id, 2);
	cv_label_bytes(&code, "", 1);
	if (id >= 0x11 && id <= 0x13)
		return put_area(f, id, at, len, code.text);
	if (id >= 0x14 && id <= 0x18)
		return put_video(f, id, at, len);
	if (id >= 0x64 && id <= 0x67)
		return jt808_active_safety(f, id, at, len);
	return put_number(f, id, at, len, code.text) || put_words(f, id, at, len, code.text);
}

/* What is left to tell as bytes, as it was sent. */
struct rest {
	struct cv_label ids;
	size_t len;
	uint8_t bytes[CV_TLV_MAX + 1]; /* one more than a TLV has, which tells that it was cut */
};

static void keep(struct rest *rest, const uint8_t *at, size_t len)
{
	size_t room = sizeof(rest->bytes) - rest->len;

	if (rest->ids.len != 0)
		cv_label_str(&rest->ids, ",");
	cv_label_hex(&rest->ids, at[0], 2);
	if (len > room)
		len = room;
	memcpy(rest->bytes + rest->len, at, len);
	rest->len += len;
}

static void put_rest(const struct jt808_frame *f, const struct rest *rest)
{
	struct cv_record *rec;

	if (rest->len == 0)
		return;
	rec = jt808_begin(f, CV_LANE_STATUS, CV_KIND_STATE);
	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	jt808_put_str(f, CV_TLV_NAME, "raw.extras");
	jt808_put(f, CV_TLV_CODE, &rest->ids);
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, rest->bytes, rest->len);
	jt808_end(f);
}

void jt808_extras(const struct jt808_frame *f, const uint8_t *at, size_t len)
{
	struct rest rest;
	uint64_t seen[4] = {0};

	rest.len = 0;
	rest.ids.len = 0;
	while (len != 0) {
		unsigned int id = at[0];
		size_t size = len < 2 ? len : 2u + at[1];
		uint64_t bit = 1ull << id % 64;

		if (size > len || len < 2) {
			keep(&rest, at, len);
			break;
		}
		if ((seen[id / 64] & bit) || !put_known(f, id, at + 2, size - 2))
			keep(&rest, at, size);
		seen[id / 64] |= bit;
		at += size;
		len -= size;
	}
	put_rest(f, &rest);
}
