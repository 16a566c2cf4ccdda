/* SPDX-License-Identifier: Apache-2.0 */
/* DLMS/COSEM: wrapper (IEC 62056-4-7), HDLC (62056-46), APDUs (62056-5-3). */

#include "dataplane/decode/dlms.h"
#include "dataplane/decode/fcs16.h"
#include "dataplane/explain/explain_axdr.h"

void cv_explain_dlms(struct cv_explain *x);

#define FLAG 0x7e

static const char *tag_name(uint8_t tag)
{
	switch (dlms_service(tag)) {
#define CASE(id, number, text)                                                                     \
	case number:                                                                               \
		return text;
		DLMS_SERVICES(CASE)
#undef CASE
	default:
		return "no APDU";
	}
}

/* Class, OBIS code, attribute or method. @return the class. */
static uint32_t attribute(struct cv_explain *x)
{
	uint32_t class = cv_explain_be16(x, "class");
	const uint8_t *o = cv_explain_take(x, DLMS_OBIS, "OBIS code");

	if (o != NULL)
		cv_explain_value(x, "%u-%u:%u.%u.%u*%u", o[0], o[1], o[2], o[3], o[4], o[5]);
	cv_explain_u8(x, "attribute or method");
	return class;
}

static uint32_t selected(struct cv_explain *x)
{
	uint32_t class = attribute(x);

	if (cv_explain_u8(x, "selection") != 0) {
		cv_explain_u8(x, "kind of selection");
		cv_explain_axdr(x, dlms_read, "selected");
	}
	return class;
}

/* What goes to associations and security set-ups are secrets. */
static void given(struct cv_explain *x, uint32_t class)
{
	if (class == 15 || class == 64) {
		cv_explain_take(x, cv_explain_left(x), "value");
		cv_explain_withhold(x);
	} else {
		cv_explain_axdr(x, dlms_read, "value");
	}
}

static void result(struct cv_explain *x)
{
	uint32_t choice = cv_explain_u8(x, "choice");

	cv_explain_meaning(x, choice == 0 ? "data" : "access result");
	if (choice == 0)
		cv_explain_axdr(x, dlms_read, "data");
	else
		cv_explain_u8(x, "data access result");
}

static void get(struct cv_explain *x, bool answer, uint32_t choice)
{
	uint32_t n = choice == 3 ? cv_explain_axdr_length(x, "count") : 1;

	if (answer && choice == 2) {
		cv_explain_u8(x, "last block");
		cv_explain_be32(x, "block");
		if (cv_explain_u8(x, "choice") == 0)
			cv_explain_axdr_octets(x, "part of the data");
		return;
	}
	if (choice == 2) {
		cv_explain_be32(x, "block");
		return;
	}
	for (; n > 0 && cv_explain_left(x) != 0; n--) {
		if (answer)
			result(x);
		else
			selected(x);
	}
}

static void set_or_act(struct cv_explain *x, uint32_t service, bool answer, uint32_t choice)
{
	uint32_t class;

	if (choice != 1)
		return; /* lists and blocks are not taken apart */
	if (answer) {
		cv_explain_u8(x, "result");
		if (service == DLMS_ACTION && cv_explain_left(x) != 0 &&
		    cv_explain_u8(x, "returned") != 0)
			result(x);
		return;
	}
	class = service == DLMS_SET ? selected(x) : attribute(x);
	if (service == DLMS_SET || cv_explain_u8(x, "parameter follows") != 0)
		given(x, class);
}

static void access(struct cv_explain *x, uint32_t service, bool answer)
{
	static const char *const choices[] = {NULL, "normal", "block", "list"};
	uint32_t choice = cv_explain_u8(x, "choice"), invoke;

	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(choices, choice, "other"));
	invoke = cv_explain_u8(x, "invoke id and priority");
	cv_explain_value(x, "0x%02x", invoke);
	if (service == DLMS_GET)
		get(x, answer, choice);
	else
		set_or_act(x, service, answer, choice);
}

/* Fields in BER; passwords (AC, of answers AA) and a key that is agreed on (in BE) are secrets. */
static void associate(struct cv_explain *x)
{
	static const struct {
		uint8_t tag;
		const char *name;
	} names[] = {
		{0x80, "version"},	    {0xa1, "context"},	      {0xa2, "result"},
		{0xa3, "diagnostic"},	    {0xa4, "server's title"}, {0xa6, "client's title"},
		{0x88, "requirements"},	    {0x8a, "requirements"},   {0x8b, "mechanism"},
		{0x89, "mechanism"},	    {0xac, "authentication"}, {0xaa, "authentication"},
		{0xbe, "user information"},
	};

	cv_explain_axdr_length(x, "length");
	while (cv_explain_left(x) != 0) {
		uint8_t tag = cv_explain_peek(x, 0);
		const char *name = "field";
		bool key = tag == 0xbe && cv_explain_peek(x, 4) == 1 && cv_explain_peek(x, 5) == 1;
		uint32_t len;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (names[i].tag == tag)
				name = names[i].name;
		cv_explain_begin(x, name);
		cv_explain_value(x, "0x%02x", cv_explain_u8(x, "tag"));
		len = cv_explain_axdr_length(x, "length");
		if (len != 0)
			cv_explain_take(x, len, "content");
		if (len != 0 && (tag == 0xac || tag == 0xaa || key))
			cv_explain_withhold(x);
		cv_explain_end(x);
	}
}

static void other(struct cv_explain *x, uint32_t tag)
{
	switch (tag) {
	case DLMS_EVENT:
		if (cv_explain_u8(x, "time follows") != 0)
			cv_explain_axdr_octets(x, "time");
		attribute(x);
		cv_explain_axdr(x, dlms_read, "value");
		break;
	case DLMS_DATA:
		cv_explain_be32(x, "invoke id and priority");
		cv_explain_axdr_octets(x, "time");
		cv_explain_axdr(x, dlms_read, "data");
		break;
	case DLMS_EXCEPTION:
		cv_explain_u8(x, "state");
		cv_explain_u8(x, "service");
		break;
	default:
		break;
	}
}

static void apdu(struct cv_explain *x)
{
	uint32_t tag, service;

	cv_explain_begin(x, "APDU");
	tag = cv_explain_u8(x, "tag");
	service = dlms_service((uint8_t)tag);
	cv_explain_value(x, "0x%02x", tag);
	cv_explain_meaning(x, "%s%s", tag_name((uint8_t)tag), service != tag ? ", answer" : "");
	if (service == DLMS_ASSOCIATE)
		associate(x);
	else if (service == DLMS_GET || service == DLMS_SET || service == DLMS_ACTION)
		access(x, service, service != tag);
	else
		other(x, tag);
	if (cv_explain_left(x) != 0)
		cv_explain_take(x, cv_explain_left(x), "content");
	cv_explain_end(x);
}

static void wrapper(struct cv_explain *x)
{
	uint32_t len;
	size_t whole;

	cv_explain_be16(x, "version");
	cv_explain_be16(x, "source");
	cv_explain_be16(x, "destination");
	len = cv_explain_be16(x, "length");
	if (len > cv_explain_left(x)) {
		cv_explain_take(x, len, "APDU");
		return;
	}
	whole = cv_explain_narrow(x, len);
	if (len != 0)
		apdu(x);
	cv_explain_widen(x, whole, "content");
}

/* One, two or four bytes: the last has bit 0. */
static void address(struct cv_explain *x, const char *name)
{
	size_t n = 1;
	uint32_t value = 0;
	const uint8_t *at;

	while (n < 4 && !(cv_explain_peek(x, n - 1) & 1))
		n++;
	at = cv_explain_take(x, n, name);
	for (size_t i = 0; at != NULL && i < n; i++)
		value = value << 7 | at[i] >> 1;
	cv_explain_value(x, "%u", value);
}

static void check(struct cv_explain *x, size_t start, const char *name)
{
	if (!x->failed)
		cv_explain_check(x, 2, true, cv_fcs16(x->data + start, x->at - start), name);
}

/* Between HCS and FCS: a link layer head and an APDU, or a segment of one. */
static void information(struct cv_explain *x, size_t len, bool segmented)
{
	size_t whole = cv_explain_narrow(x, len);

	if (cv_explain_peek(x, 0) == 0xe6 && len > 3) {
		cv_explain_take(x, 3, "link layer");
		cv_explain_meaning(x, cv_explain_left(x) && x->data[x->at - 2] == 0xe7
					      ? "an answer"
					      : "a request");
		if (!segmented)
			apdu(x);
	}
	cv_explain_widen(x, whole, segmented ? "segment" : "content");
}

static void hdlc(struct cv_explain *x)
{
	size_t start, end;
	uint32_t format, len;

	while (cv_explain_peek(x, 0) == FLAG)
		cv_explain_take(x, 1, "flag");
	if (cv_explain_left(x) == 0)
		return;
	start = x->at;
	format = cv_explain_be16(x, "format and length");
	len = format & 0x7ff;
	cv_explain_value(x, "0x%x, %u", format >> 12, len);
	cv_explain_meaning(x, format & 0x800 ? "a segment" : "");
	end = start + len;
	address(x, "destination");
	address(x, "source");
	cv_explain_value(x, "0x%02x", cv_explain_u8(x, "control"));
	check(x, start, "HCS or FCS");
	if (x->failed || len < 7 || x->at > end)
		return;
	if (end > x->len) {
		cv_explain_take(x, end - x->at, "information");
		return;
	}
	if (end >= x->at + 2) {
		information(x, end - x->at - 2, format & 0x800);
		check(x, start, "FCS");
	}
	cv_explain_take(x, 1, "flag");
}

void cv_explain_dlms(struct cv_explain *x)
{
	if (cv_explain_peek(x, 0) == 0)
		wrapper(x);
	else
		hdlc(x);
}
