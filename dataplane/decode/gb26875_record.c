/* SPDX-License-Identifier: Apache-2.0 */
/* What all records of a frame have, and the pieces that most have. */
#include "dataplane/decode/gb26875.h"
#include "dataplane/decode/gb_text.h"

void gb26875_put_label(const struct gb26875_frame *f, enum cv_tlv_tag tag, const struct cv_label *l)
{
	cv_emit_tlv(f->d->emit, tag, l->text, l->len);
}

/* "send-component-state", "confirm", "command-130-type-150". */
static void put_method(const struct gb26875_frame *f)
{
	static const char *const commands[] = {NULL,	  "control", "send", "confirm",
					       "request", "answer",  "deny"};
	const char *type = gb26875_type(f->type)->name;
	struct cv_label l = {0};

	if (f->command == GB26875_SEND && f->app_len == 0) {
		cv_label_str(&l, "heartbeat");
	} else if (f->command >= GB26875_CONTROL && f->command <= GB26875_DENY) {
		cv_label_str(&l, commands[f->command]);
	} else {
		cv_label_str(&l, "command-");
		cv_label_u32(&l, f->command);
	}
	if (f->app_len != 0) {
		cv_label_str(&l, type ? "-" : "-type-");
		if (type)
			cv_label_str(&l, type);
		else
			cv_label_u32(&l, f->type);
	}
	gb26875_put_label(f, CV_TLV_METHOD, &l);
}

struct cv_record *gb26875_begin(const struct gb26875_frame *f, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(f->d->emit, lane, kind);
	bool up = f->direction == CV_DIR_UP;

	rec->direction = f->direction;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = f->size;
	rec->seq = f->serial;
	rec->status = (uint16_t)(f->command << 8 | f->type);
	rec->ts_device_ns = f->ts;
	rec->time_quality = f->time_quality;
	if (f->device_len != 0)
		cv_emit_tlv(f->d->emit, CV_TLV_DEVICE, f->device, f->device_len);
	put_method(f);
	return rec;
}

void gb26875_take_time(struct cv_record *rec, const struct gb26875_object *o)
{
	int64_t ts;
	uint8_t quality;

	if (o->time == NULL)
		return;
	quality = gb26875_time(o->time, &ts);
	if (quality == CV_TIME_ABSENT)
		return;
	rec->time_quality = quality;
	rec->ts_device_ns = ts;
}

void gb26875_put_sub(const struct gb26875_frame *f, const struct gb26875_object *o)
{
	uint8_t unit = f->type >= 81 || (f->type >= 21 && f->type <= 28);
	uint8_t size = gb26875_type(f->type)->size;
	const uint8_t *p = o->data;
	struct cv_label l = {0};

	if (unit)
		return;
	cv_label_u32(&l, p[0]);
	cv_label_str(&l, "-");
	cv_label_u32(&l, p[1]);
	p += 2;
	if (size >= 6) {
		cv_label_str(&l, ".");
		if (size > 6) {
			cv_label_u32(&l, *p++);
			cv_label_str(&l, "-");
		}
		cv_label_hex(&l,
			     (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 |
				     p[0],
			     8);
	}
	gb26875_put_label(f, CV_TLV_SUB, &l);
}

void gb26875_put_code(const struct gb26875_frame *f, uint32_t number)
{
	struct cv_label l = {0};

	cv_label_u32(&l, f->type);
	cv_label_str(&l, ".");
	cv_label_u32(&l, number);
	gb26875_put_label(f, CV_TLV_CODE, &l);
}

void gb26875_put_raw_name(const struct gb26875_frame *f, const char *what, uint32_t number)
{
	struct cv_label l = {0};

	cv_label_str(&l, "raw.");
	cv_label_str(&l, what);
	cv_label_u32(&l, number);
	gb26875_put_label(f, CV_TLV_NAME, &l);
}

void gb26875_put_text(const struct gb26875_frame *f, struct cv_record *rec, const uint8_t *text,
		      size_t len)
{
	cv_gb_text(f->d->emit, rec, text, len);
}
