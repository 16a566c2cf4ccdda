/* SPDX-License-Identifier: Apache-2.0 */
/* Positions (0200 and whatever has one inside): alarm word, status word, place, speed, time. */
#include "dataplane/decode/jt808.h"
#include "dataplane/normalize/vocabulary.h"

/* 2019, table 24; before, bits 15 to 17 meant nothing. */
static const uint16_t alarm_bits[32] = {
	CV_NAME_VEHICLE_SOS,
	CV_NAME_VEHICLE_OVERSPEED,
	CV_NAME_VEHICLE_FATIGUE,
	CV_NAME_VEHICLE_DANGER,
	CV_NAME_VEHICLE_GNSS_FAULT,
	CV_NAME_VEHICLE_ANTENNA_OPEN,
	CV_NAME_VEHICLE_ANTENNA_SHORT,
	CV_NAME_VEHICLE_POWER_LOW,
	CV_NAME_VEHICLE_POWER_LOST,
	CV_NAME_VEHICLE_DISPLAY_FAULT,
	CV_NAME_VEHICLE_SPEECH_FAULT,
	CV_NAME_VEHICLE_CAMERA_FAULT,
	CV_NAME_VEHICLE_CARD_READER_FAULT,
	CV_NAME_VEHICLE_OVERSPEED_WARNING,
	CV_NAME_VEHICLE_FATIGUE_WARNING,
	CV_NAME_VEHICLE_VIOLATION,
	CV_NAME_VEHICLE_TYRE_WARNING,
	CV_NAME_VEHICLE_BLIND_AREA,
	CV_NAME_VEHICLE_DRIVING_TIMEOUT,
	CV_NAME_VEHICLE_PARKING_TIMEOUT,
	CV_NAME_VEHICLE_AREA_ALARM,
	CV_NAME_VEHICLE_ROUTE_ALARM,
	CV_NAME_VEHICLE_STRETCH_ALARM,
	CV_NAME_VEHICLE_OFF_ROUTE,
	CV_NAME_VEHICLE_SPEED_SENSOR_FAULT,
	CV_NAME_VEHICLE_FUEL_ALARM,
	CV_NAME_VEHICLE_STOLEN,
	CV_NAME_VEHICLE_ILLEGAL_IGNITION,
	CV_NAME_VEHICLE_ILLEGAL_MOVE,
	CV_NAME_VEHICLE_COLLISION,
	CV_NAME_VEHICLE_ROLLOVER,
	CV_NAME_VEHICLE_ILLEGAL_DOOR,
};

enum status { FIXED = 1u << 1, SOUTH = 1u << 2, WEST = 1u << 3, SHIFTED = 1u << 5 };

/* Status word; what is not set is not said. Load (8 and 9) is a number. Short: they go together. */
static const char *const status_bits[32] = {
	[0] = "acc",	     [1] = "fixed",	   [2] = "south",	 [3] = "west",
	[4] = "off-duty",    [5] = "shifted",	   [6] = "braked",	 [7] = "lane-warned",
	[8] = "half-load",   [10] = "oil-cut",	   [11] = "circuit-cut", [12] = "locked",
	[13] = "front-door", [14] = "middle-door", [15] = "back-door",	 [16] = "driver-door",
	[17] = "door-5",     [18] = "gps",	   [19] = "beidou",	 [20] = "glonass",
	[21] = "galileo",    [22] = "moving",
};

static void put_state(const struct jt808_frame *f, uint32_t alarms, uint32_t status)
{
	struct cv_record *rec = jt808_named(f, CV_NAME_VEHICLE_STATE);
	struct cv_label text = {0}, flag = {0};

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = status;
	if ((status >> 8 & 3) == 3)
		cv_label_str(&text, "full-load");
	jt808_bits(&text, (status >> 8 & 3) == 3 ? status & ~0x300u : status, status_bits, 32);
	jt808_put(f, CV_TLV_TEXT, &text);
	cv_label_hex(&flag, alarms, 8);
	jt808_put(f, CV_TLV_FLAG, &flag);
	jt808_end(f);
}

/*
 * A receiver that has never been fixed says 0, 0; one that has says where it was last. Positions that
 * went through the map plug-in ("encrypted") are some hundred metres off.
 */
static void put_place(const struct jt808_frame *f, uint32_t status, struct cv_reader *r)
{
	struct cv_record *rec = jt808_named(f, CV_NAME_VEHICLE_POSITION);
	int64_t lat = cv_read_be32(r), lon = cv_read_be32(r);
	int64_t alt = (int16_t)cv_read_be16(r);

	if (!(status & FIXED) || (status & SHIFTED))
		rec->quality = CV_QUALITY_UNCERTAIN;
	else if (!f->uncertain)
		rec->quality = CV_QUALITY_GOOD;
	if (lat == 0 && lon == 0) {
		rec->flags |= CV_FLAG_RANGE;
		rec->quality = CV_QUALITY_BAD;
	}
	cv_emit_position(f->d->emit, (status & SOUTH ? -lat : lat) * 10,
			 (status & WEST ? -lon : lon) * 10, alt * 1000);
	jt808_end(f);
}

bool jt808_position(struct jt808_frame *f, const uint8_t *at, size_t len)
{
	struct cv_reader r = cv_reader(at, len < JT808_LOCATION ? 0 : len);
	uint32_t alarms = cv_read_be32(&r), status = cv_read_be32(&r);
	uint16_t speed, heading;

	if (r.failed)
		return false;
	f->time_quality = jt808_time(at + JT808_LOCATION - JT808_TIME, &f->ts);
	jt808_alarms(f, alarms, alarm_bits, 32, "alarm-");
	put_place(f, status, &r);
	speed = cv_read_be16(&r);
	heading = cv_read_be16(&r);
	jt808_value(f, CV_NAME_VEHICLE_SPEED, speed / 10.0, NULL);
	jt808_value(f, CV_NAME_VEHICLE_HEADING, heading, NULL);
	put_state(f, alarms, status);
	jt808_extras(f, at + JT808_LOCATION, len - JT808_LOCATION);
	return true;
}

bool jt808_location(struct jt808_frame *f, struct cv_reader *r)
{
	return jt808_position(f, r->cur, cv_reader_left(r));
}

/* Serial number of what was asked, and the position (0201, 0500). */
bool jt808_located_answer(struct jt808_frame *f, struct cv_reader *r)
{
	cv_read_be16(r);
	return !r->failed && jt808_position(f, r->cur, cv_reader_left(r));
}

/* 0704: positions that could not be sent when they were taken, or (type 0) a number of them at once. */
bool jt808_batch(struct jt808_frame *f, struct cv_reader *r)
{
	unsigned int count = cv_read_be16(r), type = cv_read_u8(r), done = 0;
	bool fits = true;

	if (r->failed)
		return false;
	f->stage = type == 1 ? CV_STAGE_HISTORY : CV_STAGE_REALTIME;
	while (cv_reader_left(r) != 0) {
		uint16_t len = cv_read_be16(r);
		const uint8_t *at = cv_read_bytes(r, len);

		if (at == NULL)
			return false;
		fits &= jt808_position(f, at, len);
		done++;
	}
	return fits && done == count;
}
