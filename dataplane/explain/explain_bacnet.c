/* SPDX-License-Identifier: Apache-2.0 */
/* BACnet/IP: link layer (annex J), network layer (6.2), application layer and its tags (20). */
#include <stdio.h>
#include <string.h>

#include "dataplane/decode/bacnet.h"
#include "dataplane/explain/explain.h"

void cv_explain_bacnet(struct cv_explain *x);

#define NESTED_MAX 5
#define SEGMENTED 8

static const char *object_name(unsigned int type)
{
	static const char *const names[] = {
#define OBJECT(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};

	return CV_EXPLAIN_NAME(names, type, "object");
}

static const char *service_name(unsigned int service, bool confirmed)
{
	static const char *const yes[] = {
#define CONFIRMED(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};
	static const char *const no[] = {
#define UNCONFIRMED(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};

	return confirmed ? CV_EXPLAIN_NAME(yes, service, "") : CV_EXPLAIN_NAME(no, service, "");
}

static const char *property_name(uint32_t property)
{
	static const char *const names[] = {
#define PROPERTY(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};

	return CV_EXPLAIN_NAME(names, property, "");
}

static uint32_t be(const uint8_t *at, size_t len)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | at[i];
	return v;
}

static void say_object(struct cv_explain *x, const uint8_t *at)
{
	uint32_t id = be(at, 4);

	cv_explain_value(x, "%s %u", object_name(id >> 22), id & 0x3fffff);
}

/* Content of a primitive application tag. */
static void say(struct cv_explain *x, unsigned int type, const uint8_t *at, size_t len)
{
	uint32_t bits;
	float real;

	switch (type) {
	case BACNET_UNSIGNED:
	case BACNET_ENUMERATED:
		if (len <= 4)
			cv_explain_value(x, "%u", be(at, len));
		break;
	case BACNET_SIGNED:
		if (len <= 4)
			cv_explain_value(x, "%d",
					 (int32_t)(be(at, len) << (32 - 8 * len)) >>
						 (32 - 8 * len));
		break;
	case BACNET_REAL:
		bits = be(at, 4);
		memcpy(&real, &bits, sizeof(real));
		cv_explain_value(x, "%.9g", (double)real);
		break;
	case BACNET_DATE:
		cv_explain_value(x, "%u-%02u-%02u", 1900u + at[0], at[1], at[2]);
		break;
	case BACNET_TIME_OF_DAY:
		cv_explain_value(x, "%02u:%02u:%02u.%02u", at[0], at[1], at[2], at[3]);
		break;
	case BACNET_OBJECT:
		say_object(x, at);
		break;
	default:
		break;
	}
}

/* What a context tag's number stands for depends on the service: the common ones, by form alone. */
static void content(struct cv_explain *x, const struct bacnet_tag *t, bool secret)
{
	static const char *const types[] = {"null",   "boolean", "unsigned", "signed", "real",
					    "double", "octets",	 "text",     "bits",   "enumerated",
					    "date",   "time",	 "object"};
	const uint8_t *at;

	if (t->len == 0)
		return;
	if (!t->context && t->number == BACNET_CHARACTERS) {
		cv_explain_u8(x, "character set");
		cv_explain_text(x, t->len - 1, "text");
	} else {
		at = cv_explain_take(x, t->len,
				     t->context ? "value"
						: CV_EXPLAIN_NAME(types, t->number, "value"));
		if (at != NULL && !t->context)
			say(x, t->number, at, t->len);
		else if (at != NULL && t->len == 4 && t->number <= 2)
			say_object(x, at);
		else if (at != NULL && t->len <= 4)
			cv_explain_value(x, "%u", be(at, t->len));
		if (at != NULL && t->context && t->number == 2 && t->len == 1)
			cv_explain_meaning(x, "%s", property_name(at[0]));
	}
	if (secret)
		cv_explain_withhold(x);
}

/* @p password the context tag that has one in this service, -1 = none */
static bool tag(struct cv_explain *x, unsigned int *depth, int password)
{
	struct cv_reader r = cv_reader(x->data + x->at, cv_explain_left(x)), ahead = r;
	struct bacnet_tag t;
	char name[24];

	if (!bacnet_tag(&ahead, &t))
		return false;
	if (t.closing && *depth > 0) {
		cv_explain_take(x, cv_reader_left(&r) - cv_reader_left(&ahead), "close");
		cv_explain_end(x);
		--*depth;
		return true;
	}
	snprintf(name, sizeof(name), "%s %u", t.context ? "context" : "application", t.number);
	if (t.opening && *depth < NESTED_MAX) {
		cv_explain_begin(x, name);
		cv_explain_take(x, cv_reader_left(&r) - cv_reader_left(&ahead), "open");
		++*depth;
		return true;
	}
	cv_explain_take(x, cv_reader_left(&r) - cv_reader_left(&ahead) - t.len, name);
	if (!t.context && t.number == BACNET_BOOLEAN)
		cv_explain_value(x, t.flag ? "true" : "false");
	content(x, &t, t.context && (int)t.number == password && *depth == 0);
	return true;
}

static void tags(struct cv_explain *x, int password)
{
	unsigned int depth = 0;

	while (cv_explain_left(x) != 0)
		if (!tag(x, &depth, password))
			break;
	while (depth-- > 0)
		cv_explain_end(x);
}

static void apdu(struct cv_explain *x)
{
	static const char *const types[] = {"confirmed request",
					    "unconfirmed request",
					    "simple acknowledgement",
					    "complex acknowledgement",
					    "segment acknowledgement",
					    "error",
					    "reject",
					    "abort"};
	uint32_t first = cv_explain_u8(x, "type"), type = first >> 4, service;
	bool acknowledged = type != BACNET_UNCONFIRMED;
	int password;

	cv_explain_value(x, "%u, 0x%x", type, first & 15);
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(types, type, "wrong: reserved"));
	if (type == BACNET_CONFIRMED)
		cv_explain_u8(x, "segments and size accepted");
	if (acknowledged)
		cv_explain_u8(x, "invoke id");
	if (first & SEGMENTED && (type == BACNET_CONFIRMED || type == BACNET_COMPLEX_ACK)) {
		cv_explain_u8(x, "sequence number");
		cv_explain_u8(x, "window");
	}
	if (type == BACNET_SEGMENT_ACK || type >= BACNET_REJECT) {
		cv_explain_u8(x, type == BACNET_SEGMENT_ACK ? "sequence number" : "reason");
		return;
	}
	service = cv_explain_u8(x, "service");
	cv_explain_meaning(x, "%s", service_name(service, acknowledged));
	password = type != BACNET_CONFIRMED		     ? -1
		   : service == BACNET_COMMUNICATION_CONTROL ? 2
		   : service == BACNET_REINITIALIZE	     ? 1
							     : -1;
	if (!(first & SEGMENTED && (type == BACNET_CONFIRMED || type == BACNET_COMPLEX_ACK)))
		tags(x, password);
}

static void station(struct cv_explain *x, const char *network, const char *address)
{
	uint32_t len;

	cv_explain_be16(x, network);
	len = cv_explain_u8(x, "length of the address");
	if (len != 0)
		cv_explain_take(x, len, address);
}

static void npdu(struct cv_explain *x)
{
	uint32_t control;

	cv_explain_u8(x, "network version");
	control = cv_explain_u8(x, "network control");
	cv_explain_value(x, "0x%02x", control);
	cv_explain_meaning(x, "%s%s%s%s", control & 0x80 ? "network message " : "",
			   control & 0x20 ? "destination " : "", control & 0x08 ? "source " : "",
			   control & 0x04 ? "answer expected" : "");
	if (control & 0x20)
		station(x, "destination network", "destination");
	if (control & 0x08)
		station(x, "source network", "source");
	if (control & 0x20)
		cv_explain_u8(x, "hops left");
	if (control & 0x80)
		cv_explain_u8(x, "network message");
	else if (!x->failed)
		apdu(x);
}

void cv_explain_bacnet(struct cv_explain *x)
{
	static const char *const functions[] = {"result",
						"write table",
						"read table",
						"table",
						"forwarded",
						"register foreign device",
						"read foreign devices",
						"foreign devices",
						"delete foreign device",
						"distribute",
						"unicast",
						"broadcast"};
	uint32_t function, len;
	size_t whole;

	if (cv_explain_u8(x, "link layer") != 0x81)
		cv_explain_meaning(x, "wrong: must be 81");
	function = cv_explain_u8(x, "function");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(functions, function, "reserved"));
	len = cv_explain_be16(x, "length");
	if (x->failed || len < 4)
		return;
	if (len - 4 > cv_explain_left(x)) {
		cv_explain_take(x, len - 4, "content");
		return;
	}
	whole = cv_explain_narrow(x, len - 4);
	if (function == 4)
		cv_explain_take(x, 6, "origin");
	if (!x->failed && (function == 4 || function >= 9))
		npdu(x);
	cv_explain_widen(x, whole, "content");
}
