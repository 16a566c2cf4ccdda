/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of information: values, quality descriptors, qualifiers, times (-101, 7.2.6). */
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/iec104.h"
#include "dataplane/normalize/vocabulary.h"

#define NORMALIZED_ONE 32768.0
#define HOUR_NS (3600ll * 1000000000)
#define MINUTE_NS (60ll * 1000000000)
#define SELECT 0x80u /* of commands: select, not execute */

/* Quality bits; those of 0x04 and below belong to values with room for them. */
static const struct {
	uint8_t bit;
	const char *name;
} descriptors[] = {
	{0x80, "IV"}, {0x40, "NT"}, {0x20, "SB"}, {0x10, "BL"}, {0x08, "EI"}, {0x01, "OV"},
};

static uint32_t le(const uint8_t *p, unsigned int bytes)
{
	uint32_t v = 0;

	for (unsigned int i = bytes; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* Invalid is bad; not topical, substituted, blocked, overflowing or with a bad time uncertain. */
static void put_quality(const struct iec104_asdu *a, struct cv_record *rec, uint8_t bits)
{
	struct cv_label flag = {0};

	if (rec->quality != CV_QUALITY_UNCERTAIN)
		rec->quality = bits == 0 ? CV_QUALITY_GOOD : CV_QUALITY_UNCERTAIN;
	if (bits & 0x80)
		rec->quality = CV_QUALITY_BAD;
	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
		if (!(bits & descriptors[i].bit))
			continue;
		if (flag.len != 0)
			cv_label_str(&flag, " ");
		cv_label_str(&flag, descriptors[i].name);
	}
	if (flag.len != 0)
		cv_emit_tlv(a->d->emit, CV_TLV_FLAG, flag.text, flag.len);
}

static void put_u64(struct cv_record *rec, uint64_t v)
{
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = v;
}

static void put_i64(struct cv_record *rec, int64_t v)
{
	rec->value_type = CV_VALUE_I64;
	rec->value.i64 = v;
}

static void put_f64(struct cv_record *rec, double v)
{
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = v;
}

static void put_bool(struct cv_record *rec, bool v)
{
	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = v;
}

static void put_float(struct cv_record *rec, const uint8_t *p)
{
	uint32_t bits = le(p, 4);
	float f;

	memcpy(&f, &bits, sizeof(f));
	put_f64(rec, (double)f);
}

static void put_normalized(struct cv_record *rec, const uint8_t *p)
{
	put_f64(rec, (int16_t)le(p, 2) / NORMALIZED_ONE);
}

static void put_word(struct cv_label *text, const char *word, uint32_t number)
{
	cv_label_str(text, ", ");
	cv_label_str(text, word);
	cv_label_str(text, " ");
	cv_label_u32(text, number);
}

/* Double points: 1 off, 2 on; 0 and 3 are between and undecided. */
static void put_double(struct cv_record *rec, uint8_t bits)
{
	put_u64(rec, bits & 3u);
	if ((bits & 3) == 0 || (bits & 3) == 3)
		rec->quality = CV_QUALITY_UNCERTAIN;
}

/* Five bits of qualifier and the select bit of a command's octet. */
static void put_command(uint8_t octet, unsigned int shift, struct cv_label *text)
{
	uint8_t qualifier = (octet & 0x7f) >> shift;

	if (octet & SELECT)
		cv_label_str(text, ", select");
	if (qualifier != 0)
		put_word(text, "qualifier", qualifier);
}

/* Counter reading: sequence number, carry, adjusted, invalid. */
static void put_counter(const struct iec104_asdu *a, struct cv_record *rec, const uint8_t *p,
			struct cv_label *text)
{
	put_i64(rec, (int32_t)le(p, 4));
	put_word(text, "counter period", p[4] & 0x1f);
	if (p[4] & 0x20)
		cv_label_str(text, ", carry");
	if (p[4] & 0x40)
		cv_label_str(text, ", adjusted");
	put_quality(a, rec, p[4] & 0x80);
}

/* Which file, and what of it: letters are the elements in their order. */
static void put_file(const struct iec104_object *o, const char *elements, struct cv_label *text)
{
	const uint8_t *p = o->data;

	for (; *elements != '\0'; elements++) {
		switch (*elements) {
		case 'f':
			put_word(text, "file", le(p, 2));
			p += 2;
			break;
		case 'l':
			put_word(text, "length", le(p, 3));
			p += 3;
			break;
		case 's':
			put_word(text, "section", *p++);
			break;
		case 'q':
			put_word(text, "qualifier", *p++);
			break;
		case 'n':
			put_word(text, "bytes", *p++);
			break;
		default:
			put_word(text, "checksum", *p++);
			break;
		}
	}
}

/* The time that a clock is set to. */
static void put_clock(const struct iec104_asdu *a, const struct iec104_object *o,
		      struct cv_record *rec)
{
	iec104_put_time(a, o, rec);
	if (rec->time_quality != CV_TIME_DEVICE)
		return;
	rec->name_id = CV_NAME_DEVICE_CLOCK;
	rec->unit_id = CV_UNIT_OF_DEVICE_CLOCK;
	put_f64(rec, (double)(rec->ts_device_ns / 1000000) / 1000);
}

/* Process information. @return whether the form is one. */
static bool put_process(const struct iec104_asdu *a, const struct iec104_object *o,
			struct cv_record *rec, struct cv_label *text)
{
	const uint8_t *p = o->data;

	switch (a->type->form) {
	case IEC104_SIQ:
		put_bool(rec, p[0] & 1);
		put_quality(a, rec, p[0] & 0xf0);
		return true;
	case IEC104_DIQ:
		put_double(rec, p[0]);
		put_quality(a, rec, p[0] & 0xf0);
		return true;
	case IEC104_VTI_QDS:
		put_i64(rec, (int8_t)(p[0] << 1) / 2);
		if (p[0] & 0x80)
			cv_label_str(text, ", moving");
		put_quality(a, rec, p[1] & 0xf1);
		return true;
	case IEC104_BSI_QDS:
		put_u64(rec, le(p, 4));
		put_quality(a, rec, p[4] & 0xf1);
		return true;
	case IEC104_NVA_QDS:
		put_normalized(rec, p);
		put_quality(a, rec, p[2] & 0xf1);
		return true;
	case IEC104_SVA_QDS:
		put_i64(rec, (int16_t)le(p, 2));
		put_quality(a, rec, p[2] & 0xf1);
		return true;
	case IEC104_FLT_QDS:
		put_float(rec, p);
		put_quality(a, rec, p[4] & 0xf1);
		return true;
	case IEC104_BCR:
		put_counter(a, rec, p, text);
		return true;
	case IEC104_NVA:
		put_normalized(rec, p);
		return true;
	default:
		return false;
	}
}

/* Events of protection equipment and packed points. */
static bool put_events(const struct iec104_asdu *a, const struct iec104_object *o,
		       struct cv_record *rec, struct cv_label *text)
{
	const uint8_t *p = o->data;

	switch (a->type->form) {
	case IEC104_SEP:
		put_double(rec, p[0]);
		put_word(text, "elapsed ms", le(p + 1, 2));
		put_quality(a, rec, p[0] & 0xf8);
		return true;
	case IEC104_SPE:
		put_u64(rec, p[0] & 0x3fu);
		put_word(text, "duration ms", le(p + 2, 2));
		put_quality(a, rec, p[1] & 0xf8);
		return true;
	case IEC104_OCI:
		put_u64(rec, p[0] & 0x0fu);
		put_word(text, "operating ms", le(p + 2, 2));
		put_quality(a, rec, p[1] & 0xf8);
		return true;
	case IEC104_SCD_QDS:
		put_u64(rec, le(p, 2));
		put_word(text, "changed", le(p + 2, 2));
		put_quality(a, rec, p[4] & 0xf1);
		return true;
	default:
		return false;
	}
}

/* Commands, set points and parameters. */
static bool put_control(const struct iec104_asdu *a, const struct iec104_object *o,
			struct cv_record *rec, struct cv_label *text)
{
	const uint8_t *p = o->data;

	switch (a->type->form) {
	case IEC104_SCO:
		put_bool(rec, p[0] & 1);
		put_command(p[0], 2, text);
		return true;
	case IEC104_DCO:
	case IEC104_RCO:
		put_u64(rec, p[0] & 3u);
		put_command(p[0], 2, text);
		return true;
	case IEC104_NVA_QOS:
		put_normalized(rec, p);
		put_command(p[2], 0, text);
		return true;
	case IEC104_SVA_QOS:
		put_i64(rec, (int16_t)le(p, 2));
		put_command(p[2], 0, text);
		return true;
	case IEC104_FLT_QOS:
		put_float(rec, p);
		put_command(p[4], 0, text);
		return true;
	case IEC104_BSI:
		put_u64(rec, le(p, 4));
		return true;
	default:
		return false;
	}
}

static void put_system(const struct iec104_asdu *a, const struct iec104_object *o,
		       struct cv_record *rec, struct cv_label *text)
{
	const uint8_t *p = o->data;

	switch (a->type->form) {
	case IEC104_COI: /* 0 power switched on, 1 reset by hand, 2 remote reset */
		put_u64(rec, p[0] & 0x7fu);
		if (p[0] & 0x80)
			cv_label_str(text, ", parameters changed");
		break;
	case IEC104_QUALIFIER:
		put_u64(rec, p[0]);
		break;
	case IEC104_COUNTER:
		put_u64(rec, le(p, 2));
		break;
	case IEC104_CLOCK:
		put_clock(a, o, rec);
		break;
	case IEC104_FILE_READY:
	case IEC104_DIRECTORY:
		put_file(o, "flq", text);
		break;
	case IEC104_SECTION_READY:
		put_file(o, "fslq", text);
		break;
	case IEC104_FILE_CALL:
		put_file(o, "fsq", text);
		break;
	case IEC104_FILE_LAST:
		put_file(o, "fsqc", text);
		break;
	case IEC104_FILE_SEGMENT:
		put_file(o, "fsn", text);
		break;
	case IEC104_QUERY_LOG:
		put_file(o, "f", text);
		break;
	default:
		break;
	}
}

void iec104_put_value(const struct iec104_asdu *a, const struct iec104_object *o,
		      struct cv_record *rec, struct cv_label *text)
{
	if (!put_process(a, o, rec, text) && !put_events(a, o, rec, text) &&
	    !put_control(a, o, rec, text))
		put_system(a, o, rec, text);
}

/* The time of the hour, in the hour that brings it nearest to when it was received. */
static void put_cp24(const struct iec104_asdu *a, const uint8_t *p, struct cv_record *rec)
{
	uint32_t ms = le(p, 2), minute = p[2] & 0x3f;
	int64_t rx = a->d->origin->ts_rx_ns;
	int64_t at = rx - rx % HOUR_NS + (int64_t)minute * MINUTE_NS + (int64_t)ms * 1000000;

	if (ms > 59999 || minute > 59 || p[2] & 0x80) {
		rec->time_quality = CV_TIME_IMPLAUSIBLE;
		return;
	}
	if (at - rx > HOUR_NS / 2)
		at -= HOUR_NS;
	else if (rx - at > HOUR_NS / 2)
		at += HOUR_NS;
	rec->time_quality = CV_TIME_RELATIVE;
	rec->ts_device_ns = at;
}

void iec104_put_time(const struct iec104_asdu *a, const struct iec104_object *o,
		     struct cv_record *rec)
{
	const uint8_t *p = o->tag;
	uint32_t ms;
	int64_t ts;
	struct cv_civil c;

	if (p == NULL)
		return;
	if (a->type->tag == IEC104_CP24) {
		put_cp24(a, p, rec);
		return;
	}
	ms = le(p, 2);
	c = (struct cv_civil){
		/* Of the century; there are clocks that count from 1900. */
		.year = (p[6] & 0x7fu) + ((p[6] & 0x7fu) < 100 ? 2000 : 1900),
		.month = p[5] & 0x0f,
		.day = p[4] & 0x1f,
		.hour = p[3] & 0x1f,
		.minute = p[2] & 0x3f,
		.second = ms / 1000,
	};
	/* The standard leaves the zone to the parties: Beijing's; summer time is an hour ahead. */
	if (p[2] & 0x80 || !cv_civil_time(&c, CV_BEIJING_S + (p[3] & 0x80 ? 3600 : 0), &ts)) {
		rec->time_quality = CV_TIME_IMPLAUSIBLE;
		return;
	}
	rec->time_quality = CV_TIME_DEVICE;
	rec->ts_device_ns = ts + (int64_t)(ms % 1000) * 1000000;
}
