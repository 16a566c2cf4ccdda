/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of decode.vendors: what must be right in them, and what the worker gets of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/compile_private.h"
#include "control/config/schema.h"
#include "dataplane/normalize/vocabulary.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* @return bytes, or -1 when it is not hex. */
static int read_mark(const char *text, uint8_t out[CV_VENDOR_MARK_MAX])
{
	size_t len = strlen(text);

	if (len % 2 != 0 || len > 2 * CV_VENDOR_MARK_MAX)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return -1;
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] << 4 | digit : digit);
	}
	return (int)(len / 2);
}

static unsigned int at_least(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* The shortest frame that has all that every frame must have. */
static unsigned int shortest(const struct cv_config_vendor *v)
{
	unsigned int time = v->time_format == CV_VENDOR_TIME_EPOCH ? 4 : 6;
	unsigned int min = (unsigned int)(strlen(v->sync) + strlen(v->end)) / 2;

	min = at_least(min, (unsigned int)v->length_at + v->length_size);
	if (v->id_size)
		min = at_least(min, (unsigned int)v->id_at + v->id_size);
	if (v->type_size)
		min = at_least(min, (unsigned int)v->type_at + v->type_size);
	if (v->time_format != CV_VENDOR_TIME_NONE)
		min = at_least(min, v->time_at + time);
	if (v->checksum != CV_VENDOR_NONE)
		min = at_least(min, (unsigned int)v->checksum_from + v->checksum_end);
	return at_least(min, 1);
}

static bool is_integer(unsigned int type)
{
	return type <= CV_VENDOR_TYPE_S32 || type == CV_VENDOR_TYPE_BCD;
}

static void check_field(struct cv_list_check *c, const struct cv_config_vendor *v,
			const struct cv_config_vendor_field *f)
{
	struct cv_config_name_error error = cv_config_name_check(f->name, f->unit_name);
	unsigned int size = cv_vendor_type_size(f->type);

	if (size == 0 && f->size == 0)
		cv_list_wrong(c, "size", NULL,
			      "size is missing: bcd, ascii and bytes have none of their own");
	if (size != 0 && f->size != 0 && f->size != size)
		cv_list_wrong(c, "size", NULL, "the type has a size of its own: leave size out");
	if (f->type == CV_VENDOR_TYPE_BCD && f->size > 8)
		cv_list_wrong(c, "size", NULL, "bcd has at most 8 bytes, 16 digits");
	if (size == 0)
		size = f->size;
	if ((unsigned int)f->at + size > v->max)
		cv_list_wrong(c, "at", NULL, "the field is behind the longest frame, see max");
	if (f->bits != 0 &&
	    (f->type > CV_VENDOR_TYPE_S32 || (unsigned int)f->bit + f->bits > 8 * size))
		cv_list_wrong(c, "bits", NULL,
			      "bits are those of an integer, and not more than it has");
	if (f->bit != 0 && f->bits == 0)
		cv_list_wrong(c, "bit", "bits: 1",
			      "bit says where the value begins, bits is missing");
	if (f->equals != CV_CONFIG_NO_NUMBER && !is_integer(f->type))
		cv_list_wrong(c, "equals", NULL, "equals is for integers and bcd");
	if (f->n_texts != 0 && !is_integer(f->type))
		cv_list_wrong(c, "texts", NULL, "texts are for integers and bcd");
	if (f->factor == 0)
		cv_list_wrong(c, "factor", NULL, "factor is 0: every value would be the offset");
	if (f->when != CV_VENDOR_ANY && v->type_size == 0)
		cv_list_wrong(c, "when", "message: { at: 2, size: 1 }",
			      "the frame has no message type, see message");
	if (error.key != NULL)
		cv_list_wrong(c, error.key, error.hint, error.text);
}

static void check_length(struct cv_list_check *c, const struct cv_config_vendor *v)
{
	unsigned int min = shortest(v), size = cv_vendor_checksum_size(v->checksum);

	if (v->length_size == 3)
		cv_list_wrong(c, "length", NULL,
			      "length.size is 1, 2, 4, or 0 for frames of one length");
	if (v->length_size == 0 && v->length_add < min)
		cv_list_wrong(c, "length", "length: { at: 2, size: 2 }",
			      "length is missing, or too short for what the frame has");
	if (v->length_size == 0 && v->length_add > v->max)
		cv_list_wrong(c, "length", NULL, "length.add is more than max");
	if (min > v->max)
		cv_list_wrong(c, "max", NULL, "max is too short for what the frame has");
	if (v->checksum == CV_VENDOR_NONE)
		return;
	if (v->checksum_end < size + strlen(v->end) / 2)
		cv_list_wrong(
			c, "checksum", "checksum: { kind: crc16-modbus, before_end: 4 }",
			"checksum.before_end counts the checksum and the bytes of end behind it");
}

static void check_one(struct cv_list_check *c, const struct cv_config_vendor *v)
{
	const struct cv_yaml *element = c->list ? c->list->first : NULL;
	struct cv_list_check fields = *c;
	uint8_t mark[CV_VENDOR_MARK_MAX];

	if (read_mark(v->sync, mark) < 1)
		cv_list_wrong(c, "sync", "sync: a55a", "sync is 1 to 8 bytes in hex");
	if (read_mark(v->end, mark) < 0)
		cv_list_wrong(c, "end", "end: \"55aa\"", "end is up to 8 bytes in hex");
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->config->vendors[i].name, v->name) == 0)
			cv_list_wrong(c, "name", NULL, "another frame has this name");
	}
	if (v->id_format == CV_VENDOR_ID_UINT && v->id_size > 8)
		cv_list_wrong(c, "id", NULL, "id: a number has at most 8 bytes");
	check_length(c, v);
	for (size_t i = 0; element != NULL && i < c->n; i++)
		element = element->next;
	fields.list = cv_yaml_get(element, "fields");
	for (fields.n = 0; fields.n < v->n_fields; fields.n++)
		check_field(&fields, v, &v->fields[fields.n]);
	if (fields.error)
		c->error = fields.error;
}

int cv_config_check_vendors(const struct cv_config *config, const struct cv_yaml *list,
			    struct cv_diagnostics *diag)
{
	struct cv_list_check c = {.config = config, .diag = diag, .list = list};

	for (c.n = 0; c.n < config->n_vendors; c.n++)
		check_one(&c, &config->vendors[c.n]);
	return c.error;
}

static int add_field(const struct cv_config_vendor *v, const struct cv_config_vendor_field *f,
		     struct cv_generation_build *build, struct cv_config_vendor_counts *before)
{
	unsigned int size = cv_vendor_type_size(f->type);
	struct cv_gen_vendor_field out = {
		.offset = f->offset,
		.when = f->when,
		.equals = f->equals,
		.first = before->texts,
		.count = (uint16_t)f->n_texts,
		.at = f->at,
		.size = (uint16_t)(size ? size : f->size),
		.type = f->type,
		.big = f->endian ? f->endian == 2 : v->endian,
		.bit = f->bit,
		.bits = f->bits,
		.name_id = (uint16_t)cv_config_name_id(f->name, NULL),
	};
	int r = 0;

	out.factor = cv_config_factor(f->factor, &out.shift);
	out.unit_id = (uint16_t)(out.name_id ? cv_name_unit(out.name_id)
					     : cv_unit_by_text(f->unit_name, strlen(f->unit_name)));
	memcpy(out.name, f->name, sizeof(out.name));
	memcpy(out.unit_name, f->unit_name, sizeof(out.unit_name));
	for (size_t i = 0; r == 0 && i < f->n_texts; i++) {
		struct cv_gen_vendor_text text = {.value = f->texts[i].value};

		memcpy(text.text, f->texts[i].text, sizeof(text.text));
		r = cv_generation_build_vendor_text(build, &text);
		before->texts++;
	}
	before->fields++;
	return r < 0 ? r : cv_generation_build_vendor_field(build, &out);
}

int cv_config_add_vendor(const struct cv_config_vendor *v, struct cv_generation_build *build,
			 struct cv_config_vendor_counts *before)
{
	struct cv_gen_vendor out = {
		.length_size = v->length_size,
		.length_big = v->endian,
		.length_at = v->length_at,
		.length_add = v->length_add,
		.min = (uint16_t)shortest(v),
		.max = v->max,
		.checksum = v->checksum,
		.checksum_big = v->checksum_endian ? v->checksum_endian == 2 : v->endian,
		.checksum_from = v->checksum_from,
		.checksum_end = v->checksum_end,
		.id_at = v->id_size ? v->id_at : 0,
		.id_size = v->id_size,
		.type_at = v->type_size ? v->type_at : 0,
		.id_format = v->id_format,
		.id_big = v->endian,
		.type_size = v->type_size,
		.type_big = v->endian,
		.time_format = v->time_format,
		.time_big = v->endian,
		.time_at = v->time_format ? v->time_at : 0,
		.count = (uint16_t)v->n_fields,
		.first = before->fields,
	};
	int r = 0;

	memcpy(out.name, v->name, sizeof(out.name));
	out.sync_len = (uint8_t)read_mark(v->sync, out.sync);
	out.end_len = (uint8_t)read_mark(v->end, out.end);
	for (size_t i = 0; r == 0 && i < v->n_fields; i++)
		r = add_field(v, &v->fields[i], build, before);
	return r < 0 ? r : cv_generation_build_vendor(build, &out);
}
