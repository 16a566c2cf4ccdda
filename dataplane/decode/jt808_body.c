/* SPDX-License-Identifier: Apache-2.0 */
/* Which body a message has, and the short ones. */
#include "dataplane/decode/jt808.h"
#include "dataplane/normalize/vocabulary.h"

/* What the receiver made of a message: its serial number and id, a result, 0 for success. */
static bool ack(struct jt808_frame *f, struct cv_reader *r)
{
	unsigned int serial = cv_read_be16(r), id = cv_read_be16(r), result = cv_read_u8(r);
	static const char *const results[] = {"done", "failed", "wrong", "not-supported",
					      "alarm-confirmed"};
	struct cv_label asked = {0}, number = {0};
	struct cv_record *rec;

	if (r->failed)
		return false;
	rec = jt808_begin(f, CV_LANE_STATUS,
			  result == 0 || result == 4 ? CV_KIND_STATE : CV_KIND_ERROR);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = result;
	cv_label_hex(&asked, id, 4);
	jt808_put(f, CV_TLV_CODE, &asked);
	if (result < sizeof(results) / sizeof(results[0]))
		jt808_put_str(f, CV_TLV_TEXT, results[result]);
	cv_label_u32(&number, serial);
	jt808_put(f, CV_TLV_CORRELATION, &number);
	jt808_end(f);
	return true;
}

static bool session(struct jt808_frame *f, struct cv_reader *r)
{
	jt808_bare(f, CV_KIND_SESSION);
	return !r->failed;
}

/* 8100: the code that the terminal authenticates with stands behind the result. It is not told. */
static bool registered(struct jt808_frame *f, struct cv_reader *r)
{
	static const char *const results[] = {"registered", "vehicle-registered-before",
					      "vehicle-unknown", "terminal-registered-before",
					      "terminal-unknown"};
	unsigned int serial = cv_read_be16(r), result = cv_read_u8(r);
	struct cv_label number = {0};
	struct cv_record *rec;

	if (r->failed) {
		jt808_bare(f, CV_KIND_SESSION);
		return false;
	}
	rec = jt808_begin(f, CV_LANE_STATUS, result == 0 ? CV_KIND_SESSION : CV_KIND_ERROR);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = result;
	if (result < sizeof(results) / sizeof(results[0]))
		jt808_put_str(f, CV_TLV_TEXT, results[result]);
	cv_label_u32(&number, serial);
	jt808_put(f, CV_TLV_CORRELATION, &number);
	jt808_end(f);
	return true;
}

static bool upgrade_result(struct jt808_frame *f, struct cv_reader *r)
{
	static const char *const results[] = {"done", "failed", "cancelled"};
	unsigned int what = cv_read_u8(r), result = cv_read_u8(r);
	struct cv_label code = {0};
	struct cv_record *rec;

	if (r->failed)
		return false;
	rec = jt808_begin(f, CV_LANE_STATUS, result == 0 ? CV_KIND_STATE : CV_KIND_ERROR);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = result;
	cv_label_u32(&code, what); /* 0 terminal, 12 card reader, 52 satellite receiver */
	jt808_put(f, CV_TLV_CODE, &code);
	if (result < sizeof(results) / sizeof(results[0]))
		jt808_put_str(f, CV_TLV_TEXT, results[result]);
	jt808_end(f);
	return true;
}

static bool event(struct jt808_frame *f, struct cv_reader *r)
{
	unsigned int id = cv_read_u8(r);

	if (!r->failed)
		jt808_number(f, CV_NAME_VEHICLE_EVENT, id, NULL, NULL);
	return !r->failed;
}

/* 8300, shown or read to the driver. 2019 has a byte with the kind of text behind the flags. */
static bool text(struct jt808_frame *f, struct cv_reader *r)
{
	unsigned int flags = cv_read_u8(r);
	struct cv_label code = {0};
	struct cv_record *rec;

	if (f->v2019)
		cv_read_u8(r);
	if (r->failed)
		return false;
	rec = jt808_begin(f, CV_LANE_STATUS, CV_KIND_COMMAND);
	rec->value_type = CV_VALUE_TEXT;
	cv_label_hex(&code, flags, 2);
	jt808_put(f, CV_TLV_FLAG, &code);
	cv_gb_text(f->d->emit, rec, r->cur, cv_reader_left(r));
	if (rec->flags & CV_FLAG_ENCODING)
		rec->value_type = CV_VALUE_BYTES;
	jt808_end(f);
	return true;
}

bool jt808_passengers(struct jt808_frame *f, struct cv_reader *r)
{
	const uint8_t *times = cv_read_bytes(r, 2 * JT808_TIME);
	unsigned int boarded = cv_read_be16(r), alighted = cv_read_be16(r);

	if (r->failed)
		return false;
	f->time_quality = jt808_time(times + JT808_TIME, &f->ts); /* of the end of the period */
	jt808_value(f, CV_NAME_VEHICLE_BOARDED, boarded, NULL);
	jt808_value(f, CV_NAME_VEHICLE_ALIGHTED, alighted, NULL);
	return true;
}

static bool raw(struct jt808_frame *f, struct cv_reader *r)
{
	if (f->len != 0)
		jt808_raw(f, NULL);
	else
		jt808_bare(f, f->direction == CV_DIR_DOWN ? CV_KIND_COMMAND : CV_KIND_STATE);
	return !r->failed;
}

#define ACK ack
#define SESSION session
#define REGISTER jt808_register
#define REGISTERED registered
#define AUTHENTICATE jt808_authenticate
#define PARAMETERS jt808_parameters
#define SET_PARAMETERS jt808_set_parameters
#define ATTRIBUTES jt808_attributes
#define UPGRADE upgrade_result
#define POSITION jt808_location
#define LOCATED jt808_located_answer
#define BATCH jt808_batch
#define EVENT event
#define DRIVER jt808_driver
#define CAN jt808_can
#define MEDIA_EVENT jt808_media_event
#define MEDIA_DATA jt808_media_data
#define MEDIA_LIST jt808_media_list
#define PASSENGERS jt808_passengers
#define TEXT text
#define RAW raw

static const struct type {
	uint16_t id;
	const char *name;
	/* @return false: not laid out so; what was understood is told, the caller tells the rest */
	bool (*body)(struct jt808_frame *f, struct cv_reader *r);
} types[] = {
#define TYPE(id, name, body) {id, name, body},
#include "dataplane/decode/jt808_type_list.h"
};

static const struct type *find(uint16_t id)
{
	size_t low = 0, high = sizeof(types) / sizeof(types[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (types[middle].id == id)
			return &types[middle];
		if (types[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *jt808_name(uint16_t id)
{
	const struct type *t = find(id);

	return t != NULL ? t->name : NULL;
}

bool jt808_body(struct jt808_frame *f)
{
	struct cv_reader r = cv_reader(f->body, f->len);
	const struct type *t = find(f->id);

	if (f->encryption != 0) {
		jt808_raw(f, f->encryption == 1 ? "encrypted (RSA)" : "encrypted");
		return true;
	}
	if (t == NULL)
		return raw(f, &r);
	if (t->body(f, &r))
		return true;
	f->ts = 0;
	f->time_quality = CV_TIME_ABSENT;
	if (t->body != registered && t->body != jt808_authenticate)
		jt808_raw(f, "not laid out as the standard has it");
	return false;
}
