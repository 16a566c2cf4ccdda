/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records an APDU becomes: reading requests none; sessions, commands, results and values at
 * least one. It is read twice: whether it can be read to its end, then for the records, so that a
 * broken one makes none.
 */
#include "dataplane/decode/dlt698.h"

static void list(struct dlt698_apdu *a, struct cv_reader *r,
		 void (*one)(struct dlt698_apdu *a, struct cv_reader *r))
{
	for (size_t n = cv_axdr_length(r); n > 0 && !r->failed; n--)
		one(a, r);
}

/* Several results in one of the two forms. */
static void results(struct dlt698_apdu *a, struct cv_reader *r, uint8_t form)
{
	if (form == 1)
		list(a, r, dlt698_result_normal);
	else if (form == 2)
		list(a, r, dlt698_result_record);
	else
		r->failed = true;
}

static void next_response(struct dlt698_apdu *a, struct cv_reader *r)
{
	bool last = cv_read_u8(r) != 0;
	uint16_t block = cv_read_be16(r);
	uint8_t form = cv_read_u8(r);
	uint8_t dar;

	if (!last || block > 0)
		a->flags |= CV_FLAG_PARTIAL;
	if (form != 0) {
		results(a, r, form);
		return;
	}
	dar = cv_read_u8(r);
	if (!r->failed)
		dlt698_result(a, 0, dar);
}

static void get_response(struct dlt698_apdu *a, struct cv_reader *r)
{
	switch (a->choice) {
	case 1:
		dlt698_result_normal(a, r);
		break;
	case 2:
		list(a, r, dlt698_result_normal);
		break;
	case 3:
		dlt698_result_record(a, r);
		break;
	case 4:
		list(a, r, dlt698_result_record);
		break;
	case 5:
		next_response(a, r);
		break;
	default: /* later editions: a checksum of an attribute, short records */
		dlt698_raw(a, NULL, r->cur, cv_reader_left(r));
		r->cur = r->end;
		break;
	}
}

/* Attribute or method and what it is given; the value is told for attributes and methods alike. */
static void command(struct dlt698_apdu *a, struct cv_reader *r)
{
	bool then = a->choice == 3; /* and then read */
	uint32_t oad = cv_read_be32(r);
	struct cv_axdr data;
	struct cv_record *rec;

	if (!dlt698_read(r, &data))
		return;
	if (then)
		cv_read_bytes(r, 4 + 1);
	if (a->dry)
		return;
	rec = dlt698_begin(a, CV_LANE_STATUS, CV_KIND_COMMAND);
	dlt698_put_code(a, oad);
	if (oad >> 16 != 0x4401) /* the password */
		dlt698_put_scalar(a, rec, &data);
	cv_emit_end(a->d->emit);
}

static void outcome(struct dlt698_apdu *a, struct cv_reader *r)
{
	bool action = a->tag == (DLT698_ACTION | DLT698_ANSWER);
	uint32_t oad = cv_read_be32(r);
	uint8_t dar = cv_read_u8(r);
	struct cv_axdr data;

	if (!r->failed)
		dlt698_result(a, oad, dar);
	if (action && cv_read_u8(r) != 0 && dlt698_read(r, &data))
		dlt698_value(a, oad, &data);
	if (a->choice == 3)
		dlt698_result_normal(a, r);
}

static void changing(struct dlt698_apdu *a, struct cv_reader *r)
{
	void (*one)(struct dlt698_apdu *, struct cv_reader *) =
		a->tag & DLT698_ANSWER ? outcome : command;

	if (a->choice == 1)
		one(a, r);
	else if (a->choice == 2 || a->choice == 3)
		list(a, r, one);
	else
		r->failed = true;
}

static void report(struct dlt698_apdu *a, struct cv_reader *r)
{
	const uint8_t *bytes;
	size_t len;

	if (a->choice != 3) {
		results(a, r, a->choice);
		return;
	}
	cv_read_bytes(r, 4); /* the port that the bytes came in by */
	len = cv_axdr_length(r);
	bytes = cv_read_bytes(r, len);
	if (!r->failed)
		dlt698_raw(a, "transparent", bytes, len);
}

/* What a terminal read from one meter, or did there. */
static void proxied(struct dlt698_apdu *a, struct cv_reader *r)
{
	const struct dlt698_address server = a->device;
	size_t len = cv_axdr_length(r);
	const uint8_t *tsa = cv_read_bytes(r, len);

	if (r->failed)
		return;
	dlt698_tsa(tsa, len, &a->device);
	if (a->choice == 1)
		list(a, r, dlt698_result_normal);
	else
		dlt698_result_record(a, r);
	a->device = server;
}

static void proxy_response(struct dlt698_apdu *a, struct cv_reader *r)
{
	switch (a->choice) {
	case 1:
		list(a, r, proxied);
		break;
	case 2:
		proxied(a, r);
		break;
	default:
		dlt698_raw(a, NULL, r->cur, cv_reader_left(r));
		r->cur = r->end;
		break;
	}
}

/* Reads ask for nothing to change; what else a proxy is asked for is told without its content. */
static void proxy_request(struct dlt698_apdu *a, struct cv_reader *r)
{
	if (a->choice > 2 && !a->dry) {
		dlt698_begin(a, CV_LANE_STATUS, CV_KIND_COMMAND);
		cv_emit_end(a->d->emit);
	}
	r->cur = r->end;
}

static bool known(uint8_t tag)
{
	switch (tag & ~DLT698_ANSWER) {
#define CASE(id, number, name) case number:
		DLT698_SERVICES(CASE)
#undef CASE
		return true;
	default:
		return false;
	}
}

static void apdu(struct dlt698_apdu *a, struct cv_reader *r);

/* In clear with a code that proves who sent it, or not in clear: then it is not told, but kept. */
static void security(struct dlt698_apdu *a, struct cv_reader *r)
{
	uint8_t form = cv_read_u8(r), dar;
	struct cv_reader inner;
	const uint8_t *bytes;
	size_t len;

	if (form == 2) {
		dar = cv_read_u8(r);
		if (!r->failed)
			dlt698_result(a, 0, dar);
		return;
	}
	len = cv_axdr_length(r);
	bytes = cv_read_bytes(r, len);
	if (r->failed || form > 2) {
		r->failed = true;
		return;
	}
	r->cur = r->end; /* the code */
	if (form == 1) {
		dlt698_raw(a, "encrypted", bytes, len);
		return;
	}
	inner = cv_reader(bytes, len);
	a->outer = a->tag;
	if (len == 0 || !known(bytes[0]) || (bytes[0] & ~DLT698_ANSWER) == DLT698_SECURITY)
		inner.failed = true; /* not twice */
	else
		apdu(a, &inner);
	r->failed = inner.failed;
}

static void service(struct dlt698_apdu *a, struct cv_reader *r)
{
	switch (a->tag) {
	case DLT698_LINK:
		dlt698_link_request(a, r);
		break;
	case DLT698_LINK | DLT698_ANSWER:
		dlt698_link_response(a, r);
		break;
	case DLT698_CONNECT:
		dlt698_connect_request(a, r);
		break;
	case DLT698_CONNECT | DLT698_ANSWER:
		dlt698_connect_response(a, r);
		break;
	case DLT698_RELEASE:
	case DLT698_RELEASE | DLT698_ANSWER:
	case DLT698_RELEASED | DLT698_ANSWER:
		dlt698_session(a);
		r->cur = r->end;
		break;
	case DLT698_GET | DLT698_ANSWER:
		get_response(a, r);
		break;
	case DLT698_SET:
	case DLT698_SET | DLT698_ANSWER:
	case DLT698_ACTION:
	case DLT698_ACTION | DLT698_ANSWER:
		changing(a, r);
		break;
	case DLT698_REPORT | DLT698_ANSWER:
		report(a, r);
		break;
	case DLT698_PROXY:
		proxy_request(a, r);
		break;
	case DLT698_PROXY | DLT698_ANSWER:
		proxy_response(a, r);
		break;
	default: /* DLT698_GET and DLT698_REPORT: what is asked for, and that a report came */
		r->cur = r->end;
		break;
	}
}

static bool has_choice(uint8_t tag)
{
	unsigned int s = tag & ~DLT698_ANSWER;

	return s >= DLT698_GET && s <= DLT698_PROXY;
}

/* What follows an answer: other reports, when there are any, and a time tag. Some leave it out. */
static void tail(struct dlt698_apdu *a, struct cv_reader *r)
{
	if (!has_choice(a->tag) || !(a->tag & DLT698_ANSWER) || cv_reader_left(r) == 0)
		return;
	if (cv_read_u8(r) == 1)
		results(a, r, cv_read_u8(r));
}

static void apdu(struct dlt698_apdu *a, struct cv_reader *r)
{
	a->tag = cv_read_u8(r);
	a->choice = 0;
	a->piid = 0;
	if (has_choice(a->tag))
		a->choice = cv_read_u8(r);
	if ((a->tag & ~DLT698_ANSWER) == DLT698_SECURITY) {
		security(a, r);
		return;
	}
	a->piid = cv_read_u8(r);
	if ((a->tag & ~DLT698_ANSWER) == DLT698_FAILED) {
		dlt698_result(a, 0, a->piid);
		r->cur = r->end;
		return;
	}
	if (r->failed)
		return;
	service(a, r);
	if (!r->failed)
		tail(a, r);
}

enum cv_reject dlt698_records(struct dlt698_apdu *a, const uint8_t *data, size_t len)
{
	struct cv_reader r = cv_reader(data, len);
	struct dlt698_apdu trial = *a;

	if (len == 0)
		return CV_REJECT_BAD_PAYLOAD;
	if (!known(data[0]))
		return CV_REJECT_UNKNOWN_TYPE;
	trial.dry = true;
	apdu(&trial, &r);
	if (r.failed)
		return CV_REJECT_BAD_PAYLOAD;
	r = cv_reader(data, len);
	apdu(a, &r);
	return CV_REJECT_NONE;
}
