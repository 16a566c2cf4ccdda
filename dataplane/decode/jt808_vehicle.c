/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies about the vehicle and who is in it: driver, CAN bus, pictures. */
#include <string.h>

#include "dataplane/decode/jt808.h"
#include "dataplane/normalize/vocabulary.h"

#define LICENCE_2013 20
#define LICENCE_2011 40
#define CITIZEN 20 /* number of the citizen's card, which is not told */

static const uint8_t *counted(struct cv_reader *r, size_t *ret_len)
{
	*ret_len = cv_read_u8(r);
	return cv_read_bytes(r, *ret_len);
}

/* 2011: no card, only who says to be driving. */
static bool driver_2011(struct jt808_frame *f, struct cv_reader *r)
{
	size_t name_len, issuer_len;
	const uint8_t *name = counted(r, &name_len), *licence;

	cv_read_bytes(r, CITIZEN);
	licence = cv_read_bytes(r, LICENCE_2011);
	counted(r, &issuer_len);
	if (r->failed || cv_reader_left(r) != 0)
		return false;
	jt808_text(f, CV_NAME_VEHICLE_DRIVER, name, name_len);
	jt808_text(f, CV_NAME_VEHICLE_DRIVER_LICENCE, licence, LICENCE_2011);
	return true;
}

static void put_card(struct jt808_frame *f, bool inserted, const char *text)
{
	struct cv_record *rec = jt808_named(f, CV_NAME_VEHICLE_DRIVER_CARD);

	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = inserted;
	if (text != NULL)
		jt808_put_str(f, CV_TLV_TEXT, text);
	jt808_end(f);
}

bool jt808_driver(struct jt808_frame *f, struct cv_reader *r)
{
	static const char *const results[] = {"read", "not authenticated", "locked", "pulled",
					      "wrong check code"};
	struct cv_reader whole = *r;
	unsigned int state = cv_read_u8(r), result;
	const uint8_t *time = cv_read_bytes(r, JT808_TIME), *name, *licence;
	size_t name_len, issuer_len;

	if (r->failed || (state != 1 && state != 2))
		return driver_2011(f, &whole);
	f->time_quality = jt808_time(time, &f->ts);
	if (state == 2 || cv_reader_left(r) == 0) { /* some fill up what is not there with zeros */
		put_card(f, state == 1, NULL);
		return true;
	}
	result = cv_read_u8(r);
	put_card(f, true, result < sizeof(results) / sizeof(results[0]) ? results[result] : NULL);
	if (result != 0)
		return true;
	name = counted(r, &name_len);
	licence = cv_read_bytes(r, LICENCE_2013);
	counted(r, &issuer_len);
	if (r->failed)
		return false;
	jt808_text(f, CV_NAME_VEHICLE_DRIVER, name, name_len);
	jt808_text(f, CV_NAME_VEHICLE_DRIVER_LICENCE, licence, LICENCE_2013);
	return true;
}

/* 0705: frames of the CAN bus as they are. The time is one of a day, which is not said. */
bool jt808_can(struct jt808_frame *f, struct cv_reader *r)
{
	unsigned int count = cv_read_be16(r), done = 0;

	cv_read_bytes(r, 5);
	if (r->failed)
		return false;
	for (; cv_reader_left(r) != 0; done++) {
		uint32_t id = cv_read_be32(r);
		const uint8_t *data = cv_read_bytes(r, 8);
		struct cv_label name = {0};
		struct cv_record *rec;

		if (data == NULL)
			return false;
		rec = jt808_begin(f, CV_LANE_STATUS, CV_KIND_STATE);
		rec->flags |= CV_FLAG_RAW;
		rec->value_type = CV_VALUE_BYTES;
		cv_label_str(&name, "raw.can-");
		cv_label_hex(&name, id & 0x1fffffff, id & 1u << 30 ? 8 : 3);
		jt808_put(f, CV_TLV_NAME, &name);
		jt808_put_str(f, CV_TLV_SUB, id & 1u << 31 ? "can2" : "can1");
		cv_emit_tlv(f->d->emit, CV_TLV_BYTES, data, 8);
		jt808_end(f);
	}
	return done == count;
}

struct media {
	uint32_t id;
	uint8_t type, format, event, channel;
};

/* "image/jpeg, asked for, channel 3". @param bytes of it that are here, 0 = not told */
static void put_media(const struct jt808_frame *f, const struct media *m)
{
	static const char *const types[] = {"image", "audio", "video"};
	static const char *const formats[] = {"jpeg", "tiff", "mp3", "wav", "wmv"};
	static const char *const events[] = {"asked for",	    "timed",	  "robbery",
					     "collision",	    "door opens", "door closes",
					     "door no longer open", "distance"};
	struct cv_label text = {0};

	cv_label_str(&text, m->type < 3 ? types[m->type] : "media");
	if (m->format < sizeof(formats) / sizeof(formats[0])) {
		cv_label_str(&text, "/");
		cv_label_str(&text, formats[m->format]);
	}
	if (m->event < sizeof(events) / sizeof(events[0])) {
		cv_label_str(&text, ", ");
		cv_label_str(&text, events[m->event]);
	}
	cv_label_str(&text, ", channel ");
	cv_label_u32(&text, m->channel);
	jt808_number(f, CV_NAME_VEHICLE_MEDIA, m->id, NULL, &text);
}

bool jt808_media_event(struct jt808_frame *f, struct cv_reader *r)
{
	struct media m = {.id = cv_read_be32(r)};

	m.type = cv_read_u8(r);
	m.format = cv_read_u8(r);
	m.event = cv_read_u8(r);
	m.channel = cv_read_u8(r);
	if (!r->failed)
		put_media(f, &m);
	return !r->failed;
}

/* 0801: what it is, and where the vehicle was (not in 2011); the picture itself is not told. */
bool jt808_media_data(struct jt808_frame *f, struct cv_reader *r)
{
	int64_t ts;

	if (!jt808_media_event(f, r)) {
		jt808_bare(f, CV_KIND_STATE);
		return true; /* told by then */
	}
	if (cv_reader_left(r) < JT808_LOCATION ||
	    jt808_time(r->cur + JT808_LOCATION - JT808_TIME, &ts) != CV_TIME_DEVICE)
		return true;
	return jt808_position(f, r->cur, JT808_LOCATION);
}

/* 0802: what was asked for, how many there are, and each: id, type, channel, event, position. */
bool jt808_media_list(struct jt808_frame *f, struct cv_reader *r)
{
	unsigned int count, done = 0;

	cv_read_be16(r);
	count = cv_read_be16(r);
	if (r->failed)
		return false;
	for (; cv_reader_left(r) != 0; done++) {
		struct media m = {.id = cv_read_be32(r), .format = UINT8_MAX};
		const uint8_t *place;

		m.type = cv_read_u8(r);
		m.channel = cv_read_u8(r);
		m.event = cv_read_u8(r);
		place = cv_read_bytes(r, JT808_LOCATION);
		if (place == NULL)
			return false;
		f->stage = CV_STAGE_HISTORY;
		f->time_quality = jt808_time(place + JT808_LOCATION - JT808_TIME, &f->ts);
		put_media(f, &m);
	}
	if (done == 0)
		jt808_bare(f, CV_KIND_STATE);
	return done == count;
}
