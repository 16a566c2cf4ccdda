/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in JSON (RFC 8428 5): reads the text once, left to right, and keeps no tree. */
#include <errno.h>

#include "dataplane/decode/json_read.h"

static bool typed(struct cv_json_in *j, struct cv_senml_reader *r, int field)
{
	struct cv_senml_text *text = &r->text[field];

	switch (cv_senml_types[field]) {
	case CV_SENML_TYPE_NUMBER:
		return cv_json_in_number(j, &r->number[field]);
	case CV_SENML_TYPE_TEXT:
		return cv_json_in_string(j, text);
	case CV_SENML_TYPE_BOOLEAN:
		if (cv_json_in_word(j, "true", 4))
			r->number[field] = 1;
		else if (cv_json_in_word(j, "false", 5))
			r->number[field] = 0;
		else
			return false;
		return true;
	default:
		if (!cv_json_in_string(j, text) || text->form != CV_SENML_PLAIN)
			return false;
		text->form = CV_SENML_BASE64URL;
		return cv_senml_text_valid(text);
	}
}

static int label(const struct cv_senml_text *t)
{
	uint8_t plain[64]; /* a longer label is not SenML's, but its end matters */
	bool cut = false;
	size_t len;

	if (t->form == CV_SENML_PLAIN)
		return cv_senml_label(t->data, t->len);
	len = cv_senml_text_copy(t, plain, sizeof(plain), &cut);
	return cut ? -EBADMSG : cv_senml_label(plain, len);
}

/* One or two letters that are SenML's, and a colon; else the cursor is where it was. */
static int short_label(struct cv_json_in *j)
{
	const uint8_t *at = j->at;
	size_t len;
	int field;

	if (j->end - at < 5 || at[0] != '"')
		return -ENOENT;
	len = at[2] == '"' ? 1 : 2;
	if (at[1 + len] != '"' || at[2 + len] != ':')
		return -ENOENT;
	field = cv_senml_label(at + 1, len);
	if (field < 0)
		return field;
	j->at += len + 3;
	cv_json_in_space(j);
	return field;
}

static bool member(struct cv_json_in *j, struct cv_senml_reader *r)
{
	struct cv_senml_text name;
	int field = short_label(j);

	if (field < 0) {
		if (!cv_json_in_string(j, &name) || !cv_json_in_token(j, ':'))
			return false;
		field = label(&name);
	}
	if (field == -ENOENT)
		return cv_json_in_skip(j);
	if (field < 0 || (r->seen & (uint32_t)1 << field))
		return false;
	r->seen |= (uint32_t)1 << field;
	return typed(j, r, field);
}

static int record(struct cv_json_in *j, struct cv_senml_reader *r)
{
	r->seen = 0;
	if (!cv_json_in_token(j, '{'))
		return -EBADMSG;
	if (!cv_json_in_accept(j, '}')) {
		do {
			if (!member(j, r))
				return -EBADMSG;
		} while (cv_json_in_token(j, ','));
		if (!cv_json_in_accept(j, '}'))
			return -EBADMSG;
	}
	return cv_senml_record(r);
}

int cv_senml_json(struct cv_senml_pack *pack, const uint8_t *data, size_t len, bool stream)
{
	struct cv_senml_reader r;
	struct cv_json_in j = {.at = data, .end = data + len};
	int err;

	pack->count = 0;
	cv_senml_begin(&r, pack);
	if (!cv_json_in_token(&j, '['))
		return -EBADMSG;
	do {
		if (stream && j.at == j.end) /* cut behind a comma */
			break;
		err = record(&j, &r);
		if (err)
			return err;
	} while (cv_json_in_token(&j, ','));
	if (!cv_json_in_accept(&j, ']') && !(stream && j.at == j.end))
		return -EBADMSG;
	cv_json_in_space(&j);
	return j.at == j.end && pack->count != 0 ? 0 : -EBADMSG;
}
