/* SPDX-License-Identifier: Apache-2.0 */
/* What all encoders share: writing bytes, expectations, decimals, time. */
#include "tools/citysim/encode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const struct sim_encoder *sim_encoder_by_name(const char *name)
{
	for (unsigned int i = 0; i < sim_encoder_count; i++)
		if (strcmp(sim_encoders[i]->name, name) == 0)
			return sim_encoders[i];
	return NULL;
}

const char *sim_damage_name(enum sim_damage damage)
{
#define NAME_ROW(id, name) name,
	static const char *const names[] = {SIM_DAMAGES(NAME_ROW)};

	return (unsigned int)damage < SIM_DAMAGE_COUNT ? names[damage] : "?";
}

void sim_message_reset(struct sim_message *m)
{
	m->parts = 0;
	m->len = 0;
	m->messages = 0;
	m->again = 0;
	m->rejected = 0;
	m->expects = 0;
	m->text_len = 0;
	m->overflow = false;
}

void sim_part(struct sim_message *m, bool from_device)
{
	if (m->parts == SIM_PARTS_MAX) {
		m->overflow = true;
		return;
	}
	m->part[m->parts].from_device = from_device;
	m->part[m->parts].neighbour = 0;
	m->part[m->parts].at = (uint16_t)m->len;
	m->part[m->parts].len = 0;
	m->parts++;
	m->messages++;
}

void sim_put(struct sim_message *m, const void *data, size_t len)
{
	if (m->parts == 0 || len > SIM_BYTES_MAX - m->len) {
		m->overflow = true;
		return;
	}
	if (len != 0)
		memcpy(m->bytes + m->len, data, len);
	m->len += (unsigned int)len;
	m->part[m->parts - 1].len = (uint16_t)(m->len - m->part[m->parts - 1].at);
}

void sim_u8(struct sim_message *m, unsigned int v)
{
	sim_put(m, &(uint8_t){(uint8_t)v}, 1);
}

void sim_be16(struct sim_message *m, unsigned int v)
{
	sim_put(m, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

void sim_be32(struct sim_message *m, uint32_t v)
{
	sim_be16(m, v >> 16);
	sim_be16(m, v & 0xffff);
}

void sim_le16(struct sim_message *m, unsigned int v)
{
	sim_put(m, (uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

void sim_le32(struct sim_message *m, uint32_t v)
{
	sim_le16(m, v & 0xffff);
	sim_le16(m, v >> 16);
}

void sim_fill_be16(struct sim_message *m, unsigned int body)
{
	unsigned int len = m->len - body;

	if (m->overflow)
		return;
	m->bytes[body - 2] = (uint8_t)(len >> 8);
	m->bytes[body - 1] = (uint8_t)len;
}

void sim_bcd_le(struct sim_message *m, uint64_t v, unsigned int digits)
{
	for (unsigned int i = 0; i < digits; i += 2) {
		sim_u8(m, (unsigned int)(v / 10 % 10 << 4 | v % 10));
		v /= 100;
	}
}

void sim_bcd(struct sim_message *m, uint64_t v, unsigned int digits)
{
	uint8_t bytes[16];
	unsigned int n = (digits + 1) / 2;

	if (n > sizeof(bytes)) {
		m->overflow = true;
		return;
	}
	for (unsigned int i = n; i > 0; i--) {
		bytes[i - 1] = (uint8_t)(v / 10 % 10 << 4 | v % 10);
		v /= 100;
	}
	sim_put(m, bytes, n);
}

void sim_printf(struct sim_message *m, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		m->overflow = true;
	else
		sim_put(m, text, (size_t)n);
}

const char *sim_text(struct sim_message *m, const char *fmt, ...)
{
	char *at = m->text + m->text_len;
	size_t left = SIM_TEXT_MAX - m->text_len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(at, left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= left) {
		m->overflow = true;
		return "?";
	}
	m->text_len += (unsigned int)n + 1;
	return at;
}

static uint8_t lane_of(enum cv_kind kind)
{
	if (kind == CV_KIND_ALARM)
		return CV_LANE_ALARM;
	return kind == CV_KIND_MEASUREMENT ? CV_LANE_MEASUREMENT : CV_LANE_STATUS;
}

struct sim_expect *sim_expect(struct sim_message *m, const struct sim_input *in, enum cv_kind kind)
{
	static struct sim_expect spare;
	struct sim_expect *e = &spare;

	if (m->expects == SIM_EXPECT_MAX)
		m->overflow = true;
	else
		e = &m->expect[m->expects++];
	*e = (struct sim_expect){
		.kind = (uint8_t)kind,
		.lane = lane_of(kind),
		.direction = CV_DIR_UP,
		.stage = CV_STAGE_REALTIME,
		.quality = CV_QUALITY_UNSTATED,
		.device = in->device->id,
	};
	return e;
}

struct sim_expect *sim_expect_reading(struct sim_message *m, const struct sim_input *in,
				      const struct sim_reading *r)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_MEASUREMENT);

	e->name = r->point->name;
	e->unit = r->point->unit;
	sim_expect_number(e, sim_value(r));
	return e;
}

void sim_expect_number(struct sim_expect *e, double number)
{
	e->value_type = CV_VALUE_F64;
	e->number = number;
}

void sim_expect_text(struct sim_expect *e, const char *text)
{
	e->value_type = CV_VALUE_TEXT;
	e->text = text;
}

void sim_damaged(struct sim_message *m)
{
	m->messages = 0;
	m->expects = 0;
	m->rejected = 1;
}

void sim_keep_first(struct sim_message *m)
{
	m->parts = 1;
	m->again = 0;
}

void sim_keep_last(struct sim_message *m)
{
	m->part[0] = m->part[m->parts - 1];
	m->parts = 1;
	m->again = 0;
}

void sim_damage_first(const struct sim_input *in, struct sim_message *m, enum sim_damage damage,
		      unsigned int at, unsigned int byte)
{
	sim_keep_first(m);
	if (damage == SIM_DAMAGE_CUT)
		m->part[0].len = (uint16_t)(1 + in->random % (m->part[0].len - 1u));
	else
		m->bytes[m->part[0].at + at] = (uint8_t)byte;
	sim_damaged(m);
}

void sim_damage_checked(const struct sim_input *in, struct sim_message *m, enum sim_damage damage,
			const struct sim_framing *f)
{
	uint8_t *bytes = m->bytes + m->part[0].at;
	unsigned int len = m->part[0].len;

	if (damage == SIM_DAMAGE_CUT)
		m->part[0].len = (uint16_t)(f->shortest + in->random % (len - f->shortest - 1u));
	else if (damage == SIM_DAMAGE_CHECK)
		bytes[len - f->check] ^= 1;
	else
		bytes[f->content + in->random % (len - f->content - f->tail)] ^= 1;
	sim_damaged(m);
}

double sim_value(const struct sim_reading *r)
{
	/* Both are exact in a double, so that the one operation on them rounds once.
   */
	static const double tens[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,	1e6,  1e7,
				      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	int e = r->point->shift - r->point->decimals;
	double raw = (double)r->raw;

	return e < 0 ? raw / tens[-e & 15] : raw * tens[e & 15];
}

const char *sim_decimal(int64_t raw, int decimals)
{
	static char text[4][48];
	static unsigned int turn;
	char *end = text[turn++ % 4] + sizeof(text[0]) - 1, *at = end;
	uint64_t left = raw < 0 ? 0 - (uint64_t)raw : (uint64_t)raw;
	int digits = 0;

	*end = '\0';
	for (int i = decimals; i < 0; i++)
		*--at = '0';
	do {
		if (digits == decimals && decimals > 0)
			*--at = '.';
		*--at = (char)('0' + left % 10);
		left /= 10;
		digits++;
	} while (left != 0 || digits <= decimals);
	if (raw < 0)
		*--at = '-';
	return at;
}

struct sim_civil sim_civil(int64_t time_ns, int offset_s)
{
	time_t seconds = time_ns / 1000000000 + offset_s;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return (struct sim_civil){
		.year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min,
		.second = tm.tm_sec,
		.ms = (int)(time_ns / 1000000 % 1000),
		.weekday = tm.tm_wday,
	};
}
