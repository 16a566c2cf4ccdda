/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies about the terminal itself: register, authenticate, attributes, parameters. */
#include "dataplane/decode/jt808.h"
#include "dataplane/normalize/vocabulary.h"

/* Fields in front of a vehicle's plate. */
struct layout {
	uint8_t maker, model, terminal; /* bytes */
};
static const struct layout edition_2011 = {5, 8, 7};
static const struct layout edition_2013 = {5, 20, 7};
static const struct layout edition_2019 = {11, 30, 30};

/*
 * The header of 2011 is that of 2013, and their bodies differ in the model's length only: where a
 * plate's colour is a colour (0 to 9, 91 to 94) decides.
 */
static const struct layout *layout_of(const struct jt808_frame *f)
{
	uint8_t colour;

	if (f->v2019)
		return &edition_2019;
	if (f->len < 37)
		return &edition_2011;
	colour = f->body[36];
	return colour <= 9 || (colour >= 91 && colour <= 94) ? &edition_2013 : &edition_2011;
}

static void put_digits(const struct jt808_frame *f, unsigned int name, const uint8_t *at,
		       size_t len)
{
	struct cv_label digits = {0};
	unsigned int any = 0;
	struct cv_record *rec;

	for (size_t i = 0; i < len; i++) {
		any |= at[i];
		cv_label_hex(&digits, at[i], 2);
	}
	if (any == 0)
		return;
	rec = jt808_named(f, name);
	rec->value_type = CV_VALUE_TEXT;
	jt808_put(f, CV_TLV_TEXT, &digits);
	jt808_end(f);
}

/*
 * Terminal numbers and models are letters and digits, filled up with zeros, by some in front. Others
 * have BCD there.
 */
static void put_field(const struct jt808_frame *f, unsigned int name, const uint8_t *at, size_t len)
{
	while (len > 0 && *at == '\0') {
		at++;
		len--;
	}
	len = cv_gb_trim(at, len);
	for (size_t i = 0; i < len; i++) {
		if (at[i] < ' ') {
			put_digits(f, name, at, len);
			return;
		}
	}
	jt808_text(f, name, at, len);
}

bool jt808_register(struct jt808_frame *f, struct cv_reader *r)
{
	const struct layout *l = layout_of(f);
	unsigned int province = cv_read_be16(r), city = cv_read_be16(r);
	const uint8_t *maker = cv_read_bytes(r, l->maker), *model = cv_read_bytes(r, l->model);
	const uint8_t *terminal = cv_read_bytes(r, l->terminal);
	unsigned int colour = cv_read_u8(r);
	struct cv_label place = {0}, number = {0};

	if (r->failed)
		return false;
	jt808_begin(f, CV_LANE_STATUS, CV_KIND_SESSION);
	cv_label_u32(&place, province); /* GB/T 2260: first two and last four digits */
	cv_label_str(&place, "-");
	cv_label_u32(&place, city);
	jt808_put(f, CV_TLV_CODE, &place);
	jt808_end(f);
	put_field(f, CV_NAME_DEVICE_MAKER, maker, l->maker);
	put_field(f, CV_NAME_DEVICE_MODEL, model, l->model);
	put_field(f, CV_NAME_DEVICE_SERIAL, terminal, l->terminal);
	if (cv_gb_trim(r->cur, cv_reader_left(r)) != 0) {
		struct cv_record *rec = jt808_named(f, CV_NAME_VEHICLE_PLATE);

		/* Colour 0: no plate yet, the number in the chassis (VIN) instead. */
		rec->value_type = CV_VALUE_TEXT;
		cv_gb_text(f->d->emit, rec, r->cur, cv_reader_left(r));
		if (rec->flags & CV_FLAG_ENCODING)
			rec->value_type = CV_VALUE_BYTES;
		cv_label_u32(&number, colour);
		jt808_put(f, CV_TLV_FLAG, &number);
		jt808_end(f);
	}
	return true;
}

/* The code is a password: it is not told. 2019 has IMEI and version behind it. */
bool jt808_authenticate(struct jt808_frame *f, struct cv_reader *r)
{
	const uint8_t *version = NULL;

	jt808_bare(f, CV_KIND_SESSION);
	if (!f->v2019)
		return true;
	cv_read_bytes(r, cv_read_u8(r));
	cv_read_bytes(r, 15);
	version = cv_read_bytes(r, 20);
	if (version != NULL)
		put_field(f, CV_NAME_DEVICE_VERSION, version, 20);
	return version != NULL;
}

struct counted {
	const uint8_t *at;
	size_t len;
};

static struct counted counted(struct cv_reader *r)
{
	size_t len = cv_read_u8(r);

	return (struct counted){.at = cv_read_bytes(r, len), .len = len};
}

static bool attributes(struct jt808_frame *f, struct cv_reader r, const struct layout *l)
{
	const uint8_t *maker, *model, *terminal, *sim;
	struct counted hardware, firmware;

	cv_read_be16(&r); /* what kinds of vehicle it is for */
	maker = cv_read_bytes(&r, l->maker);
	model = cv_read_bytes(&r, l->model);
	terminal = cv_read_bytes(&r, l->terminal);
	sim = cv_read_bytes(&r, 10);
	hardware = counted(&r);
	firmware = counted(&r);
	cv_read_be16(&r); /* which satellites and networks */
	if (r.failed || cv_reader_left(&r) != 0)
		return false;
	put_field(f, CV_NAME_DEVICE_MAKER, maker, l->maker);
	put_field(f, CV_NAME_DEVICE_MODEL, model, l->model);
	put_field(f, CV_NAME_DEVICE_SERIAL, terminal, l->terminal);
	put_digits(f, CV_NAME_DEVICE_SIM, sim, 10);
	put_field(f, CV_NAME_DEVICE_HARDWARE, hardware.at, hardware.len);
	put_field(f, CV_NAME_DEVICE_VERSION, firmware.at, firmware.len);
	return true;
}

/* In 2019 the maker has five bytes here and eleven where it registers; some send eleven here too. */
bool jt808_attributes(struct jt808_frame *f, struct cv_reader *r)
{
	static const struct layout short_2019 = {5, 30, 30};

	if (!f->v2019)
		return attributes(f, *r, &edition_2013);
	return attributes(f, *r, &short_2019) || attributes(f, *r, &edition_2019);
}

/* Parameters that are texts (2019, table 12, and JT/T 1078); of those, passwords. */
static bool is_text(uint32_t id)
{
	return (id >= 0x10 && id <= 0x17) || id == 0x1a || id == 0x1d ||
	       (id >= 0x23 && id <= 0x26) || (id >= 0x40 && id <= 0x44) || id == 0x48 ||
	       id == 0x49 || id == 0x83;
}

static bool is_secret(uint32_t id)
{
	return id == 0x12 || id == 0x16 || id == 0x24;
}

static void put_parameter(const struct jt808_frame *f, uint32_t id, const uint8_t *at, size_t len)
{
	bool down = f->direction == CV_DIR_DOWN;
	struct cv_record *rec =
		jt808_begin(f, CV_LANE_STATUS, down ? CV_KIND_COMMAND : CV_KIND_STATE);
	struct cv_label name = {0}, code = {0};

	cv_label_hex(&code, id, 4 + (id > 0xffff) * 4);
	cv_label_str(&name, "raw.parameter.");
	cv_label_bytes(&name, code.text, code.len);
	jt808_put(f, CV_TLV_NAME, &name);
	jt808_put(f, CV_TLV_CODE, &code);
	if (is_secret(id)) {
		jt808_put_str(f, CV_TLV_TEXT, "withheld");
	} else if (is_text(id)) {
		rec->value_type = CV_VALUE_TEXT;
		cv_gb_text(f->d->emit, rec, at, len);
		if (rec->flags & CV_FLAG_ENCODING)
			rec->value_type = CV_VALUE_BYTES;
	} else if (len == 1 || len == 2 || len == 4) {
		rec->value_type = CV_VALUE_U64;
		for (size_t i = 0; i < len; i++)
			rec->value.u64 = rec->value.u64 << 8 | at[i];
	} else {
		rec->flags |= CV_FLAG_RAW;
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(f->d->emit, CV_TLV_BYTES, at, len);
	}
	jt808_end(f);
}

static bool parameters(struct jt808_frame *f, struct cv_reader *r)
{
	unsigned int count = cv_read_u8(r), done = 0;

	if (r->failed)
		return false;
	for (; cv_reader_left(r) != 0; done++) {
		uint32_t id = cv_read_be32(r);
		uint8_t len = cv_read_u8(r);
		const uint8_t *at = cv_read_bytes(r, len);

		if (at == NULL)
			return false;
		put_parameter(f, id, at, len);
	}
	if (done == 0)
		jt808_bare(f, f->direction == CV_DIR_DOWN ? CV_KIND_COMMAND : CV_KIND_STATE);
	return done == count;
}

bool jt808_set_parameters(struct jt808_frame *f, struct cv_reader *r)
{
	return parameters(f, r);
}

/* The serial number of what was asked stands in front. */
bool jt808_parameters(struct jt808_frame *f, struct cv_reader *r)
{
	cv_read_be16(r);
	return parameters(f, r);
}
