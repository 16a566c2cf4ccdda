/* SPDX-License-Identifier: Apache-2.0 */
/* LwM2M payloads that SenML does not cover: TLV (core 1.0, 6.4.3) and JSON (6.4.4). */
#include <errno.h>
#include <string.h>

#include "dataplane/decode/coap_lwm2m.h"
#include "dataplane/decode/json_read.h"
#include "dataplane/decode/reader.h"

/* Bits 7-6 of a TLV's type. */
enum { TLV_INSTANCE, TLV_PART, TLV_MULTIPLE, TLV_RESOURCE };

struct tlv {
	uint8_t kind;
	uint32_t id;
	uint32_t len;
	const uint8_t *data;
};

unsigned int lwm2m_read_path(struct lwm2m_path *ret, const uint8_t *text, size_t len)
{
	unsigned int levels = 0;
	size_t at = len != 0 && text[0] == '/';

	for (unsigned int i = 0; i < LWM2M_LEVELS; i++)
		ret->id[i] = LWM2M_NONE;
	while (at < len) {
		size_t start = at;
		uint32_t id = 0;

		for (; at < len && text[at] >= '0' && text[at] <= '9' && at - start < 5; at++)
			id = id * 10 + (text[at] - (uint32_t)'0');
		if (levels == LWM2M_LEVELS || at == start || id > UINT16_MAX)
			return 0;
		ret->id[levels++] = id;
		if (at < len && text[at++] != '/')
			return 0;
	}
	return levels;
}

static bool next_tlv(struct cv_reader *r, struct tlv *t)
{
	uint8_t type = cv_read_u8(r);
	unsigned int more = type >> 3 & 3;

	t->kind = type >> 6;
	t->id = type & 0x20 ? cv_read_be16(r) : cv_read_u8(r);
	t->len = more == 0 ? type & 7u : 0;
	for (; more != 0; more--)
		t->len = t->len << 8 | cv_read_u8(r);
	t->data = cv_read_bytes(r, t->len);
	return !r->failed;
}

static int add(struct lwm2m_list *list, const struct lwm2m_path *path, const struct tlv *t)
{
	struct lwm2m_entry *e = &list->entry[list->count];

	if (list->count == LWM2M_ENTRIES_MAX)
		return -E2BIG;
	list->count++;
	e->path = *path;
	e->form = LWM2M_BINARY;
	e->text = (struct cv_senml_text){t->data, t->len, CV_SENML_PLAIN};
	return 0;
}

/* Resource instances of one resource. */
static int read_parts(struct lwm2m_list *list, struct lwm2m_path path, const struct tlv *all)
{
	struct cv_reader r = cv_reader(all->data, all->len);
	struct tlv t;
	int err = 0;

	while (err == 0 && cv_reader_left(&r) != 0) {
		if (!next_tlv(&r, &t) || t.kind != TLV_PART)
			return -EBADMSG;
		path.id[LWM2M_PART] = t.id;
		err = add(list, &path, &t);
	}
	return err;
}

static int read_resource(struct lwm2m_list *list, struct lwm2m_path path, const struct tlv *t)
{
	path.id[LWM2M_RESOURCE] = t->id;
	return t->kind == TLV_MULTIPLE ? read_parts(list, path, t) : add(list, &path, t);
}

static int read_instance(struct lwm2m_list *list, struct lwm2m_path path, const struct tlv *all)
{
	struct cv_reader r = cv_reader(all->data, all->len);
	struct tlv t;
	int err = 0;

	path.id[LWM2M_INSTANCE] = all->id;
	while (err == 0 && cv_reader_left(&r) != 0) {
		if (!next_tlv(&r, &t) || t.kind < TLV_MULTIPLE)
			return -EBADMSG;
		err = read_resource(list, path, &t);
	}
	return err;
}

int lwm2m_read_tlv(struct lwm2m_list *list, const struct lwm2m_path *base, const uint8_t *data,
		   size_t len)
{
	struct cv_reader r = cv_reader(data, len);
	struct lwm2m_path path = *base;
	struct tlv t;
	int err = 0;

	list->count = 0;
	while (err == 0 && cv_reader_left(&r) != 0) {
		if (!next_tlv(&r, &t))
			return -EBADMSG;
		if (t.kind == TLV_INSTANCE) {
			err = read_instance(list, *base, &t);
		} else if (t.kind == TLV_PART) {
			if (base->id[LWM2M_RESOURCE] == LWM2M_NONE)
				return -EBADMSG;
			path.id[LWM2M_PART] = t.id;
			err = add(list, &path, &t);
		} else {
			err = read_resource(list, *base, &t);
		}
	}
	return err;
}

/* Base name and name as one path; -EBADMSG when it is none of four numbers. */
static int join(const struct cv_senml_text *bn, const struct cv_senml_text *n,
		const struct lwm2m_path *base, struct lwm2m_path *ret)
{
	uint8_t text[2 * LWM2M_LEVELS * 6];
	bool cut = false;
	size_t len = 0;

	for (unsigned int i = 0; bn->len == 0 && i < LWM2M_LEVELS; i++) {
		uint32_t id = base->id[i], unit = 10000;

		if (id == LWM2M_NONE)
			break;
		text[len++] = '/';
		for (; unit > 1 && id < unit;)
			unit /= 10;
		for (; unit != 0; unit /= 10)
			text[len++] = (uint8_t)('0' + id / unit % 10);
	}
	len += cv_senml_text_copy(bn, text + len, sizeof(text) - len, &cut);
	if (bn->len == 0 && n->len != 0 && len < sizeof(text))
		text[len++] = '/';
	len += cv_senml_text_copy(n, text + len, sizeof(text) - len, &cut);
	return !cut && lwm2m_read_path(ret, text, len) >= 3 ? 0 : -EBADMSG;
}

static bool is(const struct cv_senml_text *t, const char *text)
{
	return t->len == strlen(text) && memcmp(t->data, text, t->len) == 0;
}

/* One of "e": n, and v, sv, bv or ov; t is passed over. */
static int read_element(struct cv_json_in *j, struct lwm2m_entry *e, struct cv_senml_text *n)
{
	struct cv_senml_text key;
	bool first = true, has = false;
	int more;

	*n = (struct cv_senml_text){.form = CV_SENML_PLAIN};
	if (!cv_json_in_token(j, '{'))
		return -EBADMSG;
	while ((more = cv_json_in_member(j, &first, &key)) == 1) {
		bool ok;

		if (is(&key, "n")) {
			ok = cv_json_in_string(j, n);
		} else if (is(&key, "v")) {
			has = true;
			e->form = LWM2M_NUMBER;
			e->text = (struct cv_senml_text){.data = j->at, .form = CV_SENML_PLAIN};
			ok = cv_json_in_skip_number(j);
			e->text.len = (uint32_t)(j->at - e->text.data);
		} else if (is(&key, "sv") || is(&key, "ov")) {
			has = true;
			e->form = LWM2M_JSON_TEXT;
			ok = cv_json_in_string(j, &e->text);
		} else if (is(&key, "bv")) {
			has = true;
			e->form = LWM2M_BOOL;
			e->is_true = cv_json_in_word(j, "true", 4);
			ok = e->is_true || cv_json_in_word(j, "false", 5);
		} else {
			ok = cv_json_in_skip(j);
		}
		if (!ok)
			return -EBADMSG;
	}
	return more == 0 && has ? 0 : -EBADMSG;
}

static int read_elements(struct cv_json_in *j, struct lwm2m_list *list, struct cv_senml_text *names)
{
	bool first = true;
	int more, err;

	if (!cv_json_in_token(j, '['))
		return -EBADMSG;
	while ((more = cv_json_in_item(j, &first)) == 1) {
		if (list->count == LWM2M_ENTRIES_MAX)
			return -E2BIG;
		err = read_element(j, &list->entry[list->count], &names[list->count]);
		if (err != 0)
			return err;
		list->count++;
	}
	return more == 0 ? 0 : -EBADMSG;
}

int lwm2m_read_json(struct lwm2m_list *list, const struct lwm2m_path *base, const uint8_t *data,
		    size_t len)
{
	struct cv_json_in j = {data, data + len};
	struct cv_senml_text names[LWM2M_ENTRIES_MAX], key;
	struct cv_senml_text bn = {.form = CV_SENML_PLAIN};
	bool first = true;
	int more, err = 0;

	list->count = 0;
	if (!cv_json_in_token(&j, '{'))
		return -EBADMSG;
	while ((more = cv_json_in_member(&j, &first, &key)) == 1) {
		if (is(&key, "bn"))
			err = cv_json_in_string(&j, &bn) ? 0 : -EBADMSG;
		else if (is(&key, "e"))
			err = list->count == 0 ? read_elements(&j, list, names) : -EBADMSG;
		else
			err = cv_json_in_skip(&j) ? 0 : -EBADMSG;
		if (err != 0)
			return err;
	}
	cv_json_in_space(&j);
	if (more != 0 || j.at != j.end)
		return -EBADMSG;
	for (uint32_t i = 0; err == 0 && i < list->count; i++)
		err = join(&bn, &names[i], base, &list->entry[i].path);
	return err;
}
