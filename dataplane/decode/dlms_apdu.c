/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records an APDU becomes: reading requests none, but they are remembered; commands, results and
 * values one each. It is read twice: whether it can be read to its end, then for the records.
 */
#include <string.h>

#include "dataplane/decode/dlms.h"
#include "dataplane/normalize/vocabulary.h"

uint8_t dlms_service(uint8_t tag)
{
	if (tag == 0x61 || tag == 0x63)
		return (uint8_t)(tag - 1);
	if ((tag >= 0xc4 && tag <= 0xc7) || (tag >= 0xcc && tag <= 0xcf) ||
	    (tag >= 0xd4 && tag <= 0xd7))
		tag = (uint8_t)(tag - 4);
	else if (tag == DLMS_EXCEPTION || tag == DLMS_DATA)
		return tag;
	switch (tag) {
#define CASE(id, number, name) case number:
		DLMS_SERVICES(CASE)
#undef CASE
		return tag;
	default:
		return 0;
	}
}

bool dlms_is_answer(uint8_t tag)
{
	uint8_t service = dlms_service(tag);

	return service != tag || tag == DLMS_EVENT || tag == DLMS_GLO_EVENT ||
	       tag == DLMS_DED_EVENT || tag == DLMS_DATA || tag == DLMS_EXCEPTION;
}

/* A time in front, where it is stated. */
static void stated_time(struct dlms_apdu *a, struct cv_reader *r)
{
	size_t len = cv_axdr_length(r);
	const uint8_t *time = cv_read_bytes(r, len);

	if (!r->failed)
		a->time_quality = dlms_time(time, len, &a->ts);
}

static void event(struct dlms_apdu *a, struct cv_reader *r)
{
	struct dlms_attribute what;
	struct cv_axdr value;

	if (cv_read_u8(r) != 0)
		stated_time(a, r);
	what = dlms_attribute(r);
	if (dlms_read(r, &value))
		dlms_value(a, &what, &value);
}

/* What is pushed has no names with it: elements as they come. */
static void data(struct dlms_apdu *a, struct cv_reader *r)
{
	struct cv_axdr body, one;
	struct cv_reader in;

	a->invoke = (uint8_t)cv_read_be32(r);
	stated_time(a, r);
	if (!dlms_read(r, &body))
		return;
	if (body.type != AXDR_STRUCTURE) {
		dlms_value(a, NULL, &body);
		return;
	}
	in = cv_reader(body.at, body.len);
	for (uint32_t i = 0; i < body.count && dlms_read(&in, &one); i++)
		dlms_value(a, NULL, &one);
	if (body.count == 0)
		dlms_value(a, NULL, &body);
}

static void ciphered(struct dlms_apdu *a, struct cv_reader *r)
{
	const uint8_t *bytes;
	size_t len;

	if (a->tag == DLMS_GENERAL)
		cv_axdr_octets(r); /* transaction */
	if (a->tag == DLMS_GENERAL_GLO || a->tag == DLMS_GENERAL_DED || a->tag == DLMS_GENERAL) {
		len = cv_axdr_length(r); /* system title of who sends it */
		bytes = cv_read_bytes(r, len);
		if (!r->failed && a->up)
			dlms_title(a, bytes, len);
	}
	if (a->tag ==
	    DLMS_GENERAL) { /* recipient, time, more and key are in front of the content */
		bytes = r->cur;
		len = cv_reader_left(r);
		r->cur = r->end;
	} else {
		len = cv_axdr_length(r);
		bytes = cv_read_bytes(r, len);
	}
	if (!r->failed)
		dlms_raw(a, NULL, "encrypted", bytes, len);
}

static void release(struct dlms_apdu *a, struct cv_reader *r)
{
	cv_axdr_octets(r);
	if (r->failed || a->dry)
		return;
	dlms_begin(a, CV_LANE_STATUS, CV_KIND_SESSION);
	cv_emit_end(a->d->emit);
}

static void exception(struct dlms_apdu *a, struct cv_reader *r)
{
	uint8_t state = cv_read_u8(r), service = cv_read_u8(r);

	if (!r->failed)
		dlms_result(a, NULL, (uint8_t)(state << 4 | service));
}

static void apdu(struct dlms_apdu *a, struct cv_reader *r)
{
	cv_read_u8(r);
	switch (dlms_service(a->tag)) {
	case DLMS_ASSOCIATE:
		dlms_associate(a, r);
		break;
	case DLMS_RELEASE:
		release(a, r);
		break;
	case DLMS_GET:
	case DLMS_SET:
	case DLMS_ACTION:
		dlms_access(a, r);
		break;
	case DLMS_EVENT:
		event(a, r);
		break;
	case DLMS_DATA:
		data(a, r);
		break;
	case DLMS_EXCEPTION:
		exception(a, r);
		break;
	default:
		ciphered(a, r);
		break;
	}
}

enum cv_reject dlms_records(struct dlms_apdu *a, const uint8_t *bytes, size_t len)
{
	struct cv_reader r = cv_reader(bytes, len);
	struct dlms_apdu trial;

	if (len == 0)
		return CV_REJECT_BAD_PAYLOAD;
	a->tag = bytes[0];
	if (dlms_service(a->tag) == 0)
		return CV_REJECT_UNKNOWN_TYPE;
	trial = *a;
	trial.dry = true;
	apdu(&trial, &r);
	if (r.failed)
		return CV_REJECT_BAD_PAYLOAD;
	r = cv_reader(bytes, len);
	apdu(a, &r);
	return CV_REJECT_NONE;
}
