/* SPDX-License-Identifier: Apache-2.0 */
/* DL/T 698.45-2017: frame, head, APDU (docs/protocols/dlt698.md says where the facts are from). */

#include "dataplane/decode/dlt698.h"
#include "dataplane/decode/fcs16.h"
#include "dataplane/explain/explain_axdr.h"
#include "dataplane/normalize/vocabulary.h"

void cv_explain_dlt698(struct cv_explain *x);

#define FROM_SERVER 0x80u
#define FRAGMENT 0x20u
#define SCRAMBLED 0x08u

static uint32_t oad(struct cv_explain *x, const char *name)
{
	uint32_t v = cv_explain_be32(x, name);
	struct dlt698_object o = dlt698_object(v);

	cv_explain_value(x, "%08x", v);
	cv_explain_meaning(x, "object %04x, attribute %u%s%s", v >> 16, v >> 8 & 0x1f,
			   o.name ? ", " : "", o.name ? cv_name_text(o.name) : "");
	return v;
}

static void dar(struct cv_explain *x)
{
	uint32_t result = cv_explain_u8(x, "result");
	const char *name = dlt698_dar((uint8_t)result);

	cv_explain_meaning(x, "%s", name ? name : "");
}

static void result_normal(struct cv_explain *x)
{
	cv_explain_begin(x, "attribute");
	oad(x, "identifier");
	if (cv_explain_u8(x, "choice") == 1) {
		cv_explain_meaning(x, "data");
		cv_explain_axdr(x, dlt698_read, "data");
	} else {
		cv_explain_meaning(x, "none");
		dar(x);
	}
	cv_explain_end(x);
}

/* @return values of a row. */
static uint32_t columns(struct cv_explain *x)
{
	uint32_t n, total = 0;

	cv_explain_begin(x, "columns");
	for (n = cv_explain_axdr_length(x, "count"); n > 0 && cv_explain_left(x) != 0; n--) {
		if (cv_explain_u8(x, "kind") == 1) {
			uint32_t more;

			oad(x, "record");
			more = cv_explain_axdr_length(x, "count");
			for (; more > 0 && cv_explain_left(x) != 0; more--, total++)
				oad(x, "column");
		} else {
			oad(x, "column");
			total++;
		}
	}
	cv_explain_end(x);
	return total;
}

static void result_record(struct cv_explain *x)
{
	uint32_t n, rows;

	cv_explain_begin(x, "table");
	oad(x, "object");
	n = columns(x);
	if (cv_explain_u8(x, "choice") != 1) {
		dar(x);
		cv_explain_end(x);
		return;
	}
	rows = cv_explain_axdr_length(x, "rows");
	for (; rows > 0 && cv_explain_left(x) != 0; rows--) {
		cv_explain_begin(x, "row");
		for (uint32_t i = 0; i < n; i++)
			if (!cv_explain_axdr(x, dlt698_read, "value"))
				break;
		cv_explain_end(x);
	}
	cv_explain_end(x);
}

static void list(struct cv_explain *x, void (*one)(struct cv_explain *x))
{
	uint32_t n = cv_explain_axdr_length(x, "count");

	for (; n > 0 && cv_explain_left(x) != 0; n--)
		one(x);
}

static void read_answer(struct cv_explain *x, uint32_t choice)
{
	switch (choice) {
	case 1:
		result_normal(x);
		break;
	case 2:
		list(x, result_normal);
		break;
	case 3:
		result_record(x);
		break;
	case 4:
		list(x, result_record);
		break;
	default:
		break;
	}
}

static void attribute(struct cv_explain *x)
{
	oad(x, "identifier");
}

/* The password (4401) is a secret. */
static void assign(struct cv_explain *x)
{
	uint32_t what = oad(x, "identifier");

	if (what >> 16 == 0x4401) {
		cv_explain_take(x, cv_explain_left(x), "value");
		cv_explain_withhold(x);
	} else {
		cv_explain_axdr(x, dlt698_read, "value");
	}
}

static void outcome(struct cv_explain *x)
{
	oad(x, "identifier");
	dar(x);
}

static void act_outcome(struct cv_explain *x)
{
	outcome(x);
	if (cv_explain_u8(x, "data follow") != 0)
		cv_explain_axdr(x, dlt698_read, "data");
}

static void changing(struct cv_explain *x, uint32_t service, bool answer, uint32_t choice)
{
	void (*one)(struct cv_explain *) = !answer		      ? assign
					   : service == DLT698_ACTION ? act_outcome
								      : outcome;

	if (choice == 1)
		one(x);
	else if (choice == 2)
		list(x, one);
}

static void link(struct cv_explain *x, bool answer)
{
	static const char *const kinds[] = {"login", "heartbeat", "logout"};
	uint32_t n;

	if (answer) {
		cv_explain_u8(x, "result");
		cv_explain_take(x, 10, "asked");
		cv_explain_take(x, 10, "received");
		cv_explain_take(x, 10, "answered");
		return;
	}
	n = cv_explain_u8(x, "kind");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(kinds, n, ""));
	cv_explain_be16(x, "period");
	cv_explain_meaning(x, "s between heartbeats");
	cv_explain_take(x, 10, "time");
}

static void service_body(struct cv_explain *x, uint32_t service, bool answer, uint32_t choice)
{
	if (service == DLT698_GET && answer) {
		read_answer(x, choice);
	} else if (service == DLT698_GET && choice == 1) {
		attribute(x);
	} else if (service == DLT698_GET && choice == 2) {
		list(x, attribute);
	} else if (service == DLT698_REPORT && answer && choice == 1) {
		list(x, result_normal);
	} else if (service == DLT698_REPORT && answer && choice == 2) {
		list(x, result_record);
	} else if (service == DLT698_SET || service == DLT698_ACTION) {
		changing(x, service, answer, choice);
	} else if (service == DLT698_LINK) {
		link(x, answer);
	} else if (service == DLT698_CONNECT) { /* who proves itself, and by what */
		cv_explain_take(x, cv_explain_left(x), "connection");
		cv_explain_withhold(x);
	}
}

static const char *service_name(uint32_t service)
{
	switch (service) {
#define CASE(id, number, name)                                                                     \
	case number:                                                                               \
		return name;
		DLT698_SERVICES(CASE)
#undef CASE
	default:
		return "no service";
	}
}

static void apdu(struct cv_explain *x)
{
	uint32_t tag, service, choice = 0;
	bool answer;

	cv_explain_begin(x, "APDU");
	tag = cv_explain_u8(x, "service");
	answer = tag & DLT698_ANSWER;
	service = tag & ~DLT698_ANSWER;
	cv_explain_value(x, "0x%02x", tag);
	cv_explain_meaning(x, "%s%s", service_name(service), answer ? ", answer" : "");
	if (service >= DLT698_GET && service <= DLT698_PROXY)
		choice = cv_explain_u8(x, "choice");
	if (service != DLT698_SECURITY) {
		cv_explain_u8(x, "PIID");
		service_body(x, service, answer, choice);
	}
	if (answer && choice != 0 && cv_explain_left(x) == 2) {
		cv_explain_u8(x, "report follows");
		cv_explain_u8(x, "time tag follows");
	}
	if (cv_explain_left(x) != 0)
		cv_explain_take(x, cv_explain_left(x), "content");
	cv_explain_end(x);
}

static void check(struct cv_explain *x, size_t start, const char *name)
{
	if (!x->failed)
		cv_explain_check(x, 2, true, cv_fcs16(x->data + start, x->at - start), name);
}

/* @return the control field. */
static uint32_t head(struct cv_explain *x)
{
	uint32_t control = cv_explain_u8(x, "control"), kind;
	static const char *const kinds[] = {"one device", "any", "a group", "all"};

	cv_explain_value(x, "0x%02x", control);
	cv_explain_meaning(x, "from the %s%s%s", control & FROM_SERVER ? "device" : "platform",
			   control & FRAGMENT ? ", a fragment" : "",
			   control & SCRAMBLED ? ", 33H added to each byte" : "");
	kind = cv_explain_u8(x, "kind of address");
	cv_explain_value(x, "0x%02x", kind);
	cv_explain_meaning(x, "%s, %u bytes", kinds[kind >> 6], (kind & 15) + 1);
	cv_explain_bcd(x, (kind & 15) + 1, true, "server");
	cv_explain_u8(x, "client");
	return control;
}

void cv_explain_dlt698(struct cv_explain *x)
{
	size_t before = 0, start, len, whole;
	uint32_t word, control;

	while (before < cv_explain_left(x) && cv_explain_peek(x, before) != 0x68)
		before++;
	if (before == cv_explain_left(x))
		return;
	if (before != 0)
		cv_explain_take(x, before, "before the frame");
	cv_explain_take(x, 1, "start");
	start = x->at;
	word = cv_explain_le16(x, "length");
	len = (word & 0x4000 ? 1000u : 1u) * (word & 0x3fff);
	cv_explain_value(x, "%zu", len);
	control = head(x);
	check(x, start, "HCS");
	if (x->failed || start + len < x->at + 2)
		return;
	len -= x->at - start + 2;
	if (len > cv_explain_left(x)) {
		cv_explain_take(x, len, "user data");
		return;
	}
	whole = cv_explain_narrow(x, len);
	if (control & FRAGMENT && !(control & SCRAMBLED))
		cv_explain_le16(x, "fragment");
	else if (len != 0 && !(control & SCRAMBLED))
		apdu(x);
	cv_explain_widen(x, whole, control & SCRAMBLED ? "scrambled" : "part of an APDU");
	check(x, start, "FCS");
	cv_explain_take(x, 1, "end");
}
