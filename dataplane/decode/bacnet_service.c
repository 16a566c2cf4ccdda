/* SPDX-License-Identifier: Apache-2.0 */
/* Services (ASHRAE 135, 21): what each holds, and the records it becomes. */
#include <string.h>

#include "dataplane/decode/bacnet.h"

#define NO_TAG 0xffu

/* Context numbers in a list of properties: they differ by service. */
struct layout {
	uint8_t property, index, value, priority, error;
};
static const struct layout read_result = {2, 3, 4, NO_TAG, 5};
static const struct layout values = {0, 1, 2, 3, NO_TAG};

static bool at_end(const struct bacnet_pdu *p)
{
	return cv_reader_left(&p->r) == 0;
}

/* A record that says that it happened, with what is not taken apart as bytes. */
static bool plain(struct bacnet_pdu *p, enum cv_lane lane, enum cv_kind kind, const char *text)
{
	struct cv_record *rec;

	if (p->quiet)
		return true;
	rec = bacnet_begin(p, lane, kind);
	bacnet_put_sub(p, NULL);
	if (text != NULL && *text != '\0')
		cv_emit_tlv(p->d->emit, CV_TLV_TEXT, text, strlen(text));
	bacnet_put_rest(p, rec);
	cv_emit_end(p->d->emit);
	return true;
}

/* "error class 2 code 32" */
static void label_error(struct cv_label *l, uint32_t class, uint32_t code)
{
	cv_label_str(l, "error class ");
	cv_label_u32(l, class);
	cv_label_str(l, " code ");
	cv_label_u32(l, code);
}

static bool read_error(struct cv_reader *r, uint32_t *class, uint32_t *code)
{
	struct bacnet_tag a, b;

	return bacnet_application(r, BACNET_ENUMERATED, &a) && bacnet_unsigned(&a, class) &&
	       bacnet_application(r, BACNET_ENUMERATED, &b) && bacnet_unsigned(&b, code);
}

/* A property that could not be read. */
static void put_access_error(struct bacnet_pdu *p, const struct bacnet_object *object,
			     uint32_t property, uint32_t index, uint32_t class, uint32_t code)
{
	struct cv_label l = {0};

	if (p->quiet)
		return;
	bacnet_begin(p, CV_LANE_STATUS, CV_KIND_ERROR);
	bacnet_put_sub(p, object);
	bacnet_put_code(p, object, property, index);
	label_error(&l, class, code);
	bacnet_put_label(p, CV_TLV_TEXT, &l);
	cv_emit_end(p->d->emit);
}

/* One property of a list. */
static bool property(struct bacnet_pdu *p, struct bacnet_object *object, const struct layout *tags)
{
	uint32_t number, index = BACNET_NONE, priority, class, code;
	struct cv_reader inside;
	struct bacnet_tag t;

	if (!bacnet_context_unsigned(&p->r, tags->property, &number))
		return false;
	if (bacnet_context(&p->r, tags->index, &t) && !bacnet_unsigned(&t, &index))
		return false;
	if (bacnet_open(&p->r, tags->value)) {
		if (!bacnet_inside(&p->r, tags->value, &inside))
			return false;
		bacnet_remember(object, number, inside);
		if (!bacnet_put_property(p, object, number, index, inside))
			return false;
	} else if (tags->error != NO_TAG && bacnet_open(&p->r, tags->error)) {
		if (!read_error(&p->r, &class, &code) || !bacnet_close(&p->r, tags->error))
			return false;
		put_access_error(p, object, number, index, class, code);
	} else {
		return false;
	}
	return tags->priority == NO_TAG || !bacnet_context(&p->r, tags->priority, &t) ||
	       bacnet_unsigned(&t, &priority);
}

/*
 * Properties of one object up to the tag that closes @p closing. Twice: status flags and units may
 * stand behind the value they are about.
 */
static bool properties(struct bacnet_pdu *p, struct bacnet_object *object, uint8_t closing,
		       const struct layout *tags)
{
	struct cv_reader begin = p->r;

	p->quiet++;
	while (!bacnet_close(&p->r, closing)) {
		if (!property(p, object, tags)) {
			p->quiet--;
			return false;
		}
	}
	p->quiet--;
	if (p->quiet)
		return true;
	p->r = begin;
	while (!bacnet_close(&p->r, closing))
		property(p, object, tags);
	return true;
}

/* [0] object, [1] list, again and again: results and writes of several. */
static bool objects(struct bacnet_pdu *p, const struct layout *tags)
{
	struct bacnet_object object;

	do {
		if (!bacnet_context_object(&p->r, 0, &object) || !bacnet_open(&p->r, 1) ||
		    !properties(p, &object, 1, tags))
			return false;
	} while (!at_end(p));
	return true;
}

/* Objects and the properties wanted of them; no record. */
static bool wanted(struct bacnet_pdu *p)
{
	struct bacnet_object object;
	struct bacnet_tag t;
	uint32_t number;

	do {
		if (!bacnet_context_object(&p->r, 0, &object) || !bacnet_open(&p->r, 1))
			return false;
		while (!bacnet_close(&p->r, 1)) {
			if (!bacnet_context_unsigned(&p->r, 0, &number))
				return false;
			if (bacnet_context(&p->r, 1, &t) && !bacnet_unsigned(&t, &number))
				return false;
		}
	} while (!at_end(p));
	return true;
}

/* [0] object [1] property [2] index, then a value for acks and writes. */
static bool one_property(struct bacnet_pdu *p, bool valued, bool prioritized)
{
	uint32_t number, index = BACNET_NONE, priority;
	struct bacnet_object object;
	struct cv_reader inside;
	struct bacnet_tag t;

	if (!bacnet_context_object(&p->r, 0, &object) ||
	    !bacnet_context_unsigned(&p->r, 1, &number))
		return false;
	if (bacnet_context(&p->r, 2, &t) && !bacnet_unsigned(&t, &index))
		return false;
	if (!valued)
		return at_end(p);
	if (!bacnet_open(&p->r, 3) || !bacnet_inside(&p->r, 3, &inside))
		return false;
	if (prioritized && bacnet_context(&p->r, 4, &t) && !bacnet_unsigned(&t, &priority))
		return false;
	return at_end(p) && bacnet_put_property(p, &object, number, index, inside);
}

/* Change of value: who, what, for how long, and the values. */
static bool change_of_value(struct bacnet_pdu *p)
{
	struct bacnet_object device, object;
	uint32_t process, left;

	if (!bacnet_context_unsigned(&p->r, 0, &process) ||
	    !bacnet_context_object(&p->r, 1, &device) ||
	    !bacnet_context_object(&p->r, 2, &object) ||
	    !bacnet_context_unsigned(&p->r, 3, &left) || !bacnet_open(&p->r, 4))
		return false;
	p->device = device.instance;
	return properties(p, &object, 4, &values) && at_end(p);
}

/* [0] process [1] object [2] confirmed [3] seconds; of a property more follows. */
static bool subscribe(struct bacnet_pdu *p)
{
	struct bacnet_object object;
	struct cv_label l = {0};
	uint32_t process, seconds;
	struct bacnet_tag t;
	bool limited, confirmed;

	if (!bacnet_context_unsigned(&p->r, 0, &process) ||
	    !bacnet_context_object(&p->r, 1, &object))
		return false;
	confirmed = bacnet_context(&p->r, 2, &t);
	limited = bacnet_context(&p->r, 3, &t);
	if (limited && !bacnet_unsigned(&t, &seconds))
		return false;
	if (p->service == BACNET_SUBSCRIBE_COV ? !at_end(p) : at_end(p))
		return false;
	if (p->quiet)
		return true;
	bacnet_begin(p, CV_LANE_STATUS, CV_KIND_SESSION);
	bacnet_put_sub(p, &object);
	cv_label_str(&l, "process ");
	cv_label_u32(&l, process);
	/* Neither says that the subscription ends (13.14.1.1). */
	if (!confirmed && !limited)
		cv_label_str(&l, ", cancelled");
	if (limited) {
		cv_label_str(&l, ", seconds ");
		cv_label_u32(&l, seconds);
	}
	bacnet_put_label(p, CV_TLV_TEXT, &l);
	cv_emit_end(p->d->emit);
	return true;
}

/* Class and code, in some services inside of more. */
static bool error(struct bacnet_pdu *p)
{
	struct cv_label l = {0};
	uint32_t class, code;

	bacnet_open(&p->r, 0);
	if (!read_error(&p->r, &class, &code))
		return false;
	label_error(&l, class, code);
	l.text[l.len < sizeof(l.text) ? l.len : sizeof(l.text) - 1] = '\0';
	return plain(p, CV_LANE_STATUS, CV_KIND_ERROR, l.text);
}

static bool refused(struct bacnet_pdu *p)
{
	struct cv_record *rec;

	if (!at_end(p))
		return false;
	if (p->quiet)
		return true;
	rec = bacnet_begin(p, CV_LANE_STATUS, CV_KIND_ERROR);
	bacnet_put_sub(p, NULL);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = p->reason;
	cv_emit_end(p->d->emit);
	return true;
}

/* A part of a message that is not put together. */
static bool segment(struct bacnet_pdu *p)
{
	struct cv_record *rec;
	struct cv_label l = {0};

	if (p->quiet)
		return true;
	rec = bacnet_begin(p, CV_LANE_STATUS,
			   bacnet_from_device(p) ? CV_KIND_STATE : CV_KIND_COMMAND);
	rec->flags |= CV_FLAG_PARTIAL;
	bacnet_put_sub(p, NULL);
	cv_label_str(&l, "segment ");
	cv_label_u32(&l, p->sequence);
	bacnet_put_label(p, CV_TLV_TEXT, &l);
	bacnet_put_rest(p, rec);
	cv_emit_end(p->d->emit);
	return true;
}

/* What is not taken apart has well-formed tags all the same. */
static bool other(struct bacnet_pdu *p, enum cv_kind kind)
{
	struct cv_reader r = p->r, ignored;
	struct bacnet_tag t;

	while (cv_reader_left(&r) > 0) {
		if (!bacnet_tag(&r, &t) || t.closing ||
		    (t.opening && !bacnet_inside(&r, t.number, &ignored)))
			return false;
	}
	return plain(p, CV_LANE_STATUS, kind, NULL);
}

static bool confirmed(struct bacnet_pdu *p)
{
	switch (p->service) {
	case BACNET_COV_CONFIRMED:
		return change_of_value(p);
	case BACNET_EVENT_CONFIRMED:
		return bacnet_event(p);
	case BACNET_SUBSCRIBE_COV:
	case BACNET_SUBSCRIBE_COV_PROPERTY:
		return subscribe(p);
	case BACNET_READ_PROPERTY:
		return one_property(p, false, false);
	case BACNET_READ_MULTIPLE:
		return wanted(p);
	case BACNET_WRITE_PROPERTY:
		return one_property(p, true, true);
	case BACNET_WRITE_MULTIPLE:
		return objects(p, &values);
	case BACNET_COMMUNICATION_CONTROL:
	case BACNET_REINITIALIZE:
		return bacnet_control(p);
	default:
		return other(p, CV_KIND_COMMAND);
	}
}

static bool unconfirmed(struct bacnet_pdu *p)
{
	switch (p->service) {
	case BACNET_I_AM:
		return bacnet_i_am(p);
	case BACNET_I_HAVE:
		return bacnet_i_have(p);
	case BACNET_COV:
		return change_of_value(p);
	case BACNET_EVENT:
		return bacnet_event(p);
	case BACNET_TIME:
	case BACNET_UTC_TIME:
		return bacnet_set_clock(p);
	case BACNET_WHO_HAS:
	case BACNET_WHO_IS:
		return bacnet_who(p, p->service == BACNET_WHO_HAS);
	default:
		return other(p, CV_KIND_STATE);
	}
}

static bool complex_ack(struct bacnet_pdu *p)
{
	switch (p->service) {
	case BACNET_READ_PROPERTY:
		return one_property(p, true, false);
	case BACNET_READ_MULTIPLE:
		return objects(p, &read_result);
	default:
		return other(p, CV_KIND_STATE);
	}
}

bool bacnet_service(struct bacnet_pdu *p)
{
	if (p->segmented)
		return segment(p);
	switch (p->type) {
	case BACNET_CONFIRMED:
		return confirmed(p);
	case BACNET_UNCONFIRMED:
		return unconfirmed(p);
	case BACNET_SIMPLE_ACK:
		return at_end(p) && plain(p, CV_LANE_STATUS, CV_KIND_STATE, NULL);
	case BACNET_COMPLEX_ACK:
		return complex_ack(p);
	case BACNET_SEGMENT_ACK:
		return at_end(p); /* no news */
	case BACNET_ERROR:
		return error(p);
	default:
		return refused(p);
	}
}
