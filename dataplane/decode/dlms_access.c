/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET, SET and ACTION: requests are remembered, since their answers do not name what they are of; a
 * command, a value and an outcome is a record each.
 */
#include <string.h>

#include "dataplane/decode/dlms.h"

#define NORMAL 1
#define SECRET_CLASS(class) ((class) == 15 || (class) == 64)

struct dlms_attribute dlms_attribute(struct cv_reader *r)
{
	struct dlms_attribute ret = {.class = cv_read_be16(r)};
	const uint8_t *obis = cv_read_bytes(r, DLMS_OBIS);

	if (obis != NULL)
		memcpy(ret.obis, obis, DLMS_OBIS);
	ret.number = cv_read_u8(r);
	return ret;
}

/* Attribute and which part of it. */
static struct dlms_attribute selected(struct cv_reader *r)
{
	struct dlms_attribute ret = dlms_attribute(r);
	struct cv_axdr part;

	if (cv_read_u8(r) != 0) {
		cv_read_u8(r);
		dlms_read(r, &part);
	}
	return ret;
}

/*
 * A list of attributes.
 *
 * @param what the first DLMS_LIST of them: an answer to more is not paired.
 * @return how many there are.
 */
static size_t list(struct cv_reader *r, struct dlms_attribute *what,
		   struct dlms_attribute (*one)(struct cv_reader *r))
{
	size_t n = cv_axdr_length(r);

	for (size_t i = 0; i < n && !r->failed; i++) {
		struct dlms_attribute next = one(r);

		if (i < DLMS_LIST)
			what[i] = next;
	}
	return n;
}

static void get_request(struct dlms_apdu *a, struct cv_reader *r, uint8_t choice)
{
	struct dlms_attribute what[DLMS_LIST];
	size_t n = 1;

	switch (choice) {
	case NORMAL:
		what[0] = selected(r);
		break;
	case 2: /* next block: the request is remembered */
		cv_read_be32(r);
		return;
	case 3:
		n = list(r, what, selected);
		break;
	default:
		r->failed = true;
		return;
	}
	if (!r->failed)
		dlms_remember(a, DLMS_GET, what, n);
}

/* Data, or why there is none. */
static void get_result(struct dlms_apdu *a, struct cv_reader *r, const struct dlms_attribute *what)
{
	struct cv_axdr value;
	uint8_t result;

	switch (cv_read_u8(r)) {
	case 0:
		if (dlms_read(r, &value))
			dlms_value(a, what, &value);
		break;
	case 1:
		result = cv_read_u8(r);
		if (!r->failed)
			dlms_result(a, what, result);
		break;
	default:
		r->failed = true;
		break;
	}
}

/*
 * A long answer that is all there: the value, or as many results as attributes were asked for. It need
 * not be what it should be: its blocks were told.
 */
static void get_whole(struct dlms_apdu *a, const struct dlms_attribute *what, unsigned int count,
		      const uint8_t *data, size_t len)
{
	struct cv_reader r = cv_reader(data, len);
	struct cv_axdr value;

	if (count == 1 && dlms_read(&r, &value))
		dlms_value(a, what, &value);
	else if (count > 1 && cv_axdr_length(&r) == count)
		for (unsigned int i = 0; i < count && !r.failed; i++)
			get_result(a, &r, &what[i]);
}

/* What is told of a block by itself. */
static void tell_block(struct dlms_apdu *a, const struct dlms_attribute *what, uint32_t number,
		       bool last, const struct cv_axdr *block)
{
	uint32_t before = a->flags;
	struct cv_label label = {0};

	a->flags |= CV_FLAG_PARTIAL | (what ? 0 : CV_FLAG_UNPAIRED);
	cv_label_str(&label, "block ");
	cv_label_u32(&label, number);
	cv_label_str(&label, last ? ", the last" : "");
	label.text[label.len < sizeof(label.text) ? label.len : sizeof(label.text) - 1] = '\0';
	dlms_raw(a, what, label.text, block->at, block->len);
	a->flags = before;
}

/* A part of a long answer. */
static void get_block(struct dlms_apdu *a, struct cv_reader *r)
{
	bool last = cv_read_u8(r) != 0;
	uint32_t number = cv_read_be32(r);
	struct dlms_attribute what[DLMS_LIST];
	unsigned int count = dlms_pair(a, DLMS_GET, last, what);
	struct cv_axdr block = {0};
	const uint8_t *whole;
	uint8_t result;
	size_t len;

	if (cv_read_u8(r) != 0) {
		result = cv_read_u8(r);
		if (!r->failed)
			dlms_result(a, count == 1 ? what : NULL, result);
		return;
	}
	block.len = cv_axdr_length(r);
	block.at = cv_read_bytes(r, block.len);
	if (r->failed || a->dry)
		return;
	tell_block(a, count == 1 ? what : NULL, number, last, &block);
	len = dlms_take_block(a, number, last, &block, &whole);
	if (len != 0)
		get_whole(a, what, count, whole, len);
}

static void get_response(struct dlms_apdu *a, struct cv_reader *r, uint8_t choice)
{
	struct dlms_attribute what[DLMS_LIST];
	unsigned int known;
	size_t n = 1;

	if (choice == 2) {
		get_block(a, r);
		return;
	}
	if (choice == 3)
		n = cv_axdr_length(r);
	else if (choice != NORMAL)
		r->failed = true;
	known = dlms_pair(a, DLMS_GET, true, what);
	for (size_t i = 0; i < n && !r->failed; i++)
		get_result(a, r, known == n ? &what[i] : NULL);
}

static void command(struct dlms_apdu *a, const struct dlms_attribute *what,
		    const struct cv_axdr *value)
{
	struct cv_record *rec;

	if (a->dry)
		return;
	rec = dlms_begin(a, CV_LANE_STATUS, CV_KIND_COMMAND);
	if (what != NULL)
		dlms_put_code(a, what);
	if (value != NULL && what != NULL && !SECRET_CLASS(what->class))
		dlms_put_scalar(a, rec, value);
	cv_emit_end(a->d->emit);
}

static void set_request(struct dlms_apdu *a, struct cv_reader *r, uint8_t choice)
{
	struct dlms_attribute what[DLMS_LIST];
	struct cv_axdr value;
	size_t n = 1;

	if (choice == 3 || choice == 5) { /* further blocks: the first told what they are of */
		r->cur = r->end;
		return;
	}
	if (choice == 4)
		n = list(r, what, selected);
	else
		what[0] = selected(r);
	if (r->failed || choice == 0 || choice > 4) {
		r->failed = true;
		return;
	}
	dlms_remember(a, DLMS_SET, what, n);
	if (choice == 2) {
		a->flags |= CV_FLAG_PARTIAL;
		command(a, what, NULL);
		r->cur = r->end;
		return;
	}
	if (choice == 4 && cv_axdr_length(r) != n)
		r->failed = true;
	for (size_t i = 0; i < n && dlms_read(r, &value); i++)
		command(a, i < DLMS_LIST ? &what[i] : NULL, &value);
}

static void set_response(struct dlms_apdu *a, struct cv_reader *r, uint8_t choice)
{
	struct dlms_attribute what[DLMS_LIST];
	unsigned int known;
	size_t n = 1;

	if (choice == 2) { /* a block was taken */
		cv_read_be32(r);
		return;
	}
	if (choice == 4 || choice == 5)
		n = cv_axdr_length(r);
	else if (choice != NORMAL && choice != 3)
		r->failed = true;
	known = dlms_pair(a, DLMS_SET, true, what);
	for (size_t i = 0; i < n && !r->failed; i++) {
		uint8_t result = cv_read_u8(r);

		if (!r->failed)
			dlms_result(a, known == n ? &what[i] : NULL, result);
	}
}

static void action_request(struct dlms_apdu *a, struct cv_reader *r, uint8_t choice)
{
	struct dlms_attribute what[DLMS_LIST];
	struct cv_axdr value;
	size_t n = 1;
	bool given;

	if (choice == 2 || choice >= 5) { /* blocks */
		r->cur = r->end;
		return;
	}
	if (choice == 3)
		n = list(r, what, dlms_attribute);
	else
		what[0] = dlms_attribute(r);
	if (r->failed)
		return;
	dlms_remember(a, DLMS_ACTION, what, n);
	if (choice == 4) {
		a->flags |= CV_FLAG_PARTIAL;
		command(a, what, NULL);
		r->cur = r->end;
		return;
	}
	given = choice == 3 ? cv_axdr_length(r) == n : cv_read_u8(r) != 0;
	for (size_t i = 0; i < n && !r->failed; i++) {
		if (given && !dlms_read(r, &value))
			return;
		command(a, i < DLMS_LIST ? &what[i] : NULL, given ? &value : NULL);
	}
}

static void action_response(struct dlms_apdu *a, struct cv_reader *r, uint8_t choice)
{
	struct dlms_attribute what[DLMS_LIST];
	unsigned int known;
	size_t n = 1;

	if (choice == 2 || choice == 4) { /* blocks */
		dlms_raw(a, NULL, "block", r->cur, cv_reader_left(r));
		r->cur = r->end;
		return;
	}
	if (choice == 3)
		n = cv_axdr_length(r);
	known = dlms_pair(a, DLMS_ACTION, true, what);
	for (size_t i = 0; i < n && !r->failed; i++) {
		uint8_t result = cv_read_u8(r);

		if (!r->failed)
			dlms_result(a, known == n ? &what[i] : NULL, result);
		if (!r->failed && cv_read_u8(r) != 0)
			get_result(a, r, NULL);
	}
}

void dlms_access(struct dlms_apdu *a, struct cv_reader *r)
{
	uint8_t choice = cv_read_u8(r);

	a->invoke = cv_read_u8(r) & 0xf;
	if (r->failed)
		return;
	switch (a->tag) {
	case DLMS_GET:
		get_request(a, r, choice);
		break;
	case DLMS_GET + 4:
		get_response(a, r, choice);
		break;
	case DLMS_SET:
		set_request(a, r, choice);
		break;
	case DLMS_SET + 4:
		set_response(a, r, choice);
		break;
	case DLMS_ACTION:
		action_request(a, r, choice);
		break;
	default:
		action_response(a, r, choice);
		break;
	}
}
